#!/usr/bin/env bash
# Compiles the app with no SDK and no Gradle, and drives it under Robolectric: the real Compose, WorkManager and Firebase,
# the Rust core, the real server and the real FCM emulator. Installs what it needs from Debian; a missing tool fails.
# Arguments: the names of test classes; all if none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
kotlin=$PWD/bindings/kotlin
# shellcheck source=../bindings/kotlin/android/toolchain/android.sh
source "$kotlin/android/toolchain/android.sh"
android_install
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator
"$kotlin/android/compile.sh"
android_prepare
src=$here/app/src
out=$android_work/sample-test
mkdir -p "$out"
# What Gradle would merge in: the package, the version and the library's permissions.
sed -e 's|<manifest |&package="dev.pushbridge.sample" android:versionCode="1" android:versionName="1.0" |' \
  -e '0,/<application/s|    <application|    <uses-permission android:name="android.permission.INTERNET" />\n&|' \
  "$src/main/AndroidManifest.xml" >"$out/AndroidManifest.xml"
android_resources "$out/AndroidManifest.xml" "$src/main/res" "$src/real/res" "$out"
libraries=$android_work/aar:$out/r
android_kotlinc "$out/app" "$libraries:$ANDROID_CLASSPATH$ANDROID_SDK" -module-name app "$src/main/kotlin" "$src/real/kotlin"
android_kotlinc "$out/classes" "$out/app:$libraries:$ANDROID_TEST_CLASSPATH$ANDROID_SDK" -Xfriend-paths="$out/app" \
  "$kotlin"/src/test/kotlin/dev/pushbridge/{World,Programs}.kt "$kotlin/android/src/testFixtures/kotlin" "$src/test/kotlin"
android_test "$out" "$out/classes:$src/test/resources:$out/app:$libraries" "$src/test/kotlin" "$@"

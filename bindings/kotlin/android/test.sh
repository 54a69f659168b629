#!/usr/bin/env bash
# Tests the Android library: its sources, compiled against the real WorkManager and Firebase, run on Robolectric with
# the host's core, the real server and the real emulator. Installs what it needs from Debian; a missing tool fails.
# Arguments: the names of test classes; all if none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kotlin=$(dirname "$here")
root=$(cd "$kotlin/../.." && pwd)
cd "$root"
# shellcheck source=toolchain/android.sh
source "$here/toolchain/android.sh"
android_install
"$here/check-versions.sh"
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator
"$here/compile.sh"
android_prepare
out=$android_work/aar-test
mkdir -p "$out"
android_resources "$here/src/test/AndroidManifest.xml" "$out"
android_kotlinc "$out/classes" "$android_work/aar:$out/r:$ANDROID_TEST_CLASSPATH$ANDROID_SDK" -Xfriend-paths="$android_work/aar" \
  "$kotlin"/src/test/kotlin/dev/pushbridge/{World,Programs}.kt "$here/src/testFixtures/kotlin" "$here/src/test/kotlin"
android_test "$out" "$out/classes:$here/src/testFixtures/resources:$android_work/aar:$out/r" "$here/src/test/kotlin" "$@"

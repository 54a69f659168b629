#!/usr/bin/env bash
# Compiles both flavours of the app with no SDK and no Gradle, and drives them under Robolectric: the real Compose,
# WorkManager and Firebase, the Rust core, the real server and the real FCM emulator. Installs what it needs from Debian;
# a missing tool fails. Arguments: the names of test classes, such as PushFlowTest; all if none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
kotlin=$PWD/bindings/kotlin
# shellcheck source=../bindings/kotlin/android/toolchain/android.sh
source "$kotlin/android/toolchain/android.sh"
android_install
"$kotlin/android/check-versions.sh"
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator
"$kotlin/android/compile.sh"
android_prepare
src=$here/app/src
package=dev.pushbridge.sample
played=()
failed=()

# What Gradle would merge: the package, the versions, the library's permissions, and what the flavour says of <application>.
manifest() { # FLAVOUR
  local more
  more=$(sed -n 's|.*<application \(.*\) />.*|\1|p' "$src/$1/AndroidManifest.xml" 2>/dev/null || true)
  sed -e "s|<manifest |&package=\"$package\" android:versionCode=\"1\" android:versionName=\"1.0\" |" \
    -e '0,/<application/s|    <application|    <uses-sdk android:minSdkVersion="24" android:targetSdkVersion="35" />\n    <uses-permission android:name="android.permission.INTERNET" />\n&'" $more|" \
    "$src/main/AndroidManifest.xml"
}

flavour() { # FLAVOUR TESTS [CLASS..]; without one of its classes nothing is to be done
  local out=$android_work/sample-$1 libraries own=$src/$2 class classes=()
  for class in "${@:3}"; do
    if [ -f "$own/kotlin/${package//.//}/$class.kt" ]; then classes+=("$class"); fi
  done
  [ ${#classes[@]} -gt 0 ] || return 0
  libraries=$android_work/aar:$out/r
  mkdir -p "$out"
  manifest "$1" >"$out/AndroidManifest.xml"
  if [ "$1" = demo ]; then # the build's own resources; the test says otherwise where the demo listens
    mkdir -p "$out/built/values"
    echo '<resources><string name="demo_server" /><string name="demo_emulator" /><string name="demo_key" /></resources>' \
      >"$out/built/values/built.xml"
    android_resources "$out/AndroidManifest.xml" "$src/main/res" "$src/demo/res" "$out/built" "$out"
  else
    android_resources "$out/AndroidManifest.xml" "$src/main/res" "$src/$1/res" "$out"
  fi
  android_kotlinc "$out/app" "$libraries:$ANDROID_CLASSPATH$ANDROID_SDK" -module-name app "$src/main/kotlin" "$src/$1/kotlin"
  android_kotlinc "$out/classes" "$out/app:$libraries:$ANDROID_TEST_CLASSPATH$ANDROID_SDK" -Xfriend-paths="$out/app" \
    "$kotlin"/src/test/kotlin/dev/pushbridge/{World,Programs}.kt "$kotlin/android/src/testFixtures/kotlin" \
    "$src/test/kotlin" "$own/kotlin"
  for class in "${classes[@]}"; do
    printf '%s: ' "$class"
    played+=("$class")
    # One process each: see SampleTest.
    android_test "$out" "$out/classes:$src/test/resources:$out/app:$libraries" "$own/kotlin" "$package.$class" && continue
    failed+=("$class")
    cp "$out/log" "$out/$class.log"
    cp "$out/errors" "$out/$class.errors"
    echo "  see $out/$class.log"
  done
}

[ $# -gt 0 ] || mapfile -t all < <(find "$src"/test* -name '*Test.kt' -exec basename {} .kt \; | grep -v '^SampleTest$' | sort)
[ $# -eq 0 ] || all=("$@")
flavour real testReal "${all[@]}"
flavour demo testDemo "${all[@]}"
if [ ${#played[@]} -ne ${#all[@]} ]; then
  echo "test.sh: of ${all[*]} there are only: ${played[*]}" >&2
  exit 1
fi
[ ${#failed[@]} -eq 0 ]

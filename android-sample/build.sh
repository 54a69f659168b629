#!/usr/bin/env bash
# For a developer with the Android SDK: builds the core for the phones' processors, its Kotlin bindings, and the app.
#
#   android-sample/build.sh demo [HOST]  starts `pushbridge demo --keep`, installs the demo flavour, stays until Ctrl-C.
#                                        HOST is how the phone calls this machine: 10.0.2.2 (Android's emulator) unless
#                                        said; `127.0.0.1` for a phone on a cable, through `adb reverse`
#   android-sample/build.sh              the APK for your Firebase project (README.md says what to fill in)
#
# Not run where the tests run, which has no SDK and no Gradle. Gradle calls bindings/kotlin/android/build-core.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."

missing=0
need() { # WHAT TO-DO, after a test that failed
  echo "build.sh: $1 is missing: $2" >&2
  missing=1
}
command -v cargo >/dev/null && command -v rustup >/dev/null || need "Rust" "install it with rustup"
cargo ndk --version >/dev/null 2>&1 || need "cargo-ndk" "cargo install cargo-ndk"
[ -d "${ANDROID_HOME:-}" ] || need "the Android SDK" "install it with Android Studio and set ANDROID_HOME to its folder"
[ -d "${ANDROID_NDK_HOME:-}" ] || need "the NDK" "install NDK 28 or newer and set ANDROID_NDK_HOME to its folder"
command -v gradle >/dev/null || need "gradle" "install Gradle 9.4 or newer, or open this folder in Android Studio"
case ${1:-} in
  demo) command -v adb >/dev/null || need "adb" "put \$ANDROID_HOME/platform-tools into the PATH" ;;
  "") [ -f "$here/app/src/real/google-services.json" ] ||
    need "app/src/real/google-services.json" "download it from your project's settings in Firebase's console" ;;
  *) echo "build.sh: «$1» is unknown: say demo, or nothing" >&2; exit 2 ;;
esac
[ $missing = 0 ] || exit 1

if [ $# -eq 0 ]; then
  gradle -p "$here" :app:assembleRealDebug
  echo "$here/app/build/outputs/apk/real/debug/app-real-debug.apk"
  exit
fi

host=${2:-10.0.2.2}
# What stands in a flat line of JSON under a name.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }
# As the phone says it.
for_phone() { echo "${1/127.0.0.1/$host}"; }

cargo build --locked -p pushbridge-cli
# The story first, step by step; its last line says where everything listens.
target/debug/pushbridge demo --keep --json --listen 127.0.0.1:0 | while read -r line; do
  case $line in
    *'"kept":true'*)
      server=$(field url "$line")
      emulator=$(field emulator "$line")
      key_file=$(field bootstrap_key_file "$line")
      if [ "$host" = 127.0.0.1 ]; then
        for url in "$server" "$emulator"; do adb reverse "tcp:${url##*:}" "tcp:${url##*:}"; done
      fi
      gradle -p "$here" :app:installDemoDebug "-Pdemo_server=$(for_phone "$server")" \
        "-Pdemo_emulator=$(for_phone "$emulator")" "-Pdemo_key=$(cat "$key_file")"
      adb shell am start -n dev.pushbridge.sample.demo/dev.pushbridge.sample.MainActivity
      echo "For a second terminal:"
      echo "  export PUSHBRIDGE_URL=$server PUSHBRIDGE_KEY_FILE=$key_file"
      echo "Ctrl-C here ends the server."
      ;;
  esac
done

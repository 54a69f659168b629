#!/usr/bin/env bash
# Makes the JVM jar with the native library of this machine inside: target/pushbridge-jvm-0.1.0.jar. Other systems build
# theirs and lay them beside it, in the folder of target/natives that JNA names after system and processor.
# Needs what test.sh installs. Proves the jar's classes by a test that finds the library nowhere else. Arguments go to
# Maven, such as -o or install.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) folder=linux-x86-64 library=libpushbridge_ffi.so ;;
  Linux-aarch64) folder=linux-aarch64 library=libpushbridge_ffi.so ;;
  Darwin-arm64) folder=darwin-aarch64 library=libpushbridge_ffi.dylib ;;
  Darwin-x86_64) folder=darwin-x86-64 library=libpushbridge_ffi.dylib ;;
  *)
    echo "package.sh: JNA's name for this system is not known here" >&2
    exit 1
    ;;
esac
# The generator reads the unstripped library of the debug build; both are of this checkout.
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen
"$here/generate.sh" "target/debug/$library"
# As size.sh builds it, and for its reasons.
cargo rustc --locked --profile mobile -p pushbridge-ffi --lib --crate-type cdylib
mkdir -p "$here/target/natives/$folder"
strip -x -o "$here/target/natives/$folder/$library" "target/mobile/$library"
cd "$here"
rm -rf target/surefire-reports
mvn --quiet package -Drust.target=/nowhere -Dtest=LibraryTest "$@"
jar=$(ls target/pushbridge-jvm-*.jar)
if ! jar tf "$jar" | grep "^$folder/$library\$" >/dev/null; then
  echo "package.sh: the jar holds no library" >&2
  exit 1
fi
echo "$here/$jar"

#!/usr/bin/env bash
# Builds what the AAR takes from Rust: the core for each processor, and the generated Kotlin.
#
# In: rustup, cargo-ndk 4, ANDROID_NDK_HOME with NDK 28 or newer (older ones link for 4 KB pages). Out: build/core.
# Not run in CI, which has no NDK: read it as a recipe that was never cooked. phone-check.sh type-checks the same Rust
# for aarch64-linux-android.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
: "${ANDROID_NDK_HOME:?build-core.sh: set it to the folder of NDK 28 or newer}"
if ! cargo ndk --version >/dev/null 2>&1; then
  echo "build-core.sh: cargo install cargo-ndk" >&2
  exit 1
fi
out=$here/build/core
rustup target add aarch64-linux-android armv7-linux-androideabi x86_64-linux-android
# Of one crate type: beside a Rust library there is no link-time optimisation, and the result is a quarter larger.
cargo ndk -t arm64-v8a -t armeabi-v7a -t x86_64 --platform 23 -o "$out/jniLibs" \
  rustc --locked --profile mobile -p pushbridge-ffi --lib --crate-type cdylib

# A phone with 16 KB pages loads no library that is aligned for less.
for library in "$out"/jniLibs/{arm64-v8a,x86_64}/libpushbridge_ffi.so; do
  if "$ANDROID_NDK_HOME"/toolchains/llvm/prebuilt/*/bin/llvm-readelf -lW "$library" |
    awk '$1 == "LOAD" && $NF != "0x4000" { found = 1 } END { exit !found }'; then
    echo "build-core.sh: $library is not aligned for pages of 16 KB; is the NDK older than 28?" >&2
    exit 1
  fi
done

# The generator reads the host's library: the names are the same for every processor.
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen
case $(uname) in
  Darwin) host=target/debug/libpushbridge_ffi.dylib ;;
  *) host=target/debug/libpushbridge_ffi.so ;;
esac
"$here/../generate.sh" "$host" "$out/kotlin" "$here/uniffi.toml"

#!/usr/bin/env bash
# Type-checks the phone core and its bindings for a phone's processor: Android and iOS, both arm64.
#
# In: this checkout; no NDK, no Xcode, no cross compiler. Out: status 0 if every line of Rust that a phone would get
# type-checks there. What this does not show: that the C code (ring, SQLite) compiles for a phone, and that anything
# links; that needs the NDK and Xcode. `cargo check` links nothing, so build scripts that compile C are given a
# compiler that makes empty objects. The results have a target folder of their own: never link from it.
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(aarch64-linux-android aarch64-apple-ios)
stub=$PWD/bindings/phone-check
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}/phone-check
export CARGO_INCREMENTAL=0
mkdir -p "$CARGO_TARGET_DIR/sdk"
# cc-rs asks Xcode's tools for the SDK of an Apple target, unless this names a folder that exists.
export SDKROOT=$CARGO_TARGET_DIR/sdk

for target in "${targets[@]}"; do
  printf 'phone-check: %s\n' "$target"
  # Through cargo's own toolchain file: the target must belong to the compiler that checks.
  if ! [ -d "$(rustc --print target-libdir --target "$target")" ]; then
    rustup target add "$target"
  fi
  name=${target//-/_}
  env "CC_$name=$stub/cc" "CXX_$name=$stub/cc" "AR_$name=$stub/ar" \
    cargo check --locked --target "$target" --package pushbridge-core --package pushbridge-ffi
done
echo "phone-check: the core and its bindings type-check for ${targets[*]}; C code and linking were not checked"

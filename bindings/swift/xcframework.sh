#!/usr/bin/env bash
# Builds PushbridgeFFI.xcframework, which Package.swift takes on Apple platforms: the core for iPhone, its simulator and
# the Mac, as static libraries with the generated C module.
#
# In: a Mac with Xcode and rustup. Out: bindings/swift/PushbridgeFFI.xcframework; with `--zip` also its archive and the
# checksum for a release's Package.swift. Not run in CI, which has no Mac: read it as a recipe that was never cooked.
# phone-check.sh type-checks the same Rust for aarch64-apple-ios.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
if [ "$(uname)" != Darwin ] || ! command -v xcodebuild >/dev/null; then
  echo "xcframework.sh: needs a Mac with Xcode" >&2
  exit 1
fi

# As in Package.swift.
export IPHONEOS_DEPLOYMENT_TARGET=15.0 MACOSX_DEPLOYMENT_TARGET=12.0
# An app extension may link the core as well.
export RUSTFLAGS="-C link-arg=-Wl,-application_extension"
target=$(pwd)/target

build() {
  rustup target add "$1"
  cargo rustc --locked --profile mobile -p pushbridge-ffi --lib --crate-type staticlib --target "$1"
}
for triple in aarch64-apple-ios aarch64-apple-ios-sim x86_64-apple-ios aarch64-apple-darwin x86_64-apple-darwin; do
  build "$triple"
done

stage=$target/xcframework
rm -rf "$stage" "$here/PushbridgeFFI.xcframework"
mkdir -p "$stage/simulator" "$stage/mac"
join() {
  lipo -create "$target/$2/mobile/libpushbridge_ffi.a" "$target/$3/mobile/libpushbridge_ffi.a" \
    -output "$stage/$1/libpushbridge_ffi.a"
}
join simulator aarch64-apple-ios-sim x86_64-apple-ios
join mac aarch64-apple-darwin x86_64-apple-darwin
# In a folder of its own: two packages that both put a module.modulemap at the top of their headers cannot share an app.
headers=$stage/headers
mkdir -p "$headers/pushbridge_ffiFFI"
cp "$here"/Sources/pushbridge_ffiFFI/* "$headers/pushbridge_ffiFFI/"

xcodebuild -create-xcframework \
  -library "$target/aarch64-apple-ios/mobile/libpushbridge_ffi.a" -headers "$headers" \
  -library "$stage/simulator/libpushbridge_ffi.a" -headers "$headers" \
  -library "$stage/mac/libpushbridge_ffi.a" -headers "$headers" \
  -output "$here/PushbridgeFFI.xcframework"

if [ "${1:-}" = --zip ]; then
  archive=$target/PushbridgeFFI.xcframework.zip
  rm -f "$archive"
  ditto -c -k --sequesterRsrc --keepParent "$here/PushbridgeFFI.xcframework" "$archive"
  echo "$archive"
  swift package compute-checksum "$archive"
fi

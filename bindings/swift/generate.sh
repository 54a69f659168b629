#!/usr/bin/env bash
# Writes the generated half of the package: Swift sources and the C module under them.
#
# In: the built debug library (a stripped one has no metadata). Out: Sources/PushbridgeFFI and Sources/pushbridge_ffiFFI
# under the folder named, by default this one. The result is committed, because SwiftPM consumes a tag and runs no
# build step; test.sh fails when it is out of date.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath "${1:-$here}")
# The generator asks cargo for the crate's uniffi.toml, so it runs inside the workspace.
cd "$here/../.."
target=${CARGO_TARGET_DIR:-target}/debug
library=$target/libpushbridge_ffi.so
[ "$(uname)" = Darwin ] && library=$target/libpushbridge_ffi.dylib

cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen
rm -rf "$out/Sources/PushbridgeFFI" "$out/Sources/pushbridge_ffiFFI"
"$target/uniffi-bindgen-swift" --swift-sources "$library" "$out/Sources/PushbridgeFFI"
"$target/uniffi-bindgen-swift" --headers --modulemap --module-name pushbridge_ffiFFI \
  --modulemap-filename module.modulemap "$library" "$out/Sources/pushbridge_ffiFFI"

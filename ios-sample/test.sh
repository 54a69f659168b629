#!/usr/bin/env bash
# Tests the sample's model and clients on Linux against the real server and emulator, through real sockets, and parses
# what only a Mac compiles. Uses the toolchain of bindings/swift (toolchain/setup.sh), or a Swift 6 from the PATH.
#
# A missing tool fails. Arguments go to `swift test`, such as --filter AccountTests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
cd "$root"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

run=()
if ! swift --version 2>/dev/null | grep -q 'version 6'; then
  run=("$root/bindings/swift/toolchain/run.sh" "$(bindings/swift/toolchain/setup.sh)" "$root")
fi
# The same command as in bindings/swift/test.sh: with other features in each, uniffi would be built twice.
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator

# The library of Swift 6.0 for @Observable names a function that its runtime keeps to itself; nobody calls it.
PASS=PUSHBRIDGE_PROGRAMS PUSHBRIDGE_PROGRAMS=$target/debug "${run[@]}" \
  swift test --package-path "$here" --scratch-path "$target/ios-sample" --disable-xctest \
  -Xswiftc -warnings-as-errors -Xlinker --allow-shlib-undefined \
  -Xlinker "-L$target/debug" -Xlinker -rpath -Xlinker "$target/debug" "$@"

# Views, delegate and the clients of Apple's and Firebase's modules: their modules are not here, so this is the syntax.
find "$here/App" -name '*.swift' -print0 | xargs -0 "${run[@]}" swiftc -frontend -parse -swift-version 6
echo "ios-sample: the app's own files were parsed, not compiled"

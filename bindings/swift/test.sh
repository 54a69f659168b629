#!/usr/bin/env bash
# Builds the core and its Swift bindings and tests them on Linux against the real server and emulator, through real
# sockets. Takes a Swift 6 from the PATH, or makes itself one (toolchain/setup.sh: root, Debian, about two minutes).
#
# Fails when the committed generated Swift is not what the core of this checkout generates. A missing tool fails.
# Arguments go to `swift test`, such as --filter LoginTests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")

# The toolchain comes while cargo builds.
toolchain=
if ! swift --version 2>/dev/null | grep -q 'version 6'; then
  made=$(mktemp)
  trap 'rm -f "$made"' EXIT
  "$here/toolchain/setup.sh" >"$made" 2>"$made.log" &
  toolchain=$!
fi

# All in one command: with other features in each, uniffi would be built twice.
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator

fresh=$target/swift-fresh
mkdir -p "$fresh"
"$here/generate.sh" "$fresh"
for part in PushbridgeFFI pushbridge_ffiFFI; do
  if ! diff -r -q "$here/Sources/$part" "$fresh/Sources/$part"; then
    echo "test.sh: the generated Swift is out of date: run bindings/swift/generate.sh and commit what it writes" >&2
    exit 1
  fi
done

run=()
if [ -n "$toolchain" ]; then
  if ! wait "$toolchain"; then
    cat "$made.log" >&2
    rm -f "$made.log"
    exit 1
  fi
  rm -f "$made.log"
  run=("$here/toolchain/run.sh" "$(cat "$made")" "$root")
fi
# XCTest is switched off: there is no such test, and its "0 tests passed" would hide that none was found.
PASS=PUSHBRIDGE_PROGRAMS PUSHBRIDGE_PROGRAMS=$target/debug "${run[@]}" \
  swift test --package-path "$here" --scratch-path "$target/swift-bindings" --disable-xctest \
  -Xswiftc -warnings-as-errors \
  -Xlinker "-L$target/debug" -Xlinker -rpath -Xlinker "$target/debug" "$@"

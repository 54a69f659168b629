#!/usr/bin/env bash
# Writes the generated half of the package and puts the library beside it: generate.sh [LIBRARY]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
library=${1:-target/debug/libpushbridge_ffi.so}
out=$here/pushbridge/_generated
rm -rf "$out"
mkdir -p "$out"
target/debug/uniffi-bindgen generate -l python --no-format --out-dir "$out" "$library" >/dev/null
touch "$out/__init__.py"
ln -s "$(realpath "$library")" "$out/"

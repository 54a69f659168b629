#!/usr/bin/env bash
# Writes the generated half of the Kotlin bindings into target/generated. Everything top-level in it is made internal:
# the wrapper in src/main is the public API. Needs a built, unstripped library: generate.sh [LIBRARY [OUT [CONFIG]]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
library=${1:-target/debug/libpushbridge_ffi.so}
out=${2:-$here/target/generated}
rm -rf "$out"
target/debug/uniffi-bindgen generate -l kotlin --no-format ${3:+--config "$3"} --out-dir "$out" "$library" >/dev/null
file=$out/dev/pushbridge/ffi/pushbridge_ffi.kt
sed -i.bak -E \
  -e 's/^public (abstract |open |sealed )?(class|interface|object|fun)/internal \1\2/' \
  -e 's/^((abstract|open|sealed|data|enum) class|class|interface|object|inline fun|fun|typealias) /internal \1 /' \
  -e 's/^( *@Throws\([A-Za-z:]*\)) fun /\1 internal fun /' \
  "$file"
rm "$file.bak" # the one spelling that GNU's and the Mac's sed share
if grep -nE '^(public|open|abstract|sealed|data|enum|class|object|interface|fun|inline|typealias) ?' "$file"; then
  echo "generate.sh: the lines above are still public" >&2
  exit 1
fi

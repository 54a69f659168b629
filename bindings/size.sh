#!/usr/bin/env bash
# Builds the core as phones get it and prints the size of the stripped library for this machine, and what takes it.
# Fails above the limit. Phones' own sizes differ by a few per cent; this one is comparable from change to change.
set -euo pipefail
cd "$(dirname "$0")/.."
limit=4500000
# Alone: together with the generators, their features of uniffi would go into the library. And of one crate type: rustc
# leaves link-time optimisation out as soon as a Rust library is asked for beside it, which costs a quarter.
cargo rustc --locked --profile mobile -p pushbridge-ffi --lib --crate-type cdylib
library=target/mobile/libpushbridge_ffi.so
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
strip -o "$stripped" "$library"
bytes=$(stat -c %s "$stripped")
echo "stripped $bytes bytes, compressed $(gzip -9 -c "$stripped" | wc -c), limit $limit"
echo "text by crate, the largest (bytes):"
# Without a crate's name in their symbols: C code, that is SQLite and ring.
nm -t d --size-sort --print-size --defined-only --demangle=rust "$library" |
  awk '$3 ~ /^[tT]$/ {
         bytes = $2 + 0
         name = $4; sub(/^[<&]*(dyn |mut |impl )?/, "", name)
         if ($4 ~ /^</ && NF > 4 && $5 == "as") { split($4, part, "::"); name = part[1]; gsub(/[<&]/, "", name) }
         crate = name ~ /::/ ? substr(name, 1, index(name, "::") - 1) : (name ~ /^sqlite3/ ? "sqlite" : "C and others")
         sum[crate] += bytes
       }
       END { for (crate in sum) print sum[crate], crate }' | sort -rn | sed -n 1,15p
if [ "$bytes" -gt "$limit" ]; then
  echo "size.sh: above the limit" >&2
  exit 1
fi

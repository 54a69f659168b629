#!/usr/bin/env bash
# How many sends the emulator answers: h2load over h2c, 4 connections of 100 streams. Prints the rate, the emulator's CPU
# per 1,000 sends and its peak memory. Installs h2load where it is missing. Usage: bench.sh [SENDS] [LATENCY_MS CONNECTIONS]
set -euo pipefail
cd "$(dirname "$0")/../.."
sends=${1:-100000} latency_ms=${2:-0} connections=${3:-4}

command -v h2load >/dev/null || { apt-get update -qq && apt-get install -y -qq nghttp2-client; } >/dev/null
cargo build --release --locked --quiet -p pushbridge-fcm-emulator

dir=$(mktemp -d)
target/release/pushbridge-fcm-emulator --dir "$dir" >"$dir/ready" 2>"$dir/log" &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true; rm -rf "$dir"' EXIT
for _ in $(seq 100); do [ -s "$dir/ready" ] && break; sleep 0.1; done
url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$dir/ready")

token=$(curl -sf "$url/emulator/v1/devices" -d '{"platform":"android"}' | sed -E 's/.*"fcm_token":"([^"]*)".*/\1/')
printf '{"message":{"token":"%s","notification":{"title":"Hello","body":"World of pushes"},"data":{"order":"42"}}}' "$token" >"$dir/body"
[ "$latency_ms" = 0 ] || curl -sf "$url/emulator/v1/faults" -d "{\"latency_ms\":$latency_ms}" >/dev/null

ticks() { awk '{print $14 + $15}' "/proc/$emulator/stat"; }
before=$(ticks)
timeout 300 h2load -n "$sends" -c "$connections" -m 100 -t 1 -d "$dir/body" -H 'authorization: Bearer owner' \
  -H 'content-type: application/json' "$url/v1/projects/demo/messages:send" >"$dir/h2load"
after=$(ticks)
grep -E '^(finished|status codes)' "$dir/h2load"
awk -v ticks="$((after - before))" -v hz="$(getconf CLK_TCK)" -v sends="$sends" \
  'BEGIN { printf "emulator CPU: %.1f ms per 1,000 sends\n", ticks / hz * 1e6 / sends }'
grep VmHWM "/proc/$emulator/status"

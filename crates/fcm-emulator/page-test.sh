#!/usr/bin/env bash
# The emulator's page in a real Chromium, through real sockets: what it shows, its buttons, live updates, escaping, and
# screenshots in light and dark under target/page-test. Installs Debian's chromium and nodejs where they are missing.
# With --keep-picture the light screenshot replaces docs/emulator-page.png.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v node >/dev/null || missing+=(nodejs)
if [ ${#missing[@]} -gt 0 ]; then
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-dejavu-core; } >/dev/null
fi

cargo build --locked -p pushbridge-fcm-emulator
pictures=$PWD/target/page-test
mkdir -p "$pictures"
scratch=$(mktemp -d)
coproc EMULATOR { exec target/debug/pushbridge-fcm-emulator --seed 7 --dir "$scratch/emulator" 2>"$scratch/log"; }
emulator=$EMULATOR_PID
trap 'kill "$emulator" 2>/dev/null || true; rm -rf "$scratch"' EXIT
read -r -t 60 EMULATOR_READY <&"${EMULATOR[0]}" || { cat "$scratch/log" >&2; exit 1; }
export EMULATOR_READY PICTURES="$pictures" PROFILE="$scratch/profile"
timeout 120 node --test --test-reporter=spec "$here/page-tests/page.test.mjs"
[ "${1:-}" != --keep-picture ] || cp "$pictures/light.png" docs/emulator-page.png

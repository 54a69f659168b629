#!/usr/bin/env bash
# Google's Admin SDK packages, unmodified, against the emulator program through real sockets.
# Arguments: which SDKs; `node` is the only one so far, and the default. Packages of pinned versions are installed
# into target/sdk-tests. Ends with "N passed, N failed"; a missing tool fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
cache=$PWD/target/sdk-tests
[ $# -gt 0 ] || set -- node

cargo build --locked -p pushbridge-fcm-emulator
mkdir -p "$cache"
scratch=$(mktemp -d)
coproc EMULATOR { exec target/debug/pushbridge-fcm-emulator --dir "$scratch/emulator" 2>"$scratch/log"; }
emulator=$EMULATOR_PID
trap 'kill "$emulator" 2>/dev/null || true; rm -rf "$scratch"' EXIT
if ! read -r -t 60 EMULATOR_READY <&"${EMULATOR[0]}"; then
  cat "$scratch/log" >&2
  exit 1
fi
export EMULATOR_READY

run_node() {
  command -v npm >/dev/null || { echo "run.sh: npm is missing (Debian: apt-get install nodejs npm)" >&2; exit 1; }
  mkdir -p "$cache/node"
  cp "$here"/node/* "$cache/node"
  (
    cd "$cache/node"
    npm ci --ignore-scripts --no-audit --no-fund --silent
    node --test --test-reporter=tap
  ) >"$scratch/node" || true
  counted=$(sed -n 's/^# \(pass\|fail\) \([0-9]*\)$/\2/p' "$scratch/node" | tr '\n' ' ')
  [ "${counted% }" = "" ] || [ "${counted#* }" = "0 " ] || cat "$scratch/node"
}

passed=0 failed=0
for sdk in "$@"; do
  case $sdk in
    node) run_node ;;
    *) echo "run.sh: no tests for $sdk; there are: node" >&2; exit 2 ;;
  esac
  if ! read -r good bad <<<"$counted" || [ -z "${bad:-}" ] || [ "$good" = 0 ]; then
    cat "$scratch/$sdk" >&2
    echo "run.sh: the tests of $sdk did not run" >&2
    exit 1
  fi
  echo "$sdk: $good passed, $bad failed"
  passed=$((passed + good)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

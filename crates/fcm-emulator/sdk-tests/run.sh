#!/usr/bin/env bash
# Google's Admin SDK packages, unmodified, against the emulator program through real sockets.
# Arguments: which SDKs of node, python, go and java; `node python` by default. Packages of pinned versions are installed into
# target/sdk-tests. Ends with "N passed, N failed"; a missing tool fails.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
cache=$PWD/target/sdk-tests
[ $# -gt 0 ] || set -- node python

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

run_python() {
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    apt-get update -qq >&2
    apt-get install -yqq --no-install-recommends python3 python3-venv >&2
  fi
  venv=$cache/python/venv
  # Made anew where the lists of packages differ: an older run's packages must not be what is tested.
  if ! cmp -s "$here/python/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/python/requirements.txt"
    cp "$here/python/requirements.txt" "$venv"
  fi
  # A warning of the SDK about its own deprecated `token` is no fault of the emulator.
  PYTHONDONTWRITEBYTECODE=1 "$venv/bin/python" -W ignore -m unittest discover -s "$here/python" >"$scratch/python" 2>&1 || true
  counted=$(awk '/^Ran [0-9]+ tests?/ { n = $2 }
    /^FAILED/ { gsub(/[^0-9]+/, " "); for (i = 1; i <= NF; i++) bad += $i }
    END { if (bad > n) bad = n; if (n) print n - bad, bad + 0 }' "$scratch/python")
  [ "${counted#* }" = 0 ] || cat "$scratch/python"
}

run_go() {
  command -v go >/dev/null || { echo "run.sh: go is missing (1.25 or newer)" >&2; exit 1; }
  mkdir -p "$cache/go"
  cp "$here"/go/* "$cache/go"
  (cd "$cache/go" && go test -mod=readonly -count=1 -v ./...) >"$scratch/go" 2>&1 || true
  counted="$(grep -c '^--- PASS' "$scratch/go" || true) $(grep -c '^--- FAIL' "$scratch/go" || true)"
  [ "${counted#* }" = 0 ] || cat "$scratch/go"
}

run_java() {
  if ! command -v mvn >/dev/null || ! command -v javac >/dev/null; then
    apt-get update -qq >&2
    apt-get install -yqq --no-install-recommends openjdk-17-jdk-headless maven >&2
  fi
  rm -rf "$cache/java"
  cp -r "$here/java" "$cache/java"
  (cd "$cache/java" && mvn --batch-mode --no-transfer-progress test) >"$scratch/java" 2>&1 || true
  counted=$(sed -n 's/.*<testsuite .* tests="\([0-9]*\)" errors="\([0-9]*\)" .*failures="\([0-9]*\)".*/\1 \2 \3/p' \
    "$cache"/java/target/surefire-reports/TEST-*.xml 2>/dev/null |
    awk '{ n += $1; bad += $2 + $3 } END { if (n) print n - bad, bad }') || true
  [ "${counted#* }" = 0 ] || cat "$scratch/java"
}

passed=0 failed=0
for sdk in "$@"; do
  case $sdk in
    node) run_node ;;
    python) run_python ;;
    go) run_go ;;
    java) run_java ;;
    *) echo "run.sh: no tests for $sdk; there are: node python go java" >&2; exit 2 ;;
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

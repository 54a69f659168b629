#!/usr/bin/env bash
# Builds the core and its Python bindings and tests them against the real server and emulator, through real sockets.
# Needs Python 3.10 or newer and nothing from outside its standard library; installs Debian's where there is none.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
if ! command -v python3 >/dev/null; then
  apt-get update -qq
  apt-get install -yqq --no-install-recommends python3 >/dev/null
fi
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator
"$here/generate.sh"
export PUSHBRIDGE_PROGRAMS=$PWD/target/debug PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec python3 -W error -m unittest discover -s tests -t . "$@"

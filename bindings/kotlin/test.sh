#!/usr/bin/env bash
# Builds the core and its Kotlin bindings and tests them against the real server and emulator, through real sockets.
# Installs what it needs (a JDK, Maven) from Debian; libraries come from wherever Maven is configured to fetch them.
# A missing tool fails. Arguments go to Maven, such as -o or -Dtest=LogoutTest.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."

missing=()
command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
command -v mvn >/dev/null || missing+=(maven)
if [ ${#missing[@]} -gt 0 ]; then
  echo "installing ${missing[*]}"
  apt-get update -qq
  apt-get install -yqq --no-install-recommends "${missing[@]}" >/dev/null
fi

# All in one command: with other features in each, uniffi would be built twice.
cargo build --locked -p pushbridge-ffi -p pushbridge-bindgen -p pushbridge-cli -p pushbridge-fcm-emulator
"$here/generate.sh"
if grep -rnE '\bU(Long|Int|Short|Byte)\b' "$here/src/main" --include='*.kt' | grep -vE '/(To|From)Core\.kt:'; then
  echo "test.sh: unsigned numbers in the public API, which Java cannot call" >&2
  exit 1
fi
rm -rf "$here/target/logs" "$here/target/surefire-reports" # reports of tests that are gone would be counted
cd "$here"
mvn --quiet test "$@"
# Surefire says nothing where all is well; the count is proof that it ran.
sed -n 's/.*<testsuite .*name="\([^"]*\)".* tests="\([0-9]*\)".*/\2 \1/p' target/surefire-reports/TEST-*.xml |
  awk '{ n += $1; print } END { print n " tests of the Kotlin bindings passed"; exit !n }'

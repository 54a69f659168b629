#!/usr/bin/env bash
# The libraries that Gradle would take must be those that the tests run on: compares gradle/libs.versions.toml, or the
# catalog given, with toolchain/libraries.txt.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
awk -F'"' '
  # SET group:artifact:version:type. Gradle finds the -jvm or -android variant by itself.
  FNR == NR { split($0, part, /[ :]/); tested[part[2] ":" part[3]] = part[4]
              sub(/-(jvm|android)$/, "", part[3]); tested[part[2] ":" part[3]] = part[4]; next }
  /^\[/ { table = $0 }
  table == "[versions]" && /"/ { split($0, word, " "); version[word[1]] = $2 }
  table == "[libraries]" && /module = / && !/gradle-plugin/ {
    wanted = /version.ref/ ? version[$4] : $4
    checked++
    if (tested[$2] != wanted) { print $2 ": Gradle would take " wanted ", the tests run on " tested[$2]; bad = 1 } }
  END { if (version["kotlin"] != tested["org.jetbrains.kotlin:kotlin-compiler-embeddable"]) {
          print "kotlin: Gradle would take " version["kotlin"]; bad = 1 }
        if (!checked) { print "no library was compared"; bad = 1 }; exit bad }
' "$here/toolchain/libraries.txt" "${1:-$here/gradle/libs.versions.toml}" >&2

#!/usr/bin/env bash
# Compiles what the AAR holds, without Gradle: the wrapper, the generated half and the Android sources, in one module,
# so that what is internal stays so. Needs the host's core, built by cargo. Result: ../target/android/aar
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kotlin=$(dirname "$here")
source "$here/toolchain/android.sh"
android_prepare
out=$android_work/aar
"$kotlin/generate.sh" target/debug/libpushbridge_ffi.so "$android_work/generated" "$here/uniffi.toml"
sources=("$kotlin/src/main/kotlin" "$here/src/main/kotlin" "$android_work/generated")
# Nothing changed, nothing to do: the sample's test comes here after this module's own.
wanted=$({ find "${sources[@]}" -name '*.kt' -print0 | sort -z | xargs -0 cat; cat "$android_work/prepared"; } | sha256sum)
[ "$(cat "$out.compiled" 2>/dev/null)" = "$wanted" ] && exit
android_kotlinc "$out" "$ANDROID_CLASSPATH$ANDROID_SDK_NEWEST" -module-name pushbridge -Xexplicit-api=strict "${sources[@]}"
echo "$wanted" >"$out.compiled"

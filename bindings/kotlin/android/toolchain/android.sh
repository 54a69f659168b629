# To be sourced by bash: compiles and runs Android code with no SDK, no Gradle and no Android plugin. Libraries come
# through Maven, resources are linked by Debian's aapt2, tests run on Robolectric.
#
#   android_prepare                        fetches libraries.txt, unpacks it; later calls find it done
#   android_resources MANIFEST [RES] OUT   links one resource table; OUT/r.jar holds the R classes
#   android_kotlinc OUT CLASSPATH ARGS..   compiles Kotlin, warnings are errors
#   android_test OUT CLASSPATH SOURCES [TESTS..]  runs JUnit 4 classes on Robolectric, with the resources of OUT
#
# Sets ANDROID_CLASSPATH (the app's libraries), ANDROID_TEST_CLASSPATH (Robolectric too), ANDROID_SDK (API 33, for what
# an app compiles) and ANDROID_SDK_NEWEST (API 35, for a library).

android_home=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
android_work=$android_home/../../target/android

android_install() {
  local missing=()
  command -v javac >/dev/null || missing+=(openjdk-17-jdk-headless)
  command -v mvn >/dev/null || missing+=(maven)
  command -v aapt2 >/dev/null || missing+=(aapt)
  command -v zip >/dev/null || missing+=(zip)
  command -v unzip >/dev/null || missing+=(unzip)
  if [ ${#missing[@]} -gt 0 ]; then
    echo "installing ${missing[*]}"
    apt-get update -qq
    apt-get install -yqq --no-install-recommends "${missing[@]}" >/dev/null
  fi
}

android_prepare() {
  android_install
  mkdir -p "$android_work"
  android_work=$(cd "$android_work" && pwd)
  local wanted sdk
  wanted=$(sha256sum "$android_home/libraries.txt" "$android_home/android.sh" | sha256sum)
  if [ "$(cat "$android_work/prepared" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$android_work"
    mkdir -p "$android_work"/{fetched,jars/app,jars/test,res}
    android_fetch
    android_unpack
    echo "$wanted" >"$android_work/prepared"
  fi
  sdk=$(echo "$android_work"/fetched/org.robolectric.android-all-instrumented-*.jar)
  # The newest API is there only as Robolectric has prepared it. To be compiled with, it needs one of its types, and
  # lets no class that is not abstract extend Android's; the plain one would be 186 MB more.
  ANDROID_SDK_NEWEST=$sdk:$(echo "$android_work"/jars/test/org.robolectric.sandbox-*.jar)
  ANDROID_SDK=$(echo "$android_work"/fetched/org.robolectric.android-all-1*.jar)
  mkdir -p "$android_work/sdk"
  ln -f "$sdk" "$android_work/sdk/$(basename "$sdk" | sed 's/^org.robolectric.//')"
  ANDROID_CLASSPATH=$(printf '%s:' "$android_work"/jars/app/*.jar)
  ANDROID_TEST_CLASSPATH=$(printf '%s:' "$android_work"/jars/test/*.jar)$ANDROID_CLASSPATH
}

# Prints the libraries of a set, as Maven names their files.
android_files() {
  sed -n "s/^$1 \([^:]*\):\([^:]*\):\([^:]*\):\(.*\)/\1.\2-\3.\4/p" "$android_home/libraries.txt"
}

android_fetch() {
  {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>dev.pushbridge</groupId><artifactId>android-libraries</artifactId><version>0</version>'
    echo '<packaging>pom</packaging><dependencies>'
    local nothing='<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>'
    sed -nE "s#^[a-z]+ ([^:]*):([^:]*):([^:]*):(.*)#<dependency><groupId>\1</groupId><artifactId>\2</artifactId>\
<version>\3</version><type>\4</type>$nothing</dependency>#p" "$android_home/libraries.txt"
    echo '</dependencies></project>'
  } >"$android_work/pom.xml"
  mvn -q -B -ntp -Dstyle.color=never -f "$android_work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -Dmdep.prependGroupId=true -Dmdep.useBaseVersion=true "-DoutputDirectory=$android_work/fetched"
}

# Classes and resources out of each aar; the packages that want an R class.
android_unpack() {
  local set file name
  for set in app test; do
    for file in $(android_files $set); do
      name=${file%.*}
      if [ "${file##*.}" = jar ]; then
        ln "$android_work/fetched/$file" "$android_work/jars/$set/$file"
      else
        android_unpack_aar "$android_work/fetched/$file" "$android_work/jars/$set/$name.jar" "$name"
      fi
    done
  done
  # Debian's aapt2 reads no zip64 either: the framework's table, repacked.
  (
    cd "$android_work/res"
    unzip -qo "$android_work"/fetched/org.robolectric.android-all-1*.jar resources.arsc AndroidManifest.xml
    zip -q0 ../framework.apk resources.arsc AndroidManifest.xml
    rm resources.arsc AndroidManifest.xml
  )
}

android_unpack_aar() {
  unzip -qp "$1" classes.jar >"$2" 2>/dev/null || true
  [ -s "$2" ] || rm "$2"
  if unzip -qp "$1" R.txt 2>/dev/null | grep -q .; then
    unzip -qp "$1" AndroidManifest.xml | sed -n 's/.*package="\([^"]*\)".*/\1/p' | head -n 1 >>"$android_work/packages"
  fi
  if unzip -l "$1" | grep ' res/.' >/dev/null; then
    mkdir "$android_work/res/$3"
    unzip -qo "$1" 'res/*' -d "$android_work/res/$3"
    aapt2 compile --dir "$android_work/res/$3/res" -o "$android_work/res/$3.flata"
    rm -r "${android_work:?}/res/$3"
  fi
}

android_resources() {
  local manifest=$1 out=${*: -1} own=() source
  mkdir -p "$out/gen" "$out/r"
  for source in "${@:2:$#-2}"; do
    own+=("$out/$(echo "$source" | tr / _).zip")
    aapt2 compile --dir "$source" -o "${own[-1]}"
  done
  # It says that it does not know a chunk of the newer libraries' tables, which it does not need.
  # shellcheck disable=SC2046
  aapt2 link -o "$out/resources.ap_" -I "$android_work/framework.apk" --manifest "$manifest" --java "$out/gen" \
    --auto-add-overlay --min-sdk-version 24 --target-sdk-version 35 \
    --extra-packages "$(sort -u "$android_work/packages" | paste -sd:)" \
    $(printf -- '-R %s ' "$android_work"/res/*.flata "${own[@]}") 2> >(grep -v 'Unknown chunk type' >&2)
  find "$out/gen" -name '*.java' >"$out/gen/list"
  javac -nowarn -d "$out/r" "@$out/gen/list"
  mkdir -p "$out/config/com/android/tools" "$out/assets"
  # What Android's Gradle plugin writes for Robolectric.
  cat >"$out/config/com/android/tools/test_config.properties" <<END
android_merged_manifest=$manifest
android_resource_apk=$out/resources.ap_
android_merged_assets=$out/assets
android_custom_package=$(sed -n 's/.* package="\([^"]*\)".*/\1/p' "$manifest" | head -n 1)
END
}

android_kotlinc() {
  local out=$1 classpath=$2 compiler plugin
  shift 2
  plugin=$(echo "$android_work"/fetched/org.jetbrains.kotlin.kotlin-compose-compiler-plugin-embeddable-*.jar)
  compiler=$(printf '%s:' "$android_work"/fetched/org.jetbrains.*.jar)
  rm -rf "$out"
  java -Xmx2g -cp "$compiler" org.jetbrains.kotlin.cli.jvm.K2JVMCompiler -no-stdlib -no-reflect -jvm-target 17 \
    -Werror -Xplugin="$plugin" -cp "$classpath" -d "$out" "$@"
}

# Ends with "N passed, N failed"; the status is that of the tests. No test is a failure.
android_test() {
  local out=$1 classpath=$2 sources=$3 status=0
  shift 3
  [ $# -gt 0 ] || mapfile -t tests < <(cd "$sources" && grep -rl '@Test' . | sed 's/^\.\///; s/\.kt$//; s/\//./g' | sort)
  [ $# -eq 0 ] || tests=("$@")
  # The export is for Android's own SystemCleaner, which runs on the JDK's cleaner here.
  timeout 600 java -Xmx3g --add-exports java.base/jdk.internal.ref=ALL-UNNAMED -Djna.library.path=target/debug -Dpushbridge.programs=target/debug \
    -Drobolectric.offline=true -Drobolectric.dependency.dir="$android_work/sdk" -Drobolectric.logging=stderr \
    "-Dandroid.screens=$out/screens" -cp "$out/config:$classpath:$ANDROID_TEST_CLASSPATH$ANDROID_SDK" \
    org.junit.runner.JUnitCore "${tests[@]}" >"$out/log" 2>"$out/errors" || status=$?
  awk -v status=$status '
    /^OK \(/ { gsub(/[^0-9]/, "", $2); passed = $2; ok = 1 }
    /^Tests run:/ { gsub(/[^0-9]/, "", $3); gsub(/[^0-9]/, "", $5); failed = $5; passed = $3 - failed; ok = 1 }
    /^[0-9]+\) / { print; getline; print "  " $0 }
    END { if (!ok || passed + failed == 0) { print "no test ran"; failed = failed ? failed : 1 }
          print passed + 0 " passed, " failed + 0 " failed"; exit failed || status }' "$out/log"
}

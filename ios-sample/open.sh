#!/usr/bin/env bash
# Builds the core for iOS, makes the Xcode project and opens it.
#
#   ios-sample/open.sh demo    with server and emulator: starts `pushbridge demo --keep` and stays until Ctrl-C
#   ios-sample/open.sh         the app with your Firebase project (README.md says what to fill in)
#
# In: a Mac with Xcode 16, rustup and XcodeGen. Not run where the tests run, which is no Mac.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."
for tool in xcodebuild xcodegen cargo; do
  command -v "$tool" >/dev/null || { echo "open.sh: needs $tool" >&2; exit 1; }
done

[ -d bindings/swift/PushbridgeFFI.xcframework ] || bindings/swift/xcframework.sh

project() {
  (cd "$here" && xcodegen generate --quiet && open Shop.xcodeproj)
}

# What stands in a flat line of JSON under a name.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

if [ "${1:-}" != demo ]; then
  export PUSHBRIDGE_URL= PUSHBRIDGE_EMULATOR= PUSHBRIDGE_KEY=
  project
  exit
fi

cargo build --locked
# The story first, step by step; its last line says where everything listens.
cargo run --quiet --locked -- demo --keep --json --listen 127.0.0.1:0 | while read -r line; do
  case $line in
    *'"kept":true'*)
      PUSHBRIDGE_URL=$(field url "$line")
      PUSHBRIDGE_EMULATOR=$(field emulator "$line")
      key_file=$(field bootstrap_key_file "$line")
      PUSHBRIDGE_KEY=$(cat "$key_file")
      export PUSHBRIDGE_URL PUSHBRIDGE_EMULATOR PUSHBRIDGE_KEY
      project
      echo "Run the scheme ShopDemo in a simulator. For a second terminal:"
      echo "  export PUSHBRIDGE_URL=$PUSHBRIDGE_URL PUSHBRIDGE_KEY_FILE=$key_file"
      echo "Ctrl-C here ends the server."
      ;;
  esac
done

#!/usr/bin/env bash
# Puts a Swift 6 toolchain into a folder: Debian trixie, which packages Swift, by debootstrap.
#
# In: nothing but a Debian machine with root and its own configured mirror. Out: the path of the root on stdout.
# Next: run.sh, which runs a command in it. Idempotent; a half-made root is thrown away and made again.
# An Ubuntu, a Mac or a machine with swift of its own does not need this: test.sh takes a `swift` from the PATH first.
set -euo pipefail

release=trixie
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pushbridge
root=$cache/swift-$release
# Grows when the list of packages below changes, so that old roots are not taken for good.
recipe=2

fail() { echo "swift toolchain: $*" >&2; exit 1; }

if [ "$(cat "$root/.recipe" 2>/dev/null)" = "$recipe" ]; then
  echo "$root"
  exit 0
fi
[ "$(id -u)" = 0 ] || fail "needs root to make a $release root (debootstrap), or a swift 6 on the PATH"
command -v apt-get >/dev/null || fail "needs a Debian machine, or a swift 6 on the PATH"

# Everything says what it does on stderr: stdout is the answer.
exec 3>&1 1>&2
export DEBIAN_FRONTEND=noninteractive

# The machine's own mirror: whatever apt has been told to use for the distribution itself.
mirror=$(apt-get indextargets --format '$(SITE) $(ORIGIN) $(LABEL)' 2>/dev/null | awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
if [ -z "$mirror" ]; then
  apt-get update -q
  mirror=$(apt-get indextargets --format '$(SITE) $(ORIGIN) $(LABEL)' | awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
fi
[ -n "$mirror" ] || fail "apt knows no Debian mirror"

if ! command -v debootstrap >/dev/null; then
  apt-get update -q
  apt-get install -yq --no-install-recommends debootstrap
fi

rm -rf "$root"
mkdir -p "$root"
debootstrap --variant=minbase "$release" "$root" "$mirror" >/dev/null
printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$root/etc/dpkg/dpkg.cfg.d/slim"
printf 'APT::Install-Recommends "false";\nAPT::Keep-Downloaded-Packages "false";\n' >"$root/etc/apt/apt.conf.d/99slim"
# How this machine reaches its mirror (a proxy, say) holds inside as well.
cp -a /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" apt-get update -q
# gcc only recommends libc6-dev, Swift's importer reads libstdc++'s headers, and the server wants root certificates: all
# must be named.
chroot "$root" apt-get install -yq swiftlang libc6-dev libstdc++-14-dev ca-certificates
chroot "$root" apt-get clean
rm -rf "$root"/var/lib/apt/lists/*
# 900 MB that building and testing never touch: debugger, language servers, static and embedded libraries.
swift=$root/usr/libexec/swift
rm -rf "$swift"/bin/lldb* "$swift"/bin/repl_swift "$swift"/bin/sourcekit-lsp "$swift"/bin/clangd "$swift"/bin/docc \
  "$swift"/lib/liblldb* "$swift"/lib/libsourcekitdInProc.so "$swift"/lib/swift_static "$swift"/lib/swift/embedded "$swift"/share/docc
echo "$recipe" >"$root/.recipe"
echo "$root" >&3

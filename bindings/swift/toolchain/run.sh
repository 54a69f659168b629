#!/usr/bin/env bash
# Runs a command in the Swift root, with a folder of this machine at the same path inside.
#
# In: ROOT DIR COMMAND…; of the environment only what is named in PASS (blank-separated). Out: the command's output
# and status. Mounts and processes live in namespaces of their own and die with the command: nothing is left to
# unmount or to kill, whatever the tests did, and removing the root later cannot reach through a mount. The network is
# the machine's own.
set -euo pipefail

root=$1 dir=$(realpath "$2")
shift 2
environment=(HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb)
for name in ${PASS:-}; do environment+=("$name=${!name}"); done

exec unshare --mount --pid --fork --kill-child --propagation private bash -euo pipefail -c '
  root=$1 dir=$2
  shift 2
  # Without /proc the Swift driver does not find its own libraries ($ORIGIN).
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  mkdir -p "$root$dir"
  mount --bind "$dir" "$root$dir"
  # Not exec: this shell is process 1 in there and reaps what the tests leave behind.
  chroot "$root" /usr/bin/env -i -C "$dir" "$@"
' in-root "$root" "$dir" "${environment[@]}" "$@"

#!/bin/sh
# Runs a command in a root of its own: it sees the files of LOWER, and what it changes nobody else sees, nor does it stay. FOLDER is its /mnt;
# below /tmp/layers are `lower`, and `upper`, which has what was changed. Needs a mount namespace of its own:
#
#     unshare -m --propagation private throwaway-root.sh LOWER FOLDER COMMAND…
set -e
lower=$1 folder=$2
shift 2
layers=/mnt
mount -t tmpfs none "$layers"
mkdir "$layers/upper" "$layers/work" "$layers/root" "$layers/folder" "$layers/lower"
# What it is mounted from is below it no more.
mount --bind "$lower" "$layers/lower"
mount --bind "$folder" "$layers/folder"
mount -t overlay -o "lowerdir=$lower,upperdir=$layers/upper,workdir=$layers/work" none "$layers/root"
root=$layers/root
mount --bind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs none "$root/run"
mount -t tmpfs -o mode=1777 none "$root/tmp"
mount --bind "$layers/folder" "$root/mnt"
for layer in lower upper; do
  mkdir -p "$root/tmp/layers/$layer"
  mount --bind "$layers/$layer" "$root/tmp/layers/$layer"
done
# No chroot: below one, users have no user namespaces.
mkdir "$root/tmp/outside"
cd "$root"
pivot_root . tmp/outside
# shellcheck disable=SC2016
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C \
  sh -c 'umount -l /tmp/outside && rmdir /tmp/outside && exec "$@"' sh "$@"

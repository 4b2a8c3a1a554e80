#!/bin/sh
# Runs a command that sees /usr, /etc and /var as they are, and whose changes of them nobody else sees. Needs a mount
# namespace of its own: unshare -m private-root.sh COMMAND…
set -e
layers=/mnt
mount -t tmpfs none "$layers"
for folder in usr etc var; do
  mkdir -p "$layers/$folder/upper" "$layers/$folder/work"
  mount -t overlay -o "lowerdir=/$folder,upperdir=$layers/$folder/upper,workdir=$layers/$folder/work" none "/$folder"
done
exec "$@"

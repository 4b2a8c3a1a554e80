#!/bin/sh
# The life of the Debian package in a root that is thrown away (throwaway-root.sh), from its installation to its purge; leaves in /mnt what each
# step printed. /mnt has the package, and the one that follows it (linkonce.deb, next.deb).
#
#     deb-life.sh LIBRARY|PACKAGE PROGRAM…
#
# The programs are put into the machine's store. Then a library of theirs is replaced by another file that does the same, or a package is
# installed again from where apt gets such; and linkonce itself by the next version.
set -e
replaced=$1
shift
store=/var/lib/linkonce
export DEBIAN_FRONTEND=noninteractive

# start NAME PREFIX…: from the store; the standard error stream says of a hand-over.
start() {
  name=$1
  shift
  for program in $programs; do
    LINKONCE_DEBUG=1 "$@" "$store/bin/$program" --version >>"/mnt/$name.out" 2>>"/mnt/$name.err"
  done
}

# What is other than in the layer below, but for what dpkg and apt know and write down.
list_changes() {
  (cd /tmp/layers/upper && find . -mindepth 1) | while read -r file; do
    if ! [ -d "/tmp/layers/upper/$file" ] || [ -L "/tmp/layers/upper/$file" ] || ! [ -d "/tmp/layers/lower/$file" ]; then
      echo "${file#.}"
    fi
  done | grep -Ev '^/var/(lib|cache)/(dpkg|apt|man)/|^/var/log/|^/tmp/|^/etc/ld\.so\.cache$|^/var/cache/ldconfig/' |
    sort >"/mnt/$1.list"
}

list_changes before
dpkg -i /mnt/linkonce.deb >/mnt/install.log 2>&1
programs=$*
linkonce doctor >/mnt/doctor.out 2>&1 || true
linkonce store add "$@" >/mnt/add.out 2>&1
start first
start nobody setpriv --reuid 65534 --regid 65534 --clear-groups

case $replaced in
/*)
  cp -p "$replaced" "$replaced.new"
  echo >>"$replaced.new"
  mv "$replaced.new" "$replaced"
  start between
  apt-get -y -q --reinstall install /mnt/linkonce.deb >/mnt/apt.log 2>&1
  ;;
*)
  apt-get -q update >/mnt/apt.log 2>&1
  apt-get -y -q --reinstall install "$replaced" >>/mnt/apt.log 2>&1
  ;;
esac
start after

dpkg -i /mnt/next.deb >/mnt/upgrade.log 2>&1
linkonce store list >/mnt/list.out 2>&1
start upgraded

linkonce run "$1" --version >/mnt/run.out 2>&1
mkdir -p /run/linkonce
dpkg -r linkonce >/mnt/remove.log 2>&1
list_changes removed
dpkg -P linkonce >/mnt/purge.log 2>&1
list_changes purged

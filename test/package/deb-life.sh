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
programs=$*
store=/var/lib/linkonce
export DEBIAN_FRONTEND=noninteractive

# start NAME PREFIX…: from the store; the standard error stream says of a hand-over, or why it did not start.
start() {
  name=$1
  shift
  for program in $programs; do
    LINKONCE_DEBUG=1 "$@" "$store/bin/$program" --version >>"/mnt/$name.out" 2>>"/mnt/$name.err" || true
  done
}

# Replaces a library by another file that does the same, or by a new copy of it.
replace() {
  case $replaced in
  /*)
    cp -p "$replaced" "$replaced.new"
    echo >>"$replaced.new"
    mv "$replaced.new" "$replaced"
    ;;
  *) apt-get -y -q --reinstall install "$replaced" ;;
  esac
}

# What is other than in the layer below, but for what dpkg and apt write down.
list_changes() {
  (cd /tmp/layers/upper && find . -mindepth 1) | while read -r file; do
    if ! [ -d "/tmp/layers/upper/$file" ] || [ -L "/tmp/layers/upper/$file" ] || ! [ -d "/tmp/layers/lower/$file" ]; then
      echo "${file#.}"
    fi
  done | grep -Ev '^/var/(lib|cache)/(apt|debconf|dpkg|man)/|^/var/log/|^/tmp/' | sort >"/mnt/$1.list"
}

case $replaced in
/*) ;;
*) apt-get -q update >/mnt/fetch.log 2>&1 || exit 77 ;;
esac
# That it was there before, or replaced, is no change.
rm -rf /root/.cache/linkonce
replace >>/mnt/fetch.log 2>&1
list_changes before
dpkg -i /mnt/linkonce.deb >/mnt/install.log 2>&1
dpkg -V linkonce >/mnt/verify.out 2>&1
list_changes installed
linkonce doctor >/mnt/doctor.out 2>&1 || true
linkonce store add $programs >/mnt/add.out 2>&1
start first
start nobody setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent

replace >/mnt/replace.log 2>&1
case $replaced in
/*)
  start between
  # apt runs its hooks after whatever it had dpkg do.
  apt-get -y -q --reinstall install /mnt/linkonce.deb >/mnt/hook.log 2>&1
  ;;
esac
start after

# A root that gives others nothing by itself.
umask 077
dpkg -i /mnt/next.deb >/mnt/upgrade.log 2>&1
linkonce store list >/mnt/list.out 2>&1
start upgraded
start upgraded-nobody setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent
linkonce-settle "$store" >/mnt/settle.out 2>&1

# What root leaves in the cache.
linkonce run "${programs%% *}" --version >/mnt/run.out 2>&1
mkdir -p /run/linkonce
: >/run/linkonce/settled
dpkg -r linkonce >/mnt/remove.log 2>&1
list_changes removed
find /run -name '*linkonce*' >/mnt/run.list
dpkg -P linkonce >/mnt/purge.log 2>&1
list_changes purged

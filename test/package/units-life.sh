#!/bin/sh
# What the units do below a running systemd, from the package's installation to its purge: own-systemd.sh runs it. Ends with 1, and the line that
# failed, where something is not as it must be.
set -e
store=/var/lib/linkonce
export DEBIAN_FRONTEND=noninteractive

fail() {
  echo "units-life: $1"
  exit 1
}

# Until a command succeeds; a machine that needs a minute for it is none.
await() {
  tries=0
  until ("$@") >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || fail "never: $*"
    sleep 0.1
  done
}

runs_from_store() {
  for program in "$@"; do
    said=$(LINKONCE_DEBUG=1 "$store/bin/$program" --version 2>&1 >/dev/null)
    [ -z "$said" ] || fail "$said"
  done
}

went_well() {
  [ "$(systemctl show -p Result --value "$1")" = success ] || fail "$1: $(journalctl --no-pager -o cat -u "$1")"
}

# query NAME: an sqlite3 that has begun, in the store's server's memory; /tmp/NAME takes the rest, /tmp/NAME.out has the answers.
query() {
  mkfifo "/tmp/$1"
  { echo 'select 1;'; cat "/tmp/$1"; } | "$store/bin/sqlite3" >"/tmp/$1.out" 2>&1 &
  await grep -q 1 "/tmp/$1.out"
}

echo "installed: one unit watches, one is for the next boot, one is for who wants it"
dpkg -i /mnt/linkonce.deb >/dev/null 2>&1
[ "$(systemctl is-active linkonce-update.path)" = active ] || fail "nobody watches"
[ "$(systemctl is-enabled linkonce-boot.service)" = enabled ] || fail "nothing is done at a boot"
[ "$(systemctl is-enabled linkonce-pagein.service || true)" = disabled ] || fail "pages are served unasked"

echo "an update follows ldconfig"
linkonce store add bash sqlite3 tar >/dev/null
runs_from_store bash sqlite3 tar
library=$(readlink -f /lib/x86_64-linux-gnu/libz.so.1)
cp -p "$library" "$library.new"
echo >>"$library.new"
mv "$library.new" "$library"
LINKONCE_DEBUG=1 "$store/bin/sqlite3" --version 2>&1 | grep -q 'handed over' || fail "a changed library was not seen"
before=$(readlink "$store/current")
touch /usr/lib/x86_64-linux-gnu
ldconfig
await sh -c "[ \"\$(readlink $store/current)\" != $before ]"
await sh -c '[ "$(systemctl is-active linkonce-update.service)" = inactive ]'
went_well linkonce-update.service
runs_from_store bash sqlite3 tar
systemctl start linkonce-boot.service
went_well linkonce-boot.service
runs_from_store bash sqlite3 tar
linkonce store verify >/dev/null

echo "who stops the server, or removes the package, stops no program"
linkonce store undo
linkonce store add --system rebase-page-in sqlite3 bash >/dev/null
systemctl enable --now linkonce-pagein.service 2>/dev/null
await runs_from_store sqlite3 bash
setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent LINKONCE_DEBUG=1 "$store/bin/sqlite3" --version 2>&1 |
  grep -q 'handed over' && fail "others do not see the places"
query one
systemctl stop linkonce-pagein.service
systemctl start linkonce-pagein.service
await runs_from_store sqlite3
query two
dpkg -i /mnt/linkonce.deb >/dev/null
[ "$(systemctl is-active linkonce-pagein.service)" = active ] || fail "an upgrade ended the server"
dpkg -r linkonce >/dev/null
for name in one two; do
  echo 'create table x (a); insert into x values (7); select a * 6 from x;' >"/tmp/$name"
done
wait
for name in one two; do [ "$(tail -n 1 "/tmp/$name.out")" = 42 ] || fail "$name: $(cat "/tmp/$name.out")"; done

echo "nothing is left"
dpkg -P linkonce >/dev/null
[ -z "$(systemctl --failed --no-legend)" ] || fail "$(systemctl --failed --no-legend)"
left=$(find / -xdev -name '*linkonce*' ! -path '/mnt/*' ! -path '/tmp/*' ! -path '/var/lib/dpkg/*' ! -path '/var/log/*')
[ -z "$left" ] || fail "$left"
! grep -q linkonce /proc/mounts || fail "it is mounted"

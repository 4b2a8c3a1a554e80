#!/bin/sh
# Reinstalls PACKAGE with the hook, while PROGRAM is in a store in FOLDER; leaves there what each step printed.
# Ends with 77 where the package cannot be downloaded.
set -e
folder=$1 root=$2 package=$3 program=$4
cd "$folder"
mkdir archives archives/partial
linkonce() { node "$root/dist/src/cli/main.js" "$@"; }
install_again() {
  DEBIAN_FRONTEND=noninteractive apt-get -y -q -o APT::Sandbox::User=root -o "Dir::Cache::archives=$folder/archives" \
    install --reinstall "$@" "$package"
}
start() { LINKONCE_DEBUG=1 "$folder/store/bin/$program" --version >"$1.out" 2>"$1.err"; }

install_again --download-only >download.log 2>&1 || exit 77
linkonce store add --store "$folder/store" "$program" >add.log 2>&1
start before
hook="LINKONCE=$root/linkonce $root/contrib/linkonce-update $folder/store"
date +%s%N >installing
install_again --no-download \
  -o "DPkg::Post-Invoke::=LINKONCE_DEBUG=1 $folder/store/bin/$program --version >$folder/between.out 2>$folder/between.err" \
  -o "DPkg::Post-Invoke::=date +%s%N >$folder/begun; $hook >$folder/hook.out 2>&1; date +%s%N >$folder/ended" >apt.log 2>&1
date +%s%N >installed
start after
linkonce store verify --store "$folder/store" >verify.out 2>&1

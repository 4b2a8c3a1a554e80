#!/bin/sh
# next-deb.sh DEB OUTPUT: the package of a next version, whose stores have another catalogue.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
dpkg-deb -R "$1" "$folder"
sed -i 's/^Version: .*/&.1/' "$folder/DEBIAN/control"
catalogue=$folder/usr/lib/linkonce/dist/src/store/catalogue.js
sed -i 's/^\(export const catalogueVersion =\) \([0-9]*\);/\1 \2 + 1;/' "$catalogue"
grep -q '^export const catalogueVersion = .* + 1;' "$catalogue"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$folder" "$2" >/dev/null

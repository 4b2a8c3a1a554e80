# For scripts that try other releases of Debian: skip REASON, and find_root SUITE [PACKAGE,…], which sets $root to the folder with the suite's smallest
# system and these packages. It is installed there by debootstrap, as root, and kept for the next time.
#
# Environment: LINKONCE_ROOTS, the folder for the systems (default /tmp/linkonce-roots); LINKONCE_MIRROR, where debootstrap gets packages
# (default: its own).
roots=${LINKONCE_ROOTS:-/tmp/linkonce-roots}

skip() {
  echo "${0##*/}: skipped: $1"
  exit 0
}

find_root() {
  case $1 in
  *[!a-z0-9-]* | '') echo "${0##*/}: '$1' is no name of a suite" >&2; exit 2 ;;
  esac
  [ "$(id -u)" = 0 ] || skip "chroot and mount need root"
  unshare -m true 2>/dev/null || skip "a mount namespace is not permitted here"
  # No commas: overlays have them between their options.
  root=$roots/$1${2:++$(echo "$2" | tr , +)}
  # A folder gets its name when it is whole.
  [ -d "$root" ] || install_root "$@"
}

install_root() {
  command -v debootstrap >/dev/null || skip "debootstrap is not installed"
  mkdir -p "$roots"
  rm -rf "$root.partial"
  debootstrap --variant=minbase ${2:+"--include=$2"} "$1" "$root.partial" ${LINKONCE_MIRROR:+"$LINKONCE_MIRROR"} >"$root.log" 2>&1 ||
    skip "debootstrap cannot install $1: $(grep '^E:' "$root.log" | tail -n 1) (see $root.log)"
  mv "$root.partial" "$root"
}

#!/bin/sh
# Becomes systemd in a root of its own (throwaway-root.sh, in a pid and a cgroup namespace), which runs SCRIPT and ends with it. /mnt/said is what it
# said, and /mnt/passed is there where it went well.
#
#     own-systemd.sh SCRIPT
set -e
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
# As at a boot: what a service mounts all see.
mount --make-rshared /
cat >/run/script.service <<UNIT
[Service]
Type=oneshot
Environment=HOME=/root
ExecStart=/bin/sh -c 'sh $1 >/mnt/said 2>&1 && : >/mnt/passed'
ExecStopPost=/bin/systemctl exit
UNIT
mkdir -p /run/systemd/system/multi-user.target.wants
mv /run/script.service /run/systemd/system/
ln -s ../script.service /run/systemd/system/multi-user.target.wants/
# The name says to systemd that this is no machine.
container=lxc exec /lib/systemd/systemd --unit=multi-user.target --show-status=no

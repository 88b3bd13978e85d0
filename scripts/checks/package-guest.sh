#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The installed packages in use, in a guest: "package-guest.sh ROOT.tar.gz"
# unpacks the root they were installed in, starts its udevd and its
# systemd-modules-load as its boot would, and uses the device as two users, of
# whom one is in the group.  Nothing of the tree but this file is used.
set -u
# shellcheck source=tools/tests/tap.sh
. "$(dirname -- "$0")/../../tools/tests/tap.sh"
tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)

# enter ARCHIVE: a process namespace of its own keeps the root's tools from
# taking it for a chroot, in which they would refuse to work.
enter() {
	local root=/srv/root

	mkdir -p "$root"
	tar -xzf "$1" -C "$root" || exit 1
	mkdir -p "$root$tree"
	# shellcheck disable=SC2016 # for the inner shell
	exec unshare --mount --pid --fork --kill-child -- bash -c '
		root=$1 tree=$2
		mount -t proc proc "$root/proc" && mount -t sysfs sysfs "$root/sys" &&
			mount -t devtmpfs devtmpfs "$root/dev" && mount -t tmpfs tmpfs "$root/run" &&
			mount --bind "$tree" "$root$tree" || exit 1
		exec chroot "$root" /bin/bash "$tree/scripts/checks/package-guest.sh" --inside' \
		enter "$root" "$tree"
}

device() {
	stat -c '%U:%G %a' /dev/fraktor
}

device_is() {
	[ "$(device 2>&1)" = "$1" ]
}

# as USER COMMAND...: as a login would leave it, with the usual memory limit.
as() {
	local user=$1

	shift
	prlimit --memlock=8388608:8388608 setpriv --reuid="$user" --regid="$user" \
		--init-groups --inh-caps=-all -- "$@"
}

# wait_for CONDITION...: for a minute at most; the guest may be slow.
wait_for() {
	local left=600

	until "$@"; do
		left=$((left - 1))
		((left > 0)) || return 1
		sleep 0.1
	done
}

has_source() {
	run fraktor stat --json
	out_has '"name":"'
}

no_source() {
	! has_source
}

# Without udevd the device is as the kernel makes it: what follows shows that
# it is the rule that gives it to the group.
loading() {
	modprobe fraktor || { echo 'Bail out! no module'; exit 1; }
	ok "without udev the device is root's alone" device_is 'root:root 600'
	run modprobe -r fraktor
	ok "modprobe -r unloads it" status_is 0
	/lib/systemd/systemd-udevd --daemon
	run /lib/systemd/systemd-modules-load
	ok "modules-load.d loads the module" all 'status_is 0' 'test -d /sys/module/fraktor'
	ok "the udev rule gives the device to the group" wait_for device_is 'root:fraktor 660'
	chown root:root /dev/fraktor
	chmod 600 /dev/fraktor
	udevadm trigger --action=add /dev/fraktor
	ok "udevadm trigger gives it again" wait_for device_is 'root:fraktor 660'
	run cat /sys/module/fraktor/version
	ok "the module has the version of its package" \
		out_has "^$(dpkg-query -W -f '${Version}' fraktor-dkms)\$"
	run modinfo -F filename fraktor
	ok "the module is the one DKMS installed" out_has "/updates/dkms/fraktor.ko\$"
}

using() {
	run as outsider env FRAKTOR_DURATION_S=1 /usr/local/bin/quickstart
	ok "who is not in the group is refused" all '! status_is 0' 'err_has "Permission denied\|EACCES"'
	as member env FRAKTOR_DRIVER=kernel FRAKTOR_DURATION_S=300 /usr/local/bin/quickstart \
		>/run/long 2>&1 &
	ok "who is in the group makes a source" wait_for has_source
	run as outsider fraktor stat
	ok "the tool shows it to everyone" all 'status_is 0' 'out_has "^NAME .*TICKS/S"' 'out_has " running "'
	pkill_user member
	ok "the source is gone with its program" wait_for no_source
	run as member env FRAKTOR_DRIVER=kernel FRAKTOR_DURATION_S=1 /usr/local/bin/quickstart
	ok "a program compiled against libfraktor-dev ticks by the module" all 'status_is 0' \
		"out_has '^fraktor: driver=kernel kernel=$(uname -r) ticks=[0-9]* seconds=1\.000 '"
	run as member env FRAKTOR_DRIVER=kernel FRAKTOR_DURATION_S=1 /usr/local/bin/quickstart-static
	ok "so does one that is linked statically" all 'status_is 0' 'out_has "^fraktor: driver=kernel "'
}

# pkill_user USER: there is no procps in the root.
pkill_user() {
	local proc

	for proc in /proc/[0-9]*; do
		[[ $(stat -c %U "$proc" 2>/dev/null) != "$1" ]] || kill "${proc#/proc/}"
	done
}

[[ $1 == --inside ]] || enter "$1"
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
echo 'TAP version 13'
loading
using
plan

# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# What the lab's scripts share: messages, the cache directory, locks, the age
# of files.  Sourced, never run; it changes nothing when it is sourced.  It
# must not know what a kernel or a virtual machine is.

# Where the tree is; every script of the lab lives in scripts/ or scripts/lab/.
LAB_DIR=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck disable=SC2034 # used by the scripts that source this file
TREE_DIR=$(cd -- "$LAB_DIR/../.." && pwd -P)

# Tools that only root finds by default (depmod) are wanted by others too.
PATH=$PATH:/usr/sbin:/sbin

# How long what was resolved over the network stays good.
LAB_FRESH_SECONDS=21600

# note TEXT...: progress for a human; quiet when FRAKTOR_QUIET is set.
note() {
	[[ -n ${FRAKTOR_QUIET:-} ]] || printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# warn TEXT...: something is not as it should be, but work goes on.
warn() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die TEXT...: what went wrong, where, and what to do about it.  The exit
# status is DIE_STATUS, 1 if unset.
die() {
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit "${DIE_STATUS:-1}"
}

# need PROGRAM...: stop when a program is not installed.
need() {
	local program

	for program; do
		command -v "$program" >/dev/null ||
			die "$program is not installed: run scripts/setup"
	done
}

# cache_dir: print the directory everything fetched or built is kept in.
cache_dir() {
	local dir=${FRAKTOR_CACHE:-}

	if [[ -z $dir ]]; then
		[[ -n ${XDG_CACHE_HOME:-}${HOME:-} ]] ||
			die "no HOME: set FRAKTOR_CACHE to a directory for the cache"
		dir=${XDG_CACHE_HOME:-$HOME/.cache}/fraktor
	fi
	case $dir in
	*[\"\'$'\n']*) die "FRAKTOR_CACHE must not contain quotes or newlines: $dir" ;;
	/*) ;;
	*) dir=$PWD/$dir ;;
	esac
	mkdir -p -- "$dir" 2>/dev/null ||
		die "cannot create the cache directory $dir: set FRAKTOR_CACHE to one that can be written"
	printf '%s\n' "$dir"
}

# take_lock FILE: hold an exclusive lock until this process ends.  The lock is
# deliberately not inherited by what is run with {lock}>&-.
take_lock() {
	local lock

	exec {lock}>>"$1" || die "cannot write the lock file $1"
	if ! flock -n "$lock"; then
		note "waiting for another run that holds $1"
		flock "$lock"
	fi
}

# is_fresh FILE: true when the file exists and is younger than
# LAB_FRESH_SECONDS.
is_fresh() {
	local changed now

	[[ -e $1 ]] || return 1
	changed=$(stat -c %Y -- "$1")
	printf -v now '%(%s)T' -1
	((now - changed < LAB_FRESH_SECONDS))
}

# need_value OPTION COUNT: an option that takes a value must have one; COUNT is
# the caller's $#.
need_value() {
	(($2 >= 2)) || die "$1 needs a value (try --help)"
}

# SPDX-License-Identifier: MIT
#
# What the tool's tests share: run a command, look at what it did, count in
# TAP.  Sourced; plain sh, because the guest has busybox.
# shellcheck shell=sh
# shellcheck disable=SC2034 # the variables are the interface

tap_number=0
tap_failures=0
tap_dir=$(mktemp -d)
trap 'rm -rf -- "$tap_dir"' EXIT

# The tool under test: the built one, wherever the tests are called from.
FRAKTOR=${FRAKTOR:-$(cd -- "$(dirname -- "$0")/../.." && pwd)/build/tools/fraktor}

# run COMMAND...: leaves $status, $out and $err.
run() {
	status=0
	"$@" >"$tap_dir/out" 2>"$tap_dir/err" || status=$?
	out=$(cat "$tap_dir/out")
	err=$(cat "$tap_dir/err")
}

# ok NAME CONDITION...: one test; the condition is a command, as for if.
ok() {
	tap_name=$1
	shift
	tap_number=$((tap_number + 1))
	if "$@"; then
		echo "ok $tap_number - $tap_name"
		return
	fi
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_number - $tap_name"
	{
		echo "failed: $*"
		echo "status: ${status-}"
		echo "stdout:"
		printf '%s\n' "${out-}"
		echo "stderr:"
		printf '%s\n' "${err-}"
	} | sed 's/^/# /'
}

skip() {
	tap_number=$((tap_number + 1))
	echo "ok $tap_number - $1 # SKIP $2"
}

# plan: at the end, when the number is known.  The exit status of the script.
plan() {
	echo "1..$tap_number"
	[ "$tap_failures" -eq 0 ]
}

# Conditions on what run() left.
status_is() { [ "$status" -eq "$1" ]; }
out_has() { printf '%s\n' "$out" | grep -qe "$1"; }
err_has() { printf '%s\n' "$err" | grep -qe "$1"; }
out_empty() { [ -z "$out" ]; }
out_some() { [ -n "$out" ]; }
err_empty() { [ -z "$err" ]; }
out_lines() { [ "$(printf '%s\n' "$out" | wc -l)" -eq "$1" ]; }
all() {
	for tap_condition; do
		eval "$tap_condition" || return 1
	done
}

# examples PAGE: the commands that a man page shows, one on a line.
examples() {
	sed -n '/^\.SH EXAMPLES/,/^\.SH "SEE/p' "$1" | sed -n '/^\.nf/,/^\.fi/p' |
		grep -v '^\.' | sed 's/\\-/-/g; s/\\\\/\\/g'
}
# run_example COMMAND: with the tool under test, in a directory of its own.
run_example() {
	run sh -c "fraktor() { '$FRAKTOR' \"\$@\"; }; cd '$tap_dir'; $1"
}

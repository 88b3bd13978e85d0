#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fraktor top on a terminal, by tmux: what is on the screen at 80x24 and 200x50,
# what keys do, and that the terminal is given back whatever happens.  The
# module is one that a script has (scripted_netlink.c): no real one can have so
# many sources, such names, and be unloaded at the right moment.  SCRIPTED names
# that program.  R3.6.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
SCRIPTED=$(readlink -f -- "${SCRIPTED:-$tree/build/tests/fraktor}")
export LC_ALL=C.UTF-8

# tm ARG...: the tmux of this test, with a terminal of its own for each top.
terminals=0
tm() { tmux -u -L "fraktor-$$-$terminals" -f /dev/null "$@" 2>/dev/null; }
trap 'finish; rm -rf -- "$tap_dir"' EXIT
screen() { out=$(tm capture-pane -p -t top); }
shows() { screen; out_has "$1"; }
keys() { tm send-keys -t top "$@"; }
# wait_for CONDITION...: until it holds, a while at most.
wait_for() {
	local end=$((SECONDS + 20))
	until "$@"; do
		((SECONDS < end)) || return 1
		sleep 0.1
	done
}

# finish: end what runs, and its terminal.  Asked to, not hung up: a checker of
# leaks that is hung up at its work never ends.
finish() {
	if [ -s "$tap_dir/pid" ] && ! ended; then
		keys q
		wait_for ended
	fi
	tm kill-server
}

# begin COLUMNS ROWS ENVIRONMENT [ARG...]: top in a new terminal, whose modes are
# written down before and after; its shell is left waiting at the end.
begin() {
	local columns=$1 rows=$2 environment=$3
	shift 3
	finish
	rm -f "$tap_dir"/{before,after,end,err,pid}
	terminals=$((terminals + 1))
	tm new-session -d -s top -x "$columns" -y "$rows" \
		"stty -g >$tap_dir/before; echo shell
		env TERM=screen SCRIPT_GONE=$tap_dir/gone $environment sh -c 'echo \$\$ | tee -a $tap_dir/pids >$tap_dir/pid
			exec $SCRIPTED top --interval=0.2 $*' 2>$tap_dir/err
		echo \$? >$tap_dir/end; stty -g >$tap_dir/after; read key"
	wait_for test -s "$tap_dir/pid"
}
pid() { cat "$tap_dir/pid"; }
ended() { [ -s "$tap_dir/after" ]; }
# restored STATUS: it ended so, the normal screen is back with its cursor, and
# the modes are what they were.
restored() {
	wait_for ended || return 1
	status=$(cat "$tap_dir/end")
	err=$(cat "$tap_dir/err")
	screen
	[ "$status" -eq "$1" ] && cmp -s "$tap_dir/before" "$tap_dir/after" && out_has '^shell$' &&
		[ "$(tm display -p -t top '#{alternate_on} #{cursor_flag} #{keypad_flag}')" = '0 1 0' ]
}
fits() { [ "$(printf '%s\n' "$out" | wc -l)" -eq "$2" ] && ! printf '%s\n' "$out" | grep -q ".\{$(($1 + 1))\}"; }
line() { printf '%s\n' "$out" | sed -n "$1p"; }
shell_has_terminal() { [ "$(tm display -p -t top '#{alternate_on} #{cursor_flag}')" = '0 1' ]; }
ascii() { ! printf '%s' "$out" | grep -q '[^ -~]'; }
paused() { grep -q '^State:.T' "/proc/$(pid)/status"; }

echo "TAP version 13"
if ! command -v tmux >/dev/null; then
	echo "Bail out! tmux is missing: scripts/setup --for check installs it"
	exit 1
fi

run "$SCRIPTED" top
ok "top: without a terminal it says what to do" all 'status_is 1' out_empty \
	'err_has "^fraktor: top needs a terminal.*stat --watch"'
begin 80 24 TERM=nonsense
ok "top: so it does on an unknown one" all 'restored 1' 'err_has "TERM names nothing is known"'

begin 80 24 SCRIPT_SOURCES=0
ok "top: no source is no error" all 'wait_for shows "^no sources"' 'wait_for shows " ? help"'
keys q
ok "top: q ends it, and the terminal is as it was" restored 0

begin 80 24 SCRIPT_SOURCES=24
wait_for shows '^line-5 .*▇'
ok "top: R3.6 a head, a summary and the keys at 80x24" all 'fits 80 24' \
	'out_has "^NAME  *STATE  *TICKS/S  *PPM  *LATE  *MAX  *DROPPED  *STALLED  *WORST$"' \
	'line 1 | grep -q "^fraktor [0-9:]*  24 sources, 22 running  [0-9,]* ticks/s$"' \
	'line 2 | grep -q "^24 readers, 4 stalled  56 dropped just now  *every 0.2 s$"' \
	'line 24 | grep -q "^q quit .*? help$"'
ok "top: R3.6 rates, drift, lateness, drops and stalls of a source" all \
	'out_has "^line-1  *running  *500  *-1.9 1.02 µs 1.90 ms  *0  *0/2 .*[▂▃▇]$"' \
	'out_has "^line-3  *running  *250  *-1.6 4.10 µs 1.90 ms  *[1-9][0-9]*  *0/1 "' \
	'out_has "^line-5  .*  1/3 "' 'out_has "^line-10 stopped  *-  *-0.7 "'
ok "top: the readers of the one that is chosen" out_has '^READER .* of line-1$'
keys Down Down Down Down
ok "top: R2.3 one that stalls is named" all 'wait_for shows "^READER .* of line-5$"' \
	'out_has "^ *5  stalled  *4005  *1,024  *1,024  *[0-9,]*  *1.50 s$"'
keys End
ok "top: End chooses the last one, which is scrolled to" all 'wait_for shows "of line-24$"' 'out_has "^line-24 "'
keys Up PPage Home
ok "top: Home the first one" all 'wait_for shows "of line-1$"' 'out_has "^line-1 "'
keys /
keys lINE-2
ok "top: what is typed filters at once, whatever the case" all 'wait_for shows "^only sources with: lINE-2_"' \
	'! out_has "^line-1 "' 'out_has "^line-24"'
keys 99
ok "top: says when nothing is left" wait_for shows '^no source has "lINE-299" in it'
keys BSpace BSpace Enter
ok "top: Enter keeps it" all 'wait_for shows "only \"lINE-2\""' 'out_has "^line-24"'
keys Escape
ok "top: Escape shows all again" wait_for shows '^line-1 '
keys r
ok "top: r turns the order" all 'wait_for shows "r reversed"' 'line 4 | grep -q "^line-24"'
keys r s s s
ok "top: s sorts by the next columns, the largest first" all 'wait_for shows "sort: rate"' \
	'line 4 | grep -q "^line-20 .* 1,000 "'
keys S S
ok "top: S by the ones before; what does not run comes first" all 'wait_for shows "sort: state"' \
	'line 4 | grep -q "^line-10 stopped"'
keys p
wait_for shows PAUSED
before=$(line 5)
sleep 0.6
screen
ok "top: p pauses" test "$(line 5)" = "$before"
keys p -
ok "top: and goes on, here less often" all 'wait_for shows "every 0.4 s"' '! out_has PAUSED'
keys + '?'
ok "top: ? explains keys and columns, at 80x24" all 'wait_for shows "^WORST *the latest tick of each interval"' \
	'out_has "▁ < 1  .* █ more$"' 'out_has "every 0.2 s"' 'fits 80 24'
keys x
ok "top: any key leaves that" wait_for shows '^NAME'

tm resize-window -t top -x 200 -y 50
ok "top: R3.6 follows to 200x50, with more columns and more past" all 'wait_for shows "^NAME .*OWNER .*MISSED"' \
	'wait_for shows "^line-24  *running  *hrtimer  *5 ms  *0  *4024  *200 "' 'fits 200 50' 'line 50 | grep -q "^q quit"'
tm resize-window -t top -x 40 -y 5
ok "top: to a small one" all 'wait_for shows "^fraktor"' 'fits 40 5'
tm resize-window -t top -x 20 -y 3
ok "top: says when it is too small" wait_for shows '^at least 40x5'
tm resize-window -t top -x 80 -y 24
ok "top: and comes back" all 'wait_for shows "^NAME .*WORST$"' 'fits 80 24'

keys C-z
ok "top: Ctrl-Z gives the terminal to the shell" all 'wait_for paused' \
	shell_has_terminal
kill -CONT "$(pid)"
ok "top: and takes it again" wait_for shows '^NAME'
keys C-c
ok "top: Ctrl-C ends it, and the terminal is as it was" restored 0
for signal in TERM HUP QUIT; do
	begin 80 24 A=1
	wait_for shows '^NAME'
	kill -$signal "$(pid)"
	ok "top: SIG$signal ends it, and the terminal is as it was" restored 0
done
for signal in SEGV ABRT; do
	begin 80 24 A=1
	wait_for shows '^NAME'
	kill -$signal "$(pid)"
	ok "top: so it is after a crash, by SIG$signal" restored $((128 + $(kill -l $signal)))
done
begin 80 24 ASAN_OPTIONS=detect_leaks=0
wait_for shows '^NAME'
top=$(pid)
tm kill-server
ok "top: ends with its terminal" wait_for sh -c "! kill -0 $top 2>/dev/null"
rm -f "$tap_dir/pid"
begin 80 24 A=1
wait_for shows '^NAME'
touch "$tap_dir/gone"
ok "top: says that the module was unloaded, on the terminal as it was" all 'restored 1' \
	'err_has "^fraktor: the kernel module was unloaded: modprobe fraktor"'
rm -f "$tap_dir/gone"

escape=$(printf '\033')
begin 80 24 SCRIPT_SOURCES=12 --sort=stalled
wait_for shows '^line-5 '
out=$(tm capture-pane -e -p -t top)
ok "top: --sort, and colours where there are some" all "out_has '${escape}\\[3[0-9]m'" 'line 4 | grep -q line-5'
# shellcheck disable=SC2016 # expanded by all()
ok "top: the chosen row is reversed, without colours but those of its past" all \
	'line 3 | grep -q "^${escape}\[[0-9;]*7m"' 'line 4 | grep -q "^line-5  *running  *166 "' \
	'line 4 | grep -q "${escape}\[0m${escape}\[3[0-9]m"'
begin 80 24 'NO_COLOR=1 SCRIPT_SOURCES=12' --reverse --filter=1
wait_for shows '^line-12 '
out=$(tm capture-pane -e -p -t top)
ok "top: NO_COLOR is respected; --reverse and --filter" all "! out_has '${escape}\\[3[0-8]m'" \
	'out_has "only \"1\""' 'out_has "reversed"'
begin 80 24 'LC_ALL=C SCRIPT_SOURCES=12'
wait_for shows '^line-5 .*[1-7]\{3\}'
ok "top: ASCII where the locale has no more" all 'out_has " us "' 'LC_ALL=C ascii'
begin 200 50 'SCRIPT_HOSTILE=1 SCRIPT_SOURCES=5'
wait_for shows '^?\[2J?]0;x?1??1m'
ok "top: what a terminal would obey is not printed" all 'out_has " ?\[31mred "' 'fits 200 50' \
	'! tm display -p -t top "#{pane_title}" | grep -q "^x"'
begin 80 24 SCRIPT_SOURCES=1000
ok "top: 1,000 sources" wait_for shows ' 1000 sources, '
keys End
ok "top: to the last of them" wait_for shows 'of line-1000$'
keys NPage PPage PPage Home
ok "top: and back" wait_for shows 'of line-1$'
keys q
ok "top: q ends it with 1,000 sources, too" restored 0
# none_runs: none of all that were begun.
none_runs() {
	local pid

	[ -s "$tap_dir/pids" ] || return 1
	while read -r pid; do
		! kill -0 "$pid" 2>/dev/null || return 1
	done <"$tap_dir/pids"
}
ok "top: none is left behind" wait_for none_runs

plan

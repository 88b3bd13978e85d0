#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Sources made, started and stopped by the tool, as root in a guest with the
# module: what it prints, who may, how it ends.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/guest.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/guest.sh"

json_has() { out_has "\"$1\":\"\\?$2\"\\?[,}]"; }
state_of() { "$FRAKTOR" list --json | grep -o "\"name\":\"$1\",[^}]*" | grep -o '"state":"[a-z]*"' | cut -d'"' -f4; }
is() { [ "$(state_of "$1")" = "$2" ]; }
gone() { [ -z "$(state_of "$1")" ]; }

# have NAME OPTION...: a source in the background, as $holder.
have() {
	have_name=$1
	shift
	"$FRAKTOR" create --name="$have_name" "$@" >"$tap_dir/holder" 2>"$tap_dir/holder.err" &
	holder=$!
}
# ended: how it ended, as after run.
ended() {
	status=0
	wait $holder || status=$?
	out=$(cat "$tap_dir/holder") err=$(cat "$tap_dir/holder.err")
}

echo "TAP version 13"

# --- create

run "$FRAKTOR" create --name=ticker --period=2ms --duration=1 --policy=skip --late=500us --drift=20000 --stall=200 \
	--flags=align,cpu-strict --phase=250us --clock=boottime --cpu=0
ok "create: R3.6 says what the module has made of it" all 'status_is 0' err_empty \
	'out_has "^ticker: running for "' 'out_has "^  source *[0-9]*, hrtimer on CPU 0, 1 reader, owner [0-9]*$"' \
	'out_has "^  period *2 ms (500 ticks/s), clock boottime, aligned + 250 [mu]s$"' \
	'out_has "^  policy *skip from 500 [mu]s late, drift budget 20000.0 ppm, stall 200 periods$"' 'out_has "^ *cpu-strict$"'
ok "create: R1.5 and at the end what it did" \
	out_has '^ticker: [1-9][0-9]* ticks in .* s, drift .* ppm, late .* on average and .* at most, [0-9,]* missed$'
ok "create: and it is gone" gone ticker
run "$FRAKTOR" create --name=ticker --period=5ms --duration=0.5 --json
keep "$tap_dir/out" create.json
ok "create --json: two objects, those of stat" all 'status_is 0' 'out_lines 2' 'json_has name ticker' \
	'json_has period_ns 5000000' 'json_has state running' 'out_has "\"ticks\":[1-9]"'
run "$FRAKTOR" create --period=10ms --duration=0.2
ok "create: the module has a name where there is none" all 'status_is 0' 'out_has "^tick[0-9]*: "'

have ticker --period=1ms
ok "create: until Ctrl-C" wait_for 30 is ticker running
run "$FRAKTOR" create --name=ticker --period=1ms
ok "create: a name that is taken is refused in words" all 'status_is 1' out_empty \
	'err_has "^fraktor: cannot make the source ticker: there is one of that name"'
sleep 1
run "$FRAKTOR" readers
ok "create: R2.3 it is no stalled reader" all 'status_is 0' 'out_has " ticker *reads, owner "' '! out_has stalled'
run "$FRAKTOR" record "$tap_dir/run.rec" ticker --duration=0.5
ok "create: others read it by its name" all 'status_is 0' 'err_has "^fraktor: [1-9][0-9,]* ticks and "'
kill -INT $holder
ended
ok "create: Ctrl-C ends it with what it did" all 'status_is 0' err_empty 'out_has "^ticker: [1-9][0-9,]* ticks in "'

run "$FRAKTOR" create --name=ticker --period=1ns
ok "create: a period that cannot be names the limits" all 'status_is 1' out_empty \
	'err_has "^fraktor: a period of 1 ns is out of limits: [0-9.]* [mu]s to 3600 s$"'
escape=$(printf '\033')
for bad in 'a b' "${escape}[2Jx" 01234567890123456789012345678901 'x"y' ä; do
	run "$FRAKTOR" create --name="$bad" --period=1ms
	ok "create: no source can be called $(printf %s "$bad" | tr -d "$escape")" all 'status_is 1' out_empty \
		'err_has "^fraktor: no source can have the name "' "! err_has '$escape'"
done
for bad in --phase=1us '--flags=align --phase=10ms' --lead=6ms '--lead=1ms --accuracy=1ms' --accuracy=6ms --slots=1000 --slots=2 --cpu=9999; do
	# shellcheck disable=SC2086 # words on purpose
	run "$FRAKTOR" create --name=ticker --period=10ms $bad
	ok "create: $bad is refused in words" all 'status_is 1' out_empty 'err_has "^fraktor: .* "' '! err_has "Invalid argument"'
done
chmod 600 /dev/fraktor
run su nobody -c "'$FRAKTOR' create --period=1ms"
ok "create: no permission names the group" all 'status_is 1' out_empty 'err_has "^fraktor: no permission .* group \"fraktor\"$"'
chmod 666 /dev/fraktor
run su nobody -c "'$FRAKTOR' create --period=10us"
ok "create: a short period names the capability and the limit" all 'status_is 1' out_empty \
	'err_has "a period of 10 [mu]s needs CAP_SYS_RESOURCE; without it the limit is [0-9]* [mu]s"'
run su nobody -c "'$FRAKTOR' create --period=10ms --duration=0.2"
ok "create: works for everyone who may open the device" all 'status_is 0' 'out_has "^tick"'

# --- create, with a command

run "$FRAKTOR" create --name=ticker --period=1ms -- sh -c "'$FRAKTOR' list --names; sleep 0.3; exit 7"
ok "create COMMAND: its output is its own, its exit status is told" all 'status_is 7' 'out_lines 1' 'out_has "^ticker$"' \
	'err_has "^ticker: running"' 'err_has "^ticker: [1-9][0-9,]* ticks in "'
# shellcheck disable=SC2016 # for the inner shell
run "$FRAKTOR" create --name=ticker --period=1ms -- sh -c 'kill -TERM $$'
ok "create COMMAND: so is a signal that killed it" status_is 143
run "$FRAKTOR" create --name=ticker --period=1ms -- /nonexistent
ok "create COMMAND: so is that there is none" all 'status_is 127' 'err_has "^fraktor: cannot run /nonexistent: No such file"'
run "$FRAKTOR" create --name=ticker --period=1ms -- /etc
ok "create COMMAND: or that it cannot be run" all 'status_is 126' 'err_has "^fraktor: cannot run /etc: Permission denied"'
run "$FRAKTOR" create --name=ticker --period=1ms -- echo --duration=5
ok "create COMMAND: its options are its own" all 'status_is 0' 'out_has "^--duration=5$"'
have ticker --period=1ms -- sleep 300
wait_for 30 is ticker running
kill -TERM $holder
ended
ok "create COMMAND: SIGTERM is passed on" all 'status_is 143' 'wait_for 10 gone ticker'
have ticker --period=1ms -- sh -c 'sleep 2; exit 3'
wait_for 30 is ticker running
run "$FRAKTOR" stop ticker
ended
ok "create COMMAND: runs on when the source is stopped" all 'status_is 3' 'err_has "^ticker: .* ticks in "'

# --- start and stop

have ticker --period=1ms --stopped
ok "create --stopped: does not tick" wait_for 30 is ticker stopped
run "$FRAKTOR" stop ticker
ok "stop: of what does not tick is refused" all 'status_is 1' out_empty \
	'err_has "^fraktor: \"ticker\" cannot be stopped: the source does not tick$"'
"$FRAKTOR" monitor --json --until=stopped --timeout=300 >"$tap_dir/events" &
events=$!
listening() { [ "$(awk '$2 == 16 && $4 !~ /^0*$/' /proc/net/netlink | wc -l)" -ge 1 ]; }
wait_for 30 listening
run unshare -U "$FRAKTOR" start ticker
ok "start: needs CAP_NET_ADMIN and says so" all 'status_is 1' out_empty \
	'err_has "^fraktor: \"ticker\" cannot be started: .* needs CAP_NET_ADMIN$"' 'is ticker stopped'
run "$FRAKTOR" start ticker
ok "start: R2.3 says what it is and was" all 'status_is 0' err_empty 'out_has "^ticker: running; it was stopped$"' 'is ticker running'
run "$FRAKTOR" start ticker
ok "start: of what ticks is refused" all 'status_is 1' out_empty \
	'err_has "^fraktor: \"ticker\" cannot be started: the source ticks already$"'
for command in start stop; do
	run "$FRAKTOR" $command nobody
	ok "$command: an unknown source names those there are" all 'status_is 1' out_empty \
		'err_has "no source \"nobody\"; there is ticker$"'
	run "$FRAKTOR" $command ''
	ok "$command: so does an empty name" all 'status_is 1' 'err_has "there is no source \"\""'
done
run unshare -U "$FRAKTOR" stop ticker
ok "stop: needs CAP_NET_ADMIN and says so" all 'status_is 1' out_empty 'err_has "needs CAP_NET_ADMIN$"' 'is ticker running'
run "$FRAKTOR" stop --json ticker
keep "$tap_dir/out" stop.json
ok "stop --json: R2.3 says what it is and was" all 'status_is 0' err_empty 'out_lines 1' 'json_has name ticker' \
	'out_has "\"before\":{\"state\":\"running\",\"reason\":\"none\"}"' \
	'out_has "\"after\":{\"state\":\"\(stopped\",\"reason\":\"admin\|gone\",\"reason\":\"unknown\)\"}}$"'
run wait $events
out=$(cat "$tap_dir/events")
ok "stop: R2.3 the event tells who asked" all 'status_is 0' 'out_has "\"event\":\"stopped\".*\"reason\":\"admin\""'
ended
ok "create: ends when the source is stopped, and well" all 'status_is 0' err_empty 'out_has "^ticker: [0-9][0-9,]* ticks in "'

have ticker --period=1ms --stopped
wait_for 30 is ticker stopped
run "$FRAKTOR" start --json ticker
keep "$tap_dir/out" start.json
ok "start --json: R2.3 likewise" all 'status_is 0' err_empty 'out_lines 1' \
	'out_has "\"before\":{\"state\":\"stopped\",\"reason\":\"none\"},\"after\":{\"state\":\"running\","'
"$FRAKTOR" stop ticker >/dev/null
ended

# A program of the library: its stop policy decides, by default it shuts down.
start_source
run "$FRAKTOR" stop "$name"
ok "stop: R2.3 a program is told" all 'status_is 0' "out_has '^$name: .*; it was running$'"
run wait $program
out=$(cat "$tap_dir/program")
ok "stop: R2.3 and ends, as its policy has it" all "wait_for 30 gone '$name'" '! status_is 0' \
	'out_has "an administrator stopped it"'

# --- versions

run "$FRAKTOR" version
ok "version: R3.6 program, library, module and ABI fit" all 'status_is 0' err_empty \
	'out_has "^module   [0-9]*\.[0-9]*\.[0-9]*$"' 'out_has "^ABI      [1-9][0-9]*$"'
run "$FRAKTOR" version --json
keep "$tap_dir/out" version.json
ok "version --json: R3.6 so says the JSON" all 'status_is 0' 'out_lines 1' 'json_has loaded true' 'json_has abi_module 1' 'json_has fits true'
chmod 600 /dev/fraktor
run su nobody -c "'$FRAKTOR' version"
ok "version: the ABI needs the group, and it says so" all 'status_is 0' err_empty \
	'out_has "^ABI      unknown: /dev/fraktor is for the group"'
chmod 666 /dev/fraktor
echo 9.8.7 >"$tap_dir/version"
mount -o bind "$tap_dir/version" /sys/module/fraktor/version
run "$FRAKTOR" version
ok "version: R3.6 a module of another release is told apart" all 'status_is 1' 'out_has "^module   9.8.7$"' \
	'err_has "^fraktor: the module is 9.8.7 and this program .*: install both of one release"'
umount /sys/module/fraktor/version

# --- the manual's examples

cd "$tap_dir" || exit 1
name=ticker
for command in start stop; do
	examples fraktor-$command >"$tap_dir/list"
	ok "man fraktor-$command: has examples" [ -s "$tap_dir/list" ]
	while IFS= read -r example <&3; do
		wait_for 30 gone ticker
		if [ $command = start ]; then
			have ticker --period=1ms --stopped 3<&-
			wait_for 30 is ticker stopped
		else
			have ticker --period=1ms 3<&-
			wait_for 30 is ticker running
		fi
		run_example "$example"
		ok "man fraktor-$command: $example" status_is 0
		kill $holder 2>/dev/null
		wait $holder
	done 3<"$tap_dir/list"
done
run_examples fraktor-create
run_examples fraktor-version

plan

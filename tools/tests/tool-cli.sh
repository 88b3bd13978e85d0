#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tool where there is no module: help, misuse, and what it says then.
# vm-tool.sh has what needs the module.  'tool-cli.sh [PROGRAM]' takes the
# built tool by default.
set -u
[ $# -eq 0 ] || FRAKTOR=$1
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

crashed_not() { [ "$status" -lt 128 ]; }

missing='^fraktor: the kernel module is not loaded: modprobe fraktor'

echo "TAP version 13"

run "$FRAKTOR" --help
ok "tool: --help lists the commands" all 'status_is 0' err_empty \
	'out_has "^  stat  "' 'out_has "^  readers  "' 'out_has "^  monitor  "' 'out_has "^  set  "'
run "$FRAKTOR" --version
ok "tool: --version" all 'status_is 0' 'out_has "^fraktor [0-9]*\.[0-9]*\.[0-9]*$"'
run "$FRAKTOR"
ok "tool: no command is misuse" all 'status_is 2' out_empty \
	'err_has "^fraktor: a command is needed"' 'err_has "fraktor --help"'
run "$FRAKTOR" sata
ok "tool: an unknown command is named, and those there are" all 'status_is 2' \
	out_empty 'err_has "\"sata\"; there are: stat, readers, monitor, set"'
run "$FRAKTOR" --bogus
ok "tool: an unknown option is misuse" all 'status_is 2' 'err_has bogus'

for command in stat readers monitor; do
	run "$FRAKTOR" $command --help
	ok "$command: --help" all 'status_is 0' err_empty \
		"out_has '^Usage: fraktor $command'" 'out_has "--json"'
	run "$FRAKTOR" $command --bogus
	ok "$command: an unknown option is misuse" all 'status_is 2' out_empty \
		"err_has '^fraktor $command: .*--bogus'"
done

for option in --watch=0 --watch=x --watch=-1 --watch=1e9 --watch=nan --count=0 --count=-1 --count=x --count=2x; do
	run "$FRAKTOR" stat $option
	ok "stat: $option is misuse" all 'status_is 2' out_empty "err_has '$option'"
done
run "$FRAKTOR" stat one two
ok "stat: two names are misuse" all 'status_is 2' 'err_has "\"two\""'
run "$FRAKTOR" monitor --until=exploded
ok "monitor: an unknown event is misuse and the events are named" all 'status_is 2' \
	'err_has "exploded: the events are started, stopped, .*, reader-resumed and owner-died"'
run "$FRAKTOR" monitor --timeout=0
ok "monitor: --timeout=0 is misuse" all 'status_is 2' 'err_has "--timeout=0"'
run "$FRAKTOR" monitor something
ok "monitor: an argument is misuse" all 'status_is 2' 'err_has something'
run "$FRAKTOR" readers something
ok "readers: an argument is misuse" all 'status_is 2' 'err_has something'

run "$FRAKTOR" set --help
ok "set: --help names the keys" all 'status_is 0' err_empty \
	'out_has "^Usage: fraktor set .*NAME KEY=VALUE"' 'out_has "period, phase, late, drift,"'
run "$FRAKTOR" set --bogus
ok "set: an unknown option is misuse" all 'status_is 2' out_empty 'err_has "^fraktor set: .*--bogus"'
for arguments in '' name; do
	# shellcheck disable=SC2086 # words on purpose
	run "$FRAKTOR" set $arguments
	ok "set $arguments: something is missing" all 'status_is 2' 'err_has "a NAME and at least one KEY=VALUE"'
done
for pair in period period= period=1m period=-1ms period=1e3 late=x drift=1% drift=1000001 \
	missed=never stall=-1 stall=4294967296 flags= "flags=align," flags=align,up flags=unknown; do
	run "$FRAKTOR" set name "$pair"
	ok "set: $pair is misuse" all 'status_is 2' out_empty "err_has '$pair: .* needed'"
done
run "$FRAKTOR" set name speed=1
ok "set: an unknown key is misuse and the keys are named" all 'status_is 2' \
	'err_has "\"speed=1\": the keys are period, "'
run "$FRAKTOR" set name late=1ms late=2ms
ok "set: a key that is there twice is misuse" all 'status_is 2' 'err_has "late is there twice"'

if [ -d /sys/module/fraktor ]; then
	skip "tool: without the module" "it is loaded here"
else
	for command in stat 'stat name' 'stat --json' 'stat --watch' monitor 'monitor --json' \
		readers 'readers --json' 'set name period=2.5ms flags=align,cpu-strict missed=skip late=0'; do
		# shellcheck disable=SC2086 # words on purpose
		run "$FRAKTOR" $command
		ok "$command: says that the module is not loaded" all 'status_is 1' \
			out_empty "err_has '$missing'"
	done
	run sh -c "'$FRAKTOR' stat >&-"
	ok "stat: a closed standard output does no harm" all 'status_is 1' "err_has '$missing'"
	run sh -c "'$FRAKTOR' stat 2>&-"
	ok "stat: a closed standard error does no harm" all 'status_is 1' out_empty err_empty
fi
run sh -c "'$FRAKTOR' --help | true; exit 0"
ok "tool: a pipe that nobody reads is no complaint" all 'status_is 0' err_empty
if [ -c /dev/full ]; then
	run sh -c "'$FRAKTOR' --version >/dev/full"
	ok "tool: a full disk does no harm to --version" crashed_not
fi

plan

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
	'out_has "^  list  "' 'out_has "^  stat  "' 'out_has "^  top  "' 'out_has "^  readers  "' 'out_has "^  monitor  "' 'out_has "^  create  "' \
	'out_has "^  start  "' 'out_has "^  stop  "' 'out_has "^  version  "' 'out_has "^  set  "' 'out_has "^  doctor  "' \
	'out_has "^  latency  "'
run "$FRAKTOR" --version
ok "tool: --version" all 'status_is 0' 'out_has "^fraktor [0-9]*\.[0-9]*\.[0-9]*$"'
run "$FRAKTOR"
ok "tool: no command is misuse" all 'status_is 2' out_empty \
	'err_has "^fraktor: a command is needed"' 'err_has "fraktor --help"'
run "$FRAKTOR" sata
ok "tool: an unknown command is named, and those there are" all 'status_is 2' \
	out_empty 'err_has "\"sata\"; there are: list, stat, top, readers, monitor, create, start, stop, set, doctor, latency, export, record, replay, plot, trace, completion, version"'
run "$FRAKTOR" --bogus
ok "tool: an unknown option is misuse" all 'status_is 2' 'err_has bogus'

for command in list stat readers monitor; do
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
run "$FRAKTOR" top --help
ok "top: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor top"' 'out_has "--sort=COLUMN"'
run "$FRAKTOR" top --sort=speed
ok "top: an unknown column is misuse and the columns are named" all 'status_is 2' out_empty \
	'err_has "speed: the columns are name, state, .*, owner and worst"'
for option in --interval=0 --interval=x --filter=0123456789012345678901234567890123 --bogus something; do
	run "$FRAKTOR" top $option
	ok "top: $option is misuse" all 'status_is 2' out_empty "err_has '${option%%=*}'"
done
run "$FRAKTOR" list something
ok "list: an argument is misuse" all 'status_is 2' 'err_has something'
run "$FRAKTOR" list --json --names
ok "list: --json and --names exclude each other" all 'status_is 2' 'err_has "exclude each other"'
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

for command in start stop; do
	run "$FRAKTOR" $command --help
	ok "$command: --help" all 'status_is 0' err_empty "out_has '^Usage: fraktor $command .*NAME'" 'out_has "--json"'
	run "$FRAKTOR" $command
	ok "$command: no name is misuse" all 'status_is 2' out_empty 'err_has "a NAME is needed"'
	run "$FRAKTOR" $command one two
	ok "$command: two names are misuse" all 'status_is 2' 'err_has "\"two\""'
	run "$FRAKTOR" $command --bogus
	ok "$command: an unknown option is misuse" all 'status_is 2' out_empty "err_has '^fraktor $command: .*--bogus'"
done

run "$FRAKTOR" create --help
ok "create: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor create .*\[-- COMMAND"' 'out_has "--period=TIME"'
run "$FRAKTOR" create
ok "create: no period is misuse" all 'status_is 2' out_empty 'err_has "a period is needed"'
for option in --period=1m --policy=never --flags=up --phase=x --late=x --drift=x --stall=-1 --lead=x --accuracy=x \
	--clock=realtime --cpu=x --cpu=-1 --slots=x --slots=4294967296 --duration=0; do
	run "$FRAKTOR" create --period=1ms $option
	ok "create: $option is misuse" all 'status_is 2' out_empty "err_has '$option: .* needed'"
done
run "$FRAKTOR" create --period=1ms ticker
ok "create: a bare name is misuse, and it says how to give one" all 'status_is 2' out_empty \
	'err_has "\"ticker\": a name is given as --name=NAME, a COMMAND behind --"'
run "$FRAKTOR" create --period=1ms ticker -- true
ok "create: so is one before a COMMAND, which is not what is run" all 'status_is 2' out_empty 'err_has "\"ticker\": a name is given as"'
run "$FRAKTOR" create --period=1ms sleep --bogus 5
ok "create: a COMMAND without -- is told before its options are looked at" all 'status_is 2' out_empty \
	'err_has "\"sleep\": .* a COMMAND behind --"'
run "$FRAKTOR" create true --period=1ms
ok "create: options stand before the COMMAND" all 'status_is 2' out_empty 'err_has "\"true\": .* a COMMAND behind --"'
run "$FRAKTOR" create -- true --period=1ms
ok "create: what stands behind -- is no option of create" all 'status_is 2' out_empty 'err_has "a period is needed"'
run "$FRAKTOR" create --period=1ms --
ok "create: nothing behind -- is misuse" all 'status_is 2' out_empty 'err_has "a COMMAND is needed behind --"'
run "$FRAKTOR" create --period=1ms -- ''
ok "create: so is an empty COMMAND" all 'status_is 2' out_empty 'err_has "a COMMAND is needed behind --"'
run "$FRAKTOR" create --period=1ms --duration=1 -- true
ok "create: --duration and a COMMAND exclude each other" all 'status_is 2' out_empty 'err_has "exclude each other"'

run "$FRAKTOR" version something
ok "version: an argument is misuse" all 'status_is 2' 'err_has something'

run "$FRAKTOR" export --help
ok "export: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor export "' 'out_has "--listen=ADDRESS:PORT"'
run "$FRAKTOR" export
ok "export: no format is misuse" all 'status_is 2' out_empty 'err_has "a format is needed: --prometheus"'
for where in 9123 127.0.0.1 127.0.0.1: ::1:9123 '[::1]'; do
	run "$FRAKTOR" export --prometheus --listen="$where"
	ok "export: --listen=$where is misuse" all 'status_is 2' out_empty 'err_has "ADDRESS:PORT is needed"'
done
run "$FRAKTOR" export --prometheus something
ok "export: an argument is misuse" all 'status_is 2' 'err_has something'

run "$FRAKTOR" record --help
ok "record: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor record .*FILE \[NAME\]"' 'out_has "--duration=SECONDS"'
run "$FRAKTOR" record
ok "record: no file is misuse" all 'status_is 2' out_empty 'err_has "a FILE is needed"'
run "$FRAKTOR" record one two three
ok "record: two names are misuse" all 'status_is 2' 'err_has "\"three\""'
for duration in 0 x -1 nan; do
	run "$FRAKTOR" record "$tap_dir/run.rec" --duration=$duration
	ok "record: --duration=$duration is misuse" all 'status_is 2' "err_has '--duration=$duration'"
done
run "$FRAKTOR" trace --help
ok "trace: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor trace .*\[NAME\.\.\.\]"' \
	'out_has "-c, -p, --chrome=FILE, --perfetto=FILE"'
run "$FRAKTOR" trace --duration=0
ok "trace: --duration=0 is misuse" all 'status_is 2' out_empty 'err_has "--duration=0"'
run "$FRAKTOR" replay --help
ok "replay: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor replay .*FILE"' 'out_has "--report"'
run "$FRAKTOR" replay
ok "replay: no file is misuse" all 'status_is 2' out_empty 'err_has "a FILE is needed"'
run "$FRAKTOR" replay one two
ok "replay: two files are misuse" all 'status_is 2' 'err_has "\"two\""'
run "$FRAKTOR" replay "$tap_dir/none.rec"
ok "replay: a file that is not there is named" all 'status_is 1' out_empty \
	'err_has "^fraktor: .*/none.rec cannot be opened: No such file"'
run "$FRAKTOR" replay "$0" --report
ok "replay: a file that is no recording is told apart" all 'status_is 1' out_empty \
	'err_has "tool-cli.sh cannot be replayed: it is no recording of \"fraktor record\"$"'
run "$FRAKTOR" replay /dev/null
ok "replay: so is an empty one" all 'status_is 1' out_empty 'err_has "it is no recording"'
run "$FRAKTOR" replay "$tap_dir"
ok "replay: and a directory" all 'status_is 1' out_empty 'err_has "Is a directory"'

if [ -d /sys/module/fraktor ]; then
	skip "tool: without the module" "it is loaded here"
else
	for command in list 'list --json' 'list --names' top stat 'stat name' 'stat --json' 'stat --watch' monitor 'monitor --json' \
		readers 'readers --json' 'start name' 'stop --json name' 'create --period=1ms' 'create --period=1ms -- true' \
		'export --prometheus' "record $tap_dir/run.rec" trace 'set name period=2.5ms flags=align,cpu-strict missed=skip late=0'; do
		# shellcheck disable=SC2086 # words on purpose
		run "$FRAKTOR" $command
		ok "$command: says that the module is not loaded" all 'status_is 1' \
			out_empty "err_has '$missing'"
	done
	run "$FRAKTOR" version
	ok "version: R3.6 works without the module, and says so" all 'status_is 0' err_empty \
		'out_has "^module   not loaded: modprobe fraktor$"' 'out_has "^program  [0-9.]*, for ABI [1-9]"'
	run "$FRAKTOR" version --json
	ok "version --json: R3.6 so does the JSON" all 'status_is 0' err_empty 'out_lines 1' \
		'out_has "\"loaded\":false,\"module\":\"\","' 'out_has "\"fits\":true}$"'
	ok "version: loads no module" [ ! -d /sys/module/fraktor ]
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

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A thousand sources in the module, looked at by each command that shows all of
# them; and what the commands that go on do when nobody reads them any more.
# As root in a guest, with a module that lets so many be.
set -u
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"
# shellcheck source=tools/tests/guest.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/guest.sh"

many=1000
names_are() { [ "$("$FRAKTOR" list --names | wc -l)" -eq "$1" ]; }
count() { printf '%s\n' "$out" | grep -c "$1"; }
counts() { [ "$(count "$1")" -eq "$2" ]; }

echo "TAP version 13"

echo 1100 >/sys/module/fraktor/parameters/max_sources
"$tree/build/selftests/many" $many 1000 >"$tap_dir/many" 2>&1 &
program=$!
ok "many: $many sources" wait_for 120 grep -q '^ready$' "$tap_dir/many"

run "$FRAKTOR" list
ok "list: all of them, in the order of their making" all 'status_is 0' "out_lines $((many + 1))" \
	"counts '^many-[0-9]* *running *hrtimer ' $many"
run "$FRAKTOR" list --names
ok "list --names: each once" all 'status_is 0' "[ \"\$(sort -u '$tap_dir/out' | wc -l)\" -eq $many ]"
run "$FRAKTOR" stat
ok "stat: all of them" all 'status_is 0' "out_lines $((many + 1))" "counts '^many-[0-9]* *running ' $many"
run "$FRAKTOR" stat --json
ok "stat --json: all of them, on a line" all 'status_is 0' 'out_lines 1' \
	"[ \"\$(grep -o '\"name\":\"many-' '$tap_dir/out' | wc -l)\" -eq $many ]"
run "$FRAKTOR" stat many-777
ok "stat NAME: one of them" all 'status_is 0' 'out_has "^many-777: running"'
run "$FRAKTOR" stat --watch=0.5 --count=2
ok "stat --watch: all of them, twice" all 'status_is 0' "counts ' many-[0-9]* running' $((2 * many))"
run "$FRAKTOR" readers
ok "readers: all of them" all 'status_is 0' "counts ' many-[0-9]* ' $many"
run "$FRAKTOR" export --prometheus
ok "export: all of them" all 'status_is 0' "counts '^fraktor_source_info{' $many"
run "$FRAKTOR" stop many-500
ok "stop: one of them" all 'status_is 0' 'out_has "^many-500: stopped (admin); it was running$"'
run "$FRAKTOR" start many-500
ok "start: the same" all 'status_is 0' 'out_has "^many-500: running; it was stopped (admin)$"'
run "$FRAKTOR" set many-1 late=1ms
ok "set: one of them" all 'status_is 0' out_empty err_empty
run "$FRAKTOR" stat nobody
ok "stat NAME: not all are named where one is missing" all 'status_is 1' 'err_has "there are many-.* and 988 more$"'

# Whoever goes on ends when nobody reads, with and without SIGPIPE.
for command in 'stat --watch=0.2' 'stat --json --watch=0.2' monitor 'monitor --json' 'create --period=100ms' \
	'create --period=100ms --json' 'record -' trace; do
	[ "$command" = 'record -' ] && command='record - many-2'
	for ignored in '' PIPE; do
		# What happens meanwhile gives monitor and trace something to say.
		(
			while :; do
				"$FRAKTOR" stop many-3
				"$FRAKTOR" start many-3
				sleep 0.2
			done >/dev/null 2>&1
		) &
		noise=$!
		run sh -c "${ignored:+trap '' PIPE}
			{ timeout 60 '$FRAKTOR' $command 2>'$tap_dir/pipe'; echo \$? >'$tap_dir/ended'; } | head -c 1 | wc -c"
		kill $noise
		wait $noise 2>/dev/null
		err=$(cat "$tap_dir/pipe") status=$(cat "$tap_dir/ended")
		ok "closed pipe: $command ends${ignored:+ where SIGPIPE is ignored}" all 'out_has "^1$"' err_empty \
			'! status_is 124' '! status_is 139'
	done
done

kill $program
wait $program 2>/dev/null
ok "many: they go with their program" wait_for 60 names_are 0

plan

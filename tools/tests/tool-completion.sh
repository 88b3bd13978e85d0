#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What bash and zsh complete, asked of these shells: every command and option
# that --help has and no other, values, and names of sources.  The sources are
# those of a script (scripted_netlink.c); SCRIPTED names that program.
set -u
[ $# -eq 0 ] || FRAKTOR=$1
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
FRAKTOR=$(readlink -f -- "$FRAKTOR")
SCRIPTED=$(readlink -f -- "${SCRIPTED:-$tree/build/tests/fraktor}")
mkdir "$tap_dir/bin"
ln -s "$SCRIPTED" "$tap_dir/bin/fraktor"
touch "$tap_dir/some.rec"
PATH=$tap_dir/bin:$PATH
cd "$tap_dir" || exit 1

# Names that a shell would obey, and no kernel lets pass.
mkdir "$tap_dir/hostile"
cat >"$tap_dir/hostile/fraktor" <<'END'
#!/bin/sh
cat <<'NAMES'
$(touch $HOME/obeyed)
`touch $HOME/obeyed`
x*
~
it's
NAMES
END
chmod 755 "$tap_dir/hostile/fraktor"
touch "$tap_dir/xfile"
export HOME=$tap_dir

# complete SHELL LINE...: the candidates of each line in $tap_dir/N, from 1 on.
complete() {
	local shell=$1 n=1
	shift
	rm -f "$tap_dir"/[0-9]*
	run "$shell" "$tree/tools/tests/complete.$shell" "$tap_dir/fraktor.$shell" "$@"
	while IFS= read -r line; do
		if [[ $line ]]; then
			# A "-?" is quoted where it would be a pattern.
			printf '%s\n' "${line//\\/}" >>"$tap_dir/$n"
		else
			touch "$tap_dir/$n"
			n=$((n + 1))
		fi
	done <"$tap_dir/out"
	[ "$status" -eq 0 ] && [ "$n" -gt $# ]
}
# offers N WORD...: these are among the candidates; "=" at an end does not count.
offers() {
	local n=$1 word
	shift
	out=$(cat "$tap_dir/$n")
	for word; do
		sed 's/=$//' "$tap_dir/$n" | grep -qxF -e "$word" || return 1
	done
}
offers_only() {
	offers "$@" && [ "$(sort -u "$tap_dir/$1" | wc -l)" -eq $(($# - 1)) ]
}
offers_nothing() { [ -e "$tap_dir/$1" ] && [ ! -s "$tap_dir/$1" ]; }
# same_options N FILE: the long ones are those of the file, both ways.
same_options() {
	err=$(diff -u "$2" <(sed 's/=$//' "$tap_dir/$1" | grep '^--' | sort -u))
}

echo "TAP version 13"

run "$FRAKTOR" --help
mapfile -t commands < <(sed -n 's/^  \([a-z][a-z]*\) .*/\1/p' "$tap_dir/out")
ok "completion: there are commands to complete" [ "${#commands[@]}" -ge 17 ]
lines=('fraktor ')
for command in "${commands[@]}"; do
	lines+=("fraktor $command -")
	run "$FRAKTOR" "$command" --help
	grep -E '^ {2,6}-' "$tap_dir/out" | grep -oE -e '--[a-z-]+' | sort -u >"$tap_dir/options.$command"
done

for shell in bash zsh; do
	if ! command -v $shell >/dev/null; then
		echo "Bail out! $shell is missing: scripts/setup --for check installs it"
		exit 1
	fi
	run "$FRAKTOR" completion $shell
	printf '%s\n' "$out" >"$tap_dir/fraktor.$shell"
	ok "completion $shell: prints what is installed" all 'status_is 0' err_empty \
		"cmp -s '$tap_dir/fraktor.$shell' '$tree/tools/completion/fraktor.$shell'"
	ok "completion $shell: answers" complete $shell "${lines[@]}"
	ok "completion $shell: every command" offers 1 "${commands[@]}"
	n=1
	for command in "${commands[@]}"; do
		n=$((n + 1))
		ok "completion $shell: $command: the options of --help and no other" \
			same_options $n "$tap_dir/options.$command"
	done

	ok "completion $shell: answers again" complete $shell \
		'fraktor st' 'fraktor stop ' 'fraktor start line-' 'fraktor stat ' 'fraktor set ' \
		'fraktor set line-1 ' 'fraktor set line-1 missed=' 'fraktor set line-1 flags=d' \
		'fraktor monitor --until=sto' 'fraktor top --sort=p' 'fraktor create --policy=' 'fraktor create --clock=' \
		'fraktor create --period=' 'fraktor create --period=1ms -- zpt-no-such' 'fraktor record som' \
		'fraktor record some.rec ' 'fraktor replay som' 'fraktor trace ' 'fraktor completion ' 'fraktor doctor module-l' \
		'fraktor latency --path=time' 'fraktor nonsense '
	ok "completion $shell: the end of a command" offers_only 1 stat start stop
	ok "completion $shell: names of sources" all 'offers_only 2 line-1 line-2 line-3' 'offers_only 3 line-1 line-2 line-3' \
		'offers 4 line-1 line-2 line-3' 'offers 5 line-1 line-2 line-3' 'offers 18 line-1 line-2 line-3'
	ok "completion $shell: keys and values of set" all \
		'offers_only 6 period phase late drift missed stall lead accuracy flags' 'offers_only 7 delay skip burst' \
		'offers 8 drift-stops'
	ok "completion $shell: values of options" all 'offers_only 9 stopped' 'offers_only 10 period' \
		'offers_only 11 delay skip burst' 'offers_only 12 monotonic boottime tai' 'offers 21 timerfd'
	ok "completion $shell: nothing where it can know nothing" all 'offers_nothing 13' 'offers_nothing 14' 'offers_nothing 22'
	ok "completion $shell: files, and a source behind them" all 'offers 15 some.rec' \
		'offers 16 line-1 line-2 line-3' 'offers 17 some.rec'
	ok "completion $shell: the shells, the checks" all 'offers_only 19 bash zsh' 'offers_only 20 module-loaded module-line'
	PATH=$tap_dir/hostile:$PATH complete $shell 'fraktor stop ' 'fraktor stop x' 'fraktor set ' 'fraktor doctor ' 'fraktor stop $'
	ok "completion $shell: a name is only a name" all \
		"offers_only 1 '\$(touch \$HOME/obeyed)' '\`touch \$HOME/obeyed\`' 'x*' '~' \"it's\"" "offers_only 2 'x*'" \
		"offers 3 '\$(touch \$HOME/obeyed)'" "offers 4 '\$(touch'" '[ ! -e obeyed ]'
	SCRIPT_GONE=$tap_dir/some.rec complete $shell 'fraktor stop ' 'fraktor stop -'
	ok "completion $shell: no module is no noise" all 'offers_nothing 1' 'offers 2 --json' err_empty
done

run "$FRAKTOR" completion
ok "completion: no shell is misuse" all 'status_is 2' out_empty 'err_has "a shell is needed: bash or zsh"'
run "$FRAKTOR" completion fish
ok "completion: an unknown shell is misuse" all 'status_is 2' out_empty 'err_has "\"fish\": the shells are bash and zsh"'

# The words of the shells' tables are those of the library.
for shell in bash zsh; do
	run "$FRAKTOR" monitor --until=none-such
	for event in $(printf '%s\n' "$err" | sed -n 's/.*the events are //p' | tr -d ,); do
		[ "$event" = and ] || grep -qw -e "$event" "$tap_dir/fraktor.$shell" || echo "$event"
	done >"$tap_dir/missing"
	ok "completion $shell: knows every event" [ ! -s "$tap_dir/missing" ]
done

# The manual's examples, as bash and with the program in the path.
ln -sf "$FRAKTOR" "$tap_dir/bin/fraktor"
examples "$tree/Documentation/man/fraktor-completion.1" >"$tap_dir/examples"
ok "man fraktor-completion: has examples" [ -s "$tap_dir/examples" ]
while IFS= read -r example; do
	run bash -c "$example"
	ok "man fraktor-completion: $example" all 'status_is 0' err_empty
done <"$tap_dir/examples"
ok "man fraktor-completion: the file is the one that is installed" \
	cmp "$tap_dir/_fraktor" "$tree/tools/completion/fraktor.zsh"

plan

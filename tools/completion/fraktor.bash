# SPDX-License-Identifier: MIT
#
# Completion of fraktor for bash: commands, options, names of sources.  Asks
# the program itself for the names, so it is silent without the module.
# "fraktor completion bash" prints this file.
# shellcheck shell=bash

_fraktor_sources()
{
	fraktor list --names 2>/dev/null
}

_fraktor_checks()
{
	fraktor doctor --list 2>/dev/null | cut -d' ' -f1
}

# Options when one was begun, else the lines that the command given prints.
_fraktor_or()
{
	if [[ $current != -* ]]; then
		words=''
		mapfile -t names < <("$@")
	fi
}

# The candidates that go on with what stands there.  "compgen -W" would expand
# them, and a name may be anything; what is not a plain word gets quoted.
_fraktor_reply()
{
	local word quoted list

	read -r -d '' -a list <<<"$words"
	for word in "${list[@]}" "${names[@]}"; do
		printf -v quoted %q "$word"
		if [[ $word == "$current"* || $quoted == "$current"* ]]; then
			COMPREPLY+=("$quoted")
		fi
	done
}

_fraktor_files()
{
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$current")
}

# What may follow an option or a key; fails if it is none that takes something.
_fraktor_value()
{
	case $1 in
	monitor:--until | monitor:-u)
		words='started stopped overflow created removed changed moved suspended
			resumed drift overload reader-stalled reader-resumed owner-died'
		;;
	set:missed | create:--policy) words='delay skip burst' ;;
	set:flags) words='none align cpu-strict suspend-stops drift-stops overload-stops' ;;
	create:--flags) words='align cpu-strict suspend-stops drift-stops overload-stops' ;;
	create:--clock) words='monotonic boottime tai' ;;
	doctor:--root | doctor:-r) compopt -o dirnames 2>/dev/null ;;
	latency:--path | latency:-a)
		words='auto uring poll block spin hybrid lead powersave balanced low lowest
			timerfd nanosleep'
		;;
	latency:--plot | latency:-o | trace:--chrome | trace:-c | trace:--perfetto | trace:-p | \
		replay:--plot | replay:-o | plot:--output | plot:-o | plot:--recording | plot:-r)
		_fraktor_files
		;;
	top:--sort | top:-s)
		words='name state period rate drift late max missed dropped stalled cpu owner worst'
		;;
	set:period | set:phase | set:late | set:drift | set:stall | set:lead | set:accuracy) ;;
	create:--period | create:--name | create:-n | create:--cpu | create:-c | create:--phase | \
		create:--late | create:--drift | create:--stall | create:--lead | create:--accuracy | \
		create:--slots | create:-s | create:--duration | create:-d) ;;
	latency:--period | latency:-p | latency:--duration | latency:-d | latency:--ticks | latency:-n | \
		latency:--priority | latency:-P | latency:--cpu | latency:-c | latency:--rounds | latency:-r) ;;
	top:--interval | top:-i | top:--filter | top:-f) ;;
	stat:--watch | stat:--count | stat:-n | monitor:--timeout | monitor:-t) ;;
	export:--listen | export:-l) ;;
	record:--duration | record:-d | trace:--duration | trace:-d | plot:--duration | plot:-d) ;;
	*) return 1 ;;
	esac
}

# What may follow a command.
_fraktor_command()
{
	case $1 in
	list) words='--json --names' ;;
	stat)
		words='--watch --count= --json'
		_fraktor_or _fraktor_sources
		;;
	top) words='--interval= --sort= --reverse --filter=' ;;
	readers | version) words='--json' ;;
	monitor) words='--json --until= --timeout=' ;;
	create)
		words='--period= --name= --clock= --cpu= --policy= --flags= --phase= --late= --drift=
			--stall= --lead= --accuracy= --slots= --stopped --duration= --json'
		;;
	start | stop)
		words='--json'
		_fraktor_or _fraktor_sources
		;;
	set)
		if ((COMP_CWORD == 2)); then
			_fraktor_or _fraktor_sources
		elif [[ $current != -* ]]; then
			words='period= phase= late= drift= missed= stall= lead= accuracy= flags='
		fi
		;;
	doctor)
		words='--all --brief --json --list --root='
		_fraktor_or _fraktor_checks
		;;
	latency)
		words='--period= --duration= --ticks= --priority= --cpu= --path= --alone --rounds=
			--json --plot='
		;;
	export) words='--prometheus --listen=' ;;
	record)
		words='--duration='
		if ((COMP_CWORD > 2)); then
			_fraktor_or _fraktor_sources
		elif [[ $current != -* ]]; then
			_fraktor_files
		fi
		;;
	replay)
		words='--report --json --plot='
		if [[ $current != -* ]]; then
			words=''
			_fraktor_files
		fi
		;;
	plot)
		words='--duration= --recording= --output='
		_fraktor_or _fraktor_sources
		;;
	trace)
		words='--duration= --chrome= --perfetto='
		_fraktor_or _fraktor_sources
		;;
	completion) [[ $current == -* ]] || words='bash zsh' ;;
	esac
	if [[ $current == -* || $words == *--* ]]; then
		words+=' --help --usage --version'
	fi
}

_fraktor()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local words='' names=() i

	COMPREPLY=()
	# "--until=st" comes as three words, "--until", "=" and "st".
	if [[ $current == '=' ]]; then
		current=''
	elif [[ $previous == '=' ]] && ((COMP_CWORD >= 2)); then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	# Behind "create ... --" stands a command with arguments of its own.
	for ((i = 2; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[1]}:${COMP_WORDS[i]} == create:-- ]]; then
			compopt -o default 2>/dev/null
			((i + 1 < COMP_CWORD)) || mapfile -t COMPREPLY < <(compgen -c -- "$current")
			return
		fi
	done
	if ((COMP_CWORD == 1)); then
		words='list stat top readers monitor create start stop set doctor latency export record
			replay plot trace completion version --help --usage --version'
	elif ! _fraktor_value "${COMP_WORDS[1]}:$previous"; then
		_fraktor_command "${COMP_WORDS[1]}"
	fi
	((${#COMPREPLY[@]})) || _fraktor_reply
	if [[ ${COMPREPLY[0]-} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -F _fraktor fraktor

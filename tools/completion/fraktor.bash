# SPDX-License-Identifier: MIT
#
# Completion of fraktor for bash: commands, options, names of sources.  Asks
# the program itself for the names, so it is silent without the module.
# shellcheck shell=bash

_fraktor_sources()
{
	fraktor stat --json 2>/dev/null |
		grep -o '"name":"[A-Za-z0-9._-]*"' | cut -d'"' -f4
}

_fraktor()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local words=''

	COMPREPLY=()
	# "--until=st" comes as three words, "--until", "=" and "st".
	if [[ $current == '=' ]]; then
		current=''
	elif [[ $previous == '=' ]] && ((COMP_CWORD >= 2)); then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if ((COMP_CWORD == 1)); then
		words='stat readers monitor set --help --version'
	else
		case ${COMP_WORDS[1]}:$previous in
		monitor:--until | monitor:-u)
			words='started stopped overflow created removed changed moved suspended
				resumed drift overload reader-stalled reader-resumed owner-died'
			;;
		set:missed) words='delay skip burst' ;;
		set:flags) words='none align cpu-strict suspend-stops drift-stops overload-stops' ;;
		set:period | set:phase | set:late | set:drift | set:stall) return ;;
		set:set) words=$(_fraktor_sources) ;;
		set:*) words='period= phase= late= drift= missed= stall= flags=' ;;
		readers:*) words='--json --help' ;;
		*:--watch | *:--count | *:-n | *:--timeout | *:-t) return ;;
		monitor:*) words='--json --until= --timeout= --help' ;;
		stat:*)
			words='--watch --count= --json --help'
			[[ $current == -* ]] || words=$(_fraktor_sources)
			;;
		esac
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	if [[ ${COMPREPLY[0]-} == *= ]]; then
		compopt -o nospace 2>/dev/null
	fi
}

complete -F _fraktor fraktor

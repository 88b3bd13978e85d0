#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What bash completes of command lines: 'complete.bash SCRIPT LINE...' prints the
# candidates for the end of each LINE, one on a line, and an empty line behind
# them.  Split as readline does it, at COMP_WORDBREAKS.
set -u
# shellcheck source=/dev/null
. "$1"
shift

# The function that the script has registered, not one that is known here.
function=$(complete -p fraktor | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
[[ $function ]] || exit 1

for line; do
	words=()
	# Words, and "=" as one of its own.
	while IFS= read -r word; do
		words+=("$word")
	done < <(grep -oE '[^ =]+|=' <<<"$line")
	[[ $line != *' ' ]] || words+=('')
	COMP_LINE=$line
	COMP_POINT=${#line}
	COMP_WORDS=("${words[@]}")
	COMP_CWORD=$((${#words[@]} - 1))
	COMPREPLY=()
	"$function" fraktor "${words[-1]}" "${words[-2]-}"
	printf '%s\n' "${COMPREPLY[@]+"${COMPREPLY[@]}"}" ''
done

# SPDX-License-Identifier: MIT
#
# What zsh completes of command lines: 'complete.zsh SCRIPT LINE...' prints the
# candidates for the end of each LINE, one on a line, and an empty line behind
# them.  A shell on a terminal of its own is asked, whose compadd tells what it
# is given.
emulate -R zsh
zmodload zsh/zpty || exit 1

script=${1:A}
shift
dir=$(mktemp -d)

cat >$dir/.zshrc <<-END
	unset HISTFILE
	PS1='' RPS1=''
	autoload -Uz compinit && compinit -u -D
	. ${(q)script}
	typeset -a hits
	compadd() {
		# Only looked up, or asked into an array: nothing is offered yet.
		if [[ " \${(j: :)@[1,(i)(-|--)]} " == *' -'(O|A|D)' '* ]]; then
			builtin compadd "\$@"
			return
		fi
		typeset -a found
		builtin compadd -A found "\$@"
		hits+=(\$found)
		builtin compadd "\$@"
	}
	capture() {
		hits=()
		_main_complete
		compstate[insert]='' compstate[list]=''
		print -rl -- \$hits '' >>$dir/hits
		: >$dir/done
	}
	zle -C capture complete-word capture
	bindkey '^I' capture
	zstyle ':completion:*' verbose no
	: >$dir/done
END

# Until the shell has done what it was asked; a while at most.
wait_done() {
	integer i
	for ((i = 0; i < 300; i++)); do
		[[ -e $dir/done ]] && break
		zpty -rt shell >/dev/null
		sleep 0.1
	done
	[[ -e $dir/done ]] || { print -u2 "complete.zsh: no answer to: $1"; rm -rf -- $dir; exit 1 }
	rm -f $dir/done
}

# No trap: the terminal's process would inherit it.
{
	zpty -b shell env ZDOTDIR=$dir TERM=dumb zsh -d -i
	wait_done start
	for line; do
		zpty -w -n shell $'\C-u'$line$'\t'
		wait_done $line
	done
	zpty -d shell
	cat $dir/hits
} always {
	rm -rf -- $dir
}

#compdef fraktor
# SPDX-License-Identifier: MIT
#
# Completion of fraktor for zsh: commands, options, names of sources.  Asks the
# program itself for the names, so it is silent without the module.  "fraktor
# completion zsh" prints this file; it can be sourced, or found in $fpath as
# _fraktor.

_fraktor_sources()
{
	local -a sources
	sources=(${(f)"$(_call_program sources fraktor list --names 2>/dev/null)"})
	_wanted sources expl 'source' compadd "$@" -a sources
}

_fraktor_checks()
{
	local -a checks
	checks=(${${(f)"$(_call_program checks fraktor doctor --list 2>/dev/null)"}%% *})
	_wanted checks expl 'check' compadd "$@" -a checks
}

# KEY=VALUE of "fraktor set".
_fraktor_pairs()
{
	local key=${PREFIX%%\=*}
	local -a keys
	if ! compset -P '*='; then
		keys=(period phase late drift missed stall lead accuracy flags)
		_wanted keys expl 'key' compadd -S '=' -a keys
		return
	fi
	case $key in
	missed) _wanted values expl 'policy' compadd delay skip burst ;;
	flags) _values -s , 'flag' none align cpu-strict suspend-stops drift-stops overload-stops ;;
	*) _message "$key" ;;
	esac
}

_fraktor_commands()
{
	local -a commands
	commands=(
		'list:which sources there are'
		'stat:sources and their statistics, once or every second'
		'top:sources on the whole terminal'
		'readers:who reads them, and who does not keep up'
		'monitor:what happens to sources, as it happens'
		'create:make a source that lives as long as the command'
		'start:make a source tick that does not'
		'stop:make a source tick no more'
		'set:change a source that runs'
		'doctor:what on this host makes ticks late'
		'latency:how late a reader gets its ticks'
		'export:all of it for Prometheus'
		'record:ticks and events of a source into a file'
		'replay:what such a file says'
		'plot:lateness and drift as a picture'
		'trace:each tick and event, as one timeline'
		'completion:print the completion of a shell'
		'version:of program, library, module and ABI'
	)
	_describe -t commands 'command' commands
}

_fraktor_arguments()
{
	_arguments -s -S $json "$@" \
		'(-? --help)'{-\?,--help}'[list the options]' \
		'--usage[list the options shortly]' \
		'(-V --version)'{-V,--version}'[print the version]'
}

_fraktor_command()
{
	local -a json
	json=('(-j --json)'{-j,--json}'[print an object on a line]')
	case $1 in
	list) _fraktor_arguments '(-n --names)'{-n,--names}'[print the names alone]' ;;
	stat)
		_fraktor_arguments '(-w --watch)'{-w,--watch=-}'[repeat]::seconds:' \
			'(-n --count)'{-n+,--count=}'[repeat so often]:count:' '::source:_fraktor_sources'
		;;
	top)
		json=()
		_fraktor_arguments '(-i --interval)'{-i+,--interval=}'[look so often]:seconds:' \
			'(-s --sort)'{-s+,--sort=}'[sort by a column]:column:(name state period rate drift late max missed dropped stalled cpu owner worst)' \
			'(-r --reverse)'{-r,--reverse}'[the other way round]' \
			'(-f --filter)'{-f+,--filter=}'[only sources with that in the name]:text:'
		;;
	readers | version) _fraktor_arguments ;;
	monitor)
		_fraktor_arguments '(-t --timeout)'{-t+,--timeout=}'[end after so long]:seconds:' \
			'(-u --until)'{-u+,--until=}'[end with an event]:event:(started stopped overflow created removed changed moved suspended resumed drift overload reader-stalled reader-resumed owner-died)'
		;;
	create)
		_fraktor_arguments '--period=[its period]:time:' \
			'(-n --name)'{-n+,--name=}'[its name]:name:' \
			'--clock=[clock of its deadlines]:clock:(monotonic boottime tai)' \
			'(-c --cpu)'{-c+,--cpu=}'[whose interrupt makes the ticks]:CPU:' \
			'--policy=[what a late tick does]:policy:(delay skip burst)' \
			'--flags=[how it behaves]:flags:_values -s , flag align cpu-strict suspend-stops drift-stops overload-stops' \
			'--phase=[where in a period the deadlines are]:time:' \
			'--late=[from which lateness a tick is late]:time:' \
			'--drift=[drift beyond which there is an event]:ppm:' \
			'--stall=[when a reader is stalled]:periods:' \
			'--lead=[the interrupt comes so early]:time:' \
			'--accuracy=[the interrupt may come so late]:time:' \
			'(-s --slots)'{-s+,--slots=}'[ticks that its ring holds]:slots:' \
			'--stopped[leave it to fraktor start to make it tick]' \
			'(-d --duration)'{-d+,--duration=}'[end after so long]:seconds:' \
			'(-)1: :_command_names -e' '*:: :_normal'
		;;
	start | stop) _fraktor_arguments '1:source:_fraktor_sources' ;;
	set)
		json=()
		_fraktor_arguments '1:source:_fraktor_sources' '*: :_fraktor_pairs'
		;;
	doctor)
		_fraktor_arguments '(-a --all)'{-a,--all}'[what is fine, too]' \
			'(-b --brief)'{-b,--brief}'[a line for each]' \
			'(-l --list)'{-l,--list}'[list the checks]' \
			'(-r --root)'{-r+,--root=}'[look at another system]:directory:_directories' \
			'*:check:_fraktor_checks'
		;;
	latency)
		_fraktor_arguments '(-p --period)'{-p+,--period=}'[time between ticks]:time:' \
			'(-d --duration)'{-d+,--duration=}'[how long each path is measured]:time:' \
			'(-n --ticks)'{-n+,--ticks=}'[how many ticks of each path]:ticks:' \
			'(-P --priority)'{-P+,--priority=}'[SCHED_FIFO priority]:priority:' \
			'(-c --cpu)'{-c+,--cpu=}'[measure on this CPU]:CPU:' \
			'(-a --path)'{-a+,--path=}'[what to measure]:paths:_values -s , path auto uring poll block spin hybrid lead powersave balanced low lowest timerfd nanosleep' \
			'(-A --alone)'{-A,--alone}'[without clock_nanosleep beside it]' \
			'(-r --rounds)'{-r+,--rounds=}'[change between the paths so often]:rounds:' \
			'(-o --plot)'{-o+,--plot=}'[draw the spread]:file:_files'
		;;
	export)
		json=()
		_fraktor_arguments '(-p --prometheus)'{-p,--prometheus}'[the text format of Prometheus]' \
			'(-l --listen)'{-l+,--listen=}'[serve it]:address\:port:'
		;;
	record)
		json=()
		_fraktor_arguments '(-d --duration)'{-d+,--duration=}'[end after so long]:seconds:' \
			'1:file:_files' '2:source:_fraktor_sources'
		;;
	replay)
		_fraktor_arguments '(-r --report)'{-r,--report}'[gaps, drift and lateness]' \
			'(-o --plot)'{-o+,--plot=}'[draw it]:file:_files' '1:file:_files'
		;;
	plot)
		json=()
		_fraktor_arguments '(-d --duration)'{-d+,--duration=}'[how long to look]:seconds:' \
			'(-r --recording)'{-r+,--recording=}'[of a recording]:file:_files' \
			'(-o --output)'{-o+,--output=}'[a picture, .png or .svg]:file:_files' \
			'::source:_fraktor_sources'
		;;
	trace)
		json=()
		_fraktor_arguments '(-d --duration)'{-d+,--duration=}'[end after so long]:seconds:' \
			'(-c -p --chrome --perfetto)'{-c+,-p+,--chrome=,--perfetto=}'[write a file for viewers]:file:_files' \
			'*:source:_fraktor_sources'
		;;
	completion)
		json=()
		_fraktor_arguments '1:shell:(bash zsh)'
		;;
	esac
}

_fraktor()
{
	local curcontext=$curcontext expl
	local -a line state
	_arguments -C \
		'(-? --help)'{-\?,--help}'[list the commands]' '--usage[list the options shortly]' \
		'(-V --version)'{-V,--version}'[print the version]' \
		'1: :_fraktor_commands' '*:: :->command'
	if [[ $state == command ]]; then
		curcontext=${curcontext%:*:*}:fraktor-$words[1]:
		_fraktor_command $words[1]
	fi
}

# Sourced, or the first call of a function that is loaded by its name.
if [[ $funcstack[1] == _fraktor ]]; then
	_fraktor "$@"
else
	compdef _fraktor fraktor
fi

#!/bin/bash
# SPDX-License-Identifier: MIT
#
# fraktor plot and fraktor replay --plot of recordings that a script has written
# (recording.py): the picture on the terminal, files, and what cannot be drawn.
# vm-record.sh has sources that tick.  'tool-plot.sh [PROGRAM]'.
set -u
[ $# -eq 0 ] || FRAKTOR=$(readlink -f -- "$1")
test=$(readlink -f -- "$0")
# shellcheck source=tools/tests/tap.sh disable=SC2034,SC2154
. "$(dirname -- "$0")/tap.sh"

tree=$(cd -- "$(dirname -- "$0")/../.." && pwd)
export LC_ALL=C.UTF-8
cd "$tap_dir" || exit 1
recording() { "$tree/tools/tests/recording.py" "$@"; }
plot() { run "$FRAKTOR" plot "$@"; }
is_png() { [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' ')" = 89504e470d0a1a0a ] && [ "$(wc -c <"$1")" -gt 5000 ]; }
fits() { ! printf '%s\n' "$out" | grep -q ".\{$(($1 + 1))\}"; }
# terminal COLUMNS ROWS ARG...: on one of that size.
terminal() {
	run script -qec "stty cols $1 rows $2; exec '$FRAKTOR' plot ${*:3}" /dev/null
	out=$(printf '%s\n' "$out" | tr -d '\r')
}

echo "TAP version 13"
recording run.rec 20000

plot --help
ok "plot: --help" all 'status_is 0' err_empty 'out_has "^Usage: fraktor plot .*\[NAME\]"' \
	'out_has "or:  fraktor plot .*--recording=FILE"' 'out_has "--output=FILE"'
for option in --output=file.pdf --output=.png --output= --duration=0 --duration=x --bogus; do
	plot "$option"
	ok "plot: $option is misuse" all 'status_is 2' out_empty "err_has '^fraktor plot: .*${option%%=*}'"
done
plot one two
ok "plot: two names are misuse" all 'status_is 2' 'err_has "\"two\""'
plot --recording=run.rec name
ok "plot: a source and a recording are misuse" all 'status_is 2' 'err_has "not both"'
plot --recording=run.rec --duration=1
ok "plot: a recording has its own duration" all 'status_is 2' 'err_has "as long as it is"'
run "$FRAKTOR" replay run.rec --plot=a.png
ok "replay: --plot without --report is misuse" all 'status_is 2' out_empty 'err_has "goes with --report"'

plot --recording=run.rec
ok "plot: R1.5 a head, a chart, bars, drift" all 'status_is 0' err_empty 'fits 80' 'out_lines 23' \
	'out_has "^scripted: 20,000 ticks in 20.0 s, period 1 ms, 0 missed, 10 dropped$"' \
	'out_has "^lateness p50 6.24 µs, p99 13.9 µs, p99.9 101 µs, max 154 µs$"' \
	'out_has "^ *8.86 µs ┤.*█.*█"' 'out_has "^ *< 8.19 µs *10,269  █"' 'out_has "^ *drift [▁▂▃▄▅▆▇█]*$"' \
	'out_has "^ *+0.4 ppm in all; a column from -[0-9.]* ppm to +[0-9.]* ppm$"'
run sh -c "'$FRAKTOR' plot --recording=- <run.rec"
ok "plot: - is standard input" all 'status_is 0' 'out_has "^scripted: 20,000 ticks"'
terminal 200 50 --recording=run.rec
ok "plot: as wide and as high as the terminal" all 'status_is 0' 'fits 200' 'out_lines 49' \
	'out_has "^ *┤.\{150\}\|µs ┤.\{150\}"'
terminal 40 10 --recording=run.rec
ok "plot: and as narrow" all 'status_is 0' 'out_has "^scripted"' 'out_has "█"'
run env LC_ALL=C "$FRAKTOR" plot --recording=run.rec
ok "plot: ASCII where the locale has no more" all 'status_is 0' 'out_has " us + *[:#*]"' \
	"! printf '%s' \"\$out\" | LC_ALL=C grep -q '[^ -~]'"
run sh -c "'$FRAKTOR' plot --recording=run.rec | head -n 1"
ok "plot: a pipe that nobody reads is no complaint" all 'status_is 0' err_empty
run sh -c "'$FRAKTOR' plot --recording=run.rec >/dev/full"
ok "plot: a full disk is told" all 'status_is 1' 'err_has "cannot write to standard output"'
recording one.rec 1
plot --recording=one.rec
ok "plot: one tick is a picture" all 'status_is 0' 'out_has "^scripted: 1 ticks"'
recording none.rec 0
plot --recording=none.rec
ok "plot: none is not" all 'status_is 1' out_empty 'err_has "nothing to draw: not one tick came"'
recording same.rec 1000 0
plot --recording=same.rec
ok "plot: no lateness at all" all 'status_is 0' 'out_has "max 0 ns"'
recording far.rec 1000 9000000000000000000 1 5000
plot --recording=far.rec
ok "plot: nonsense does no harm" all 'status_is 0' 'out_has "^scripted: 1,000 ticks"' 'fits 80'

plot --recording=run.rec --output="it's.png"
ok "plot: a PNG, whatever its name" all 'status_is 0' out_empty err_empty "is_png \"it's.png\""
plot --recording=run.rec --output=a.svg
ok "plot: an SVG that says what it shows" all 'status_is 0' err_empty \
	'grep -q "scripted: 20,000 ticks in 20.0 s, period 1 ms, drift +0.4 ppm, 0 missed, 10 dropped" a.svg' \
	'grep -q "p99: 13.9 µs" a.svg' 'grep -q "since the beginning" a.svg'
for name in one same far; do
	plot --recording=$name.rec --output=$name.png
	ok "plot: a PNG of $name.rec" all 'status_is 0' err_empty "is_png $name.png"
done
# A name that gnuplot or SVG would obey.
python3 - "$tree/tools/tests" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
import recording
name = b"'; system 'touch broken' #<&\n$^{2}"
header = recording.header
recording.header = lambda _: header(name)
with open("hostile.rec", "wb") as file:
    file.write(recording.recording(500, recording.quiet_machine))
END
plot --recording=hostile.rec --output=hostile.svg
ok "plot: a name is only a name" all 'status_is 0' err_empty '[ ! -e broken ]' \
	"python3 -c 'import xml.etree.ElementTree as e; t = \"\".join(e.parse(\"hostile.svg\").getroot().itertext()); assert \"system ’touch broken’ #<&?\" in t, t'"
plot --recording=hostile.rec
ok "plot: also on the terminal" all 'status_is 0' "out_has \"system 'touch broken' #<&?\""

run "$FRAKTOR" replay run.rec --report --plot=report.png
ok "replay: --report --plot has both" all 'status_is 0' err_empty 'out_has "^scripted: recorded from"' 'is_png report.png'
run "$FRAKTOR" replay run.rec --report --json --plot=report.svg
ok "replay: also with --json" all 'status_is 0' err_empty 'out_has "^{.*\"ticks\":20000,"' 'grep -q "<svg" report.svg'
head -c 20000 run.rec >cut.rec
plot --recording=cut.rec --output=cut.png
ok "plot: what was cut is drawn, and that is said" all 'status_is 0' 'err_has "cut.rec was read only in part: it was cut"' 'is_png cut.png'
head -c 15000 run.rec >broken.rec
head -c 5000 /dev/zero >>broken.rec
plot --recording=broken.rec
ok "plot: what is damaged is drawn up to there, and is an error" all 'status_is 1' 'out_has "^scripted"' \
	'err_has "broken.rec was read only in part: "'

plot --recording=none-such.rec
ok "plot: a file that is not there is named" all 'status_is 1' out_empty \
	'err_has "^fraktor: none-such.rec cannot be opened: No such file"'
plot --recording="$test"
ok "plot: a file that is no recording is told apart" all 'status_is 1' out_empty 'err_has "cannot be plotted: it is no recording"'
plot --recording=run.rec --output=/nonexistent/a.png
ok "plot: a file that cannot be written is named" all 'status_is 1' out_empty \
	'err_has "^fraktor: cannot write the plot /nonexistent/a.png: No such file"'
run env PATH=/nonexistent "$FRAKTOR" plot --recording=run.rec --output=no.png
ok "plot: without gnuplot it names the package" all 'status_is 1' out_empty '[ ! -e no.png ]' \
	'err_has "^fraktor: --output needs the program gnuplot, .*: apt install gnuplot-nox$"'
ln -s /dev/full full.png
plot --recording=run.rec --output=full.png
ok "plot: a full disk is told when it is drawn" all 'status_is 1' 'err_has "full.png"'

ok "plot: and the device is still there" [ -L full.png ]

# A picture that is there stays until there is another one.
mode_is() { [ "$(stat -c %a "$2")" = "$1" ]; }
keeps() { [ "$(cat "$1")" = old ] && [ "$(find . -name '.fraktor-*' | wc -l)" -eq 0 ]; }
mkdir bin
cat >bin/gnuplot <<'END'
#!/bin/sh
[ "$1" = --version ] || exit 1
END
chmod 755 bin/gnuplot
echo old >kept.png
plot --recording=none-such.rec --output=kept.png
ok "plot: without a recording the old picture stays" all 'status_is 1' 'keeps kept.png'
plot --recording="$test" --output=kept.png
ok "plot: so it does with another file" all 'status_is 1' 'keeps kept.png'
plot --recording=none.rec --output=kept.png
ok "plot: so it does when not one tick came" all 'status_is 1' 'keeps kept.png' 'err_has "nothing to draw"'
run env PATH="$tap_dir/bin:$PATH" "$FRAKTOR" plot --recording=run.rec --output=kept.png
ok "plot: so it does when gnuplot fails" all 'status_is 1' 'keeps kept.png' 'err_has "could not draw kept.png"'
run env PATH="$tap_dir/bin:$PATH" "$FRAKTOR" replay run.rec --report --plot=kept.png
ok "replay: as well" all 'status_is 1' 'keeps kept.png' 'out_has "^scripted: recorded from"'
run env PATH="$tap_dir/bin:$PATH" "$FRAKTOR" latency --period=1ms --ticks=10 --path=nanosleep --plot=kept.png
ok "latency: as well" all 'status_is 1' 'keeps kept.png'
run "$FRAKTOR" replay none.rec --report --plot=kept.png
ok "replay: not one tick is nothing to draw, and that is told" all 'status_is 1' 'keeps kept.png' \
	'out_has "^  lateness  no tick$"' 'err_has "^fraktor: there is nothing to draw: not one tick came$"'
run "$FRAKTOR" replay none.rec --report --plot=none.png
ok "replay: and there is no file" all 'status_is 1' '[ ! -e none.png ]'
run "$FRAKTOR" replay "$test" --report --plot=none.png
ok "replay: nor of what is no recording" all 'status_is 1' '[ ! -e none.png ]' '! err_has "draw"'
mkdir sub.png
plot --recording=run.rec --output=sub.png
ok "plot: a directory is told" all 'status_is 1' out_empty 'err_has "cannot write the plot sub.png: Is a directory"'
(umask 026 && "$FRAKTOR" plot --recording=run.rec --output=new.png)
ok "plot: a picture has the rights of any new file" all 'is_png new.png' 'mode_is 640 new.png'
chmod 604 kept.png
ln -s kept.png link.png
plot --recording=run.rec --output=link.png
ok "plot: a picture that is replaced keeps its name and rights" all 'status_is 0' 'is_png kept.png' '[ -L link.png ]' \
	'mode_is 604 kept.png'

examples "$tree/Documentation/man/fraktor-plot.1" | grep -e --recording >shown
ok "plot: the man page has examples" test -s shown
while IFS= read -r example; do
	run_example "$example"
	ok "plot: the example '$example' works" status_is 0
done <shown
if [ -d /sys/module/fraktor ]; then
	skip "plot: without the module" "it is loaded here"
else
	plot
	ok "plot: says that the module is not loaded" all 'status_is 1' out_empty 'err_has "modprobe fraktor"'
fi

plan

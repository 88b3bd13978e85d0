# SPDX-License-Identifier: MIT
#
# How late the reader holds a tick: a row per path, a panel per kernel; from the
# median over the 99th percentile to the maximum.

file = name.'.csv'
names = system("cut -d , -f 3 '".file."' | tail -n +2 | awk '!seen[$0]++'")
rows = words(names)
set ytics ()
do for [row = 1:rows] { set ytics add (word(names, row) row - 1) }
lines = (n_kernels + 1) / 2
array floor[n_kernels]
do for [i = 1:n_kernels] {
	k = word(kernels, i)
	stats file using (strcol(3) eq 'clock_nanosleep' ? only(1, k, column(4)) : NaN) skip 1 nooutput
	floor[i] = STATS_max
}
eval canvas(60 + lines * (70 + rows * 17))
set multiplot layout lines, (n_kernels > 1 ? 2 : 1) title "Lateness after the deadline, period 1 ms: dot median, cross 99th percentile, line to the maximum; dashed the median of the first row"
set logscale x
set xrange [20:10000000]
set format x '10^{%T}'
set yrange [rows - 0.4:-0.6]
set xlabel 'instructions after the deadline' offset 0, 0.5
set lmargin 21
set rmargin 2
unset key
do for [i = 1:n_kernels] {
	k = word(kernels, i)
	set title k offset 0, -0.7
	set arrow 1 from floor[i], graph 0 to floor[i], graph 1 nohead linestyle 101
	plot file skip 1 using (only(1, k, $4)):2:4:8 with xerrorbars linestyle 6 pointtype 0 notitle, \
		file skip 1 using (only(1, k, $6)):2 with points linecolor rgb colour[2] pointtype 2 pointsize 0.6, \
		file skip 1 using (only(1, k, $4)):2 with points linestyle 1
}
unset multiplot

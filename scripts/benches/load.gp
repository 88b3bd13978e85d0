# SPDX-License-Identifier: MIT
#
# Tails under load as ratios to cyclictest: a row per path, a panel per kernel.

file = name.'.csv'
names = system("cut -d , -f 3 '".file."' | tail -n +2 | awk '!seen[$0]++'")
rows = words(names)
set ytics ()
do for [row = 1:rows] { set ytics add (word(names, row) row - 1) }
lines = (n_kernels + 1) / 2
eval canvas(90 + lines * (80 + rows * 24))
set multiplot layout lines, (n_kernels > 1 ? 2 : 1) title "Under load, 2 emulated CPUs: ratio to cyclictest, median and range of the rounds"
set logscale x
set xrange [0.05:200]
set xlabel 'ratio to cyclictest' offset 0, 0.5
set yrange [rows - 0.4:-0.6]
set lmargin 21
set rmargin 2
set arrow 1 from 1, graph 0 to 1, graph 1 nohead linestyle 101
do for [i = 1:n_kernels] {
	k = word(kernels, i)
	set title k offset 0, -0.7
	if (i == 1) { set key at screen 0.995, screen 0.995 right top vertical samplen 2 } else { unset key }
	plot file skip 1 using (only(1, k, column(8))):(column(2) - 0.2):9:10 with xerrorbars linestyle 1 title '99 %', \
		file skip 1 using (only(1, k, column(11))):2:12:13 with xerrorbars linestyle 2 title '99.9 %', \
		file skip 1 using (only(1, k, column(14))):(column(2) + 0.2):15:16 with xerrorbars linestyle 3 title 'max'
}
unset multiplot

# SPDX-License-Identifier: MIT
#
# What a tick costs over the number of its readers: a line per way to wait, a
# panel per kernel.

file = name.'.csv'
paths = system("cut -d , -f 2 '".file."' | tail -n +2 | awk '!seen[$0]++' | tr '\\n' ' '")
lines = (n_kernels + 1) / 2
bottom = lines > 1 ? 0.17 : 0.32
gap = lines > 1 ? 0.13 : 0.1
eval canvas(140 + lines * 300)
set multiplot layout lines, (n_kernels > 1 ? 2 : 1) title 'CPU per tick over the number of readers, period 1 ms' margins screen 0.09, 0.98, bottom, (lines > 1 ? 0.93 : 0.88) spacing screen 0.1, gap
set logscale xy
set xlabel 'readers of each tick'
set ylabel 'instructions per tick'
set ytics enhanced
set format y '10^{%T}'
set yrange [3000:1500000]
set xrange [0.9:72]
set xtics (1, 2, 4, 8, 16, 32, 64)
do for [i = 1:n_kernels] {
	k = word(kernels, i)
	set title k offset 0, -0.7
	if (i == 1) { set key at screen 0.5, 0.01 center bottom horizontal width 2 } else { unset key }
	plot for [p = 1:words(paths)] file skip 1 \
		using (strcol(2) eq word(paths, p) ? only(1, k, column(3)) : NaN):6 \
		with linespoints linestyle p title word(paths, p)
}
unset multiplot

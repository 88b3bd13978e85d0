# SPDX-License-Identifier: MIT
#
# What a tick costs the whole machine: a row per path, a mark per kernel.

file = name.'.csv'
names = system("cut -d , -f 3 '".file."' | tail -n +2 | awk '!seen[$0]++'")
rows = words(names)
set ytics ()
do for [row = 1:rows] { set ytics add (word(names, row) row - 1) }
eval canvas(120 + rows * 20)
set title 'CPU per tick, period 1 ms'
set logscale x
set xrange [3000:2000000]
set xlabel 'instructions of the whole machine per tick, interrupt, reader and kernel threads'
set format x '10^{%T}'
set yrange [rows - 0.4:-0.6]
# Kernels beside each other, so that none hides another.
set lmargin 22
set key outside top right horizontal
plot for [i = 1:n_kernels] file skip 1 using (only(1, word(kernels, i), column(10))):(column(2) + (i - (n_kernels + 1) / 2.0) * 0.18) \
	with points linestyle i title word(kernels, i)

# SPDX-License-Identifier: MIT
#
# Threads woken up per second: a row per path, a mark per kernel.

file = name.'.csv'
names = system("cut -d , -f 3 '".file."' | tail -n +2 | awk '!seen[$0]++'")
rows = words(names)
set ytics ()
do for [row = 1:rows] { set ytics add (word(names, row) row - 1) }
eval canvas(120 + rows * 20)
set title 'Wake-ups per second at 1000 ticks per second'
set xlabel 'threads woken up per second, those of the kernel among them'
set xrange [0:*]
set yrange [rows - 0.4:-0.6]
# Kernels beside each other, so that none hides another.
set lmargin 22
set key outside top right horizontal
plot for [i = 1:n_kernels] file skip 1 using (only(1, word(kernels, i), column(11))):(column(2) + (i - (n_kernels + 1) / 2.0) * 0.18) \
	with points linestyle i title word(kernels, i)

# SPDX-License-Identifier: MIT
#
# What all plots have in common.  format is svg or png, name the file's, kernels
# a list.  The colours are Okabe and Ito's, which differ for everybody.

set datafile separator ','
set encoding utf8
n_kernels = words(kernels)
wide = 960
font = 'DejaVu Sans'

# canvas(HEIGHT): to be evaluated once a plot knows how high it is.
canvas(height) = format eq 'svg' ? \
	sprintf("set terminal svg size %d,%d font '%s,12' background rgb 'white'; set output '%s.svg'", wide, height, font, name) : \
	sprintf("set terminal pngcairo size %d,%d font '%s,9' background rgb 'white'; set output '%s.png'", wide, height, font, name)

array colour[8] = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000', '#8c6d31']
array point[8] = [7, 5, 9, 13, 11, 6, 4, 8]

do for [i = 1:8] {
	set style line i linecolor rgb colour[i] linewidth 1.5 pointtype point[i] pointsize 0.9
}
set style line 100 linecolor rgb '#d8d8d8' linewidth 0.7
set style line 101 linecolor rgb '#808080' linewidth 1.2 dashtype 2
set grid linestyle 100
set border 3 linecolor rgb '#404040'
set tics nomirror
# Names of paths have underscores.
set ytics noenhanced
set key noenhanced

# The second of two columns, where the first one is a kernel or a path.
only(column_is, wanted, value) = strcol(column_is) eq wanted ? value : NaN

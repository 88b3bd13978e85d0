/* SPDX-License-Identifier: MIT */
/*
 * Drawing by gnuplot: whether it can be done, and the way there and back.  The
 * file is ours: gnuplot writes to its standard output, and no name is quoted.  It
 * is written when the picture is there.
 * Knows not what is drawn.
 */
#ifndef TOOL_GNUPLOT_H
#define TOOL_GNUPLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "common/spread.h"

/* Whether a plot can be made of a file of that name: .png or .svg. */
bool gnuplot_suits(const char *file);

/**
 * gnuplot_open() - something to draw into, before there is anything to draw
 * @option: what asked for it, as "--plot".
 * @file: where the picture will be; left as it is.
 *
 * Return: a descriptor, or a negative errno and the reason has been told:
 * gnuplot is not there, or @file cannot be written.
 */
int gnuplot_open(const char *option, const char *file);

/**
 * gnuplot_draw() - draw, and put the picture where it belongs
 * @file: of gnuplot_open().
 * @fd: from gnuplot_open(); closed.
 * @height: of the picture.
 * @script: writes commands and data.
 * @data: handed to it.
 *
 * Return: 0, or a negative errno, the reason has been told and @file is as it was.
 */
int gnuplot_draw(const char *file, int fd, unsigned int height,
		 void (*script)(FILE *out, const void *data), const void *data);

/* Closes what nothing can be drawn into. */
void gnuplot_abandon(const char *file, int fd, const char *why);

/* Told apart also without seeing colours: they differ in lightness. */
const char *gnuplot_colour(size_t curve);

/* In seconds, for an axis of the format as_time, which a script has; there is no
 * 0 on a logarithmic one. */
double gnuplot_s(uint64_t ns);

/* Data of a curve: what share of the times was above a time, in seconds. */
void gnuplot_above(const struct spread *spread, FILE *out);

#endif /* TOOL_GNUPLOT_H */

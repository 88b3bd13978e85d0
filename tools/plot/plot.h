/* SPDX-License-Identifier: MIT */
/*
 * What is to be seen of a source: lateness in the course of time, how it is
 * spread, drift.  Fed with ticks, wherever they are from; drawn by gnuplot into
 * a file, or by characters.
 */
#ifndef TOOL_PLOT_H
#define TOOL_PLOT_H

#include <stdbool.h>
#include <stdio.h>

#include "plot/series.h"
#include "record/report.h"

struct plot {
	struct report report;
	struct series series;
};

/* All zero before, and the header of the report filled in. */
void plot_tick(struct plot *plot, const struct record_tick *tick);

/**
 * plot_read() - all of a recording
 * @plot: what is fed.
 * @in: the file, at its beginning.
 * @ret_why: why not to its end, as the end of a sentence.
 *
 * Return: 0; 1 if it was read in part, and @ret_why is also in the report; or a
 * negative errno if there is nothing.
 */
int plot_read(struct plot *plot, FILE *in, const char **ret_why);

/**
 * plot_live() - ticks of a source that there is, by a ring of our own
 * @plot: what is fed.
 * @name: the source, or NULL for the only one.
 * @duration_ns: for so long, or until Ctrl-C.
 *
 * Return: 0, or a negative errno and the reason has been told.
 */
int plot_live(struct plot *plot, const char *name, uint64_t duration_ns);

/* Whether there is not a tick to draw.  Return: true, and that has been told, with
 * @hint behind it. */
bool plot_is_empty(const struct plot *plot, const char *hint);

/* Into @fd, from gnuplot_open(), which it closes.  Return: 0, or a negative
 * errno and the reason has been told. */
int plot_draw(const struct plot *plot, const char *file, int fd);

/* In characters, @columns wide and @rows high. */
void plot_show(const struct plot *plot, size_t columns, size_t rows, FILE *out);

#endif /* TOOL_PLOT_H */

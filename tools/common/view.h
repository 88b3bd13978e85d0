/* SPDX-License-Identifier: MIT */
/*
 * How sources look: a page for one, a table for many, a line for a log, an
 * object for programs.  Knows neither netlink nor options.
 */
#ifndef TOOL_VIEW_H
#define TOOL_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <fraktor/netlink.h>

#include "common/units.h"

/* At most 23 lines; @columns of the terminal, 80 if unknown. */
void view_page(const struct frk_source *source, size_t columns, FILE *out);

/* Its beginning: what the source is and was asked to be. */
void view_what(const struct frk_source *source, FILE *out);

/* @columns is 0 for no limit. */
void view_table(const struct frk_source *sources, size_t count, size_t columns,
		FILE *out);

/* Which there are, and not how well they tick: a table. */
void view_list(const struct frk_source *sources, size_t count, size_t columns,
	       FILE *out);

/* One line for each, beginning with the time of day. */
void view_lines(const struct frk_source *sources, size_t count,
		uint64_t wall_ns, FILE *out);

/* One object on one line. */
void view_json(const struct frk_source *sources, size_t count,
	       uint64_t monotonic_ns, uint64_t wall_ns, FILE *out);

/* The same without statistics and policy. */
void view_json_list(const struct frk_source *sources, size_t count,
		    uint64_t monotonic_ns, uint64_t wall_ns, FILE *out);

/* The lateness histogram, at most @rows lines: part of the page. */
void view_histogram(const struct frk_source *source, size_t columns,
		    unsigned int rows, FILE *out);

/* The smallest bound that @per_mille of the ticks stayed below: "8.19 µs". */
struct units_text view_quantile(const struct frk_source *source,
				unsigned int per_mille);

#endif /* TOOL_VIEW_H */

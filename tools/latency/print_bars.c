// SPDX-License-Identifier: MIT
/*
 * How lateness is spread, drawn: rows are times, on a scale that doubles every
 * few rows; each path has a column.
 */
#include <string.h>

#include "common/text.h"
#include "common/units.h"
#include "latency/latency.h"

/* "  < 8.19 us  " before the columns; the count behind a bar. */
#define BARS_MARGIN	13
#define BARS_COUNT	11
#define BARS_ROWS_MAX	64

struct bars {
	unsigned int parts;		/* rows for each doubling */
	size_t first, rows;		/* the first row, in parts from 0 ns */
	uint64_t count[LATENCY_PATHS_MAX][BARS_ROWS_MAX];
	uint64_t most[LATENCY_PATHS_MAX];
};

static size_t bars_row(size_t bucket, unsigned int parts)
{
	return bucket / (SPREAD_PARTS / parts);
}

/* Buckets that any path has: from *ret_first to *ret_last; false for none. */
static bool bars_range(const struct latency_run *run, size_t *ret_first, size_t *ret_last)
{
	bool any = false;

	for (size_t i = 0; i < run->paths; i++) {
		const struct spread *spread = &run->path[i].spread;

		for (size_t b = 0; b < SPREAD_BUCKETS; b++) {
			if (!__atomic_load_n(&spread->bucket[b], __ATOMIC_RELAXED))
				continue;
			if (!any || b < *ret_first)
				*ret_first = b;
			if (!any || b > *ret_last)
				*ret_last = b;
			any = true;
		}
	}
	return any;
}

/* As fine as there is room; if need be the low end is one row, for the high
 * one matters. */
static bool bars_init(struct bars *bars, const struct latency_run *run, size_t rows)
{
	size_t first = 0, last = 0;

	memset(bars, 0, sizeof(*bars));
	if (rows > BARS_ROWS_MAX)
		rows = BARS_ROWS_MAX;
	if (!bars_range(run, &first, &last))
		return false;
	for (bars->parts = 4; bars->parts > 1; bars->parts /= 2)
		if (bars_row(last, bars->parts) - bars_row(first, bars->parts) < rows)
			break;
	bars->first = bars_row(first, bars->parts);
	bars->rows = bars_row(last, bars->parts) - bars->first + 1;
	if (bars->rows > rows) {
		bars->first += bars->rows - rows;
		bars->rows = rows;
	}
	return true;
}

static void bars_count(struct bars *bars, const struct latency_run *run)
{
	size_t row;

	for (size_t i = 0; i < run->paths; i++) {
		for (size_t b = 0; b < SPREAD_BUCKETS; b++) {
			row = bars_row(b, bars->parts);
			row = row > bars->first ? row - bars->first : 0;
			if (row >= bars->rows)
				row = bars->rows - 1;
			bars->count[i][row] += __atomic_load_n(&run->path[i].spread.bucket[b],
							       __ATOMIC_RELAXED);
		}
		for (row = 0; row < bars->rows; row++)
			if (bars->count[i][row] > bars->most[i])
				bars->most[i] = bars->count[i][row];
	}
}

/* What has happened at all can be seen. */
static void bars_draw(uint64_t count, uint64_t most, size_t width, FILE *out)
{
	size_t full = most ? (size_t)((double)count / (double)most * (double)width + 0.5) : 0;

	if (count && !full)
		full = 1;
	for (size_t i = 0; i < full; i++)
		fputs(text_is_utf8() ? "█" : "#", out);
	fprintf(out, "%*s", (int)(width - full), "");
}

static void bars_print_row(const struct bars *bars, const struct latency_run *run,
			   size_t row, size_t width, FILE *out)
{
	size_t end = (bars->first + row + 1) * (SPREAD_PARTS / bars->parts);
	char bound[64];

	snprintf(bound, sizeof(bound), "< %s", units_time(spread_low(end)).s);
	fprintf(out, "%*s%s  ", BARS_MARGIN - 2 - (int)text_width(bound), "", bound);
	for (size_t i = 0; i < run->paths; i++) {
		if (i + 1 == run->paths && !bars->count[i][row]) {
			putc('\n', out);
			break;
		}
		/* Many paths leave no room for numbers. */
		if (width < BARS_COUNT + 2) {
			bars_draw(bars->count[i][row], bars->most[i], width - 1, out);
			putc(i + 1 < run->paths ? ' ' : '\n', out);
			continue;
		}
		bars_draw(bars->count[i][row], bars->most[i], width - BARS_COUNT, out);
		if (bars->count[i][row])
			fprintf(out, "%*s", BARS_COUNT - 1, units_count(bars->count[i][row]).s);
		else
			fprintf(out, "%*s", BARS_COUNT - 1, "");
		putc(i + 1 < run->paths ? ' ' : '\n', out);
	}
}

void latency_print_bars(const struct latency_run *run, size_t columns, size_t rows,
			FILE *out)
{
	static struct bars bars;
	size_t width = (columns - BARS_MARGIN) / run->paths;

	if (!bars_init(&bars, run, rows))
		return;
	bars_count(&bars, run);
	fprintf(out, "%*s  ", BARS_MARGIN - 2, "LATENESS");
	for (size_t i = 0; i < run->paths; i++)
		if (i + 1 < run->paths)
			fprintf(out, "%-*.*s", (int)width, (int)width - 1, run->path[i].kind->name);
		else
			fputs(run->path[i].kind->name, out);
	putc('\n', out);
	for (size_t row = 0; row < bars.rows; row++)
		bars_print_row(&bars, run, row, width, out);
}

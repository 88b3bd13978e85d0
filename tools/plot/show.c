// SPDX-License-Identifier: MIT
/*
 * The same in characters: lateness in the course of time as a chart, how it is
 * spread as bars, drift as a line.
 */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "common/units.h"
#include "common/view.h"
#include "plot/plot.h"

/* " 8.19 µs ┤" before the chart. */
#define SHOW_MARGIN	11
#define SHOW_COLUMNS	400
#define SHOW_ROWS	100
/* Lines that are neither of the chart nor of the bars. */
#define SHOW_LINES	8
#define SHOW_BARS	7

/* What stands in a column of the chart. */
struct show {
	size_t columns, rows;
	double low, high;		/* logarithms */
	struct series_slice slice[SHOW_COLUMNS];
};

/* Logarithm to the base 2, straight between two powers: nobody sees that. */
static double show_log(uint64_t ns)
{
	unsigned int bits = ns ? 63 - (unsigned int)__builtin_clzll(ns) : 0;

	return bits + (double)(ns ? ns : 1) / (double)(UINT64_C(1) << bits) - 1;
}

static uint64_t show_exp(double value)
{
	unsigned int bits = (unsigned int)value;

	return (uint64_t)((value - bits + 1) * (double)(UINT64_C(1) << bits));
}

static void show_init(struct show *show, const struct plot *plot, size_t columns, size_t rows)
{
	const struct series *series = &plot->series;
	double per_column;

	show->columns = columns < SHOW_COLUMNS ? columns : SHOW_COLUMNS;
	show->rows = rows < SHOW_ROWS ? rows : SHOW_ROWS;
	if (show->columns > series->count)
		show->columns = series->count;
	per_column = (double)series->count / (double)show->columns;
	for (size_t i = 0; i < show->columns; i++) {
		size_t from = (size_t)((double)i * per_column);
		size_t to = (size_t)((double)(i + 1) * per_column);

		show->slice[i] = series_join(series, from, to - from);
	}
	show->low = show_log(plot->report.spread.min_ns);
	show->high = show_log(plot->report.spread.max_ns);
	if (show->high < show->low + 1)
		show->high = show->low + 1;
}

/* From the bottom. */
static size_t show_row(const struct show *show, uint64_t ns)
{
	double at = (show_log(ns) - show->low) / (show->high - show->low);
	size_t row = at > 0 ? (size_t)(at * (double)show->rows) : 0;

	return row < show->rows ? row : show->rows - 1;
}

static const char *show_cell(const struct show *show, const struct series_slice *slice, size_t row)
{
	bool wide = text_is_utf8();

	if (!slice->count)
		return " ";
	if (row == show_row(show, slice->sum_ns / slice->count))
		return wide ? "█" : "#";
	if (row == show_row(show, slice->max_ns))
		return wide ? "▪" : "*";
	if (row > show_row(show, slice->min_ns) && row < show_row(show, slice->max_ns))
		return wide ? "░" : ":";
	if (row == show_row(show, slice->min_ns))
		return wide ? "▪" : "*";
	return " ";
}

static void show_label(const struct show *show, size_t row, FILE *out)
{
	double step = (show->high - show->low) / (double)show->rows;
	struct units_text text = units_time(show_exp(show->low + ((double)row + 0.5) * step));

	if (row % 2)
		fprintf(out, "%*s", SHOW_MARGIN - 2, "");
	else
		fprintf(out, "%*s%s", SHOW_MARGIN - 2 - (int)text_width(text.s), "", text.s);
	fputs(text_is_utf8() ? (row % 2 ? " │" : " ┤") : (row % 2 ? " |" : " +"), out);
}

static void show_chart(const struct show *show, const struct plot *plot, FILE *out)
{
	uint64_t ns = plot->series.slice_ns * plot->series.count;
	struct units_text end = units_duration(ns);

	for (size_t row = show->rows; row-- > 0;) {
		show_label(show, row, out);
		for (size_t i = 0; i < show->columns; i++)
			fputs(show_cell(show, &show->slice[i], row), out);
		putc('\n', out);
	}
	fprintf(out, "%*s0%*s\n", SHOW_MARGIN, "", (int)show->columns - 1, end.s);
}

static void show_head(const struct report *report, FILE *out)
{
	char name[128];

	text_clean(name, sizeof(name), report->header.name);
	fprintf(out, "%s: %s ticks in %s, period %s, %s missed, %s dropped\n", name,
		units_count(report->ticks).s,
		units_duration(report->last_ns - report->first_ns).s,
		units_period(report->period_ns).s, units_count(report->missed).s,
		units_count(report->lost).s);
	fprintf(out, "lateness p50 %s, p99 %s, p99.9 %s, max %s\n",
		units_time(spread_quantile(&report->spread, 50000)).s,
		units_time(spread_quantile(&report->spread, 99000)).s,
		units_time(spread_quantile(&report->spread, 99900)).s,
		units_time(report->spread.max_ns).s);
}

static void show_spread(const struct report *report, size_t columns, unsigned int rows, FILE *out)
{
	struct frk_source source = { 0 };

	memcpy(source.histogram, report->histogram, sizeof(source.histogram));
	view_histogram(&source, columns, rows, out);
}

/* Bars that there will be. */
static size_t show_bars(const struct report *report)
{
	size_t first = FRK_NETLINK_HISTOGRAM_BUCKETS, last = 0;

	for (size_t i = 0; i < FRK_NETLINK_HISTOGRAM_BUCKETS; i++) {
		if (!report->histogram[i])
			continue;
		first = i < first ? i : first;
		last = i;
	}
	return last - first + 1 < SHOW_BARS ? last - first + 1 : SHOW_BARS;
}

/* The drift of each column since the one before, between its extremes. */
static void show_drift(const struct show *show, const struct report *report, FILE *out)
{
	static const char *const wide[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const narrow[] = { "1", "2", "3", "4", "5", "6", "7", "8" };
	int64_t ppb[SHOW_COLUMNS], low = INT64_MAX, high = INT64_MIN;
	struct series_slice last = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < show->columns; i++) {
		const struct series_slice *slice = &show->slice[i];

		if (!slice->count || slice->nominal_ns <= last.nominal_ns)
			continue;
		ppb[n] = report_ratio_ppb(slice->real_ns - last.real_ns,
					  slice->nominal_ns - last.nominal_ns);
		low = ppb[n] < low ? ppb[n] : low;
		high = ppb[n] > high ? ppb[n] : high;
		last = *slice;
		n++;
	}
	fprintf(out, "%*s ", SHOW_MARGIN - 1, "drift");
	for (size_t i = 0; i < n; i++) {
		uint64_t range = (uint64_t)high - (uint64_t)low;
		size_t level = range ? (size_t)((double)((uint64_t)ppb[i] - (uint64_t)low) /
						(double)range * 7 + 0.5) : 3;

		fputs((text_is_utf8() ? wide : narrow)[level], out);
	}
	fprintf(out, "\n%*s%s in all; a column from %s to ", SHOW_MARGIN, "",
		units_ppm(report_drift_ppb(report)).s, units_ppm(n ? low : 0).s);
	fprintf(out, "%s\n", units_ppm(n ? high : 0).s);
}

void plot_show(const struct plot *plot, size_t columns, size_t rows, FILE *out)
{
	static struct show show;
	size_t used = SHOW_LINES + show_bars(&plot->report);
	size_t chart = rows > used + 4 ? rows - used : 4;

	show_init(&show, plot, columns > SHOW_MARGIN + 10 ? columns - SHOW_MARGIN : 10, chart);
	show_head(&plot->report, out);
	fprintf(out, "%*s%s\n", SHOW_MARGIN, "", text_is_utf8() ?
		"█ mean, ▪░▪ from the least to the greatest" :
		"# mean, *:* from the least to the greatest");
	show_chart(&show, plot, out);
	putc('\n', out);
	show_spread(&plot->report, columns, SHOW_BARS, out);
	putc('\n', out);
	if (plot->report.nominal_ns)
		show_drift(&show, &plot->report, out);
}

// SPDX-License-Identifier: MIT
/*
 * The picture: three panels under one another, by gnuplot.  A curve ends where
 * there are no ticks, and goes on where there are some again.
 */
#include <inttypes.h>

#include "common/gnuplot.h"
#include "common/text.h"
#include "common/units.h"
#include "plot/plot.h"

#define DRAW_HEIGHT	960
/* Points of the drift: over too short a time it is that of two ticks. */
#define DRAW_DRIFTS	32
#define DRAW_DRIFT_NS	UINT64_C(500000000)

static double draw_at(const struct series *series, size_t slice)
{
	return (double)slice * (double)series->slice_ns / 1e9;
}

/* A name may hold anything; in single quotes only another one is not itself, and
 * two of them at the beginning are not one. */
static void draw_quoted(const char *text, FILE *out)
{
	char clean[128];

	text_clean(clean, sizeof(clean), text);
	for (const char *at = clean; *at; at++)
		if (*at == '\'')
			fputs("’", out);
		else
			putc(*at, out);
}

static void draw_title(const struct report *report, FILE *out)
{
	fputs("set multiplot layout 3,1 margins 0.13,0.96,0.06,0.92 spacing 0.10 title '", out);
	draw_quoted(report->header.name, out);
	fprintf(out, ": %s ticks in %s, period %s, drift %s, %s missed, %s dropped'\n",
		units_count(report->ticks).s,
		units_duration(report->last_ns - report->first_ns).s,
		units_period(report->period_ns).s, units_ppm(report_drift_ppb(report)).s,
		units_count(report->missed).s, units_count(report->lost).s);
}

/* Time, least, mean and greatest lateness. */
static void draw_lateness(const struct plot *plot, FILE *out)
{
	const struct series *series = &plot->series;
	const struct spread *spread = &plot->report.spread;

	fputs("$lateness << EOD\n", out);
	for (size_t i = 0; i < series->count; i++) {
		const struct series_slice *slice = &series->slice[i];

		if (slice->count)
			fprintf(out, "%.6f %g %g %g\n", draw_at(series, i) + draw_at(series, 1) / 2,
				gnuplot_s(slice->min_ns), gnuplot_s(slice->sum_ns / slice->count),
				gnuplot_s(slice->max_ns));
		else if (i && series->slice[i - 1].count && series->slice_ns > 100000000)
			putc('\n', out);
	}
	fprintf(out, "EOD\nset logscale y\nset xlabel 'time in s'\nset ylabel 'lateness'\n"
		"set xrange [0:%g]\nset yrange [%g:%g]\nset format y as_time\n"
		"plot $lateness using 1:2:4 with filledcurves title 'from the least to the greatest' "
		"lc rgb '#a6cbe8', $lateness using 1:3 with lines title 'mean' lw 1.5 lc rgb '%s'\n",
		draw_at(series, series->count), gnuplot_s(spread->min_ns) / 1.5,
		gnuplot_s(spread->max_ns) * 2, gnuplot_colour(0));
}

static void draw_spread(const struct report *report, FILE *out)
{
	static const struct {
		unsigned int per_100000;
		const char *name;
	} quantile[] = { { 50000, "p50" }, { 99000, "p99" }, { 99900, "p99.9" } };

	fprintf(out, "set logscale x\nset xlabel 'lateness'\nset ylabel 'ticks later than that, %%'\n"
		"set xrange [%g:%g]\nset yrange [*:300]\nset format x as_time\nset format y '%%g'\n",
		gnuplot_s(report->spread.min_ns) / 1.5, gnuplot_s(report->spread.max_ns) * 2.5);
	for (size_t i = 0; i < sizeof(quantile) / sizeof(*quantile); i++) {
		uint64_t ns = spread_quantile(&report->spread, quantile[i].per_100000);
		double above = 100 - (double)quantile[i].per_100000 / 1000;

		fprintf(out, "set label %zu '%s: %s' at %g,%g left offset 0.8,0.6 point pt 7 ps 0.8 lc rgb '%s'\n",
			i + 1, quantile[i].name, units_time(ns).s, gnuplot_s(ns), above,
			gnuplot_colour(0));
	}
	fprintf(out, "plot '-' with steps notitle lw 2 lc rgb '%s'\n", gnuplot_colour(0));
	gnuplot_above(&report->spread, out);
	fputs("unset label\nunset logscale\nset yrange [*:*]\nset format x '%g'\n", out);
}

/* Slices for a point. */
static size_t draw_drift_step(const struct series *series)
{
	size_t step = (series->count + DRAW_DRIFTS - 1) / DRAW_DRIFTS;
	size_t least = DRAW_DRIFT_NS / series->slice_ns;

	return step > least ? step : least;
}

struct draw_range {
	double low, high;
};

static void draw_stretch(struct draw_range *range, double value)
{
	range->low = value < range->low ? value : range->low;
	range->high = value > range->high ? value : range->high;
}

/* Time, drift since the time before, drift since the beginning. */
static void draw_drift_data(const struct series *series, size_t step, FILE *out)
{
	struct draw_range range = { 0 };
	struct series_slice last = { 0 }, joined;

	fputs("$drift << EOD\n", out);
	for (size_t i = 0; i < series->count; i += step) {
		double since, all;

		joined = series_join(series, i, step);
		/* The end is no point of its own, unless there is no other. */
		if (!joined.count || joined.nominal_ns <= last.nominal_ns ||
		    (i && i + step > series->count))
			continue;
		since = (double)report_ratio_ppb(joined.real_ns - last.real_ns,
						 joined.nominal_ns - last.nominal_ns) / 1000;
		all = (double)report_ratio_ppb(joined.real_ns, joined.nominal_ns) / 1000;
		fprintf(out, "%.6f %.4f %.4f\n",
			draw_at(series, i + step < series->count ? i + step : series->count),
			since, all);
		draw_stretch(&range, since);
		draw_stretch(&range, all);
		last = joined;
	}
	fprintf(out, "EOD\nset yrange [%g:%g]\n",
		range.low - (range.high - range.low) / 10 - 0.1,
		range.high + (range.high - range.low) / 10 + 0.1);
}

static void draw_drift(const struct series *series, FILE *out)
{
	size_t step = draw_drift_step(series);

	draw_drift_data(series, step, out);
	fprintf(out, "set xlabel 'time in s'\nset ylabel 'drift in ppm'\nset xrange [0:%g]\n"
		"set xzeroaxis lt 1 lw 1 lc rgb '#888888'\n"
		"plot $drift using 1:2 with linespoints pt 7 ps 0.5 lw 1 lc rgb '%s' title 'over %s each', "
		"$drift using 1:3 with linespoints pt 7 ps 0.5 lw 2 lc rgb '%s' title 'since the beginning'\n",
		draw_at(series, series->count), gnuplot_colour(3),
		units_time((uint64_t)step * series->slice_ns).s, gnuplot_colour(0));
}

static void draw_script(FILE *out, const void *data)
{
	const struct plot *plot = data;

	draw_title(&plot->report, out);
	fputs("set key at graph 1,1.12 right top horizontal\n", out);
	draw_lateness(plot, out);
	draw_spread(&plot->report, out);
	if (plot->report.nominal_ns)
		draw_drift(&plot->series, out);
	fputs("unset multiplot\n", out);
}

int plot_draw(const struct plot *plot, const char *file, int fd)
{
	return gnuplot_draw(file, fd, DRAW_HEIGHT, draw_script, plot);
}

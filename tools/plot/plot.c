// SPDX-License-Identifier: MIT
/*
 * Ticks become sums: those of a report, and the same in the course of time.
 */
#include <errno.h>

#include "plot/plot.h"
#include "record/decode.h"

void plot_tick(struct plot *plot, const struct record_tick *tick)
{
	struct report *report = &plot->report;

	report_tick(report, tick);
	if (tick->periods)
		series_add(&plot->series, tick->fired_ns, report_lateness_ns(report, tick),
			   report->real_ns, report->nominal_ns);
}

static void plot_read_period(uint64_t period_ns, void *data)
{
	struct plot *plot = data;

	report_period(&plot->report, period_ns);
}

static void plot_read_tick(const struct record_tick *tick, void *data)
{
	plot_tick(data, tick);
}

static void plot_read_event(const struct frk_source_event *event, void *data)
{
	struct plot *plot = data;

	report_event(&plot->report, event);
}

static void plot_read_end(const struct record_end *end, void *data)
{
	struct plot *plot = data;

	plot->report.end = *end;
}

int plot_read(struct plot *plot, FILE *in, const char **ret_why)
{
	static const struct decode_ops ops = {
		.period = plot_read_period, .tick = plot_read_tick,
		.event = plot_read_event, .end = plot_read_end,
	};
	int rc = decode_header(in, &plot->report.header, ret_why);

	if (rc)
		return rc;
	rc = decode_blocks(in, &ops, plot, ret_why);
	/* A cut is how a recording ends that nobody could end. */
	if (rc && rc != -ENODATA)
		plot->report.damage = *ret_why;
	return rc ? 1 : 0;
}

bool plot_is_empty(const struct plot *plot, const char *hint)
{
	if (plot->report.ticks)
		return false;
	fprintf(stderr, "fraktor: there is nothing to draw: not one tick came%s\n", hint);
	return true;
}

// SPDX-License-Identifier: MIT
/*
 * The report for people: a page, then what happened in the order of time.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "common/units.h"
#include "common/view.h"
#include "record/report.h"

#define REPORT_ROWS 10

static struct units_text report_name(const char *name)
{
	struct units_text text;

	text_clean(text.s, sizeof(text.s), name);
	return text;
}

static void report_begin(const struct report *report, FILE *out)
{
	time_t seconds = (time_t)(report->header.realtime_ns / 1000000000);
	char begin[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(begin, sizeof(begin), "%F %T", &tm);
	fprintf(out, "%s: recorded from %s on", report_name(report->header.name).s, begin);
	if (report->end.why)
		fprintf(out, " for %s (%s)\n\n",
			units_duration(report->end.monotonic_ns - report->header.monotonic_ns).s,
			report_why(report));
	else
		fputs(", cut\n\n", out);
}

static void report_head(const struct report *report, FILE *out)
{
	const struct record_header *header = &report->header;

	report_begin(report, out);
	fprintf(out, "  source    %" PRIu32 ", %s on CPU %" PRIu32 ", module %s\n", header->source,
		report_name(header->driver).s, header->cpu, report_name(header->module).s);
	fprintf(out, "  period    %s (%s ticks/s), clock %s\n",
		units_period(header->period_ns).s, units_rate(header->period_ns).s,
		units_clock(header->clockid));
	fprintf(out, "  ticks     %s in %s", units_count(report->ticks).s,
		units_duration(report->last_ns - report->first_ns).s);
	if (report->longest_ns)
		fprintf(out, ", at most %s apart", units_time(report->longest_ns).s);
	putc('\n', out);
	if (report->nominal_ns)
		fprintf(out, "  drift     %s\n", units_ppm(report_drift_ppb(report)).s);
	else
		fputs("  drift     unknown\n", out);
	fprintf(out, "  lost      %s missed, %s dropped by the recorder in %s gap%s\n",
		units_count(report->missed).s, units_count(report->lost).s,
		units_count(report->gaps).s, report->gaps == 1 ? "" : "s");
	if (report->early)
		fprintf(out, "  lead      %s ticks before their deadline\n",
			units_count(report->early).s);
	fprintf(out, "  had       %s late, %s start%s, %s change%s, %s note%s, %zu event%s\n",
		units_count(report->late).s,
		units_count(report->starts).s, report->starts == 1 ? "" : "s",
		units_count(report->changes).s, report->changes == 1 ? "" : "s",
		units_count(report->notes).s, report->notes == 1 ? "" : "s",
		report->events, report->events == 1 ? "" : "s");
}

static void report_lateness(const struct report *report, size_t columns, FILE *out)
{
	const struct spread *spread = &report->spread;
	struct frk_source source = { 0 };

	if (!spread->count) {
		fputs("  lateness  no tick\n", out);
		return;
	}
	fprintf(out, "  lateness  mean %s, min %s, max %s\n",
		units_time(spread->sum_ns / spread->count).s,
		units_time(spread->min_ns).s, units_time(spread->max_ns).s);
	fprintf(out, "            p50 %s, p99 %s, p99.9 %s\n\n",
		units_time(spread_quantile(spread, 50000)).s,
		units_time(spread_quantile(spread, 99000)).s,
		units_time(spread_quantile(spread, 99900)).s);
	memcpy(source.histogram, report->histogram, sizeof(source.histogram));
	view_histogram(&source, columns, REPORT_ROWS, out);
}

/* Seconds since the beginning; before it there may be something, too. */
static void report_time(const struct report *report, uint64_t ns, FILE *out)
{
	int64_t since_ns = (int64_t)(ns - report->header.monotonic_ns);

	fprintf(out, "  %+13.6f s  ", (double)since_ns / 1e9);
}

static void report_print_gap(const struct report *report, const struct report_gap *gap, FILE *out)
{
	report_time(report, gap->fired_ns, out);
	fprintf(out, "gap: %s record%s dropped before this\n", units_count(gap->records).s,
		gap->records == 1 ? "" : "s");
}

static void report_print_event(const struct report *report, const struct frk_source_event *event,
			       FILE *out)
{
	report_time(report, event->time_ns, out);
	fputs(frk_source_event_name(event->type), out);
	if (event->reason)
		fprintf(out, " (%s)", frk_source_reason_name(event->reason));
	fprintf(out, ", %s ticks, %s dropped", units_count(event->ticks).s,
		units_count(event->dropped).s);
	if (event->reader_id)
		fprintf(out, ", reader %" PRIu32, event->reader_id);
	else if (event->drift_ppb)
		fprintf(out, ", %s in the last second", units_ppm(event->drift_ppb).s);
	else if (event->period_ns)
		fprintf(out, ", period %s", units_period(event->period_ns).s);
	putc('\n', out);
}

/* Gaps have times of the source's clock: other than monotonic, they go last. */
static void report_timeline(const struct report *report, FILE *out)
{
	size_t gaps = report->gaps < REPORT_GAPS ? report->gaps : REPORT_GAPS, gap = 0;
	bool together = report->header.clockid == CLOCK_MONOTONIC;

	if (!report->events && !gaps)
		return;
	putc('\n', out);
	for (size_t i = 0; i < report->events; i++) {
		for (; together && gap < gaps && report->gap[gap].fired_ns <= report->event[i].time_ns;
		     gap++)
			report_print_gap(report, &report->gap[gap], out);
		report_print_event(report, &report->event[i], out);
	}
	for (; gap < gaps; gap++)
		report_print_gap(report, &report->gap[gap], out);
	if (report->gaps > gaps)
		fprintf(out, "  and %s gaps more\n", units_count(report->gaps - gaps).s);
}

void report_text(const struct report *report, size_t columns, FILE *out)
{
	report_head(report, out);
	report_lateness(report, columns, out);
	report_timeline(report, out);
}

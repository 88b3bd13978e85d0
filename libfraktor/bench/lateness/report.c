/* SPDX-License-Identifier: MIT */
/*
 * report.c - quantiles and rates of one measurement, printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Values of which not more than @per_10000 are below. */
static int64_t quantile(const struct report *report, unsigned int per_10000)
{
	size_t i = report->n * per_10000 / 10000;

	return report->run->lateness_ns[i < report->n ? i : report->n - 1];
}

static void sort(const struct report *report)
{
	qsort(report->run->lateness_ns, report->n, sizeof(*report->run->lateness_ns),
	      compare);
}

static size_t early(const struct report *report)
{
	size_t i = 0;

	while (i < report->n && report->run->lateness_ns[i] < 0)
		i++;
	return i;
}

/* How much slower than asked for, in parts per 10^6, from first to last tick. */
static double rate_error_ppm(const struct bench_run *run)
{
	double wanted = (double)(run->last_deadline_ns - run->first_deadline_ns);

	if (wanted <= 0)
		return 0;
	return ((double)(run->last_ns - run->first_ns) / wanted - 1) * 1e6;
}

void report_head(void)
{
	printf("%-20s %8s %8s %8s %10s %10s %9s %8s  (ns after the deadline)\n", "path",
	       "p50", "p99", "p99.9", "max", "rate ppm", "cost", "wake-ups");
}

static void cell(double value, int width, int digits)
{
	if (value < 0)
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, digits, value);
}

void report_line(const struct report *report)
{
	if (report->err) {
		printf("%-20s %s (%s)\n", report->path, report->note,
		       strerror(-report->err));
		return;
	}
	sort(report);
	printf("%-20s %8" PRId64 " %8" PRId64 " %8" PRId64 " %10" PRId64 " %10.1f",
	       report->path, quantile(report, 5000), quantile(report, 9900),
	       quantile(report, 9990), quantile(report, 10000),
	       rate_error_ppm(report->run));
	cell(report->cost, 9, 0);
	cell(report->wakeups, 8, 2);
	printf("  %s\n", report->note);
	fflush(stdout);
}

static void member(const char *name, double value, int digits)
{
	if (value < 0)
		printf(",\"%s\":null", name);
	else
		printf(",\"%s\":%.*f", name, digits, value);
}

static void json_figures(const struct report *report)
{
	static const struct {
		const char *name;
		unsigned int per_10000;
	} quantiles[] = {
		{ "min_ns", 0 },    { "p50_ns", 5000 },	 { "p90_ns", 9000 },
		{ "p99_ns", 9900 }, { "p999_ns", 9990 }, { "max_ns", 10000 },
	};
	const struct bench_run *run = report->run;
	size_t i;

	for (i = 0; i < sizeof(quantiles) / sizeof(*quantiles); i++)
		printf(",\"%s\":%" PRId64, quantiles[i].name,
		       quantile(report, quantiles[i].per_10000));
	printf(",\"early\":%zu,\"rate_error_ppm\":%.1f", early(report),
	       rate_error_ppm(run));
	member("cost_per_tick", report->cost, 0);
	member("wakeups_per_tick", report->wakeups, 3);
}

void report_json(const struct report *report)
{
	printf("{\"path\":\"%s\",\"period_ns\":%" PRIu64 ",\"readers\":%u", report->path,
	       report->run->period_ns, report->readers);
	if (report->err) {
		printf(",\"error\":%d", report->err);
	} else {
		sort(report);
		printf(",\"ticks\":%zu", report->run->n);
		json_figures(report);
	}
	/* Notes are ours: no quotes in them. */
	printf(",\"note\":\"%s\"}\n", report->note);
	fflush(stdout);
}

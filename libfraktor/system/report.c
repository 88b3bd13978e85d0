// SPDX-License-Identifier: MIT
/*
 * report.c - the metrics of a system as a line: for people once a second, for
 * machines at the end.  Measures nothing itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "system/system.h"

#define FIELD 24

/* Parts per 10^9 as "+0.0" ppm: always a sign, and zero is positive. */
static const char *ppm(char text[FIELD], int64_t ppb)
{
	uint64_t size = ppb < 0 ? -(uint64_t)ppb : (uint64_t)ppb;
	uint64_t tenths = size / 100 + (size % 100 >= 50);

	snprintf(text, FIELD, "%c%llu.%llu", ppb < 0 && tenths ? '-' : '+',
		 (unsigned long long)tenths / 10,
		 (unsigned long long)tenths % 10);
	return text;
}

/* A duration with the unit that leaves three or four digits before it. */
static const char *human(char text[FIELD], uint64_t ns)
{
	if (ns < 1000)
		snprintf(text, FIELD, "%llu ns", (unsigned long long)ns);
	else if (ns < 1000000)
		snprintf(text, FIELD, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		snprintf(text, FIELD, "%.1f ms", (double)ns / 1e6);
	else
		snprintf(text, FIELD, "%.1f s", (double)ns / 1e9);
	return text;
}

static bool is_terminal(FILE *stream)
{
	int fd = fileno(stream);

	return fd >= 0 && isatty(fd);
}

int frk_report_live(struct frk_system *system, FILE *stream)
{
	char drift[FIELD], p50[FIELD], p99[FIELD], max[FIELD];
	struct frk_metrics metrics;
	bool replace;

	if (!stream || frk_system_get_metrics(system, &metrics))
		return -EINVAL;
	replace = is_terminal(stream);
	fprintf(stream,
		"%s%llu ticks/s  drift %s ppm  lateness p50 %s  p99 %s  max %s  missed %llu  dropped %llu%s",
		replace ? "\r" : "",
		(unsigned long long)metrics.ticks_last_second,
		ppm(drift, metrics.drift_last_second_ppb),
		human(p50, metrics.lateness_p50_ns),
		human(p99, metrics.lateness_p99_ns),
		human(max, metrics.lateness_max_ns),
		(unsigned long long)metrics.missed_total,
		(unsigned long long)metrics.dropped_total,
		replace ? "\033[K" : "\n");
	fflush(stream);
	/* Cosmetics for frk_report_summary(); pairs with nothing. */
	atomic_store_explicit(&system->live_line, replace,
			      memory_order_relaxed);
	return 0;
}

/* The live line stays; what follows on the terminal begins a line of its own. */
static void end_live_line(struct frk_system *system, FILE *stream)
{
	if (atomic_exchange_explicit(&system->live_line, false,
				     memory_order_relaxed) &&
	    is_terminal(stream))
		fputc('\n', stream);
}

static void print_lateness(const struct frk_metrics *metrics, FILE *stream)
{
	fprintf(stream, " lateness_ns p50=%llu p99=%llu max=%llu\n",
		(unsigned long long)metrics->lateness_p50_ns,
		(unsigned long long)metrics->lateness_p99_ns,
		(unsigned long long)metrics->lateness_max_ns);
}

/* Logical time in whole milliseconds, rounded: "10.000". */
static void print_seconds(struct frk_system *system, FILE *stream)
{
	uint64_t ns = atomic_load_explicit(&system->elapsed_ns,
					   memory_order_relaxed);
	uint64_t ms = ns / 1000000 + (ns % 1000000 >= 500000);

	fprintf(stream, " seconds=%llu.%03llu", (unsigned long long)ms / 1000,
		(unsigned long long)ms % 1000);
}

static void print_losses(const struct frk_metrics *metrics, FILE *stream)
{
	char drift[FIELD];

	fprintf(stream, " drift_ppm=%s missed=%llu dropped=%llu",
		ppm(drift, metrics->drift_ppb), (unsigned long long)metrics->missed_total,
		(unsigned long long)metrics->dropped_total);
	print_lateness(metrics, stream);
}

/* The first one's line is the system's. */
static void print_workers(struct frk_system *system, FILE *stream)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	for (unsigned int i = 1; !frk_system_get_worker(system, i, &info, &metrics); i++) {
		fprintf(stream, "fraktor: worker=%u driver=%s ticks=%llu", i, info.name,
			(unsigned long long)metrics.ticks_total);
		print_losses(&metrics, stream);
	}
}

int frk_report_summary(struct frk_system *system, FILE *stream)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;
	struct utsname kernel;

	if (!stream || frk_system_get_metrics(system, &metrics) ||
	    frk_system_get_driver(system, &info) || uname(&kernel))
		return -EINVAL;
	end_live_line(system, stream);
	fprintf(stream, "fraktor: driver=%s kernel=%s ticks=%llu", info.name,
		kernel.release, (unsigned long long)metrics.ticks_total);
	print_seconds(system, stream);
	print_losses(&metrics, stream);
	print_workers(system, stream);
	fflush(stream);
	return 0;
}

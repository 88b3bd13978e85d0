/* SPDX-License-Identifier: MIT */
/*
 * library.c - the drivers of libfraktor, with all that they do for a program:
 * a histogram, drift, the last second; by how the reader waits, and by intent.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <fraktor/tick.h>

#include "bench.h"

#define BATCH 16

static int line_run(struct frk_line *line, struct bench_run *run)
{
	struct frk_tick ticks[BATCH];
	int i, n, err = 0;

	while (bench_more(run) && !err) {
		n = frk_line_drain(line, ticks, BATCH);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++)
			if (ticks[i].periods)
				bench_hold(run, ticks[i].deadline_ns, bench_now_ns());
		if (!n)
			err = frk_line_wait(line);
	}
	return err;
}

/* How the reader waited; with a lead, how often that was long enough. */
static void line_note(struct frk_line *line, struct bench_run *run)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	frk_line_get_info(line, &info);
	frk_line_get_metrics(line, &metrics);
	if (metrics.lead_ticks_total)
		snprintf(run->note, sizeof(run->note),
			 "%s, lead %" PRIu64 ", spin %" PRIu64 " a tick, %" PRIu64
			 " of %" PRIu64 " hit",
			 info.path, metrics.lead_ns, metrics.spin_mean_ns,
			 metrics.lead_hits_total, metrics.lead_ticks_total);
	else
		snprintf(run->note, sizeof(run->note), "%s%s%s", info.path,
			 *info.note ? ": " : "", info.note);
}

static int library_run(const struct frk_driver_ops *ops, struct bench_run *run,
		       enum frk_latency latency, enum frk_wait wait, uint64_t lead_ns)
{
	struct frk_driver_opts opts =
		FRK_DRIVER_OPTS(.name = "bench", .period_ns = run->period_ns,
				.rt_priority = BENCH_PRIORITY, .latency = latency,
				.wait = wait, .lead_ns = lead_ns, );
	struct frk_error error;
	struct frk_line *line;
	int err;

	err = frk_line_open(ops, &opts, &error, &line);
	if (err)
		return bench_fail(run, err, error.text);
	err = frk_line_start(line, &error);
	if (err)
		bench_fail(run, err, error.text);
	else
		err = line_run(line, run);
	if (!err)
		line_note(line, run);
	frk_line_close(line);
	return err;
}

static int kernel_run(struct bench_run *run, enum frk_latency latency, enum frk_wait wait,
		      uint64_t lead_ns)
{
	return library_run(&frk_driver_kernel, run, latency, wait, lead_ns);
}

int bench_run_library_kernel(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_DEFAULT, FRK_WAIT_AUTO, 0);
}

int bench_run_library_poll(struct bench_run *run)
{
	int err;

	setenv("FRAKTOR_NO_URING", "1", 1);
	err = kernel_run(run, FRK_LATENCY_DEFAULT, FRK_WAIT_AUTO, 0);
	unsetenv("FRAKTOR_NO_URING");
	return err;
}

int bench_run_library_timerfd(struct bench_run *run)
{
	return library_run(&frk_driver_timerfd, run, FRK_LATENCY_DEFAULT, FRK_WAIT_AUTO,
			   0);
}

int bench_run_library_block(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_DEFAULT, FRK_WAIT_BLOCK, 0);
}

int bench_run_library_spin(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_DEFAULT, FRK_WAIT_SPIN, 0);
}

int bench_run_library_hybrid(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_DEFAULT, FRK_WAIT_HYBRID, 0);
}

int bench_run_library_lead(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_DEFAULT, FRK_WAIT_URING, FRK_LEAD_AUTO);
}

int bench_run_library_powersave(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_POWERSAVE, FRK_WAIT_AUTO, 0);
}

int bench_run_library_balanced(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_BALANCED, FRK_WAIT_AUTO, 0);
}

int bench_run_library_low(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_LOW, FRK_WAIT_AUTO, 0);
}

int bench_run_library_lowest(struct bench_run *run)
{
	return kernel_run(run, FRK_LATENCY_LOWEST, FRK_WAIT_AUTO, 0);
}

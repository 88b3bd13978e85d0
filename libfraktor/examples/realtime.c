/* SPDX-License-Identifier: MIT */
/*
 * realtime.c - a real-time loop without actors, to copy: prepare, open a tick
 * line, work at every tick.  "realtime [TICKS [PRIORITY [CPU]]]".
 */
#include <fraktor/fraktor.h>
#include <inttypes.h>
#include <stdlib.h>

static int work(struct frk_line *line, uint64_t ticks, struct frk_error *error)
{
	struct frk_tick batch[16];
	int n, ret = frk_line_start(line, error);

	for (uint64_t i = 0; i < ticks && !ret;) {
		n = frk_line_drain(line, batch, 16);
		if (n < 0)
			return n;
		for (int j = 0; j < n; j++)
			i += batch[j].periods; /* the work of so many periods */
		if (!n)
			ret = frk_line_wait(line);
	}
	return ret;
}

int main(int argc, char **argv)
{
	uint64_t ticks = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000;
	struct frk_error error = { 0 };
	struct frk_rt_opts rt_opts = FRK_RT_OPTS(.error = &error);
	struct frk_driver_opts opts = { .size = sizeof(opts), .name = "realtime",
					.period_ns = FRK_MS(1) };
	struct frk_metrics metrics;
	struct frk_line *line;
	struct frk_rt *rt;

	rt_opts.rt_priority = argc > 2 ? atoi(argv[2]) : 80;
	opts.cpu = rt_opts.cpu = argc > 3 ? FRK_CPU(atoi(argv[3])) : 0;
	if (frk_rt_prepare(&rt_opts, &rt))
		return frk_error_print(&error, stderr);
	/* Where the module is not loaded, the same with a timerfd. */
	if (frk_line_open(&frk_driver_kernel, &opts, &error, &line) &&
	    frk_line_open(&frk_driver_timerfd, &opts, &error, &line))
		return frk_error_print(&error, stderr);
	if (work(line, ticks, &error))
		return frk_error_print(&error, stderr);
	frk_line_get_metrics(line, &metrics);
	printf("%" PRIu64 " periods, lateness p50 %" PRIu64 " ns, p99 %" PRIu64 " ns, missed %" PRIu64 "\n",
	       metrics.periods_total, metrics.lateness_p50_ns, metrics.lateness_p99_ns,
	       metrics.missed_total);
	frk_line_close(line);
	return frk_rt_release(rt) ? 1 : 0;
}

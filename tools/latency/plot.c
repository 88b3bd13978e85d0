// SPDX-License-Identifier: MIT
/*
 * A plot: what share of the ticks was later than a time, both on logarithmic
 * scales, so that the rare late ones can be seen.
 */
#include <errno.h>

#include "common/gnuplot.h"
#include "common/units.h"
#include "latency/latency.h"

static void plot_script(FILE *out, const void *data)
{
	const struct latency_run *run = data;
	size_t curves = 0;

	fprintf(out, "set title 'fraktor latency: period %s, %s'\n",
		units_period(run->plan.period_ns).s,
		run->plan.rt_priority ? "SCHED_FIFO" : "no real-time priority");
	fputs("set logscale xy\nset xlabel 'lateness'\nset format x as_time\n"
	      "set ylabel 'ticks later than that, %'\nset yrange [:150]\n"
	      "set style data steps\n", out);
	for (size_t i = 0; i < run->paths; i++)
		if (run->path[i].spread.count)
			fprintf(out, "%s '-' title '%s' lw 2 lc rgb '%s'",
				curves++ ? "," : "plot", run->path[i].kind->name,
				gnuplot_colour(i));
	putc('\n', out);
	for (size_t i = 0; i < run->paths; i++)
		if (run->path[i].spread.count)
			gnuplot_above(&run->path[i].spread, out);
}

int latency_plot(const struct latency_run *run, const char *file, int fd)
{
	uint64_t ticks = 0;

	for (size_t i = 0; i < run->paths; i++)
		ticks += run->path[i].spread.count;
	if (ticks)
		return gnuplot_draw(file, fd, 540, plot_script, run);
	gnuplot_abandon(file, fd, "nothing was measured");
	return -ENODATA;
}

// SPDX-License-Identifier: MIT
/*
 * What was measured, for people: a table whose figures stand beside those of
 * clock_nanosleep, then bars.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/table.h"
#include "common/text.h"
#include "common/units.h"
#include "latency/latency.h"

/* Lines around the bars: head, table's head, blank, bars' head. */
#define PRINT_LINES	4

static const struct latency_path *print_floor(const struct latency_run *run)
{
	for (size_t i = 0; i < run->paths; i++)
		if (run->path[i].kind == latency_floor)
			return &run->path[i];
	return NULL;
}

static struct spread *print_copy(const struct latency_path *path)
{
	/* One thread prints; each caller is done with it before the next. */
	static struct spread copy;

	spread_copy(&path->spread, &copy);
	return &copy;
}

uint64_t latency_ratio(const struct latency_run *run, const struct latency_path *path,
		       unsigned int per_100000)
{
	const struct latency_path *floor = print_floor(run);
	uint64_t ns, floor_ns;

	if (!floor)
		return 0;
	floor_ns = spread_quantile(print_copy(floor), per_100000);
	ns = spread_quantile(print_copy(path), per_100000);
	return floor_ns ? (ns * 1000 + floor_ns / 2) / floor_ns : 0;
}

static void print_ratio(char *cell, const struct latency_run *run,
			const struct latency_path *path, unsigned int per_100000)
{
	uint64_t ratio = latency_ratio(run, path, per_100000);

	if (ratio)
		snprintf(cell, TABLE_CELL_SIZE, "%.2f", (double)ratio / 1000);
	else
		strcpy(cell, "-");
}

static void print_row(struct table *table, const struct latency_run *run,
		      const struct latency_path *path)
{
	static const unsigned int quantiles[] = { 50000, 99000, 99900 };
	struct table_row *row = table_add(table);
	struct spread *spread;

	if (!row)
		return;
	spread = print_copy(path);
	strcpy(row->cell[0], path->kind->name);
	strcpy(row->cell[1], units_time(spread->min_ns).s);
	for (size_t i = 0; i < 3; i++)
		strcpy(row->cell[2 + i], units_time(spread_quantile(spread, quantiles[i])).s);
	strcpy(row->cell[5], units_time(spread->max_ns).s);
	strcpy(row->cell[6], units_count(path->missed).s);
	print_ratio(row->cell[7], run, path, 50000);
	print_ratio(row->cell[8], run, path, 99000);
}

static void print_table(const struct latency_run *run, size_t columns, FILE *out)
{
	static const char *const plain[] = {
		"PATH", "MIN", "P50", "P99", "P99.9", "MAX", "MISSED", "xP50", "xP99",
	};
	struct table table;

	if (table_init(&table, 9, 1, plain))
		return;
	for (size_t i = 0; i < run->paths; i++)
		print_row(&table, run, &run->path[i]);
	table_print(&table, out, columns);
	table_fini(&table);
}

static void print_head(const struct latency_run *run, FILE *out)
{
	const struct latency_plan *plan = &run->plan;
	uint64_t ticks = 0;

	for (size_t i = 0; i < run->paths; i++)
		ticks += __atomic_load_n(&run->path[i].spread.count, __ATOMIC_RELAXED);
	fprintf(out, "period %s, %s of %s ticks", units_period(plan->period_ns).s,
		units_count(ticks).s, units_count(plan->ticks * run->paths).s);
	if (plan->rt_priority)
		fprintf(out, ", SCHED_FIFO %d", plan->rt_priority);
	else
		fputs(", no real-time priority", out);
	if (plan->cpu >= 0)
		fprintf(out, ", CPU %" PRId32, plan->cpu);
	putc('\n', out);
}

void latency_print(const struct latency_run *run, size_t columns, size_t rows, FILE *out)
{
	size_t used = PRINT_LINES + run->paths;

	print_head(run, out);
	print_table(run, columns, out);
	putc('\n', out);
	latency_print_bars(run, columns, rows > used + 4 ? rows - used : 4, out);
}

void latency_print_line(const struct latency_run *run, FILE *out)
{
	time_t seconds = time(NULL);
	struct spread *spread;
	char text[16] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%T", &tm);
	fputs(text, out);
	for (size_t i = 0; i < run->paths; i++) {
		spread = print_copy(&run->path[i]);
		fprintf(out, "%s %s %s ticks, p50 %s, p99 %s, max %s", i ? ";" : "",
			run->path[i].kind->name, units_count(spread->count).s,
			units_time(spread_quantile(spread, 50000)).s,
			units_time(spread_quantile(spread, 99000)).s,
			units_time(spread->max_ns).s);
	}
	putc('\n', out);
}

// SPDX-License-Identifier: MIT
/*
 * Sources for people: a page for one, a table for many, lines for a log.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "common/table.h"
#include "common/text.h"
#include "common/view.h"

/* Lines of the page that are left for the histogram at 24 lines. */
#define VIEW_HISTOGRAM_ROWS 10

static struct units_text view_name(const char *name)
{
	struct units_text text;

	text_clean(text.s, sizeof(text.s), name);
	return text;
}

static void view_head(const struct frk_source *source, FILE *out)
{
	const char *state = frk_source_state_name(source->state);

	fprintf(out, "%s: %s", view_name(source->name).s, state);
	if (source->reason)
		fprintf(out, " (%s)", frk_source_reason_name(source->reason));
	if (source->running_ns)
		fprintf(out, "%s%s", source->reason ? ", ran for " : " for ",
			units_duration(source->running_ns).s);
	fputs("\n\n", out);
}

__attribute__((format(printf, 3, 4)))
static void view_field(FILE *out, const char *label, const char *format, ...)
{
	va_list args;

	fprintf(out, "  %-9s ", label);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	putc('\n', out);
}

static void view_lateness(const struct frk_source *source, size_t columns,
			  FILE *out)
{
	if (!source->ticks) {
		view_field(out, "lateness", "no tick yet");
		return;
	}
	view_field(out, "lateness", "mean %s, min %s, max %s",
		   units_time(source->lateness_mean_ns).s,
		   units_time(source->lateness_min_ns).s,
		   units_time(source->lateness_max_ns).s);
	view_field(out, "", "p50 %s, p99 %s, p99.9 %s",
		   view_quantile(source, 500).s, view_quantile(source, 990).s,
		   view_quantile(source, 999).s);
	putc('\n', out);
	view_histogram(source, columns, VIEW_HISTOGRAM_ROWS, out);
}

static void view_place(const struct frk_source *source, FILE *out)
{
	char home[32] = "", owner[32] = "";

	if (source->home_cpu != source->cpu)
		snprintf(home, sizeof(home), " instead of %" PRIu32, source->home_cpu);
	if (source->owner_pid)
		snprintf(owner, sizeof(owner), ", owner %" PRIu32, source->owner_pid);
	view_field(out, "source", "%" PRIu32 ", %s on CPU %" PRIu32 "%s, %" PRIu32 " reader%s%s",
		   source->id, view_name(source->driver).s, source->cpu, home,
		   source->readers, source->readers == 1 ? "" : "s", owner);
}

static void view_grid(const struct frk_source *source, FILE *out)
{
	char phase[32] = "";

	if (source->flags & FRK_SOURCE_ALIGN)
		snprintf(phase, sizeof(phase), ", aligned + %.16s",
			 source->phase_ns ? units_period(source->phase_ns).s : "0");
	view_field(out, "period", "%s (%s ticks/s), clock %s%s",
		   units_period(source->period_ns).s,
		   units_rate(source->period_ns).s,
		   units_clock(source->clockid), phase);
}

/* The grid says whether it is aligned. */
static void view_policy(const struct frk_source *source, FILE *out)
{
	uint32_t flags = source->flags & ~FRK_SOURCE_ALIGN;

	view_field(out, "policy", "%s from %s late, drift budget %s, stall %s periods",
		   frk_source_missed_name(source->missed_policy),
		   units_period(source->late_ns).s,
		   units_ppm((int64_t)source->drift_budget_ppb).s + 1,
		   units_count(source->stall_periods).s);
	if (!flags)
		return;
	fprintf(out, "%11s", "");
	for (uint32_t flag = 1; flag; flag <<= 1)
		if (flags & flag)
			fprintf(out, " %s", frk_source_flag_name(flag));
	putc('\n', out);
}

static uint64_t view_per_second(const struct frk_source *source, uint64_t count)
{
	uint64_t ms = source->running_ns / 1000000;

	return ms ? (count * 1000 + ms / 2) / ms : 0;
}

/* Early on purpose, or late on purpose: never both. */
static void view_timer(const struct frk_source *source, FILE *out)
{
	if (source->lead_ns)
		view_field(out, "lead", "%s: %s early, %s not in time",
			   units_period(source->lead_ns).s,
			   units_count(source->early).s,
			   units_count(source->lead_missed).s);
	else
		view_field(out, "accuracy", "%s",
			   units_period(source->accuracy_ns).s);
}

void view_what(const struct frk_source *source, FILE *out)
{
	view_head(source, out);
	view_place(source, out);
	view_grid(source, out);
	view_policy(source, out);
}

void view_page(const struct frk_source *source, size_t columns, FILE *out)
{
	view_what(source, out);
	view_field(out, "ticks", "%s (%s in the last second)",
		   units_count(source->ticks).s,
		   units_count(source->ticks_last_second).s);
	view_field(out, "drift", "%s (%s in the last second)",
		   units_ppm(source->drift_ppb).s,
		   units_ppm(source->drift_last_second_ppb).s);
	view_field(out, "lost", "%s missed, %s dropped, %s widened",
		   units_count(source->missed).s,
		   units_count(source->dropped).s,
		   units_count(source->widened).s);
	view_field(out, "had", "%s late, %s moves, %s suspends, interrupt %s at most",
		   units_count(source->late).s, units_count(source->moves).s,
		   units_count(source->suspends).s,
		   units_time(source->callback_max_ns).s);
	if (source->lead_ns || source->accuracy_ns)
		view_timer(source, out);
	view_field(out, "wake-ups", "%s expiries (%s a second), %s with another source's",
		   units_count(source->expiries).s,
		   units_count(view_per_second(source, source->expiries)).s,
		   units_count(source->shared).s);
	view_lateness(source, columns, out);
}

#define VIEW_COLUMNS 9

static void view_row(const struct frk_source *source, struct table_row *row)
{
	const struct units_text cells[VIEW_COLUMNS - 1] = {
		view_name(source->name),
		units_period(source->period_ns),
		units_count(source->ticks_last_second),
		units_ppm(source->drift_ppb),
		units_time(source->lateness_mean_ns),
		units_time(source->lateness_max_ns),
		units_count(source->missed),
		units_count(source->dropped),
	};
	size_t at = 0;

	for (size_t i = 0; i < VIEW_COLUMNS; i++) {
		const char *cell = i == 1 ? frk_source_state_name(source->state) :
					    cells[at++].s;

		snprintf(row->cell[i], sizeof(row->cell[i]), "%s", cell);
	}
}

void view_table(const struct frk_source *sources, size_t count, size_t columns,
		FILE *out)
{
	static const char *const head[VIEW_COLUMNS] = {
		"NAME", "STATE", "PERIOD", "TICKS/S", "DRIFT", "LATE", "MAX",
		"MISSED", "DROPPED",
	};
	struct table_row *row = NULL;
	struct table table;

	if (!count) {
		fputs("no sources: start a program that makes one\n", out);
		return;
	}
	if (!table_init(&table, VIEW_COLUMNS, 2, head)) {
		for (size_t i = 0; i < count; i++) {
			row = table_add(&table);
			if (row)
				view_row(&sources[i], row);
		}
		table_print(&table, out, columns);
	}
	table_fini(&table);
}

void view_lines(const struct frk_source *sources, size_t count,
		uint64_t wall_ns, FILE *out)
{
	time_t seconds = (time_t)(wall_ns / 1000000000);
	char clock[16] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	if (!count)
		fprintf(out, "%s no sources\n", clock);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s %s %s%s%s, %s ticks/s, drift %s, late %s, max %s, %s missed, %s dropped\n",
			clock, view_name(sources[i].name).s,
			frk_source_state_name(sources[i].state),
			sources[i].reason ? " " : "",
			sources[i].reason ? frk_source_reason_name(sources[i].reason) : "",
			units_count(sources[i].ticks_last_second).s,
			units_ppm(sources[i].drift_ppb).s,
			units_time(sources[i].lateness_mean_ns).s,
			units_time(sources[i].lateness_max_ns).s,
			units_count(sources[i].missed).s,
			units_count(sources[i].dropped).s);
}

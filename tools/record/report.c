// SPDX-License-Identifier: MIT
/*
 * Sums over a recording.  What it holds may be nonsense, so every difference
 * is of numbers without a sign, and nothing is an index that was not bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "record/report.h"

void report_period(struct report *report, uint64_t period_ns)
{
	report->period_ns = period_ns;
}

/* As the module counts: none, then for each n 2^(n-1) to 2^n - 1 ns. */
static unsigned int report_bucket(uint64_t ns)
{
	unsigned int bucket = ns ? 64 - (unsigned int)__builtin_clzll(ns) : 0;

	return bucket < FRK_NETLINK_HISTOGRAM_BUCKETS ? bucket :
	       FRK_NETLINK_HISTOGRAM_BUCKETS - 1;
}

static void report_gap(struct report *report, const struct record_tick *tick)
{
	uint64_t lost = tick->seq - report->last.seq - 1;

	if (!report->records || !lost)
		return;
	if (report->gaps < REPORT_GAPS)
		report->gap[report->gaps] = (struct report_gap){
			.fired_ns = tick->fired_ns, .records = lost,
		};
	report->gaps++;
	report->lost += lost;
}

/*
 * From the tick before to this one.  Across a gap, a start or a new period
 * nobody can tell how many periods it should have been.
 */
static void report_step(struct report *report, const struct record_tick *tick)
{
	const struct record_tick *last = &report->last;
	uint64_t step_ns = tick->fired_ns - last->fired_ns;

	if (!report->ticks || tick->flags & RECORD_FLAG_FIRST || step_ns > INT64_MAX)
		return;
	if (step_ns > report->longest_ns) {
		report->longest_ns = step_ns;
		report->longest_at_ns = tick->fired_ns;
	}
	if (tick->seq != last->seq + 1 || !last->periods || tick->flags & RECORD_FLAG_CHANGED)
		return;
	report->real_ns += step_ns;
	/* The record before stands for its periods from its deadline on. */
	report->nominal_ns += last->periods * report->period_ns;
}

uint64_t report_lateness_ns(const struct report *report, const struct record_tick *tick)
{
	uint64_t late_ns = tick->fired_ns - tick->deadline_ns;
	uint64_t skipped_ns = (tick->periods - 1) * report->period_ns;

	/* It came before its deadline: a lead; or whenever somebody asked. */
	if (late_ns > INT64_MAX || tick->flags & RECORD_FLAG_ASKED)
		return 0;
	if (tick->flags & RECORD_FLAG_LATE &&
	    !(tick->flags & (RECORD_FLAG_WIDENED | RECORD_FLAG_IDLE)))
		return late_ns;
	return tick->periods > 1 && skipped_ns <= late_ns ? late_ns - skipped_ns : late_ns;
}

void report_tick(struct report *report, const struct record_tick *tick)
{
	uint64_t late_ns;

	report_gap(report, tick);
	report->records++;
	if (!tick->periods) {
		report->notes++;
		report->last = *tick;
		return;
	}
	report_step(report, tick);
	late_ns = report_lateness_ns(report, tick);
	report->histogram[report_bucket(late_ns)]++;
	spread_add(&report->spread, late_ns);
	report->starts += !!(tick->flags & RECORD_FLAG_FIRST);
	report->changes += !!(tick->flags & RECORD_FLAG_CHANGED);
	report->late += !!(tick->flags & RECORD_FLAG_LATE);
	report->early += !!(tick->flags & RECORD_FLAG_LEAD);
	if (!(tick->flags & RECORD_FLAG_IDLE))
		report->missed += tick->periods - 1;
	if (!report->ticks)
		report->first_ns = tick->fired_ns;
	report->ticks++;
	report->last_ns = tick->fired_ns;
	report->last = *tick;
}

void report_event(struct report *report, const struct frk_source_event *event)
{
	size_t room = report->room ? 2 * report->room : 16;
	struct frk_source_event *grown;

	if (report->events == report->room) {
		grown = reallocarray(report->event, room, sizeof(*grown));
		if (!grown)
			return;
		report->event = grown;
		report->room = room;
	}
	report->event[report->events++] = *event;
}

void report_fini(struct report *report)
{
	free(report->event);
}

int64_t report_ratio_ppb(uint64_t real_ns, uint64_t nominal_ns)
{
	double ratio;

	if (!nominal_ns)
		return 0;
	ratio = (double)real_ns / (double)nominal_ns - 1;
	return ratio < 9 ? (int64_t)(ratio * 1e9 + (ratio < 0 ? -0.5 : 0.5)) : INT64_C(9000000000);
}

int64_t report_drift_ppb(const struct report *report)
{
	return report_ratio_ppb(report->real_ns, report->nominal_ns);
}

const char *report_why(const struct report *report)
{
	static const char *const words[] = { "cut", "asked", "time", "source-gone", "broken" };

	return report->end.why < sizeof(words) / sizeof(*words) ? words[report->end.why] :
								  "unknown";
}

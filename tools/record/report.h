/* SPDX-License-Identifier: MIT */
/*
 * What a recording says: sums while it is read, a report at the end.  Knows
 * no file.
 */
#ifndef TOOL_RECORD_REPORT_H
#define TOOL_RECORD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/spread.h"
#include "record/format.h"

/* Gaps that are told one by one, the first ones; the rest is counted. */
#define REPORT_GAPS	64

/* Records that are not in the file. */
struct report_gap {
	uint64_t fired_ns;	/* of the record behind it */
	uint64_t records;
};

struct report {
	struct record_header header;
	struct record_end end;		/* @why is 0 if it was cut */
	const char *damage;		/* why it could not be read to its end */
	uint64_t period_ns;
	struct record_tick last;	/* the record before, if @records */

	uint64_t records, ticks, missed, late, early, notes, starts, changes;
	uint64_t lost, gaps;
	struct report_gap gap[REPORT_GAPS];
	uint64_t first_ns, last_ns;	/* interrupts of the first and last tick */
	uint64_t longest_ns, longest_at_ns; /* between two ticks, and the end of it */
	uint64_t real_ns, nominal_ns;	/* between ticks: it was, it should have been */
	uint64_t histogram[FRK_NETLINK_HISTOGRAM_BUCKETS];
	struct spread spread;

	struct frk_source_event *event;
	size_t events, room;
};

/* All zero before, and the header filled in. */
void report_period(struct report *report, uint64_t period_ns);
void report_tick(struct report *report, const struct record_tick *tick);
void report_event(struct report *report, const struct frk_source_event *event);
void report_fini(struct report *report);

/*
 * The distance of a tick to its deadline, 0 if it came before it; of a record
 * that counts periods which were skipped or passed over on purpose, to the last
 * of them.
 */
uint64_t report_lateness_ns(const struct report *report, const struct record_tick *tick);

/* Drift of the interrupts against the clock of the source, parts per 10^9. */
int64_t report_drift_ppb(const struct report *report);

/* The same of times between ticks: it was, it should have been. */
int64_t report_ratio_ppb(uint64_t real_ns, uint64_t nominal_ns);

/* "cut", "asked", ... */
const char *report_why(const struct report *report);

void report_text(const struct report *report, size_t columns, FILE *out);
void report_json(const struct report *report, FILE *out);

#endif /* TOOL_RECORD_REPORT_H */

/* SPDX-License-Identifier: MIT */
/*
 * What tracepoints and events say, in the order of time.  Knows neither where
 * they come from nor where they go.
 */
#ifndef TOOL_TRACE_TIMELINE_H
#define TOOL_TRACE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fraktor/netlink.h>

enum timeline_kind {
	TIMELINE_TICK,
	TIMELINE_DROP,
	TIMELINE_START,
	TIMELINE_STOP,
	TIMELINE_DRIFT,
	TIMELINE_MIGRATE,
	TIMELINE_LOST,		/* the trace could not keep up */
	TIMELINE_EVENT,		/* from netlink */
};

/**
 * struct timeline_item - one thing that happened
 * @time_ns: CLOCK_MONOTONIC.
 * @kind: what.
 * @cpu: on which CPU.
 * @source: id of the source; 0 for TIMELINE_LOST.
 * @lateness_ns: TICK; 0 if it came early.
 * @early_ns: TICK; so long before its deadline it came, by a lead.
 * @periods: TICK; 0 is a note of suspend and resume.
 * @flags: TICK.
 * @count: DROP, LOST: records.
 * @reader: DROP.
 * @period_ns: START.
 * @reason: STOP.
 * @drift_ppb: DRIFT.
 * @from: MIGRATE.
 * @to: MIGRATE.
 * @name: START: of the source.
 * @event: EVENT.
 */
struct timeline_item {
	uint64_t time_ns;
	enum timeline_kind kind;
	uint32_t cpu;
	uint32_t source;
	uint64_t lateness_ns;
	uint64_t early_ns;
	uint32_t periods;
	uint32_t flags;
	uint64_t count;
	uint32_t reader;
	uint64_t period_ns;
	uint32_t reason;
	int64_t drift_ppb;
	uint32_t from, to;
	char name[32];
	struct frk_source_event event;
};

struct timeline {
	struct timeline_item *item;
	size_t count, room;
};

/* Return: whether @line of a trace_pipe is one of ours. */
bool timeline_parse(const char *line, struct timeline_item *ret_item);

/* Return: 0 or -ENOMEM. */
int timeline_add(struct timeline *timeline, const struct timeline_item *item);

typedef void (*timeline_fn)(const struct timeline_item *item, void *data);

/* Hands on, and forgets, what happened up to @until_ns; in the order of time. */
void timeline_flush(struct timeline *timeline, uint64_t until_ns, timeline_fn fn, void *data);

void timeline_fini(struct timeline *timeline);

#endif /* TOOL_TRACE_TIMELINE_H */

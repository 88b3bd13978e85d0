/* SPDX-License-Identifier: MIT */
/*
 * A measurement: paths by which a reader gets its ticks, in turn, round after
 * round, and what became of each.  Knows no options and no format.
 */
#ifndef TOOL_LATENCY_H
#define TOOL_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <fraktor/tick.h>

#include "common/spread.h"

#define LATENCY_PATHS_MAX	8
#define LATENCY_ROUNDS		10

/* What is asked for. */
struct latency_plan {
	uint64_t period_ns;
	uint64_t ticks;		/* of each path */
	uint64_t rounds;
	int rt_priority;	/* 0 for none */
	bool rt_required;	/* no priority is a failure */
	int32_t cpu;		/* or -1 */
};

/* One path, while and after it is measured. */
struct latency_path {
	const struct latency_kind *kind;
	struct spread spread;
	uint64_t missed;	/* periods without a tick of their own */
	uint64_t dropped;	/* ticks that came faster than they were read */
	uint64_t early;		/* ticks before their deadline: never */
	uint64_t lead_ticks;	/* made with a lead */
	uint64_t lead_hits;	/* those it was enough for */
	uint64_t spin_ns;	/* spent on holding ticks back */
	struct frk_driver_info info;	/* as of the end of its last round */
};

/**
 * struct latency_kind - a way to get ticks
 * @name: what --path calls it.
 * @summary: for --help.
 * @driver: whose; NULL for clock_nanosleep.
 * @wait: how the reader waits, if not as the library thinks best.
 * @latency: what is wanted, if the library is to pick the rest.
 * @lead_ns: as the library's option.
 */
struct latency_kind {
	const char *name;
	const char *summary;
	const struct frk_driver_ops *driver;
	enum frk_wait wait;
	enum frk_latency latency;
	uint64_t lead_ns;
};

/* Ends with one without a name; the first is "auto". */
extern const struct latency_kind latency_kinds[];
/* What all are compared with. */
extern const struct latency_kind *const latency_floor;

/* In words: the library's own, or "clock_nanosleep". */
const char *latency_waits_by(const struct latency_path *path);

/* NULL if there is none of that name. */
const struct latency_kind *latency_find(const char *name);

/**
 * latency_settle() - what "auto" is on this host
 * @kind: "auto", or any other, which is returned as it is.
 * @ret_error: why it is not the kernel's driver; its code is 0 if it is.
 */
const struct latency_kind *latency_settle(const struct latency_kind *kind,
					  struct frk_error *ret_error);

/**
 * latency_measure() - one path for some ticks
 * @path: what is added to.
 * @plan: the plan.
 * @ticks: how many, beside those that do not count: a first one, and as many
 *	as it takes a lead to be calibrated.
 * @stop: set by others to end it early.
 * @error: filled on failure.
 *
 * Return: 0 or a negative errno.
 */
int latency_measure(struct latency_path *path, const struct latency_plan *plan,
		    uint64_t ticks, const bool *stop, struct frk_error *error);

/* A measurement in a thread of its own. */
struct latency_run {
	struct latency_plan plan;
	struct latency_path *path;
	size_t paths;
	int done_fd;		/* readable when it has ended */
	bool stop;
	bool prepared;		/* plan and remark are final */
	int code;		/* how it ended; valid when it has */
	struct frk_error error;	/* why it failed */
	struct frk_error remark; /* why it is not as real-time as it might be */
};

/* Return: 0, or a negative errno and the reason has been told. */
int latency_start(struct latency_run *run);

/* Ends it, if need be early, and waits for that. */
void latency_join(struct latency_run *run);

/* The median, or another quantile, as a ratio to the floor's in per mille; 0
 * if there is none. */
uint64_t latency_ratio(const struct latency_run *run, const struct latency_path *path,
		       unsigned int per_100000);

/* One line for a log; a table with bars, at most @rows lines; one object. */
void latency_print_line(const struct latency_run *run, FILE *out);
void latency_print(const struct latency_run *run, size_t columns, size_t rows, FILE *out);
void latency_print_json(const struct latency_run *run, bool interrupted, FILE *out);

/* How the lateness is spread: a column of bars for each path. */
void latency_print_bars(const struct latency_run *run, size_t columns, size_t rows,
			FILE *out);

/* Into @fd, from gnuplot_open(), which it closes.  Return: 0, or a negative
 * errno and the reason has been told. */
int latency_plot(const struct latency_run *run, const char *file, int fd);

#endif /* TOOL_LATENCY_H */

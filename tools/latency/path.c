// SPDX-License-Identifier: MIT
/*
 * The ways to get ticks, and a round of each.  What is measured is the time
 * from a deadline to the reader, read from the clock after the tick was taken.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "latency/latency.h"

#define NS_PER_S	UINT64_C(1000000000)
#define PATH_BATCH	16
#define PATH_SLOTS	4096
#define PATH_WARM_UP	100

/* The module's line, except where it says so. */
const struct latency_kind latency_kinds[] = {
	{ "auto", "as \"uring\", or as \"timerfd\" where there is no module", NULL, 0, 0, 0 },
	{ "uring", "waits through io_uring", &frk_driver_kernel, FRK_WAIT_URING, 0, 0 },
	{ "poll", "waits by poll", &frk_driver_kernel, FRK_WAIT_POLL, 0, 0 },
	{ "block", "sleeps in the device", &frk_driver_kernel, FRK_WAIT_BLOCK, 0, 0 },
	{ "spin", "looks again and again: takes a whole CPU", &frk_driver_kernel, FRK_WAIT_SPIN, 0, 0 },
	{ "hybrid", "sleeps until shortly before, then spins", &frk_driver_kernel, FRK_WAIT_HYBRID, 0, 0 },
	{ "lead", "waits through io_uring, is woken early, spins the rest", &frk_driver_kernel,
	  FRK_WAIT_URING, 0, FRK_LEAD_AUTO },
	{ "powersave", "what the library picks for FRK_LATENCY_POWERSAVE", &frk_driver_kernel, 0,
	  FRK_LATENCY_POWERSAVE, 0 },
	{ "balanced", "for FRK_LATENCY_BALANCED", &frk_driver_kernel, 0, FRK_LATENCY_BALANCED, 0 },
	{ "low", "for FRK_LATENCY_LOW", &frk_driver_kernel, 0, FRK_LATENCY_LOW, 0 },
	{ "lowest", "for FRK_LATENCY_LOWEST", &frk_driver_kernel, 0, FRK_LATENCY_LOWEST, 0 },
	{ "timerfd", "no module: a timerfd and a thread in user space", &frk_driver_timerfd, 0, 0, 0 },
	{ "nanosleep", "no line: clock_nanosleep, the kernel's own floor", NULL, 0, 0, 0 },
	{ 0 },
};

#define PATH_KINDS (sizeof(latency_kinds) / sizeof(*latency_kinds) - 1)

static const struct latency_kind *const path_auto = &latency_kinds[0];
const struct latency_kind *const latency_floor = &latency_kinds[PATH_KINDS - 1];

const struct latency_kind *latency_find(const char *name)
{
	for (const struct latency_kind *kind = latency_kinds; kind->name; kind++)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

const char *latency_waits_by(const struct latency_path *path)
{
	return path->kind->driver ? path->info.path : "clock_nanosleep";
}

static uint64_t path_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static int path_open(const struct latency_kind *kind, const struct latency_plan *plan,
		     struct frk_line **ret_line, struct frk_error *error)
{
	struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.period_ns = plan->period_ns,
		.clockid = CLOCK_MONOTONIC,
		.cpu = plan->cpu < 0 ? 0 : FRK_CPU(plan->cpu),
		.slots = PATH_SLOTS,
		.rt_priority = plan->rt_priority,
		.latency = kind->latency,
		.wait = kind->wait,
		.lead_ns = kind->lead_ns,
	};
	char name[32];

	snprintf(name, sizeof(name), "latency-%d", (int)getpid());
	opts.name = name;
	return frk_line_open(kind->driver, &opts, error, ret_line);
}

const struct latency_kind *latency_settle(const struct latency_kind *kind,
					  struct frk_error *ret_error)
{
	const struct latency_plan plan = { .period_ns = FRK_MS(10), .cpu = -1 };
	struct frk_line *line;

	ret_error->code = 0;
	if (kind != path_auto)
		return kind;
	kind = latency_find("uring");
	if (path_open(kind, &plan, &line, ret_error))
		return latency_find("timerfd");
	frk_line_close(line);
	return kind;
}

/* Ticks at the beginning of a round that do not count: the first one warms the
 * caches; where the library calibrates something, its first windows. */
static uint64_t path_warm_up(const struct latency_kind *kind)
{
	return kind->lead_ns || kind->wait == FRK_WAIT_HYBRID ||
	       kind->latency >= FRK_LATENCY_LOW ? PATH_WARM_UP : 1;
}

/* Accounts for a tick at @now_ns. */
static void path_add(struct latency_path *path, uint64_t deadline_ns, uint64_t now_ns,
		     uint64_t periods, bool counts)
{
	if (now_ns < deadline_ns) {
		path->early++;
		now_ns = deadline_ns;
	}
	if (!counts)
		return;
	path->missed += periods - 1;
	spread_add(&path->spread, now_ns - deadline_ns);
}

static bool path_goes_on(const bool *stop)
{
	return !__atomic_load_n(stop, __ATOMIC_RELAXED);
}

static int path_take(struct latency_path *path, struct frk_line *line, uint64_t ticks,
		     const bool *stop)
{
	uint64_t warm_up = path_warm_up(path->kind), taken = 0, now_ns;
	struct frk_tick batch[PATH_BATCH];
	int n = 0, err = 0;

	ticks += warm_up;
	while (taken < ticks && path_goes_on(stop) && !err) {
		n = frk_line_drain(line, batch, PATH_BATCH);
		if (n < 0)
			return n;
		now_ns = n ? path_now_ns() : 0;
		for (int i = 0; i < n && taken < ticks; i++)
			if (batch[i].periods)
				path_add(path, batch[i].deadline_ns, now_ns,
					 batch[i].periods, taken++ >= warm_up);
		if (!n)
			err = frk_line_wait(line);
	}
	return err;
}

static int path_measure_line(struct latency_path *path, const struct latency_plan *plan,
			     uint64_t ticks, const bool *stop, struct frk_error *error)
{
	struct frk_metrics metrics;
	struct frk_line *line;
	int err = path_open(path->kind, plan, &line, error);

	if (err)
		return err;
	err = frk_line_start(line, error);
	if (!err) {
		err = path_take(path, line, ticks, stop);
		if (err)
			snprintf(error->text, sizeof(error->text),
				 "the line ended before it was to: %s", strerror(-err));
	}
	frk_line_get_metrics(line, &metrics);
	path->dropped += metrics.dropped_total;
	path->lead_ticks += metrics.lead_ticks_total;
	path->lead_hits += metrics.lead_hits_total;
	path->spin_ns += metrics.spin_total_ns;
	frk_line_get_info(line, &path->info);
	frk_line_close(line);
	return err;
}

/* Missed periods are passed over, as the module does. */
static int path_measure_floor(struct latency_path *path, const struct latency_plan *plan,
			      uint64_t ticks, const bool *stop, struct frk_error *error)
{
	uint64_t deadline = path_now_ns() + plan->period_ns, now_ns, periods;
	struct timespec when;
	int err;

	for (uint64_t i = 0; i <= ticks && path_goes_on(stop); i++) {
		when.tv_sec = (time_t)(deadline / NS_PER_S);
		when.tv_nsec = (long)(deadline % NS_PER_S);
		err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
		if (err) {
			snprintf(error->text, sizeof(error->text), "clock_nanosleep: %s",
				 strerror(err));
			return -err;
		}
		now_ns = path_now_ns();
		periods = now_ns > deadline ? (now_ns - deadline) / plan->period_ns + 1 : 1;
		path_add(path, deadline, now_ns, periods, i != 0);
		deadline += periods * plan->period_ns;
	}
	return 0;
}

int latency_measure(struct latency_path *path, const struct latency_plan *plan,
		    uint64_t ticks, const bool *stop, struct frk_error *error)
{
	return path->kind->driver ?
	       path_measure_line(path, plan, ticks, stop, error) :
	       path_measure_floor(path, plan, ticks, stop, error);
}

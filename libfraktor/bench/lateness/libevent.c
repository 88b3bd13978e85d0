/* SPDX-License-Identifier: MIT */
/*
 * libevent.c - a timer of libevent, set anew for each deadline of a grid that
 * the program keeps, with the flags that make it precise.  Its clock counts
 * microseconds: the grid lies on them.
 */
#include <errno.h>

#include "bench.h"

#ifdef BENCH_LIBEVENT
#include <event2/event.h>

struct event_ticks {
	struct bench_run *run;
	struct event *event;
	struct event_base *base;
	uint64_t deadline_us;
};

static void event_arm(struct event_ticks *ticks)
{
	uint64_t now_us = bench_now_ns() / 1000U;
	uint64_t left = ticks->deadline_us > now_us ? ticks->deadline_us - now_us : 0;
	struct timeval wait = { .tv_sec = (long)(left / 1000000U),
				.tv_usec = (long)(left % 1000000U) };

	evtimer_add(ticks->event, &wait);
}

static void event_tick(evutil_socket_t fd, short what, void *data)
{
	struct event_ticks *ticks = data;

	(void)fd;
	(void)what;
	bench_hold(ticks->run, ticks->deadline_us * 1000U, bench_now_ns());
	if (!bench_more(ticks->run)) {
		event_base_loopbreak(ticks->base);
		return;
	}
	ticks->deadline_us += ticks->run->period_ns / 1000U;
	event_arm(ticks);
}

int bench_run_libevent(struct bench_run *run)
{
	struct event_config *config = event_config_new();
	struct event_ticks ticks = { .run = run };

	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	/* Else a wait would be counted from when the loop woke up. */
	event_config_set_flag(config, EVENT_BASE_FLAG_NO_CACHE_TIME);
	ticks.base = event_base_new_with_config(config);
	event_config_free(config);
	if (!ticks.base)
		return bench_fail(run, -ENOMEM, "event_base_new_with_config");
	ticks.event = evtimer_new(ticks.base, event_tick, &ticks);
	ticks.deadline_us = (bench_now_ns() + run->period_ns) / 1000U + 1;
	event_arm(&ticks);
	event_base_dispatch(ticks.base);
	event_free(ticks.event);
	event_base_free(ticks.base);
	return 0;
}

#else

int bench_run_libevent(struct bench_run *run)
{
	return bench_fail(run, -ENOSYS,
			  "built without libevent: scripts/setup --for bench");
}

#endif

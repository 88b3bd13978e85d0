// SPDX-License-Identifier: MIT
/*
 * scheduler.c - logical time from ticks; see scheduler.h.  Knows no clock.
 */
#include "sched/scheduler.h"

void frki_scheduler_init(struct frki_scheduler *scheduler, uint64_t period_ns)
{
	frki_wheel_init(&scheduler->wheel, 0);
	scheduler->period_ns = period_ns;
	scheduler->base_ns = 0;
	scheduler->now_ns = 0;
	scheduler->started = false;
}

/*
 * The last period that a tick stands for; a driver's nonsense saturates.  The
 * line's period may have been made shorter than @period_ns by someone else:
 * what was due has been due when the tick fired, so nothing is ever early.
 */
static uint64_t time_of(const struct frk_tick *tick, uint64_t period_ns)
{
	uint64_t ns;

	if (__builtin_mul_overflow(tick->periods - 1ULL, period_ns, &ns) ||
	    __builtin_add_overflow(ns, tick->deadline_ns, &ns))
		ns = UINT64_MAX;
	if (tick->fired_ns >= tick->deadline_ns && ns > tick->fired_ns)
		ns = tick->fired_ns;
	return ns;
}

static void set_base(struct frki_scheduler *scheduler,
		     const struct frk_tick *tick)
{
	if (tick->deadline_ns > scheduler->period_ns)
		scheduler->base_ns = tick->deadline_ns - scheduler->period_ns;
	scheduler->started = true;
}

void frki_scheduler_tick(struct frki_scheduler *scheduler,
			 const struct frk_tick *tick)
{
	uint64_t time_ns;

	/* A note: something happened, but no time of the line has passed. */
	if (!tick->periods)
		return;
	time_ns = time_of(tick, scheduler->period_ns);
	if (!scheduler->started)
		set_base(scheduler, tick);
	if (time_ns > scheduler->base_ns + scheduler->now_ns)
		scheduler->now_ns = time_ns - scheduler->base_ns;
}

uint64_t frki_scheduler_now_ns(const struct frki_scheduler *scheduler)
{
	return scheduler->base_ns + scheduler->now_ns;
}

uint64_t frki_scheduler_elapsed_ticks(const struct frki_scheduler *scheduler)
{
	return scheduler->now_ns / scheduler->period_ns;
}

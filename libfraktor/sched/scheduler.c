// SPDX-License-Identifier: MIT
/*
 * scheduler.c - logical time from ticks; see scheduler.h.  Knows no clock.
 */
#include <stddef.h>

#include "sched/scheduler.h"

void frki_scheduler_init(struct frki_scheduler *scheduler, uint64_t period_ns)
{
	frki_wheel_init(&scheduler->wheel, 0);
	scheduler->period_ns = period_ns;
	scheduler->inverse = UINT64_MAX / period_ns;
	scheduler->base_ns = 0;
	scheduler->now_ns = 0;
	scheduler->elapsed_ticks = 0;
	scheduler->started = false;
	atomic_init(&scheduler->stats.fired, 0);
	atomic_init(&scheduler->stats.late, 0);
	atomic_init(&scheduler->stats.late_max_ticks, 0);
	atomic_init(&scheduler->stats.missed, 0);
	atomic_init(&scheduler->stats.carried, 0);
	scheduler->told = (struct frk_timer_stats){ 0 };
	scheduler->log = NULL;
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

void frki_scheduler_begin(struct frki_scheduler *scheduler, uint64_t base_ns)
{
	scheduler->base_ns = base_ns;
	scheduler->started = true;
}

static void put_down(struct frki_scheduler *scheduler, const struct frk_tick *tick)
{
	struct frki_log_record record = {
		.kind = FRKI_LOG_TICK,
		.id = tick->periods,
		.value = { tick->deadline_ns, tick->fired_ns },
	};

	frki_log_add(scheduler->log, &record);
}

void frki_scheduler_tick(struct frki_scheduler *scheduler,
			 const struct frk_tick *tick)
{
	uint64_t time_ns, rest_ns;

	/* A note: something happened, but no time of the line has passed. */
	if (!tick->periods)
		return;
	if (scheduler->log)
		put_down(scheduler, tick);
	time_ns = time_of(tick, scheduler->period_ns);
	if (!scheduler->started)
		set_base(scheduler, tick);
	if (time_ns <= scheduler->base_ns + scheduler->now_ns)
		return;
	scheduler->now_ns = time_ns - scheduler->base_ns;
	scheduler->elapsed_ticks =
		frki_scheduler_divide(scheduler, scheduler->now_ns, &rest_ns);
}

uint64_t frki_scheduler_now_ns(const struct frki_scheduler *scheduler)
{
	return scheduler->base_ns + scheduler->now_ns;
}

uint64_t frki_scheduler_next_ns(const struct frki_scheduler *scheduler)
{
	uint64_t now_ns = frki_scheduler_now_ns(scheduler);
	uint64_t ticks = frki_wheel_next(&scheduler->wheel), ns;

	if (!scheduler->started)
		return now_ns;
	if (ticks == FRKI_WHEEL_NEVER)
		return FRKI_SCHEDULER_NEVER;
	/* A deadline beyond 64 bits never comes. */
	if (__builtin_add_overflow(ticks, scheduler->wheel.now_ticks, &ticks) ||
	    __builtin_mul_overflow(ticks, scheduler->period_ns, &ns) ||
	    __builtin_add_overflow(ns, scheduler->base_ns, &ns))
		return FRKI_SCHEDULER_NEVER;
	return ns > now_ns ? ns : now_ns;
}

/* For reports; pairs with nothing. */
static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void frki_scheduler_stats(const struct frki_scheduler *scheduler,
			  struct frk_timer_stats *ret_stats)
{
	const struct frki_scheduler_stats *stats = &scheduler->stats;

	*ret_stats = (struct frk_timer_stats){
		.fired_total = get(&stats->fired),
		.late_total = get(&stats->late),
		.late_max_ticks = get(&stats->late_max_ticks),
		.missed_total = get(&stats->missed),
		.carried_total = get(&stats->carried),
	};
}

unsigned int frki_scheduler_warnings(struct frki_scheduler *scheduler,
				     struct frk_timer_stats *ret_since)
{
	struct frk_timer_stats now, since;

	frki_scheduler_stats(scheduler, &now);
	since = now;
	since.fired_total -= scheduler->told.fired_total;
	since.late_total -= scheduler->told.late_total;
	since.missed_total -= scheduler->told.missed_total;
	since.carried_total -= scheduler->told.carried_total;
	scheduler->told = now;
	if (ret_since)
		*ret_since = since;
	return (since.late_total ? FRKI_WARNING_LATE : 0) |
	       (since.missed_total ? FRKI_WARNING_MISSED : 0) |
	       (since.carried_total ? FRKI_WARNING_OVERLOADED : 0);
}

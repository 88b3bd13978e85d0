/* SPDX-License-Identifier: MIT */
/*
 * scheduler.h - logical time: ticks go in, a wheel of timers comes with it.
 *
 * Time is what the newest tick says, its deadline and the periods it stands
 * for, never a clock.  It counts from one period before the first tick, so
 * that the first tick of a line is tick 1; before it, time is 0 and stands.  It
 * never goes back, whatever a driver says.
 *
 * One thread at a time.  Knows no actor, no clock, no driver.
 */
#ifndef FRKI_SCHED_SCHEDULER_H
#define FRKI_SCHED_SCHEDULER_H

#include <fraktor/actor.h>
#include <fraktor/tick.h>

#include "sched/log.h"
#include "sched/wheel.h"

/**
 * struct frki_scheduler_stats - what became of timers, counted from the start
 * @fired: how often timers fired.
 * @late: of these, how often after the tick they were put off to: time had
 *	jumped, or there was too much to do.
 * @late_max_ticks: by how much at most.
 * @missed: due times that passed together with a later one of the same timer.
 * @carried: how often a budget was used up and something due left for the next turn.
 *
 * Written by the scheduler's thread alone; any thread may read.
 */
struct frki_scheduler_stats {
	_Atomic uint64_t fired;
	_Atomic uint64_t late;
	_Atomic uint64_t late_max_ticks;
	_Atomic uint64_t missed;
	_Atomic uint64_t carried;
};

/**
 * struct frki_scheduler - logical time and its timers
 * @wheel: the timers, in periods since @base_ns.
 * @period_ns: what a tick of the wheel is worth.
 * @inverse: 2^64 / @period_ns, for frki_scheduler_divide().
 * @base_ns: on the driver's clock: one period before the first deadline.
 * @now_ns: time since @base_ns of the newest tick.
 * @elapsed_ticks: whole periods of that.
 * @started: a tick has come.
 * @stats: what became of timers.
 * @told: the same when frki_scheduler_warnings() was asked last.
 * @log: what happens is put down there; NULL for nowhere.
 */
struct frki_scheduler {
	struct frki_wheel wheel;
	uint64_t period_ns;
	uint64_t inverse;
	uint64_t base_ns;
	uint64_t now_ns;
	uint64_t elapsed_ticks;
	bool started;
	struct frki_scheduler_stats stats;
	struct frk_timer_stats told;
	struct frki_log *log;
};

/* What there is to warn of: bits of frki_scheduler_warnings(). */
#define FRKI_WARNING_LATE (1U << 0)
#define FRKI_WARNING_MISSED (1U << 1)
#define FRKI_WARNING_OVERLOADED (1U << 2)

/**
 * frki_scheduler_init() - time 0, no timers
 * @scheduler: the scheduler.
 * @period_ns: period of the tick line, not 0.
 */
void frki_scheduler_init(struct frki_scheduler *scheduler, uint64_t period_ns);

/**
 * frki_scheduler_divide() - how many periods, and what is left of one
 * @scheduler: the scheduler.
 * @ns: to be divided.
 * @ret_rest_ns: the rest.
 *
 * Each timer that is armed is divided by the same number, so that it is worth
 * multiplying by its inverse, which comes out at most two too small.
 */
static inline uint64_t frki_scheduler_divide(const struct frki_scheduler *scheduler,
					     uint64_t ns, uint64_t *ret_rest_ns)
{
#ifdef __SIZEOF_INT128__
	uint64_t ticks = (uint64_t)((unsigned __int128)ns * scheduler->inverse >> 64);
	uint64_t rest_ns = ns - ticks * scheduler->period_ns;

	for (; rest_ns >= scheduler->period_ns; ticks++)
		rest_ns -= scheduler->period_ns;
#else
	uint64_t ticks = ns / scheduler->period_ns;
	uint64_t rest_ns = ns % scheduler->period_ns;
#endif
	*ret_rest_ns = rest_ns;
	return ticks;
}

/**
 * frki_scheduler_begin() - time begins where that of another scheduler did
 * @scheduler: the scheduler, before its first tick.
 * @base_ns: of the other one.
 *
 * Ticks of before that change nothing.
 */
void frki_scheduler_begin(struct frki_scheduler *scheduler, uint64_t base_ns);

/**
 * frki_scheduler_tick() - let time go on to a tick
 * @scheduler: the scheduler.
 * @tick: the tick; a note, which stands for no period, changes nothing.
 *
 * O(1): no timer fires here, see frki_timer_pop().
 */
void frki_scheduler_tick(struct frki_scheduler *scheduler,
			 const struct frk_tick *tick);

/**
 * frki_scheduler_now_ns() - logical time on the driver's clock
 * @scheduler: the scheduler.
 *
 * Return: the newest tick's time; 0 before the first tick.
 */
uint64_t frki_scheduler_now_ns(const struct frki_scheduler *scheduler);

/**
 * frki_scheduler_elapsed_ticks() - whole periods that have passed
 * @scheduler: the scheduler.
 */
static inline uint64_t frki_scheduler_elapsed_ticks(const struct frki_scheduler *scheduler)
{
	return scheduler->elapsed_ticks;
}

/* Answer of frki_scheduler_next_ns() when no timer is armed. */
#define FRKI_SCHEDULER_NEVER UINT64_MAX

/**
 * frki_scheduler_next_ns() - until when no tick is needed
 * @scheduler: the scheduler.
 *
 * For a source that can be armed at a deadline: ticks before that have nothing to
 * do.  Each timer that is armed may bring it forward.
 *
 * Return: deadline of the next tick with something to do, on the driver's clock;
 * now if that has passed, or before the first tick, which says when time begins;
 * FRKI_SCHEDULER_NEVER if no timer is armed.
 */
uint64_t frki_scheduler_next_ns(const struct frki_scheduler *scheduler);

/**
 * frki_scheduler_warnings() - what is to be told since it was asked last
 * @scheduler: the scheduler.
 * @ret_since: how much of it, except the largest lateness, which is of all time; may
 *	be NULL.
 *
 * Return: FRKI_WARNING_LATE if timers fired late, _MISSED if due times passed
 * together, _OVERLOADED if a budget was used up.
 */
unsigned int frki_scheduler_warnings(struct frki_scheduler *scheduler,
				     struct frk_timer_stats *ret_since);

/**
 * frki_scheduler_stats() - read the counts
 * @scheduler: the scheduler.
 * @ret_stats: where to.
 *
 * Any thread.
 */
void frki_scheduler_stats(const struct frki_scheduler *scheduler,
			  struct frk_timer_stats *ret_stats);

#endif /* FRKI_SCHED_SCHEDULER_H */

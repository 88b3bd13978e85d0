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

#include <fraktor/tick.h>

#include "sched/wheel.h"

/**
 * struct frki_scheduler - logical time and its timers
 * @wheel: the timers, in periods since @base_ns.
 * @period_ns: what a tick of the wheel is worth.
 * @base_ns: on the driver's clock: one period before the first deadline.
 * @now_ns: time since @base_ns of the newest tick.
 * @started: a tick has come.
 */
struct frki_scheduler {
	struct frki_wheel wheel;
	uint64_t period_ns;
	uint64_t base_ns;
	uint64_t now_ns;
	bool started;
};

/**
 * frki_scheduler_init() - time 0, no timers
 * @scheduler: the scheduler.
 * @period_ns: period of the tick line, not 0.
 */
void frki_scheduler_init(struct frki_scheduler *scheduler, uint64_t period_ns);

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
uint64_t frki_scheduler_elapsed_ticks(const struct frki_scheduler *scheduler);

#endif /* FRKI_SCHED_SCHEDULER_H */

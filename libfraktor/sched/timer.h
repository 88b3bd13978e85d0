/* SPDX-License-Identifier: MIT */
/*
 * timer.h - a timer on the wheel: once, or at a fixed rate.
 *
 * A timer armed at logical time t with interval I is due for the n-th time at
 * t + n * I, and fires at the first tick that is not before that: due times do
 * not move with what happened, so no rounding and no lag ever adds up.  Due
 * times that passed together fire together, once, and the count says how many.
 *
 * A timer lives inside what it times; who fires is told by frki_timer_pop().
 * One thread at a time.  Knows no actor, no message, no clock.
 */
#ifndef FRKI_SCHED_TIMER_H
#define FRKI_SCHED_TIMER_H

#include "sched/scheduler.h"

/* Longest delay or interval: sums of two of them still fit in 64 bits. */
#define FRKI_TIMER_MAX_NS (1ULL << 62)

/**
 * struct frki_timer - the timer
 * @node: on the scheduler's wheel while armed.
 * @due_ns: next due time, since the scheduler's base.
 * @interval_ns: from one due time to the next; 0 for a timer that fires once.
 * @count: due times that have passed when it fired last.
 * @deadline_ns: when it fired last: the last due time that had passed, rounded
 *	up to a whole tick, on the driver's clock.
 */
struct frki_timer {
	struct frki_wheel_node node;
	uint64_t due_ns;
	uint64_t interval_ns;
	uint64_t count;
	uint64_t deadline_ns;
};

/**
 * frki_timer_init() - make a timer that is not armed
 * @timer: the timer.
 */
void frki_timer_init(struct frki_timer *timer);

/**
 * frki_timer_arm() - set a timer off
 * @timer: not armed.
 * @scheduler: whose time it goes by.
 * @delay_ns: from now to the first due time; 0 for the next tick.
 * @periodic: fire again and again, every @delay_ns.
 *
 * Return: 0; -ERANGE if @delay_ns is beyond FRKI_TIMER_MAX_NS.
 */
int frki_timer_arm(struct frki_timer *timer, struct frki_scheduler *scheduler,
		   uint64_t delay_ns, bool periodic);

/**
 * frki_timer_cancel() - disarm a timer
 * @timer: the timer.
 * @scheduler: the one it was armed with.
 *
 * Return: true if it was armed, and then it will not fire.
 */
bool frki_timer_cancel(struct frki_timer *timer,
		       struct frki_scheduler *scheduler);

/**
 * frki_timer_armed() - will it fire?
 * @timer: the timer.
 */
static inline bool frki_timer_armed(const struct frki_timer *timer)
{
	return frki_wheel_pending(&timer->node);
}

/**
 * frki_timer_pop() - the next timer that fires at the scheduler's time
 * @scheduler: the scheduler.
 * @budget: as for frki_wheel_pop().
 *
 * A periodic timer is armed again already when it is returned.
 *
 * Return: the timer, with its count and deadline; NULL as frki_wheel_pop().
 */
struct frki_timer *frki_timer_pop(struct frki_scheduler *scheduler,
				  unsigned int *budget);

#endif /* FRKI_SCHED_TIMER_H */

/* SPDX-License-Identifier: MIT */
/*
 * timer.h - a timer on the wheel: once, or again and again in one of the ways
 * below.
 *
 * A timer armed at logical time t with interval I is due for the n-th time at
 * t + n * I, and fires at the first tick that is not before that: due times do
 * not move with what happened, so no rounding and no lag ever adds up.  Only
 * FRKI_TIMER_DELAY counts from when the work was done instead.
 *
 * An accuracy lets a timer fire later by up to that much, at ticks where others
 * do: multiples of a power of two.  Its due times stay what they are.
 *
 * No timer ends because it was late: what was missed is counted, in the timer
 * and in &frki_scheduler.stats, and that is all.
 *
 * A timer lives inside what it times; who fires is told by frki_timer_pop().
 * One thread at a time.  Knows no actor, no message, no clock.
 */
#ifndef FRKI_SCHED_TIMER_H
#define FRKI_SCHED_TIMER_H

#include "sched/scheduler.h"

/* Longest delay or interval: added to the time of a system that is less than three
 * centuries old it fits in 64 bits; what does not is never due. */
#define FRKI_TIMER_MAX_NS (1ULL << 63)

/**
 * enum frki_timer_mode - what happens after a timer has fired
 * @FRKI_TIMER_ONCE: nothing.
 * @FRKI_TIMER_SKIP: it fires again at the next due time to come; due times that
 *	passed together fire together, once, and the count says how many.
 * @FRKI_TIMER_RATE: it fires for each due time, for the next one when
 *	frki_timer_done() was called for the one before, until it has caught up.
 * @FRKI_TIMER_DELAY: it fires an interval after frki_timer_done().
 */
enum frki_timer_mode {
	FRKI_TIMER_ONCE,
	FRKI_TIMER_SKIP,
	FRKI_TIMER_RATE,
	FRKI_TIMER_DELAY,
};

/**
 * struct frki_timer_opts - when a timer fires
 * @delay_ns: from now to the first due time; 0 for the next tick.
 * @interval_ns: from one due time to the next; 0 for as long as the delay.
 * @accuracy_ns: how much later it may fire; less than two periods is none.
 * @mode: an enum frki_timer_mode.
 */
struct frki_timer_opts {
	uint64_t delay_ns;
	uint64_t interval_ns;
	uint64_t accuracy_ns;
	enum frki_timer_mode mode;
};

/**
 * struct frki_timer - the timer
 * @node: on the scheduler's wheel while armed; the mode is in there, and of the
 *	accuracy the power of two, in ticks.
 * @due_ns: next due time, since the scheduler's base.
 * @interval_ns: from one due time to the next.
 * @count: due times that have passed when it fired last.
 */
struct frki_timer {
	struct frki_wheel_node node;
	uint64_t due_ns;
	uint64_t interval_ns;
	uint64_t count;
};

/**
 * struct frki_firing - what is to be said about a timer that fires
 * @count: due times that have passed since it was armed, this one included.
 * @missed: of those, how many nobody was told about: 0 if nothing was late.
 * @deadline_ns: the last due time that had passed, rounded up to a whole tick,
 *	on the driver's clock.
 */
struct frki_firing {
	uint64_t count;
	uint64_t missed;
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
 * @opts: when it fires; copied.
 *
 * Return: 0; -ERANGE if a time is beyond FRKI_TIMER_MAX_NS.
 */
int frki_timer_arm(struct frki_timer *timer, struct frki_scheduler *scheduler,
		   const struct frki_timer_opts *opts);

/**
 * frki_timer_arm_from() - the same, counted from a time that is known from elsewhere
 * @timer: not armed.
 * @scheduler: whose time it goes by.
 * @opts: when it fires; copied.
 * @now_ns: what time it is, since the scheduler's base; the scheduler may be behind.
 *
 * Return: as frki_timer_arm().
 */
int frki_timer_arm_from(struct frki_timer *timer, struct frki_scheduler *scheduler,
			const struct frki_timer_opts *opts, uint64_t now_ns);

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
 * @ret_firing: what there is to say about it.
 *
 * SKIP is armed again already when it is returned.
 *
 * Return: the timer; NULL as frki_wheel_pop().
 */
struct frki_timer *frki_timer_pop(struct frki_scheduler *scheduler,
				  unsigned int *budget,
				  struct frki_firing *ret_firing);

/**
 * frki_timer_done() - the work that a timer was for is done
 * @timer: one that has fired.
 * @scheduler: the one it was armed with.
 *
 * Arms FRKI_TIMER_RATE and FRKI_TIMER_DELAY again; nothing for the other modes.
 */
void frki_timer_done(struct frki_timer *timer, struct frki_scheduler *scheduler);

/**
 * frki_timer_done_from() - the same, as frki_timer_arm_from()
 * @timer: one that has fired.
 * @scheduler: the one it was armed with.
 * @now_ns: what time it is, since the scheduler's base.
 */
void frki_timer_done_from(struct frki_timer *timer, struct frki_scheduler *scheduler,
			  uint64_t now_ns);

/**
 * frki_timer_dump() - look at all timers that are armed
 * @scheduler: the scheduler.
 * @each: called for each of them, with its next due time on the driver's clock, in
 *	no order of time; may not arm or cancel.
 * @data: for @each.
 */
void frki_timer_dump(const struct frki_scheduler *scheduler,
		     void (*each)(const struct frki_timer *timer, uint64_t due_ns,
				  void *data),
		     void *data);

#endif /* FRKI_SCHED_TIMER_H */

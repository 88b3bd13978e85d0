/* SPDX-License-Identifier: MIT */
/*
 * time.h - what time it is on a stage, and whose wheel a timer lies on.
 *
 * A stage has one tick line; or each of its workers has one of its own, with a scheduler:
 * the time that line has come to, and a wheel of timers that fire by it.  All count from
 * the same base, one period before the first tick of the first line.  What time it is for
 * actors is the newest of all: so it does not go back for one that is run by one worker
 * and then by another, and what is armed by it is never early on a wheel that is behind.
 *
 * Only workers call, the stage locked.  Knows no clock, no thread.
 */
#ifndef FRKI_ACTOR_TIME_H
#define FRKI_ACTOR_TIME_H

#include "actor/stage.h"

/**
 * frki_time_add_lines() - there are more lines than the first
 * @stage: the stage, before anything is spawned; &frki_stage_ops.line is there.
 * @schedulers: one for each of the others, and all that outlives the stage.
 * @n: how many others.
 */
void frki_time_add_lines(struct frki_stage *stage, struct frki_scheduler *schedulers,
			 unsigned int n);

/**
 * frki_time_scheduler() - time and timers of a line
 * @stage: the stage.
 * @line: which; 0 for the first.
 */
static inline struct frki_scheduler *frki_time_scheduler(struct frki_stage *stage,
							 unsigned int line)
{
	return line ? &stage->others[line - 1] : &stage->scheduler;
}

/**
 * frki_time_line() - the line that the caller's thread goes by
 * @stage: the stage.
 */
static inline unsigned int frki_time_line(const struct frki_stage *stage)
{
	return stage->others_n ? stage->ops->line(stage->data) : 0;
}

/**
 * frki_time_now_ns() - what time it is, since the base
 * @stage: the stage.
 */
static inline uint64_t frki_time_now_ns(const struct frki_stage *stage)
{
	return stage->others_n ? stage->newest_ns : stage->scheduler.now_ns;
}

/**
 * frki_time_tick() - let time go on to a tick
 * @stage: the stage.
 * @line: whose tick it is.
 * @tick: the tick.
 *
 * There is no time before the first line has ticked.
 */
void frki_time_tick(struct frki_stage *stage, unsigned int line,
		    const struct frk_tick *tick);

#endif /* FRKI_ACTOR_TIME_H */

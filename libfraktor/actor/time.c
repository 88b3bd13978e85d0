// SPDX-License-Identifier: MIT
/*
 * time.c - the time of a stage whose workers have tick lines; see time.h.  Knows no clock,
 * no thread.
 */
#include "actor/time.h"

void frki_time_add_lines(struct frki_stage *stage, struct frki_scheduler *schedulers,
			 unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		frki_scheduler_init(&schedulers[i], stage->scheduler.period_ns);
		schedulers[i].wheel.most = stage->scheduler.wheel.most;
	}
	stage->others = schedulers;
	stage->others_n = n;
}

/* What a timer is due by must be the same on each wheel. */
static void begin(struct frki_stage *stage)
{
	for (unsigned int i = 0; i < stage->others_n; i++)
		frki_scheduler_begin(&stage->others[i], stage->scheduler.base_ns);
}

void frki_time_tick(struct frki_stage *stage, unsigned int line, const struct frk_tick *tick)
{
	struct frki_scheduler *scheduler = frki_time_scheduler(stage, line);
	bool had_begun = stage->scheduler.started;

	if (line && !had_begun)
		return;
	frki_scheduler_tick(scheduler, tick);
	if (!had_begun && stage->scheduler.started)
		begin(stage);
	if (scheduler->now_ns > stage->newest_ns)
		stage->newest_ns = scheduler->now_ns;
}

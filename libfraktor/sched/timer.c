// SPDX-License-Identifier: MIT
/*
 * timer.c - timers on the wheel; see timer.h.  Knows no actor, no clock.
 */
#include <errno.h>

#include "sched/timer.h"

/* First tick that is not before @ns. */
static uint64_t tick_after(const struct frki_scheduler *scheduler, uint64_t ns)
{
	return ns / scheduler->period_ns + (ns % scheduler->period_ns != 0);
}

/* A due time beyond 64 bits, after half a millennium, never comes. */
static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_to_wheel(struct frki_timer *timer,
			 struct frki_scheduler *scheduler)
{
	frki_wheel_add(&scheduler->wheel, &timer->node,
		       tick_after(scheduler, timer->due_ns));
}

void frki_timer_init(struct frki_timer *timer)
{
	frki_wheel_node_init(&timer->node);
	timer->due_ns = 0;
	timer->interval_ns = 0;
	timer->count = 0;
	timer->deadline_ns = 0;
}

int frki_timer_arm(struct frki_timer *timer, struct frki_scheduler *scheduler,
		   uint64_t delay_ns, bool periodic)
{
	if (delay_ns > FRKI_TIMER_MAX_NS)
		return -ERANGE;
	if (!delay_ns)
		delay_ns = scheduler->period_ns;
	timer->due_ns = add_saturating(scheduler->now_ns, delay_ns);
	timer->interval_ns = periodic ? delay_ns : 0;
	timer->count = 0;
	add_to_wheel(timer, scheduler);
	return 0;
}

bool frki_timer_cancel(struct frki_timer *timer,
		       struct frki_scheduler *scheduler)
{
	return frki_wheel_cancel(&scheduler->wheel, &timer->node);
}

/*
 * Account for all due times that have passed.  Time is taken on the tick grid,
 * as the wheel has it: a driver off the grid must not make a deadline that lies
 * after the tick which fired it.
 */
static void settle(struct frki_timer *timer, struct frki_scheduler *scheduler)
{
	uint64_t period_ns = scheduler->period_ns;
	uint64_t now_ns = frki_scheduler_elapsed_ticks(scheduler) * period_ns;
	uint64_t missed = 0;

	if (timer->interval_ns)
		missed = (now_ns - timer->due_ns) / timer->interval_ns;
	timer->count += missed + 1;
	timer->due_ns += missed * timer->interval_ns;
	timer->deadline_ns = scheduler->base_ns +
			     tick_after(scheduler, timer->due_ns) * period_ns;
	if (!timer->interval_ns)
		return;
	timer->due_ns = add_saturating(timer->due_ns, timer->interval_ns);
	add_to_wheel(timer, scheduler);
}

struct frki_timer *frki_timer_pop(struct frki_scheduler *scheduler,
				  unsigned int *budget)
{
	struct frki_wheel_node *node;
	struct frki_timer *timer;

	node = frki_wheel_pop(&scheduler->wheel,
			      frki_scheduler_elapsed_ticks(scheduler), budget);
	if (!node)
		return NULL;
	timer = frki_container_of(node, struct frki_timer, node);
	settle(timer, scheduler);
	return timer;
}

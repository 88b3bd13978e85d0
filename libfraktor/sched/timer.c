// SPDX-License-Identifier: MIT
/*
 * timer.c - timers on the wheel; see timer.h.  Knows no actor, no clock.
 */
#include <errno.h>

#include "sched/timer.h"

/* First tick that is not before @ns. */
static uint64_t tick_after(const struct frki_scheduler *scheduler, uint64_t ns)
{
	uint64_t rest_ns;
	uint64_t ticks = frki_scheduler_divide(scheduler, ns, &rest_ns);

	return ticks + (rest_ns != 0);
}

/* A due time beyond 64 bits, after half a millennium, never comes. */
static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* The next multiple of the accuracy; the window has exactly one. */
static uint64_t coalesced(const struct frki_timer *timer, uint64_t tick)
{
	uint64_t mask = (1ULL << timer->node.accuracy) - 1;

	return add_saturating(tick, mask) & ~mask;
}

static void add_to_wheel(struct frki_timer *timer,
			 struct frki_scheduler *scheduler)
{
	uint64_t tick = tick_after(scheduler, timer->due_ns);

	if (timer->node.accuracy)
		tick = coalesced(timer, tick);
	frki_wheel_add(&scheduler->wheel, &timer->node, tick);
}

void frki_timer_init(struct frki_timer *timer)
{
	frki_wheel_node_init(&timer->node);
	timer->due_ns = 0;
	timer->interval_ns = 0;
	timer->count = 0;
}

/* Apart from the rest, which usually has no log and is short. */
static __attribute__((noinline, cold)) void
put_down(struct frki_scheduler *scheduler, const struct frki_timer *timer,
	 enum frki_log_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	struct frki_log *log = scheduler->log;
	struct frki_log_record record = {
		.kind = (uint16_t)kind,
		.mode = timer->node.mode,
		.id = log->id_of(timer, log->data),
		.value = { a, b, c },
	};

	frki_log_add(log, &record);
}

/*
 * How far the wheel came without a timer that fires.  What is armed then and is
 * overdue goes behind all that is due by that time, so that the order hangs on it;
 * and how far it comes hangs on the budget.
 */
static __attribute__((noinline, cold)) void
put_down_turn(struct frki_scheduler *scheduler, unsigned int budget, unsigned int left)
{
	struct frki_log_record record = {
		.kind = FRKI_LOG_TURN,
		.value = { budget, left, scheduler->wheel.now_ticks },
	};

	frki_log_add(scheduler->log, &record);
}

/* The largest power of two of ticks that is not more than @ns. */
static uint8_t accuracy_of(const struct frki_scheduler *scheduler, uint64_t ns)
{
	uint64_t ticks = ns / scheduler->period_ns;

	return ticks ? (uint8_t)(63 - __builtin_clzll(ticks)) : 0;
}

int frki_timer_arm_from(struct frki_timer *timer, struct frki_scheduler *scheduler,
			const struct frki_timer_opts *opts, uint64_t now_ns)
{
	uint64_t delay_ns = opts->delay_ns;

	if ((delay_ns > FRKI_TIMER_MAX_NS) |
	    (opts->interval_ns > FRKI_TIMER_MAX_NS) |
	    (opts->accuracy_ns > FRKI_TIMER_MAX_NS))
		return -ERANGE;
	if (!delay_ns)
		delay_ns = scheduler->period_ns;
	timer->due_ns = add_saturating(now_ns, delay_ns);
	timer->interval_ns = opts->interval_ns ? opts->interval_ns : delay_ns;
	timer->count = 0;
	timer->node.mode = (uint8_t)opts->mode;
	timer->node.accuracy = 0;
	if (opts->accuracy_ns)
		timer->node.accuracy = accuracy_of(scheduler, opts->accuracy_ns);
	if (scheduler->log)
		put_down(scheduler, timer, FRKI_LOG_ARM, opts->delay_ns,
			 opts->interval_ns, opts->accuracy_ns);
	add_to_wheel(timer, scheduler);
	return 0;
}

int frki_timer_arm(struct frki_timer *timer, struct frki_scheduler *scheduler,
		   const struct frki_timer_opts *opts)
{
	return frki_timer_arm_from(timer, scheduler, opts, scheduler->now_ns);
}

bool frki_timer_cancel(struct frki_timer *timer,
		       struct frki_scheduler *scheduler)
{
	bool armed = frki_wheel_cancel(&scheduler->wheel, &timer->node);

	if (scheduler->log)
		put_down(scheduler, timer, FRKI_LOG_CANCEL, armed, 0, 0);
	return armed;
}

/* One writer: no read-modify-write.  For reports; pairs with nothing. */
static void add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t old = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, old + n, memory_order_relaxed);
}

/*
 * Account for the due times that have passed.  Time is taken on the tick grid,
 * as the wheel has it: a driver off the grid must not make a deadline that lies
 * after the tick which fired it.
 */
static void settle(struct frki_timer *timer, struct frki_scheduler *scheduler,
		   uint64_t now_ticks, struct frki_firing *ret_firing)
{
	uint64_t period_ns = scheduler->period_ns;
	uint64_t late_ns = now_ticks * period_ns - timer->due_ns;
	uint64_t missed = 0, due_ticks = timer->node.expires_ticks;

	if (timer->node.mode == FRKI_TIMER_SKIP && late_ns >= timer->interval_ns)
		missed = late_ns / timer->interval_ns;
	timer->count += missed + 1;
	timer->due_ns += missed * timer->interval_ns;
	/* Else it is the tick for which it was on the wheel. */
	if (missed || timer->node.accuracy)
		due_ticks = tick_after(scheduler, timer->due_ns);
	ret_firing->count = timer->count;
	ret_firing->missed = missed;
	ret_firing->deadline_ns = scheduler->base_ns + due_ticks * period_ns;
	if (missed)
		add(&scheduler->stats.missed, missed);
	if (timer->node.mode != FRKI_TIMER_SKIP)
		return;
	timer->due_ns = add_saturating(timer->due_ns, timer->interval_ns);
	add_to_wheel(timer, scheduler);
}

/* How far behind the tick it was put off to. */
static void count(struct frki_scheduler *scheduler, uint64_t late_ticks)
{
	struct frki_scheduler_stats *stats = &scheduler->stats;

	add(&stats->fired, 1);
	if (!late_ticks)
		return;
	add(&stats->late, 1);
	if (late_ticks > atomic_load_explicit(&stats->late_max_ticks,
					      memory_order_relaxed))
		atomic_store_explicit(&stats->late_max_ticks, late_ticks,
				      memory_order_relaxed);
}

struct frki_timer *frki_timer_pop(struct frki_scheduler *scheduler,
				  unsigned int *budget,
				  struct frki_firing *ret_firing)
{
	uint64_t now_ticks = frki_scheduler_elapsed_ticks(scheduler);
	unsigned int before = *budget;
	struct frki_wheel_node *node;
	struct frki_timer *timer;

	node = frki_wheel_pop(&scheduler->wheel, now_ticks, budget);
	if (!node) {
		if (scheduler->log)
			put_down_turn(scheduler, before, *budget);
		if (!*budget && frki_wheel_behind(&scheduler->wheel, now_ticks))
			add(&scheduler->stats.carried, 1);
		return NULL;
	}
	timer = frki_container_of(node, struct frki_timer, node);
	count(scheduler, now_ticks - node->expires_ticks);
	settle(timer, scheduler, now_ticks, ret_firing);
	if (scheduler->log)
		put_down(scheduler, timer, FRKI_LOG_FIRED, ret_firing->count,
			 ret_firing->missed, ret_firing->deadline_ns);
	return timer;
}

void frki_timer_done_from(struct frki_timer *timer, struct frki_scheduler *scheduler,
			  uint64_t now_ns)
{
	uint64_t from_ns = now_ns;

	if (timer->node.mode < FRKI_TIMER_RATE || frki_timer_armed(timer))
		return;
	if (timer->node.mode == FRKI_TIMER_RATE)
		from_ns = timer->due_ns;
	timer->due_ns = add_saturating(from_ns, timer->interval_ns);
	if (scheduler->log)
		put_down(scheduler, timer, FRKI_LOG_DONE, 0, 0, 0);
	add_to_wheel(timer, scheduler);
}

void frki_timer_done(struct frki_timer *timer, struct frki_scheduler *scheduler)
{
	frki_timer_done_from(timer, scheduler, scheduler->now_ns);
}

struct dump {
	const struct frki_scheduler *scheduler;
	void (*each)(const struct frki_timer *timer, uint64_t due_ns, void *data);
	void *data;
};

static void dump_one(const struct frki_wheel_node *node, void *data)
{
	const struct frki_timer *timer =
		frki_container_of(node, struct frki_timer, node);
	const struct dump *dump = data;

	dump->each(timer, dump->scheduler->base_ns + timer->due_ns, dump->data);
}

void frki_timer_dump(const struct frki_scheduler *scheduler,
		     void (*each)(const struct frki_timer *timer, uint64_t due_ns,
				  void *data),
		     void *data)
{
	struct dump dump = { scheduler, each, data };

	frki_wheel_each(&scheduler->wheel, dump_one, &dump);
}

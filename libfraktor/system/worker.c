// SPDX-License-Identifier: MIT
/*
 * worker.c - the one thread that runs a system: ticks become time, time becomes
 * messages, messages run actors, and when nothing is left it waits for the next
 * tick.  Ticks that come while an actor runs queue up in the driver's feed: an
 * actor delays other actors, never the source of the ticks.
 *
 * Going to sleep.  A thread that gives the worker something to do must wake it,
 * but a wake is a system call and the worker is mostly awake.  So the worker
 * says that it goes to sleep, then looks a last time; the other side leaves its
 * work, then looks whether the worker said so (Dekker).  Each of the two looks
 * must come after the store before it.  Both sides use one exchange on @asleep
 * for that, with acquire and release, in place of two full fences: whichever
 * exchange comes second reads what the first one wrote and so sees what was
 * done before it.  The exchange also picks the one sender that wakes.
 */
#include <errno.h>

#include "actor/alarm.h"
#include "system/system.h"

/* Work between two looks at the feed: large enough to be worth the look, small
 * enough that a tick is not kept waiting by a crowd. */
#define TURN_TICKS 256
#define TURN_TIMERS 256
#define TURN_ACTORS 32

void frki_worker_wake(void *data)
{
	struct frk_system *system = data;

	/* Pairs with the exchange in rest(). */
	if (atomic_exchange_explicit(&system->asleep, false,
				     memory_order_acq_rel))
		frki_line_wake(system->line);
}

static bool run_over(const struct frk_system *system)
{
	uint64_t elapsed;

	if (!system->config.run_ticks)
		return false;
	elapsed = frki_scheduler_elapsed_ticks(&system->stage.scheduler);
	return elapsed >= system->config.run_ticks;
}

static void advance(struct frk_system *system, const struct frk_tick *tick)
{
	frki_scheduler_tick(&system->stage.scheduler, tick);
	/* For reports by other threads; pairs with nothing. */
	atomic_store_explicit(&system->elapsed_ns,
			      system->stage.scheduler.now_ns,
			      memory_order_relaxed);
}

/*
 * Ticks are taken one by one, so that a run ends with exactly its last one: what
 * comes after it stays in the feed and is not counted.
 */
static int drain(struct frk_system *system, bool *ret_more)
{
	for (int i = 0; i < TURN_TICKS; i++) {
		struct frk_tick tick;
		int ret;

		*ret_more = false;
		if (run_over(system))
			return 0;
		ret = frki_line_drain(system->line, &tick, 1);
		if (ret <= 0)
			return ret;
		advance(system, &tick);
		*ret_more = true;
	}
	return 0;
}

bool frki_worker_turn(struct frk_system *system)
{
	bool more = frki_alarm_fire(&system->stage, TURN_TIMERS);

	frki_stage_run(&system->stage, TURN_ACTORS);
	return more || frki_stage_ready(&system->stage);
}

static int rest(struct frk_system *system)
{
	int ret = 0;

	/* Pairs with the exchange in frki_worker_wake(). */
	atomic_exchange_explicit(&system->asleep, true, memory_order_acq_rel);
	if (!frki_stage_ready(&system->stage) &&
	    !frki_stage_closed(&system->stage))
		ret = frki_line_wait(system->line);
	/* A wake that still sees true makes one wait too many return. */
	atomic_store_explicit(&system->asleep, false, memory_order_relaxed);
	return ret;
}

static int fail(struct frk_system *system, const char *call, int code)
{
	system->failed_call = call;
	return code;
}

static int loop(struct frk_system *system)
{
	for (;;) {
		bool more_ticks, more;
		int ret = drain(system, &more_ticks);

		more = frki_worker_turn(system) || more_ticks;
		if (frki_stage_closed(&system->stage) || run_over(system))
			return 0;
		if (ret < 0)
			return fail(system, "drain", ret);
		if (more)
			continue;
		ret = rest(system);
		if (ret < 0 && ret != -EINTR)
			return fail(system, "wait", ret);
	}
}

static void finish(struct frk_system *system, int result)
{
	pthread_mutex_lock(&system->lock);
	system->result = result;
	system->done = true;
	pthread_cond_broadcast(&system->ended);
	pthread_mutex_unlock(&system->lock);
}

void *frki_worker_main(void *data)
{
	struct frk_system *system = data;
	int result = loop(system);

	frki_shutdown(system);
	finish(system, result);
	return NULL;
}

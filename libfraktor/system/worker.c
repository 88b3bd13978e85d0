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

#include "actor/time.h"
#include "system/system.h"

/* A line that idles is asked for the time before anything is done: worth it when
 * nothing was done for a while, and nothing will be for a while. */
#define CALM_TURNS 16
#define IDLE_PERIODS 8

/* Turns before the first tick: a bound for those who send to themselves. */
#define FIRST_TURNS 1024

/* The system whose worker the thread is. */
static FRKI_THREAD_LOCAL const struct frk_system *mine;

bool frki_worker_is_here(void *data)
{
	const struct frk_system *system = data;

	/* Asleep, and yet here: a signal handler, after the last look. */
	return mine == system &&
	       !atomic_load_explicit(&system->asleep, memory_order_relaxed);
}

void frki_worker_wake(void *data)
{
	struct frk_system *system = data;

	/* It looks before it goes to sleep: the exchange is for others. */
	if (frki_worker_is_here(data))
		return;
	/* Pairs with the exchange in rest(). */
	if (atomic_exchange_explicit(&system->asleep, false,
				     memory_order_acq_rel))
		frki_supply_wake(&system->supply);
}

bool frki_worker_is_me(const struct frk_system *system)
{
	return mine == system || frki_crew_is_me(system);
}

static bool run_over(const struct frk_system *system)
{
	uint64_t elapsed;

	if (!system->config.run_ticks)
		return false;
	elapsed = frki_scheduler_elapsed_ticks(&system->stage.scheduler);
	return elapsed >= system->config.run_ticks;
}

static void advance(struct frk_system *system, unsigned int line, const struct frk_tick *tick)
{
	frki_stage_lock(&system->stage);
	frki_time_tick(&system->stage, line, tick);
	frki_stage_unlock(&system->stage);
	if (line)
		return;
	/* For reports by other threads; pairs with nothing. */
	atomic_store_explicit(&system->elapsed_ns,
			      system->stage.scheduler.now_ns,
			      memory_order_relaxed);
}

/*
 * Ticks are taken one by one, so that a run ends with exactly its last one: what
 * comes after it stays in the feed and is not counted.  The first line says when that is.
 */
int frki_worker_drain(struct frk_system *system, unsigned int line, struct frki_supply *supply,
		      bool *ret_more)
{
	for (int i = 0; i < FRKI_TURN_TICKS; i++) {
		struct frk_tick tick;
		int ret;

		*ret_more = false;
		if (!line && run_over(system))
			return 0;
		ret = frki_supply_drain(supply, &tick);
		if (ret <= 0)
			return ret;
		advance(system, line, &tick);
		*ret_more = true;
	}
	return 0;
}

bool frki_worker_turn(struct frk_system *system)
{
	bool worked, more = frki_stage_turn(&system->stage, &worked);

	system->calm = worked ? 0 : system->calm + 1;
	return more;
}

/* Until when no tick has anything to do. */
static uint64_t needed_ns(const struct frk_system *system)
{
	const struct frki_scheduler *scheduler = &system->stage.scheduler;
	uint64_t next_ns = frki_scheduler_next_ns(scheduler), end_ns;

	/* An end beyond 64 bits never comes. */
	if (!system->config.run_ticks ||
	    __builtin_mul_overflow(system->config.run_ticks, scheduler->period_ns,
				   &end_ns) ||
	    __builtin_add_overflow(end_ns, scheduler->base_ns, &end_ns))
		return next_ns;
	return next_ns < end_ns ? next_ns : end_ns;
}

static void idle(struct frk_system *system)
{
	const struct frki_scheduler *scheduler = &system->stage.scheduler;
	uint64_t now_ns = frki_scheduler_now_ns(scheduler), until_ns;

	/* Nor does it while other workers may want the time of a tick. */
	if (system->config.opts.never_idle || system->crew.n || system->calm < CALM_TURNS || !now_ns)
		return;
	until_ns = needed_ns(system);
	if (until_ns - now_ns < IDLE_PERIODS * scheduler->period_ns)
		return;
	/* There may be no tick for an hour that would have it told in a second. */
	if (until_ns - now_ns >= FRK_S(1))
		frki_telling_flush(system);
	frki_supply_idle(&system->supply, until_ns, now_ns);
	system->calm = 0;
}

static bool is_to_stop(const struct frk_system *system)
{
	return frki_stage_closed(&system->stage) ||
	       atomic_load_explicit(&system->stopping, memory_order_acquire);
}

/* Whose line has ended; 0 for that of none of the others. */
static unsigned int broken_line(const struct frk_system *system)
{
	/* Acquire: pairs with fail() of worker_line.c. */
	return atomic_load_explicit(&system->broken, memory_order_acquire);
}

/* What goes wrong here, a signal apart, the next drain tells. */
static void rest(struct frk_system *system)
{
	/* Pairs with the exchange in frki_worker_wake(). */
	atomic_exchange_explicit(&system->asleep, true, memory_order_acq_rel);
	if (!frki_stage_ready(&system->stage) && !is_to_stop(system) &&
	    !broken_line(system) && !frki_listing_is_asked(system)) {
		idle(system);
		(void)frki_supply_wait(&system->supply);
	}
	/* A wake that still sees true makes one wait too many return. */
	atomic_store_explicit(&system->asleep, false, memory_order_relaxed);
	frki_crew_woken(&system->crew);
}

static int fail(struct frk_system *system, unsigned int worker)
{
	const struct frki_supply *supply = frki_system_supply(system, worker);

	system->failed_worker = worker;
	system->failed_call = supply->reason == FRK_STOP_BROKEN ? "wait" : "drain";
	return supply->result;
}

bool frki_worker_round(struct frk_system *system, int *ret_code)
{
	bool more_ticks, more;

	*ret_code = frki_worker_drain(system, 0, &system->supply, &more_ticks);
	more = frki_worker_turn(system) || more_ticks;
	frki_telling_report(system);
	frki_listing_answer(system);
	return more;
}

static int loop(struct frk_system *system)
{
	/* Who is there before the first tick has begun before it, however late this
	 * thread is; no timer can be due. */
	frki_stage_run(&system->stage, FIRST_TURNS);
	for (;;) {
		unsigned int broken;
		int ret;
		bool more = frki_worker_round(system, &ret);

		if (is_to_stop(system) || run_over(system))
			return 0;
		if (ret < 0)
			return fail(system, 0);
		broken = broken_line(system);
		if (broken)
			return fail(system, broken);
		if (more)
			continue;
		rest(system);
	}
}

static void finish(struct frk_system *system, int result)
{
	pthread_mutex_lock(&system->lock);
	system->result = result;
	system->done = true;
	pthread_cond_broadcast(&system->ended);
	pthread_mutex_unlock(&system->lock);
	frki_subscription_published(system);
}

void frki_worker_join(struct frk_system *system, unsigned int index)
{
	char *stack = system->stacks;

	if (system->handlers)
		frki_handler_join(&system->handlers[index],
				  stack ? stack + (size_t)index * FRKI_HANDLER_STACK : NULL);
}

void *frki_worker_main(void *data)
{
	struct frk_system *system = data;
	int result;

	mine = system;
	if (system->crew.n)
		frki_crew_join(&system->crew.workers[0]);
	frki_worker_join(system, 0);
	result = loop(system);

	frki_shutdown(system);
	frki_telling_flush(system);
	finish(system, result);
	return NULL;
}

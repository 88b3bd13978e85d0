// SPDX-License-Identifier: MIT
/*
 * worker_line.c - the line of a worker, and its loop; see worker_line.h.  How it goes to
 * sleep is in worker.c.
 */
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "system/system.h"
#include "system/worker_line.h"

_Static_assert(FRK_WORKERS_MAX - 1 <= 99, "the suffix of a name");
_Static_assert(FRK_WORKERS_MAX <= UINT8_MAX, "frki_alarm.line");

void frki_worker_line_init(struct frki_worker_line *line, struct frki_worker *worker,
			   const char *name)
{
	line->system = worker->system;
	line->index = worker->index;
	atomic_init(&line->ended, false);
	snprintf(line->name, sizeof(line->name), "%.28s.%u", name, worker->index % 100);
	line->supply.bootstrap.registry = worker->system->config.registry;
	worker->line = line;
}

/* Each of these has the number at a place of its own. */
static void set_worker(struct frk_event *event, uint32_t worker)
{
	if (event->key == FRK_EVENT_TICK_METRICS)
		event->metrics.worker = worker;
	else if (event->key == FRK_EVENT_DRIFT_EXCEEDED)
		event->drift.worker = worker;
	else
		event->driver.worker = worker;
}

static void on_event(void *data, const struct frk_event *event)
{
	struct frki_worker_line *line = data;
	struct frk_event copy = *event;

	set_worker(&copy, line->index);
	frki_event_stream_publish(&line->system->events, &copy);
}

static const struct frki_supply_ops supply_ops = {
	.event = on_event,
};

/* Which one it was, before what it was. */
static int fail_to_start(const struct frki_worker_line *line, uint32_t cpu, int ret,
			 struct frk_error *error)
{
	struct frk_error said;
	char where[24] = "";

	if (!error)
		return ret;
	said = *error;
	if (cpu)
		snprintf(where, sizeof(where), " on CPU %u", cpu - 1);
	return frki_error_set(error, ret, said.driver, said.call,
			      "the line of worker %u%s: %.200s", line->index, where, said.text);
}

int frki_worker_line_start(struct frki_worker_line *line, const struct frki_supply_opts *opts,
			   struct frk_error *error)
{
	struct frki_supply_opts own = *opts;
	int ret;

	own.line.name = line->name;
	ret = frki_supply_start(&line->supply, &own, &supply_ops, line, error);
	return ret ? fail_to_start(line, own.line.cpu, ret, error) : 0;
}

/* --- the worker */

void frki_worker_line_wake(struct frki_worker *worker)
{
	/* Relaxed: who sleeps on its bell has said so before it said that it sleeps, and
	 * who woke up otherwise has seen what was left for it: see rest(). */
	if (worker->line && !atomic_load_explicit(&worker->line->ended, memory_order_relaxed))
		frki_supply_wake(&worker->line->supply);
	else
		sem_post(&worker->bell);
}

static void rest(struct frki_worker *worker)
{
	struct frk_system *system = worker->system;

	/* Pairs with the exchange in wake() of crew.c. */
	atomic_exchange_explicit(&worker->asleep, true, memory_order_acq_rel);
	if (!frki_crew_is_to_end(&system->crew) && !frki_stage_ready(&system->stage))
		(void)frki_supply_wait(&worker->line->supply);
	/* An exchange, unlike that of the first worker: a wake that saw true ends a wait
	 * for this line, which may have been the last one.  So what was left before it is
	 * seen from here on. */
	atomic_exchange_explicit(&worker->asleep, false, memory_order_acq_rel);
	frki_crew_woken(&system->crew);
}

/* The first one that fails is told; the first worker ends the system. */
static void fail(struct frki_worker_line *line)
{
	struct frk_system *system = line->system;
	uint32_t none = 0;

	atomic_store_explicit(&line->ended, true, memory_order_relaxed);
	/* Release: what the supply says of its end; pairs with broken_line() of worker.c. */
	atomic_compare_exchange_strong_explicit(&system->broken, &none, line->index,
						memory_order_release, memory_order_relaxed);
	frki_worker_wake(system);
}

void frki_worker_line_run(struct frki_worker *worker)
{
	struct frk_system *system = worker->system;
	struct frki_worker_line *line = worker->line;
	bool more_ticks, worked;

	while (!frki_crew_is_to_end(&system->crew)) {
		int ret = frki_worker_drain(system, line->index, &line->supply, &more_ticks);

		if (!frki_stage_turn(&system->stage, &worked) && !more_ticks && !ret)
			rest(worker);
		if (ret < 0) {
			fail(line);
			return;
		}
	}
}

/* --- the end */

void frki_worker_line_stop_all(struct frk_system *system)
{
	for (unsigned int i = 0; i < system->lines_n; i++)
		frki_supply_stop(&system->lines[i].supply);
}

void frki_worker_line_close_all(struct frk_system *system)
{
	for (unsigned int i = 0; i < system->lines_n; i++)
		frki_supply_close(&system->lines[i].supply);
}

// SPDX-License-Identifier: MIT
/*
 * shutdown.c - how a system comes to rest, in order; runs on its worker.  No
 * more ticks are taken: time stands still and no timer becomes due.
 */
#include <errno.h>
#include <time.h>

#include "system/system.h"
#include "tick/clock.h"

#define PHASE_MAX_NS FRK_S(5)

/* Who has begun meanwhile is told, too. */
#define TELL_AGAIN_NS FRK_MS(10)

/*
 * Somebody is in the middle of a spawn or a send: a few instructions, unless it
 * lost its CPU.  Sleep, so that it gets the CPU even if the worker is a realtime
 * thread.
 */
static void let_others_run(void)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

static void tell_phase(struct frk_system *system, uint32_t phase)
{
	frki_stage_lock(&system->stage);
	frki_stage_stop_phase(&system->stage, phase);
	frki_stage_unlock(&system->stage);
}

static void complain(struct frk_system *system, uint32_t phase, uint64_t max_ns, uint32_t left)
{
	frk_event_log(system, FRK_LOG_WARNING,
		      "phase %u of the shutdown is over after %llu ms: %u actors have not ended",
		      phase, (unsigned long long)(max_ns / FRK_MS(1)), left);
}

/* All goes on but for the actors of this phase.  Not by ticks: there may be none any more. */
static void run_phase(struct frk_system *system, uint32_t phase, uint64_t max_ns)
{
	uint64_t began_ns = frki_clock_now_ns(CLOCK_MONOTONIC), tell_ns = began_ns;
	uint32_t left;
	int ignored;

	while ((left = frki_stage_phased(&system->stage, phase))) {
		uint64_t now_ns = frki_clock_now_ns(CLOCK_MONOTONIC);

		if (now_ns - began_ns >= max_ns) {
			complain(system, phase, max_ns, left);
			return;
		}
		if (now_ns >= tell_ns) {
			tell_phase(system, phase);
			tell_ns = now_ns + TELL_AGAIN_NS;
		}
		if (!frki_worker_round(system, &ignored))
			let_others_run();
	}
}

static void run_phases(struct frk_system *system)
{
	uint64_t max_ns = system->config.opts.phase_max_ns;

	for (uint32_t phase = 1; phase <= FRK_STOP_PHASES; phase++)
		run_phase(system, phase, max_ns ? max_ns : PHASE_MAX_NS);
}

static void close_gate(struct frk_system *system)
{
	frki_stage_close(&system->stage);
	while (!frki_stage_quiet(&system->stage))
		let_others_run();
}

static void empty_mailboxes(struct frk_system *system)
{
	while (frki_worker_turn(system))
		;
}

static void stop_actors(struct frk_system *system)
{
	while (frki_stage_stop_youngest(&system->stage)) {
		/* Still none that runs: its last sender has not arrived. */
		if (!frki_stage_run(&system->stage, 1))
			let_others_run();
	}
}

void frki_shutdown(struct frk_system *system)
{
	if (frki_stage_has_phases(&system->stage))
		run_phases(system);
	/* Alone from here on, after the turns that the others are in. */
	frki_crew_stop(&system->crew);
	/* What is cancelled from here on nobody asked for. */
	system->stage.scheduler.log = NULL;
	close_gate(system);
	frki_blocking_room(system);
	empty_mailboxes(system);
	stop_actors(system);
	frki_worker_line_stop_all(system);
	frki_supply_stop(&system->supply);
}

// SPDX-License-Identifier: MIT
/*
 * shutdown.c - how a system comes to rest, in order; runs on its worker.  No
 * more ticks are taken: time stands still and no timer becomes due.
 */
#include <errno.h>
#include <time.h>

#include "system/system.h"

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
	close_gate(system);
	empty_mailboxes(system);
	stop_actors(system);
	/* The driver's thread or interrupt, if that fails, ends at close. */
	(void)frki_line_stop(system->line);
}

/* SPDX-License-Identifier: MIT */
/*
 * system.h - the parts of a system, for the files of this folder.
 *
 * One thread, the worker, runs the actors: worker.c; when its loop ends it takes
 * the system to rest: shutdown.c; build.c puts it together and frees it.
 */
#ifndef FRKI_SYSTEM_SYSTEM_H
#define FRKI_SYSTEM_SYSTEM_H

#include <pthread.h>
#include <stdatomic.h>

#include "actor/stage.h"
#include "system/build.h"
#include "system/config.h"
#include "tick/bootstrap.h"

/**
 * struct frk_system - a system, followed in memory by what its stage is made of
 * @stage: the actors.
 * @line: the ticks.
 * @config: what it was built from; the name in it is the system's own.
 * @platform: where its memory and thread come from.
 * @asleep: the worker waits, or is about to; see worker.c.
 * @elapsed_ns: logical time since the first period, for other threads.
 * @live_line: a live line stands on a terminal without its newline.
 * @thread: the worker.
 * @lock: for the fields below.
 * @ended: signalled with @done.
 * @done: no actor runs and no tick is made any more.
 * @result: what frk_system_run() returns.
 * @failed_call: what @result comes from.
 */
struct frk_system {
	struct frki_stage stage;
	struct frki_line *line;
	struct frki_config config;
	const struct frki_platform *platform;
	atomic_bool asleep;
	_Atomic uint64_t elapsed_ns;
	atomic_bool live_line;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool done;
	int result;
	const char *failed_call;
};

/**
 * frki_worker_main() - the worker thread
 * @data: the system.
 *
 * Return: NULL.
 */
void *frki_worker_main(void *data);

/**
 * frki_worker_wake() - there is something to do
 * @data: the system.
 *
 * Any thread, async-signal-safe.
 */
void frki_worker_wake(void *data);

/**
 * frki_worker_turn() - fire what is due and let actors run, a bounded while
 * @system: the system.
 *
 * Return: true if there is, or may be, more to do.
 */
bool frki_worker_turn(struct frk_system *system);

/**
 * frki_shutdown() - bring the system to rest
 * @system: the system; called by its worker.
 *
 * No new actors and messages; actors get what is in their mailboxes, and
 * STOPPED, the youngest first; then the driver stops.
 */
void frki_shutdown(struct frk_system *system);

#endif /* FRKI_SYSTEM_SYSTEM_H */

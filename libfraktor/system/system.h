/* SPDX-License-Identifier: MIT */
/*
 * system.h - the parts of a system, for the files of this folder.
 *
 * One thread, the worker, runs the actors: worker.c, helped by others where there
 * are several: crew.c; when its loop ends it takes the system to rest: shutdown.c;
 * build.c puts it together and frees it.
 */
#ifndef FRKI_SYSTEM_SYSTEM_H
#define FRKI_SYSTEM_SYSTEM_H

#include <pthread.h>
#include <stdatomic.h>

#include "actor/stage.h"
#include "event/stream.h"
#include "event/throttle.h"
#include "system/build.h"
#include "system/config.h"
#include "system/crew.h"
#include "system/handler.h"
#include "system/log_file.h"
#include "system/monitor.h"
#include "system/worker_line.h"
#include "tick/supply.h"

/* A variable of a thread that is read for each message: in a shared library as cheap as in
 * a program, since it is where the thread begins and needs not be looked for. */
#define FRKI_THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))

struct frki_listing;

/**
 * struct frk_system - a system, followed in memory by what its stage is made of
 * @stage: the actors.
 * @stage_ops: what the actors ask of it.
 * @handlers: what each worker is in, where somebody wants to know.
 * @stacks: FRKI_HANDLER_STACK for each worker, where crashes are caught.
 * @monitor: looks at @handlers; not there if it was not wanted.
 * @crew: the workers, if they are several.
 * @supply: the ticks, of the first worker where each has its own.
 * @lines: those of the others; NULL where there is one line for all.
 * @lines_n: how many.
 * @broken: which of them has ended, by its worker's number, and the system with it.
 * @events: what happens, for subscribers.
 * @event_bell: changes with every event; subscribers sleep on it.
 * @event_waiters: how many sleep.
 * @told_ns: when frki_telling_report() looked last; the worker's own.
 * @letters: dead letters that are told one by one.
 * @failures: likewise of actors.
 * @log: what happened to time and timers; not open if it was not wanted.
 * @config: what it was built from; the name in it is the system's own.
 * @platform: where its memory and thread come from.
 * @listing: a question for the worker: see listing.c.
 * @blocked: threads that wait for room in a mailbox; see blocking.c.
 * @asleep: the worker waits, or is about to; see worker.c.
 * @calm: turns in a row in which no actor had anything to do; the worker's own.
 * @stopping: it was asked to stop, and there are phases before the end.
 * @elapsed_ns: logical time since the first period, for other threads.
 * @live_line: a live line stands on a terminal without its newline.
 * @thread: the worker, and the first one of a crew.
 * @lock: for the fields below.
 * @ended: signalled with @done, and with what others wait for; on CLOCK_MONOTONIC.
 * @done: no actor runs and no tick is made any more.
 * @result: what frk_system_run() returns.
 * @failed_call: what @result comes from.
 * @failed_worker: and whose line.
 */
struct frk_system {
	struct frki_stage stage;
	struct frki_stage_ops stage_ops;
	struct frki_handler *handlers;
	char *stacks;
	struct frki_monitor monitor;
	struct frki_crew crew;
	struct frki_supply supply;
	struct frki_worker_line *lines;
	unsigned int lines_n;
	_Atomic uint32_t broken;
	struct frki_event_stream events;
	uint32_t event_bell;
	uint32_t event_waiters;
	uint64_t told_ns;
	struct frki_throttle letters;
	struct frki_throttle failures;
	struct frki_log_file log;
	struct frki_config config;
	const struct frki_platform *platform;
	_Atomic(struct frki_listing *) listing;
	_Atomic uint32_t blocked;
	atomic_bool asleep;
	uint32_t calm;
	atomic_bool stopping;
	_Atomic uint64_t elapsed_ns;
	atomic_bool live_line;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ended;
	bool done;
	int result;
	const char *failed_call;
	uint32_t failed_worker;
};

/**
 * frki_system_supply() - the ticks of a worker
 * @system: the system.
 * @worker: which, from 0.
 *
 * Return: NULL if there is no such worker, or it has no line.
 */
static inline struct frki_supply *frki_system_supply(struct frk_system *system,
						     unsigned int worker)
{
	if (!worker)
		return &system->supply;
	return worker <= system->lines_n ? &system->lines[worker - 1].supply : NULL;
}

/**
 * frki_worker_main() - the worker thread
 * @data: the system.
 *
 * Return: NULL.
 */
void *frki_worker_main(void *data);

/**
 * frki_worker_join() - the caller's thread is a worker from now on
 * @system: the system.
 * @index: which.
 */
void frki_worker_join(struct frk_system *system, unsigned int index);

/**
 * frki_worker_drain() - take the ticks there are, and let time go on
 * @system: the system.
 * @line: whose they are, by the worker's number.
 * @supply: where they come from.
 * @ret_more: whether there may be more.
 *
 * Only that worker.
 *
 * Return: 0, or as frki_supply_drain().
 */
int frki_worker_drain(struct frk_system *system, unsigned int line, struct frki_supply *supply,
		      bool *ret_more);

/**
 * frki_worker_round() - take ticks, fire timers, run actors, tell what is to be told
 * @system: the system.
 * @ret_code: 0, or with what taking ticks failed.
 *
 * Only the worker.
 *
 * Return: true if there is more to do at once.
 */
bool frki_worker_round(struct frk_system *system, int *ret_code);

/**
 * frki_worker_is_here() - is the caller the system's own thread, and awake?
 * @data: the system.
 *
 * Any thread, async-signal-safe.
 */
bool frki_worker_is_here(void *data);

/**
 * frki_worker_wake() - there is something to do
 * @data: the system.
 *
 * Any thread, async-signal-safe.
 */
void frki_worker_wake(void *data);

/**
 * frki_worker_is_me() - is the caller's thread the worker, or one of a crew?
 * @system: the system.
 */
bool frki_worker_is_me(const struct frk_system *system);

/**
 * frki_worker_turn() - fire what is due and let actors run, a bounded while
 * @system: the system.
 *
 * Return: true if there is, or may be, more to do.
 */
bool frki_worker_turn(struct frk_system *system);

/**
 * frki_listing_is_asked() - does somebody wait for a list of timers?
 * @system: the system.
 */
bool frki_listing_is_asked(struct frk_system *system);

/**
 * frki_listing_answer() - give him one
 * @system: the system; called by its worker, between two turns.
 */
void frki_listing_answer(struct frk_system *system);

/**
 * frki_blocking_wait() - &frki_stage_ops.wait
 * @data: the system.
 * @wait_ns: how long.
 * @again: the attempt.
 * @attempt: for it.
 */
int frki_blocking_wait(void *data, uint64_t wait_ns, int (*again)(void *attempt),
		       void *attempt);

/**
 * frki_blocking_room() - &frki_stage_ops.room
 * @data: the system.
 */
void frki_blocking_room(void *data);

/**
 * frki_subscription_published() - wake those who wait for events
 * @data: the system.
 */
void frki_subscription_published(void *data);

/**
 * frki_subscription_end() - let the subscriber's wait return, now and from now on
 * @subscription: the subscription.
 *
 * Any thread.
 */
void frki_subscription_end(struct frk_subscription *subscription);

/**
 * frki_subscription_ended() - was it called?
 * @subscription: the subscription.
 */
bool frki_subscription_ended(const struct frk_subscription *subscription);

/**
 * frki_telling_report() - tell subscribers what has gathered since the last time
 * @system: the system; called by its worker.
 *
 * Timers that were late, and dead letters that were not told one by one.  Looks once
 * in a second of ticks, and tells only if there is something.
 */
void frki_telling_report(struct frk_system *system);

/**
 * frki_telling_flush() - the same at once, where no tick may come for that
 * @system: the system; called by its worker.
 */
void frki_telling_flush(struct frk_system *system);

/**
 * frki_telling_dead_letter() - a message reached nobody
 * @data: the system.
 * @letter: whose it was and why.
 *
 * Any thread.
 */
void frki_telling_dead_letter(void *data, const struct frki_dead_letter *letter);

/**
 * frki_telling_failure() - an actor has failed
 * @data: the system.
 * @failure: which, with what, and what becomes of it.
 *
 * A worker, the stage locked.
 */
void frki_telling_failure(void *data, const struct frki_failure *failure);

/**
 * frki_shutdown() - bring the system to rest
 * @system: the system; called by its worker.
 *
 * No new actors and messages; actors get what is in their mailboxes, and
 * STOPPED, the youngest first; then the driver stops.
 */
void frki_shutdown(struct frk_system *system);

#endif /* FRKI_SYSTEM_SYSTEM_H */

/* SPDX-License-Identifier: MIT */
/*
 * crew.h - several workers for one system: whose turn it is to run which actor.
 *
 * The first worker is the system's own thread, worker.c: it has time, and runs
 * actors too.  The others only run actors, unless each has a tick line of its own:
 * worker_line.h.  Each has a queue: an actor that has
 * something to do goes to the worker on which that happened, so that two that
 * talk to each other stay together; a worker with nothing to do steals from one
 * that has more than it runs, or that has been in one turn for too long.
 *
 * A system of one worker has no crew, and pays nothing for it.
 */
#ifndef FRKI_SYSTEM_CREW_H
#define FRKI_SYSTEM_CREW_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor/dispatcher.h"
#include "actor/hand.h"
#include "base/mpsc.h"

struct frk_system;
struct frki_worker_line;

/* What one thread writes is this far from what another one does. */
#define FRKI_WORKER_GAP 64

/**
 * struct frki_worker - one of them
 * @system: whose.
 * @index: from 0.
 * @thread: its thread, unless it is the first.
 * @lock: for taking out of @queue.
 * @queue: what any worker may run.
 * @pinned: what only this one may.
 * @waiting: about how many are in @queue.
 * @asleep: it waits, or is about to; as &frk_system.asleep.
 * @deep: and for nothing but its bell: it does not look what becomes of the others.
 * @bell: wakes it, unless it is the first, or has a line.
 * @line: its tick line; NULL if there is one for all.
 * @gap: behind what others write.
 * @turns: turns begun; others only read it.
 * @seen: @turns of the others when it looked last, its own.
 * @looked_ns: when that was, its own.
 * @even: whether it takes from @pinned first, its own.
 * @busy: it is in a turn, its own.
 * @hand: letters that came back to it.
 * @end: before the next one.
 */
struct frki_worker {
	struct frk_system *system;
	unsigned int index;
	pthread_t thread;
	pthread_mutex_t lock;
	struct frki_mpsc queue;
	struct frki_mpsc pinned;
	_Atomic uint32_t waiting;
	atomic_bool asleep;
	atomic_bool deep;
	sem_t bell;
	struct frki_worker_line *line;
	char gap[FRKI_WORKER_GAP];
	_Atomic uint64_t turns;
	uint64_t *seen;
	uint64_t looked_ns;
	bool even;
	bool busy;
	struct frki_hand hand;
	char end[FRKI_WORKER_GAP];
};

/**
 * struct frki_crew - all of them
 * @workers: @n, the first one's thread is the system's.
 * @n: how many; 0: the system has no crew.
 * @started: how many of the others have a thread.
 * @quit: they are to end.
 * @alone: only the first is left, and runs what is in all queues.
 * @deep_n: how many workers are &frki_worker.deep.
 * @next: who gets what comes from outside while all are busy.
 * @lock: the stage's.
 */
struct frki_crew {
	struct frki_worker *workers;
	unsigned int n;
	unsigned int started;
	atomic_bool quit;
	bool alone;
	_Atomic uint32_t deep_n;
	_Atomic uint32_t next;
	pthread_mutex_t lock;
};

/* The dispatcher of a system with a crew. */
extern const struct frki_dispatcher_ops frki_crew_dispatcher;

/**
 * frki_crew_init() - workers without threads
 * @crew: zeroed.
 * @system: whose.
 * @workers: room for @n.
 * @seen: room for @n times @n.
 * @n: how many, at least 2.
 * @letters: letters that the system has.
 *
 * Return: 0 or a negative errno.
 */
int frki_crew_init(struct frki_crew *crew, struct frk_system *system,
		   struct frki_worker *workers, uint64_t *seen, unsigned int n,
		   uint32_t letters);

/**
 * frki_crew_free() - the opposite
 * @crew: initialised, or zeroed; without threads.
 */
void frki_crew_free(struct frki_crew *crew);

/**
 * frki_crew_stop() - let all workers but the first end, and wait for that
 * @crew: the crew, or one of none.
 *
 * Blocks until each has finished the turn it is in.  What they leave the first
 * worker finds.  Only the first worker, or before it has a thread.
 */
void frki_crew_stop(struct frki_crew *crew);

/**
 * frki_crew_is_to_end() - are the workers but the first to end?
 * @crew: the crew.
 */
static inline bool frki_crew_is_to_end(const struct frki_crew *crew)
{
	/* Acquire: pairs with frki_crew_stop(). */
	return atomic_load_explicit(&crew->quit, memory_order_acquire);
}

/**
 * frki_crew_woken() - a worker that has a line is no longer asleep
 * @crew: the crew, or one of none.
 */
void frki_crew_woken(struct frki_crew *crew);

/**
 * frki_crew_join() - the caller's thread is this worker from now on
 * @worker: the worker.
 */
void frki_crew_join(struct frki_worker *worker);

/**
 * frki_crew_is_me() - is the caller's thread one of the workers?
 * @system: whose.
 */
bool frki_crew_is_me(const struct frk_system *system);

/**
 * frki_crew_main() - thread of a worker that is not the first
 * @data: the worker.
 *
 * Return: NULL.
 */
void *frki_crew_main(void *data);

/**
 * frki_crew_lock() - &frki_stage_ops.lock
 * @data: the system.
 */
void frki_crew_lock(void *data);

/**
 * frki_crew_is_locked() - does the caller's thread hold the lock?
 *
 * Async-signal-safe.
 */
bool frki_crew_is_locked(void);

/**
 * frki_crew_line() - &frki_stage_ops.line, where each has one
 * @data: the system.
 */
unsigned int frki_crew_line(void *data);

/**
 * frki_crew_hand() - &frki_stage_ops.hand
 * @data: the system.
 */
struct frki_hand *frki_crew_hand(void *data);

/**
 * frki_crew_unlock() - &frki_stage_ops.unlock
 * @data: the system.
 */
void frki_crew_unlock(void *data);

#endif /* FRKI_SYSTEM_CREW_H */

/* SPDX-License-Identifier: MIT */
/*
 * stage.h - where actors play: the slots for them, the messages and timers they
 * share, the queue of those that have something to do, and their time.
 *
 * One thread, the worker, runs the actors and owns time and timers.  Any thread
 * may spawn, send and stop.  How the worker sleeps is not known here: whoever
 * gives it something to do calls frki_stage_ops.wake.
 *
 * Knows no thread, no memory but what it is given, no clock, no driver.
 */
#ifndef FRKI_ACTOR_STAGE_H
#define FRKI_ACTOR_STAGE_H

#include <fraktor/actor.h>

#include "message/envelope.h"
#include "sched/scheduler.h"

struct frki_cell;
struct frki_alarm;

/**
 * struct frki_stage_ops - what the stage asks of those above it
 * @wake: the worker has something to do.  Any thread, async-signal-safe.
 */
struct frki_stage_ops {
	void (*wake)(void *data);
};

/**
 * struct frki_stage - the stage; must not move once it is in use
 * @cells: actors, live or not.
 * @letters: messages.
 * @alarms: timers of actors.
 * @ready: cells that have something to do, each at most once.
 * @gate: GATE_CLOSED and the number of threads inside frki_stage_spawn().
 * @undelivered: messages that were sent, accepted, and not handled; those of
 *	timers do not count.
 * @failures: actors whose receive returned an error.
 * @ops: upwards.
 * @data: for @ops, and what frk_context_system() returns.
 * @scheduler: time and its timers; the worker's own.
 * @live: started cells, the youngest last; the worker's own.
 */
struct frki_stage {
	struct frki_pool cells;
	struct frki_pool letters;
	struct frki_pool alarms;
	struct frki_mpsc ready;
	_Atomic uint32_t gate;
	_Atomic uint64_t undelivered;
	_Atomic uint64_t failures;
	const struct frki_stage_ops *ops;
	void *data;
	struct frki_scheduler scheduler;
	struct frki_list live;
};

/**
 * struct frki_stage_memory - what a stage is made of; all of it outlives it
 * @cells: @cells_n actors.
 * @letters: @letters_n messages.
 * @alarms: @alarms_n timers.
 * @cell_links: links of the pool of cells, as many as these.
 * @letter_links: links of the pool of letters.
 * @alarm_links: links of the pool of alarms.
 * @cells_n: actors that may live at once.
 * @letters_n: messages that may be in flight.
 * @alarms_n: timers that may be armed.
 */
struct frki_stage_memory {
	struct frki_cell *cells;
	struct frki_letter *letters;
	struct frki_alarm *alarms;
	_Atomic uint32_t *cell_links;
	_Atomic uint32_t *letter_links;
	_Atomic uint32_t *alarm_links;
	uint32_t cells_n;
	uint32_t letters_n;
	uint32_t alarms_n;
};

/**
 * frki_stage_init() - an empty stage at time 0
 * @stage: the stage.
 * @memory: what it is made of.
 * @period_ns: period of its ticks.
 * @ops: callbacks, borrowed.
 * @data: handed to them.
 */
void frki_stage_init(struct frki_stage *stage,
		     const struct frki_stage_memory *memory,
		     uint64_t period_ns, const struct frki_stage_ops *ops,
		     void *data);

/**
 * frki_stage_spawn() - frk_system_spawn()
 * @stage: the stage.
 * @opts: the actor.
 * @ret_pid: its pid; may be NULL.
 */
int frki_stage_spawn(struct frki_stage *stage,
		     const struct frk_actor_opts *opts,
		     struct frk_pid *ret_pid);

/**
 * frki_stage_send() - frk_system_send(), with a sender
 * @stage: the stage.
 * @sender: who sends; .life 0 for nobody.
 * @to: the receiver.
 * @kind: kind of the message.
 * @payload: its payload.
 * @size: bytes of it.
 */
int frki_stage_send(struct frki_stage *stage, struct frk_pid sender,
		    struct frk_pid to, uint32_t kind, const void *payload,
		    size_t size);

/**
 * frki_stage_stop() - frk_system_stop_actor()
 * @stage: the stage.
 * @pid: the actor.
 */
int frki_stage_stop(struct frki_stage *stage, struct frk_pid pid);

/**
 * frki_stage_close() - refuse spawns, messages and timers from now on
 * @stage: the stage.
 *
 * Any thread, async-signal-safe, idempotent.  Does not wake the worker.
 */
void frki_stage_close(struct frki_stage *stage);

/**
 * frki_stage_closed() - was it closed?
 * @stage: the stage.
 */
bool frki_stage_closed(const struct frki_stage *stage);

/**
 * frki_stage_quiet() - is no thread inside frki_stage_spawn()?
 * @stage: closed; then it stays quiet.
 */
bool frki_stage_quiet(const struct frki_stage *stage);

/**
 * frki_stage_ready() - has any actor something to do?
 * @stage: the stage.
 *
 * Only the worker.
 */
bool frki_stage_ready(const struct frki_stage *stage);

/**
 * frki_stage_run() - give actors that have something to do a turn each, in the
 * order in which they got it
 * @stage: the stage.
 * @turns: turns at most.
 *
 * Only the worker.
 *
 * Return: turns given; less than @turns when nobody was left.
 */
unsigned int frki_stage_run(struct frki_stage *stage, unsigned int turns);

/**
 * frki_stage_stop_youngest() - frki_stage_stop() for the actor spawned last
 * @stage: the stage.
 *
 * Only the worker.
 *
 * Return: false if there is no actor that was started.
 */
bool frki_stage_stop_youngest(struct frki_stage *stage);

#endif /* FRKI_ACTOR_STAGE_H */

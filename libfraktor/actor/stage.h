/* SPDX-License-Identifier: MIT */
/*
 * stage.h - where actors play: the slots for them, the messages and timers they
 * share, the queue of those that have something to do, and their time.
 *
 * Workers run the actors.  One of them has time and fires timers, or each has a tick line
 * of its own: time.h.  Most often there is one worker.  Any thread may spawn, send and
 * stop.  How a worker sleeps is not known here: whoever gives it something to do calls
 * frki_stage_ops.wake.
 *
 * Where there are several workers they share a lock for all but messages: life
 * and death, timers, watches and questions.  While an actor handles a message,
 * nothing is locked.
 *
 * Knows no thread, no memory but what it is given, no clock, no driver.
 */
#ifndef FRKI_ACTOR_STAGE_H
#define FRKI_ACTOR_STAGE_H

#include <fraktor/actor.h>

#include "actor/dispatcher.h"
#include "actor/hand.h"
#include "base/pool.h"
#include "message/envelope.h"
#include "sched/scheduler.h"

struct frki_cell;
struct frki_alarm;
struct frki_watch;
struct frki_tray;

/* Ticks that a worker takes at most before it has a turn: frki_stage_turn(). */
#define FRKI_TURN_TICKS 256

/* Messages of one turn: few enough to be fair, enough to be worth a turn. */
#define FRKI_TURN_MESSAGES 16

/* Of &frki_stage.gate. */
#define FRKI_GATE_CLOSED (1U << 31)

/**
 * struct frki_dead_letter - a message that reached nobody
 * @to: who was meant.
 * @sender: who sent it; .life 0 for nobody.
 * @kind: its kind.
 * @reason: why.
 */
struct frki_dead_letter {
	struct frk_pid to;
	struct frk_pid sender;
	uint32_t kind;
	enum frk_dead_reason reason;
};

/**
 * struct frki_failure - an actor has failed
 * @actor: which.
 * @name: its name.
 * @error: the negative errno.
 * @directive: what becomes of it.
 */
struct frki_failure {
	struct frk_pid actor;
	const char *name;
	int error;
	enum frk_directive directive;
};

struct frki_stage;

/**
 * struct frki_divert - takes messages on their way; tests have one
 * @divert: the receiver would be sent that now.  The thread that sends.  Returns true
 *	to take it: its sender is told that it was sent.
 */
struct frki_divert {
	bool (*divert)(struct frki_divert *self, struct frki_stage *stage,
		       const struct frki_post *post);
};

/**
 * struct frki_stage_ops - what the stage asks of those above it
 * @wake: the worker has something to do.  Any thread, async-signal-safe.
 * @here: is the caller the one thread that runs the stage, and not about to sleep?  Any
 *	thread, async-signal-safe.  NULL: there are several, or it is not known.
 * @hand: what the caller's thread has at hand, for letters; NULL for nothing.  Any thread,
 *	async-signal-safe.  Itself NULL: @here says it.
 * @dead_letter: a message reached nobody; it was counted.  The thread that sent it,
 *	or the worker; must not send.
 * @failed: an actor has failed; it was counted.  A worker, the stage locked; must
 *	not send.
 * @call: call a handler, and return what it does; NULL: nobody wants to look on.  Only
 *	a worker.
 * @clock_ns: time that goes on while a handler runs; only for &frki_stage.turn_max_ns.  A
 *	worker.
 * @lock: keep other workers out; NULL if there are none.
 * @unlock: let them in.
 * @line: the tick line that the caller, a worker, goes by; 0 for the first.  NULL where
 *	there is one.
 * @wait: let the caller try @again until that does not return -EAGAIN, up to @wait_ns, and
 *	return what it returned last.  Any thread; the worker must not wait.  May be NULL.
 * @room: there may be room for who waits.  The worker.  May be NULL.
 */
struct frki_stage_ops {
	void (*wake)(void *data);
	bool (*here)(void *data);
	struct frki_hand *(*hand)(void *data);
	void (*dead_letter)(void *data, const struct frki_dead_letter *letter);
	void (*failed)(void *data, const struct frki_failure *failure);
	int (*call)(void *data, frk_receive_fn receive, struct frk_context *context,
		    const struct frk_message *message);
	uint64_t (*clock_ns)(void *data);
	void (*lock)(void *data);
	void (*unlock)(void *data);
	unsigned int (*line)(void *data);
	int (*wait)(void *data, uint64_t wait_ns, int (*again)(void *attempt),
		    void *attempt);
	void (*room)(void *data);
};

/**
 * struct frki_stage - the stage; must not move once it is in use
 * @cells: actors, live or not.
 * @letters: messages.
 * @alarms: timers of actors.
 * @watches: who watches whom.
 * @dispatcher: who is next; frki_dispatcher_fifo unless it is set before anything
 *	is spawned.
 * @order: of frki_dispatcher_custom; borrowed.
 * @order_state: and its state.
 * @trays: what mailboxes have beside their queues.
 * @states: @state_max bytes for each cell, what comes with its actor.
 * @state_max: see @states.
 * @ready: cells that have something to do, each at most once; by other threads.
 * @hand: those by its own, once more, and letters that came back.
 * @workers: how many may be asked for by an actor; 1 unless it is set before anything is
 *	spawned.
 * @turn_messages: an actor's turn is over after so many; FRKI_TURN_MESSAGES unless it is
 *	set before anything is spawned.
 * @turn_max_ns: and after the one with which it has taken so long, likewise; 0: however
 *	long that is.
 * @seed: for frki_dispatcher_seeded; not 0.
 * @drawn_n: how many of @drawn count.
 * @drawn: taken out of @ready to draw from.
 * @gate: FRKI_GATE_CLOSED and the number of threads inside frki_stage_spawn().
 * @dead_letters: messages that reached nobody, by reason; those of timers do not
 *	count.
 * @failures: how often a receive returned an error.
 * @restarts: how often an actor began again.
 * @phased: actors by their &frk_actor_opts.stop_phase, from 1, from spawn to the end.
 * @has_phases: there was one.
 * @stashed: how often a message was put aside, to be handled once more.
 * @random: for pauses; under the lock.
 * @ops: upwards.
 * @data: for @ops, and what frk_context_system() returns.
 * @filters: NULL, or set before anything is spawned; borrowed.
 * @divert: NULL, or that of a test; borrowed.
 * @scheduler: time and its timers, of the first line; under the lock, as the next three.
 * @others: those of the other lines; see time.h.
 * @others_n: how many; mostly 0.
 * @newest_ns: where there are any: the time that one of the lines has come to.
 * @live: cells with an actor, the youngest last; see &frki_cell.live; under the lock.
 */
struct frki_stage {
	struct frki_pool cells;
	struct frki_pool letters;
	struct frki_pool alarms;
	struct frki_pool watches;
	const struct frki_dispatcher_ops *dispatcher;
	const struct frk_dispatcher_ops *order;
	void *order_state;
	struct frki_pool trays;
	unsigned char *states;
	size_t state_max;
	struct frki_mpsc ready;
	struct frki_hand hand;
	uint32_t workers;
	uint32_t drawn_n;
	uint32_t turn_messages;
	uint64_t turn_max_ns;
	uint64_t seed;
	struct frki_cell *drawn[FRKI_DISPATCHER_DRAW];
	_Atomic uint32_t gate;
	_Atomic uint64_t dead_letters[FRK_DEAD_REASONS];
	_Atomic uint64_t failures;
	_Atomic uint64_t restarts;
	_Atomic uint64_t stashed;
	_Atomic uint32_t phased[FRK_STOP_PHASES + 1];
	atomic_bool has_phases;
	uint64_t random;
	const struct frki_stage_ops *ops;
	void *data;
	const struct frk_filters *filters;
	struct frki_divert *divert;
	struct frki_scheduler scheduler;
	struct frki_scheduler *others;
	unsigned int others_n;
	uint64_t newest_ns;
	struct frki_list live;
};

/**
 * frki_hand_is_free() - is the caller the thread that runs the stage, at a time at which
 * it may use what it has at hand?
 * @stage: the stage.
 *
 * Any thread.  What it says holds until the caller returns to whoever called him.
 */
static inline bool frki_hand_is_free(const struct frki_stage *stage)
{
	return stage->hand.used &&
	       !atomic_load_explicit(&stage->hand.taken, memory_order_relaxed) &&
	       stage->ops->here(stage->data);
}

/**
 * frki_hand_is_mine() - the same for who is known to be a thread that runs the stage
 * @stage: the stage.
 *
 * Only in an actor's turn.
 */
static inline bool frki_hand_is_mine(const struct frki_stage *stage)
{
	return stage->hand.used &&
	       !atomic_load_explicit(&stage->hand.taken, memory_order_relaxed);
}

/**
 * frki_stage_keeps_cells() - do cells wait in its hand for their turns, those which others
 * have brought behind those that are there?
 * @stage: the stage.
 *
 * Not where several threads run it, or others than these cells say who is next: then it is
 * &frki_cell.turn alone that keeps a cell from being in two turns.
 */
static inline bool frki_stage_keeps_cells(const struct frki_stage *stage)
{
	return stage->hand.used && stage->dispatcher == &frki_dispatcher_fifo;
}

/**
 * struct frki_stage_memory - what a stage is made of; all of it outlives it
 * @cells: @cells_n actors.
 * @letters: @letters_n messages.
 * @alarms: @alarms_n timers.
 * @watches: @watches_n watches.
 * @trays: @trays_n trays.
 * @states: @cells_n times @state_max bytes, aligned for any type.
 * @state_max: may be 0; a multiple of what any type is aligned to.
 * @cell_links: links of the pool of cells, as many as these.
 * @letter_links: links of the pool of letters.
 * @alarm_links: links of the pool of alarms.
 * @watch_links: links of the pool of watches.
 * @tray_links: links of the pool of trays.
 * @cells_n: actors that may live at once.
 * @letters_n: messages that may be in flight.
 * @alarms_n: timers that may be armed.
 * @watches_n: watches there may be.
 * @trays_n: actors that may have more than a queue; may be 0.
 */
struct frki_stage_memory {
	struct frki_cell *cells;
	struct frki_letter *letters;
	struct frki_alarm *alarms;
	struct frki_watch *watches;
	struct frki_tray *trays;
	void *states;
	size_t state_max;
	_Atomic uint32_t *cell_links;
	_Atomic uint32_t *letter_links;
	_Atomic uint32_t *alarm_links;
	_Atomic uint32_t *watch_links;
	_Atomic uint32_t *tray_links;
	uint32_t cells_n;
	uint32_t letters_n;
	uint32_t alarms_n;
	uint32_t watches_n;
	uint32_t trays_n;
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
 * frki_stage_lock() - keep other workers out
 * @stage: the stage, not locked by the caller.
 */
static inline void frki_stage_lock(struct frki_stage *stage)
{
	if (stage->ops->lock)
		stage->ops->lock(stage->data);
}

/**
 * frki_stage_unlock() - let them in
 * @stage: the stage, locked by the caller.
 */
static inline void frki_stage_unlock(struct frki_stage *stage)
{
	if (stage->ops->unlock)
		stage->ops->unlock(stage->data);
}

/**
 * frki_stage_spawn() - frk_system_spawn() and frk_context_spawn()
 * @stage: the stage; locked if there is a @parent.
 * @parent: whose child it is to be, and then only the worker that has its turn;
 *	NULL for nobody's.
 * @opts: the actor.
 * @ret_pid: its pid; may be NULL.
 */
int frki_stage_spawn(struct frki_stage *stage, struct frki_cell *parent,
		     const struct frk_actor_opts *opts,
		     struct frk_pid *ret_pid);

/**
 * frki_stage_renew_state() - what came with an actor is as if nothing had happened
 * @stage: the stage.
 * @cell: the actor, before FRK_MESSAGE_STARTED; its own turn.
 */
void frki_stage_renew_state(struct frki_stage *stage, const struct frki_cell *cell);

/**
 * frki_stage_post() - send a message
 * @stage: the stage.
 * @post: what, and to whom.
 *
 * Return: as frk_context_send().
 */
int frki_stage_post(struct frki_stage *stage, const struct frki_post *post);

/**
 * frki_stage_post_by() - the same, by who knows who he is
 * @stage: the stage.
 * @post: what, and to whom.
 * @own: what frki_hand_is_free() or frki_hand_is_mine() said.
 */
int frki_stage_post_by(struct frki_stage *stage, const struct frki_post *post, bool own);

/**
 * frki_stage_send() - frk_system_send(), with a sender
 * @stage: the stage.
 * @sender: who sends; .life 0 for nobody.
 * @to: the receiver.
 * @kind: kind of the message.
 * @payload: its payload.
 * @size: bytes of it.
 */
static inline int frki_stage_send(struct frki_stage *stage, struct frk_pid sender,
				  struct frk_pid to, uint32_t kind, const void *payload,
				  size_t size)
{
	const struct frki_post post = { .sender = sender, .to = to, .kind = kind,
					.payload = payload, .size = size };

	return frki_stage_post(stage, &post);
}

/**
 * frki_stage_put_letter() - a message has been handled, or never will be
 * @stage: the stage.
 * @envelope: a letter's.
 *
 * Any thread.
 */
void frki_stage_put_letter(struct frki_stage *stage, struct frki_envelope *envelope);

/**
 * frki_stage_put_letter_by() - the same, by who knows who he is
 * @stage: the stage.
 * @envelope: a letter's.
 * @own: as for frki_stage_post_by().
 */
void frki_stage_put_letter_by(struct frki_stage *stage, struct frki_envelope *envelope,
			      bool own);

/**
 * frki_stage_bury() - count a message that reached nobody, and tell
 * @stage: the stage.
 * @letter: whose it was and why.
 *
 * Any thread.
 */
void frki_stage_bury(struct frki_stage *stage, const struct frki_dead_letter *letter);

/**
 * frki_stage_dead_letters() - how many messages reached nobody
 * @stage: the stage.
 * @ret_letters: where to.
 *
 * Any thread.
 */
void frki_stage_dead_letters(const struct frki_stage *stage,
			     struct frk_dead_letters *ret_letters);

/**
 * frki_stage_stop() - frk_system_stop_actor()
 * @stage: the stage.
 * @pid: the actor.
 */
int frki_stage_stop(struct frki_stage *stage, struct frk_pid pid);

/**
 * frki_stage_halt() - frk_system_halt_actor()
 * @stage: the stage.
 * @pid: the actor.
 */
int frki_stage_halt(struct frki_stage *stage, struct frk_pid pid);

/**
 * frki_stage_has_phases() - is there an actor that ends before the end, or was there?
 * @stage: the stage.
 *
 * Any thread, async-signal-safe.
 */
bool frki_stage_has_phases(const struct frki_stage *stage);

/**
 * frki_stage_leave_phase() - an actor is no more
 * @stage: the stage.
 * @phase: its &frk_actor_opts.stop_phase.
 */
void frki_stage_leave_phase(struct frki_stage *stage, uint32_t phase);

/**
 * frki_stage_phased() - how many actors are to end in a phase
 * @stage: the stage.
 * @phase: the phase.
 *
 * Any thread.
 */
uint32_t frki_stage_phased(const struct frki_stage *stage, uint32_t phase);

/**
 * frki_stage_stop_phase() - tell those of them to stop that are live
 * @stage: the stage, locked.
 * @phase: the phase.
 */
void frki_stage_stop_phase(struct frki_stage *stage, uint32_t phase);

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
static inline bool frki_stage_closed(const struct frki_stage *stage)
{
	/* Acquire: pairs with frki_stage_close(). */
	return atomic_load_explicit(&stage->gate, memory_order_acquire) & FRKI_GATE_CLOSED;
}

/**
 * frki_stage_quiet() - is no thread inside frki_stage_spawn()?
 * @stage: closed; then it stays quiet.
 */
bool frki_stage_quiet(const struct frki_stage *stage);

/**
 * frki_stage_ready() - has any actor something to do?
 * @stage: the stage.
 *
 * Only a worker.
 */
bool frki_stage_ready(const struct frki_stage *stage);

/**
 * frki_stage_run() - give actors that have something to do a turn each, in the
 * order of the dispatcher
 * @stage: the stage.
 * @turns: turns at most.
 *
 * Only a worker.
 *
 * Return: turns given; less than @turns when nobody was left.
 */
unsigned int frki_stage_run(struct frki_stage *stage, unsigned int turns);

/**
 * frki_stage_turn() - what a worker does between two looks at the feed
 * @stage: the stage.
 * @ret_worked: did any actor have anything to do?
 *
 * Fires what is due by the line of the caller and lets actors run, a bounded while.  Only
 * a worker that has a line.
 *
 * Return: true if there is, or may be, more to do.
 */
bool frki_stage_turn(struct frki_stage *stage, bool *ret_worked);

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

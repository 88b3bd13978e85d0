// SPDX-License-Identifier: MIT
/*
 * cell.c - the life of an actor; see cell.h.  Knows no thread, no clock.
 */
#include <string.h>

#include "actor/alarm.h"
#include "actor/ask.h"
#include "actor/cell.h"
#include "actor/filter.h"
#include "actor/order.h"
#include "actor/post.h"
#include "actor/receive_timeout.h"
#include "actor/stash.h"
#include "actor/supervision.h"
#include "actor/watch.h"

/* An idle actor is this and a link of the pool, and no more than 256 bytes. */
_Static_assert(sizeof(struct frki_cell) + sizeof(uint32_t) <= 256, "a cell");

/* Thrown away for each of them. */
#define TURN_EXCESS 64
_Static_assert(FRKI_TRAY_DISPLACED_MAX < TURN_EXCESS, "what an order gave up is not handled");

/* When a count of what was said is cut: as many more fit until the next look. */
#define TURN_SAID_MAX (1U << 30)

static void reset(struct frki_cell *cell)
{
	cell->restarts = 0;
	cell->pauses = 0;
	cell->window_ns = 0;
	cell->restarted_ns = 0;
	cell->tied = false;
	cell->torn_down = false;
	cell->pausing = false;
	atomic_store_explicit(&cell->age, FRKI_CELL_NEW, memory_order_relaxed);
	atomic_store_explicit(&cell->asked, 0, memory_order_relaxed);
}

void frki_cell_init(struct frki_cell *cell)
{
	frki_mailbox_init(&cell->mailbox);
	atomic_init(&cell->at_hand.next, NULL);
	atomic_init(&cell->turn, 0);
	atomic_init(&cell->worker, 0);
	reset(cell);
	atomic_init(&cell->rank, 0);
	cell->parent = NULL;
	cell->children = NULL;
	frki_list_init(&cell->sibling);
	frki_list_init(&cell->live);
	cell->alarms = NULL;
	cell->watches = NULL;
	cell->watchers = NULL;
}

static void set_name(struct frki_cell *cell, const char *name)
{
	size_t length = strlen(name);

	if (length >= sizeof(cell->name))
		length = sizeof(cell->name) - 1;
	memcpy(cell->name, name, length);
	cell->name[length] = '\0';
}

uint32_t frki_cell_start(struct frki_cell *cell,
			 const struct frk_actor_opts *opts,
			 struct frki_cell *parent, void *state)
{
	/* A late push for an earlier life may read these two: see may_run. */
	atomic_store_explicit(&cell->rank, (uint8_t)(opts->priority << 4 | opts->stop_phase),
			      memory_order_relaxed);
	cell->supervision = opts->supervision;
	cell->parent = parent;
	if (parent) {
		frki_ring_push(&parent->children, &cell->sibling);
		parent->tied = true;
	}
	cell->receive = opts->receive;
	cell->behaviour = NULL;
	cell->state = state;
	atomic_store_explicit(&cell->worker, (uint8_t)opts->worker,
			      memory_order_relaxed);
	set_name(cell, opts->name ? opts->name : "actor");
	return frki_mailbox_start(&cell->mailbox, opts->mailbox_max,
				  (enum frki_mailbox_policy)opts->mailbox_policy);
}

void frki_cell_schedule(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_cell_schedule_by(cell, stage, frki_hand_is_free(stage));
}

void frki_cell_schedule_by(struct frki_cell *cell, struct frki_stage *stage, bool own)
{
	if (own && frki_stage_keeps_cells(stage)) {
		frki_hand_take(&stage->hand);
		frki_hand_keep_cell(&stage->hand, &cell->at_hand);
		frki_hand_release(&stage->hand);
		return;
	}
	/*
	 * Pairs with is_over(), or with keep() of the dispatcher: either that one comes
	 * later and sees all that was done before this call, or it came earlier, this one
	 * reads 0, and the cell is queued again.
	 */
	if (!atomic_fetch_add_explicit(&cell->turn, 1, memory_order_acq_rel))
		stage->dispatcher->push(stage, cell);
}

void frki_cell_put(struct frki_cell *cell, struct frki_stage *stage,
		   struct frki_envelope *envelope)
{
	if (!frki_hand_is_mine(stage) || !frki_stage_keeps_cells(stage)) {
		frki_mailbox_put(&cell->mailbox, envelope);
		frki_cell_schedule(cell, stage);
		return;
	}
	frki_hand_take(&stage->hand);
	frki_mailbox_put_own(&cell->mailbox, envelope);
	frki_hand_keep_cell(&stage->hand, &cell->at_hand);
	frki_hand_release(&stage->hand);
}

static inline int call(struct frki_stage *stage, struct frk_context *context,
		const struct frk_message *message, frk_receive_fn then)
{
	const struct frki_cell *cell = context->cell;
	frk_receive_fn receive = then		 ? then :
				 cell->behaviour ? cell->behaviour :
						   cell->receive;

	return stage->ops->call ? stage->ops->call(stage->data, receive, context, message) :
				  receive(context, message);
}

static inline int tell(struct frki_cell *cell, struct frki_stage *stage,
		       const struct frk_message *message, frk_receive_fn then)
{
	struct frk_context context = { .stage = stage, .cell = cell, .message = message };
	int ret = 0;

	if (stage->filters)
		ret = frki_filter_receive(stage->filters, &context, message);
	if (!ret)
		ret = call(stage, &context, message, then);
	return context.failure ? context.failure : ret < 0 ? ret : 0;
}

int frki_cell_tell(struct frki_cell *cell, struct frki_stage *stage,
		   const struct frk_message *message, frk_receive_fn then)
{
	return tell(cell, stage, message, then);
}

/* The stage is locked, and not so meanwhile. */
static void receive(struct frki_cell *cell, struct frki_stage *stage,
		    const struct frk_message *message, frk_receive_fn then)
{
	int error;

	frki_stage_unlock(stage);
	error = frki_cell_tell(cell, stage, message, then);
	frki_stage_lock(stage);
	if (error)
		frki_supervision_fail(cell, stage, error);
}

static void release(struct frki_stage *stage, struct frki_envelope *envelope)
{
	switch (envelope->owner) {
	case FRKI_ENVELOPE_LETTER:
		frki_stage_put_letter_by(stage, envelope, frki_hand_is_mine(stage));
		break;
	case FRKI_ENVELOPE_ALARM:
		frki_alarm_delivered(envelope, stage);
		break;
	case FRKI_ENVELOPE_WATCH:
		frki_watch_delivered(envelope, stage);
		break;
	}
}

void frki_cell_begin(struct frki_cell *cell, struct frki_stage *stage)
{
	static const struct frk_message started = {
		.kind = FRK_MESSAGE_STARTED,
	};

	/* What an earlier beginning has put aside. */
	frki_stash_pop_all(cell);
	frki_stage_renew_state(stage, cell);
	receive(cell, stage, &started, NULL);
}

static void set_age(struct frki_cell *cell, enum frki_cell_age age)
{
	atomic_store_explicit(&cell->age, age, memory_order_relaxed);
}

/* Locks only what has to be: actors come and go on all workers at once. */
static void start(struct frki_cell *cell, struct frki_stage *stage)
{
	static const struct frk_message started = {
		.kind = FRK_MESSAGE_STARTED,
	};
	int error;

	set_age(cell, FRKI_CELL_STARTED);
	frki_stage_renew_state(stage, cell);
	if (!cell->parent) {
		frki_stage_lock(stage);
		frki_list_push(&stage->live, &cell->live);
		frki_stage_unlock(stage);
	}
	error = frki_cell_tell(cell, stage, &started, NULL);
	if (!error)
		return;
	frki_stage_lock(stage);
	frki_supervision_fail(cell, stage, error);
	frki_stage_unlock(stage);
}

static void bury(const struct frki_cell *cell, struct frki_stage *stage,
		 const struct frk_message *message, enum frk_dead_reason reason)
{
	const struct frki_dead_letter letter = {
		.to = frki_cell_pid(cell, stage),
		.sender = message->sender,
		.kind = message->kind,
		.reason = reason,
	};

	frki_stage_bury(stage, &letter);
}

/* What was taken back while it was in the mailbox is not handled. */
static bool is_wanted(struct frki_cell *cell, struct frki_stage *stage,
		      struct frki_envelope *envelope, frk_receive_fn *ret_then)
{
	*ret_then = NULL;
	switch (envelope->owner) {
	case FRKI_ENVELOPE_ALARM:
		if (!frki_alarm_is_wanted(envelope) ||
		    (envelope->message.kind == FRK_MESSAGE_RECEIVE_TIMEOUT &&
		     !frki_receive_timeout_is_due(cell, stage, envelope)))
			return false;
		*ret_then = frki_alarm_take(envelope);
		return true;
	case FRKI_ENVELOPE_WATCH:
		return frki_watch_take(envelope);
	case FRKI_ENVELOPE_LETTER:
		break;
	}
	if (frki_post_tray(cell))
		frki_receive_timeout_hear(cell, stage);
	if (envelope->role != FRKI_ENVELOPE_ANSWER ||
	    frki_ask_settle(cell, stage, envelope->message.ask, ret_then))
		return true;
	bury(cell, stage, &envelope->message, FRK_DEAD_LATE);
	return false;
}

/* Of no timer, watch or question, and nobody waits for silence: nothing but the mailbox
 * knows of it. */
static bool is_plain(const struct frki_cell *cell, const struct frki_envelope *envelope)
{
	return envelope->owner == FRKI_ENVELOPE_LETTER &&
	       envelope->role != FRKI_ENVELOPE_ANSWER && !frki_post_tray(cell);
}

/* As handle_special(), and the lock is needed only if it fails. */
static void handle_plain(struct frki_cell *cell, struct frki_stage *stage,
			 struct frki_envelope *envelope)
{
	int error = tell(cell, stage, &envelope->message, NULL);

	if (error) {
		frki_stage_lock(stage);
		frki_supervision_fail(cell, stage, error);
		frki_stage_unlock(stage);
	}
	frki_stage_put_letter_by(stage, envelope, frki_hand_is_mine(stage));
}

static void handle_special(struct frki_cell *cell, struct frki_stage *stage,
			   struct frki_envelope *envelope)
{
	frk_receive_fn then;

	frki_stage_lock(stage);
	if (is_wanted(cell, stage, envelope, &then))
		receive(cell, stage, &envelope->message, then);
	if (!frki_stash_kept(cell))
		release(stage, envelope);
	frki_stage_unlock(stage);
}

/* The stage is locked. */
static void throw_away(struct frki_cell *cell, struct frki_stage *stage,
		       struct frki_envelope *envelope, enum frk_dead_reason reason)
{
	bury(cell, stage, &envelope->message, reason);
	if (envelope->role == FRKI_ENVELOPE_QUESTION)
		frki_ask_fail(cell, stage, envelope->message.ask);
	release(stage, envelope);
}

static struct frki_envelope *pop(struct frki_cell *cell, struct frki_stage *stage,
				 bool *ret_excess)
{
	struct frki_envelope *envelope;

	frki_hand_take(&stage->hand);
	envelope = frki_mailbox_pop(&cell->mailbox, ret_excess);
	frki_hand_release(&stage->hand);
	return envelope;
}

/* The next one, behind those that are more than may wait: but a flood of these does not
 * keep the actor from its work. */
static struct frki_envelope *next(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_envelope *envelope;
	bool excess;

	for (int i = 0; i < TURN_EXCESS; i++) {
		envelope = pop(cell, stage, &excess);
		if (!envelope || !excess)
			return envelope;
		frki_stage_lock(stage);
		throw_away(cell, stage, envelope, FRK_DEAD_DISPLACED);
		frki_stage_unlock(stage);
	}
	return pop(cell, stage, &excess);
}

/* 0 where no turn is timed. */
static uint64_t now_ns(const struct frki_stage *stage)
{
	return stage->turn_max_ns ? stage->ops->clock_ns(stage->data) : 0;
}

/* Fair to the others: so many messages, or so long, whichever ends first. */
static bool is_spent(const struct frki_stage *stage, uint32_t handled, uint64_t begin_ns)
{
	if (handled >= stage->turn_messages)
		return true;
	return handled && stage->turn_max_ns &&
	       now_ns(stage) - begin_ns >= stage->turn_max_ns;
}

static void handle(struct frki_cell *cell, struct frki_stage *stage)
{
	uint64_t begin_ns = now_ns(stage);

	for (uint32_t i = 0; !is_spent(stage, i, begin_ns) &&
			     !frki_cell_is_asked(cell, FRKI_CELL_STOP | FRKI_CELL_RESTART) &&
			     !frki_mailbox_halted(&cell->mailbox); i++) {
		struct frki_envelope *envelope = next(cell, stage);

		if (!envelope) {
			frki_order_mend(cell, stage);
			return;
		}
		if (is_plain(cell, envelope))
			handle_plain(cell, stage, envelope);
		else
			handle_special(cell, stage, envelope);
	}
}

/* Nothing may come from anywhere any more: no message, no timer, no child. */
static void say_stopped(struct frki_cell *cell, struct frki_stage *stage)
{
	static const struct frk_message stopped = {
		.kind = FRK_MESSAGE_STOPPED,
	};

	(void)frki_cell_tell(cell, stage, &stopped, NULL);
}

static void close(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_mailbox_end(&cell->mailbox);
	frki_order_close(cell, stage);
	set_age(cell, FRKI_CELL_ENDED);
}

/*
 * Empty the mailbox of an actor that has ended.  What a timer says to an actor
 * that is gone nobody misses; what somebody sent is accounted for.
 */
static void discard(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_envelope *envelope;
	bool excess;

	while ((envelope = pop(cell, stage, &excess))) {
		if (envelope->owner == FRKI_ENVELOPE_LETTER)
			throw_away(cell, stage, envelope, FRK_DEAD_ENDED);
		else
			release(stage, envelope);
	}
}

/* The worker's last touch of this life: then the slot is anybody's. */
static void vacate(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_list_remove(&cell->live);
	frki_stage_leave_phase(stage, frki_cell_stop_phase(cell));
	reset(cell);
	frki_post_strip(cell, stage);
	frki_mailbox_vacate(&cell->mailbox);
	frki_pool_put(&stage->cells, cell);
}

/* What others had of it, they have no more. */
static void leave(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_stash_pop_all(cell);
	frki_watch_end(cell, stage);
	frki_supervision_end(cell, stage);
}

static void clear(struct frki_cell *cell, struct frki_stage *stage)
{
	discard(cell, stage);
	if (frki_mailbox_drained(&cell->mailbox))
		vacate(cell, stage);
}

static bool is_stopped(const struct frki_cell *cell)
{
	return frki_cell_is_asked(cell, FRKI_CELL_STOP) || frki_mailbox_halted(&cell->mailbox) ||
	       (frki_mailbox_stopping(&cell->mailbox) && frki_mailbox_drained(&cell->mailbox));
}

/* Is there more to an actor than its messages? */
static inline bool is_special(const struct frki_cell *cell)
{
	return atomic_load_explicit(&cell->age, memory_order_relaxed) != FRKI_CELL_STARTED ||
	       frki_cell_is_asked(cell, ~0U) || frki_mailbox_stopping(&cell->mailbox);
}

/* Does it end, and is there nobody who has to hear of it, or to end, before it does? */
static bool ends_alone(const struct frki_cell *cell)
{
	return !cell->tied && !frki_cell_has_ended(cell) &&
	       !frki_cell_is_asked(cell, FRKI_CELL_RESTART | FRKI_CELL_AWAITED) &&
	       is_stopped(cell);
}

static void end_turn(struct frki_cell *cell, struct frki_stage *stage)
{
	if (frki_cell_is_asked(cell, FRKI_CELL_AWAITED))
		frki_watch_tell_room(cell, stage);
	if (is_stopped(cell) ||
	    (frki_mailbox_stopping(&cell->mailbox) && frki_cell_is_asked(cell, FRKI_CELL_RESTART)))
		frki_cell_ask(cell, FRKI_CELL_STOP);
	if (frki_cell_is_asked(cell, FRKI_CELL_RESTART) && !frki_cell_is_asked(cell, FRKI_CELL_STOP))
		frki_supervision_restart(cell, stage);
	if (frki_cell_is_asked(cell, FRKI_CELL_STOP) && !frki_cell_has_ended(cell) &&
	    frki_supervision_is_childless(cell, stage)) {
		close(cell, stage);
		frki_alarm_cancel_all(cell, stage);
		frki_stage_unlock(stage);
		say_stopped(cell, stage);
		frki_stage_lock(stage);
		leave(cell, stage);
	}
	if (frki_cell_has_ended(cell))
		clear(cell, stage);
}

static void end_alone(struct frki_cell *cell, struct frki_stage *stage)
{
	close(cell, stage);
	say_stopped(cell, stage);
	frki_stage_lock(stage);
	leave(cell, stage);
	clear(cell, stage);
	frki_stage_unlock(stage);
}

static void begin_turn(struct frki_cell *cell, struct frki_stage *stage)
{
	if (!frki_cell_has_started(cell))
		start(cell, stage);
	if (!cell->tied || !frki_mailbox_stopping(&cell->mailbox))
		return;
	frki_stage_lock(stage);
	frki_alarm_cancel_all(cell, stage);
	frki_stage_unlock(stage);
}

static void act(struct frki_cell *cell, struct frki_stage *stage)
{
	/* Most often there is nothing but messages. */
	if (is_special(cell))
		begin_turn(cell, stage);
	if (!frki_cell_has_ended(cell) && !frki_cell_is_asked(cell, FRKI_CELL_RESTART))
		handle(cell, stage);
	if (!is_special(cell))
		return;
	if (ends_alone(cell)) {
		end_alone(cell, stage);
		return;
	}
	frki_stage_lock(stage);
	end_turn(cell, stage);
	frki_stage_unlock(stage);
}

/* Something to do, and nobody has to say so first. */
static bool is_busy(const struct frki_cell *cell, struct frki_stage *stage)
{
	const struct frki_mailbox *mailbox = &cell->mailbox;
	bool due;

	if (frki_mailbox_vacant(mailbox))
		return false;
	if (!frki_cell_has_started(cell))
		return true;
	if (!frki_cell_has_ended(cell) &&
	    frki_cell_is_asked(cell, FRKI_CELL_STOP | FRKI_CELL_RESTART)) {
		/* Whoever it waits for will schedule it; its messages wait, too. */
		frki_stage_lock(stage);
		due = frki_supervision_is_due(cell);
		frki_stage_unlock(stage);
		return due;
	}
	return frki_mailbox_ready(mailbox) ||
	       (frki_cell_is_asked(cell, FRKI_CELL_AWAITED) && frki_watch_has_room(cell)) ||
	       (frki_mailbox_stopping(mailbox) &&
		frki_mailbox_drained(mailbox));
}

/* Return: false if something to do has come since @said was read. */
static bool give_turn_back(struct frki_cell *cell, uint32_t said)
{
	/* Release: what was done in this turn; pairs with the addition in
	 * frki_cell_schedule().  Acquire: the other way round. */
	return atomic_compare_exchange_strong_explicit(
		&cell->turn, &said, 0, memory_order_acq_rel, memory_order_relaxed);
}

/*
 * The turn is over when there was nothing to do and nobody has said otherwise
 * since that was looked at.  Until then the cell is this worker's.
 */
static bool is_over(struct frki_cell *cell, struct frki_stage *stage)
{
	uint32_t said;

	do {
		/* Acquire: what was done before it was said is seen in what follows;
		 * pairs with the addition in frki_cell_schedule(). */
		said = atomic_load_explicit(&cell->turn, memory_order_acquire);
		if (is_busy(cell, stage)) {
			if (said > TURN_SAID_MAX)
				atomic_fetch_sub_explicit(&cell->turn, said - 1,
							  memory_order_relaxed);
			return false;
		}
	} while (!give_turn_back(cell, said));
	return true;
}

/* What others say comes by &frki_stage.ready, whatever this one sees or does not. */
static void rest_at_hand(struct frki_cell *cell, struct frki_stage *stage)
{
	/* A signal handler in between says what it did. */
	frki_hand_take(&stage->hand);
	if (is_special(cell) ? is_busy(cell, stage) : frki_mailbox_ready(&cell->mailbox))
		frki_fifo_push(&stage->hand.cells, &cell->at_hand);
	else
		frki_fifo_forget(&cell->at_hand);
	frki_hand_release(&stage->hand);
}

static void rest(struct frki_cell *cell, struct frki_stage *stage)
{
	bool over;

	/* A signal handler in between says what it did. */
	frki_hand_take(&stage->hand);
	over = is_over(cell, stage);
	frki_hand_release(&stage->hand);
	if (!over)
		stage->dispatcher->push(stage, cell);
}

void frki_cell_run(struct frki_cell *cell, struct frki_stage *stage)
{
	const struct frki_dispatcher_ops *dispatcher = stage->dispatcher;
	bool blocks;

	if (!frki_mailbox_vacant(&cell->mailbox)) {
		if (dispatcher->may_run && !dispatcher->may_run(cell)) {
			dispatcher->push(stage, cell);
			return;
		}
		blocks = frki_mailbox_policy(&cell->mailbox) == FRKI_MAILBOX_BLOCK;
		act(cell, stage);
		if (blocks)
			frki_post_room(stage);
	}
	if (frki_stage_keeps_cells(stage))
		rest_at_hand(cell, stage);
	else
		rest(cell, stage);
}

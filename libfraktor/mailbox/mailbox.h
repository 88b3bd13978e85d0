/* SPDX-License-Identifier: MIT */
/*
 * mailbox.h - what waits for an actor, and whether it may still be sent to.
 *
 * A mailbox belongs to a slot for actors and stays when the actor goes: it has
 * one life after the other, and a sender names the life it means.  One atomic
 * word holds the life, its state and the count of messages, so that one
 * compare-and-swap decides whether a message is accepted: a life that has
 * ended accepts nothing, and a new one begins only when all that its predecessor
 * accepted has been taken out.  Hence no message ever reaches another actor
 * than the one it was sent to, and none that was accepted is lost unseen.
 *
 * Three lanes:
 *  - send: from anybody, bounded by count; what happens when it is full is a
 *    choice: enum frki_mailbox_policy.  Where one thread runs all actors, what these
 *    send is in a list of its own, with a count of its own, as long as nothing of others
 *    is in the queue and there is room for many more: two locked instructions fewer.
 *    Such a message and one that another thread sends at the same moment do not see
 *    each other, so that one more than the bound may wait, in mailboxes for more than
 *    FRKI_MAILBOX_MARGIN;
 *  - put: from workers, one at a time, for envelopes that live in timers and
 *    watches: never refused, not counted against the bound;
 *  - start and stop: bits of the word: they take no room and are never lost.
 *
 * "The worker" is the thread that has the actor's turn, and "a worker" any that
 * gives turns.  A sender must tell the worker after each send or stop; the mailbox
 * does not know how.  Knows no actor.
 */
#ifndef FRKI_MAILBOX_MAILBOX_H
#define FRKI_MAILBOX_MAILBOX_H

#include "base/fifo.h"
#include "mailbox/tray.h"

/* Messages that a mailbox may be allowed to hold. */
#define FRKI_MAILBOX_MAX (1U << 20)

/* With room for so many or fewer, each message is counted in the word. */
#define FRKI_MAILBOX_MARGIN 16

/*
 * The word, from the top: 32 bits of life, one bit each for vacant, ended, stopping
 * and halted, 28 bits of count.  The count grows only while none of the bits is
 * set, and goes down in frki_mailbox_pop() alone.  What is in &frki_mailbox.own is
 * not in it.
 */
#define FRKI_MAILBOX_VACANT (1ULL << 31)
#define FRKI_MAILBOX_ENDED (1ULL << 30)
#define FRKI_MAILBOX_STOPPING (1ULL << 29)
#define FRKI_MAILBOX_HALTED (1ULL << 28)
#define FRKI_MAILBOX_CLOSED (FRKI_MAILBOX_VACANT | FRKI_MAILBOX_ENDED | FRKI_MAILBOX_STOPPING)
#define FRKI_MAILBOX_COUNT (FRKI_MAILBOX_HALTED - 1)

/*
 * The limit, from the top: 8 bits of policy, 24 bits of bound.  Who accepts beyond the
 * bound does so by the policy; one compare decides whether that has to be looked at.
 */
#define FRKI_MAILBOX_POLICY_SHIFT 24
#define FRKI_MAILBOX_LIMIT_MAX ((1U << FRKI_MAILBOX_POLICY_SHIFT) - 1)

/**
 * enum frki_mailbox_policy - what becomes of a message that finds it full
 * @FRKI_MAILBOX_REJECT: it is refused.
 * @FRKI_MAILBOX_DROP_NEWEST: likewise, and its sender is not to know.
 * @FRKI_MAILBOX_DROP_OLDEST: it is accepted, and the oldest ones beyond the bound
 *	are told apart when they are popped: only the worker can take any out.
 * @FRKI_MAILBOX_BLOCK: it is refused, and its sender may wait for room.
 * @FRKI_MAILBOX_UNBOUNDED: it never is.
 */
enum frki_mailbox_policy {
	FRKI_MAILBOX_REJECT,
	FRKI_MAILBOX_DROP_NEWEST,
	FRKI_MAILBOX_DROP_OLDEST,
	FRKI_MAILBOX_BLOCK,
	FRKI_MAILBOX_UNBOUNDED,
};

/**
 * struct frki_mailbox - a mailbox; must not move once it is in use
 * @word: life, state and count.
 * @limit: messages that may wait in the send lane, and the policy; see above.
 * @high: most messages that have waited there; the worker writes it.
 * @own_n: how many of @own were sent, not put; its thread writes it.
 * @queue: both lanes, in the order of arrival.
 * @own: before these, what the thread that takes them has sent or put itself.
 * @tray: NULL, or what it has beside that; set by the worker or before a life begins.
 */
struct frki_mailbox {
	_Atomic uint64_t word;
	_Atomic uint32_t limit;
	_Atomic uint32_t high;
	_Atomic uint32_t own_n;
	struct frki_mpsc queue;
	struct frki_fifo own;
	_Atomic(struct frki_tray *) tray;
};

/* Of the word. */
static inline uint32_t frki_mailbox_life_of(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

/* Acquire: pairs with the release in frki_mailbox_start(). */
static inline uint64_t frki_mailbox_load(const struct frki_mailbox *mailbox)
{
	return atomic_load_explicit(&mailbox->word, memory_order_acquire);
}

static inline uint32_t frki_mailbox_limit(const struct frki_mailbox *mailbox)
{
	/* Acquire: pairs with frki_mailbox_start(). */
	return atomic_load_explicit(&mailbox->limit, memory_order_acquire);
}

static inline uint32_t frki_mailbox_own(const struct frki_mailbox *mailbox)
{
	/* One thread writes it, and others need to know it only to a message. */
	return atomic_load_explicit(&mailbox->own_n, memory_order_relaxed);
}

static inline void frki_mailbox_set_own(struct frki_mailbox *mailbox, uint32_t n)
{
	atomic_store_explicit(&mailbox->own_n, n, memory_order_relaxed);
}

/* All that wait, of a word that was read before. */
static inline uint32_t frki_mailbox_count_of(const struct frki_mailbox *mailbox, uint64_t word)
{
	return (uint32_t)(word & FRKI_MAILBOX_COUNT) + frki_mailbox_own(mailbox);
}

/**
 * frki_mailbox_init() - a mailbox before its first life
 * @mailbox: the mailbox.
 */
void frki_mailbox_init(struct frki_mailbox *mailbox);

/**
 * frki_mailbox_start() - begin the next life: accept messages
 * @mailbox: vacant.
 * @max: messages that may wait, from 1 to FRKI_MAILBOX_MAX; means nothing to
 *	FRKI_MAILBOX_UNBOUNDED.
 * @policy: what happens when they do.
 *
 * Only the one thread that got the slot.  What it wrote before is visible to
 * the worker that finds the mailbox not vacant.
 *
 * Return: the life, not 0.
 */
uint32_t frki_mailbox_start(struct frki_mailbox *mailbox, uint32_t max,
			    enum frki_mailbox_policy policy);

/**
 * frki_mailbox_send() - leave a message
 * @mailbox: the mailbox.
 * @life: the life that is meant.
 * @envelope: the mailbox's on success only.
 *
 * Any thread.
 *
 * Return: 0; -ESTALE if that life accepts nothing any more; if the mailbox is full
 * -ENOBUFS, -EAGAIN of one that blocks, 1 of one that drops the newest.
 */
int frki_mailbox_send(struct frki_mailbox *mailbox, uint32_t life,
		      struct frki_envelope *envelope);

/**
 * frki_mailbox_accepts() - would this life accept a message, room permitting?
 * @mailbox: the mailbox.
 * @life: the life that is meant.
 *
 * Any thread; may be over when it returns.
 */
static inline bool frki_mailbox_accepts(const struct frki_mailbox *mailbox, uint32_t life)
{
	uint64_t word = frki_mailbox_load(mailbox);

	return frki_mailbox_life_of(word) == life && !(word & FRKI_MAILBOX_CLOSED);
}

/**
 * frki_mailbox_put() - leave a message that is not refused
 * @mailbox: not vacant.
 * @envelope: no letter's, in no mailbox.
 *
 * Only a worker, and no two at once.
 */
void frki_mailbox_put(struct frki_mailbox *mailbox,
		      struct frki_envelope *envelope);

/**
 * frki_mailbox_pop() - take the message that is next: the oldest, or what its tray says
 * @mailbox: the mailbox.
 * @ret_excess: it was sent, and is to be dropped: more than the bound waited, as there may of
 *	one that drops the oldest, or its order has given it up.
 *
 * Only the worker.
 *
 * Return: the envelope, the caller's; NULL if there is none, or none yet: see
 * the window in base/mpsc.h.
 */
struct frki_envelope *frki_mailbox_pop(struct frki_mailbox *mailbox, bool *ret_excess);

/**
 * frki_mailbox_put_back() - leave what an order had where it comes first
 * @mailbox: whose order.
 * @envelope: not popped.
 *
 * Only the worker, with its hand taken: see actor/hand.h.
 */
static inline void frki_mailbox_put_back(struct frki_mailbox *mailbox,
					 struct frki_envelope *envelope)
{
	/* From the word's count into that of the list. */
	if (envelope->owner == FRKI_ENVELOPE_LETTER) {
		atomic_fetch_sub_explicit(&mailbox->word, 1, memory_order_acq_rel);
		frki_mailbox_set_own(mailbox, frki_mailbox_own(mailbox) + 1);
	}
	frki_fifo_push(&mailbox->own, &envelope->node);
}

/**
 * frki_mailbox_ready() - would a pop return a message?
 * @mailbox: the mailbox.
 *
 * Only the worker.
 */
bool frki_mailbox_ready(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_stop() - accept nothing more; what was accepted is to be handled
 * @mailbox: the mailbox.
 * @life: the life that is meant.
 *
 * Any thread, again as often as it likes.
 *
 * Return: 0; -ESTALE if that life is over.
 */
int frki_mailbox_stop(struct frki_mailbox *mailbox, uint32_t life);

/**
 * frki_mailbox_halt() - accept nothing more; what was accepted is to be discarded
 * @mailbox: the mailbox.
 * @life: the life that is meant.
 *
 * As frki_mailbox_stop(), before or after which it may come.
 */
int frki_mailbox_halt(struct frki_mailbox *mailbox, uint32_t life);

/**
 * frki_mailbox_end() - this life is over; what was accepted is to be discarded
 * @mailbox: not vacant.
 *
 * Only the worker.  From now on frki_mailbox_stop() says -ESTALE.
 */
void frki_mailbox_end(struct frki_mailbox *mailbox);

/**
 * frki_mailbox_vacate() - make room for the next life
 * @mailbox: stopped or ended, and drained: frki_mailbox_drained().
 *
 * Only the worker.
 */
void frki_mailbox_vacate(struct frki_mailbox *mailbox);

/**
 * frki_mailbox_vacant() - is there no life in it?
 * @mailbox: the mailbox.
 */
static inline bool frki_mailbox_vacant(const struct frki_mailbox *mailbox)
{
	return frki_mailbox_load(mailbox) & FRKI_MAILBOX_VACANT;
}

/**
 * frki_mailbox_stopping() - was it told to stop, or is it over?
 * @mailbox: the mailbox.
 */
static inline bool frki_mailbox_stopping(const struct frki_mailbox *mailbox)
{
	return frki_mailbox_load(mailbox) & (FRKI_MAILBOX_STOPPING | FRKI_MAILBOX_ENDED);
}

/**
 * frki_mailbox_halted() - was it told to halt?
 * @mailbox: the mailbox.
 */
static inline bool frki_mailbox_halted(const struct frki_mailbox *mailbox)
{
	return frki_mailbox_load(mailbox) & FRKI_MAILBOX_HALTED;
}

/**
 * frki_mailbox_drained() - has all that was accepted been taken out?
 * @mailbox: stopped or ended.
 *
 * Only the worker.  False, too, while a sender is between being accepted and
 * queueing; it tells the worker when it has done so.  Who acts on true keeps those
 * out who put.
 */
bool frki_mailbox_drained(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_life() - the life in it, or the next one if it is vacant
 * @mailbox: the mailbox.
 */
static inline uint32_t frki_mailbox_life(const struct frki_mailbox *mailbox)
{
	return frki_mailbox_life_of(frki_mailbox_load(mailbox));
}

/**
 * frki_mailbox_tray() - its tray
 * @mailbox: the mailbox.
 *
 * Any thread, which may get the one of another life.
 *
 * Return: NULL if it has none.
 */
static inline struct frki_tray *frki_mailbox_tray(const struct frki_mailbox *mailbox)
{
	/* What is in it the word and the turn publish. */
	return atomic_load_explicit(&mailbox->tray, memory_order_relaxed);
}

/**
 * frki_mailbox_set_tray() - give it a tray, or take it away
 * @mailbox: the mailbox.
 * @tray: NULL for none, of a mailbox that is drained.
 */
static inline void frki_mailbox_set_tray(struct frki_mailbox *mailbox, struct frki_tray *tray)
{
	atomic_store_explicit(&mailbox->tray, tray, memory_order_relaxed);
}

/**
 * frki_mailbox_count() - messages that wait in the send lane
 * @mailbox: the mailbox.
 *
 * Any thread; may be over when it returns.
 */
uint32_t frki_mailbox_count(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_high() - most messages that have waited there in this life
 * @mailbox: the mailbox.
 *
 * Any thread.
 */
uint32_t frki_mailbox_high(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_max() - messages that may wait there
 * @mailbox: the mailbox.
 */
static inline uint32_t frki_mailbox_max(const struct frki_mailbox *mailbox)
{
	return frki_mailbox_limit(mailbox) & FRKI_MAILBOX_LIMIT_MAX;
}

/**
 * frki_mailbox_policy() - what happens when they do
 * @mailbox: the mailbox.
 */
static inline enum frki_mailbox_policy frki_mailbox_policy(const struct frki_mailbox *mailbox)
{
	return (enum frki_mailbox_policy)(frki_mailbox_limit(mailbox) >>
					  FRKI_MAILBOX_POLICY_SHIFT);
}

/**
 * frki_mailbox_send_own() - frki_mailbox_send() by the one thread that ever takes messages
 * out, and is not in that; where it needs no queue that others may use
 * @mailbox: the mailbox.
 * @life: the life that is meant.
 * @envelope: the mailbox's on success only.
 *
 * Who ends a life is the thread that calls: none can end meanwhile.
 *
 * Return: false if it was not sent, and frki_mailbox_send() will know why.
 */
static inline bool frki_mailbox_send_own(struct frki_mailbox *mailbox, uint32_t life,
					 struct frki_envelope *envelope)
{
	uint64_t word = frki_mailbox_load(mailbox);
	uint32_t max = frki_mailbox_max(mailbox);

	if (frki_mailbox_life_of(word) != life || word & FRKI_MAILBOX_CLOSED ||
	    frki_mailbox_count_of(mailbox, word) + FRKI_MAILBOX_MARGIN >= max)
		return false;
	/* What others have brought before comes before; and what a tray orders is counted
	 * when it comes out of that. */
	if (frki_mailbox_tray(mailbox) || !frki_mpsc_empty(&mailbox->queue))
		return false;
	frki_mailbox_set_own(mailbox, frki_mailbox_own(mailbox) + 1);
	frki_fifo_push(&mailbox->own, &envelope->node);
	return true;
}

/**
 * frki_mailbox_put_own() - frki_mailbox_put() by the one thread that ever takes messages out,
 * and is not in that
 * @mailbox: not vacant.
 * @envelope: no letter's, in no mailbox.
 */
static inline void frki_mailbox_put_own(struct frki_mailbox *mailbox,
					struct frki_envelope *envelope)
{
	/* As in frki_mailbox_send_own(). */
	if (frki_mailbox_tray(mailbox) || !frki_mpsc_empty(&mailbox->queue))
		frki_mailbox_put(mailbox, envelope);
	else
		frki_fifo_push(&mailbox->own, &envelope->node);
}

#endif /* FRKI_MAILBOX_MAILBOX_H */

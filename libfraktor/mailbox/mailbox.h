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
 *  - send: from anybody, bounded by count, refused with -ENOBUFS when full;
 *  - put: from the actor's own worker, for envelopes that live in the actor's
 *    timers: never refused, not counted against the bound;
 *  - start and stop: bits of the word: they take no room and are never lost.
 *
 * "Worker" is the thread that runs the actor.  A sender must tell the worker
 * after each send or stop; the mailbox does not know how.  Knows no actor.
 */
#ifndef FRKI_MAILBOX_MAILBOX_H
#define FRKI_MAILBOX_MAILBOX_H

#include "message/envelope.h"

/* Messages that a mailbox may be allowed to hold. */
#define FRKI_MAILBOX_MAX (1U << 20)

/**
 * struct frki_mailbox - a mailbox; must not move once it is in use
 * @word: life, state and count; see mailbox.c.
 * @max: messages that may wait in the send lane.
 * @put: envelopes in the put lane; the worker's own.
 * @queue: both lanes, in the order of arrival.
 */
struct frki_mailbox {
	_Atomic uint64_t word;
	_Atomic uint32_t max;
	uint32_t put;
	struct frki_mpsc queue;
};

/**
 * frki_mailbox_init() - a mailbox before its first life
 * @mailbox: the mailbox.
 */
void frki_mailbox_init(struct frki_mailbox *mailbox);

/**
 * frki_mailbox_start() - begin the next life: accept messages
 * @mailbox: vacant.
 * @max: messages that may wait, from 1 to FRKI_MAILBOX_MAX.
 *
 * Only the one thread that got the slot.  What it wrote before is visible to
 * the worker that finds the mailbox not vacant.
 *
 * Return: the life, not 0.
 */
uint32_t frki_mailbox_start(struct frki_mailbox *mailbox, uint32_t max);

/**
 * frki_mailbox_send() - leave a message
 * @mailbox: the mailbox.
 * @life: the life that is meant.
 * @envelope: the mailbox's on success only.
 *
 * Any thread.
 *
 * Return: 0; -ESTALE if that life accepts nothing any more; -ENOBUFS if the
 * mailbox is full.
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
bool frki_mailbox_accepts(const struct frki_mailbox *mailbox, uint32_t life);

/**
 * frki_mailbox_put() - leave a message that is not refused
 * @mailbox: not vacant.
 * @envelope: not pooled, in no mailbox.
 *
 * Only the worker.
 */
void frki_mailbox_put(struct frki_mailbox *mailbox,
		      struct frki_envelope *envelope);

/**
 * frki_mailbox_pop() - take the oldest message
 * @mailbox: the mailbox.
 *
 * Only the worker.
 *
 * Return: the envelope, the caller's; NULL if there is none, or none yet: see
 * the window in base/mpsc.h.
 */
struct frki_envelope *frki_mailbox_pop(struct frki_mailbox *mailbox);

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
bool frki_mailbox_vacant(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_stopping() - was it told to stop, or is it over?
 * @mailbox: the mailbox.
 */
bool frki_mailbox_stopping(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_drained() - has all that was accepted been taken out?
 * @mailbox: the mailbox.
 *
 * Only the worker.  False, too, while a sender is between being accepted and
 * queueing; it tells the worker when it has done so.
 */
bool frki_mailbox_drained(const struct frki_mailbox *mailbox);

/**
 * frki_mailbox_life() - the life in it, or the next one if it is vacant
 * @mailbox: the mailbox.
 */
uint32_t frki_mailbox_life(const struct frki_mailbox *mailbox);

#endif /* FRKI_MAILBOX_MAILBOX_H */

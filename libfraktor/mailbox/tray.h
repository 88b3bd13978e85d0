/* SPDX-License-Identifier: MIT */
/*
 * tray.h - what a mailbox has beside its queue, if it is to have more: messages in
 * another order than they came, and messages that were put aside.
 *
 * The queue takes what anybody sends; a tray is the worker's alone, but for the atomics,
 * which others may read, also of a tray that has another owner by now.  What comes first out
 * of a mailbox with a tray is what was put aside and brought back, then what its order
 * has, then the queue.
 *
 * An order is a table of functions that an application may have made, <fraktor/mailbox.h>.  Its
 * envelopes have its mark, so that what it gives up is known to be its own, and what it does
 * not give up can be found.  A mailbox without one calls none.  Knows no actor.
 */
#ifndef FRKI_MAILBOX_TRAY_H
#define FRKI_MAILBOX_TRAY_H

#include <stdalign.h>

#include "base/fifo.h"
#include "message/envelope.h"

/* Given up by an order in a row until it has to say what is next: a flood of what it drops
 * does not keep an actor from its work. */
#define FRKI_TRAY_DISPLACED_MAX 63

/**
 * struct frki_tray - the tray
 * @order: NULL for the order of arrival.
 * @state: of @order.
 * @mark: of its envelopes; not 0.
 * @ordered_n: how many it has.
 * @displaced_n: given up in a row.
 * @is_broken: it did what it must not.
 * @front: brought back: comes before everything else and counts as taken.
 * @aside: put aside.
 * @aside_n: how many; anybody may read it.
 * @aside_max: how many at most.
 * @kept: the message that was popped last was put aside.
 * @wait_us: how long who is no actor waits for room in the mailbox.
 * @heard_ns: when something was sent last that was handled.
 * @timeout: what fires when that is long ago; .life 0 for nothing.
 * @own_state: for an order that is content with it.
 */
struct frki_tray {
	const struct frk_mailbox_ops *order;
	void *state;
	uint32_t mark;
	uint32_t ordered_n;
	uint8_t displaced_n;
	bool is_broken;
	bool kept;
	uint32_t aside_max;
	_Atomic uint32_t aside_n;
	_Atomic uint32_t wait_us;
	struct frki_fifo front;
	struct frki_fifo aside;
	_Atomic uint64_t heard_ns;
	struct frk_timer timeout;
	alignas(max_align_t) unsigned char own_state[FRK_MAILBOX_STATE_MAX];
};

/**
 * frki_tray_init() - an empty tray, without an order
 * @tray: the tray.
 * @aside_max: messages that may be put aside.
 */
void frki_tray_init(struct frki_tray *tray, uint32_t aside_max);

/**
 * frki_tray_set_order() - let messages come in an order
 * @tray: nothing has come yet.
 * @order: the order, checked; borrowed.
 * @state: its state; NULL for zeroes in the tray itself.
 * @mark: what no other tray has; not 0.
 *
 * Return: the state.
 */
void *frki_tray_set_order(struct frki_tray *tray, const struct frk_mailbox_ops *order,
			  void *state, uint32_t mark);

/**
 * frki_tray_wants() - is another one to be pushed before one is popped?
 * @tray: has an order.
 */
static inline bool frki_tray_wants(const struct frki_tray *tray)
{
	return !tray->is_broken && tray->displaced_n < FRKI_TRAY_DISPLACED_MAX;
}

/**
 * frki_tray_push() - give an envelope to the order
 * @tray: wants one.
 * @envelope: from the queue, the oldest first.
 *
 * Return: what the order gives up; NULL for nothing.
 */
struct frki_envelope *frki_tray_push(struct frki_tray *tray, struct frki_envelope *envelope);

/**
 * frki_tray_pop() - what is next by the order
 * @tray: has an order.
 *
 * Return: the envelope; NULL for none, or if the order is broken.
 */
struct frki_envelope *frki_tray_pop(struct frki_tray *tray);

/**
 * frki_tray_drop_order() - from now on messages come as they arrive
 * @tray: whose order has none, or none that anybody looks for.
 */
void frki_tray_drop_order(struct frki_tray *tray);

/**
 * frki_tray_aside_n() - how many messages were put aside
 * @tray: the tray.
 *
 * Any thread.
 */
uint32_t frki_tray_aside_n(const struct frki_tray *tray);

/**
 * frki_tray_put_aside() - keep a message for later
 * @tray: the tray.
 * @envelope: popped from the mailbox; the tray's on success.
 *
 * Return: 0; -ENOBUFS if there is no room.
 */
int frki_tray_put_aside(struct frki_tray *tray, struct frki_envelope *envelope);

/**
 * frki_tray_bring_back() - let all that was put aside come next, in the order in which
 * that was done
 * @tray: the tray.
 */
void frki_tray_bring_back(struct frki_tray *tray);

/**
 * frki_tray_pop_front() - what was brought back
 * @tray: the tray.
 *
 * Return: the envelope; NULL if there is none.
 */
struct frki_envelope *frki_tray_pop_front(struct frki_tray *tray);

/**
 * frki_tray_ready() - is there any but what was put aside?
 * @tray: the tray.
 */
bool frki_tray_ready(const struct frki_tray *tray);

#endif /* FRKI_MAILBOX_TRAY_H */

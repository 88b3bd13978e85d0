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
 * An order is a table of functions, so that there can be others; a mailbox without one
 * calls none.  Knows no actor.
 */
#ifndef FRKI_MAILBOX_TRAY_H
#define FRKI_MAILBOX_TRAY_H

#include "message/envelope.h"

struct frki_tray;

#define FRKI_TRAY_LEVELS 4

/**
 * typedef frki_level_fn - which messages are first
 * @message: the message.
 *
 * Return: its level; the lowest is first, and what is too high is in the last one.
 */
typedef uint32_t (*frki_level_fn)(const struct frk_message *message);

/**
 * struct frki_order_ops - an order of messages; all called by the worker
 * @name: for people.
 * @push: take an envelope from the queue, the oldest first.
 * @pop: the envelope that is next; NULL if there is none.
 * @ready: is there one?
 */
struct frki_order_ops {
	const char *name;
	void (*push)(struct frki_tray *tray, struct frki_envelope *envelope);
	struct frki_envelope *(*pop)(struct frki_tray *tray);
	bool (*ready)(const struct frki_tray *tray);
};

/**
 * struct frki_chain - envelopes in a row
 * @tail: the last one; the first one is behind it; NULL if there is none.
 */
struct frki_chain {
	struct frki_mpsc_node *tail;
};

/**
 * struct frki_tray - the tray
 * @order: NULL for the order of arrival.
 * @level: for frki_order_levels.
 * @levels: likewise.
 * @front: brought back: comes before everything else and counts as taken.
 * @aside: put aside.
 * @aside_n: how many; anybody may read it.
 * @aside_max: how many at most.
 * @kept: the message that was popped last was put aside.
 * @wait_us: how long who is no actor waits for room in the mailbox.
 * @heard_ns: when something was sent last that was handled.
 * @timeout: what fires when that is long ago; .life 0 for nothing.
 */
struct frki_tray {
	const struct frki_order_ops *order;
	frki_level_fn level;
	struct frki_chain levels[FRKI_TRAY_LEVELS];
	struct frki_chain front;
	struct frki_chain aside;
	_Atomic uint32_t aside_n;
	uint32_t aside_max;
	bool kept;
	_Atomic uint32_t wait_us;
	_Atomic uint64_t heard_ns;
	struct frk_timer timeout;
};

/* By level, and in one level as they came. */
extern const struct frki_order_ops frki_order_levels;

/**
 * frki_tray_init() - an empty tray
 * @tray: the tray.
 * @level: NULL for the order of arrival.
 * @aside_max: messages that may be put aside.
 */
void frki_tray_init(struct frki_tray *tray, frki_level_fn level, uint32_t aside_max);

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

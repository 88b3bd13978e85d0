// SPDX-License-Identifier: MIT
/*
 * tray.c - the tray of tray.h; its contract is there.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/list.h"
#include "mailbox/tray.h"

static struct frki_envelope *pop(struct frki_fifo *fifo)
{
	struct frki_mpsc_node *node = frki_fifo_pop(fifo);

	return node ? frki_container_of(node, struct frki_envelope, node) : NULL;
}

uint32_t frki_tray_aside_n(const struct frki_tray *tray)
{
	return atomic_load_explicit(&tray->aside_n, memory_order_relaxed);
}

static void set_aside_n(struct frki_tray *tray, uint32_t n)
{
	atomic_store_explicit(&tray->aside_n, n, memory_order_relaxed);
}

void frki_tray_init(struct frki_tray *tray, uint32_t aside_max)
{
	frki_tray_drop_order(tray);
	frki_fifo_init(&tray->front);
	frki_fifo_init(&tray->aside);
	set_aside_n(tray, 0);
	tray->aside_max = aside_max;
	tray->kept = false;
	atomic_store_explicit(&tray->wait_us, 0, memory_order_relaxed);
	atomic_store_explicit(&tray->heard_ns, 0, memory_order_relaxed);
	tray->timeout = (struct frk_timer){ 0 };
}

int frki_tray_put_aside(struct frki_tray *tray, struct frki_envelope *envelope)
{
	uint32_t n = frki_tray_aside_n(tray);

	if (n >= tray->aside_max)
		return -ENOBUFS;
	frki_fifo_push(&tray->aside, &envelope->node);
	set_aside_n(tray, n + 1);
	return 0;
}

void frki_tray_bring_back(struct frki_tray *tray)
{
	frki_fifo_push_all_front(&tray->front, &tray->aside);
	set_aside_n(tray, 0);
}

struct frki_envelope *frki_tray_pop_front(struct frki_tray *tray)
{
	return pop(&tray->front);
}

bool frki_tray_ready(const struct frki_tray *tray)
{
	return !frki_fifo_empty(&tray->front) || tray->ordered_n;
}

/* --- an order */

void *frki_tray_set_order(struct frki_tray *tray, const struct frk_mailbox_ops *order,
			  void *state, uint32_t mark)
{
	memset(tray->own_state, 0, sizeof(tray->own_state));
	tray->order = order;
	tray->state = state ? state : tray->own_state;
	tray->mark = mark;
	return tray->state;
}

void frki_tray_drop_order(struct frki_tray *tray)
{
	tray->order = NULL;
	tray->ordered_n = 0;
	tray->displaced_n = 0;
	tray->is_broken = false;
}

/* Relaxed: only this turn gives and takes the mark; see frki_order_close(). */
static void set_mark(struct frki_envelope *envelope, uint32_t mark)
{
	atomic_store_explicit(&envelope->order, mark, memory_order_relaxed);
}

/* What the order gave up, if it had it. */
static struct frki_envelope *take(struct frki_tray *tray, struct frk_mail *mail)
{
	struct frki_envelope *envelope = frki_container_of(mail, struct frki_envelope, mail);

	if (atomic_load_explicit(&envelope->order, memory_order_relaxed) != tray->mark) {
		tray->is_broken = true;
		return NULL;
	}
	set_mark(envelope, 0);
	tray->ordered_n--;
	return envelope;
}

struct frki_envelope *frki_tray_push(struct frki_tray *tray, struct frki_envelope *envelope)
{
	struct frk_mail *mail;

	set_mark(envelope, tray->mark);
	envelope->mail.next = NULL;
	tray->ordered_n++;
	mail = tray->order->push(tray->state, &envelope->mail, &envelope->message);
	if (!mail)
		return NULL;
	tray->displaced_n++;
	return take(tray, mail);
}

struct frki_envelope *frki_tray_pop(struct frki_tray *tray)
{
	struct frk_mail *mail;

	tray->displaced_n = 0;
	if (!tray->ordered_n || tray->is_broken)
		return NULL;
	mail = tray->order->pop(tray->state);
	if (mail)
		return take(tray, mail);
	tray->is_broken = true;
	return NULL;
}

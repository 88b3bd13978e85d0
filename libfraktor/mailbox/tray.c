// SPDX-License-Identifier: MIT
/*
 * tray.c - the tray of tray.h; its contract is there.
 *
 * An envelope in a chain is linked by the node with which it was in the queue.  No other
 * thread looks at it there, so that nothing has to be ordered.
 */
#include <errno.h>
#include <stddef.h>

#include "base/list.h"
#include "mailbox/tray.h"

static struct frki_mpsc_node *next_of(const struct frki_mpsc_node *node)
{
	return atomic_load_explicit(&node->next, memory_order_relaxed);
}

static void link_to(struct frki_mpsc_node *node, struct frki_mpsc_node *next)
{
	atomic_store_explicit(&node->next, next, memory_order_relaxed);
}

static void push(struct frki_chain *chain, struct frki_envelope *envelope)
{
	struct frki_mpsc_node *node = &envelope->node;

	link_to(node, chain->tail ? next_of(chain->tail) : node);
	if (chain->tail)
		link_to(chain->tail, node);
	chain->tail = node;
}

static struct frki_envelope *pop(struct frki_chain *chain)
{
	struct frki_mpsc_node *first;

	if (!chain->tail)
		return NULL;
	first = next_of(chain->tail);
	if (first == chain->tail)
		chain->tail = NULL;
	else
		link_to(chain->tail, next_of(first));
	return frki_container_of(first, struct frki_envelope, node);
}

uint32_t frki_tray_aside_n(const struct frki_tray *tray)
{
	return atomic_load_explicit(&tray->aside_n, memory_order_relaxed);
}

static void set_aside_n(struct frki_tray *tray, uint32_t n)
{
	atomic_store_explicit(&tray->aside_n, n, memory_order_relaxed);
}

void frki_tray_init(struct frki_tray *tray, frki_level_fn level, uint32_t aside_max)
{
	tray->order = level ? &frki_order_levels : NULL;
	tray->level = level;
	for (int i = 0; i < FRKI_TRAY_LEVELS; i++)
		tray->levels[i].tail = NULL;
	tray->front.tail = NULL;
	tray->aside.tail = NULL;
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
	push(&tray->aside, envelope);
	set_aside_n(tray, n + 1);
	return 0;
}

void frki_tray_bring_back(struct frki_tray *tray)
{
	struct frki_chain *front = &tray->front, *aside = &tray->aside;

	if (!aside->tail)
		return;
	if (front->tail) {
		struct frki_mpsc_node *first = next_of(aside->tail);

		link_to(aside->tail, next_of(front->tail));
		link_to(front->tail, first);
	} else {
		front->tail = aside->tail;
	}
	aside->tail = NULL;
	set_aside_n(tray, 0);
}

struct frki_envelope *frki_tray_pop_front(struct frki_tray *tray)
{
	return pop(&tray->front);
}

bool frki_tray_ready(const struct frki_tray *tray)
{
	return tray->front.tail || (tray->order && tray->order->ready(tray));
}

/* --- by level */

static void push_level(struct frki_tray *tray, struct frki_envelope *envelope)
{
	uint32_t level = tray->level(&envelope->message);

	push(&tray->levels[level < FRKI_TRAY_LEVELS ? level : FRKI_TRAY_LEVELS - 1], envelope);
}

static struct frki_envelope *pop_level(struct frki_tray *tray)
{
	for (int i = 0; i < FRKI_TRAY_LEVELS; i++)
		if (tray->levels[i].tail)
			return pop(&tray->levels[i]);
	return NULL;
}

static bool ready_level(const struct frki_tray *tray)
{
	for (int i = 0; i < FRKI_TRAY_LEVELS; i++)
		if (tray->levels[i].tail)
			return true;
	return false;
}

const struct frki_order_ops frki_order_levels = {
	.name = "levels",
	.push = push_level,
	.pop = pop_level,
	.ready = ready_level,
};

// SPDX-License-Identifier: MIT
/*
 * mpsc.c - the queue of mpsc.h; its contract is there.  Knows nothing of what
 * the nodes are part of.
 */
#include <stddef.h>

#include "base/mpsc.h"

/* Pairs with the store-release of next in frki_mpsc_push(): who sees the link
 * sees what the producer wrote into the node before it pushed. */
static struct frki_mpsc_node *next_of(const struct frki_mpsc_node *node)
{
	return atomic_load_explicit(&node->next, memory_order_acquire);
}

void frki_mpsc_init(struct frki_mpsc *queue)
{
	atomic_init(&queue->stub.next, NULL);
	atomic_init(&queue->head, &queue->stub);
	queue->tail = &queue->stub;
}

void frki_mpsc_push(struct frki_mpsc *queue, struct frki_mpsc_node *node)
{
	struct frki_mpsc_node *prev;

	atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
	/*
	 * Release: the next producer, which stores into node->next, must come
	 * after the NULL above; acquire is its side of that.  Pairs with itself
	 * and with the load-acquire of head in frki_mpsc_pop().
	 */
	prev = atomic_exchange_explicit(&queue->head, node,
					memory_order_acq_rel);
	/* The window is open here.  Pairs with next_of(). */
	atomic_store_explicit(&prev->next, node, memory_order_release);
}

/* Step over the stub, which carries nothing. */
static struct frki_mpsc_node *skip_stub(struct frki_mpsc *queue)
{
	if (queue->tail == &queue->stub) {
		struct frki_mpsc_node *next = next_of(&queue->stub);

		if (!next)
			return NULL;
		queue->tail = next;
	}
	return queue->tail;
}

struct frki_mpsc_node *frki_mpsc_pop(struct frki_mpsc *queue)
{
	struct frki_mpsc_node *node = skip_stub(queue);
	struct frki_mpsc_node *next;

	if (!node)
		return NULL;
	next = next_of(node);
	if (!next) {
		/* Pairs with the exchange in frki_mpsc_push(). */
		if (atomic_load_explicit(&queue->head, memory_order_acquire) !=
		    node)
			return NULL;
		/* The last node can only leave when another one follows it. */
		frki_mpsc_push(queue, &queue->stub);
		next = next_of(node);
		if (!next)
			return NULL;
	}
	queue->tail = next;
	return node;
}

bool frki_mpsc_ready(const struct frki_mpsc *queue)
{
	const struct frki_mpsc_node *node = queue->tail;
	const struct frki_mpsc_node *next = next_of(node);

	if (node == &queue->stub) {
		if (!next)
			return false;
		node = next;
		next = next_of(node);
	}
	/* Pairs with the exchange in frki_mpsc_push(). */
	return next ||
	       atomic_load_explicit(&queue->head, memory_order_acquire) == node;
}

/* SPDX-License-Identifier: MIT */
/*
 * mpsc.h - an unbounded queue of nodes that live inside what they queue: many
 * producers, one consumer, no lock (after Dmitry Vyukov).
 *
 * Who may call: frki_mpsc_push() any thread, any number at once, also a
 * signal handler; frki_mpsc_pop() and frki_mpsc_ready() only the consumer.  The
 * consumer may change threads if the hand-over orders their accesses.
 *
 * What it costs: a push is one exchange and one store, and never waits.  A pop
 * is a load or two, and one push of the queue's own stub when it takes the
 * last node.
 *
 * The window: a producer stopped between its exchange and its store cuts the
 * chain behind it.  Until it goes on, pop answers NULL although nodes that were
 * pushed later, and the one before the cut, are in the queue.  The consumer must
 * not spin on that: it may run at a priority that keeps the producer off the CPU.
 * It treats NULL as empty, and every producer tells the consumer *after* its
 * push that something is there; whoever closes the window thus speaks last.
 *
 * Nodes come out in the order of the exchanges.  A node that was popped may be
 * pushed again or freed at once.
 */
#ifndef FRKI_BASE_MPSC_H
#define FRKI_BASE_MPSC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct frki_mpsc_node {
	_Atomic(struct frki_mpsc_node *) next;
};

/**
 * struct frki_mpsc - the queue; must not move once it is in use
 * @head: the node pushed last; producers exchange it.
 * @tail: the node to pop next; the consumer's own.
 * @stub: in the queue whenever nothing else keeps it from being empty.
 */
struct frki_mpsc {
	_Atomic(struct frki_mpsc_node *) head;
	struct frki_mpsc_node *tail;
	struct frki_mpsc_node stub;
};

/* Pairs with the store-release of next in frki_mpsc_push(): who sees the link
 * sees what the producer wrote into the node before it pushed. */
static inline struct frki_mpsc_node *frki_mpsc_next(const struct frki_mpsc_node *node)
{
	return atomic_load_explicit(&node->next, memory_order_acquire);
}

/**
 * frki_mpsc_init() - make an empty queue
 * @queue: the queue; nobody may use it yet.
 */
static inline void frki_mpsc_init(struct frki_mpsc *queue)
{
	atomic_init(&queue->stub.next, NULL);
	atomic_init(&queue->head, &queue->stub);
	queue->tail = &queue->stub;
}

/**
 * frki_mpsc_push() - append a node
 * @queue: the queue.
 * @node: in no queue; the queue's until it is popped.
 */
static inline void frki_mpsc_push(struct frki_mpsc *queue, struct frki_mpsc_node *node)
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
	/* The window is open here.  Pairs with frki_mpsc_next(). */
	atomic_store_explicit(&prev->next, node, memory_order_release);
}

/* Step over the stub, which carries nothing. */
static inline struct frki_mpsc_node *frki_mpsc_skip_stub(struct frki_mpsc *queue)
{
	if (queue->tail == &queue->stub) {
		struct frki_mpsc_node *next = frki_mpsc_next(&queue->stub);

		if (!next)
			return NULL;
		queue->tail = next;
	}
	return queue->tail;
}

/**
 * frki_mpsc_pop() - take the oldest node
 * @queue: the queue.
 *
 * Return: the node, the caller's again; NULL if the queue is empty or its
 * oldest node lies behind an open window.
 */
static inline struct frki_mpsc_node *frki_mpsc_pop(struct frki_mpsc *queue)
{
	struct frki_mpsc_node *node = frki_mpsc_skip_stub(queue);
	struct frki_mpsc_node *next;

	if (!node)
		return NULL;
	next = frki_mpsc_next(node);
	if (!next) {
		/* Pairs with the exchange in frki_mpsc_push(). */
		if (atomic_load_explicit(&queue->head, memory_order_acquire) !=
		    node)
			return NULL;
		/* The last node can only leave when another one follows it. */
		frki_mpsc_push(queue, &queue->stub);
		next = frki_mpsc_next(node);
		if (!next)
			return NULL;
	}
	queue->tail = next;
	return node;
}

/**
 * frki_mpsc_ready() - would a pop return a node?
 * @queue: the queue.
 *
 * Return: false also while the oldest node lies behind an open window.
 */
static inline bool frki_mpsc_ready(const struct frki_mpsc *queue)
{
	const struct frki_mpsc_node *node = queue->tail;
	const struct frki_mpsc_node *next = frki_mpsc_next(node);

	if (node == &queue->stub) {
		if (!next)
			return false;
		node = next;
		next = frki_mpsc_next(node);
	}
	/* Pairs with the exchange in frki_mpsc_push(). */
	return next ||
	       atomic_load_explicit(&queue->head, memory_order_acquire) == node;
}

/**
 * frki_mpsc_empty() - has all that was pushed been popped?
 * @queue: the queue.
 *
 * Return: false also while a node lies behind an open window, or is only being pushed.
 */
static inline bool frki_mpsc_empty(const struct frki_mpsc *queue)
{
	/* Acquire: what a producer did before; pairs with frki_mpsc_push(). */
	return atomic_load_explicit(&queue->head, memory_order_acquire) == &queue->stub;
}

#endif /* FRKI_BASE_MPSC_H */

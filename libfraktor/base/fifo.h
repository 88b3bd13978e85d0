/* SPDX-License-Identifier: MIT */
/*
 * fifo.h - what one thread queues for itself, in the nodes of the queues that others may
 * use (mpsc.h): as long as a node is here it is in none of these.
 *
 * Whoever owns the list owns all of it.  It is one pointer: the last node links to the
 * first.
 */
#ifndef FRKI_BASE_FIFO_H
#define FRKI_BASE_FIFO_H

#include "base/mpsc.h"

/**
 * struct frki_fifo - the list
 * @last: the last node; NULL for none.
 */
struct frki_fifo {
	struct frki_mpsc_node *last;
};

static inline void frki_fifo_init(struct frki_fifo *fifo)
{
	fifo->last = NULL;
}

static inline bool frki_fifo_empty(const struct frki_fifo *fifo)
{
	return !fifo->last;
}

/* Links are atomic for others' sake, and here there is nobody else. */
static inline struct frki_mpsc_node *frki_fifo_next(const struct frki_mpsc_node *node)
{
	return atomic_load_explicit(&node->next, memory_order_relaxed);
}

static inline void frki_fifo_link(struct frki_mpsc_node *node, struct frki_mpsc_node *next)
{
	atomic_store_explicit(&node->next, next, memory_order_relaxed);
}

/* Before all others: then it is the one that is popped next. */
static inline void frki_fifo_push_front(struct frki_fifo *fifo, struct frki_mpsc_node *node)
{
	struct frki_mpsc_node *last = fifo->last;

	if (last) {
		frki_fifo_link(node, frki_fifo_next(last));
		frki_fifo_link(last, node);
	} else {
		frki_fifo_link(node, node);
		fifo->last = node;
	}
}

static inline void frki_fifo_push(struct frki_fifo *fifo, struct frki_mpsc_node *node)
{
	frki_fifo_push_front(fifo, node);
	fifo->last = node;
}

/*
 * Was it pushed, and not forgotten since?  A node that was popped is not forgotten by
 * itself: so one link says, too, that whoever popped it has not done with it.
 */
static inline bool frki_fifo_knows(const struct frki_mpsc_node *node)
{
	return frki_fifo_next(node);
}

static inline void frki_fifo_forget(struct frki_mpsc_node *node)
{
	frki_fifo_link(node, NULL);
}

/* The first one; NULL for none. */
static inline struct frki_mpsc_node *frki_fifo_pop(struct frki_fifo *fifo)
{
	struct frki_mpsc_node *last = fifo->last, *first;

	if (!last)
		return NULL;
	first = frki_fifo_next(last);
	if (first == last)
		fifo->last = NULL;
	else
		frki_fifo_link(last, frki_fifo_next(first));
	return first;
}

/* All of @others before all others; none is left there. */
static inline void frki_fifo_push_all_front(struct frki_fifo *fifo, struct frki_fifo *others)
{
	struct frki_mpsc_node *first;

	if (!others->last)
		return;
	if (fifo->last) {
		first = frki_fifo_next(others->last);
		frki_fifo_link(others->last, frki_fifo_next(fifo->last));
		frki_fifo_link(fifo->last, first);
	} else {
		fifo->last = others->last;
	}
	others->last = NULL;
}

#endif /* FRKI_BASE_FIFO_H */

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

/**
 * frki_mpsc_init() - make an empty queue
 * @queue: the queue; nobody may use it yet.
 */
void frki_mpsc_init(struct frki_mpsc *queue);

/**
 * frki_mpsc_push() - append a node
 * @queue: the queue.
 * @node: in no queue; the queue's until it is popped.
 */
void frki_mpsc_push(struct frki_mpsc *queue, struct frki_mpsc_node *node);

/**
 * frki_mpsc_pop() - take the oldest node
 * @queue: the queue.
 *
 * Return: the node, the caller's again; NULL if the queue is empty or its
 * oldest node lies behind an open window.
 */
struct frki_mpsc_node *frki_mpsc_pop(struct frki_mpsc *queue);

/**
 * frki_mpsc_ready() - would a pop return a node?
 * @queue: the queue.
 *
 * Return: false also while the oldest node lies behind an open window.
 */
bool frki_mpsc_ready(const struct frki_mpsc *queue);

#endif /* FRKI_BASE_MPSC_H */

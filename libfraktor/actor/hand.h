/* SPDX-License-Identifier: MIT */
/*
 * hand.h - what the thread that runs a stage has at hand: letters that came back, and
 * cells that got something to do while it ran others.
 *
 * Most messages are sent by actors, and so by the thread that will deliver them.  For
 * these it needs no queue that others may use, and no pool: the locked instructions of
 * these are the larger part of the time of a message.
 *
 * Where several threads run it, each of them has letters at hand: frki_stage_ops.hand.  What
 * they send and what they have handled evens out, and a pool on whose head they all write is
 * half of the time of a message then.
 *
 * Who may call: any thread; all but the ones that the stage's ops know get "no", and
 * take the way for everybody.  So does a signal handler that interrupts such a thread in
 * here.
 */
#ifndef FRKI_ACTOR_HAND_H
#define FRKI_ACTOR_HAND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fifo.h"

/* Of the letters there are, the part that may be at hand: so many fewer has the pool
 * for other threads. */
#define FRKI_HAND_LETTERS_PART 16

struct frki_stage;

/**
 * struct frki_hand - what is at hand
 * @letters: the one that came back last is the first.
 * @letters_n: how many.
 * @letters_max: how many at most.
 * @cells: the one that waits longest is the first.
 * @used: it is known whose it is.
 * @taken: it is in use: a signal handler leaves it alone.  Its thread's; what others read
 *	decides nothing.
 */
struct frki_hand {
	struct frki_fifo letters;
	uint32_t letters_n;
	uint32_t letters_max;
	struct frki_fifo cells;
	bool used;
	atomic_bool taken;
};

/**
 * frki_hand_init() - an empty hand
 * @hand: the hand.
 * @letters_max: see &struct frki_hand.
 * @used: see &struct frki_hand.
 */
void frki_hand_init(struct frki_hand *hand, uint32_t letters_max, bool used);

/**
 * frki_hand_take() - a signal handler of this thread has to do as other threads do
 * @hand: the hand.
 *
 * Only a thread that runs the stage; until frki_hand_release().
 */
static inline void frki_hand_take(struct frki_hand *hand)
{
	/* Several threads have nothing at hand. */
	if (hand->used)
		atomic_store_explicit(&hand->taken, true, memory_order_relaxed);
	/* The handler sees that before it sees anything half done. */
	atomic_signal_fence(memory_order_seq_cst);
}

/**
 * frki_hand_release() - it may do as this thread does
 * @hand: the hand.
 */
static inline void frki_hand_release(struct frki_hand *hand)
{
	atomic_signal_fence(memory_order_seq_cst);
	if (hand->used)
		atomic_store_explicit(&hand->taken, false, memory_order_relaxed);
}

/**
 * frki_hand_keep_letter() - keep a letter for the next message
 * @hand: taken by the caller.
 * @node: the node of its envelope, in no queue.
 *
 * Return: false if there are enough: it is still the caller's.
 */
static inline bool frki_hand_keep_letter(struct frki_hand *hand, struct frki_mpsc_node *node)
{
	if (hand->letters_n >= hand->letters_max)
		return false;
	frki_fifo_push_front(&hand->letters, node);
	hand->letters_n++;
	return true;
}

/**
 * frki_hand_put_letter() - keep a letter, if the caller has a hand and it is free
 * @stage: the stage.
 * @node: the node of its envelope, in no queue.
 *
 * Return: false if it is still the caller's.
 */
bool frki_hand_put_letter(struct frki_stage *stage, struct frki_mpsc_node *node);

/**
 * frki_hand_pop_letter() - take one
 * @hand: taken by the caller.
 *
 * Return: the node of its envelope; NULL if there is none.
 */
static inline struct frki_mpsc_node *frki_hand_pop_letter(struct frki_hand *hand)
{
	struct frki_mpsc_node *node = frki_fifo_pop(&hand->letters);

	if (node)
		hand->letters_n--;
	return node;
}

/**
 * frki_hand_get_letter() - take one, if the caller has a hand and it is free
 * @stage: the stage.
 *
 * Return: the node of its envelope; NULL if there is none for the caller.
 */
struct frki_mpsc_node *frki_hand_get_letter(struct frki_stage *stage);

/**
 * frki_hand_keep_cell() - a cell has something to do; once is enough
 * @hand: taken by the caller.
 * @node: &frki_cell.at_hand.
 */
static inline void frki_hand_keep_cell(struct frki_hand *hand, struct frki_mpsc_node *node)
{
	if (!frki_fifo_knows(node))
		frki_fifo_push(&hand->cells, node);
}

#endif /* FRKI_ACTOR_HAND_H */

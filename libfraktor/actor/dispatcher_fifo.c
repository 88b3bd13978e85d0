// SPDX-License-Identifier: MIT
/*
 * dispatcher_fifo.c - first come, first served; see dispatcher.h.
 */
#include "actor/cell.h"

static void push(struct frki_stage *stage, struct frki_cell *cell)
{
	frki_mpsc_push(&stage->ready, &cell->ready);
	stage->ops->wake(stage->data);
}

/* One that others have brought: from now on they bring it again. */
static void keep(struct frki_stage *stage, struct frki_cell *cell)
{
	/* Acquire: what was done before it was said is seen in its turn; pairs with the
	 * addition in frki_cell_schedule_by(). */
	atomic_exchange_explicit(&cell->turn, 0, memory_order_acq_rel);
	frki_hand_keep_cell(&stage->hand, &cell->at_hand);
}

static struct frki_cell *pop_at_hand(struct frki_stage *stage, struct frki_cell *brought)
{
	struct frki_mpsc_node *node;

	frki_hand_take(&stage->hand);
	if (brought)
		keep(stage, brought);
	node = frki_fifo_pop(&stage->hand.cells);
	frki_hand_release(&stage->hand);
	return node ? frki_container_of(node, struct frki_cell, at_hand) : NULL;
}

static struct frki_cell *pop(struct frki_stage *stage)
{
	struct frki_mpsc_node *node = frki_mpsc_pop(&stage->ready);
	struct frki_cell *cell = node ? frki_container_of(node, struct frki_cell, ready) : NULL;

	return frki_stage_keeps_cells(stage) ? pop_at_hand(stage, cell) : cell;
}

static bool ready(const struct frki_stage *stage)
{
	return !frki_fifo_empty(&stage->hand.cells) || frki_mpsc_ready(&stage->ready);
}

const struct frki_dispatcher_ops frki_dispatcher_fifo = {
	.push = push,
	.pop = pop,
	.ready = ready,
};

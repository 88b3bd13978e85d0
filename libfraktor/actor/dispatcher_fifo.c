// SPDX-License-Identifier: MIT
/*
 * dispatcher_fifo.c - first come, first served; see dispatcher.h.
 */
#include "actor/cell.h"

static void push(struct frki_stage *stage, struct frki_cell *cell)
{
	/* Its own thread looks before it goes to sleep. */
	if (frki_hand_put_cell(stage, &cell->ready))
		return;
	frki_mpsc_push(&stage->ready, &cell->ready);
	stage->ops->wake(stage->data);
}

static struct frki_cell *pop(struct frki_stage *stage)
{
	struct frki_mpsc_node *node =
		frki_hand_get_cell(stage, frki_mpsc_pop(&stage->ready));

	return node ? frki_container_of(node, struct frki_cell, ready) : NULL;
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

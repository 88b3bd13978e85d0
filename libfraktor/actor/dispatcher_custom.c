// SPDX-License-Identifier: MIT
/*
 * dispatcher_custom.c - who is next, the application says; see dispatcher.h.  What others
 * bring waits in the queue of the stage until the worker puts it into the application's order:
 * so that one needs to know no thread.
 */
#include "actor/cell.h"

static void push(struct frki_stage *stage, struct frki_cell *cell)
{
	frki_dispatcher_fifo.push(stage, cell);
}

static void bring_all(struct frki_stage *stage)
{
	struct frki_cell *cell;

	while ((cell = frki_dispatcher_fifo.pop(stage))) {
		const struct frk_turn_info info = {
			.actor = frki_cell_pid(cell, stage),
			.priority = frki_cell_priority(cell),
		};

		cell->waits.next = NULL;
		stage->order->push(stage->order_state, &cell->waits, &info);
	}
}

static struct frki_cell *pop(struct frki_stage *stage)
{
	struct frk_turn *turn;

	bring_all(stage);
	turn = stage->order->pop(stage->order_state);
	return turn ? frki_container_of(turn, struct frki_cell, waits) : NULL;
}

static bool ready(const struct frki_stage *stage)
{
	return !stage->order->is_empty(stage->order_state) || frki_dispatcher_fifo.ready(stage);
}

const struct frki_dispatcher_ops frki_dispatcher_custom = {
	.push = push,
	.pop = pop,
	.ready = ready,
};

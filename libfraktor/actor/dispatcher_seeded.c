// SPDX-License-Identifier: MIT
/*
 * dispatcher_seeded.c - who is next is drawn; see dispatcher.h.
 */
#include "actor/cell.h"
#include "base/random.h"

static void push(struct frki_stage *stage, struct frki_cell *cell)
{
	frki_dispatcher_fifo.push(stage, cell);
}

static void fill(struct frki_stage *stage)
{
	struct frki_cell *cell;

	while (stage->drawn_n < FRKI_DISPATCHER_DRAW &&
	       (cell = frki_dispatcher_fifo.pop(stage)))
		stage->drawn[stage->drawn_n++] = cell;
}

static struct frki_cell *pop(struct frki_stage *stage)
{
	struct frki_cell *cell;
	uint64_t at;

	fill(stage);
	if (!stage->drawn_n)
		return NULL;
	at = frki_random_below(&stage->seed, stage->drawn_n);
	cell = stage->drawn[at];
	stage->drawn[at] = stage->drawn[--stage->drawn_n];
	return cell;
}

static bool ready(const struct frki_stage *stage)
{
	return stage->drawn_n || frki_dispatcher_fifo.ready(stage);
}

const struct frki_dispatcher_ops frki_dispatcher_seeded = {
	.push = push,
	.pop = pop,
	.ready = ready,
};

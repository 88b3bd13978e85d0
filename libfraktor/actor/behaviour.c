// SPDX-License-Identifier: MIT
/*
 * behaviour.c - which function handles messages: frk_context_become() of <fraktor/actor.h>, and
 * those to come back to.  Knows no thread, no clock.
 */
#include <errno.h>

#include "actor/cell.h"

void frk_context_become(struct frk_context *context, frk_receive_fn receive)
{
	if (context)
		context->cell->behaviour = receive;
}

int frk_context_push_behaviour(struct frk_context *context, struct frk_behaviours *behaviours,
			       frk_receive_fn receive)
{
	if (!context || !behaviours || behaviours->n > FRK_BEHAVIOURS_MAX)
		return -EINVAL;
	if (behaviours->n == FRK_BEHAVIOURS_MAX)
		return -ENOBUFS;
	behaviours->below[behaviours->n++] = context->cell->behaviour;
	context->cell->behaviour = receive;
	return 0;
}

int frk_context_pop_behaviour(struct frk_context *context, struct frk_behaviours *behaviours)
{
	if (!context || !behaviours || behaviours->n > FRK_BEHAVIOURS_MAX)
		return -EINVAL;
	if (!behaviours->n)
		return -ENOENT;
	context->cell->behaviour = behaviours->below[--behaviours->n];
	return 0;
}

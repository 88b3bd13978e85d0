// SPDX-License-Identifier: MIT
/*
 * machine.c - the state machine of <fraktor/machine.h>.  Knows of the actors what is public
 * and nothing else.
 */
#include <errno.h>
#include <stdbool.h>

#include <fraktor/machine.h>

/* Is it around @state, or @state itself? */
static bool is_around(const struct frk_state *outer, const struct frk_state *state)
{
	while (state && state != outer)
		state = state->parent;
	return state;
}

/* How many are around it; more than FRK_STATES_DEPTH also for those that are in each other. */
static unsigned int depth_of(const struct frk_state *state)
{
	unsigned int depth = 0;

	while (state->parent && depth <= FRK_STATES_DEPTH) {
		state = state->parent;
		depth++;
	}
	return depth;
}

/* As deep as one can get with it. */
static bool is_right(const struct frk_state *state)
{
	while (state && depth_of(state) < FRK_STATES_DEPTH) {
		if (!state->initial)
			return true;
		if (state->initial->parent != state)
			return false;
		state = state->initial;
	}
	return false;
}

int frk_machine_init(struct frk_machine *machine, const struct frk_state *first)
{
	if (!machine || !is_right(first))
		return -EINVAL;
	*machine = (struct frk_machine){ .first = first };
	return 0;
}

/* All but what is around @target: what is in it, then it, if that is where it is. */
static void leave(struct frk_machine *machine, struct frk_context *context,
		  const struct frk_state *target)
{
	while (machine->state &&
	       (machine->state == target || !is_around(machine->state, target))) {
		const struct frk_state *state = machine->state;

		if (state->leave)
			state->leave(context);
		machine->state = state->parent;
	}
}

static void enter_one(struct frk_machine *machine, struct frk_context *context,
		      const struct frk_state *state)
{
	machine->state = state;
	if (state->enter)
		state->enter(context);
}

static void enter(struct frk_machine *machine, struct frk_context *context,
		  const struct frk_state *target)
{
	const struct frk_state *path[FRK_STATES_DEPTH];
	const struct frk_state *from = machine->state, *state;
	unsigned int n = 0;

	for (state = target; state != from; state = state->parent)
		path[n++] = state;
	while (n)
		enter_one(machine, context, path[--n]);
	for (state = target->initial; state; state = state->initial)
		enter_one(machine, context, state);
}

static void move(struct frk_machine *machine, struct frk_context *context,
		 const struct frk_state *target)
{
	machine->next = NULL;
	machine->moving = 1;
	leave(machine, context, target);
	enter(machine, context, target);
	machine->moving = 0;
}

int frk_machine_begin(struct frk_machine *machine, struct frk_context *context)
{
	if (!machine || !context || !machine->first)
		return -EINVAL;
	machine->state = NULL;
	move(machine, context, machine->first);
	return 0;
}

int frk_machine_receive(struct frk_machine *machine, struct frk_context *context,
			const struct frk_message *message)
{
	const struct frk_state *state;
	int ret = FRK_UNHANDLED;

	if (!machine || !context || !message || !machine->state || machine->moving)
		return -EINVAL;
	machine->next = NULL;
	for (state = machine->state; state && ret == FRK_UNHANDLED; state = state->parent)
		if (state->receive)
			ret = state->receive(context, message);
	if (ret < 0)
		machine->next = NULL;
	else if (machine->next)
		move(machine, context, machine->next);
	return ret;
}

int frk_machine_go(struct frk_machine *machine, const struct frk_state *target)
{
	if (!machine || !machine->state || !is_right(target))
		return -EINVAL;
	if (machine->moving)
		return -EBUSY;
	machine->next = target;
	return 0;
}

void frk_machine_end(struct frk_machine *machine, struct frk_context *context)
{
	if (!machine || !context || machine->moving)
		return;
	machine->moving = 1;
	leave(machine, context, NULL);
	machine->moving = 0;
}

int frk_machine_is_in(const struct frk_machine *machine, const struct frk_state *state)
{
	return machine && state && is_around(state, machine->state);
}

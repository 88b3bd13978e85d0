// SPDX-License-Identifier: MIT
/*
 * dispatcher_priority.c - the highest priority first: frk_dispatcher_priority of
 * <fraktor/dispatcher.h>, by what is public there and nothing else.
 */
#include <fraktor/dispatcher.h>

/**
 * struct list - those of one priority
 * @first: who waits longest.
 * @last: where the next one goes; NULL if there is none.
 */
struct list {
	struct frk_turn *first;
	struct frk_turn *last;
};

/**
 * struct lists - those of all of them
 * @by: priority.
 * @used: a bit for each that has any.
 */
struct lists {
	struct list by[FRK_PRIORITY_MAX + 1];
	uint32_t used;
};

static void push(void *state, struct frk_turn *turn, const struct frk_turn_info *info)
{
	struct lists *lists = state;
	struct list *list = &lists->by[info->priority];

	turn->next = NULL;
	if (list->last)
		list->last->next = turn;
	else
		list->first = turn;
	list->last = turn;
	lists->used |= 1U << info->priority;
}

static struct frk_turn *pop(void *state)
{
	struct lists *lists = state;
	struct frk_turn *turn;
	struct list *list;
	int highest;

	if (!lists->used)
		return NULL;
	highest = 31 - __builtin_clz(lists->used);
	list = &lists->by[highest];
	turn = list->first;
	list->first = turn->next;
	if (!list->first) {
		list->last = NULL;
		lists->used &= ~(1U << highest);
	}
	return turn;
}

static int is_empty(const void *state)
{
	const struct lists *lists = state;

	return !lists->used;
}

const struct frk_dispatcher_ops frk_dispatcher_priority = {
	.size = sizeof(frk_dispatcher_priority),
	.name = "priority",
	.state_size = sizeof(struct lists),
	.push = push,
	.pop = pop,
	.is_empty = is_empty,
};

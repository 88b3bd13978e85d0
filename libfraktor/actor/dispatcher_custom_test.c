// SPDX-License-Identifier: MIT
/*
 * dispatcher_custom_test.c - who is next: by priority, and by an order of the test's own.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"

enum { WORK = 20, WAKE };

static uint64_t order_state[64];
static struct frk_pid pids[CELLS];
/* Whose message it was, in order. */
static char order[64];
static unsigned int handled;

static int note(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == WORK)
		order[handled++] = (char)('a' + frk_context_self(context).index);
	/* The one with the highest priority, in the middle of another one's work. */
	if (message->kind == WAKE)
		return frk_context_send(context, pids[3], WORK, NULL, 0);
	return 0;
}

static void use(const struct frk_dispatcher_ops *ops)
{
	stage_setup();
	cr_assert_leq(ops->state_size, sizeof(order_state));
	memset(order_state, 0, sizeof(order_state));
	stage.dispatcher = &frki_dispatcher_custom;
	stage.order = ops;
	stage.order_state = order_state;
	handled = 0;
}

static void spawn_all(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t priorities[CELLS] = { a, b, c, d };

	for (int i = 0; i < CELLS; i++) {
		const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
			.receive = note, .priority = priorities[i]);

		cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pids[i]), 0);
		cr_assert_eq(pids[i].index, i);
	}
	stage_settle();
}

static const char *send(const char *to, uint32_t kind)
{
	for (; *to; to++)
		cr_assert_eq(post(pids[*to - 'a'], kind), 0);
	stage_settle();
	order[handled] = '\0';
	return order;
}

static void fini(void)
{
	for (int i = 0; i < CELLS; i++)
		frki_stage_stop(&stage, pids[i]);
	stage_settle();
	stage_assert_no_leak();
}

TestSuite(priority, .fini = fini, .timeout = 20);

Test(priority, s12_the_highest_comes_first)
{
	use(&frk_dispatcher_priority);
	spawn_all(0, 5, 9, FRK_PRIORITY_MAX);
	cr_assert_str_eq(send("abcd", WORK), "dcba");
}

Test(priority, s12_of_the_same_one_who_waits_longest)
{
	use(&frk_dispatcher_priority);
	spawn_all(3, 3, 3, 3);
	cr_assert_str_eq(send("cadb", WORK), "cadb");
}

Test(priority, s12_who_gets_work_meanwhile_is_before_those_below)
{
	use(&frk_dispatcher_priority);
	spawn_all(7, 1, 1, 15);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(post(pids[1], WORK), 0);
	/* It wakes the highest, which is before the two that wait. */
	cr_assert_eq(post(pids[0], WAKE), 0);
	cr_assert_eq(post(pids[2], WORK), 0);
	cr_assert_str_eq(send("", WORK), "dbbc");
}

Test(priority, s12_a_turn_is_over_after_its_messages)
{
	use(&frk_dispatcher_priority);
	stage.turn_messages = 1;
	spawn_all(0, 0, 0, 9);
	cr_assert_eq(post(pids[0], WAKE), 0);
	cr_assert_str_eq(send("aaa", WORK), "daaa");
}

Test(priority, s12_beyond_the_highest_is_refused)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = note,
						    .priority = FRK_PRIORITY_MAX + 1);

	use(&frk_dispatcher_priority);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
	spawn_all(0, 0, 0, 0);
}

/* --- an order of one's own: the last one first */

struct stack {
	struct frk_turn *top;
	unsigned int n;
};

static void push(void *state, struct frk_turn *turn, const struct frk_turn_info *info)
{
	struct stack *stack = state;

	cr_assert_lt(info->actor.index, CELLS);
	cr_assert_eq(info->priority, info->actor.index);
	turn->next = stack->top;
	stack->top = turn;
	stack->n++;
}

static struct frk_turn *pop(void *state)
{
	struct stack *stack = state;
	struct frk_turn *turn = stack->top;

	if (turn) {
		stack->top = turn->next;
		stack->n--;
	}
	return turn;
}

static int is_empty(const void *state)
{
	const struct stack *stack = state;

	return !stack->n;
}

static const struct frk_dispatcher_ops last_first = {
	.size = sizeof(last_first),
	.name = "last-first",
	.state_size = sizeof(struct stack),
	.push = push,
	.pop = pop,
	.is_empty = is_empty,
};

Test(priority, s12_an_order_of_ones_own)
{
	use(&last_first);
	spawn_all(0, 1, 2, 3);
	cr_assert_str_eq(send("acbd", WORK), "dbca");
	cr_assert(is_empty(order_state));
}

Test(priority, s12_what_is_left_of_a_life_that_ended_does_no_harm)
{
	use(&last_first);
	spawn_all(0, 1, 2, 3);
	for (int i = 0; i < CELLS; i++)
		frki_stage_stop(&stage, pids[i]);
	stage_settle();
	frki_cell_schedule(frki_pool_at(&stage.cells, 2), &stage);
	stage_settle();
	cr_assert(is_empty(order_state));
}

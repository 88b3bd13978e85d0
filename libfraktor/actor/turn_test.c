// SPDX-License-Identifier: MIT
/*
 * turn_test.c - how long an actor's turn is: so many messages, or so much time.
 */
#include <criterion/criterion.h>

#include "actor/actor_test.h"

enum { WORK = 20 };

static struct seen one, other;
static struct frk_pid one_pid, other_pid;
/* Whose message it was, in order. */
static char order[40];
static unsigned int handled;
static uint64_t cost_ns;

static int note(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != WORK)
		return 0;
	order[handled++] = frk_context_state(context) == &one ? 'a' : 'b';
	stage_clock_ns += cost_ns;
	return 0;
}

static void setup(void)
{
	stage_setup();
	stage_clock_ns = 1000000;
	cost_ns = 0;
	handled = 0;
	one.then = note;
	other.then = note;
	one_pid = spawn(&one);
	other_pid = spawn(&other);
	stage_tick();
}

static void fini(void)
{
	frki_stage_stop(&stage, one_pid);
	frki_stage_stop(&stage, other_pid);
	stage_settle();
	stage_assert_no_leak();
}

TestSuite(turn, .init = setup, .fini = fini, .timeout = 20);

/* Six messages for each of them, in the mailboxes before the first turn. */
static const char *play(void)
{
	for (int i = 0; i < 6; i++)
		cr_assert_eq(post(one_pid, WORK), 0);
	for (int i = 0; i < 6; i++)
		cr_assert_eq(post(other_pid, WORK), 0);
	stage_settle();
	order[handled] = '\0';
	return order;
}

Test(turn, s1_has_sixteen_messages)
{
	cr_assert_eq(stage.turn_messages, 16);
	cr_assert_str_eq(play(), "aaaaaabbbbbb");
}

Test(turn, s1_has_as_many_as_is_said)
{
	stage.turn_messages = 4;
	cr_assert_str_eq(play(), "aaaabbbbaabb");
	handled = 0;
	stage.turn_messages = 1;
	cr_assert_str_eq(play(), "abababababab");
}

Test(turn, s1_ends_when_it_has_taken_as_long_as_it_may)
{
	stage.turn_max_ns = 25;
	cost_ns = 10;
	cr_assert_str_eq(play(), "aaabbbaaabbb");
	/* One that takes longer ends it alone; a quick one does not. */
	handled = 0;
	cost_ns = 25;
	cr_assert_str_eq(play(), "abababababab");
	handled = 0;
	cost_ns = 0;
	cr_assert_str_eq(play(), "aaaaaabbbbbb");
}

Test(turn, s1_ends_by_whichever_comes_first)
{
	stage.turn_max_ns = 25;
	stage.turn_messages = 2;
	cost_ns = 10;
	cr_assert_str_eq(play(), "aabbaabbaabb");
}

Test(turn, s1_no_clock_is_read_where_no_turn_is_timed)
{
	static struct frki_stage_ops without;

	without = *stage.ops;
	without.clock_ns = NULL;
	stage.ops = &without;
	cr_assert_str_eq(play(), "aaaaaabbbbbb");
}

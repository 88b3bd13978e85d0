// SPDX-License-Identifier: MIT
/*
 * priority_test.c - a system whose actors have priorities: who matters more does not wait
 * for those who matter less.
 */
#include <criterion/criterion.h>

#include "system/system_test.h"

TestSuite(priorities, .timeout = 60);

#define WORK (FRK_MESSAGE_USER + 70)
#define MESSAGES 200U

static struct frk_pid urgent_pid;
static unsigned int handled, before_urgent;

/* A flood of its own, in the middle of which it wakes the urgent one. */
static int flood(struct frk_context *context, const struct frk_message *message)
{
	int ret = 0;

	if (message->kind == FRK_MESSAGE_STARTED)
		for (unsigned int i = 0; i < MESSAGES && !ret; i++)
			ret = frk_context_send(context, frk_context_self(context), WORK, NULL, 0);
	if (message->kind == WORK && ++handled == 5)
		ret = frk_context_send(context, urgent_pid, WORK, NULL, 0);
	if (handled == MESSAGES)
		frk_system_stop(frk_context_system(context));
	return ret;
}

static int be_urgent(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == WORK)
		before_urgent = handled;
	return 0;
}

static unsigned int run(const struct frk_dispatcher_ops *dispatcher, uint32_t turn_messages)
{
	/* Others wait, too: what comes first is not the one that comes next anyway. */
	const struct frk_actor_opts urgent = FRK_ACTOR_OPTS(.receive = be_urgent, .priority = 9),
				    busy = FRK_ACTOR_OPTS(.receive = flood);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .dispatcher = dispatcher,
		.turn_messages = turn_messages, .actors = &urgent, .actors_n = 1,
		.actors_pids = &urgent_pid);
	struct frk_system *system;

	handled = 0;
	before_urgent = 0;
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	cr_assert_eq(frk_system_spawn(system, &busy, NULL), 0);
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_unref(system);
	cr_assert_eq(handled, MESSAGES);
	return before_urgent;
}

Test(priorities, s12_the_urgent_one_waits_for_one_turn_at_most)
{
	unsigned int waited = run(&frk_dispatcher_priority, 0);

	cr_assert_geq(waited, 5);
	cr_assert_leq(waited, 5 + 16);
	/* Or for one message. */
	cr_assert_eq(run(&frk_dispatcher_priority, 1), 5);
}

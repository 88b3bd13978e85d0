// SPDX-License-Identifier: MIT
/*
 * turn_test.c - whose turn it is in a system, and how long it takes, as its options say: by
 * what an actor finds that was woken in the middle of another one's work.
 */
#include <criterion/criterion.h>

#include "system/system_test.h"
#include "tick/clock.h"

TestSuite(turns, .timeout = 60);

#define WORK (FRK_MESSAGE_USER + 70)
#define LOOK (FRK_MESSAGE_USER + 71)
#define MESSAGES 12U
#define CROWD 20U

static struct frk_pid urgent_pid, crowd_pids[CROWD];
/* Messages of the one at work, and of the crowd, before the urgent one had its turn. */
static unsigned int worked, crowded, worked_before, crowded_before;
static uint64_t each_ns;

static void take(uint64_t ns)
{
	uint64_t end_ns = frki_clock_now_ns(CLOCK_MONOTONIC) + ns;

	while (ns && frki_clock_now_ns(CLOCK_MONOTONIC) < end_ns)
		;
}

static int wake_all(struct frk_context *context)
{
	int ret = 0;

	for (unsigned int i = 0; i < CROWD && !ret; i++)
		ret = frk_context_send(context, crowd_pids[i], WORK, NULL, 0);
	return ret ? ret : frk_context_send(context, urgent_pid, WORK, NULL, 0);
}

/* Gives itself work; with the second message of that it wakes the others. */
static int work(struct frk_context *context, const struct frk_message *message)
{
	int ret = 0;

	if (message->kind == FRK_MESSAGE_STARTED)
		for (unsigned int i = 0; i < MESSAGES && !ret; i++)
			ret = frk_context_send(context, frk_context_self(context), WORK, NULL, 0);
	if (message->kind != WORK)
		return ret;
	take(each_ns);
	if (++worked == 2)
		ret = wake_all(context);
	return ret;
}

static bool is_done(void)
{
	return crowded == CROWD && worked == MESSAGES && worked_before;
}

static int crowd(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	crowded += message->kind == WORK;
	return 0;
}

/* At every tick: is all done? */
static int look(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, LOOK, 0, NULL);
	if (message->kind == LOOK && is_done())
		frk_system_stop(frk_context_system(context));
	return 0;
}

static int be_urgent(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == WORK) {
		worked_before = worked;
		crowded_before = crowded;
	}
	return 0;
}

static void run(struct frk_system_opts *opts)
{
	const struct frk_actor_opts urgent = FRK_ACTOR_OPTS(.receive = be_urgent, .priority = 9),
				    others = FRK_ACTOR_OPTS(.receive = crowd),
				    looker = FRK_ACTOR_OPTS(.receive = look),
				    worker = FRK_ACTOR_OPTS(.receive = work);
	struct frk_system *system;

	worked = crowded = worked_before = crowded_before = 0;
	cr_assert_eq(frk_system_build(opts, &system), 0);
	for (unsigned int i = 0; i < CROWD; i++)
		cr_assert_eq(frk_system_spawn(system, &others, &crowd_pids[i]), 0);
	cr_assert_eq(frk_system_spawn(system, &urgent, &urgent_pid), 0);
	cr_assert_eq(frk_system_spawn(system, &worker, NULL), 0);
	cr_assert_eq(frk_system_spawn(system, &looker, NULL), 0);
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_unref(system);
	cr_assert_eq(worked, MESSAGES);
	cr_assert_eq(crowded, CROWD);
}

Test(turns, s1_who_waits_longest_is_next)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd");

	run(&opts);
	cr_assert_eq(crowded_before, CROWD);
	/* All that was in the mailbox: fewer than a turn may have. */
	cr_assert_eq(worked_before, MESSAGES);
}

Test(turns, s12_the_urgent_one_is_before_all_that_wait)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .dispatcher = &frk_dispatcher_priority);

	run(&opts);
	cr_assert_eq(crowded_before, 0);
	cr_assert_eq(worked_before, MESSAGES);
}

Test(turns, s12_and_waits_for_one_message_where_a_turn_has_one)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .dispatcher = &frk_dispatcher_priority,
		.turn_messages = 1);

	run(&opts);
	cr_assert_eq(crowded_before, 0);
	cr_assert_eq(worked_before, 2);
}

/* Each message takes longer than a turn may, so that each is one. */
Test(turns, s1_a_turn_ends_when_it_has_taken_too_long)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .dispatcher = &frk_dispatcher_priority,
		.turn_max_ns = FRK_US(100));

	each_ns = FRK_MS(1);
	run(&opts);
	cr_assert_eq(worked_before, 2);
}

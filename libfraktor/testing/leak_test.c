// SPDX-License-Identifier: MIT
/*
 * leak_test.c - what a test leaves is named: actors, timers, questions, watches; and the
 * account of messages balances.
 */
#include "testing/testing_test.h"

TestSuite(leak, .init = build, .fini = done, .timeout = 60);

static struct frk_pid spawn(const char *name)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = name, .receive = help);
	struct frk_pid pid = { 0 };

	cr_assert_eq(frk_system_spawn(frk_testing_system(testing), &actor, &pid), 0);
	return pid;
}

static void tell(struct frk_pid to, uint32_t kind)
{
	cr_assert_eq(frk_system_send(frk_testing_system(testing), to, kind, NULL, 0), 0);
	frk_testing_settle(testing);
}

Test(leak, r3_7_what_was_there_is_no_leak)
{
	struct frk_probe *probe = new_probe("probe");

	assert_fine(frk_testing_check(testing));
	cr_assert_eq(frk_probe_watch(probe, keeper), 0);
	assert_fine(frk_testing_check(testing));
	cr_assert_str_eq(frk_testing_text(testing), "");
}

Test(leak, r3_7_an_actor_that_lives_is_named)
{
	struct frk_pid pid = spawn("forgotten");

	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("actor \"forgotten\" 1.1 lives");
	tell(pid, QUIT);
	assert_fine(frk_testing_check(testing));
	/* Another life of the same slot is another actor. */
	spawn("next");
	frk_testing_mark(testing);
	assert_fine(frk_testing_check(testing));
}

Test(leak, r3_7_a_timer_is_named)
{
	tell(keeper, ARM);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("actor \"keeper\" 0.1 has a timer of kind 18");
	frk_testing_mark(testing);
	assert_fine(frk_testing_check(testing));
	cr_assert_eq(frk_testing_pass(testing, FRK_S(1)), 0);
	assert_fine(frk_testing_check(testing));
	/* Armed twice: that is what such a check is for. */
	tell(keeper, ARM);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	tell(keeper, QUIT);
	assert_fine(frk_testing_check(testing));
}

Test(leak, r3_7_a_question_is_named)
{
	struct frk_probe *probe = new_probe("curious");

	cr_assert_eq(frk_probe_ask(probe, keeper, NOTE, NULL, 0, FRK_MS(5)), 0);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("actor \"curious\" 1.1 waits for an answer");
	cr_assert_eq(frk_testing_pass(testing, FRK_MS(10)), 0);
	assert_fine(frk_testing_check(testing));
}

Test(leak, r3_7_a_watch_is_named)
{
	struct frk_probe *probe = new_probe("watched");

	cr_assert_eq(frk_probe_send(probe, keeper, WATCH, NULL, 0), 0);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("actor \"keeper\" 0.1 watches \"watched\" 1.1");
	frk_testing_mark(testing);
	assert_fine(frk_testing_check(testing));
}

Test(leak, r3_7_each_has_a_line)
{
	spawn("one");
	spawn("other");
	tell(keeper, ARM);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	cr_assert_str_eq(frk_testing_text(testing), "actor \"keeper\" 0.1 has a timer of kind 18\n"
						    "actor \"one\" 1.1 lives\n"
						    "actor \"other\" 2.1 lives");
}

Test(leak, r3_7_more_than_there_is_room_to_say)
{
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "auto", .actors_max = 512);

	done();
	cr_assert_eq(frk_testing_build(&opts, &testing), 0);
	for (int i = 0; i < 512; i++)
		spawn("one of a crowd");
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	cr_assert_lt(strlen(frk_testing_text(testing)), 4096);
}

Test(leak, r3_7_messages_are_accounted_for)
{
	struct frk_probe *probe = new_probe("probe");
	struct frk_pid gone = spawn("gone");
	struct frk_account account = { 0 };

	tell(gone, QUIT);
	/* Handled, dead, and of no account: a timer's. */
	for (int i = 0; i < 5; i++)
		cr_assert_eq(frk_probe_send(probe, keeper, PING, NULL, 0), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(frk_probe_send(probe, gone, PING, NULL, 0), -ESTALE);
	tell(keeper, ARM);
	cr_assert_eq(frk_testing_pass(testing, FRK_S(1)), 0);
	tell(keeper, QUIT);
	frk_testing_get_account(testing, &account);
	cr_assert_eq(account.sent, 1 + 5 + 5 + 3 + 1 + 1);
	cr_assert_eq(account.handled, 13);
	cr_assert_eq(account.dead, 3);
	cr_assert_eq(account.dropped + account.held + account.left, 0);
	assert_fine(frk_testing_check(testing));
	frk_testing_get_account(NULL, &account);
	frk_testing_get_account(testing, NULL);
}

/* Every NOTE waits for a PING; those that come after the last one stay. */
static int put_aside(struct frk_context *context, const struct frk_message *message)
{
	static bool open;

	if (message->kind == PING)
		frk_context_unstash_all(context);
	open = message->kind == PING || (open && message->kind == NOTE);
	return message->kind == NOTE && !open ? frk_context_stash(context) : 0;
}

Test(leak, r3_7_s5_what_is_put_aside_is_handled_once)
{
	const struct frk_actor_opts opts =
		FRK_ACTOR_OPTS(.name = "later", .receive = put_aside, .stash_max = 8);
	struct frk_probe *probe = new_probe("probe");
	struct frk_account account = { 0 };
	struct frk_pid pid;

	cr_assert_eq(frk_system_spawn(frk_testing_system(testing), &opts, &pid), 0);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(frk_probe_send(probe, pid, NOTE, NULL, 0), 0);
	frk_testing_get_account(testing, &account);
	cr_assert_eq(account.handled, 0);
	cr_assert_eq(account.left, 3);
	cr_assert_eq(frk_probe_send(probe, pid, PING, NULL, 0), 0);
	frk_testing_get_account(testing, &account);
	cr_assert_eq(account.sent, 4);
	cr_assert_eq(account.handled, 4);
	cr_assert_eq(account.left, 0);
	frk_system_stop_actor(frk_testing_system(testing), pid);
	assert_fine(frk_testing_check(testing));
}

static const struct frk_supervision pause_ = FRK_SUPERVISION(
	.otherwise = FRK_DIRECTIVE_RESTART, .backoff_ns = FRK_S(1));

static int fail(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	return message->kind == NOTE ? -EIO : 0;
}

static struct frk_pid child;

static int lead(struct frk_context *context, const struct frk_message *message)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = "child", .receive = fail);

	return message->kind == FRK_MESSAGE_STARTED ?
		       frk_context_spawn(context, &actor, &child) :
		       0;
}

Test(leak, r3_7_messages_in_a_mailbox_are_named)
{
	struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.name = "leader", .receive = lead, .supervision = &pause_);
	struct frk_account account = { 0 };

	cr_assert_eq(frk_system_spawn(frk_testing_system(testing), &actor, NULL), 0);
	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	frk_testing_mark(testing);
	tell(child, NOTE); /* fails, and pauses for a second */
	tell(child, PING);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("actor \"child\" 2.1 has messages in its mailbox");
	frk_testing_get_account(testing, &account);
	cr_assert_eq(account.left, 1);
	cr_assert_eq(account.sent, 2);
	cr_assert_eq(frk_testing_pass(testing, FRK_S(2)), 0);
	assert_fine(frk_testing_check(testing));
}

Test(leak, r3_7_nothing_is_left_of_a_system_that_has_ended)
{
	struct frk_probe *probe = new_probe("probe");

	spawn("one");
	tell(keeper, ARM);
	cr_assert_eq(frk_probe_watch(probe, keeper), 0);
	cr_assert_eq(frk_probe_ask(probe, keeper, NOTE, NULL, 0, FRK_S(1)), 0);
	cr_assert_eq(frk_system_send(frk_testing_system(testing), keeper, NOTE, NULL, 0), 0);
	assert_fine(frk_testing_stop(testing));
	assert_fine(frk_testing_check(testing));
	assert_fine(frk_testing_stop(testing));
}

/* Has something to say in the end, which is nobody's any more. */
static int last_words(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STOPPED)
		cr_assert_eq(frk_context_send(context, keeper, NOTE, NULL, 0), -ESHUTDOWN);
	return 0;
}

Test(leak, r3_7_what_was_sent_to_a_system_that_stops_is_of_no_account)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = "last", .receive = last_words);
	struct frk_dead_letters letters = { 0 };

	cr_assert_eq(frk_system_spawn(frk_testing_system(testing), &actor, NULL), 0);
	assert_fine(frk_testing_stop(testing));
	frk_system_get_dead_letters(frk_testing_system(testing), &letters);
	cr_assert_eq(letters.by_reason[FRK_DEAD_CLOSED], 1);
}

// SPDX-License-Identifier: MIT
/*
 * probe_test.c - a probe gets what was sent, waits by the system's time for it, and says
 * what came instead.
 */
#include "testing/testing_test.h"

TestSuite(probe, .init = build, .fini = done, .timeout = 60);

static void post(const struct frk_probe *probe, uint32_t kind)
{
	cr_assert_eq(frk_system_send(frk_testing_system(testing), frk_probe_pid(probe), kind,
				     NULL, 0), 0);
}

Test(probe, r3_7_what_was_sent_comes_whole)
{
	struct frk_probe *probe = new_probe("sink");
	const struct frk_message *message = NULL;

	cr_assert_eq(frk_probe_send(probe, keeper, PING, "abcd", 4), 0);
	assert_fine(frk_probe_expect(probe, PONG, 0, &message));
	cr_assert_eq(message->kind, PONG);
	cr_assert_eq(message->size, 4);
	cr_assert_eq(memcmp(message->payload, "abcd", 4), 0);
	cr_assert_eq(message->sender.index, keeper.index);
	cr_assert_eq(message->sender.life, keeper.life);
	cr_assert_str_eq(frk_testing_text(testing), "");
}

/* After 20 ms, one NOTE. */
static int later(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_probe *probe = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_after(context, BEAT, FRK_MS(20), NULL);
	if (message->kind == BEAT)
		return frk_context_send(context, frk_probe_pid(probe), NOTE, NULL, 0);
	return 0;
}

static void spawn_later(struct frk_probe *probe)
{
	struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.name = "later", .receive = later, .state = probe);

	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	cr_assert_eq(frk_system_spawn(frk_testing_system(testing), &actor, NULL), 0);
	frk_testing_settle(testing);
}

Test(probe, r3_7_waits_no_longer_than_it_takes)
{
	struct frk_probe *probe = new_probe(NULL);

	spawn_later(probe);
	assert_fine(frk_probe_expect(probe, NOTE, FRK_S(3600), NULL));
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(21));
}

Test(probe, r3_7_waits_no_longer_than_it_is_told)
{
	struct frk_probe *probe = new_probe("sink");

	spawn_later(probe);
	cr_assert_eq(frk_probe_expect(probe, NOTE, FRK_MS(19), NULL), -ENOMSG);
	assert_said("probe \"sink\": expected kind 23, got nothing; at 20000000 ns");
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(20));
	assert_fine(frk_probe_expect(probe, NOTE, FRK_MS(1), NULL));
}

Test(probe, r3_7_says_what_came_instead)
{
	struct frk_probe *probe = new_probe("sink");

	cr_assert_eq(frk_probe_send(probe, keeper, PING, "ab", 2), 0);
	cr_assert_eq(frk_probe_expect(probe, NOTE, 0, NULL), -EBADMSG);
	assert_said("probe \"sink\": expected kind 23, got kind 17 of 2 bytes from \"keeper\" ");
	post(probe, NOTE);
	cr_assert_eq(frk_probe_expect(probe, FRK_MESSAGE_TERMINATED, 0, NULL), -EBADMSG);
	assert_said("expected TERMINATED, got kind 23 of 0 bytes from no actor");
	cr_assert_eq(frk_probe_expect(probe, NOTE, 0, NULL), -ENOMSG);
}

Test(probe, r3_7_none_is_expected_for_all_of_the_time)
{
	struct frk_probe *probe = new_probe("sink");

	spawn_later(probe);
	assert_fine(frk_probe_expect_none(probe, FRK_MS(19)));
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(20));
	cr_assert_eq(frk_probe_expect_none(probe, FRK_MS(19)), -EBADMSG);
	assert_said("expected nothing, got kind 23 of 0 bytes from \"later\" ");
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(21));
	/* It is still there. */
	assert_fine(frk_probe_expect(probe, NOTE, 0, NULL));
}

Test(probe, r3_7_a_sequence_is_in_order)
{
	static const uint32_t kinds[] = { PING, PONG, NOTE };
	struct frk_probe *probe = new_probe("sink");

	for (int i = 0; i < 3; i++)
		post(probe, kinds[i]);
	assert_fine(frk_probe_expect_sequence(probe, kinds, 3, 0));
	post(probe, PING);
	post(probe, NOTE);
	cr_assert_eq(frk_probe_expect_sequence(probe, kinds, 3, 0), -EBADMSG);
	assert_said("expected kind 17 as number 2 of 3, got kind 23");
	post(probe, PING);
	post(probe, PONG);
	cr_assert_eq(frk_probe_expect_sequence(probe, kinds, 3, FRK_MS(5)), -ENOMSG);
	assert_said("expected kind 23 as number 3 of 3, got nothing; at 5000000 ns");
	assert_fine(frk_probe_expect_sequence(probe, NULL, 0, 0));
}

Test(probe, r3_7_awaits_one_among_others)
{
	struct frk_probe *probe = new_probe("sink");
	const struct frk_message *message = NULL;

	post(probe, PING);
	post(probe, PONG);
	post(probe, NOTE);
	assert_fine(frk_probe_await(probe, PONG, 0, &message));
	cr_assert_eq(message->kind, PONG);
	assert_fine(frk_probe_take(probe, 0, &message));
	cr_assert_eq(message->kind, NOTE);
	cr_assert_eq(frk_probe_await(probe, PONG, FRK_MS(3), NULL), -ENOMSG);
}

Test(probe, r3_7_asks_and_gets_an_answer)
{
	struct frk_probe *probe = new_probe("curious");

	cr_assert_eq(frk_probe_ask(probe, keeper, ASKED, "x", 1, FRK_MS(10)), 0);
	assert_fine(frk_probe_expect(probe, PONG, 0, NULL));
	assert_fine(frk_probe_expect_none(probe, FRK_MS(20)));
	cr_assert_eq(frk_probe_ask(probe, keeper, NOTE, NULL, 0, FRK_MS(10)), 0);
	assert_fine(frk_probe_expect(probe, FRK_MESSAGE_ASK_TIMEOUT, FRK_MS(11), NULL));
	cr_assert_eq(frk_probe_ask(probe, keeper, NOTE, NULL, 33, 1), -EINVAL);
	cr_assert_eq(frk_probe_ask(probe, keeper, NOTE, probe, 33, 1), -EMSGSIZE);
	cr_assert_eq(frk_probe_ask(probe, keeper, NOTE, NULL, 0, 0), -EINVAL);
}

Test(probe, r3_7_answers_questions)
{
	struct frk_probe *curious = new_probe("curious"), *wise = new_probe("wise");
	const struct frk_message *message = NULL;
	struct frk_timer ask;

	cr_assert_eq(frk_probe_ask(curious, frk_probe_pid(wise), ASKED, "why", 3, FRK_S(1)), 0);
	assert_fine(frk_probe_expect(wise, ASKED, 0, &message));
	ask = message->ask;
	cr_assert_eq(frk_probe_answer(wise, PONG, "so", 2), 0);
	assert_fine(frk_probe_expect(curious, PONG, 0, &message));
	cr_assert_eq(message->ask.index, ask.index);
	cr_assert_eq(message->ask.life, ask.life);
	/* It was an answer: the question is over. */
	assert_fine(frk_probe_expect_none(curious, FRK_S(2)));
}

Test(probe, r3_7_answers_what_is_no_question)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");

	cr_assert_eq(frk_probe_answer(other, PONG, NULL, 0), -EINVAL);
	cr_assert_eq(frk_probe_send(one, frk_probe_pid(other), PING, NULL, 0), 0);
	assert_fine(frk_probe_expect(other, PING, 0, NULL));
	cr_assert_eq(frk_probe_answer(other, PONG, NULL, 0), 0);
	assert_fine(frk_probe_expect(one, PONG, 0, NULL));
	post(other, NOTE);
	assert_fine(frk_probe_expect(other, NOTE, 0, NULL));
	cr_assert_eq(frk_probe_answer(other, PONG, NULL, 0), -EINVAL);
}

Test(probe, r3_7_learns_that_an_actor_has_ended)
{
	struct frk_probe *probe = new_probe("mourner");
	const struct frk_message *message = NULL;

	cr_assert_eq(frk_probe_watch(probe, keeper), 0);
	cr_assert_eq(frk_probe_watch(probe, frk_probe_pid(probe)), -EINVAL);
	cr_assert_eq(frk_probe_send(probe, keeper, QUIT, NULL, 0), 0);
	assert_fine(frk_probe_expect(probe, FRK_MESSAGE_TERMINATED, 0, &message));
	cr_assert_eq(message->sender.index, keeper.index);
	cr_assert_eq(frk_probe_send(probe, keeper, PING, NULL, 0), -ESTALE);
}

Test(probe, r3_7_what_is_too_much_for_it_is_told)
{
	struct frk_probe *probe = new_probe("full");

	for (int i = 0; i < 256; i++) {
		post(probe, NOTE);
		frk_testing_settle(testing);
	}
	assert_fine(frk_testing_check(testing));
	for (int i = 0; i < 2; i++)
		post(probe, NOTE);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("probe \"full\" has lost 2 messages: it keeps 256");
	for (int i = 0; i < 256; i++)
		assert_fine(frk_probe_expect(probe, NOTE, 0, NULL));
	assert_fine(frk_probe_expect_none(probe, 0));
}

Test(probe, r3_7_a_system_that_has_ended_is_not_waited_for)
{
	struct frk_probe *probe = new_probe("late");
	const struct frk_message *message = NULL;

	post(probe, NOTE);
	assert_fine(frk_testing_stop(testing));
	assert_fine(frk_probe_expect(probe, NOTE, 0, NULL));
	cr_assert_eq(frk_probe_take(probe, FRK_S(1), &message), -ESHUTDOWN);
	assert_said("got nothing: the system has ended");
	cr_assert_eq(frk_probe_send(probe, keeper, PING, NULL, 0), -ESHUTDOWN);
	cr_assert_eq(frk_probe_watch(probe, keeper), -ESHUTDOWN);
}

Test(probe, r3_7_bad_arguments)
{
	struct frk_probe *probe = new_probe("probe");
	const struct frk_message *message = NULL;

	cr_assert_eq(frk_probe_new(NULL, NULL, &probe), -EINVAL);
	cr_assert_eq(frk_probe_new(testing, NULL, NULL), -EINVAL);
	cr_assert_eq(frk_probe_pid(NULL).life, 0);
	cr_assert_eq(frk_probe_take(NULL, 0, &message), -EINVAL);
	cr_assert_eq(frk_probe_take(probe, 0, NULL), -EINVAL);
	cr_assert_eq(frk_probe_expect(NULL, NOTE, 0, NULL), -EINVAL);
	cr_assert_eq(frk_probe_await(NULL, NOTE, 0, NULL), -EINVAL);
	cr_assert_eq(frk_probe_expect_sequence(NULL, NULL, 0, 0), -EINVAL);
	cr_assert_eq(frk_probe_expect_sequence(probe, NULL, 1, 0), -EINVAL);
	cr_assert_eq(frk_probe_expect_none(NULL, 0), -EINVAL);
	cr_assert_eq(frk_probe_send(NULL, keeper, NOTE, NULL, 0), -EINVAL);
	cr_assert_eq(frk_probe_send(probe, keeper, 1, NULL, 0), -EINVAL);
	cr_assert_eq(frk_probe_send(probe, keeper, UINT32_MAX, NULL, 0), -EINVAL);
	cr_assert_eq(frk_probe_ask(NULL, keeper, NOTE, NULL, 0, 1), -EINVAL);
	cr_assert_eq(frk_probe_answer(NULL, NOTE, NULL, 0), -EINVAL);
	cr_assert_eq(frk_probe_watch(NULL, keeper), -EINVAL);
}

Test(probe, r3_7_no_room_for_it_is_said)
{
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "auto", .actors_max = 1);
	struct frk_probe *probe = NULL, *other = NULL;

	done();
	cr_assert_eq(frk_testing_build(&opts, &testing), 0);
	cr_assert_eq(frk_probe_new(testing, NULL, &probe), 0);
	cr_assert_eq(frk_probe_new(testing, NULL, &other), -ENOBUFS);
	cr_assert_null(other);
}

// SPDX-License-Identifier: MIT
/*
 * fault_test.c - messages go wrong as the test says: these, so often, at the same place in
 * every run; and what they are is accounted for.
 */
#include "testing/testing_test.h"

TestSuite(fault, .init = build, .fini = done, .timeout = 60);

static int inject(struct frk_fault fault)
{
	int number = frk_testing_inject(testing, &fault);

	cr_assert_geq(number, 0);
	return number;
}

#define INJECT(...) inject((struct frk_fault)FRK_FAULT(__VA_ARGS__))

static void send_numbers(struct frk_probe *from, struct frk_probe *to, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		cr_assert_eq(frk_probe_send(from, frk_probe_pid(to), NOTE, &i, sizeof(i)), 0);
		frk_testing_settle(testing);
	}
}

/* Which of 64 numbers came. */
static uint64_t take_numbers(struct frk_probe *probe)
{
	const struct frk_message *message = NULL;
	uint64_t came = 0;

	while (!frk_probe_take(probe, 0, &message)) {
		uint32_t i;

		memcpy(&i, message->payload, sizeof(i));
		came |= UINT64_C(1) << i;
	}
	return came;
}

static struct frk_account account(void)
{
	struct frk_account now = { 0 };

	frk_testing_get_account(testing, &now);
	return now;
}

Test(fault, r3_7_a_message_is_lost_and_its_sender_does_not_know)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	int drop = INJECT(.effect = FRK_FAULT_DROP, .kind = NOTE);

	send_numbers(one, other, 1);
	assert_fine(frk_probe_expect_none(other, FRK_S(1)));
	cr_assert_eq(frk_testing_hits(testing, drop), 1);
	cr_assert_eq(account().dropped, 1);
	/* Another kind is no such message. */
	cr_assert_eq(frk_probe_send(one, frk_probe_pid(other), PING, NULL, 0), 0);
	assert_fine(frk_probe_expect(other, PING, 0, NULL));
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_only_of_that_sender_to_that_receiver)
{
	struct frk_probe *a = new_probe("a"), *b = new_probe("b"), *c = new_probe("c");

	INJECT(.effect = FRK_FAULT_DROP, .from = frk_probe_pid(a), .to = frk_probe_pid(c));
	send_numbers(a, b, 1);
	send_numbers(b, c, 1);
	send_numbers(a, c, 1);
	cr_assert_eq(take_numbers(b), 1);
	assert_fine(frk_probe_expect(c, NOTE, 0, NULL));
	assert_fine(frk_probe_expect_none(c, 0));
}

Test(fault, r3_7_some_pass_first_and_it_ends)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	int drop = INJECT(.effect = FRK_FAULT_DROP, .skip = 2, .times = 3);

	send_numbers(one, other, 8);
	cr_assert_eq(take_numbers(other), 0xe3); /* not 2, 3 and 4 */
	cr_assert_eq(frk_testing_hits(testing, drop), 3);
}

static uint64_t lossy(uint32_t seed)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");

	INJECT(.effect = FRK_FAULT_DROP, .ppm = 500000, .seed = seed);
	send_numbers(one, other, 64);
	frk_testing_heal(testing);
	return take_numbers(other);
}

Test(fault, r3_7_chance_repeats)
{
	uint64_t came = lossy(0);

	cr_assert_neq(came, 0);
	cr_assert_neq(came, UINT64_MAX);
	cr_assert_eq(lossy(1), came);
	cr_assert_neq(lossy(2), came);
	done();
	build();
	cr_assert_eq(lossy(1), came);
}

Test(fault, r3_7_a_message_comes_later)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	const struct frk_message *message = NULL;

	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	INJECT(.effect = FRK_FAULT_DELAY, .kind = NOTE, .delay_ns = FRK_MS(5) - 1);
	send_numbers(one, other, 2);
	cr_assert_eq(account().held, 2);
	cr_assert_eq(frk_testing_check(testing), -EBUSY);
	assert_said("2 messages are delayed");
	assert_fine(frk_probe_expect_none(other, FRK_MS(4)));
	assert_fine(frk_probe_expect(other, NOTE, FRK_S(1), &message));
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(6));
	cr_assert_eq(*(const uint32_t *)message->payload, 0);
	cr_assert_eq(message->sender.life, frk_probe_pid(one).life);
	assert_fine(frk_probe_expect(other, NOTE, 0, &message));
	cr_assert_eq(*(const uint32_t *)message->payload, 1);
	cr_assert_eq(account().held, 0);
	cr_assert_eq(account().sent, 2);
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_a_message_from_before_the_first_tick_comes_later)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");

	INJECT(.effect = FRK_FAULT_DELAY, .delay_ns = FRK_MS(5));
	send_numbers(one, other, 1);
	assert_fine(frk_probe_expect_none(other, FRK_MS(4)));
	assert_fine(frk_probe_expect(other, NOTE, FRK_MS(1), NULL));
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(5));
}

Test(fault, r3_7_a_delayed_message_is_overtaken)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	const uint32_t order[] = { PING, NOTE };

	INJECT(.effect = FRK_FAULT_DELAY, .kind = NOTE, .delay_ns = 1);
	send_numbers(one, other, 1);
	cr_assert_eq(frk_probe_send(one, frk_probe_pid(other), PING, NULL, 0), 0);
	assert_fine(frk_probe_expect_sequence(other, order, 2, FRK_MS(2)));
}

Test(fault, r3_7_a_delayed_message_may_find_nobody)
{
	struct frk_probe *one = new_probe("one");

	INJECT(.effect = FRK_FAULT_DELAY, .kind = NOTE, .delay_ns = FRK_MS(5));
	cr_assert_eq(frk_probe_send(one, keeper, NOTE, NULL, 0), 0);
	cr_assert_eq(frk_probe_send(one, keeper, QUIT, NULL, 0), 0);
	cr_assert_eq(frk_testing_pass(testing, FRK_MS(10)), 0);
	cr_assert_eq(account().dead, 1);
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_a_message_comes_twice)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");

	INJECT(.effect = FRK_FAULT_DUPLICATE, .times = 1);
	send_numbers(one, other, 2);
	for (int i = 0; i < 3; i++)
		assert_fine(frk_probe_expect(other, NOTE, 0, NULL));
	assert_fine(frk_probe_expect_none(other, 0));
	cr_assert_eq(account().sent, 3);
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_sending_is_refused)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	struct frk_dead_letters letters = { 0 };

	INJECT(.effect = FRK_FAULT_REFUSE, .error = -ENOBUFS, .times = 1);
	cr_assert_eq(frk_probe_send(one, frk_probe_pid(other), NOTE, NULL, 0), -ENOBUFS);
	cr_assert_eq(frk_probe_send(one, frk_probe_pid(other), NOTE, NULL, 0), 0);
	frk_system_get_dead_letters(frk_testing_system(testing), &letters);
	cr_assert_eq(letters.by_reason[FRK_DEAD_REFUSED], 1);
	cr_assert_eq(account().sent, 1);
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_a_lost_question_and_a_lost_answer_time_out)
{
	struct frk_probe *probe = new_probe("curious");

	INJECT(.effect = FRK_FAULT_DROP, .kind = ASKED, .times = 1);
	INJECT(.effect = FRK_FAULT_DROP, .kind = PONG, .times = 1);
	for (int i = 0; i < 2; i++) {
		cr_assert_eq(frk_probe_ask(probe, keeper, ASKED, NULL, 0, FRK_MS(5)), 0);
		assert_fine(frk_probe_expect(probe, FRK_MESSAGE_ASK_TIMEOUT, FRK_MS(6), NULL));
	}
	cr_assert_eq(frk_probe_ask(probe, keeper, ASKED, NULL, 0, FRK_MS(5)), 0);
	assert_fine(frk_probe_expect(probe, PONG, 0, NULL));
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_an_answer_that_comes_later_is_one)
{
	struct frk_probe *probe = new_probe("curious");

	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	INJECT(.effect = FRK_FAULT_DELAY, .kind = PONG, .delay_ns = FRK_MS(10));
	cr_assert_eq(frk_probe_ask(probe, keeper, ASKED, NULL, 0, FRK_MS(20)), 0);
	assert_fine(frk_probe_expect(probe, PONG, FRK_MS(11), NULL));
	assert_fine(frk_probe_expect_none(probe, FRK_MS(30)));
}

Test(fault, r3_7_an_answer_that_comes_too_late_is_a_dead_letter)
{
	struct frk_probe *probe = new_probe("curious");
	struct frk_dead_letters letters = { 0 };

	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	INJECT(.effect = FRK_FAULT_DELAY, .kind = PONG, .delay_ns = FRK_MS(10));
	cr_assert_eq(frk_probe_ask(probe, keeper, ASKED, NULL, 0, FRK_MS(5)), 0);
	assert_fine(frk_probe_expect(probe, FRK_MESSAGE_ASK_TIMEOUT, FRK_MS(6), NULL));
	assert_fine(frk_probe_expect_none(probe, FRK_MS(10)));
	frk_system_get_dead_letters(frk_testing_system(testing), &letters);
	cr_assert_eq(letters.by_reason[FRK_DEAD_LATE], 1);
	assert_fine(frk_testing_check(testing));
}

Test(fault, r3_7_the_first_that_is_meant_decides)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	int first = INJECT(.effect = FRK_FAULT_DUPLICATE, .kind = NOTE, .times = 1);
	int second = INJECT(.effect = FRK_FAULT_DROP);

	send_numbers(one, other, 2);
	cr_assert_eq(take_numbers(other), 1);
	cr_assert_eq(frk_testing_hits(testing, first), 1);
	cr_assert_eq(frk_testing_hits(testing, second), 1);
	frk_testing_heal(testing);
	cr_assert_eq(frk_testing_hits(testing, second), 1);
	send_numbers(one, other, 1);
	cr_assert_eq(take_numbers(other), 1);
	cr_assert_eq(INJECT(.effect = FRK_FAULT_DROP), 0);
	cr_assert_eq(frk_testing_hits(testing, 0), 0);
}

Test(fault, r3_7_timers_and_watches_do_not_go_wrong)
{
	struct frk_probe *probe = new_probe("mourner");

	cr_assert_eq(frk_probe_watch(probe, keeper), 0);
	cr_assert_eq(frk_probe_send(probe, keeper, QUIT, NULL, 0), 0);
	INJECT(.effect = FRK_FAULT_DROP);
	assert_fine(frk_probe_expect(probe, FRK_MESSAGE_TERMINATED, 0, NULL));
}

Test(fault, r3_7_what_is_delayed_when_the_system_stops_is_dropped)
{
	struct frk_probe *one = new_probe("one"), *other = new_probe("other");
	struct frk_account now = { 0 };

	INJECT(.effect = FRK_FAULT_DELAY, .delay_ns = FRK_S(1));
	send_numbers(one, other, 3);
	assert_fine(frk_testing_stop(testing));
	frk_testing_get_account(testing, &now);
	cr_assert_eq(now.sent, 3);
	cr_assert_eq(now.dropped, 3);
	cr_assert_eq(now.held, 0);
}

Test(fault, r3_7_bad_faults)
{
	struct frk_fault right = FRK_FAULT(.effect = FRK_FAULT_DROP);
	struct frk_fault wrong[] = {
		FRK_FAULT(.effect = 4),
		FRK_FAULT(.effect = FRK_FAULT_DROP, .ppm = 1000001),
		FRK_FAULT(.effect = FRK_FAULT_DROP, .error = -EIO),
		FRK_FAULT(.effect = FRK_FAULT_DROP, .delay_ns = 1),
		FRK_FAULT(.effect = FRK_FAULT_DELAY),
		FRK_FAULT(.effect = FRK_FAULT_REFUSE),
		FRK_FAULT(.effect = FRK_FAULT_REFUSE, .error = EIO),
		{ .effect = FRK_FAULT_DROP },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_assert_eq(frk_testing_inject(testing, &wrong[i]), -EINVAL, "%zu", i);
	cr_assert_eq(frk_testing_inject(testing, NULL), -EINVAL);
	cr_assert_eq(frk_testing_inject(NULL, &right), -EINVAL);
	for (int i = 0; i < FRK_FAULTS_MAX; i++)
		cr_assert_eq(frk_testing_inject(testing, &right), i);
	cr_assert_eq(frk_testing_inject(testing, &right), -ENOBUFS);
	cr_assert_eq(frk_testing_hits(testing, -1), 0);
	cr_assert_eq(frk_testing_hits(testing, FRK_FAULTS_MAX), 0);
	cr_assert_eq(frk_testing_hits(NULL, 0), 0);
}

// SPDX-License-Identifier: MIT
/*
 * breaker_test.c - a circuit breaker opens when too much has failed, answers at once while
 * it is open, and lets one question find out whether that is over.
 */
#include "testing/user_test.h"

static struct frk_breaker breaker;
static struct frk_probe *peer;
static struct frk_timer ask_name;
static int result, settled, settles, bad;
static enum frk_breaker_state state;

static void settle(struct frk_context *context, const struct frk_message *message)
{
	settled = frk_breaker_settle(&breaker, context, message,
				     message->kind == ANSWER ? bad : 0);
	settles++;
}

static void setup(void)
{
	struct frk_breaker_opts opts = FRK_BREAKER_OPTS(
		.failures_max = 3, .window_ns = FRK_S(1), .timeout_ns = FRK_MS(10),
		.reset_ns = FRK_S(5));

	user_setup();
	peer = new_probe("peer");
	on_message = settle;
	cr_assert_eq(frk_breaker_init(&breaker, &opts), 0);
}

TestSuite(breaker, .init = setup, .fini = user_teardown, .timeout = 60);

static void ask(struct frk_context *context)
{
	result = frk_breaker_ask(&breaker, context, frk_probe_pid(peer), ASKED, NULL, 0,
				 &ask_name);
}

static int ask_now(void)
{
	run(ask);
	return result;
}

static void look(struct frk_context *context)
{
	state = frk_breaker_get_state(&breaker, context);
}

#define assert_state(wanted)                     \
	do {                                     \
		run(look);                       \
		cr_assert_eq(state, (wanted));   \
	} while (0)

static void answer(void)
{
	cr_assert_eq(frk_probe_expect(peer, ASKED, 0, NULL), 0);
	cr_assert_eq(frk_probe_answer(peer, ANSWER, NULL, 0), 0);
	frk_testing_settle(testing);
}

static void pass(uint64_t ns)
{
	cr_assert_eq(frk_testing_pass(testing, ns), 0);
}

/* One that is not answered. */
static void fail(void)
{
	cr_assert_eq(ask_now(), 0);
	cr_assert_eq(frk_probe_expect(peer, ASKED, 0, NULL), 0);
	pass(FRK_MS(11));
	cr_assert_eq(settled, -ETIMEDOUT);
}

static void open_it(void)
{
	for (int i = 0; i < 3; i++)
		fail();
	assert_state(FRK_BREAKER_OPEN);
}

Test(breaker, s7_what_is_answered_goes_through)
{
	for (int i = 0; i < 100; i++) {
		cr_assert_eq(ask_now(), 0);
		answer();
		cr_assert_eq(settled, 0);
	}
	cr_assert_eq(settles, 100);
	assert_state(FRK_BREAKER_CLOSED);
}

Test(breaker, s7_too_many_failures_open_it)
{
	fail();
	fail();
	assert_state(FRK_BREAKER_CLOSED);
	fail();
	assert_state(FRK_BREAKER_OPEN);
	cr_assert_eq(breaker.opened_total, 1);
}

Test(breaker, s7_failures_of_long_ago_do_not_count)
{
	for (int i = 0; i < 5; i++) {
		fail();
		fail();
		pass(FRK_S(1));
	}
	assert_state(FRK_BREAKER_CLOSED);
}

Test(breaker, s7_open_answers_at_once)
{
	open_it();
	for (int i = 0; i < 4; i++)
		cr_assert_eq(ask_now(), -EHOSTDOWN);
	cr_assert_eq(breaker.refused_total, 4);
	cr_assert_eq(frk_probe_expect_none(peer, FRK_S(4)), 0);
	cr_assert_eq(ask_now(), -EHOSTDOWN);
}

Test(breaker, s7_one_question_finds_out_that_it_is_over)
{
	open_it();
	pass(FRK_S(5));
	assert_state(FRK_BREAKER_HALF_OPEN);
	cr_assert_eq(ask_now(), 0);
	cr_assert_eq(ask_now(), -EHOSTDOWN);
	answer();
	assert_state(FRK_BREAKER_CLOSED);
	cr_assert_eq(ask_now(), 0);
	answer();
	/* The budget is whole again. */
	fail();
	fail();
	assert_state(FRK_BREAKER_CLOSED);
}

Test(breaker, s7_one_question_finds_out_that_it_is_not_over)
{
	open_it();
	pass(FRK_S(5));
	fail();
	assert_state(FRK_BREAKER_OPEN);
	cr_assert_eq(breaker.opened_total, 2);
	pass(FRK_S(4));
	cr_assert_eq(ask_now(), -EHOSTDOWN);
	pass(FRK_S(1));
	cr_assert_eq(ask_now(), 0);
}

Test(breaker, s7_what_comes_from_before_changes_nothing)
{
	struct frk_breaker_opts opts =
		FRK_BREAKER_OPTS(.failures_max = 1, .timeout_ns = FRK_S(9), .reset_ns = FRK_S(5));

	cr_assert_eq(frk_breaker_init(&breaker, &opts), 0);
	cr_assert_eq(ask_now(), 0);
	cr_assert_eq(ask_now(), 0);
	bad = -EIO;
	answer(); /* opens it */
	assert_state(FRK_BREAKER_OPEN);
	pass(FRK_S(6));
	cr_assert_eq(ask_now(), 0); /* the one */
	bad = 0;
	answer(); /* the second of before */
	cr_assert_eq(settled, 0);
	assert_state(FRK_BREAKER_HALF_OPEN);
	answer();
	assert_state(FRK_BREAKER_CLOSED);
}

Test(breaker, s7_an_answer_that_is_no_good_is_a_failure)
{
	bad = -EIO;
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(ask_now(), 0);
		answer();
		cr_assert_eq(settled, -EIO);
	}
	assert_state(FRK_BREAKER_OPEN);
}

Test(breaker, s7_who_has_ended_or_has_no_room_has_failed)
{
	struct frk_fault full = FRK_FAULT(.effect = FRK_FAULT_REFUSE, .error = -ENOBUFS,
					  .kind = ASKED, .times = 2);

	cr_assert_eq(frk_testing_inject(testing, &full), 0);
	cr_assert_eq(ask_now(), -ENOBUFS);
	cr_assert_eq(ask_now(), -ENOBUFS);
	end_probe(peer);
	cr_assert_eq(ask_now(), -ESTALE);
	cr_assert_eq(ask_now(), -EHOSTDOWN);
	pass(FRK_S(5));
	cr_assert_eq(ask_now(), -ESTALE);
	cr_assert_eq(ask_now(), -EHOSTDOWN);
	cr_assert_eq(settles, 0);
}

Test(breaker, s7_one_that_is_never_told_is_not_waited_for_for_ever)
{
	open_it();
	pass(FRK_S(5));
	on_message = NULL;
	cr_assert_eq(ask_now(), 0);
	pass(FRK_S(5));
	cr_assert_eq(ask_now(), -EHOSTDOWN);
	pass(FRK_MS(11));
	cr_assert_eq(ask_now(), 0);
}

static void misuse(struct frk_context *context)
{
	struct frk_message message = { .kind = ANSWER };
	struct frk_pid to = frk_probe_pid(peer);

	cr_assert_eq(frk_breaker_ask(NULL, context, to, ASKED, NULL, 0, NULL), -EINVAL);
	cr_assert_eq(frk_breaker_ask(&breaker, NULL, to, ASKED, NULL, 0, NULL), -EINVAL);
	cr_assert_eq(frk_breaker_ask(&breaker, context, to, 1, NULL, 0, NULL), -EINVAL);
	cr_assert_eq(frk_breaker_ask(&breaker, context, to, ASKED, &message, 65, NULL), -EMSGSIZE);
	cr_assert_eq(frk_breaker_settle(NULL, context, &message, 0), -EINVAL);
	cr_assert_eq(frk_breaker_settle(&breaker, NULL, &message, 0), -EINVAL);
	cr_assert_eq(frk_breaker_settle(&breaker, context, NULL, 0), -EINVAL);
	cr_assert_eq(frk_breaker_settle(&breaker, context, &message, 1), -EINVAL);
	cr_assert_eq(frk_breaker_get_state(NULL, context), FRK_BREAKER_CLOSED);
	cr_assert_eq(breaker.failures, 0);
	result = 77;
}

Test(breaker, s7_breaker_misuse)
{
	struct frk_breaker_opts wrong = { .failures_max = 1 };

	run(misuse);
	cr_assert_eq(result, 77);
	cr_assert_eq(frk_breaker_init(&breaker, &wrong), -EINVAL);
	cr_assert_eq(frk_breaker_init(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_breaker_init(&breaker, NULL), 0);
	cr_assert_eq(breaker.opts.failures_max, 5);
	cr_assert_eq(breaker.opts.window_ns, FRK_S(10));
	cr_assert_eq(breaker.opts.timeout_ns, FRK_S(1));
	cr_assert_eq(breaker.opts.reset_ns, FRK_S(30));
}

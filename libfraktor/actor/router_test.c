// SPDX-License-Identifier: MIT
/*
 * router_test.c - who of several gets a message, who does when some have ended or have no
 * room, and the first answer of many.
 */
#include "testing/user_test.h"

#define N 4
#define KEYS 256

static struct frk_router router;
static struct frk_pid routees[N];
static struct frk_probe *probes[N + 1];
static int result;
static uint64_t key;

static void make(uint32_t routing)
{
	struct frk_router_opts opts = FRK_ROUTER_OPTS(.routing = routing, .routees = routees,
						      .routees_max = N);

	cr_assert_eq(frk_router_init(&router, &opts), 0);
	for (int i = 0; i < N; i++)
		cr_assert_eq(frk_router_add(&router, frk_probe_pid(probes[i])), 0);
}

static void setup(void)
{
	user_setup();
	on_message = NULL;
	for (int i = 0; i <= N; i++)
		probes[i] = new_probe("routee");
	make(FRK_ROUTE_ROUND_ROBIN);
}

TestSuite(router, .init = setup, .fini = user_teardown, .timeout = 60);

static void send_one(struct frk_context *context)
{
	result = frk_router_send(&router, context, key, WORK, &key, sizeof(key));
}

static int send_now(void)
{
	run(send_one);
	return result;
}

/* Who has got the one message that was sent. */
static int who(void)
{
	const struct frk_message *message;
	int found = -1;

	for (int i = 0; i <= N; i++) {
		if (frk_probe_take(probes[i], 0, &message))
			continue;
		cr_assert_eq(found, -1);
		cr_assert_eq(message->kind, WORK);
		found = i;
		cr_assert_eq(frk_probe_expect_none(probes[i], 0), 0);
	}
	return found;
}

/* All messages to that one are refused, as by a full mailbox. */
static void fill(int i)
{
	struct frk_fault fault = FRK_FAULT(.effect = FRK_FAULT_REFUSE, .error = -ENOBUFS,
					   .to = frk_probe_pid(probes[i]));

	cr_assert_geq(frk_testing_inject(testing, &fault), 0);
}

Test(router, s7_round_robin_takes_turns)
{
	for (int i = 0; i < 3 * N; i++) {
		cr_assert_eq(send_now(), 0);
		cr_assert_eq(who(), i % N);
	}
}

Test(router, s7_round_robin_goes_on_when_one_has_ended)
{
	cr_assert_eq(send_now(), 0);
	cr_assert_eq(who(), 0);
	end_probe(probes[1]);
	for (int i = 0; i < 6; i++) {
		static const int wanted[] = { 2, 3, 0, 2, 3, 0 };

		cr_assert_eq(send_now(), 0);
		cr_assert_eq(who(), wanted[i]);
	}
	cr_assert_eq(router.n, N - 1);
}

Test(router, s7_round_robin_keeps_turns_when_one_is_removed)
{
	send_now();
	send_now();
	cr_assert_eq(frk_router_remove(&router, frk_probe_pid(probes[0])), 0);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(frk_probe_expect(probes[i], WORK, 0, NULL), 0);
	cr_assert_eq(send_now(), 0);
	cr_assert_eq(who(), 2);
	cr_assert_eq(frk_router_remove(&router, frk_probe_pid(probes[0])), -ENOENT);
}

Test(router, s7_a_full_mailbox_is_passed_over)
{
	fill(0);
	fill(1);
	cr_assert_eq(send_now(), 0);
	cr_assert_eq(who(), 2);
	fill(2);
	fill(3);
	cr_assert_eq(send_now(), -ENOBUFS);
	cr_assert_eq(who(), -1);
	cr_assert_eq(router.n, N);
}

Test(router, s7_full_and_ended_ones_are_no_room)
{
	fill(0);
	for (int i = 1; i < N; i++)
		end_probe(probes[i]);
	cr_assert_eq(send_now(), -ENOBUFS);
	cr_assert_eq(router.n, 1);
}

Test(router, s7_nobody_is_told)
{
	for (int i = 0; i < N; i++)
		end_probe(probes[i]);
	cr_assert_eq(send_now(), -ENOENT);
	cr_assert_eq(router.n, 0);
	cr_assert_eq(send_now(), -ENOENT);
	cr_assert_eq(frk_router_add(&router, frk_probe_pid(probes[N])), 0);
	cr_assert_eq(send_now(), 0);
	cr_assert_eq(who(), N);
}

static void draw(int *chosen, uint32_t seed)
{
	struct frk_router_opts opts = FRK_ROUTER_OPTS(
		.routing = FRK_ROUTE_RANDOM, .seed = seed, .routees = routees,
		.routees_max = N);

	frk_router_init(&router, &opts);
	for (int i = 0; i < N; i++)
		frk_router_add(&router, frk_probe_pid(probes[i]));
	for (int i = 0; i < 64; i++) {
		cr_assert_eq(send_now(), 0);
		chosen[i] = who();
	}
}

Test(router, s7_chance_is_fair_and_repeats)
{
	int first[64], again[64], other[64], count[N] = { 0 };

	draw(first, 0);
	draw(again, 1);
	draw(other, 2);
	cr_assert_eq(memcmp(first, again, sizeof(first)), 0);
	cr_assert_neq(memcmp(first, other, sizeof(first)), 0);
	for (int i = 0; i < 64; i++)
		count[first[i]]++;
	for (int i = 0; i < N; i++)
		cr_assert_gt(count[i], 4);
}

static void choose_all(int *chosen)
{
	for (key = 0; key < KEYS; key++) {
		cr_assert_eq(send_now(), 0);
		chosen[key] = who();
	}
}

Test(router, s7_a_key_stays_where_it_is)
{
	int before[KEYS], after[KEYS], count[N + 1] = { 0 };

	make(FRK_ROUTE_HASH);
	choose_all(before);
	choose_all(after);
	cr_assert_eq(memcmp(before, after, sizeof(before)), 0);
	for (key = 0; key < KEYS; key++)
		count[before[key]]++;
	for (int i = 0; i < N; i++)
		cr_assert_gt(count[i], KEYS / N / 2);
	/* One goes: only his keys have another. */
	end_probe(probes[2]);
	choose_all(after);
	for (key = 0; key < KEYS; key++) {
		cr_assert_neq(after[key], 2);
		cr_assert(before[key] == 2 || after[key] == before[key]);
	}
	/* One comes: only the keys that he has had another. */
	memcpy(before, after, sizeof(before));
	cr_assert_eq(frk_router_add(&router, frk_probe_pid(probes[N])), 0);
	choose_all(after);
	for (key = 0; key < KEYS; key++)
		cr_assert(after[key] == N || after[key] == before[key]);
	cr_assert_neq(memcmp(before, after, sizeof(before)), 0);
}

Test(router, s7_a_key_has_nobody_else)
{
	int chosen;

	make(FRK_ROUTE_HASH);
	key = 7;
	cr_assert_eq(send_now(), 0);
	chosen = who();
	fill(chosen);
	cr_assert_eq(send_now(), -ENOBUFS);
	cr_assert_eq(who(), -1);
}

static int order[8];

/* What is sent in one turn waits: two for the first, one for the second, then by room. */
static void send_by_room(struct frk_context *context)
{
	uint32_t room, before[N];

	for (int i = 0; i < 3; i++)
		cr_assert_eq(frk_context_send(context, frk_probe_pid(probes[i / 2]), WORK, NULL, 0), 0);
	for (int i = 0; i < 5; i++) {
		for (int j = 0; j < N; j++)
			frk_context_get_room(context, frk_probe_pid(probes[j]), &before[j]);
		cr_assert_eq(frk_router_send(&router, context, 0, WORK, NULL, 0), 0);
		for (int j = 0; j < N; j++) {
			frk_context_get_room(context, frk_probe_pid(probes[j]), &room);
			if (room < before[j])
				order[i] = j;
		}
	}
}

Test(router, s7_the_smallest_mailbox_gets_it)
{
	static const int wanted[] = { 2, 3, 1, 2, 3 };

	make(FRK_ROUTE_SMALLEST_MAILBOX);
	run(send_by_room);
	for (int i = 0; i < 5; i++)
		cr_assert_eq(order[i], wanted[i], "%d: %d", i, order[i]);
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < 2; j++)
			cr_assert_eq(frk_probe_expect(probes[i], WORK, 0, NULL), 0);
		cr_assert_eq(frk_probe_expect_none(probes[i], 0), 0);
	}
	/* All the same: they take turns. */
	for (int i = 0; i < 2 * N; i++) {
		cr_assert_eq(send_now(), 0);
		cr_assert_eq(who(), i % N);
	}
}

Test(router, s7_who_has_ended_has_no_room)
{
	make(FRK_ROUTE_SMALLEST_MAILBOX);
	end_probe(probes[0]);
	end_probe(probes[2]);
	for (int i = 0; i < 4; i++) {
		cr_assert_eq(send_now(), 0);
		cr_assert_eq(who(), i % 2 ? 3 : 1);
	}
	end_probe(probes[1]);
	end_probe(probes[3]);
	cr_assert_eq(send_now(), -ENOENT);
	cr_assert_eq(router.n, 0);
}

static void forward(struct frk_context *context, const struct frk_message *message)
{
	result = frk_router_forward(&router, context, 0, message);
}

Test(router, s7_a_question_is_sent_on)
{
	struct frk_probe *curious = new_probe("curious");

	on_message = forward;
	cr_assert_eq(frk_probe_ask(curious, user, ASKED, NULL, 0, FRK_S(1)), 0);
	cr_assert_eq(result, 0);
	cr_assert_eq(frk_probe_expect(probes[0], ASKED, 0, NULL), 0);
	cr_assert_eq(frk_probe_answer(probes[0], ANSWER, NULL, 0), 0);
	cr_assert_eq(frk_probe_expect(curious, ANSWER, 0, NULL), 0);
}

static void broadcast(struct frk_context *context)
{
	result = frk_router_broadcast(&router, context, WORK, NULL, 0);
}

Test(router, s7_all_get_it)
{
	run(broadcast);
	cr_assert_eq(result, N);
	for (int i = 0; i < N; i++)
		cr_assert_eq(frk_probe_expect(probes[i], WORK, 0, NULL), 0);
	end_probe(probes[0]);
	end_probe(probes[1]);
	fill(2);
	run(broadcast);
	cr_assert_eq(result, 1);
	cr_assert_eq(router.n, 2);
	cr_assert_eq(who(), 3);
}

/* --- a question to many */

static struct frk_timer asks[N];
static struct frk_scatter scatter;
static int taken[16], takes;

static void gather(struct frk_context *context, const struct frk_message *message)
{
	taken[takes++] = frk_scatter_take(&scatter, context, message);
}

static void ask(struct frk_context *context)
{
	result = frk_router_ask(&router, context, &scatter, ASKED, NULL, 0, FRK_MS(10));
}

static int ask_all(void)
{
	scatter = (struct frk_scatter)FRK_SCATTER(asks);
	on_message = gather;
	takes = 0;
	run(ask);
	return result;
}

static void answer(int i)
{
	cr_assert_eq(frk_probe_expect(probes[i], ASKED, 0, NULL), 0);
	cr_assert_eq(frk_probe_answer(probes[i], ANSWER, NULL, 0), 0);
	frk_testing_settle(testing);
}

Test(router, s7_the_first_answer_of_many)
{
	struct frk_dead_letters letters = { 0 };

	cr_assert_eq(ask_all(), N);
	answer(2);
	cr_assert_eq(takes, 1);
	cr_assert_eq(taken[0], 1);
	cr_assert_eq(scatter.waiting, 0);
	/* The others are late, and their time does not run out. */
	answer(0);
	cr_assert_eq(frk_testing_pass(testing, FRK_S(1)), 0);
	cr_assert_eq(takes, 1);
	frk_system_get_dead_letters(frk_testing_system(testing), &letters);
	cr_assert_eq(letters.by_reason[FRK_DEAD_LATE], 1);
	cr_assert_eq(frk_testing_check(testing), 0, "%s", frk_testing_text(testing));
}

Test(router, s7_no_answer_of_many)
{
	cr_assert_eq(ask_all(), N);
	end_probe(probes[3]); /* it has read the question: that lets the time run out */
	cr_assert_eq(frk_testing_pass(testing, FRK_MS(11)), 0);
	cr_assert_eq(takes, N);
	for (int i = 0; i < N - 1; i++)
		cr_assert_eq(taken[i], -EAGAIN);
	cr_assert_eq(taken[N - 1], -ETIMEDOUT);
	/* It may be used again. */
	cr_assert_eq(frk_probe_expect(probes[0], ASKED, 0, NULL), 0);
	cr_assert_eq(ask_all(), N - 1);
	answer(0);
	cr_assert_eq(taken[0], 1);
}

Test(router, s7_one_question_to_many_at_a_time)
{
	cr_assert_eq(ask_all(), N);
	cr_assert_eq(frk_testing_pass(testing, FRK_MS(5)), 0);
	run(ask);
	cr_assert_eq(result, -EBUSY);
	answer(1);
	cr_assert_eq(taken[0], 1);
	run(ask);
	cr_assert_eq(result, N);
}

static void cancel(struct frk_context *context)
{
	frk_scatter_cancel(&scatter, context);
}

Test(router, s7_no_answer_is_wanted_any_more)
{
	cr_assert_eq(ask_all(), N);
	run(cancel);
	answer(0);
	cr_assert_eq(frk_testing_pass(testing, FRK_S(1)), 0);
	cr_assert_eq(takes, 0);
}

Test(router, s7_other_messages_are_none_of_its)
{
	cr_assert_eq(ask_all(), N);
	cr_assert_eq(frk_probe_send(probes[0], user, WORK, NULL, 0), 0);
	frk_testing_settle(testing);
	cr_assert_eq(taken[0], 0);
	cr_assert_eq(frk_probe_ask(probes[0], user, WORK, NULL, 0, FRK_S(1)), 0);
	cr_assert_eq(taken[1], 0);
	cr_assert_eq(scatter.waiting, N);
}

Test(router, s7_asks_as_many_as_there_is_room_for)
{
	cr_assert_eq(ask_all(), N);
	run(cancel);
	scatter.max = 2;
	run(ask);
	cr_assert_eq(result, 2);
	run(cancel);
	for (int i = 0; i < N; i++)
		end_probe(probes[i]);
	run(ask);
	cr_assert_eq(result, -ENOENT);
	cr_assert_eq(router.n, 0);
}

static void misuse(struct frk_context *context)
{
	struct frk_message message = { .kind = WORK };
	struct frk_scatter none = { 0 };

	cr_assert_eq(frk_router_send(NULL, context, 0, WORK, NULL, 0), -EINVAL);
	cr_assert_eq(frk_router_send(&router, NULL, 0, WORK, NULL, 0), -EINVAL);
	cr_assert_eq(frk_router_send(&router, context, 0, 1, NULL, 0), -EINVAL);
	cr_assert_eq(frk_router_send(&router, context, 0, WORK, &message, 65), -EMSGSIZE);
	cr_assert_eq(frk_router_forward(&router, context, 0, NULL), -EINVAL);
	cr_assert_eq(frk_router_forward(NULL, context, 0, &message), -EINVAL);
	cr_assert_eq(frk_router_broadcast(&router, context, 1, NULL, 0), -EINVAL);
	cr_assert_eq(frk_router_broadcast(&router, context, WORK, &message, 65), -EMSGSIZE);
	cr_assert_eq(frk_router_broadcast(NULL, context, WORK, NULL, 0), -EINVAL);
	cr_assert_eq(frk_router_ask(&router, context, NULL, ASKED, NULL, 0, 1), -EINVAL);
	cr_assert_eq(frk_router_ask(&router, context, &none, ASKED, NULL, 0, 1), -EINVAL);
	scatter = (struct frk_scatter)FRK_SCATTER(asks);
	cr_assert_eq(frk_router_ask(&router, context, &scatter, ASKED, NULL, 0, 0), -EINVAL);
	cr_assert_eq(frk_router_ask(&router, context, &scatter, ASKED, NULL, 0, UINT64_MAX),
		     -ERANGE);
	cr_assert_eq(scatter.waiting, 0);
	cr_assert_eq(frk_scatter_take(NULL, context, &message), -EINVAL);
	cr_assert_eq(frk_scatter_take(&scatter, NULL, &message), -EINVAL);
	cr_assert_eq(frk_scatter_take(&scatter, context, NULL), -EINVAL);
	frk_scatter_cancel(NULL, context);
	frk_scatter_cancel(&scatter, NULL);
	result = 77;
}

Test(router, s7_router_misuse)
{
	struct frk_router_opts right = FRK_ROUTER_OPTS(.routees = routees, .routees_max = N);
	struct frk_router_opts wrong[] = {
		FRK_ROUTER_OPTS(.routing = FRK_ROUTE_SMALLEST_MAILBOX + 1, .routees = routees,
				.routees_max = N),
		FRK_ROUTER_OPTS(.routees_max = N),
		FRK_ROUTER_OPTS(.routees = routees),
		{ .routees = routees, .routees_max = N },
	};
	struct frk_pid nobody = { 0 };

	run(misuse);
	cr_assert_eq(result, 77);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_assert_eq(frk_router_init(&router, &wrong[i]), -EINVAL, "%zu", i);
	cr_assert_eq(frk_router_init(&router, NULL), -EINVAL);
	cr_assert_eq(frk_router_init(NULL, &right), -EINVAL);
	cr_assert_eq(frk_router_init(&router, &right), 0);
	cr_assert_eq(frk_router_add(&router, nobody), -EINVAL);
	cr_assert_eq(frk_router_add(NULL, user), -EINVAL);
	cr_assert_eq(frk_router_add(&router, user), 0);
	cr_assert_eq(frk_router_add(&router, user), -EEXIST);
	for (int i = 1; i < N; i++)
		cr_assert_eq(frk_router_add(&router, frk_probe_pid(probes[i])), 0);
	cr_assert_eq(frk_router_add(&router, frk_probe_pid(probes[0])), -ENOBUFS);
	cr_assert_eq(frk_router_remove(NULL, user), -EINVAL);
}

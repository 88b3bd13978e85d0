// SPDX-License-Identifier: MIT
/*
 * dispatcher_test.c - who is next: in turn, or drawn by a seed.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/cell.h"

#define HOPS 200

static char order[HOPS + 1];
static size_t order_n;
static struct frk_pid pids[CELLS];

/* Notes who he is, and passes the message on to the next one but one. */
static int hop(struct frk_context *context, const struct frk_message *message)
{
	uint32_t self = frk_context_self(context).index;

	if (message->kind < FRK_MESSAGE_USER || order_n == HOPS)
		return 0;
	order[order_n++] = (char)('a' + self);
	return frk_context_send(context, pids[(self + 2) % CELLS], FRK_MESSAGE_USER, NULL, 0);
}

static void spawn_hoppers(void)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = hop);

	memset(order, 0, sizeof(order));
	order_n = 0;
	for (int i = 0; i < CELLS; i++)
		cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, &pids[i]), 0);
	stage_settle();
}

static void run(void)
{
	for (int i = 0; i < CELLS; i++)
		cr_assert_eq(post(pids[i], FRK_MESSAGE_USER), 0);
	stage_settle();
	cr_assert_eq(order_n, HOPS);
}

static void run_seeded(uint64_t seed, char ret_order[HOPS + 1])
{
	stage_setup();
	stage.dispatcher = &frki_dispatcher_seeded;
	stage.seed = seed;
	spawn_hoppers();
	run();
	memcpy(ret_order, order, sizeof(order));
}

TestSuite(dispatcher, .init = stage_setup);

Test(dispatcher, s1_fifo_gives_turns_in_the_order_in_which_they_were_asked_for)
{
	spawn_hoppers();
	run();
	/* The third finds what the first one sent to it, too. */
	cr_assert_eq(strncmp(order, "abccddaabbccdd", 14), 0, "%s", order);
}

Test(dispatcher, s1_the_same_seed_draws_the_same_turns)
{
	char once[HOPS + 1], again[HOPS + 1];

	run_seeded(42, once);
	run_seeded(42, again);
	cr_assert_str_eq(once, again);
}

Test(dispatcher, s1_another_seed_draws_others)
{
	char one[HOPS + 1], other[HOPS + 1], fifo[HOPS + 1];

	run_seeded(42, one);
	run_seeded(43, other);
	stage_setup();
	spawn_hoppers();
	run();
	memcpy(fifo, order, sizeof(order));
	cr_assert_str_neq(one, other);
	cr_assert_str_neq(one, fifo);
}

Test(dispatcher, s1_every_first_turn_is_drawn_by_some_seed)
{
	char drawn[HOPS + 1];
	unsigned int first[CELLS] = { 0 };

	for (uint64_t seed = 1; seed <= 64; seed++) {
		run_seeded(seed * 0x9e3779b97f4a7c15U, drawn);
		first[drawn[0] - 'a']++;
	}
	for (int i = 0; i < CELLS; i++)
		cr_assert_gt(first[i], 0, "%c was never first", 'a' + i);
}

Test(dispatcher, s1_what_is_drawn_from_is_not_lost_when_nothing_comes_after_it)
{
	stage.dispatcher = &frki_dispatcher_seeded;
	spawn_hoppers();
	for (int i = 0; i < CELLS; i++)
		frki_stage_stop(&stage, pids[i]);
	cr_assert_eq(frki_stage_run(&stage, 1), 1);
	cr_assert(frki_stage_ready(&stage));
	stage_settle();
	cr_assert_not(frki_stage_ready(&stage));
	stage_assert_no_leak();
}

Test(dispatcher, s1_an_actor_cannot_ask_for_a_worker_that_is_not_there)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = hop, .worker = FRK_WORKER(0));

	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), 0);
	opts.worker = FRK_WORKER(1);
	cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), -EINVAL);
}

// SPDX-License-Identifier: MIT
/*
 * wheel_test.c - the timer wheel against a list that is searched from end to
 * end, which is too simple to be wrong; and the places where digits roll over.
 */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "sched/wheel.h"

#define PLENTY 1000000U

static struct frki_wheel wheel;
static struct frki_wheel_node nodes[4];

static void setup(void)
{
	frki_wheel_init(&wheel, 0);
	for (int i = 0; i < 4; i++)
		frki_wheel_node_init(&nodes[i]);
}

TestSuite(wheel, .init = setup, .timeout = 60);

static struct frki_wheel_node *pop(uint64_t now)
{
	unsigned int budget = PLENTY;
	struct frki_wheel_node *node = frki_wheel_pop(&wheel, now, &budget);

	cr_assert_eq(frki_wheel_check(&wheel), 0);
	return node;
}

Test(wheel, that_is_empty_has_nothing_to_do)
{
	cr_assert_null(pop(0));
	cr_assert_null(pop(UINT64_MAX));
	cr_assert_eq(frki_wheel_next(&wheel), FRKI_WHEEL_NEVER);
}

Test(wheel, fires_on_the_tick_and_not_before)
{
	frki_wheel_add(&wheel, &nodes[0], 5);
	cr_assert_null(pop(4));
	cr_assert_eq(frki_wheel_next(&wheel), 1);
	cr_assert_eq(pop(5), &nodes[0]);
	cr_assert_not(frki_wheel_pending(&nodes[0]));
	cr_assert_null(pop(5));
}

Test(wheel, what_has_passed_is_due_at_once)
{
	cr_assert_null(pop(100));
	frki_wheel_add(&wheel, &nodes[0], 100);
	frki_wheel_add(&wheel, &nodes[1], 3);
	cr_assert_eq(frki_wheel_next(&wheel), 0);
	cr_assert_eq(pop(100), &nodes[0]);
	cr_assert_eq(pop(100), &nodes[1]);
}

Test(wheel, time_does_not_go_back)
{
	cr_assert_null(pop(100));
	cr_assert_null(pop(50));
	frki_wheel_add(&wheel, &nodes[0], 101);
	cr_assert_null(pop(50));
	cr_assert_eq(frki_wheel_next(&wheel), 1);
}

Test(wheel, cancelled_nodes_do_not_fire)
{
	frki_wheel_add(&wheel, &nodes[0], 5);
	frki_wheel_add(&wheel, &nodes[1], 5);
	cr_assert(frki_wheel_cancel(&wheel, &nodes[0]));
	cr_assert_not(frki_wheel_cancel(&wheel, &nodes[0]));
	cr_assert_eq(pop(5), &nodes[1]);
	cr_assert_not(frki_wheel_cancel(&wheel, &nodes[1]));
	cr_assert_null(pop(5));
}

Test(wheel, nodes_of_one_tick_come_in_the_order_they_were_added)
{
	frki_wheel_add(&wheel, &nodes[0], 100); /* level 1 */
	cr_assert_null(pop(70));
	frki_wheel_add(&wheel, &nodes[1], 100); /* level 0 */
	frki_wheel_add(&wheel, &nodes[2], 99);
	cr_assert_eq(pop(200), &nodes[2]);
	cr_assert_eq(pop(200), &nodes[0]);
	cr_assert_eq(pop(200), &nodes[1]);
}

static void check_boundary(uint64_t from, uint64_t due)
{
	frki_wheel_init(&wheel, from);
	frki_wheel_add(&wheel, &nodes[0], due);
	if (due > from)
		cr_assert_null(pop(due - 1), "%llx early", (long long)due);
	cr_assert_eq(pop(due), &nodes[0], "%llx late", (long long)due);
	cr_assert_eq(wheel.count, 0);
}

Test(wheel, is_exact_at_the_boundary_of_every_level)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t edge = 1ULL << bit;

		for (uint64_t due = edge - 1; due <= edge + 1; due++) {
			check_boundary(0, due);
			check_boundary(due / 2, due);
			check_boundary(due ? due - 1 : 0, due);
		}
		check_boundary(edge - 1, edge);
		check_boundary(0, edge - 1 + edge);
	}
}

Test(wheel, covers_all_64_bits)
{
	frki_wheel_add(&wheel, &nodes[0], UINT64_MAX);
	frki_wheel_add(&wheel, &nodes[1], 1ULL << 63);
	cr_assert_null(pop((1ULL << 63) - 1));
	cr_assert_eq(pop(1ULL << 63), &nodes[1]);
	cr_assert_null(pop(UINT64_MAX - 1));
	cr_assert_eq(frki_wheel_next(&wheel), 1);
	cr_assert_eq(pop(UINT64_MAX), &nodes[0]);
}

Test(wheel, tells_how_long_nothing_can_be_due)
{
	frki_wheel_add(&wheel, &nodes[0], 1000000);
	for (int steps = 0; frki_wheel_pending(&nodes[0]); steps++) {
		uint64_t next = frki_wheel_next(&wheel);

		cr_assert_leq(wheel.now_ticks + next, 1000000);
		cr_assert_lt(steps, 5); /* one for each level of 10^6 */
		if (next)
			cr_assert_null(pop(wheel.now_ticks + next - 1));
		pop(wheel.now_ticks + 1);
	}
	cr_assert_eq(wheel.now_ticks, 1000000);
}

Test(wheel, a_budget_bounds_the_work_and_the_rest_comes_later_in_order)
{
	static struct frki_wheel_node many[1000];
	unsigned int popped = 0, calls = 0;

	for (int i = 0; i < 1000; i++) {
		frki_wheel_node_init(&many[i]);
		frki_wheel_add(&wheel, &many[i], 5000); /* level 2: moved twice */
	}
	while (popped < 1000) {
		unsigned int budget = 7;
		struct frki_wheel_node *node;

		while ((node = frki_wheel_pop(&wheel, 5000, &budget)))
			cr_assert_eq(node, &many[popped++]);
		cr_assert_eq(frki_wheel_check(&wheel), 0);
		if (popped < 1000) {
			cr_assert_eq(budget, 0);
			cr_assert_eq(frki_wheel_next(&wheel), 0);
		}
		calls++;
	}
	cr_assert_eq(calls, 3000 / 7 + 1);
}

Test(wheel, what_is_added_while_a_slot_is_spread_does_not_overtake)
{
	unsigned int budget = 1;

	for (int i = 0; i < 3; i++)
		frki_wheel_add(&wheel, &nodes[i], 100);
	cr_assert_null(frki_wheel_pop(&wheel, 100, &budget)); /* spreads one */
	frki_wheel_add(&wheel, &nodes[3], 100);
	cr_assert_eq(frki_wheel_check(&wheel), 0);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pop(100), &nodes[i]);
}

Test(wheel, what_is_left_over_can_be_cancelled)
{
	unsigned int budget = 2;

	for (int i = 0; i < 3; i++)
		frki_wheel_add(&wheel, &nodes[i], 100);
	cr_assert_null(frki_wheel_pop(&wheel, 100, &budget));
	cr_assert(frki_wheel_cancel(&wheel, &nodes[0])); /* spread already */
	cr_assert(frki_wheel_cancel(&wheel, &nodes[2])); /* not yet */
	cr_assert_eq(pop(100), &nodes[1]);
	cr_assert_null(pop(100));
}

/* --- against the oracle ---------------------------------------------------- */

#define TIMERS 200

static struct timer {
	struct frki_wheel_node node;
	uint64_t due;
	unsigned long order; /* of adding; 0 while not pending */
} timers[TIMERS];

static unsigned long orders;
static uint64_t seed;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Of every magnitude equally. */
static uint64_t rnd_magnitude(void)
{
	return rnd() >> (rnd() % 64);
}

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static void add_random(uint64_t now)
{
	struct timer *timer = &timers[rnd() % TIMERS];

	if (timer->order)
		return;
	timer->due = rnd() % 8 ? add_saturating(now, rnd_magnitude()) :
				 now - now % 64 + rnd() % 128;
	/* What has passed already is due with what is due now. */
	frki_wheel_add(&wheel, &timer->node, timer->due);
	if (timer->due < now)
		timer->due = now;
	timer->order = ++orders;
}

static void cancel_random(void)
{
	struct timer *timer = &timers[rnd() % TIMERS];

	cr_assert_eq(frki_wheel_cancel(&wheel, &timer->node),
		     timer->order != 0);
	timer->order = 0;
}

/* By due time, then in the order of adding. */
static struct timer *oracle_first(uint64_t now)
{
	struct timer *first = NULL;

	for (int i = 0; i < TIMERS; i++) {
		struct timer *timer = &timers[i];

		if (!timer->order || timer->due > now)
			continue;
		if (!first || timer->due < first->due ||
		    (timer->due == first->due && timer->order < first->order))
			first = timer;
	}
	return first;
}

static void advance(uint64_t now)
{
	unsigned int budget = rnd() % 4 ? PLENTY : (unsigned int)(rnd() % 20);
	struct frki_wheel_node *node;

	while ((node = frki_wheel_pop(&wheel, now, &budget))) {
		struct timer *timer = frki_container_of(node, struct timer, node);

		cr_assert_leq(timer->due, now, "early");
		cr_assert_eq(timer, oracle_first(now), "order");
		timer->order = 0;
	}
	if (budget)
		cr_assert_null(oracle_first(now), "late");
	cr_assert_eq(frki_wheel_check(&wheel), 0);
}

static void run_seed(uint64_t number)
{
	uint64_t now;

	seed = number * 0x9e3779b97f4a7c15ULL + 1;
	now = rnd() % 2 ? rnd_magnitude() : 0;
	frki_wheel_init(&wheel, now);
	for (int i = 0; i < TIMERS; i++) {
		frki_wheel_node_init(&timers[i].node);
		timers[i].order = 0;
	}
	for (int step = 0; step < 400; step++) {
		for (uint64_t n = rnd() % 8; n; n--)
			add_random(wheel.now_ticks);
		for (uint64_t n = rnd() % 3; n; n--)
			cancel_random();
		now = add_saturating(now, rnd() % 3 ? rnd() % 100 :
						      rnd_magnitude() >> 8);
		advance(now);
	}
}

Test(wheel, agrees_with_a_list_for_thousands_of_seeds)
{
	for (uint64_t number = 1; number <= 2000; number++)
		run_seed(number);
}

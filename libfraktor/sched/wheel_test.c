// SPDX-License-Identifier: MIT
/*
 * wheel_test.c - the timer wheel against a list that is searched from end to
 * end, which is too simple to be wrong; and the places where digits roll over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

Test(wheel, s2_that_is_empty_has_nothing_to_do)
{
	cr_assert_null(pop(0));
	cr_assert_null(pop(UINT64_MAX));
	cr_assert_eq(frki_wheel_next(&wheel), FRKI_WHEEL_NEVER);
}

Test(wheel, s2_fires_on_the_tick_and_not_before)
{
	frki_wheel_add(&wheel, &nodes[0], 5);
	cr_assert_null(pop(4));
	cr_assert_eq(frki_wheel_next(&wheel), 1);
	cr_assert_eq(pop(5), &nodes[0]);
	cr_assert_not(frki_wheel_pending(&nodes[0]));
	cr_assert_null(pop(5));
}

Test(wheel, s2_what_has_passed_is_due_at_once)
{
	cr_assert_null(pop(100));
	frki_wheel_add(&wheel, &nodes[0], 100);
	frki_wheel_add(&wheel, &nodes[1], 3);
	cr_assert_eq(frki_wheel_next(&wheel), 0);
	cr_assert_eq(pop(100), &nodes[0]);
	cr_assert_eq(pop(100), &nodes[1]);
}

Test(wheel, s2_time_does_not_go_back)
{
	cr_assert_null(pop(100));
	cr_assert_null(pop(50));
	frki_wheel_add(&wheel, &nodes[0], 101);
	cr_assert_null(pop(50));
	cr_assert_eq(frki_wheel_next(&wheel), 1);
}

Test(wheel, s2_cancelled_nodes_do_not_fire)
{
	frki_wheel_add(&wheel, &nodes[0], 5);
	frki_wheel_add(&wheel, &nodes[1], 5);
	cr_assert(frki_wheel_cancel(&wheel, &nodes[0]));
	cr_assert_not(frki_wheel_cancel(&wheel, &nodes[0]));
	cr_assert_eq(pop(5), &nodes[1]);
	cr_assert_not(frki_wheel_cancel(&wheel, &nodes[1]));
	cr_assert_null(pop(5));
}

Test(wheel, s2_nodes_of_one_tick_come_in_the_order_they_were_added)
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
	cr_assert(frki_wheel_empty(&wheel));
}

Test(wheel, s2_is_exact_at_the_boundary_of_every_level)
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

Test(wheel, s2_covers_all_64_bits)
{
	frki_wheel_add(&wheel, &nodes[0], UINT64_MAX);
	frki_wheel_add(&wheel, &nodes[1], 1ULL << 63);
	cr_assert_null(pop((1ULL << 63) - 1));
	cr_assert_eq(pop(1ULL << 63), &nodes[1]);
	cr_assert_null(pop(UINT64_MAX - 1));
	cr_assert_eq(frki_wheel_next(&wheel), 1);
	cr_assert_eq(pop(UINT64_MAX), &nodes[0]);
}

/* A source that is armed at what the wheel says wakes once for each timer. */
Test(wheel, s2_tells_when_the_next_node_is_due_to_the_tick)
{
	for (unsigned int bit = 0; bit < 64; bit++) {
		uint64_t from = 0x123456789abcdefULL >> bit, due = from + (1ULL << bit);

		frki_wheel_init(&wheel, from);
		frki_wheel_add(&wheel, &nodes[0], due);
		frki_wheel_add(&wheel, &nodes[1], due + 3);
		cr_assert_eq(frki_wheel_next(&wheel), due - from);
		cr_assert_null(pop(due - 1));
		cr_assert_eq(frki_wheel_next(&wheel), 1);
		cr_assert_eq(pop(due), &nodes[0]);
		cr_assert_null(pop(due));
		cr_assert_eq(frki_wheel_next(&wheel), 3);
		frki_wheel_cancel(&wheel, &nodes[1]);
		cr_assert_eq(frki_wheel_next(&wheel), FRKI_WHEEL_NEVER);
	}
}

Test(wheel, s2_a_budget_bounds_the_work_and_the_rest_comes_later_in_order)
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
			cr_assert_leq(wheel.now_ticks + frki_wheel_next(&wheel),
				      5000);
		}
		calls++;
	}
	cr_assert_eq(calls, 3000 / 7 + 1);
}

Test(wheel, s2_what_is_added_while_a_slot_is_spread_does_not_overtake)
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

Test(wheel, s2_what_is_left_over_can_be_cancelled)
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
	const struct timer *next;

	while ((node = frki_wheel_pop(&wheel, now, &budget))) {
		struct timer *timer = frki_container_of(node, struct timer, node);

		cr_assert_leq(timer->due, now, "early");
		cr_assert_eq(timer, oracle_first(now), "order");
		timer->order = 0;
	}
	if (budget)
		cr_assert_null(oracle_first(now), "late");
	cr_assert_eq(frki_wheel_check(&wheel), 0);
	next = oracle_first(UINT64_MAX);
	if (!next)
		cr_assert_eq(frki_wheel_next(&wheel), FRKI_WHEEL_NEVER);
	else
		cr_assert_leq(frki_wheel_next(&wheel),
			      next->due - wheel.now_ticks, "oversleeps");
}

/* Sometimes to where the wheel says, sometimes a little, sometimes anywhere. */
static uint64_t some_time_later(uint64_t now)
{
	uint64_t next = frki_wheel_next(&wheel);

	switch (rnd() % 4) {
	case 0:
		return add_saturating(now, rnd_magnitude() >> 8);
	case 1:
		return next == FRKI_WHEEL_NEVER || wheel.now_ticks + next < now ?
			       now :
			       wheel.now_ticks + next;
	default:
		return add_saturating(now, rnd() % 100);
	}
}

static void run_from(uint64_t now)
{
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
		now = some_time_later(now);
		advance(now);
	}
}

static void run_seed(uint64_t number)
{
	seed = number * 0x9e3779b97f4a7c15ULL + 1;
	run_from(rnd() % 2 ? rnd_magnitude() : 0);
}

Test(wheel, s2_agrees_with_a_list_for_thousands_of_seeds)
{
	for (uint64_t number = 1; number <= 2000; number++)
		run_seed(number);
}

Test(wheel, s2_agrees_with_a_list_for_a_seed_of_its_own)
{
	uint64_t number = (uint64_t)time(NULL);

	fprintf(stderr, "wheel_test: seed %llu\n", (unsigned long long)number);
	for (int i = 0; i < 200; i++)
		run_seed(number + (uint64_t)i);
}

/* 2^63 ns and what is left of 64 bits: in steps of all sizes to the very end. */
Test(wheel, s2_agrees_with_a_list_up_to_the_end_of_time)
{
	for (uint64_t number = 1; number <= 300; number++) {
		seed = number * 0x9e3779b97f4a7c15ULL + 2;
		run_from(UINT64_MAX - rnd_magnitude());
		run_from((1ULL << 63) - rnd_magnitude() / 2);
	}
}

/* --- crowds ------------------------------------------------------------------ */

#define CROWD 1000000U

static struct frki_wheel_node *crowd;

/* All of them somewhere in @ticks ticks from now on. */
static void add_crowd(uint64_t ticks)
{
	crowd = calloc(CROWD, sizeof(*crowd));
	cr_assert_not_null(crowd);
	seed = 1;
	for (unsigned int i = 0; i < CROWD; i++) {
		frki_wheel_node_init(&crowd[i]);
		frki_wheel_add(&wheel, &crowd[i],
			       wheel.now_ticks + 1 + rnd() % ticks);
	}
}

/* Pop what is due at @now, which must be due exactly then. */
static unsigned int pop_exactly(uint64_t now, unsigned int *popped)
{
	unsigned int budget = PLENTY;
	struct frki_wheel_node *node;

	while ((node = frki_wheel_pop(&wheel, now, &budget))) {
		if (node->expires_ticks != now)
			cr_assert_fail("%lld at %lld",
				       (long long)node->expires_ticks,
				       (long long)now);
		(*popped)++;
	}
	return PLENTY - budget;
}

/* An hour at 1 ms: 0.28 nodes a tick; a cascade would move 36,000 at once. */
Test(wheel, s2_a_million_over_an_hour_make_no_tick_work_more_than_another)
{
	unsigned int popped = 0, most = 0;

	frki_wheel_init(&wheel, 12345678);
	add_crowd(3600000);
	for (uint64_t tick = 1; tick <= 3600000; tick++) {
		unsigned int work = pop_exactly(12345678 + tick, &popped);

		most = work > most ? work : most;
	}
	cr_assert_eq(popped, CROWD);
	cr_assert_leq(most, 4 * FRKI_WHEEL_RATE, "%u nodes in a tick", most);
	free(crowd);
}

/* So many that a few a tick would not do: the work is shared among the ticks. */
Test(wheel, s2_a_million_in_ten_seconds_share_the_work_among_the_ticks)
{
	unsigned int popped = 0, most = 0;

	add_crowd(10000);
	for (uint64_t tick = 1; tick <= 10000; tick++) {
		unsigned int work = pop_exactly(tick, &popped);

		most = work > most ? work : most;
	}
	cr_assert_eq(popped, CROWD);
	/* 100 expire in each, and each is moved twice. */
	cr_assert_leq(most, 450, "%u nodes in a tick", most);
	free(crowd);
}

/* The wheel is asked when it needs somebody, and nobody else comes. */
Test(wheel, s2_who_sleeps_as_told_is_never_late_nor_has_much_to_do)
{
	unsigned int popped = 0, most = 0, wakes = 0;

	add_crowd(3600000);
	while (popped < CROWD) {
		uint64_t next = frki_wheel_next(&wheel);
		unsigned int work;

		cr_assert_neq(next, 0);
		work = pop_exactly(wheel.now_ticks + next, &popped);
		most = work > most ? work : most;
		wakes++;
	}
	cr_assert_leq(most, 4 * FRKI_WHEEL_RATE, "%u nodes at once", most);
	cr_assert_lt(wakes, CROWD, "%u wakes", wakes);
	free(crowd);
}

/* SPDX-License-Identifier: MIT */
/*
 * shared_ring_test.c - the ring of many producers, one thread at a time; the
 * states that take several threads to reach are put there by hand.
 * shared_ring_race.c has the threads.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tick/shared_ring.h"

#define SLOTS 8

static struct frki_shared_slot slots[SLOTS];
static struct frki_shared_ring ring;

static void setup(void)
{
	memset(slots, 0, sizeof(slots));
	frki_shared_ring_init(&ring, slots, SLOTS);
}

TestSuite(shared_ring, .init = setup);

static void push(uint64_t n)
{
	const struct frk_tick tick = {
		.deadline_ns = n,
		.fired_ns = ~n,
		.periods = (uint32_t)n,
		.driver = 7,
	};

	frki_shared_ring_push(&ring, &tick);
}

static void assert_pops(uint64_t seq, uint64_t n)
{
	struct frk_tick tick;

	cr_assert(frki_shared_ring_ready(&ring));
	cr_assert(frki_shared_ring_pop(&ring, &tick));
	cr_assert_eq(tick.seq, seq);
	cr_assert_eq(tick.deadline_ns, n);
	cr_assert_eq(tick.fired_ns, ~n);
	cr_assert_eq(tick.periods, n);
	cr_assert_eq(tick.driver, 7);
}

static void assert_empty(void)
{
	struct frk_tick tick;

	cr_assert_not(frki_shared_ring_ready(&ring));
	cr_assert_not(frki_shared_ring_pop(&ring, &tick));
}

Test(shared_ring, r2_2_ticks_come_in_the_order_they_went)
{
	assert_empty();
	for (uint64_t n = 1; n <= 100; n++) {
		push(n);
		assert_pops(n, n);
	}
	assert_empty();
	cr_assert_eq(frki_shared_ring_dropped(&ring), 0);
}

Test(shared_ring, r2_2_the_oldest_go_and_are_counted)
{
	for (uint64_t n = 1; n <= SLOTS + 5; n++)
		push(n);
	cr_assert_eq(frki_shared_ring_dropped(&ring), 5);
	for (uint64_t n = 6; n <= SLOTS + 5; n++)
		assert_pops(n, n);
	assert_empty();
}

/* A producer that was stopped between its number and its slot. */
static uint64_t begin_push(void)
{
	return ++ring.head;
}

Test(shared_ring, the_reader_stops_at_a_push_in_progress)
{
	uint64_t seq;

	push(1);
	seq = begin_push();
	push(3);
	assert_pops(1, 1);
	assert_empty();
	slots[seq % SLOTS] = (struct frki_shared_slot){
		.seq = seq,
		.word = { 2, ~2ULL, (7ULL << 32) | 2 },
	};
	assert_pops(2, 2);
	assert_pops(3, 3);
}

Test(shared_ring, r2_2_a_push_that_was_overtaken_is_dropped_once)
{
	begin_push();
	for (uint64_t n = 2; n <= SLOTS + 1; n++)
		push(n);
	cr_assert_eq(frki_shared_ring_dropped(&ring), 1);
	for (uint64_t n = 2; n <= SLOTS + 1; n++)
		assert_pops(n, n);
	assert_empty();
}

/* It holds slot 1 while the others go once round: the one that meets it gives way. */
Test(shared_ring, r2_2_a_tick_that_finds_its_slot_held_is_dropped)
{
	uint64_t seq = begin_push();

	slots[seq % SLOTS].seq = seq | FRKI_SHARED_BUSY;
	for (uint64_t n = 2; n <= SLOTS + 3; n++)
		push(n);
	/* 1, 2 and 3 for room. */
	cr_assert_eq(frki_shared_ring_dropped(&ring), 3);
	for (uint64_t n = 4; n <= SLOTS; n++)
		assert_pops(n, n);
	/* Number SLOTS + 1 met it. */
	assert_pops(SLOTS + 2, SLOTS + 2);
	cr_assert_eq(frki_shared_ring_dropped(&ring), 4);
	/* At last it finishes: nobody is interested. */
	slots[seq % SLOTS].seq = seq;
	assert_pops(SLOTS + 3, SLOTS + 3);
	assert_empty();
	push(SLOTS + 4);
	assert_pops(SLOTS + 4, SLOTS + 4);
}

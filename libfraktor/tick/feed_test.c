/* SPDX-License-Identifier: MIT */
/*
 * feed_test.c - the ring: order, drop-oldest with exact accounting, nonsense
 * in the shared words, and two threads at once.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "tick/feed.h"

#define SLOTS 8
#define STRESS 300000

static _Alignas(64) unsigned char memory[4096];
static struct frki_feed feed;
static struct frki_feed_writer writer;
static struct frk_tick got[32];

static void setup(void)
{
	cr_assert(frki_feed_bytes(SLOTS) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	frki_feed_init(memory, SLOTS, &feed, &writer);
	frki_feed_set_state(&writer, FRAKTOR_STATE_RUNNING);
}

TestSuite(feed, .init = setup, .timeout = 60);

static void push(uint64_t deadline_ns)
{
	struct fraktor_tick tick = {
		.deadline_ns = deadline_ns,
		.fired_ns = deadline_ns + 1,
		.periods = (uint32_t)deadline_ns + 2,
		.source = 3,
		.flags = FRAKTOR_TICK_F_MISSED,
	};

	frki_feed_push(&writer, &tick);
}

static void push_many(uint64_t from, uint64_t to)
{
	for (; from <= to; from++)
		push(from);
}

Test(feed, every_field_arrives)
{
	push(70);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 1);
	cr_assert_eq(got[0].seq, 1);
	cr_assert_eq(got[0].deadline_ns, 70);
	cr_assert_eq(got[0].fired_ns, 71);
	cr_assert_eq(got[0].periods, 72);
	cr_assert_eq(got[0].driver, 3);
	cr_assert_eq(got[0].flags, FRK_TICK_MISSED);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 0);
}

Test(feed, r2_2_notes_come_in_their_places)
{
	struct fraktor_tick note = { .fired_ns = 5, .flags = FRAKTOR_TICK_F_RESUME };

	push(1);
	frki_feed_push(&writer, &note);
	push(2);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 3);
	cr_assert_eq(got[1].seq, 2);
	cr_assert_eq(got[1].periods, 0);
	cr_assert_eq(got[1].fired_ns, 5);
	cr_assert_eq(got[1].flags, FRK_TICK_RESUME);
	cr_assert_eq(got[2].seq, 3);
}

Test(feed, r2_2_ticks_keep_their_order)
{
	int i;

	push_many(1, SLOTS);
	cr_assert_eq(frki_feed_drain(&feed, got, 3), 3);
	cr_assert_eq(frki_feed_drain(&feed, got + 3, 32 - 3), SLOTS - 3);
	for (i = 0; i < SLOTS; i++)
		cr_assert_eq(got[i].seq, (uint64_t)i + 1);
	cr_assert_eq(frki_feed_dropped(&feed), 0);
}

Test(feed, no_room_takes_nothing)
{
	push_many(1, 3);
	cr_assert_eq(frki_feed_drain(&feed, got, 0), 0);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 3);
}

Test(feed, r2_2_the_oldest_go_and_are_counted)
{
	int i;

	push_many(1, SLOTS + 5);
	cr_assert_eq(frki_feed_dropped(&feed), 5);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), SLOTS);
	for (i = 0; i < SLOTS; i++) {
		cr_assert_eq(got[i].seq, (uint64_t)i + 6);
		cr_assert_eq(got[i].deadline_ns, (uint64_t)i + 6);
	}
}

Test(feed, r2_2_drops_begin_when_the_last_slot_is_taken)
{
	push_many(1, SLOTS);
	cr_assert_eq(frki_feed_drain(&feed, got, 1), 1);
	push(SLOTS + 1);
	cr_assert_eq(frki_feed_dropped(&feed), 0);
	push(SLOTS + 2);
	cr_assert_eq(frki_feed_dropped(&feed), 1);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), SLOTS);
	cr_assert_eq(got[0].seq, 3);
}

Test(feed, the_ring_goes_round)
{
	uint64_t seq = 0;

	for (int round = 0; round < 100; round++) {
		push_many(seq + 1, seq + 5);
		cr_assert_eq(frki_feed_drain(&feed, got, 32), 5);
		cr_assert_eq(got[0].seq, seq + 1);
		cr_assert_eq(got[4].seq, seq + 5);
		seq += 5;
	}
	cr_assert_eq(frki_feed_seen(&feed), 500);
}

Test(feed, a_stopped_line_is_drained_first)
{
	push(1);
	frki_feed_set_state(&writer, FRAKTOR_STATE_STOPPED);
	cr_assert(frki_feed_ready(&feed));
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 1);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), -ESHUTDOWN);
	cr_assert(frki_feed_ready(&feed));
}

Test(feed, a_dead_line_is_a_stopped_one)
{
	frki_feed_set_state(&writer, FRAKTOR_STATE_DEAD);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), -ESHUTDOWN);
}

Test(feed, ready_says_whether_there_is_something)
{
	cr_assert_not(frki_feed_ready(&feed));
	push(1);
	cr_assert(frki_feed_ready(&feed));
	frki_feed_drain(&feed, got, 32);
	cr_assert_not(frki_feed_ready(&feed));
}

/* --- what no producer of ours leaves behind ----------------------------- */

Test(feed, a_tail_ahead_of_the_head_ends_at_the_head)
{
	push_many(1, 3);
	writer.consumer->tail = 1000;
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 0);
	cr_assert_eq(frki_feed_seen(&feed), 3);
}

Test(feed, a_tail_too_far_behind_ends_at_the_oldest_record)
{
	push_many(1, SLOTS * 2);
	writer.consumer->tail = 0;
	cr_assert_eq(frki_feed_drain(&feed, got, 32), SLOTS);
	cr_assert_eq(got[0].seq, SLOTS + 1);
}

Test(feed, a_record_that_never_comes_is_skipped)
{
	push_many(1, 3);
	writer.slots[2].seq = 0;
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 1);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 1);
	cr_assert_eq(got[0].seq, 3);
}

Test(feed, a_ring_full_of_nonsense_does_not_hold_the_reader)
{
	int rounds = 0;

	push_many(1, SLOTS);
	memset(writer.slots, 0xff, SLOTS * sizeof(*writer.slots));
	while (frki_feed_ready(&feed) && rounds++ < SLOTS)
		cr_assert_eq(frki_feed_drain(&feed, got, 32), 0);
	cr_assert_not(frki_feed_ready(&feed));
}

Test(feed, records_may_be_larger_than_a_tick)
{
	struct fraktor_meta later = *writer.meta;
	static struct {
		struct fraktor_tick tick;
		uint64_t more[2];
	} slots[2];

	later.record_size = sizeof(slots[0]);
	later.slots = 2;
	later.data_len = sizeof(slots);
	later.head = 2;
	slots[1].tick = (struct fraktor_tick){ .seq = 1, .deadline_ns = 10 };
	slots[0].tick = (struct fraktor_tick){ .seq = 2, .deadline_ns = 20 };
	cr_assert_eq(frki_feed_attach(&feed, &later, writer.consumer, slots), 0);
	cr_assert_eq(frki_feed_drain(&feed, got, 32), 2);
	cr_assert_eq(got[0].deadline_ns, 10);
	cr_assert_eq(got[1].deadline_ns, 20);
}

/* --- two threads ---------------------------------------------------------- */

static void *produce(void *data)
{
	(void)data;
	push_many(1, STRESS);
	frki_feed_set_state(&writer, FRAKTOR_STATE_STOPPED);
	return NULL;
}

static void consume(size_t batch)
{
	uint64_t consumed = 0, last = 0;
	pthread_t thread;
	int n, i;

	cr_assert_eq(pthread_create(&thread, NULL, produce, NULL), 0);
	while ((n = frki_feed_drain(&feed, got, batch)) >= 0) {
		for (i = 0; i < n; i++) {
			cr_assert(got[i].seq > last);
			cr_assert_eq(got[i].deadline_ns, got[i].seq);
			cr_assert_eq(got[i].fired_ns, got[i].seq + 1);
			cr_assert_eq(got[i].periods, got[i].seq + 2);
			last = got[i].seq;
		}
		consumed += (uint64_t)n;
	}
	cr_assert_eq(n, -ESHUTDOWN);
	pthread_join(thread, NULL);
	cr_assert_eq(last, STRESS);
	cr_assert_eq(consumed + frki_feed_dropped(&feed), STRESS);
}

Test(feed, r2_2_pushed_is_consumed_plus_dropped_one_by_one)
{
	consume(1);
}

Test(feed, r2_2_pushed_is_consumed_plus_dropped_in_batches)
{
	consume(32);
}

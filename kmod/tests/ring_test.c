// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's ring, with a reader that does anything: what it keeps, drops
 * and believes.
 */
#include <linux/limits.h>

#include "../ring.h"
#include "unit.h"

#define SLOTS 16U

struct box {
	struct fraktor_meta meta;
	struct fraktor_consumer consumer;
	struct fraktor_tick slots[SLOTS];
	struct fraktor_ring ring;
};

static struct box *box_new(void)
{
	/* One at a time, and too large for a stack. */
	static struct box box;

	memset(&box, 0, sizeof(box));
	fraktor_ring_init(&box.ring, &box.meta, &box.consumer, box.slots, SLOTS);
	return &box;
}

static bool push(struct box *box, u64 deadline_ns)
{
	struct fraktor_tick tick = {
		.deadline_ns = deadline_ns,
		.fired_ns = deadline_ns + 1,
		.periods = 1,
	};

	bool dropped = fraktor_ring_is_full(&box->ring) &&
		       fraktor_ring_make_room(&box->ring);

	fraktor_ring_put(&box->ring, &tick);
	return dropped;
}

static void push_many(struct box *box, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		push(box, box->ring.head + 1);
}

UNIT(ring, empty_ring_has_nothing)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	unit_eq(fraktor_ring_available(&box->ring), 0);
	unit_false(fraktor_ring_pop(&box->ring, &tick));
	unit_eq(box->meta.head, 0);
}

UNIT(ring, describes_itself)
{
	struct box *box = box_new();

	unit_eq(box->meta.magic, FRAKTOR_META_MAGIC);
	unit_eq(box->meta.struct_len, sizeof(struct fraktor_meta));
	unit_eq(box->meta.record_size, 32);
	unit_eq(box->meta.slots, SLOTS);
}

UNIT(ring, r2_2_keeps_arrival_order_across_many_wraps)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	for (u64 i = 1; i <= 10 * SLOTS; i++) {
		unit_false(push(box, 1000 + i));
		unit_true(fraktor_ring_pop(&box->ring, &tick));
		unit_eq(tick.seq, i);
		unit_eq(tick.deadline_ns, 1000 + i);
		unit_eq(tick.fired_ns, 1001 + i);
	}
	unit_eq(box->meta.dropped_total, 0);
}

UNIT(ring, r2_2_full_ring_drops_the_oldest_and_counts_it)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	for (u64 i = 1; i <= SLOTS; i++)
		unit_false(push(box, i));
	for (u64 i = 1; i <= 5; i++)
		unit_true(push(box, SLOTS + i));
	unit_eq(box->meta.dropped_total, 5);
	unit_eq(fraktor_ring_available(&box->ring), SLOTS);
	for (u64 i = 6; i <= SLOTS + 5; i++) {
		unit_true(fraktor_ring_pop(&box->ring, &tick));
		unit_eq(tick.seq, i);
	}
	unit_false(fraktor_ring_pop(&box->ring, &tick));
	unit_eq(box->meta.poisoned_total, 0);
}

UNIT(ring, dropping_moves_the_readers_tail)
{
	struct box *box = box_new();

	push_many(box, SLOTS + 3);
	unit_eq(box->consumer.tail, 3);
}

UNIT(ring, what_the_reader_consumed_makes_room)
{
	struct box *box = box_new();

	push_many(box, SLOTS);
	box->consumer.tail = 4;
	for (unsigned int i = 0; i < 4; i++)
		unit_false(push(box, 1));
	unit_true(push(box, 1));
	unit_eq(box->meta.dropped_total, 1);
}

UNIT(ring, slot_carries_its_number)
{
	struct box *box = box_new();

	push_many(box, SLOTS + 1);
	unit_eq(box->slots[(SLOTS + 1) & (SLOTS - 1)].seq, SLOTS + 1);
	unit_eq(box->slots[2].seq, 2);
}

/* Everything put in is consumed, dropped or left, whatever the reader does. */
static void account(struct box *box, u64 consumed)
{
	unit_eq(box->meta.head, consumed + box->meta.dropped_total +
					     fraktor_ring_available(&box->ring));
}

UNIT(ring, accounting_is_exact_under_random_use)
{
	for (unsigned int seed = 1; seed <= 50; seed++) {
		struct box *box = box_new();
		struct fraktor_tick tick;
		unsigned long long random = seed;
		u64 consumed = 0, last = 0;

		for (unsigned int i = 0; i < 2000; i++) {
			if (unit_random(&random, 3)) {
				push(box, i);
			} else if (fraktor_ring_pop(&box->ring, &tick)) {
				unit_gt(tick.seq, last);
				last = tick.seq;
				consumed++;
			}
			account(box, consumed);
		}
	}
}

static const u64 nonsense[] = {
	17, 1000, U32_MAX, U64_MAX, U64_MAX - 3, 1ULL << 63,
};

UNIT(ring, nonsense_in_the_consumer_page_is_counted_and_ignored)
{
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct box *box = box_new();
		struct fraktor_tick tick;

		push_many(box, SLOTS);
		box->consumer.tail = nonsense[i];
		unit_eq(fraktor_ring_available(&box->ring), SLOTS);
		unit_true(push(box, 1));
		unit_eq(box->meta.poisoned_total, 1);
		unit_eq(box->meta.dropped_total, 1);
		unit_eq(box->consumer.tail, 1);
		unit_true(fraktor_ring_pop(&box->ring, &tick));
		unit_eq(tick.seq, 2);
	}
}

UNIT(ring, tail_set_back_does_not_bring_records_back)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	push_many(box, 5);
	for (unsigned int i = 0; i < 5; i++)
		unit_true(fraktor_ring_pop(&box->ring, &tick));
	box->consumer.tail = 2;
	unit_false(fraktor_ring_pop(&box->ring, &tick));
	unit_eq(box->meta.poisoned_total, 1);
	unit_eq(fraktor_ring_available(&box->ring), 0);
}

UNIT(ring, random_scribbling_never_breaks_the_producer)
{
	struct box *box = box_new();
	unsigned long long random = 7;
	struct fraktor_tick tick;

	for (unsigned int i = 0; i < 100000; i++) {
		if (!unit_random(&random, 4))
			box->consumer.tail = random >> unit_random(&random, 64);
		push(box, i);
		if (!unit_random(&random, 4))
			fraktor_ring_pop(&box->ring, &tick);
		unit_le(fraktor_ring_available(&box->ring), SLOTS);
	}
	unit_eq(box->meta.head, 100000);
}

UNIT_SUITE(ring,
	   UNIT_CASE(ring, empty_ring_has_nothing),
	   UNIT_CASE(ring, describes_itself),
	   UNIT_CASE(ring, r2_2_keeps_arrival_order_across_many_wraps),
	   UNIT_CASE(ring, r2_2_full_ring_drops_the_oldest_and_counts_it),
	   UNIT_CASE(ring, dropping_moves_the_readers_tail),
	   UNIT_CASE(ring, what_the_reader_consumed_makes_room),
	   UNIT_CASE(ring, slot_carries_its_number),
	   UNIT_CASE(ring, accounting_is_exact_under_random_use),
	   UNIT_CASE(ring, nonsense_in_the_consumer_page_is_counted_and_ignored),
	   UNIT_CASE(ring, tail_set_back_does_not_bring_records_back),
	   UNIT_CASE(ring, random_scribbling_never_breaks_the_producer));

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's ring, in user space: what it keeps, drops and believes.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

#define SLOTS 16U

struct box {
	struct fraktor_meta meta;
	struct fraktor_consumer consumer;
	struct fraktor_tick slots[SLOTS];
	struct fraktor_ring ring;
};

static struct box *box_new(void)
{
	struct box *box = calloc(1, sizeof(*box));

	fraktor_ring_init(&box->ring, &box->meta, &box->consumer, box->slots, SLOTS);
	return box;
}

static bool push(struct box *box, u64 deadline_ns)
{
	struct fraktor_tick tick = {
		.deadline_ns = deadline_ns,
		.fired_ns = deadline_ns + 1,
		.periods = 1,
	};

	return fraktor_ring_push(&box->ring, &tick);
}

static void push_many(struct box *box, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		push(box, box->ring.head + 1);
}

Test(ring, empty_ring_has_nothing)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	cr_assert_eq(fraktor_ring_available(&box->ring), 0);
	cr_assert_not(fraktor_ring_pop(&box->ring, &tick));
	cr_assert_eq(box->meta.head, 0);
	free(box);
}

Test(ring, describes_itself)
{
	struct box *box = box_new();

	cr_assert_eq(box->meta.magic, FRAKTOR_META_MAGIC);
	cr_assert_eq(box->meta.struct_len, sizeof(struct fraktor_meta));
	cr_assert_eq(box->meta.record_size, 32);
	cr_assert_eq(box->meta.slots, SLOTS);
	free(box);
}

Test(ring, r2_2_keeps_arrival_order_across_many_wraps)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	for (u64 i = 1; i <= 10 * SLOTS; i++) {
		cr_assert_not(push(box, 1000 + i));
		cr_assert(fraktor_ring_pop(&box->ring, &tick));
		cr_assert_eq(tick.seq, i);
		cr_assert_eq(tick.deadline_ns, 1000 + i);
		cr_assert_eq(tick.fired_ns, 1001 + i);
	}
	cr_assert_eq(box->meta.dropped_total, 0);
	free(box);
}

Test(ring, r2_2_full_ring_drops_the_oldest_and_counts_it)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	for (u64 i = 1; i <= SLOTS; i++)
		cr_assert_not(push(box, i));
	for (u64 i = 1; i <= 5; i++)
		cr_assert(push(box, SLOTS + i));
	cr_assert_eq(box->meta.dropped_total, 5);
	cr_assert_eq(fraktor_ring_available(&box->ring), SLOTS);
	for (u64 i = 6; i <= SLOTS + 5; i++) {
		cr_assert(fraktor_ring_pop(&box->ring, &tick));
		cr_assert_eq(tick.seq, i);
	}
	cr_assert_not(fraktor_ring_pop(&box->ring, &tick));
	cr_assert_eq(box->meta.poisoned_total, 0);
	free(box);
}

Test(ring, dropping_moves_the_readers_tail)
{
	struct box *box = box_new();

	push_many(box, SLOTS + 3);
	cr_assert_eq(box->consumer.tail, 3);
	free(box);
}

Test(ring, what_the_reader_consumed_makes_room)
{
	struct box *box = box_new();

	push_many(box, SLOTS);
	box->consumer.tail = 4;
	for (unsigned int i = 0; i < 4; i++)
		cr_assert_not(push(box, 1));
	cr_assert(push(box, 1));
	cr_assert_eq(box->meta.dropped_total, 1);
	free(box);
}

Test(ring, slot_carries_its_number)
{
	struct box *box = box_new();

	push_many(box, SLOTS + 1);
	cr_assert_eq(box->slots[(SLOTS + 1) & (SLOTS - 1)].seq, SLOTS + 1);
	cr_assert_eq(box->slots[2].seq, 2);
	free(box);
}

/* Everything put in is consumed, dropped or left, whatever the reader does. */
static void account(struct box *box, u64 consumed)
{
	cr_assert_eq(box->meta.head, consumed + box->meta.dropped_total +
					     fraktor_ring_available(&box->ring));
}

Test(ring, accounting_is_exact_under_random_use)
{
	for (unsigned int seed = 1; seed <= 50; seed++) {
		struct box *box = box_new();
		struct fraktor_tick tick;
		u64 consumed = 0, last = 0;

		srand(seed);
		for (unsigned int i = 0; i < 2000; i++) {
			if (rand() % 3) {
				push(box, i);
			} else if (fraktor_ring_pop(&box->ring, &tick)) {
				cr_assert_gt(tick.seq, last);
				last = tick.seq;
				consumed++;
			}
			account(box, consumed);
		}
		free(box);
	}
}

static const u64 nonsense[] = {
	17, 1000, UINT32_MAX, UINT64_MAX, UINT64_MAX - 3, 1ULL << 63,
};

Test(ring, nonsense_in_the_consumer_page_is_counted_and_ignored)
{
	for (size_t i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++) {
		struct box *box = box_new();
		struct fraktor_tick tick;

		push_many(box, SLOTS);
		box->consumer.tail = nonsense[i];
		cr_assert_eq(fraktor_ring_available(&box->ring), SLOTS);
		cr_assert(push(box, 1));
		cr_assert_eq(box->meta.poisoned_total, 1);
		cr_assert_eq(box->meta.dropped_total, 1);
		cr_assert_eq(box->consumer.tail, 1, "the reader is put right again");
		cr_assert(fraktor_ring_pop(&box->ring, &tick));
		cr_assert_eq(tick.seq, 2);
		free(box);
	}
}

Test(ring, tail_set_back_does_not_bring_records_back)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	push_many(box, 5);
	for (unsigned int i = 0; i < 5; i++)
		cr_assert(fraktor_ring_pop(&box->ring, &tick));
	box->consumer.tail = 2;
	cr_assert_not(fraktor_ring_pop(&box->ring, &tick));
	cr_assert_eq(box->meta.poisoned_total, 1);
	cr_assert_eq(fraktor_ring_available(&box->ring), 0);
	free(box);
}

Test(ring, random_scribbling_never_breaks_the_producer)
{
	struct box *box = box_new();
	struct fraktor_tick tick;

	srand(7);
	for (unsigned int i = 0; i < 100000; i++) {
		if (rand() % 4 == 0)
			box->consumer.tail = (u64)rand() << (rand() % 33);
		push(box, i);
		if (rand() % 4 == 0)
			fraktor_ring_pop(&box->ring, &tick);
		cr_assert_leq(fraktor_ring_available(&box->ring), SLOTS);
	}
	cr_assert_eq(box->meta.head, 100000);
	free(box);
}

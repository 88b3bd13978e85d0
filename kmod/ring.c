// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring: drop-oldest, one producer, one consumer in another address space
 * that is not trusted.
 *
 * A record is valid while its slot carries its number.  The producer clears
 * the number, writes the record, sets the number; a reader that finds the
 * number it expects before and after its copy has a whole record.
 *
 * Who owns a record is decided by one word, consumer->tail: the reader
 * consumes by advancing it, the producer drops by advancing it, both by
 * compare-and-exchange.  So every record is consumed or dropped, never both.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <asm/barrier.h>

#include "ring.h"

void fraktor_ring_init(struct fraktor_ring *ring, struct fraktor_meta *meta,
		       struct fraktor_consumer *consumer,
		       struct fraktor_tick *slots, u32 nr)
{
	*ring = (struct fraktor_ring) {
		.meta = meta,
		.consumer = consumer,
		.slots = slots,
		.mask = nr - 1,
	};
	meta->magic = FRAKTOR_META_MAGIC;
	meta->abi_version = FRAKTOR_ABI_VERSION;
	meta->struct_len = sizeof(*meta);
	meta->record_size = sizeof(*slots);
	meta->slots = nr;
}

static void ring_count_dropped(struct fraktor_ring *ring)
{
	WRITE_ONCE(ring->tail, ring->tail + 1);
	WRITE_ONCE(ring->meta->dropped_total, ring->meta->dropped_total + 1);
}

/*
 * The reader's page holds nonsense: go on from what was last believable, and
 * put that there, so that a reader that comes to its senses finds its place.
 */
static void ring_count_poisoned(struct fraktor_ring *ring)
{
	WRITE_ONCE(ring->consumer->tail, ring->tail);
	WRITE_ONCE(ring->meta->poisoned_total, ring->meta->poisoned_total + 1);
}

bool fraktor_ring_make_room(struct fraktor_ring *ring)
{
	/* Pairs with the reader's release of tail: its copies are finished. */
	u64 tail = smp_load_acquire(&ring->consumer->tail);
	u64 found;

	if (fraktor_ring_believes(ring, tail)) {
		WRITE_ONCE(ring->tail, tail);
		if (!fraktor_ring_is_full(ring))
			return false;
		found = cmpxchg(&ring->consumer->tail, tail, tail + 1);
		if (found == tail) {
			ring_count_dropped(ring);
			return true;
		}
		if (fraktor_ring_believes(ring, found) && found != tail) {
			WRITE_ONCE(ring->tail, found);
			return false;
		}
	}
	ring_count_dropped(ring);
	ring_count_poisoned(ring);
	return true;
}

bool fraktor_ring_pop(struct fraktor_ring *ring, struct fraktor_tick *ret_tick)
{
	u64 tail = READ_ONCE(ring->consumer->tail);
	u64 found;

	for (;;) {
		if (!fraktor_ring_believes(ring, tail)) {
			ring_count_poisoned(ring);
			tail = ring->tail;
		}
		WRITE_ONCE(ring->tail, tail);
		if (tail == ring->head)
			return false;
		*ret_tick = ring->slots[(tail + 1) & ring->mask];
		found = cmpxchg(&ring->consumer->tail, tail, tail + 1);
		if (found == tail)
			break;
		/*
		 * The mapping's owner moved the tail.  Forward is its right and
		 * ends at the head; anything else is nonsense, and this reader
		 * stops believing it after one correction.
		 */
		if (found - tail > ring->head - tail) {
			WRITE_ONCE(ring->tail, tail + 1);
			ring_count_poisoned(ring);
			return true;
		}
		tail = found;
	}
	WRITE_ONCE(ring->tail, tail + 1);
	return true;
}

const struct fraktor_tick *fraktor_ring_peek(const struct fraktor_ring *ring)
{
	u64 tail = READ_ONCE(ring->consumer->tail);

	if (!fraktor_ring_believes(ring, tail))
		tail = ring->tail;
	return tail == ring->head ? NULL : &ring->slots[(tail + 1) & ring->mask];
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of ticks that a reader maps: arithmetic and memory ordering only.
 * It knows no file, no timer, no lock and no allocation, and is compiled in
 * user space too.
 */
#ifndef FRAKTOR_RING_H
#define FRAKTOR_RING_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <linux/fraktor.h>

/**
 * struct fraktor_ring - the producer's side of a ring
 * @meta: mapped read-only into the reader.
 * @consumer: mapped writable into the reader: nothing in it is trusted.
 * @slots: mapped read-only into the reader.
 * @mask: number of slots - 1.
 * @head: number of the newest record; @meta->head is its published copy.
 * @tail: newest number known to be consumed or dropped, as far as it was
 *	believable: @head - @tail never exceeds the number of slots.
 *
 * Calls that change a ring are serialised by the caller.
 */
struct fraktor_ring {
	struct fraktor_meta *meta;
	struct fraktor_consumer *consumer;
	struct fraktor_tick *slots;
	u32 mask;
	u64 head;
	u64 tail;
};

/**
 * fraktor_ring_init() - describe an empty ring
 * @ring: the ring.
 * @meta: zeroed; its lengths and features are the caller's to fill.
 * @consumer: zeroed.
 * @slots: zeroed; @nr of them.
 * @nr: a power of two.
 */
void fraktor_ring_init(struct fraktor_ring *ring, struct fraktor_meta *meta,
		       struct fraktor_consumer *consumer,
		       struct fraktor_tick *slots, u32 nr);

/**
 * fraktor_ring_believes() - could the reader have come so far?
 * @ring: the ring.
 * @tail: what stands in the reader's page.
 *
 * Return: whether it lies between what was consumed before and the newest
 * record.
 */
static inline bool fraktor_ring_believes(const struct fraktor_ring *ring, u64 tail)
{
	return tail - ring->tail <= ring->head - ring->tail;
}

/**
 * fraktor_ring_is_full() - is there no room, as far as is known?
 * @ring: the ring.
 *
 * Return: whether fraktor_ring_make_room() has to look.
 */
static inline bool fraktor_ring_is_full(const struct fraktor_ring *ring)
{
	return ring->head - ring->tail > ring->mask;
}

/**
 * fraktor_ring_make_room() - find out what the reader has consumed; if that is
 *	nothing, take the oldest record away from it
 * @ring: it seems to be full.
 *
 * One attempt: a reader that moves meanwhile has made room itself.
 *
 * Return: whether a record was dropped.
 */
bool fraktor_ring_make_room(struct fraktor_ring *ring);

/**
 * fraktor_ring_put() - add a record
 * @ring: the ring; there is room in it.
 * @tick: the record; its @seq is ignored.
 */
static inline void fraktor_ring_put(struct fraktor_ring *ring,
				    const struct fraktor_tick *tick)
{
	u64 seq = ring->head + 1;
	struct fraktor_tick *slot = &ring->slots[seq & ring->mask];

	WRITE_ONCE(slot->seq, 0);
	/* A reader that sees any of the new fields sees the number gone. */
	smp_wmb();
	WRITE_ONCE(slot->deadline_ns, tick->deadline_ns);
	WRITE_ONCE(slot->fired_ns, tick->fired_ns);
	WRITE_ONCE(slot->periods, tick->periods);
	WRITE_ONCE(slot->source, tick->source);
	WRITE_ONCE(slot->flags, tick->flags);
	/* Pairs with the reader's acquire of the slot's number. */
	smp_store_release(&slot->seq, seq);
	WRITE_ONCE(ring->head, seq);
	/* Pairs with the reader's acquire of the head. */
	smp_store_release(&ring->meta->head, seq);
}

/**
 * fraktor_ring_pop() - take the oldest record, on behalf of read(2)
 * @ring: the ring.
 * @ret_tick: the record.
 *
 * A reader that consumes through the mapping at the same time is fine: each
 * record goes to one of them.
 *
 * Return: whether there was one.
 */
bool fraktor_ring_pop(struct fraktor_ring *ring, struct fraktor_tick *ret_tick);

/**
 * fraktor_ring_look() - look at the oldest record as the mapping's owner does
 * @ring: the ring.
 * @ret_tail: for fraktor_ring_claim().
 * @ret_tick: the record.
 *
 * Needs no serialisation and changes nothing.  The producer may overwrite what
 * is looked at: read each field once, and believe it after fraktor_ring_claim()
 * only.
 *
 * Return: false if there is none or something is out of the ordinary: ask
 * fraktor_ring_pop().
 */
static inline bool fraktor_ring_look(const struct fraktor_ring *ring,
				     u64 *ret_tail,
				     const struct fraktor_tick **ret_tick)
{
	u64 tail = READ_ONCE(ring->consumer->tail);
	const struct fraktor_tick *slot = &ring->slots[(tail + 1) & ring->mask];

	/* The page is the reader's to write; who sets its tail back fools itself. */
	if (unlikely(tail - READ_ONCE(ring->tail) > ring->mask))
		return false;
	/* Pairs with the release of the number in fraktor_ring_put(). */
	if (unlikely(smp_load_acquire(&slot->seq) != tail + 1))
		return false;
	*ret_tail = tail;
	*ret_tick = slot;
	return true;
}

/**
 * fraktor_ring_claim() - take the record that was looked at
 * @ring: the ring.
 * @tail: from fraktor_ring_look().
 *
 * Changes nothing but the reader's page: the producer finds out as it does with
 * any reader.
 *
 * Return: whether it is the caller's, and what was read of it is whole, unless
 * the reader itself has set its tail back meanwhile.
 */
static inline bool fraktor_ring_claim(struct fraktor_ring *ring, u64 tail)
{
	/*
	 * The producer moves the tail before it overwrites a slot, and then
	 * this fails.  A full barrier: what was read stays in front of it.
	 */
	return cmpxchg(&ring->consumer->tail, tail, tail + 1) == tail;
}

/**
 * fraktor_ring_peek() - look at the oldest record
 * @ring: the ring.
 *
 * A reader that consumes through the mapping may take it away meanwhile.
 *
 * Return: the record, or NULL if there is none.
 */
const struct fraktor_tick *fraktor_ring_peek(const struct fraktor_ring *ring);

/**
 * fraktor_ring_available() - records that wait for the reader
 * @ring: the ring.
 *
 * May be called without serialisation; it is then a hint.
 */
static inline u64 fraktor_ring_available(const struct fraktor_ring *ring)
{
	u64 tail = READ_ONCE(ring->consumer->tail);
	u64 base = READ_ONCE(ring->tail);
	/* Pairs with the release in fraktor_ring_put(). */
	u64 head = smp_load_acquire(&ring->meta->head);

	if (tail - base > head - base)
		tail = base;
	return head - tail;
}

#endif /* FRAKTOR_RING_H */

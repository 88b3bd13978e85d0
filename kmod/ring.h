/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring of ticks that a reader maps: arithmetic and memory ordering only.
 * It knows no file, no timer, no lock and no allocation, and is compiled in
 * user space too.
 */
#ifndef FRAKTOR_RING_H
#define FRAKTOR_RING_H

#include <linux/types.h>
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
 * fraktor_ring_push() - add a record; the oldest goes if there is no room
 * @ring: the ring.
 * @tick: the record; its @seq is ignored.
 *
 * Return: whether a record was dropped.
 */
bool fraktor_ring_push(struct fraktor_ring *ring,
		       const struct fraktor_tick *tick);

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
 * fraktor_ring_available() - records that wait for the reader
 * @ring: the ring.
 *
 * May be called without serialisation; it is then a hint.
 */
u64 fraktor_ring_available(const struct fraktor_ring *ring);

#endif /* FRAKTOR_RING_H */

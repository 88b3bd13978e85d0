/* SPDX-License-Identifier: MIT */
/*
 * shared_ring.h - a ring of ticks that any number of producers fill, signal
 * handlers among them, and one reader empties: drop-oldest, in the order in
 * which the producers came.  feed.h is for the one producer that most drivers
 * have.  Arithmetic and memory ordering only: no file, no thread, no clock.
 *
 * Who may push: any thread, any number at once, also a signal handler that
 * interrupts a push.  A push takes no lock, waits for nobody and allocates
 * nothing; its work does not depend on what is in the ring.
 *
 * At rest: records pushed = popped + dropped + left in the ring.
 */
#ifndef FRKI_TICK_SHARED_RING_H
#define FRKI_TICK_SHARED_RING_H

#include <stdbool.h>
#include <stddef.h>

#include <fraktor/tick.h>

/**
 * struct frki_shared_slot - room for a tick
 * @seq: its number; with FRKI_SHARED_BUSY while it is being written.
 * @lost: the newest number that was to be written here and could not.
 * @word: the tick without its number.
 */
struct frki_shared_slot {
	uint64_t seq;
	uint64_t lost;
	uint64_t word[3];
};

#define FRKI_SHARED_BUSY (1ULL << 63)

/**
 * struct frki_shared_ring - the ring
 * @slots: @mask + 1 of them.
 * @mask: number of slots - 1.
 * @head: the newest number given to a producer.
 * @tail: the newest number popped or dropped.
 * @dropped: how many were dropped.
 */
struct frki_shared_ring {
	struct frki_shared_slot *slots;
	uint64_t mask;
	uint64_t head __attribute__((aligned(64)));
	uint64_t tail __attribute__((aligned(64)));
	uint64_t dropped;
};

/**
 * frki_shared_ring_init() - make an empty ring
 * @ring: the ring.
 * @slots: zeroed memory of @n slots.
 * @n: a power of two.
 */
void frki_shared_ring_init(struct frki_shared_ring *ring, struct frki_shared_slot *slots,
			   uint32_t n);

/**
 * frki_shared_ring_push() - add a tick; the oldest goes if there is no room
 * @ring: the ring.
 * @tick: the tick; its seq is ignored.
 *
 * Any thread, async-signal-safe.  If the slot that comes next belongs to a
 * producer that has been interrupted for a whole turn of the ring, this tick is
 * the one that is dropped.
 */
void frki_shared_ring_push(struct frki_shared_ring *ring, const struct frk_tick *tick);

/**
 * frki_shared_ring_pop() - take the oldest tick
 * @ring: the ring.
 * @ret_tick: the tick, with its number.
 *
 * The reader only.  Behind a producer that is in the middle of a push nothing is
 * to be had; it says so itself when it is done.
 *
 * Return: whether there was one.
 */
bool frki_shared_ring_pop(struct frki_shared_ring *ring, struct frk_tick *ret_tick);

/**
 * frki_shared_ring_drain() - take ticks as a driver's drain does
 * @ring: the ring.
 * @over: whether there will be no more than are in the ring by now.
 * @data: for @over.
 * @ret_ticks: room for @n.
 * @n: how many at most.
 *
 * The reader only.
 *
 * Return: how many; 0 for none now; -ESHUTDOWN for none any more.
 */
int frki_shared_ring_drain(struct frki_shared_ring *ring, bool (*over)(const void *data),
			   const void *data, struct frk_tick *ret_ticks, size_t n);

/**
 * frki_shared_ring_ready() - would a pop return a tick?
 * @ring: the ring.
 */
bool frki_shared_ring_ready(const struct frki_shared_ring *ring);

/**
 * frki_shared_ring_dropped() - ticks lost because the ring was full
 * @ring: the ring.  Any thread.
 */
uint64_t frki_shared_ring_dropped(const struct frki_shared_ring *ring);

#endif /* FRKI_TICK_SHARED_RING_H */

/* SPDX-License-Identifier: MIT */
/*
 * heap_ring.h - what all drivers in user space have in common: a ring in memory
 * that one thread fills, and a doorbell that wakes its reader.  ring_map.h is
 * its counterpart for the ring that the kernel fills.  Knows no clock and no
 * thread.
 */
#ifndef FRKI_TICK_HEAP_RING_H
#define FRKI_TICK_HEAP_RING_H

#include <assert.h>
#include <stddef.h>

#include "tick/doorbell.h"
#include "tick/feed.h"

/**
 * struct frki_heap_ring - the ring of a user-space driver
 * @memory: of the ring.
 * @feed: the reader's side.
 * @writer: the producer's side.
 * @bell: wakes the reader.
 */
struct frki_heap_ring {
	void *memory;
	struct frki_feed feed;
	struct frki_feed_writer writer;
	struct frki_doorbell bell;
};

/**
 * frki_heap_ring_open() - an empty ring of a line that does not run yet
 * @ring: the ring.
 * @slots: number of slots, a power of two.
 * @driver: name of the driver, for errors.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0; -ENOMEM; a negative errno of eventfd(2).  On failure nothing is
 * left behind.
 */
int frki_heap_ring_open(struct frki_heap_ring *ring, uint32_t slots, const char *driver,
			struct frk_error *error);

/**
 * frki_heap_ring_close() - give everything back
 * @ring: an open ring nobody uses any more.
 */
void frki_heap_ring_close(struct frki_heap_ring *ring);

/**
 * frki_heap_ring_push() - add a record and wake the reader if it sleeps
 * @ring: the ring.  The producer only.
 * @tick: the record; its seq is ignored.
 */
void frki_heap_ring_push(struct frki_heap_ring *ring, const struct fraktor_tick *tick);

/**
 * frki_heap_ring_set_state() - the line runs, or has stopped
 * @ring: the ring.
 * @state: enum fraktor_state.
 *
 * A reader that sleeps is woken, to find that out.
 */
void frki_heap_ring_set_state(struct frki_heap_ring *ring, uint32_t state);

/*
 * Functions for the table of a driver whose state begins with its ring, and that has
 * nothing of its own to do there: FRKI_HEAP_RING_OPS names them all.
 */
int frki_heap_ring_drain(void *state, struct frk_tick *ret_ticks, size_t n);
int frki_heap_ring_wait(void *state);
void frki_heap_ring_wake(void *state);
uint64_t frki_heap_ring_dropped(const void *state);

#define FRKI_HEAP_RING_OPS                                                     \
	.drain = frki_heap_ring_drain, .wait = frki_heap_ring_wait,            \
	.wake = frki_heap_ring_wake, .dropped = frki_heap_ring_dropped

/* The ring is where these functions look for it. */
#define FRKI_HEAP_RING_FIRST(state) \
	static_assert(offsetof(state, ring) == 0, "the ring comes first")

#endif /* FRKI_TICK_HEAP_RING_H */

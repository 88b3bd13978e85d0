/* SPDX-License-Identifier: MIT */
/*
 * heap_ring.c - the ring and the doorbell of a driver in user space.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tick/heap_ring.h"

#define CACHE_LINE 64

int frki_heap_ring_open(struct frki_heap_ring *ring, uint32_t slots, const char *driver,
			struct frk_error *error)
{
	size_t bytes = frki_feed_bytes(slots);
	int err;

	if (posix_memalign(&ring->memory, CACHE_LINE, bytes))
		return frki_error_set(error, -ENOMEM, driver, "malloc",
				      "no memory for %u slots", slots);
	memset(ring->memory, 0, bytes);
	frki_feed_init(ring->memory, slots, &ring->feed, &ring->writer);
	err = frki_doorbell_init(&ring->bell);
	if (!err)
		return 0;
	free(ring->memory);
	return frki_error_set(error, err, driver, "eventfd",
			      "no file descriptor to be woken by");
}

void frki_heap_ring_close(struct frki_heap_ring *ring)
{
	frki_doorbell_fini(&ring->bell);
	free(ring->memory);
}

void frki_heap_ring_push(struct frki_heap_ring *ring, const struct fraktor_tick *tick)
{
	frki_feed_push(&ring->writer, tick);
	frki_doorbell_push(&ring->bell);
}

void frki_heap_ring_set_state(struct frki_heap_ring *ring, uint32_t state)
{
	frki_feed_set_state(&ring->writer, state);
	frki_doorbell_push(&ring->bell);
}

int frki_heap_ring_drain(void *state, struct frk_tick *ret_ticks, size_t n)
{
	struct frki_heap_ring *ring = state;

	return frki_feed_drain(&ring->feed, ret_ticks, n);
}

static bool heap_ring_ready(const void *data)
{
	return frki_feed_ready(data);
}

int frki_heap_ring_wait(void *state)
{
	struct frki_heap_ring *ring = state;

	return frki_doorbell_wait(&ring->bell, heap_ring_ready, &ring->feed);
}

void frki_heap_ring_wake(void *state)
{
	struct frki_heap_ring *ring = state;

	frki_doorbell_wake(&ring->bell);
}

uint64_t frki_heap_ring_dropped(const void *state)
{
	const struct frki_heap_ring *ring = state;

	return frki_feed_dropped(&ring->feed);
}

/* SPDX-License-Identifier: MIT */
/*
 * drain.c - a backlog, taken from a ring in batches; for counting instructions:
 *
 *   valgrind --tool=callgrind --toggle-collect=frki_feed_drain build/bench/drain
 */
#include <stdio.h>
#include <stdlib.h>

#include "tick/heap_ring.h"

#define SLOTS 4096
#define ROUNDS 16

static unsigned long drain_all(struct frki_feed *feed, struct frk_tick *ticks,
			       size_t batch)
{
	unsigned long drained = 0;
	int n;

	while ((n = frki_feed_drain(feed, ticks, batch)) > 0)
		drained += (unsigned long)n;
	return drained;
}

int main(int argc, char **argv)
{
	long batch = argc > 1 ? strtol(argv[1], NULL, 10) : 64;
	struct frki_heap_ring ring;
	static struct frk_tick ticks[SLOTS];
	unsigned long drained = 0;

	if (batch < 1 || batch > SLOTS) {
		fprintf(stderr, "usage: drain [BATCH]\n");
		return 2;
	}
	if (frki_heap_ring_open(&ring, SLOTS, "drain", NULL))
		return 1;
	frki_heap_ring_set_state(&ring, FRAKTOR_STATE_RUNNING);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint64_t i = 0; i < SLOTS; i++)
			frki_heap_ring_push(&ring,
					    &(struct fraktor_tick){ .deadline_ns = i });
		drained += drain_all(&ring.feed, ticks, (size_t)batch);
	}
	frki_heap_ring_close(&ring);
	printf("%lu\n", drained);
	return drained != (unsigned long)SLOTS * ROUNDS;
}

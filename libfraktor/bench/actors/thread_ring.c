// SPDX-License-Identifier: MIT
/* thread_ring.c - Savina's ThreadRing: a token goes N hops through a ring of 100. */
#include <string.h>

#include "bench.h"

#define RING 100U

enum { TOKEN = FRK_MESSAGE_USER };

static struct frk_pid next[RING];
static uint32_t numbers[RING];
static uint64_t hops;

static int pass(struct frk_context *context, const struct frk_message *message)
{
	const uint32_t *number = frk_context_state(context);
	uint64_t left;

	if (message->kind != TOKEN)
		return 0;
	memcpy(&left, message->payload, sizeof(left));
	hops++;
	if (!--left)
		bench_end(context, bench_n, hops == bench_n);
	else
		bench_send(context, next[*number], TOKEN, &left, sizeof(left));
	return 0;
}

static int begin(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	for (uint32_t i = 0; i < RING; i++) {
		numbers[i] = i;
		next[(i + RING - 1) % RING] = bench_spawn_actor(context, pass, &numbers[i]);
	}
	bench_begin();
	bench_send(context, next[0], TOKEN, &bench_n, sizeof(bench_n));
	return 0;
}

const struct bench_program bench_thread_ring = {
	.name = "thread-ring", .n = 1000000, .receive = begin, .actors = RING + 1,
};

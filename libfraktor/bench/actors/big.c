// SPDX-License-Identifier: MIT
/* big.c - Savina's Big: each of 120 actors asks another one, at random, N times. */
#include "bench.h"

#define ACTORS 120U

enum { BEGIN = FRK_MESSAGE_USER, PING, PONG, DONE };

struct member {
	uint32_t seed;
	uint64_t pings, pongs;
};

static struct member members[ACTORS];
static struct frk_pid pids[ACTORS];
static struct frk_pid first;
static uint32_t ready;

static void ping(struct frk_context *context, struct member *member)
{
	bench_send(context, pids[bench_random(&member->seed) % ACTORS], PING, NULL, 0);
}

static int talk(struct frk_context *context, const struct frk_message *message)
{
	struct member *member = frk_context_state(context);

	switch (message->kind) {
	case BEGIN:
		ping(context, member);
		break;
	case PING:
		member->pings++;
		bench_send(context, message->sender, PONG, NULL, 0);
		break;
	case PONG:
		if (++member->pongs == bench_n)
			bench_send(context, first, DONE, NULL, 0);
		else
			ping(context, member);
		break;
	default:
		break;
	}
	return 0;
}

static void finish(struct frk_context *context)
{
	uint64_t pings = 0, pongs = 0;

	for (uint32_t i = 0; i < ACTORS; i++) {
		pings += members[i].pings;
		pongs += members[i].pongs;
	}
	bench_end(context, 2 * bench_n * ACTORS,
		  pings == bench_n * ACTORS && pongs == bench_n * ACTORS);
}

static int big(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		first = frk_context_self(context);
		for (uint32_t i = 0; i < ACTORS; i++) {
			members[i].seed = i;
			pids[i] = bench_spawn_actor(context, talk, &members[i]);
		}
		bench_begin();
		for (uint32_t i = 0; i < ACTORS; i++)
			bench_send(context, pids[i], BEGIN, NULL, 0);
	} else if (message->kind == DONE && ++ready == ACTORS) {
		finish(context);
	}
	return 0;
}

const struct bench_program bench_big = {
	.name = "big", .n = 20000, .receive = big, .actors = ACTORS + 1,
};

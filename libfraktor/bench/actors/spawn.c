// SPDX-License-Identifier: MIT
/* spawn.c - N actors begin, say so, and end; a burst of them at once. */
#include "bench.h"

enum { HERE = FRK_MESSAGE_USER };

static struct frk_pid first;
static uint64_t spawned, here;

static int live(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	bench_send(context, first, HERE, NULL, 0);
	frk_context_stop(context);
	return 0;
}

static int spawn(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		first = frk_context_self(context);
		bench_begin();
	} else if (message->kind != HERE || (++here % BENCH_BURST && here != bench_n)) {
		return 0;
	}
	if (here == bench_n)
		bench_end(context, bench_n, spawned == bench_n);
	for (unsigned int i = 0; i < BENCH_BURST && spawned < bench_n; i++, spawned++)
		bench_spawn_actor(context, live, NULL);
	return 0;
}

const struct bench_program bench_spawn = {
	.name = "spawn-stop", .n = 1000000, .receive = spawn,
	.actors = 1 + 2 * BENCH_BURST,
};

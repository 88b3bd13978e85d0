// SPDX-License-Identifier: MIT
/* fan_in.c - four actors send to one, N messages in all. */
#include "bench.h"

#define SENDERS 4U

enum { ITEM = FRK_MESSAGE_USER, LAST, TAKEN };

static struct frk_pid sink;
static uint64_t sent[SENDERS], items;

static void burst(struct frk_context *context, uint64_t *count)
{
	for (unsigned int i = 1; i <= BENCH_BURST; i++, ++*count)
		bench_send(context, sink, i == BENCH_BURST ? LAST : ITEM, NULL, 0);
}

static int feed(struct frk_context *context, const struct frk_message *message)
{
	uint64_t *count = frk_context_state(context);

	if (message->kind != FRK_MESSAGE_STARTED && message->kind != TAKEN)
		return 0;
	if (*count < bench_n / SENDERS)
		burst(context, count);
	return 0;
}

static int take(struct frk_context *context, const struct frk_message *message)
{
	uint64_t right = bench_n / SENDERS / BENCH_BURST * BENCH_BURST * SENDERS;

	if (message->kind == FRK_MESSAGE_STARTED) {
		sink = frk_context_self(context);
		bench_begin();
		for (uint32_t i = 0; i < SENDERS; i++)
			bench_spawn_actor(context, feed, &sent[i]);
	}
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	items++;
	if (message->kind == LAST)
		bench_send(context, message->sender, TAKEN, NULL, 0);
	if (items == right)
		bench_end(context, items, right == bench_n);
	return 0;
}

const struct bench_program bench_fan_in = {
	.name = "fan-in", .n = 4000000, .receive = take, .actors = SENDERS + 1,
};

// SPDX-License-Identifier: MIT
/* counting.c - Savina's Counting: one actor sends N messages, another counts them. */
#include "bench.h"

enum { INCREMENT = FRK_MESSAGE_USER, TAKEN };

static struct frk_pid counter;
static uint64_t sent, counted;

static int count(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == INCREMENT && (++counted % BENCH_BURST == 0 || counted == bench_n))
		bench_send(context, message->sender, TAKEN, NULL, 0);
	return 0;
}

static int produce(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		counter = bench_spawn_actor(context, count, NULL);
		bench_begin();
	} else if (message->kind != TAKEN) {
		return 0;
	}
	if (sent == bench_n)
		bench_end(context, bench_n, counted == bench_n);
	for (unsigned int i = 0; i < BENCH_BURST && sent < bench_n; i++, sent++)
		bench_send(context, counter, INCREMENT, NULL, 0);
	return 0;
}

const struct bench_program bench_counting = {
	.name = "counting", .n = 1000000, .receive = produce, .actors = 2,
};

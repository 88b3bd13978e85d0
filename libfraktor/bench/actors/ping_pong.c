// SPDX-License-Identifier: MIT
/* ping_pong.c - Savina's PingPong: N times there and back. */
#include "bench.h"

enum { PING = FRK_MESSAGE_USER, PONG };

static struct frk_pid ponger;
static uint64_t pings, pongs;

static int pong(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == PING) {
		pings++;
		bench_send(context, message->sender, PONG, NULL, 0);
	}
	return 0;
}

static int ping(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		ponger = bench_spawn_actor(context, pong, NULL);
		bench_begin();
	} else if (message->kind != PONG || ++pongs == bench_n) {
		if (message->kind == PONG)
			bench_end(context, 2 * bench_n, pings == bench_n);
		return 0;
	}
	bench_send(context, ponger, PING, NULL, 0);
	return 0;
}

const struct bench_program bench_ping_pong = {
	.name = "ping-pong", .n = 1000000, .receive = ping, .actors = 2,
};

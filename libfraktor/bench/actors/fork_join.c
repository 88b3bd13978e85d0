// SPDX-License-Identifier: MIT
/* fork_join.c - Savina's fork-join throughput: N messages to each of 60 actors, which
 * compute a little. */
#include "bench.h"

#define WORKERS 60U

enum { WORK = FRK_MESSAGE_USER, TAKEN };

struct worker {
	uint64_t taken;
	double result;
};

static struct worker workers[WORKERS];
static struct frk_pid pids[WORKERS];
static uint64_t sent, taken, waiting;

static int work(struct frk_context *context, const struct frk_message *message)
{
	struct worker *worker = frk_context_state(context);

	if (message->kind != WORK)
		return 0;
	worker->result = (worker->result + 37.2) * 0.5;
	if (++worker->taken % BENCH_BURST == 0 || worker->taken == bench_n)
		bench_send(context, message->sender, TAKEN, NULL, 0);
	return 0;
}

static void send_bursts(struct frk_context *context)
{
	for (unsigned int i = 0; i < BENCH_BURST && sent < bench_n; i++, sent++)
		for (uint32_t k = 0; k < WORKERS; k++)
			bench_send(context, pids[k], WORK, NULL, 0);
	waiting = WORKERS;
}

static int fork_join(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		for (uint32_t i = 0; i < WORKERS; i++)
			pids[i] = bench_spawn_actor(context, work, &workers[i]);
		bench_begin();
		send_bursts(context);
	} else if (message->kind == TAKEN && !--waiting) {
		if (sent < bench_n) {
			send_bursts(context);
			return 0;
		}
		for (uint32_t i = 0; i < WORKERS; i++)
			taken += workers[i].taken;
		bench_end(context, bench_n * WORKERS, taken == bench_n * WORKERS);
	}
	return 0;
}

const struct bench_program bench_fork_join = {
	.name = "fork-join", .n = 10000, .receive = fork_join, .actors = WORKERS + 1,
};

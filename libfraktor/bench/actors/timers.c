// SPDX-License-Identifier: MIT
/*
 * timers.c - N actors with a periodic timer each, every 10 ms for five seconds.  A timer is
 * due at a time; a tick of 1 ms is the first not before that, and the next one is what the
 * work may take: what is handled two milliseconds after its due time or later is late.
 */
#include <errno.h>
#include <stdio.h>

#include "bench.h"

#define INTERVAL_NS FRK_MS(10)
#define LATE_NS FRK_MS(2)
#define TIMES 500U
#define MOST 1000000U

enum { DUE = FRK_MESSAGE_USER, DONE };

static struct frk_pid first;
static uint64_t counts[MOST];
static uint64_t done, fired, late, missed, worst_ns;

static int beat(struct frk_context *context, const struct frk_message *message)
{
	uint64_t *count = frk_context_state(context);
	uint64_t late_ns;

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, DUE, INTERVAL_NS, NULL);
	if (message->kind != DUE || *count >= TIMES)
		return 0;
	late_ns = bench_now_ns() - message->deadline_ns;
	fired++;
	missed += message->count - *count - 1;
	late += late_ns > LATE_NS;
	if (late_ns > worst_ns)
		worst_ns = late_ns;
	*count = message->count;
	if (*count >= TIMES)
		bench_send(context, first, DONE, NULL, 0);
	return 0;
}

static int begin(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		first = frk_context_self(context);
		bench_must(bench_n > MOST ? -ENOBUFS : 0);
		bench_begin();
		for (uint64_t i = 0; i < bench_n; i++)
			bench_spawn_actor(context, beat, &counts[i]);
	} else if (message->kind == DONE && ++done == bench_n) {
		/* All that were due were seen or counted as missed. */
		bench_end(context, fired, fired + missed >= bench_n * TIMES);
	}
	return 0;
}

static void detail(struct frk_system *system)
{
	struct frk_timer_stats stats = { 0 };

	frk_system_get_timers(system, &stats);
	printf(",\"late\":%llu,\"missed\":%llu,\"worst_ns\":%llu,\"late_ticks\":%llu",
	       (unsigned long long)late, (unsigned long long)missed,
	       (unsigned long long)worst_ns, (unsigned long long)stats.late_total);
}

const struct bench_program bench_timers = {
	.name = "timers", .n = 10000, .receive = begin, .actors = 2, .actors_percent = 100,
	.messages_percent = 100, .timers_percent = 100, .detail = detail,
};

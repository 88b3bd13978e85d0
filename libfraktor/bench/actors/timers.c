// SPDX-License-Identifier: MIT
/*
 * timers.c - N actors with a periodic timer each, every 10 ms for five seconds; their due
 * times are spread over the interval.  A timer is due at a time; a tick of 1 ms is the first
 * not before that, and the next one is what the work may take: what is handled two
 * milliseconds after its due time or later is late.
 */
#include <errno.h>
#include <stdio.h>

#include "bench.h"

#define INTERVAL_NS FRK_MS(10)
#define LATE_NS FRK_MS(2)
/* By then all of them have begun. */
#define FIRST_NS (5 * INTERVAL_NS)
#define TIMES 500U
#define MOST 1000000U

enum { DUE = FRK_MESSAGE_USER, DONE, BEGIN };

static struct frk_pid first;
static uint64_t counts[MOST];
static uint64_t base_ns, done, fired, late, missed, worst_ns;

/* Of N, each is due one of N parts of the interval after the one before, however long it
 * took to begin. */
static int begin_to_beat(struct frk_context *context, const uint64_t *count)
{
	uint64_t phase_ns = (uint64_t)(count - counts) * INTERVAL_NS / bench_n;
	uint64_t passed_ns = (frk_context_now_ns(context) - base_ns) % INTERVAL_NS;
	const struct frk_timer_opts opts = FRK_TIMER_OPTS(
		.kind = DUE, .mode = FRK_TIMER_SKIP, .interval_ns = INTERVAL_NS,
		.delay_ns = FIRST_NS +
			    (INTERVAL_NS + phase_ns - passed_ns) % INTERVAL_NS);

	return frk_context_schedule(context, &opts, NULL);
}

static int beat(struct frk_context *context, const struct frk_message *message)
{
	uint64_t *count = frk_context_state(context);
	uint64_t late_ns;

	if (message->kind == FRK_MESSAGE_STARTED)
		return begin_to_beat(context, count);
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
	/* There is no time before the first tick. */
	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_after(context, BEGIN, INTERVAL_NS, NULL);
	if (message->kind == BEGIN) {
		first = frk_context_self(context);
		bench_must(bench_n > MOST ? -ENOBUFS : 0);
		base_ns = frk_context_now_ns(context);
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

// SPDX-License-Identifier: MIT
/*
 * idle.c - what N actors that have nothing to do take.  Once for all at build time is the
 * library's way: its memory is that of a system with room for N actors, less that of one
 * with room for few, for nothing is allocated later.
 */
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

#define FEW 64U

enum { HERE = FRK_MESSAGE_USER };

static uint64_t here, rss_few, rss_many, heap_few, heap_many;
static struct frk_pid first;

static uint64_t heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static uint64_t rss(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file) {
		if (fscanf(file, "%*u %lu", &pages) != 1)
			pages = 0;
		fclose(file);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static int rest(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED)
		bench_send(context, first, HERE, NULL, 0);
	return 0;
}

/* A system like ours, but with fewer actors; what it takes is given back. */
static void measure(uint32_t actors, uint64_t *ret_heap, uint64_t *ret_rss)
{
	const struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors_max = actors, .watches_max = 64,
		.quiet = 1);
	uint64_t heap_before = heap(), rss_before = rss();
	struct frk_system *system = NULL;

	bench_must(frk_system_build(&opts, &system));
	*ret_heap = heap() - heap_before;
	*ret_rss = rss() - rss_before;
	frk_system_unref(system);
}

static int begin(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == FRK_MESSAGE_STARTED) {
		first = frk_context_self(context);
		measure(FEW, &heap_few, &rss_few);
		measure((uint32_t)bench_n + FEW, &heap_many, &rss_many);
		bench_begin();
		for (uint64_t i = 0; i < bench_n; i++)
			bench_spawn_actor(context, rest, NULL);
	} else if (message->kind == HERE && ++here == bench_n) {
		bench_end(context, bench_n, true);
	}
	return 0;
}

static void detail(struct frk_system *system)
{
	(void)system;
	printf(",\"bytes\":%.1f,\"rss_bytes\":%.1f",
	       (double)(heap_many - heap_few) / (double)bench_n,
	       (double)(rss_many - rss_few) / (double)bench_n);
}

const struct bench_program bench_idle = {
	.name = "idle", .n = 100000, .receive = begin, .actors = 2, .actors_percent = 100,
	.messages_percent = 100, .detail = detail,
};

// SPDX-License-Identifier: MIT
/*
 * fraktor.c - timers as actors have them: nanoseconds, modes, logical time from
 * ticks of 1 ms.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench.h"
#include "sched/timer.h"

#define MS 1000000U

/* In a cache line of its own, as in a job. */
struct slot {
	_Alignas(64) struct frki_timer timer;
};

static struct frki_scheduler scheduler;
static struct slot *slots;

static void tick(void)
{
	struct frk_tick one = { .deadline_ns = bench_now_ms() * MS, .periods = 1 };

	frki_scheduler_tick(&scheduler, &one);
}

static int open_fraktor(uint32_t n)
{
	slots = aligned_alloc(64, (size_t)n * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	frki_scheduler_init(&scheduler, MS);
	tick();
	for (uint32_t i = 0; i < n; i++)
		frki_timer_init(&slots[i].timer);
	return 0;
}

static void set(uint32_t i, uint64_t delay_ms)
{
	struct frki_timer_opts opts = { .delay_ns = delay_ms * MS };

	frki_timer_arm(&slots[i].timer, &scheduler, &opts);
}

static void clear(uint32_t i)
{
	frki_timer_cancel(&slots[i].timer, &scheduler);
}

static void advance(void)
{
	unsigned int budget = UINT32_MAX;
	struct frki_firing firing;
	struct frki_timer *timer;

	tick();
	while ((timer = frki_timer_pop(&scheduler, &budget, &firing)))
		bench_fired((uint32_t)((struct slot *)timer - slots));
}

static void close_fraktor(void)
{
	free(slots);
}

const struct bench_engine bench_fraktor = {
	.name = "fraktor",
	.timer_bytes = sizeof(struct slot),
	.open = open_fraktor,
	.set = set,
	.clear = clear,
	.advance = advance,
	.close = close_fraktor,
};

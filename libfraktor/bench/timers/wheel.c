// SPDX-License-Identifier: MIT
/*
 * wheel.c - the wheel alone, ticks of 1 ms: what is compared to other wheels.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench.h"
#include "sched/wheel.h"

static struct frki_wheel wheel;
static struct frki_wheel_node *nodes;

static int open_wheel(uint32_t n)
{
	nodes = aligned_alloc(64, ((size_t)n * sizeof(*nodes) + 63) / 64 * 64);
	if (!nodes)
		return -ENOMEM;
	frki_wheel_init(&wheel, bench_now_ms());
	for (uint32_t i = 0; i < n; i++)
		frki_wheel_node_init(&nodes[i]);
	return 0;
}

static void set(uint32_t i, uint64_t delay_ms)
{
	frki_wheel_add(&wheel, &nodes[i], bench_now_ms() + delay_ms);
}

static void clear(uint32_t i)
{
	frki_wheel_cancel(&wheel, &nodes[i]);
}

static void advance(void)
{
	unsigned int budget = UINT32_MAX;
	struct frki_wheel_node *node;

	while ((node = frki_wheel_pop(&wheel, bench_now_ms(), &budget)))
		bench_fired((uint32_t)(node - nodes));
}

static void close_wheel(void)
{
	free(nodes);
}

const struct bench_engine bench_wheel = {
	.name = "wheel",
	.timer_bytes = sizeof(struct frki_wheel_node),
	.open = open_wheel,
	.set = set,
	.clear = clear,
	.advance = advance,
	.close = close_wheel,
};

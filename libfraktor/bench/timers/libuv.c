// SPDX-License-Identifier: MIT
/*
 * libuv.c - timers of libuv: a binary heap, whole milliseconds.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench.h"

#ifdef BENCH_LIBUV
#include <uv.h>

static uv_loop_t loop;
static uv_timer_t *timers;
static uint32_t timers_n;

static void expired(uv_timer_t *timer)
{
	bench_fired((uint32_t)(timer - timers));
}

static int open_libuv(uint32_t n)
{
	timers = calloc(n, sizeof(*timers));
	timers_n = n;
	if (!timers || uv_loop_init(&loop))
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		uv_timer_init(&loop, &timers[i]);
	return 0;
}

static void set(uint32_t i, uint64_t delay_ms)
{
	uv_timer_start(&timers[i], expired, delay_ms, 0);
}

static void clear(uint32_t i)
{
	uv_timer_stop(&timers[i]);
}

static void advance(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
}

static void close_libuv(void)
{
	for (uint32_t i = 0; i < timers_n; i++)
		uv_close((uv_handle_t *)&timers[i], NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	free(timers);
}

const struct bench_engine bench_libuv = {
	.name = "libuv",
	.timer_bytes = sizeof(uv_timer_t),
	.open = open_libuv,
	.set = set,
	.clear = clear,
	.advance = advance,
	.close = close_libuv,
};

#else

static int not_there(uint32_t n)
{
	(void)n;
	return -ENOSYS;
}

const struct bench_engine bench_libuv = { .name = "libuv", .open = not_there };

#endif

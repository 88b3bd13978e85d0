/* SPDX-License-Identifier: MIT */
/*
 * libuv.c - a timer of libuv, set anew for each deadline of a grid that the
 * program keeps.  Its clock counts whole milliseconds: the grid lies on them.
 */
#include <errno.h>

#include "bench.h"

#ifdef BENCH_LIBUV
#include <uv.h>

struct uv_ticks {
	struct bench_run *run;
	uint64_t deadline_ms;
};

static void uv_tick(uv_timer_t *timer)
{
	struct uv_ticks *ticks = timer->data;
	uint64_t now;

	bench_hold(ticks->run, ticks->deadline_ms * 1000000U, bench_now_ns());
	if (!bench_more(ticks->run)) {
		uv_close((uv_handle_t *)timer, NULL);
		return;
	}
	ticks->deadline_ms += ticks->run->period_ns / 1000000U;
	now = uv_now(timer->loop);
	uv_timer_start(timer, uv_tick,
		       ticks->deadline_ms > now ? ticks->deadline_ms - now : 0, 0);
}

int bench_run_libuv(struct bench_run *run)
{
	struct uv_ticks ticks = { .run = run };
	uv_timer_t timer;
	uv_loop_t loop;

	if (run->period_ns % 1000000U)
		return bench_fail(run, -ERANGE, "its resolution is 1 ms");
	if (uv_loop_init(&loop))
		return bench_fail(run, -ENOMEM, "uv_loop_init");
	uv_timer_init(&loop, &timer);
	timer.data = &ticks;
	uv_update_time(&loop);
	ticks.deadline_ms = uv_now(&loop) + run->period_ns / 1000000U;
	uv_timer_start(&timer, uv_tick, run->period_ns / 1000000U, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	return 0;
}

#else

int bench_run_libuv(struct bench_run *run)
{
	return bench_fail(run, -ENOSYS, "built without libuv: scripts/setup --for bench");
}

#endif

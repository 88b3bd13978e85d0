// SPDX-License-Identifier: MIT
/*
 * libevent.c - timers of libevent: a heap in an array.
 */
#include <errno.h>
#include <stdlib.h>

#include "bench.h"

#ifdef BENCH_LIBEVENT
#include <event2/event.h>
#include <event2/event_struct.h>

static struct event_base *base;
static struct event *timers;

static void expired(evutil_socket_t fd, short what, void *data)
{
	(void)fd;
	(void)what;
	bench_fired((uint32_t)(uintptr_t)data);
}

static int open_libevent(uint32_t n)
{
	timers = calloc(n, sizeof(*timers));
	base = event_base_new();
	if (!timers || !base)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		event_assign(&timers[i], base, -1, 0, expired, (void *)(uintptr_t)i);
	return 0;
}

static void set(uint32_t i, uint64_t delay_ms)
{
	struct timeval delay = { .tv_sec = (time_t)(delay_ms / 1000),
				 .tv_usec = (suseconds_t)(delay_ms % 1000 * 1000) };

	event_add(&timers[i], &delay);
}

static void clear(uint32_t i)
{
	event_del(&timers[i]);
}

static void advance(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void close_libevent(void)
{
	event_base_free(base);
	free(timers);
}

const struct bench_engine bench_libevent = {
	.name = "libevent",
	.timer_bytes = sizeof(struct event),
	.open = open_libevent,
	.set = set,
	.clear = clear,
	.advance = advance,
	.close = close_libevent,
};

#else

static int not_there(uint32_t n)
{
	(void)n;
	return -ENOSYS;
}

const struct bench_engine bench_libevent = { .name = "libevent", .open = not_there };

#endif

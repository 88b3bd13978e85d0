/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the measures ask of an engine of timers, and the clock they
 * all go by: simulated milliseconds, so that an hour of timers takes as long as
 * the work takes.
 */
#ifndef BENCH_TIMERS_H
#define BENCH_TIMERS_H

#include <stdint.h>
#include <stddef.h>

/**
 * struct bench_engine - an engine, ours or a peer's
 * @name: as on the command line.
 * @timer_bytes: of a timer, what the application puts around it aside.
 * @open: get ready for @n timers; 0 or a negative errno.
 * @set: let timer @i expire @delay_ms from now; it is not set.
 * @clear: timer @i is set, let it not expire.
 * @advance: bench_now_ms() has moved; bench_fired() for all that is due.  NULL if the
 *	engine cannot go by a clock that is simulated.
 * @close: undo @open.
 */
struct bench_engine {
	const char *name;
	size_t timer_bytes;
	int (*open)(uint32_t n);
	void (*set)(uint32_t i, uint64_t delay_ms);
	void (*clear)(uint32_t i);
	void (*advance)(void);
	void (*close)(void);
};

extern const struct bench_engine bench_wheel, bench_fraktor, bench_libuv, bench_libevent,
	bench_dpdk;

/* The engine has let timer @i expire. */
void bench_fired(uint32_t i);

/* Simulated time. */
uint64_t bench_now_ms(void);
void bench_set_ms(uint64_t ms);

/* CPU time of this thread, real. */
uint64_t bench_cpu_ns(void);

#endif /* BENCH_TIMERS_H */

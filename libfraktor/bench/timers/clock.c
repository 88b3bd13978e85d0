// SPDX-License-Identifier: MIT
/*
 * clock.c - the clock of the bench.  Peers ask clock_gettime(); this program's
 * answers with simulated time.
 */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static uint64_t now_ms;

uint64_t bench_now_ms(void)
{
	return now_ms;
}

void bench_set_ms(uint64_t ms)
{
	now_ms = ms;
}

/* Instead of libc's, in this program and in the libraries it loads. */
__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
							 struct timespec *time)
{
	if (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)
		return (int)syscall(SYS_clock_gettime, clock, time);
	time->tv_sec = (time_t)(now_ms / 1000);
	time->tv_nsec = (long)(now_ms % 1000) * 1000000;
	return 0;
}

uint64_t bench_cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the system's clocks in nanoseconds.  Only tick/ may look at one.
 */
#ifndef FRKI_TICK_CLOCK_H
#define FRKI_TICK_CLOCK_H

#include <stdint.h>
#include <time.h>

/**
 * frki_clock_now_ns() - read a clock
 * @clockid: a clock that exists.
 */
static inline uint64_t frki_clock_now_ns(clockid_t clockid)
{
	struct timespec now;

	clock_gettime(clockid, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/**
 * frki_clock_timespec() - nanoseconds as system calls want them
 * @ns: a time or a duration.
 */
static inline struct timespec frki_clock_timespec(uint64_t ns)
{
	return (struct timespec){
		.tv_sec = (time_t)(ns / 1000000000U),
		.tv_nsec = (long)(ns % 1000000000U),
	};
}

#endif /* FRKI_TICK_CLOCK_H */

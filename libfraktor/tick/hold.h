/* SPDX-License-Identifier: MIT */
/*
 * hold.h - spin until a time has come.  It knows clocks and counters, and nothing
 * of who waits for what.
 */
#ifndef FRKI_TICK_HOLD_H
#define FRKI_TICK_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/**
 * struct frki_hold - what one thread has learnt of the CPU's counter
 * @counts: the counter is what the system's clock itself goes by.
 * @ns: the clock, last time.
 * @count: the counter then.
 * @ahead_ns: asking the clock takes time: so long before the end it is asked.
 */
struct frki_hold {
	bool counts;
	uint64_t ns;
	uint64_t count;
	uint64_t ahead_ns;
};

/* Tell the CPU that this is a loop that waits. */
static inline void frki_hold_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/**
 * frki_hold_init() - nothing learnt yet
 * @hold: what will be.
 *
 * Reads a file of sysfs: the counter is used only where the kernel trusts it.
 */
void frki_hold_init(struct frki_hold *hold);

/**
 * frki_hold_until() - spin until a time has come
 * @hold: what is known of the counter; the same clock each time.
 * @clockid: the clock.
 * @now_ns: what it was just now.
 * @when_ns: the time.
 *
 * The counter is read much faster than the clock, so most of the time is spent on
 * it, and the end is hit more closely.  But it is the clock that says when: the
 * counter is right only nearly, and nearly is early now and then.
 *
 * Return: the clock, not before @when_ns.
 */
uint64_t frki_hold_until(struct frki_hold *hold, clockid_t clockid, uint64_t now_ns,
			 uint64_t when_ns);

#endif /* FRKI_TICK_HOLD_H */

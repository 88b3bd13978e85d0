/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of a CPU the tick interrupts take, and whether that is too much.
 * Arithmetic only: the caller says what time it is.
 */
#ifndef FRAKTOR_LOAD_H
#define FRAKTOR_LOAD_H

#include <linux/minmax.h>
#include <linux/types.h>

/* The share is judged over windows of this length. */
#define FRAKTOR_LOAD_WINDOW_NS	100000000ULL

/*
 * No tick takes this long: what does was interrupted itself, by firmware or a
 * hypervisor, and ticking less would not help.
 */
#define FRAKTOR_LOAD_INTERRUPT_MAX_NS	(FRAKTOR_LOAD_WINDOW_NS / 100)

/**
 * struct fraktor_load - time that ticks took on one CPU
 * @window_ns: when the running window began.
 * @busy_ns: time taken in it.
 * @last_busy_ns: time taken in the last whole window.
 */
struct fraktor_load {
	u64 window_ns;
	u64 busy_ns;
	u64 last_busy_ns;
};

/**
 * fraktor_load_add() - account for interrupts
 * @load: of the CPU they were on.
 * @begin_ns: when the last one began, on CLOCK_MONOTONIC.
 * @end_ns: when it ended.
 * @others_ns: what those before it took that nobody has timed.
 * @max_percent: the share that ticks may take.
 *
 * Return: whether the window's share is used up; then a new window begins.
 */
bool fraktor_load_add(struct fraktor_load *load, u64 begin_ns, u64 end_ns,
		      u64 others_ns, u32 max_percent);

/**
 * fraktor_load_others_ns() - what interrupts took that were not timed
 * @count: how many there were.
 * @before_ns: how long the one before them took.
 * @after_ns: how long the one after them took.
 *
 * They are taken to be as long as the shorter of the two: one of a few that is
 * timed may have been interrupted by a hypervisor, and does not speak for the
 * others then.
 */
static inline u64 fraktor_load_others_ns(u32 count, u64 before_ns,
					 u64 after_ns)
{
	return count * min3(before_ns, after_ns,
			    (u64)FRAKTOR_LOAD_INTERRUPT_MAX_NS);
}

/**
 * fraktor_load_is_calm() - did ticks take less than half of their share?
 * @load: of a CPU.
 * @max_percent: the share that ticks may take.
 *
 * Return: what the last whole window says.
 */
bool fraktor_load_is_calm(const struct fraktor_load *load, u32 max_percent);

#endif /* FRAKTOR_LOAD_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The clocks of lines, and the clock block of the meta page: what a reader
 * cannot see on CLOCK_MONOTONIC, which stands still while the system sleeps.
 */
#include <linux/ktime.h>
#include <linux/timekeeping.h>

#include "fraktor.h"

/**
 * fraktor_clock_now_ns() - read a line's clock
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI.
 *
 * Any context but NMI.
 */
u64 fraktor_clock_now_ns(u32 clockid)
{
	switch (clockid) {
	case CLOCK_BOOTTIME:
		return ktime_get_boottime_ns();
	case CLOCK_TAI:
		return ktime_get_clocktai_ns();
	default:
		return ktime_get_ns();
	}
}

/* CLOCK_BOOTTIME - CLOCK_MONOTONIC */
s64 fraktor_clock_boottime_offset_ns(void)
{
	return ktime_to_ns(ktime_mono_to_any(0, TK_OFFS_BOOT));
}

void fraktor_clock_init(struct fraktor_meta *meta)
{
	meta->clock.boottime_offset_ns = fraktor_clock_boottime_offset_ns();
}

/**
 * fraktor_clock_resumed() - the system is back
 * @meta: of a ring; its reader's lock is held.
 * @suspended_ns: CLOCK_MONOTONIC when the suspend began.
 * @slept_ns: how long it took.
 */
void fraktor_clock_resumed(struct fraktor_meta *meta, u64 suspended_ns,
			   u64 slept_ns)
{
	struct fraktor_clock *clock = &meta->clock;

	WRITE_ONCE(clock->seq, clock->seq + 1);
	/* A reader that sees any of the new fields sees the number odd. */
	smp_wmb();
	WRITE_ONCE(clock->suspends, clock->suspends + 1);
	WRITE_ONCE(clock->boottime_offset_ns, fraktor_clock_boottime_offset_ns());
	WRITE_ONCE(clock->suspended_ns, suspended_ns);
	WRITE_ONCE(clock->resumed_ns, ktime_get_ns());
	WRITE_ONCE(clock->slept_ns, clock->slept_ns + slept_ns);
	/* Pairs with the reader's acquire of the number. */
	smp_store_release(&clock->seq, clock->seq + 1);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver "hrtimer": one timer for each line, expiring in hard interrupt
 * also on PREEMPT_RT, pinned to the line's CPU.  It knows when to look at the
 * grid and nothing of who reads the ticks.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/smp.h>

#include "compat/compat.h"
#include "fraktor.h"

static enum hrtimer_restart hrtimer_fire(struct hrtimer *timer)
{
	struct fraktor_source *source =
		container_of(timer, struct fraktor_source, timer);
	u64 now_ns = ktime_to_ns(hrtimer_cb_get_time(timer));
	u64 next_ns = fraktor_tick_expire(source, now_ns);

	if (unlikely(!next_ns))
		return HRTIMER_NORESTART;
	hrtimer_set_expires(timer, ns_to_ktime(next_ns));
	return HRTIMER_RESTART;
}

static bool hrtimer_knows_clock(u32 clockid)
{
	switch (clockid) {
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return true;
	default:
		return false;
	}
}

static u64 hrtimer_resolution_ns(void)
{
	return hrtimer_resolution;
}

static void hrtimer_init_source(struct fraktor_source *source)
{
	hrtimer_setup(&source->timer, hrtimer_fire, source->clockid,
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

/* A timer is pinned to the CPU that arms it: this runs on the line's. */
static void hrtimer_arm(void *data)
{
	struct fraktor_source *source = data;

	hrtimer_start(&source->timer, ns_to_ktime(source->grid.expiry_ns),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

static int hrtimer_start_source(struct fraktor_source *source)
{
	ktime_t now = hrtimer_cb_get_time(&source->timer);

	/* The grid is ours as long as the timer is not armed. */
	fraktor_grid_start(&source->grid, ktime_to_ns(now));
	return smp_call_function_single(source->cpu, hrtimer_arm, source, true) ?
		       -ENODEV : 0;
}

static void hrtimer_stop_source(struct fraktor_source *source)
{
	hrtimer_cancel(&source->timer);
}

/*
 * A line that stopped by itself meanwhile gets one expiry more, which finds
 * that out.
 */
static void hrtimer_move_source(struct fraktor_source *source, u32 cpu)
{
	hrtimer_cancel(&source->timer);
	smp_call_function_single(cpu, hrtimer_arm, source, true);
}

const struct fraktor_driver fraktor_hrtimer_driver = {
	.name = "hrtimer",
	.knows_clock = hrtimer_knows_clock,
	.resolution_ns = hrtimer_resolution_ns,
	.init = hrtimer_init_source,
	.start = hrtimer_start_source,
	.stop = hrtimer_stop_source,
	.move = hrtimer_move_source,
};

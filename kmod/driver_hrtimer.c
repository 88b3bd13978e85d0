// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver "hrtimer": one timer for each line, expiring in hard interrupt
 * also on PREEMPT_RT, pinned to the line's CPU.  It knows when to look at the
 * grid and nothing of who reads the ticks.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/percpu.h>
#include <linux/smp.h>

#include "compat/compat.h"
#include "fraktor.h"
#include "tick.h"

/* The timer interrupt of this CPU that came last to a line, by its number. */
static DEFINE_PER_CPU(u32, hrtimer_interrupt_seen);

/* Whether another line has come in this timer interrupt. */
static bool hrtimer_is_shared(struct hrtimer *timer)
{
	u32 interrupt = fraktor_compat_hrtimer_interrupt(timer);
	bool shared = __this_cpu_read(hrtimer_interrupt_seen) == interrupt;

	__this_cpu_write(hrtimer_interrupt_seen, interrupt);
	return shared;
}

static __always_inline void hrtimer_count(struct fraktor_source *source)
{
	/* Most often there is no other line. */
	if (unlikely(atomic_read(&fraktor_source_armed) > 1) &&
	    hrtimer_is_shared(&source->timer))
		fraktor_tick_share(source);
}

static __always_inline enum hrtimer_restart
hrtimer_again(struct fraktor_source *source, u64 next_ns)
{
	struct hrtimer *timer = &source->timer;
	u64 slack_ns;

	if (unlikely(!next_ns))
		return HRTIMER_NORESTART;
	/* If it changes meanwhile, the next expiry is soon enough for it. */
	slack_ns = data_race(source->tuning.accuracy_ns);
	/* Soon enough is told as slack: a hard timer may have some, too. */
	if (unlikely(slack_ns))
		hrtimer_set_expires_range_ns(timer, ns_to_ktime(next_ns),
					     slack_ns);
	else
		hrtimer_set_expires(timer, ns_to_ktime(next_ns));
	return HRTIMER_RESTART;
}

/* Most lines have this clock, and ask it once. */
static enum hrtimer_restart hrtimer_fire_monotonic(struct hrtimer *timer)
{
	struct fraktor_source *source =
		container_of(timer, struct fraktor_source, timer);
	u64 now_ns;

	hrtimer_count(source);
	now_ns = ktime_get_ns();
	return hrtimer_again(source,
			     fraktor_tick_expire(source, now_ns, now_ns));
}

static enum hrtimer_restart hrtimer_fire(struct hrtimer *timer)
{
	struct fraktor_source *source =
		container_of(timer, struct fraktor_source, timer);
	u64 now_ns;

	hrtimer_count(source);
	now_ns = ktime_to_ns(hrtimer_cb_get_time(timer));
	return hrtimer_again(source,
			     fraktor_tick_expire(source, now_ns,
						 ktime_get_mono_fast_ns()));
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
	hrtimer_setup(&source->timer,
		      source->clockid == CLOCK_MONOTONIC ?
			      hrtimer_fire_monotonic : hrtimer_fire,
		      source->clockid, HRTIMER_MODE_ABS_PINNED_HARD);
}

/* A timer is pinned to the CPU that arms it: this runs on the line's. */
static void hrtimer_arm(void *data)
{
	struct fraktor_source *source = data;

	hrtimer_start_range_ns(&source->timer,
			       ns_to_ktime(source->grid.expiry_ns),
			       source->tuning.accuracy_ns,
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

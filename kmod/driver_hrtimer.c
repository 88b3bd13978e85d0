// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tick line's timer: one hrtimer, expiring in hard interrupt also on
 * PREEMPT_RT, pinned to the source's CPU, moved along its grid.  It knows
 * when ticks are due and nothing of who reads them.
 */
#include <linux/cpu.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/smp.h>

#include "compat/compat.h"
#include "fraktor.h"

/*
 * Deadlines are absolute: the next one is the first point of the grid that
 * lies ahead, however late this callback is.  Nothing slides, nothing bursts;
 * the number of periods passed over goes into the record.
 */
static enum hrtimer_restart hrtimer_fire(struct hrtimer *timer)
{
	struct fraktor_source *source =
		container_of(timer, struct fraktor_source, timer);
	ktime_t deadline = hrtimer_get_expires(timer);
	ktime_t now = hrtimer_cb_get_time(timer);
	u64 periods;

	periods = hrtimer_forward(timer, now, ns_to_ktime(source->period_ns));
	/*
	 * TAI can be set back between the expiry and here.  A tick is never
	 * early: it comes when its clock gets there again.
	 */
	if (likely(periods))
		fraktor_source_tick(source, ktime_to_ns(deadline),
				    ktime_to_ns(now), periods);
	return HRTIMER_RESTART;
}

bool fraktor_hrtimer_knows_clock(u32 clockid)
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

void fraktor_hrtimer_init(struct fraktor_source *source)
{
	hrtimer_setup(&source->timer, hrtimer_fire, source->clockid,
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

/* A timer is pinned to the CPU that arms it: this runs on the source's. */
static void hrtimer_arm(void *data)
{
	struct fraktor_source *source = data;
	ktime_t now = hrtimer_cb_get_time(&source->timer);

	hrtimer_start(&source->timer, ktime_add_ns(now, source->period_ns),
		      HRTIMER_MODE_ABS_PINNED_HARD);
}

/**
 * fraktor_hrtimer_start() - tick from one period ahead on
 * @source: a line whose timer is not armed.
 *
 * Return: 0 or -ENODEV if its CPU is offline.
 */
int fraktor_hrtimer_start(struct fraktor_source *source)
{
	int err;

	cpus_read_lock();
	if (cpu_online(source->cpu))
		err = smp_call_function_single(source->cpu, hrtimer_arm, source,
					       true);
	else
		err = -ENODEV;
	cpus_read_unlock();
	return err;
}

/**
 * fraktor_hrtimer_stop() - tick no more; waits for a tick in progress
 * @source: the line.
 */
void fraktor_hrtimer_stop(struct fraktor_source *source)
{
	hrtimer_cancel(&source->timer);
}

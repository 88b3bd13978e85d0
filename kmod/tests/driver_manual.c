// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver "manual", for tests of the module only: it ticks when it is told.
 * Whoever uses it taints the kernel, so that nobody mistakes what follows for
 * production.
 */
#include <linux/panic.h>
#include <linux/uaccess.h>

#include "../fraktor.h"
#include "manual.h"

static bool manual_knows_clock(u32 clockid)
{
	return fraktor_hrtimer_driver.knows_clock(clockid);
}

static int manual_start(struct fraktor_source *source)
{
	return 0;
}

static void manual_stop(struct fraktor_source *source)
{
}

static const struct fraktor_driver manual_driver = {
	.name = "manual",
	.knows_clock = manual_knows_clock,
	.start = manual_start,
	.stop = manual_stop,
};

const struct fraktor_driver *fraktor_manual_find(u32 driver)
{
	if (driver != FRAKTOR_DRIVER_MANUAL)
		return NULL;
	add_taint(TAINT_TEST, LOCKDEP_STILL_OK);
	return &manual_driver;
}

long fraktor_manual_ioctl(struct fraktor_reader *reader, unsigned int cmd,
			  unsigned long user_arg)
{
	struct fraktor_source *own = READ_ONCE(reader->own);
	struct fraktor_manual_tick tick;

	if (cmd != FRAKTOR_IOC_MANUAL_TICK)
		return -ENOTTY;
	if (!own || own->driver != &manual_driver)
		return -EPERM;
	if (copy_from_user(&tick, (void __user *)user_arg, sizeof(tick)))
		return -EFAULT;
	if (!tick.periods || tick.fired_ns < tick.deadline_ns)
		return -EINVAL;
	fraktor_tick_make(own, tick.deadline_ns, tick.fired_ns, tick.periods);
	return 0;
}

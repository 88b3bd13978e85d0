// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver "pulse": lines whose ticks are interrupts of other modules.  It
 * turns the exported calls into ticks and the life of a line into calls of the
 * module that offers it.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/ktime.h>

#include "fraktor.h"

static bool pulse_knows_clock(u32 clockid)
{
	return clockid == CLOCK_MONOTONIC;
}

static int pulse_start(struct fraktor_source *source)
{
	return source->line.start ? source->line.start(source->line.data) : 0;
}

static void pulse_stop(struct fraktor_source *source)
{
	if (source->line.stop)
		source->line.stop(source->line.data);
}

const struct fraktor_driver fraktor_pulse_driver = {
	.name = "pulse",
	.knows_clock = pulse_knows_clock,
	.start = pulse_start,
	.stop = pulse_stop,
};

struct fraktor_source *
fraktor_pulse_register(const struct fraktor_pulse_line *line)
{
	char name[FRAKTOR_NAME_LEN];

	if (!line->name || strscpy(name, line->name, sizeof(name)) <= 0 ||
	    !fraktor_registry_name_is_valid(name) ||
	    line->period_ns > FRAKTOR_PERIOD_MAX_NS)
		return ERR_PTR(-EINVAL);
	return fraktor_source_new_line(line);
}
EXPORT_SYMBOL_GPL(fraktor_pulse_register);

void fraktor_pulse_unregister(struct fraktor_source *source)
{
	fraktor_source_kill(source, FRAKTOR_REASON_DRIVER_GONE);
	fraktor_source_unref(source);
}
EXPORT_SYMBOL_GPL(fraktor_pulse_unregister);

void fraktor_pulse(struct fraktor_source *source)
{
	fraktor_tick_pulse(source, ktime_get_mono_fast_ns());
}
EXPORT_SYMBOL_GPL(fraktor_pulse);

void fraktor_pulse_fault(struct fraktor_source *source)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING)
		fraktor_source_end(source, FRAKTOR_REASON_DRIVER_FAULT);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}
EXPORT_SYMBOL_GPL(fraktor_pulse_fault);

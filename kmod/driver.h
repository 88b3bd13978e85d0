/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes a line tick.  The module's own drivers fill the ops table below;
 * a driver of another module, with an interrupt of its own, registers a pulsed
 * line and calls fraktor_pulse() from its handler.
 *
 * All functions for other modules are exported to GPL modules only.  This
 * header needs nothing of the module's other headers.
 */
#ifndef FRAKTOR_DRIVER_H
#define FRAKTOR_DRIVER_H

#include <linux/err.h>
#include <linux/types.h>

struct fraktor_source;

/**
 * struct fraktor_driver - what makes ticks of a kind
 * @name: what users see: "hrtimer", "pulse".
 * @knows_clock: whether deadlines can be on this clock.
 * @resolution_ns: the finest period it can tell apart; optional.
 * @init: the source is being made; optional.
 * @start: begin to tick: from now on the functions of tick.c may be called.
 *	Process context.  0 or an errno.
 * @stop: tick no more; returns when no tick is in progress.  Process context.
 *	Also called for a line that ended by itself.
 * @move: tick on another CPU from now on, on the same grid, and lose nothing;
 *	NULL: the line does not depend on one.  Process context in CPU hotplug.
 *	Where it is there, CPUs stay as they are during @start and @stop.
 *
 * @start, @stop and @move are called one at a time for a source.
 */
struct fraktor_driver {
	const char *name;
	bool (*knows_clock)(u32 clockid);
	u64 (*resolution_ns)(void);
	void (*init)(struct fraktor_source *source);
	int (*start)(struct fraktor_source *source);
	void (*stop)(struct fraktor_source *source);
	void (*move)(struct fraktor_source *source, u32 cpu);
};

/**
 * struct fraktor_pulse_line - a line that another module's interrupt pulses
 * @name: name of the source, as users attach to it; not empty, at most
 *	FRAKTOR_NAME_LEN - 1 letters, digits and ``. _ -``.
 * @period_ns: nominal period, from which missed pulses and drift are told, or
 *	0 if there is none.  Silence for FRAKTOR_SILENT_PERIODS periods, and
 *	for at least a second, stops the line with FRAKTOR_REASON_DRIVER_FAULT.
 * @start: the first reader has come: let the interrupt come.  Optional; may
 *	sleep.  0, or an errno for the reader's FRAKTOR_IOC_ATTACH.
 * @stop: the last reader has left.  Optional; may sleep.  Pulses that still
 *	come are ignored.
 * @data: for @start and @stop.
 *
 * @start and @stop take turns and are called one at a time.
 */
struct fraktor_pulse_line {
	const char *name;
	u64 period_ns;
	int (*start)(void *data);
	void (*stop)(void *data);
	void *data;
};

#define FRAKTOR_SILENT_PERIODS	8

/**
 * fraktor_pulse_register() - offer a line; may sleep
 * @line: copied.
 *
 * The line counts against the limits of the system, not of a user.
 *
 * Return: the source, for the calls below, or an error pointer: -EINVAL,
 * -EEXIST (the name), -ENOSPC (too many sources), -ENOMEM.
 */
struct fraktor_source *
fraktor_pulse_register(const struct fraktor_pulse_line *line);

/**
 * fraktor_pulse_unregister() - take the line back; may sleep
 * @source: the line; it must not be pulsed any more.
 *
 * Readers drain their rings and find the line dead, with
 * FRAKTOR_REASON_DRIVER_GONE.  If it is in use, its stop() is called from
 * here, for the last time.
 */
void fraktor_pulse_unregister(struct fraktor_source *source);

/**
 * fraktor_pulse() - a tick, now
 * @source: the line.
 *
 * Any context but NMI, any CPU; takes raw locks only.  Time in proportion to
 * the readers, of which there are at most 64.  Ignored while
 * nobody reads.
 */
void fraktor_pulse(struct fraktor_source *source);

/**
 * fraktor_pulse_fault() - the device has failed: stop the line
 * @source: the line.
 *
 * Any context but NMI.  Readers find it stopped with
 * FRAKTOR_REASON_DRIVER_FAULT; it starts again when all have left and one
 * comes.
 */
void fraktor_pulse_fault(struct fraktor_source *source);

#endif /* FRAKTOR_DRIVER_H */

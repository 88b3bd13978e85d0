/* SPDX-License-Identifier: MIT */
/*
 * kernel_source.h - a tick line of the kernel module, by the ioctls of
 * /dev/fraktor.  It knows neither its ring nor how to wait.
 */
#ifndef FRKI_TICK_KERNEL_SOURCE_H
#define FRKI_TICK_KERNEL_SOURCE_H

#include <linux/fraktor.h>

#include <fraktor/tick.h>

/**
 * struct frki_kernel_source - a line and the file that owns it
 * @fd: the file.
 * @info: what the module told at open; @period_ns is the line's.
 */
struct frki_kernel_source {
	int fd;
	struct fraktor_info info;
};

/**
 * frki_kernel_source_open() - make a line, stopped
 * @source: the line.
 * @opts: what it shall be.
 * @error: says which call failed, with which errno, and what to do.
 *
 * Return: 0; -ENOENT without the module; -EACCES without permission; -EPROTO
 * if module and library are of different releases; -ERANGE for a period out
 * of limits; a negative errno of FRAKTOR_IOC_CREATE.
 */
int frki_kernel_source_open(struct frki_kernel_source *source,
			    const struct frk_driver_opts *opts, struct frk_error *error);

/**
 * frki_kernel_source_why() - why a line ended, in words
 * @reason: enum fraktor_reason, of the module or of the ring's first page.
 *
 * Return: a phrase, static; empty if it did not end, or was asked to.
 */
const char *frki_kernel_source_why(uint32_t reason);

/**
 * frki_kernel_source_start() - begin to tick
 * @source: a stopped line.
 * @error: says why not.
 *
 * Return: 0 or a negative errno.
 */
int frki_kernel_source_start(struct frki_kernel_source *source, struct frk_error *error);

/**
 * frki_kernel_source_stop() - tick no more
 * @source: the line, running or not.
 *
 * Return: 0 or a negative errno.
 */
int frki_kernel_source_stop(struct frki_kernel_source *source);

/**
 * frki_kernel_source_lead() - make ticks so long before they are due
 * @source: the line, running or not.
 * @lead_ns: how long; from the next tick but one on.
 *
 * Return: 0; -EPROTONOSUPPORT if someone else's reader cannot have that; another
 * negative errno.
 */
int frki_kernel_source_lead(struct frki_kernel_source *source, uint64_t lead_ns);

/**
 * frki_kernel_source_idle() - make no ticks that are due before a time
 * @source: the line, running.
 * @until_ns: the time, on the line's clock.
 *
 * Return: 0; -EBUSY if others read it, too; -EOPNOTSUPP if the module is too old;
 * another negative errno.
 */
int frki_kernel_source_idle(struct frki_kernel_source *source, uint64_t until_ns);

/**
 * frki_kernel_source_close() - give the line up
 * @source: the line; with its last user, mappings included, it is gone.
 */
void frki_kernel_source_close(struct frki_kernel_source *source);

#endif /* FRKI_TICK_KERNEL_SOURCE_H */

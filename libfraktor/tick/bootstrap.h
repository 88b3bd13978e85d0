/* SPDX-License-Identifier: MIT */
/*
 * bootstrap.h - from a driver's name to a line that ticks: the one that was asked
 * for, or of all the best that works.  What was tried in vain is kept.
 */
#ifndef FRKI_TICK_BOOTSTRAP_H
#define FRKI_TICK_BOOTSTRAP_H

#include "tick/registry.h"

/**
 * struct frki_bootstrap - how a line came to be
 * @registry: what there is to choose from.
 * @tried: drivers that did not work, and why not.
 * @tried_n: how many.
 * @started: the driver that did work.
 */
struct frki_bootstrap {
	struct frki_registry registry;
	struct frk_error tried[FRKI_REGISTRY_MAX];
	size_t tried_n;
	const struct frk_driver_ops *started;
};

/**
 * frki_bootstrap_start() - open and start a line
 * @bootstrap: with its registry; @tried starts anew.
 * @driver: the driver; NULL for the best one that works.
 * @except: a driver that is not to be tried; may be NULL.
 * @opts: what to open it with.
 * @error: where to say why not; may be NULL.
 * @ret_line: the line, ticking; untouched on failure.
 *
 * Return: 0; what the driver failed with, or the best of them.  On failure
 * nothing is left running.
 */
int frki_bootstrap_start(struct frki_bootstrap *bootstrap,
			 const struct frk_driver_ops *driver,
			 const struct frk_driver_ops *except,
			 const struct frk_driver_opts *opts, struct frk_error *error,
			 struct frk_line **ret_line);

/**
 * frki_bootstrap_why() - why this driver is in effect, in words
 * @bootstrap: after a start.
 * @text: room for it.
 * @size: bytes of it.
 */
void frki_bootstrap_why(const struct frki_bootstrap *bootstrap, char *text, size_t size);

#endif /* FRKI_TICK_BOOTSTRAP_H */

/* SPDX-License-Identifier: MIT */
/*
 * conformance_driver.h - what every tick driver must do, whatever makes its
 * ticks: the same checks for all of them.  It knows no test framework; never
 * installed.
 */
#ifndef FRKI_TESTING_CONFORMANCE_DRIVER_H
#define FRKI_TESTING_CONFORMANCE_DRIVER_H

#include <fraktor/tick.h>

/**
 * struct frki_conformance_check - one thing a driver must do
 * @name: what, in words joined by underscores.
 * @run: do it to a driver that ticks by itself.  @opts name a period of about
 *	a millisecond and 16 slots or more.  Blocks for less than a second on a
 *	machine at rest; compares no durations, so that a loaded one passes too.
 *	Returns NULL, or what was wrong, static.
 */
struct frki_conformance_check {
	const char *name;
	const char *(*run)(const struct frk_driver_ops *ops,
			   const struct frk_driver_opts *opts);
};

/* All checks; the last has no name. */
extern const struct frki_conformance_check frki_conformance_driver[];

#endif /* FRKI_TESTING_CONFORMANCE_DRIVER_H */

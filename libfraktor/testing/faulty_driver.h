/* SPDX-License-Identifier: MIT */
/*
 * faulty_driver.h - a driver on the real clock that does well for a while and then
 * goes wrong in one of the ways in which drivers do.  Never installed.
 */
#ifndef FRKI_TESTING_FAULTY_DRIVER_H
#define FRKI_TESTING_FAULTY_DRIVER_H

#include <fraktor/tick.h>

/* The driver, named "faulty": the driver nanosleep, until it goes wrong. */
extern const struct frk_driver_ops frki_faulty_driver;

enum frki_fault {
	FRKI_FAULT_NONE,
	FRKI_FAULT_END,	   /* it stops by itself, and says why */
	FRKI_FAULT_SILENT, /* it says nothing any more */
	FRKI_FAULT_BROKEN, /* waiting for it fails with -EIO */
	FRKI_FAULT_AHEAD,  /* it jumps ahead in time by an hour */
	FRKI_FAULT_BACK,   /* it jumps back in time by a second */
	FRKI_FAULT_REPEAT, /* it tells a tick twice */
	FRKI_FAULT_START,  /* it stops, and does not start again: -ENODEV */
};

/**
 * struct frki_faulty - what is to go wrong; set before the build
 * @fault: what.
 * @after: ticks before it does.
 * @lives: how many lines go wrong; those that are opened after them do well.
 * @opened: lines that were opened so far.
 * @told_ns: CLOCK_MONOTONIC when it last did well.
 * @fault_ns: CLOCK_MONOTONIC when it first went wrong.
 */
struct frki_faulty {
	enum frki_fault fault;
	unsigned int after;
	unsigned int lives;
	unsigned int opened;
	uint64_t told_ns;
	uint64_t fault_ns;
};
extern struct frki_faulty frki_faulty;

#endif /* FRKI_TESTING_FAULTY_DRIVER_H */

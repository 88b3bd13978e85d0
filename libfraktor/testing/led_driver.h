/* SPDX-License-Identifier: MIT */
/*
 * led_driver.h - a driver on the real clock of which a test leads each line: holds it back,
 * ends it, breaks it.  Never installed.
 */
#ifndef FRKI_TESTING_LED_DRIVER_H
#define FRKI_TESTING_LED_DRIVER_H

#include <stdatomic.h>

#include <fraktor/tick.h>

/* Lines that can be opened in the life of a program. */
#define FRKI_LED_LINES 8

/* The driver, named "led". */
extern const struct frk_driver_ops frki_led_driver;

/**
 * struct frki_led - a line, in the order in which they are opened
 * @name: its name.
 * @cpu: the CPU it was opened with.
 * @align: and whether its deadlines are to be aligned.
 * @held: its ticks are not given out now; a test sets it.
 * @ended: it has ended; likewise.
 * @broken: waiting for it fails; likewise.
 */
struct frki_led {
	char name[32];
	uint32_t cpu;
	int align;
	atomic_bool held;
	atomic_bool ended;
	atomic_bool broken;
};
extern struct frki_led frki_led[FRKI_LED_LINES];

/* How many were opened, and which, from 1, cannot be; 0 for none. */
extern unsigned int frki_led_opened, frki_led_fails_at;

#endif /* FRKI_TESTING_LED_DRIVER_H */

/* SPDX-License-Identifier: MIT */
/*
 * manual_driver.h - the driver "manual": a tick when the test makes one and never
 * else, in time that is the test's own.  For lines; systems are better tested
 * with scripted_driver.h, which can wait for them to settle.  Never installed, and
 * in no library that is (R2.5).
 */
#ifndef FRKI_TESTING_MANUAL_DRIVER_H
#define FRKI_TESTING_MANUAL_DRIVER_H

#include <fraktor/tick.h>

/* Its clock when a line is started: the first deadline is a period later. */
#define FRKI_MANUAL_START_NS 1000000000000ULL

extern const struct frk_driver_ops frki_driver_manual;

/**
 * frki_manual_tick() - make one tick on the line that was opened last
 * @periods: periods it stands for, from 1.
 *
 * One thread at a time.
 *
 * Return: 0; -ESHUTDOWN if that line does not run.
 */
int frki_manual_tick(uint32_t periods);

#endif /* FRKI_TESTING_MANUAL_DRIVER_H */

/* SPDX-License-Identifier: MIT */
/*
 * beaten_driver.h - drivers that somebody else must make tick, with a thread that
 * does: so the conformance suite can run over them.  Stopping stops the driver
 * first and the thread afterwards, so that a tick which comes too late is seen.
 * Never installed.
 */
#ifndef FRKI_TESTING_BEATEN_DRIVER_H
#define FRKI_TESTING_BEATEN_DRIVER_H

#include <fraktor/tick.h>

/* frk_driver_pulse, pulsed once a period. */
extern const struct frk_driver_ops frki_beaten_pulse;
/* frki_driver_manual, one line at a time, ticked once a period. */
extern const struct frk_driver_ops frki_beaten_manual;

#endif /* FRKI_TESTING_BEATEN_DRIVER_H */

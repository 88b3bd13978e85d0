/* SPDX-License-Identifier: MIT */
/*
 * throttle.h - what happens a thousand times is told a few times and then counted.
 * Knows no clock: whoever owns it says when it may tell again.
 */
#ifndef FRKI_EVENT_THROTTLE_H
#define FRKI_EVENT_THROTTLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/**
 * struct frki_throttle - how often something may still be told
 * @burst: how often until frki_throttle_reset().
 * @room: how often still.
 * @held: how often it was not told.
 */
struct frki_throttle {
	uint32_t burst;
	_Atomic uint32_t room;
	_Atomic uint64_t held;
};

/**
 * frki_throttle_init() - nothing was told yet
 * @throttle: the throttle.
 * @burst: how often it may be told between two resets.
 */
void frki_throttle_init(struct frki_throttle *throttle, uint32_t burst);

/**
 * frki_throttle_pass() - it has happened: may it be told?
 * @throttle: the throttle.
 *
 * Any thread; waits for nobody.
 *
 * Return: true for yes; false: it is counted.
 */
bool frki_throttle_pass(struct frki_throttle *throttle);

/**
 * frki_throttle_reset() - it may be told again
 * @throttle: the throttle.
 *
 * One thread at a time.
 *
 * Return: how often it was not told since the last time.
 */
uint64_t frki_throttle_reset(struct frki_throttle *throttle);

#endif /* FRKI_EVENT_THROTTLE_H */

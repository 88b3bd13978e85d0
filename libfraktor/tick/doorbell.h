/* SPDX-License-Identifier: MIT */
/*
 * doorbell.h - how a user-space driver wakes its reader: an eventfd that is
 * rung only when the reader may be asleep, so that a tick costs no system call
 * while the reader is busy.  It knows no ring and no driver.
 */
#ifndef FRKI_TICK_DOORBELL_H
#define FRKI_TICK_DOORBELL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct frki_doorbell - between producers and one reader
 * @fd: what the reader sleeps on.
 * @asleep: the reader is asleep, or about to be.
 */
struct frki_doorbell {
	int fd;
	uint32_t asleep;
};

/**
 * frki_doorbell_init() - a doorbell nobody has rung
 * @bell: the doorbell.
 *
 * Return: 0 or a negative errno of eventfd(2).
 */
int frki_doorbell_init(struct frki_doorbell *bell);

/**
 * frki_doorbell_fini() - give it back
 * @bell: the doorbell; nobody waits.
 */
void frki_doorbell_fini(struct frki_doorbell *bell);

/**
 * frki_doorbell_push() - wake the reader if it sleeps
 * @bell: the doorbell.
 *
 * A producer, after it pushed a record or stopped the line.  Any thread,
 * async-signal-safe.
 */
void frki_doorbell_push(struct frki_doorbell *bell);

/**
 * frki_doorbell_wake() - end the wait in progress, or else the next one
 * @bell: the doorbell.
 *
 * Any thread, async-signal-safe.
 */
void frki_doorbell_wake(struct frki_doorbell *bell);

/**
 * frki_doorbell_wait() - sleep until there is something to say, or wake
 * @bell: the doorbell.
 * @ready: whether there is; asked after the producers were told to ring.
 * @data: for @ready: what the producers fill.
 *
 * The reader only.  Spurious returns happen.
 *
 * Return: 0 or a negative errno of read(2).
 */
int frki_doorbell_wait(struct frki_doorbell *bell, bool (*ready)(const void *data),
		       const void *data);

#endif /* FRKI_TICK_DOORBELL_H */

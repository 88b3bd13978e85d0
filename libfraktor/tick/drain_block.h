/* SPDX-License-Identifier: MIT */
/*
 * drain_block.h - wait for /dev/fraktor by sleeping in the device itself: one
 * ioctl(2) that carries nothing, the shortest way there is.  It knows neither
 * rings of ticks nor drivers.
 */
#ifndef FRKI_TICK_DRAIN_BLOCK_H
#define FRKI_TICK_DRAIN_BLOCK_H

/**
 * frki_drain_block_wait() - block until the tick line has something to say
 * @fd: /dev/fraktor.  One thread at a time.
 *
 * Return: 0, or a negative errno when waiting itself broke.
 */
int frki_drain_block_wait(int fd);

/**
 * frki_drain_block_wake() - end the wait in progress, or else the next one
 * @fd: /dev/fraktor.  Any thread, async-signal-safe.
 */
void frki_drain_block_wake(int fd);

#endif /* FRKI_TICK_DRAIN_BLOCK_H */

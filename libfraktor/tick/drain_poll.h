/* SPDX-License-Identifier: MIT */
/*
 * drain_poll.h - wait for /dev/fraktor by poll(2): where io_uring is
 * forbidden or cannot do it.  It knows neither rings of ticks nor drivers.
 */
#ifndef FRKI_TICK_DRAIN_POLL_H
#define FRKI_TICK_DRAIN_POLL_H

/**
 * frki_drain_poll_wait() - block until the tick line has something to say
 * @fd: /dev/fraktor.
 * @wake_fd: a non-blocking eventfd that ends the wait; reset if it did.
 *
 * The caller has drained all there was: a record left in the ring makes this
 * return at once.
 *
 * Return: 0, or a negative errno when waiting itself broke.
 */
int frki_drain_poll_wait(int fd, int wake_fd);

#endif /* FRKI_TICK_DRAIN_POLL_H */

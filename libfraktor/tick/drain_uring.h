/* SPDX-License-Identifier: MIT */
/*
 * drain_uring.h - wait for /dev/fraktor through io_uring: one command in
 * flight, one system call for each wait.  It carries no data and knows
 * neither rings of ticks nor drivers.
 */
#ifndef FRKI_TICK_DRAIN_URING_H
#define FRKI_TICK_DRAIN_URING_H

#include <stdbool.h>
#include <stdint.h>

#include <liburing.h>

/**
 * struct frki_drain_uring - a ring of its own for one waiting thread
 * @ring: the io_uring.
 * @wake_fd: eventfd that ends a wait; borrowed.
 * @waiting: the command is in flight or in the submission queue.
 * @watching: likewise the poll of @wake_fd.
 */
struct frki_drain_uring {
	struct io_uring ring;
	int wake_fd;
	bool waiting;
	bool watching;
};

/**
 * frki_drain_uring_init() - set up the ring
 * @uring: the ring.
 * @fd: /dev/fraktor; the ring keeps it open until fini.
 * @wake_fd: a non-blocking eventfd.
 * @ret_call: on failure, the system call that failed; static.
 *
 * Return: 0 or a negative errno: -EPERM where seccomp forbids io_uring,
 * -ENOSYS where the kernel has none.
 */
int frki_drain_uring_init(struct frki_drain_uring *uring, int fd, int wake_fd,
			  const char **ret_call);

/**
 * frki_drain_uring_wait() - block until the tick line has something to say
 * @uring: the ring.
 * @seen: number of the newest record that was drained.
 *
 * One thread at a time.  Spurious returns are fine.
 *
 * Return: 0, or a negative errno when waiting itself broke.
 */
int frki_drain_uring_wait(struct frki_drain_uring *uring, uint64_t seen);

/**
 * frki_drain_uring_cancel() - end the command that is in flight
 * @uring: the ring; nobody waits.
 *
 * Afterwards @waiting is false, unless the device cannot cancel or the thread
 * that waited last is busy elsewhere.  Blocks for a moment at most.
 */
void frki_drain_uring_cancel(struct frki_drain_uring *uring);

/**
 * frki_drain_uring_fini() - cancel what is in flight, give the ring back
 * @uring: the ring; nobody waits.  Its line may tick on.
 *
 * Blocks for a moment at most.
 */
void frki_drain_uring_fini(struct frki_drain_uring *uring);

#endif /* FRKI_TICK_DRAIN_URING_H */

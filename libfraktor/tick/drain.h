/* SPDX-License-Identifier: MIT */
/*
 * drain.h - the best way to wait for /dev/fraktor that this process may use:
 * io_uring, else poll(2), and why.  It knows no driver.
 */
#ifndef FRKI_TICK_DRAIN_H
#define FRKI_TICK_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "tick/drain_uring.h"
#include "tick/feed.h"

/**
 * struct frki_drain - how one reader waits
 * @fd: /dev/fraktor, borrowed.
 * @wake_fd: eventfd that ends a wait.
 * @by_uring: whether @uring is used.
 * @uring: the io_uring.
 * @note: why it is not used, in words; empty if it is.
 */
struct frki_drain {
	int fd;
	int wake_fd;
	bool by_uring;
	struct frki_drain_uring uring;
	char note[128];
};

/**
 * frki_drain_init() - choose a way to wait
 * @drain: what is chosen.
 * @fd: /dev/fraktor.
 * @features: FRAKTOR_FEATURE_* of the module.
 *
 * With FRAKTOR_NO_URING=1 in the environment io_uring is not tried.
 *
 * Return: 0, or a negative errno of eventfd(2).
 */
int frki_drain_init(struct frki_drain *drain, int fd, uint64_t features);

/**
 * frki_drain_wait() - block until @feed may have something to say, or wake
 * @drain: one thread at a time.
 * @feed: the ring of the same file.
 *
 * No system call is made when there is something to drain already.
 *
 * Return: 0, or a negative errno when waiting itself broke.
 */
int frki_drain_wait(struct frki_drain *drain, const struct frki_feed *feed);

/**
 * frki_drain_wake() - end the wait in progress, or else the next one
 * @drain: any thread, async-signal-safe.
 */
void frki_drain_wake(struct frki_drain *drain);

/**
 * frki_drain_path() - name of the way: "io_uring uring_cmd" or "poll"
 * @drain: initialised.
 */
const char *frki_drain_path(const struct frki_drain *drain);

/**
 * frki_drain_fini() - give it all back; blocks for a moment at most
 * @drain: nobody waits.  Its line may tick on.
 */
void frki_drain_fini(struct frki_drain *drain);

#endif /* FRKI_TICK_DRAIN_H */

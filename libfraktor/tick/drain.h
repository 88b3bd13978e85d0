/* SPDX-License-Identifier: MIT */
/*
 * drain.h - how to wait for /dev/fraktor: as it is wanted; of io_uring, where this
 * process may not use it, poll(2) takes the place, and a note says why.  It knows
 * no driver.
 */
#ifndef FRKI_TICK_DRAIN_H
#define FRKI_TICK_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <fraktor/tick.h>

#include "tick/drain_spin.h"
#include "tick/drain_uring.h"
#include "tick/feed.h"

/**
 * struct frki_drain - how one reader waits
 * @fd: /dev/fraktor, borrowed.
 * @wake_fd: eventfd that ends a wait.
 * @wait: how; never FRK_WAIT_AUTO.
 * @uring: the io_uring of FRK_WAIT_URING.
 * @spin: what FRK_WAIT_SPIN and FRK_WAIT_HYBRID have to remember.
 * @polls: poll(2) takes the place of io_uring for the next waits.
 * @note: why io_uring is not used, though wanted; else empty.
 */
struct frki_drain {
	int fd;
	int wake_fd;
	enum frk_wait wait;
	struct frki_drain_uring uring;
	struct frki_drain_spin spin;
	bool polls;
	char note[128];
};

/**
 * frki_drain_init() - choose a way to wait
 * @drain: what is chosen.
 * @fd: /dev/fraktor.
 * @features: FRAKTOR_FEATURE_* of the module.
 * @opts: the line; &frk_driver_opts.wait, and what spinning goes by.
 *
 * With FRAKTOR_NO_URING=1 in the environment io_uring is not tried.
 *
 * Return: 0, or a negative errno of eventfd(2).
 */
int frki_drain_init(struct frki_drain *drain, int fd, uint64_t features,
		    const struct frk_driver_opts *opts);

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
 * frki_drain_path() - name of the way: "io_uring uring_cmd", "poll", "block",
 *	"spin" or "hybrid"
 * @drain: initialised.
 */
const char *frki_drain_path(const struct frki_drain *drain);

/**
 * frki_drain_fini() - give it all back; blocks for a moment at most
 * @drain: nobody waits.  Its line may tick on.
 */
void frki_drain_fini(struct frki_drain *drain);

#endif /* FRKI_TICK_DRAIN_H */

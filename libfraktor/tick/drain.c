/* SPDX-License-Identifier: MIT */
/*
 * drain.c - the ways to wait, and what takes the place of io_uring.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/drain.h"
#include "tick/drain_block.h"
#include "tick/drain_poll.h"

static bool drain_forbidden(void)
{
	const char *value = getenv("FRAKTOR_NO_URING");

	return value && *value && strcmp(value, "0") != 0;
}

/* Try io_uring; on failure leave a note, for that is not an error. */
static void drain_try_uring(struct frki_drain *drain, uint64_t features)
{
	const char *call;
	int err;

	if (drain_forbidden()) {
		snprintf(drain->note, sizeof(drain->note),
			 "FRAKTOR_NO_URING is set: using poll");
		return;
	}
	if (!(features & FRAKTOR_FEATURE_URING_WAIT)) {
		snprintf(drain->note, sizeof(drain->note),
			 "the module cannot complete io_uring commands on "
			 "this kernel: using poll");
		return;
	}
	err = frki_drain_uring_init(&drain->uring, drain->fd, drain->wake_fd, &call);
	if (!err)
		drain->wait = FRK_WAIT_URING;
	else
		snprintf(drain->note, sizeof(drain->note),
			 "%s failed with %s%s: using poll", call, frki_error_name(err),
			 err == -EPERM ? " (forbidden, perhaps by seccomp)" : "");
}

static bool drain_needs_fd(enum frk_wait wait)
{
	return wait == FRK_WAIT_AUTO || wait == FRK_WAIT_URING || wait == FRK_WAIT_POLL;
}

int frki_drain_init(struct frki_drain *drain, int fd, uint64_t features,
		    const struct frk_driver_opts *opts)
{
	*drain = (struct frki_drain){ .fd = fd, .wake_fd = -1, .wait = opts->wait };
	frki_drain_spin_init(&drain->spin, opts->clockid, opts->period_ns,
			     opts->spin_max_ppm);
	if (!drain_needs_fd(opts->wait))
		return 0;
	drain->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (drain->wake_fd < 0)
		return -errno;
	drain->wait = FRK_WAIT_POLL;
	if (opts->wait != FRK_WAIT_POLL)
		drain_try_uring(drain, features);
	return 0;
}

int frki_drain_wait(struct frki_drain *drain, const struct frki_feed *feed)
{
	if (frki_feed_ready(feed))
		return 0;
	switch (drain->wait) {
	case FRK_WAIT_URING:
		if (drain->polls)
			return frki_drain_poll_wait(drain->fd, drain->wake_fd);
		return frki_drain_uring_wait(&drain->uring, frki_feed_seen(feed));
	case FRK_WAIT_BLOCK:
		return frki_drain_block_wait(drain->fd);
	case FRK_WAIT_SPIN:
		return frki_drain_spin_wait(&drain->spin, feed);
	case FRK_WAIT_HYBRID:
		return frki_drain_hybrid_wait(&drain->spin, feed);
	default:
		return frki_drain_poll_wait(drain->fd, drain->wake_fd);
	}
}

/* Fails only when the counter is full, and then a wake is pending. */
static void drain_ring_bell(struct frki_drain *drain)
{
	static const uint64_t one = 1;
	int saved = errno;

	(void)!write(drain->wake_fd, &one, sizeof(one));
	errno = saved;
}

void frki_drain_wake(struct frki_drain *drain)
{
	switch (drain->wait) {
	case FRK_WAIT_BLOCK:
		frki_drain_block_wake(drain->fd);
		break;
	case FRK_WAIT_SPIN:
	case FRK_WAIT_HYBRID:
		frki_drain_spin_wake(&drain->spin, drain->wait == FRK_WAIT_HYBRID);
		break;
	default:
		drain_ring_bell(drain);
	}
}

const char *frki_drain_path(const struct frki_drain *drain)
{
	static const char *const paths[] = {
		[FRK_WAIT_URING] = "io_uring uring_cmd",
		[FRK_WAIT_POLL] = "poll",
		[FRK_WAIT_BLOCK] = "block",
		[FRK_WAIT_SPIN] = "spin",
		[FRK_WAIT_HYBRID] = "hybrid",
	};

	return paths[drain->wait];
}

void frki_drain_fini(struct frki_drain *drain)
{
	if (drain->wait == FRK_WAIT_URING)
		frki_drain_uring_fini(&drain->uring);
	if (drain->wake_fd >= 0)
		close(drain->wake_fd);
}

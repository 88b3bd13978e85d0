/* SPDX-License-Identifier: MIT */
/*
 * drain.c - choose between io_uring and poll(2), and say why.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/drain.h"
#include "tick/drain_poll.h"

static bool drain_forbidden(void)
{
	const char *value = getenv("FRAKTOR_NO_URING");

	return value && *value && strcmp(value, "0") != 0;
}

/* Try io_uring; on failure leave a note, for that is not an error. */
static void drain_choose(struct frki_drain *drain, uint64_t features)
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
	drain->by_uring = !err;
	if (err)
		snprintf(drain->note, sizeof(drain->note),
			 "%s failed with %s%s: using poll", call, frki_error_name(err),
			 err == -EPERM ? " (forbidden, perhaps by seccomp)" : "");
}

int frki_drain_init(struct frki_drain *drain, int fd, uint64_t features)
{
	*drain = (struct frki_drain){ .fd = fd };
	drain->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (drain->wake_fd < 0)
		return -errno;
	drain_choose(drain, features);
	return 0;
}

int frki_drain_wait(struct frki_drain *drain, const struct frki_feed *feed)
{
	if (frki_feed_ready(feed))
		return 0;
	if (drain->by_uring)
		return frki_drain_uring_wait(&drain->uring, frki_feed_seen(feed));
	return frki_drain_poll_wait(drain->fd, drain->wake_fd);
}

/* Fails only when the counter is full, and then a wake is pending. */
void frki_drain_wake(struct frki_drain *drain)
{
	static const uint64_t one = 1;
	int saved = errno;

	(void)!write(drain->wake_fd, &one, sizeof(one));
	errno = saved;
}

const char *frki_drain_path(const struct frki_drain *drain)
{
	return drain->by_uring ? "io_uring uring_cmd" : "poll";
}

void frki_drain_fini(struct frki_drain *drain)
{
	if (drain->by_uring)
		frki_drain_uring_fini(&drain->uring);
	close(drain->wake_fd);
}

/* SPDX-License-Identifier: MIT */
/*
 * drain_poll.c - wait by poll(2) on the device and on the wake eventfd.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#include "tick/drain_poll.h"

static int poll_reset(int wake_fd)
{
	uint64_t count;

	if (read(wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	return 0;
}

int frki_drain_poll_wait(int fd, int wake_fd)
{
	struct pollfd fds[2] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = wake_fd, .events = POLLIN },
	};

	if (poll(fds, 2, -1) < 0)
		return errno == EINTR ? 0 : -errno;
	/* POLLHUP is a stopped line, which the drain reports. */
	if ((fds[0].revents | fds[1].revents) & (POLLERR | POLLNVAL))
		return -EIO;
	return fds[1].revents ? poll_reset(wake_fd) : 0;
}

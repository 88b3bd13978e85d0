// SPDX-License-Identifier: MIT
/*
 * Waiting.  Signals come through a descriptor, so that none can fall between
 * looking and sleeping.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "common/waiting.h"

#define NS_PER_S UINT64_C(1000000000)

int waiting_open(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0 || sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	return fd;
}

static uint64_t waiting_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t waiting_now_ns(void)
{
	return waiting_clock_ns(CLOCK_MONOTONIC);
}

uint64_t waiting_wall_ns(void)
{
	return waiting_clock_ns(CLOCK_REALTIME);
}

uint64_t waiting_parse_ns(const char *seconds)
{
	char *end;
	double value = strtod(seconds, &end);

	if (end == seconds || *end || !(value >= 0.1 && value <= 1e6))
		return 0;
	return (uint64_t)(value * 1e9);
}

static struct timespec waiting_left(uint64_t until_ns)
{
	uint64_t now = waiting_now_ns();
	uint64_t left = until_ns > now ? until_ns - now : 0;

	return (struct timespec){ .tv_sec = (time_t)(left / NS_PER_S),
				  .tv_nsec = (long)(left % NS_PER_S) };
}

enum waiting_end waiting_until(int signals, int fd, uint64_t until_ns)
{
	/* Standard output asks for nothing: errors and hang-ups always come. */
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO, .events = 0 },
		{ .fd = fd, .events = POLLIN },
	};
	struct timespec left;
	int rc;

	do {
		left = waiting_left(until_ns);
		rc = ppoll(fds, 3, until_ns == WAITING_FOR_EVER ? NULL : &left,
			   NULL);
	} while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return WAITING_FAILED;
	if (fds[0].revents || fds[1].revents & (POLLERR | POLLHUP))
		return WAITING_STOP;
	return fds[2].revents ? WAITING_READY : WAITING_TIME;
}

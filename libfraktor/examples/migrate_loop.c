/* SPDX-License-Identifier: MIT */
/*
 * migrate_loop.c - what many programs have: a loop of their own around a timerfd,
 * with two jobs of different periods.  migrate_driver.c is the same program with
 * fraktor; Documentation/migrating.rst goes from one to the other.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define TICK_MS 10
#define TICKS 100

static unsigned int sampled, reported;

static void sample(void)
{
	sampled++;
}

static void report(void)
{
	reported++;
}

/* The jobs' periods are multiples of the loop's, counted by hand. */
static void pump(uint64_t tick)
{
	sample();
	if (tick % 25 == 0)
		report();
}

int main(void)
{
	struct itimerspec every = { .it_interval.tv_nsec = TICK_MS * 1000000L,
				    .it_value.tv_nsec = TICK_MS * 1000000L };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	uint64_t expired, tick = 0;

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL)) {
		perror("timerfd");
		return 1;
	}
	while (tick < TICKS && poll(&poll_fd, 1, -1) == 1) {
		if (read(fd, &expired, sizeof(expired)) != sizeof(expired))
			continue;
		/* Late: catch up, all at once. */
		while (expired-- && tick < TICKS)
			pump(++tick);
	}
	close(fd);
	printf("sampled %u times, reported %u times\n", sampled, reported);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * waiter.h: read(2), poll(2) and FRAKTOR_URING_CMD_WAIT, each as a program
 * would use it.  It asserts nothing.
 */
#include "waiter.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "uring_cmd.h"

/* Longer than any stall of the machine. */
#define GIVE_UP_MS	30000

static int wait_by_read(struct t_waiter *waiter)
{
	struct fraktor_tick tick;
	ssize_t n;

	for (;;) {
		n = read(waiter->ring->fd, &tick, sizeof(tick));
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			waiter->taken++;
	}
}

static int wait_by_poll(struct t_waiter *waiter)
{
	struct pollfd p = { .fd = waiter->ring->fd, .events = POLLIN };
	int n;

	for (;;) {
		n = poll(&p, 1, GIVE_UP_MS);
		if (n <= 0)
			return n ? -errno : -ETIME;
		n = t_drain(waiter->ring);
		if (n < 0)
			return n;
		waiter->taken += n;
		if (!n && (p.revents & POLLHUP))
			return -ESHUTDOWN;
	}
}

static int wait_by_uring(struct t_waiter *waiter)
{
	struct io_uring uring;
	int ret = uring_init(&uring, 0), n;

	if (ret)
		return ret;
	do {
		ret = wait_on(&uring, waiter->ring->fd, t_tail(waiter->ring),
			      GIVE_UP_MS);
		n = t_drain(waiter->ring);
		waiter->taken += n > 0 ? n : 0;
	} while (ret > 0 && n >= 0);
	io_uring_queue_exit(&uring);
	return n < 0 ? n : ret ? ret : -ETIME;
}

static void *waiter_thread(void *arg)
{
	struct t_waiter *waiter = arg;

	switch (waiter->path) {
	case T_READ:
		waiter->ret = wait_by_read(waiter);
		break;
	case T_POLL:
		waiter->ret = wait_by_poll(waiter);
		break;
	case T_URING:
		waiter->ret = wait_by_uring(waiter);
		break;
	}
	__atomic_store_n(&waiter->ended_ns, t_now(), __ATOMIC_RELEASE);
	return NULL;
}

int t_waiter_start(struct t_waiter *waiter, enum t_path path,
		   struct t_ring *ring)
{
	int ret;

	memset(waiter, 0, sizeof(*waiter));
	waiter->path = path;
	waiter->ring = ring;
	ret = -pthread_create(&waiter->thread, NULL, waiter_thread, waiter);
	t_sleep_ms(20);
	return ret;
}

bool t_waiter_waits(const struct t_waiter *waiter)
{
	return !__atomic_load_n(&waiter->ended_ns, __ATOMIC_ACQUIRE);
}

int t_waiter_join(struct t_waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
	return waiter->ret;
}

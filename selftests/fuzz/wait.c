// SPDX-License-Identifier: GPL-2.0-only
/*
 * read, poll and epoll: of odd sizes, into odd places, on files that others
 * stop and close meanwhile.  What blocks is ended by a signal.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../lib.h"
#include "judge.h"
#include "ops.h"

static size_t wait_size(struct worker *w)
{
	static const size_t odd[] = { 0, 1, 31, 33, 63, 65, 100, 4095, 1 << 20 };

	if (rnd_one_in(&w->rnd, 4))
		return rnd_of(&w->rnd, odd);
	return (1 + rnd_below(&w->rnd, 64)) * sizeof(struct fraktor_tick);
}

static int wait_judge(struct worker *w, const void *memory, ssize_t len)
{
	const struct fraktor_tick *ticks = memory;
	const char *wrong = NULL;
	ssize_t i;

	if (len < 0)
		return -errno;
	if (len % sizeof(*ticks))
		fault(w, "read: %zd bytes are not whole records", len);
	for (i = 0; i < len / (ssize_t)sizeof(*ticks) && !wrong; i++)
		wrong = judge_record(&ticks[i]);
	if (wrong)
		fault(w, "read: %s", wrong);
	return len;
}

int wait_read(struct worker *w)
{
	size_t len = wait_size(w);
	void *good = worker_good_memory(w, len), *memory = worker_memory(w, len);
	int fd = worker_file(w);
	ssize_t got;

	if (fd < 0)
		return fd;
	say(w, "fd %d len %zu at %p", fd, len, memory);
	got = read(fd, memory, len);
	/* On a file of others this may be no device any more. */
	if (got <= 0 || memory != good || len > PAD_LEN || !w->own)
		return got < 0 ? -errno : got;
	return wait_judge(w, good, got);
}

int wait_readv(struct worker *w)
{
	unsigned int i, n = 1 + rnd_below(&w->rnd, 6);
	int fd = worker_file(w), flags = 0;
	struct iovec iov[6];
	ssize_t got;

	if (fd < 0)
		return fd;
	for (i = 0; i < n; i++) {
		iov[i].iov_len = wait_size(w);
		iov[i].iov_base = worker_memory(w, iov[i].iov_len);
	}
	if (rnd_one_in(&w->rnd, 2))
		flags = rnd_one_in(&w->rnd, 4) ? 1 << rnd_below(&w->rnd, 6) :
						 RWF_NOWAIT;
	say(w, "fd %d of %u, flags %#x", fd, n, flags);
	got = preadv2(fd, iov, n, -1, flags);
	return got < 0 ? -errno : got;
}

int wait_poll(struct worker *w)
{
	struct pollfd p[4];
	unsigned int i, n = 1 + rnd_below(&w->rnd, 4);
	int ret;

	for (i = 0; i < n; i++) {
		p[i].fd = worker_file(w);
		p[i].events = rnd_one_in(&w->rnd, 2) ? POLLIN :
						       rnd_u64(&w->rnd);
	}
	say(w, "%u files", n);
	ret = poll(p, n, rnd_below(&w->rnd, 20));
	return ret < 0 ? -errno : ret;
}

static int wait_epoll_fd(struct worker *w)
{
	if (w->epoll < 0)
		w->epoll = epoll_create1(EPOLL_CLOEXEC);
	return w->epoll;
}

int wait_epoll_ctl(struct worker *w)
{
	static const int ctls[] = {
		EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL,
	};
	static const uint32_t masks[] = {
		EPOLLIN, EPOLLIN | EPOLLET, EPOLLIN | EPOLLONESHOT,
		EPOLLIN | EPOLLEXCLUSIVE, EPOLLHUP, EPOLLIN | EPOLLWAKEUP,
	};
	struct epoll_event event = { .events = rnd_of(&w->rnd, masks) };
	int ctl = rnd_of(&w->rnd, ctls), fd = worker_file(w);
	int epoll = wait_epoll_fd(w);

	if (fd < 0 || epoll < 0)
		return -EMFILE;
	say(w, "fd %d ctl %d events %#x", fd, ctl, event.events);
	return epoll_ctl(epoll, ctl, fd, &event) ? -errno : 0;
}

int wait_epoll(struct worker *w)
{
	struct epoll_event events[8];
	int epoll = wait_epoll_fd(w), ret;

	if (epoll < 0)
		return -EMFILE;
	if (rnd_one_in(&w->rnd, 30)) {
		worker_put(&w->epoll, -1);
		return 0;
	}
	ret = epoll_wait(epoll, events, 8, rnd_below(&w->rnd, 20));
	return ret < 0 ? -errno : ret;
}

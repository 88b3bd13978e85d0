/* SPDX-License-Identifier: MIT */
/*
 * timerfd.c - a timerfd, and three ways to read it.
 */
#include <errno.h>
#include <liburing.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench.h"

static int timer_open(const struct bench_run *run, int flags, uint64_t *ret_deadline)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | flags);
	uint64_t first = bench_first_ns(run);
	struct itimerspec when = { .it_value = frki_clock_timespec(first),
				   .it_interval = frki_clock_timespec(run->period_ns) };

	if (fd < 0 || timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL))
		return -errno;
	*ret_deadline = first;
	return fd;
}

/* Reads expirations; the deadline is that of the oldest. */
static int timer_read(int fd, struct bench_run *run, uint64_t *deadline)
{
	uint64_t n;

	if (read(fd, &n, sizeof(n)) != (ssize_t)sizeof(n))
		return -errno;
	bench_hold(run, *deadline, bench_now_ns());
	*deadline += n * run->period_ns;
	return 0;
}

int bench_run_timerfd_read(struct bench_run *run)
{
	uint64_t deadline;
	int fd = timer_open(run, 0, &deadline);
	int err = fd < 0 ? fd : 0;

	while (bench_more(run) && !err)
		err = timer_read(fd, run, &deadline);
	if (fd >= 0)
		close(fd);
	return err ? bench_fail(run, err, "timerfd") : 0;
}

int bench_run_timerfd_epoll(struct bench_run *run)
{
	struct epoll_event event = { .events = EPOLLIN };
	uint64_t deadline;
	int fd = timer_open(run, TFD_NONBLOCK, &deadline);
	int poll_fd = epoll_create1(EPOLL_CLOEXEC);
	int err = fd < 0 ? fd : 0;

	if (!err && epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event))
		err = -errno;
	while (bench_more(run) && !err) {
		if (epoll_wait(poll_fd, &event, 1, -1) < 0)
			err = -errno;
		else
			err = timer_read(fd, run, &deadline);
	}
	if (fd >= 0)
		close(fd);
	close(poll_fd);
	return err ? bench_fail(run, err, "timerfd and epoll") : 0;
}

/* One read at a time; the next is handed in with the call that waits for it. */
static int uring_read(struct io_uring *ring, int fd, struct bench_run *run,
		      uint64_t *deadline)
{
	struct io_uring_cqe *cqe;
	uint64_t n = 0;
	int err, res;

	io_uring_prep_read(io_uring_get_sqe(ring), fd, &n, sizeof(n), 0);
	err = io_uring_submit_and_wait(ring, 1);
	if (err < 0)
		return err;
	err = io_uring_wait_cqe(ring, &cqe);
	if (err)
		return err;
	res = cqe->res;
	if (res >= 0)
		bench_hold(run, *deadline, bench_now_ns());
	io_uring_cqe_seen(ring, cqe);
	if (res < 0)
		return res;
	*deadline += n * run->period_ns;
	return 0;
}

int bench_run_timerfd_uring(struct bench_run *run)
{
	struct io_uring ring;
	uint64_t deadline;
	int err = io_uring_queue_init(4, &ring, 0);
	int fd;

	if (err)
		return bench_fail(run, err, "io_uring");
	fd = timer_open(run, 0, &deadline);
	err = fd < 0 ? fd : 0;
	while (bench_more(run) && !err)
		err = uring_read(&ring, fd, run, &deadline);
	io_uring_queue_exit(&ring);
	if (fd >= 0)
		close(fd);
	return err ? bench_fail(run, err, "timerfd and io_uring") : 0;
}

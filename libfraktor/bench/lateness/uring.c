/* SPDX-License-Identifier: MIT */
/*
 * uring.c - the timeouts of io_uring itself.
 */
#include <errno.h>
#include <liburing.h>

#include "bench.h"

/* From Linux 6.4; older headers do not name it. */
#define TIMEOUT_MULTISHOT (1U << 6)

static struct __kernel_timespec timespec_of(uint64_t ns)
{
	return (struct __kernel_timespec){ .tv_sec = (long long)(ns / 1000000000U),
					   .tv_nsec = (long long)(ns % 1000000000U) };
}

/* One call per tick hands in the next timeout and waits for it. */
static int timeout_wait(struct io_uring *ring, struct bench_run *run, uint64_t deadline)
{
	struct __kernel_timespec when = timespec_of(deadline);
	struct io_uring_cqe *cqe;
	int err, res;

	io_uring_prep_timeout(io_uring_get_sqe(ring), &when, 0, IORING_TIMEOUT_ABS);
	err = io_uring_submit_and_wait(ring, 1);
	if (err < 0)
		return err;
	err = io_uring_wait_cqe(ring, &cqe);
	if (err)
		return err;
	res = cqe->res;
	if (res == -ETIME)
		bench_hold(run, deadline, bench_now_ns());
	io_uring_cqe_seen(ring, cqe);
	return res == -ETIME ? 0 : res;
}

int bench_run_uring_timeout(struct bench_run *run)
{
	uint64_t deadline;
	struct io_uring ring;
	int err = io_uring_queue_init(4, &ring, 0);

	if (err)
		return bench_fail(run, err, "io_uring");
	for (deadline = bench_now_ns() + run->period_ns; bench_more(run) && !err;
	     deadline += run->period_ns)
		err = timeout_wait(&ring, run, deadline);
	io_uring_queue_exit(&ring);
	return err ? bench_fail(run, err, "IORING_OP_TIMEOUT") : 0;
}

/* The kernel refuses it with an absolute time: the grid is that of the start. */
int bench_run_uring_multishot(struct bench_run *run)
{
	struct __kernel_timespec period = timespec_of(run->period_ns);
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	uint64_t deadline;
	int err = io_uring_queue_init(4, &ring, 0);

	if (err)
		return bench_fail(run, err, "io_uring");
	io_uring_prep_timeout(io_uring_get_sqe(&ring), &period, 0, TIMEOUT_MULTISHOT);
	deadline = bench_now_ns() + run->period_ns;
	for (; bench_more(run) && !err; deadline += run->period_ns) {
		err = io_uring_submit_and_wait(&ring, 1);
		if (err >= 0)
			err = io_uring_wait_cqe(&ring, &cqe);
		if (err)
			break;
		bench_hold(run, deadline, bench_now_ns());
		if (!(cqe->flags & IORING_CQE_F_MORE))
			err = cqe->res == -ETIME ? -ECANCELED : cqe->res;
		io_uring_cqe_seen(&ring, cqe);
	}
	io_uring_queue_exit(&ring);
	if (err == -EINVAL)
		return bench_fail(run, err,
				  "this kernel has no multishot timeout (from 6.4)");
	return err ? bench_fail(run, err, "IORING_TIMEOUT_MULTISHOT") : 0;
}

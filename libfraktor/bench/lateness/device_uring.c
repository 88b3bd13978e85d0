/* SPDX-License-Identifier: MIT */
/*
 * device_uring.c - /dev/fraktor waited for through io_uring, without the
 * library: by a command of its own, and by a poll that stays armed.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "device.h"

#define POLL_TAG 1

/* More than are in flight: each time the queue is full costs the kernel something. */
#define DEVICE_ENTRIES 64

/* DEFER_TASKRUN where the module says that it costs no detour. */
static int ring_open(struct io_uring *ring, const struct device *device,
		     struct bench_run *run)
{
	bool defer = device->meta->features & FRAKTOR_FEATURE_URING_DEFER;
	unsigned int flags =
		defer ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN :
			IORING_SETUP_COOP_TASKRUN;
	int err = io_uring_queue_init(DEVICE_ENTRIES, ring, flags);

	if (err)
		return bench_fail(run, err, "io_uring");
	snprintf(run->note, sizeof(run->note), "%s",
		 defer ? "DEFER_TASKRUN" : "COOP_TASKRUN");
	err = io_uring_register_ring_fd(ring);
	if (err >= 0)
		err = io_uring_register_files(ring, &device->fd, 1);
	if (err)
		io_uring_queue_exit(ring);
	return err ? bench_fail(run, err, "io_uring_register_files") : 0;
}

static void push_wait(struct io_uring *ring, uint64_t seen)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, 0, NULL, 0, 0);
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->cmd_op = FRAKTOR_URING_CMD_WAIT;
	/* sqe->cmd by its other name; the flags behind it are zero already. */
	memcpy(&sqe->addr3, &seen, sizeof(seen));
	memset(&sqe->__pad2[0], 0, sizeof(sqe->__pad2[0]));
}

static void push_poll(struct io_uring *ring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_poll_multishot(sqe, 0, POLLIN);
	sqe->flags |= IOSQE_FIXED_FILE;
	sqe->user_data = POLL_TAG;
}

/* 6.1 waits for ever when files are given back that a poll still uses. */
static void pull_poll(struct io_uring *ring)
{
	io_uring_prep_poll_remove(io_uring_get_sqe(ring), POLL_TAG);
	/* The end of the poll, and that of the removal. */
	io_uring_submit_and_wait(ring, 2);
}

/* All that has arrived; whether @ret_more says that the poll goes on. */
static int reap(struct io_uring *ring, bool *ret_more)
{
	struct io_uring_cqe *cqe;
	unsigned int head, n = 0;
	int err = 0;

	io_uring_for_each_cqe(ring, head, cqe)
	{
		n++;
		*ret_more = cqe->flags & IORING_CQE_F_MORE;
		if (cqe->res < 0)
			err = cqe->res;
	}
	io_uring_cq_advance(ring, n);
	return err;
}

static int uring_loop(struct io_uring *ring, struct device *device, struct bench_run *run,
		      bool multishot)
{
	bool armed = false;
	int err = 0;

	while (bench_more(run) && err >= 0) {
		if (!armed && multishot)
			push_poll(ring);
		else if (!armed)
			push_wait(ring, __atomic_load_n(&device->consumer->tail,
							__ATOMIC_RELAXED));
		err = io_uring_submit_and_wait(ring, 1);
		/* The completion is the wake-up, and can wait; the ring has the tick. */
		device_drain(device, run);
		if (err >= 0)
			err = reap(ring, &armed);
	}
	if (armed && multishot)
		pull_poll(ring);
	return err < 0 ? bench_fail(run, err, "waiting through io_uring") : 0;
}

static int uring_run(struct bench_run *run, bool multishot)
{
	struct io_uring ring;
	struct device device;
	int err = device_open(&device, run);

	if (err)
		return err;
	err = ring_open(&ring, &device, run);
	if (!err) {
		err = uring_loop(&ring, &device, run, multishot);
		/* The end of a ring is finished later: the file would stay open. */
		io_uring_unregister_files(&ring);
		io_uring_queue_exit(&ring);
	}
	device_close(&device);
	return err;
}

int bench_run_device_cmd(struct bench_run *run)
{
	return uring_run(run, false);
}

int bench_run_device_multishot(struct bench_run *run)
{
	return uring_run(run, true);
}

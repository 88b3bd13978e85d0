/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * FRAKTOR_URING_CMD_WAIT through liburing: submit one, take its completion.
 * It knows nothing of the test harness.
 */
#ifndef T_URING_CMD_H
#define T_URING_CMD_H

#include "lib.h"

#include <errno.h>
#include <liburing.h>
#include <string.h>

static inline int uring_init(struct io_uring *uring, unsigned int flags)
{
	struct io_uring_params params = {
		.flags = flags,
		.sq_thread_idle = 20,
	};

	return io_uring_queue_init_params(16, uring, &params);
}

static inline void prep_cmd(struct io_uring_sqe *sqe, int fd, unsigned int op,
			    uint64_t seen, uint64_t flags)
{
	struct fraktor_uring_wait wait = { .seen = seen, .flags = flags };

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = op;
	memcpy(sqe->cmd, &wait, sizeof(wait));
}

/*
 * Submit @n entries: @n or -errno.  With SQPOLL, liburing counts what the
 * kernel's thread has not taken yet, which may be more or nothing.
 */
static inline int submit(struct io_uring *uring, int n)
{
	int ret = io_uring_submit(uring);

	return ret >= 0 && (uring->flags & IORING_SETUP_SQPOLL) ? n : ret;
}

static inline int submit_wait(struct io_uring *uring, int fd, uint64_t seen)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(uring);

	if (!sqe)
		return -EAGAIN;
	prep_cmd(sqe, fd, FRAKTOR_URING_CMD_WAIT, seen, 0);
	return submit(uring, 1);
}

/* The next completion's result; -ETIME if there is none in @ms. */
static inline int complete(struct io_uring *uring, unsigned int ms)
{
	struct __kernel_timespec ts = { ms / 1000, (ms % 1000) * T_MS };
	struct io_uring_cqe *cqe;
	int ret;

	do {
		ret = io_uring_wait_cqe_timeout(uring, &cqe, &ts);
	} while (ret == -EINTR);
	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(uring, cqe);
	return ret;
}

/*
 * End the wait that is pending on a file and that no tick will end: where the
 * kernel can cancel commands there is no bound, and somebody has to.
 *
 * The result that the wait has then, or -errno if it could not be ended.
 */
static inline int end_wait(int fd)
{
	struct fraktor_info info;
	struct io_uring other;
	uint64_t start = t_now();
	int ret = t_info(fd, &info);

	if (ret || !(info.features & FRAKTOR_FEATURE_URING_CANCEL))
		return ret;
	ret = uring_init(&other, 0);
	if (ret)
		return ret;
	/* With SQPOLL the wait may not have begun: there is none yet. */
	do {
		prep_cmd(io_uring_get_sqe(&other), fd, FRAKTOR_URING_CMD_CANCEL,
			 0, 0);
		ret = submit(&other, 1);
		if (ret == 1)
			ret = complete(&other, T_SOON_MS);
	} while (ret == -ENOENT && t_ms_since(start) < T_SOON_MS && !usleep(1000));
	io_uring_queue_exit(&other);
	return ret ?: -ECANCELED;
}

/* One whole wait. */
static inline int wait_(struct io_uring *uring, int fd, uint64_t seen, unsigned int ms)
{
	int ret = submit_wait(uring, fd, seen);

	return ret == 1 ? complete(uring, ms) : ret < 0 ? ret : -EAGAIN;
}

/* Wait again while the kernel says "nothing yet". */
static inline int wait_on(struct io_uring *uring, int fd, uint64_t seen,
		   unsigned int ms)
{
	uint64_t start = t_now();
	int ret;

	do {
		ret = wait_(uring, fd, seen, ms);
	} while (!ret && t_ms_since(start) < ms);
	return ret;
}

#endif

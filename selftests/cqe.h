/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A completion of an io_uring, for the tests that use one.
 */
#ifndef SELFTESTS_CQE_H
#define SELFTESTS_CQE_H

#include "lib.h"

#include <liburing.h>

/* The result of the next one within @ms, or what waiting for it failed with. */
static inline int cqe_wait(struct io_uring *uring, unsigned int ms)
{
	struct __kernel_timespec ts = { ms / 1000, (ms % 1000) * T_MS };
	struct io_uring_cqe *cqe;
	int ret = io_uring_wait_cqe_timeout(uring, &cqe, &ts);

	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(uring, cqe);
	return ret;
}

#endif /* SELFTESTS_CQE_H */

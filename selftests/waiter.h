/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A thread that waits on a ring, in each way there is, until no more will
 * come: what ended it, and when.  It takes out what comes meanwhile.
 */
#ifndef T_WAITER_H
#define T_WAITER_H

#include "lib.h"

enum t_path {
	T_READ,
	T_POLL,
	T_URING,
};

struct t_waiter {
	enum t_path path;
	struct t_ring *ring;
	uint64_t taken;		/* out: records taken */
	int ret;		/* out: -ESHUTDOWN if all is well */
	uint64_t ended_ns;	/* out: 0 while it waits */
	pthread_t thread;
};

/* Begin to wait, and give the thread the time to fall asleep: 0 or -errno. */
int t_waiter_start(struct t_waiter *waiter, enum t_path path,
		   struct t_ring *ring);
bool t_waiter_waits(const struct t_waiter *waiter);
/* What ended it; -ETIME after 30 s, but read(2) knows no end. */
int t_waiter_join(struct t_waiter *waiter);

#endif

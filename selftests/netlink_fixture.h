/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source of 1 ms and a socket of the family: what the tests of netlink begin
 * with.
 */
#ifndef T_NETLINK_FIXTURE_H
#define T_NETLINK_FIXTURE_H

#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS

FIXTURE(netlink) {
	struct nl nl;
	struct t_ring ring;
	struct request req;
	struct source source;
};

FIXTURE_SETUP(netlink)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 1024))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_resolve(&self->nl));
}

FIXTURE_TEARDOWN(netlink)
{
	t_close(&self->nl.fd);
	t_ring_close(&self->ring);
}

#endif

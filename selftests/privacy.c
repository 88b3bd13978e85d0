// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which process has a source or a reader is told to its own user and to
 * CAP_SYS_PTRACE, in answers, dumps and events; all else is told to everyone.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kselftest_harness.h"

#define NOBODY	65534
#define PERIOD	(2 * T_MS)
#define UNKNOWN	UINT32_MAX	/* what nl.h makes of an attribute not there */

FIXTURE(privacy) {
	struct t_ring ring;	/* root's */
	struct nl nl;
	struct events events;
	int node_mode;
};

FIXTURE_SETUP(privacy)
{
	struct fraktor_create create;

	self->ring.fd = -1;
	if (getuid())
		SKIP(return, "needs root to become somebody else");
	self->node_mode = t_node_mode(0660);
	ASSERT_LE(0, self->node_mode) TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS));
	t_create_init(&create, PERIOD, 16);
	create.stall_periods = 10;
	ASSERT_EQ(0, t_ring_make(&self->ring, &create));
	self->events.wanted = self->ring.source;
}

FIXTURE_TEARDOWN(privacy)
{
	if (getuid())
		return;
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
	t_node_mode(self->node_mode);
}

static int run(int (*fn)(struct t_child *child, void *arg), void *arg)
{
	struct t_child child;
	int status, ret = t_child(&child, fn, arg);

	if (!ret)
		ret = t_child_reap(&child, 20000, &status);
	return ret < 0 ? ret : WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

static int looks_at_roots(struct t_child *child, void *arg)
{
	uint32_t id = *(uint32_t *)arg;
	struct source source;
	struct reader reader;
	struct nl nl;

	(void)child;
	if (t_become(NOBODY) || nl_listen(&nl, NULL))
		return 1;
	if (get_by_id(&nl, id, &source) || !source.whole)
		return 2;
	if (source.owner_pid != UNKNOWN)
		return 3;
	if (reader_of(&nl, id, &reader) || reader.n != 1 || !reader.whole)
		return 4;
	if (reader.pid != UNKNOWN)
		return 5;
	/* Not by its id either. */
	if (reader_by_id(&nl, reader.id, &reader) || !reader.whole)
		return 6;
	return reader.pid != UNKNOWN ? 7 : 0;
}

TEST_F(privacy, r1_5_nobody_sees_no_process_of_others)
{
	EXPECT_EQ(0, run(looks_at_roots, &self->ring.source));
}

static int looks_at_its_own(struct t_child *child, void *arg)
{
	struct source source;
	struct reader reader;
	struct t_ring ring;
	struct nl nl;

	(void)child;
	(void)arg;
	if (t_become(NOBODY) || nl_listen(&nl, NULL))
		return 1;
	if (t_ring_create(&ring, PERIOD, 16))
		return 2;
	if (get_by_id(&nl, ring.source, &source) ||
	    source.owner_pid != (uint32_t)getpid())
		return 3;
	if (reader_of(&nl, ring.source, &reader) ||
	    reader.pid != (uint32_t)getpid())
		return 4;
	return 0;
}

TEST_F(privacy, r1_5_one_sees_ones_own)
{
	EXPECT_EQ(0, run(looks_at_its_own, NULL));
}

static int has_a_source(struct t_child *child, void *arg)
{
	struct fraktor_create create;
	int fd;

	t_create_init(&create, PERIOD, 16);
	strcpy(create.name, arg);
	if (t_become(NOBODY))
		return 1;
	fd = t_open(O_RDWR);
	if (fd < 0 || t_ioctl(fd, FRAKTOR_IOC_CREATE, &create))
		return 2;
	t_child_ready(child);
	pause();
	return 3;
}

TEST_F(privacy, r1_5_cap_sys_ptrace_sees_everybodys)
{
	struct source source;
	struct t_child child;
	struct nl nl;

	ASSERT_EQ(0, nl_listen(&nl, NULL));
	ASSERT_EQ(0, t_child(&child, has_a_source, "nobodys"));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	ASSERT_EQ(0, get_by_name(&nl, "nobodys", &source));
	EXPECT_EQ(child.pid, source.owner_pid);
	/* It is the capability, not the number of the user. */
	ASSERT_EQ(0, t_cap_drop(CAP_SYS_PTRACE));
	close(nl.fd);
	ASSERT_EQ(0, nl_listen(&nl, NULL));
	ASSERT_EQ(0, get_by_name(&nl, "nobodys", &source));
	EXPECT_EQ(UNKNOWN, source.owner_pid);
	EXPECT_LE(0, t_child_kill(&child));
	close(nl.fd);
}

/* --- events: a group of their own names processes, and is not for all */

TEST_F(privacy, r1_5_events_name_processes_on_a_group_of_their_own)
{
	const struct event *e;
	struct nl who;

	ASSERT_EQ(0, nl_listen(&who, FRAKTOR_GENL_MCGRP_PROCESSES));
	ASSERT_EQ(0, t_start(self->ring.fd));	/* and nobody reads */
	e = next_event(&self->nl, &self->events, FRAKTOR_EVENT_READER_STALLED,
		       10000);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(UNKNOWN, e->pid);
	EXPECT_NE(UNKNOWN, e->reader_id);
	EXPECT_LT(0, e->behind);
	e = next_event(&who, &self->events, FRAKTOR_EVENT_READER_STALLED, 5000);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(getpid(), e->pid);
	EXPECT_NE(UNKNOWN, e->reader_id);
	close(who.fd);
}

static int joins(struct t_child *child, void *arg)
{
	struct nl nl;

	(void)child;
	(void)arg;
	if (t_become(NOBODY) || nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS) ||
	    nl_join(&nl, nl.metrics))
		return 1;
	return nl_join(&nl, nl.processes) == -EPERM ? 0 : 2;
}

TEST_F(privacy, r1_5_nobody_joins_the_group_of_processes)
{
	EXPECT_EQ(0, run(joins, NULL));
}

TEST_HARNESS_MAIN

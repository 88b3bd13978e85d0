// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many sources a user may have: a parameter of the module, which binds who
 * lacks CAP_SYS_RESOURCE, counts what users have and not what they had, and
 * lets no user feel another.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kselftest_harness.h"

#define PARAM	"max_sources_per_user"
#define MAX	5
#define ONE	10001
#define OTHER	10002
#define PERIOD	(10 * T_MS)

FIXTURE(user) {
	unsigned int max;
	int node_mode;
};

FIXTURE_SETUP(user)
{
	if (getuid())
		SKIP(return, "needs root to become others");
	self->node_mode = t_node_mode(0660);
	ASSERT_LE(0, self->node_mode) TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_param_get(PARAM, &self->max));
	ASSERT_EQ(0, t_param_set(PARAM, MAX));
}

FIXTURE_TEARDOWN(user)
{
	if (getuid())
		return;
	t_param_set(PARAM, self->max);
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

/* Make sources until one is refused, with -ENOSPC: how many, or -errno. */
static int fill(int *fds, int most)
{
	int n, ret;

	for (n = 0; n < most; n++) {
		fds[n] = t_open(O_RDWR);
		if (fds[n] < 0)
			return fds[n];
		ret = t_create(fds[n], PERIOD, 16);
		if (ret) {
			close(fds[n]);
			return ret == -ENOSPC ? n : ret;
		}
	}
	return n;
}

static int fills_and_refills(struct t_child *child, void *arg)
{
	struct fraktor_info info;
	int fds[MAX + 2], again[2], i, n;

	(void)child;
	if (t_become(*(unsigned int *)arg))
		return 100;
	for (i = 0; i < 3; i++) {
		n = fill(fds, MAX + 2);
		if (n != MAX)
			return 101;
		if (t_info(fds[0], &info) || info.sources_max_user != MAX)
			return 102;
		/* One goes, one comes. */
		close(fds[2]);
		if (fill(again, 2) != 1)
			return 103;
		fds[2] = again[0];
		while (n--)
			close(fds[n]);
	}
	return 0;
}

TEST_F(user, r1_4_no_more_than_the_parameter_and_all_given_back)
{
	unsigned int uid = ONE;

	EXPECT_EQ(0, run(fills_and_refills, &uid));
	EXPECT_EQ(0, run(fills_and_refills, &uid));	/* by its exit, too */
}

/* Have as many as may be, then wait to be killed. */
static int fills_up(struct t_child *child, void *arg)
{
	int fds[MAX + 2];

	if (t_become(*(unsigned int *)arg) || fill(fds, MAX + 2) != MAX)
		return 100;
	t_child_ready(child);
	pause();
	return 101;
}

static int finds_room(struct t_child *child, void *arg)
{
	int fds[MAX + 2];

	(void)child;
	return t_become(*(unsigned int *)arg) ? 100 : fill(fds, MAX + 2);
}

TEST_F(user, r1_4_one_user_does_not_feel_another)
{
	unsigned int one = ONE, other = OTHER;
	struct t_child child;

	ASSERT_EQ(0, t_child(&child, fills_up, &one));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	/* The user is counted, not the process. */
	EXPECT_EQ(0, run(finds_room, &one));
	EXPECT_EQ(MAX, run(finds_room, &other));
	EXPECT_LE(0, t_child_kill(&child));
	EXPECT_EQ(MAX, run(finds_room, &one));
}

TEST_F(user, r1_4_a_lower_maximum_takes_nothing_away)
{
	unsigned int one = ONE;
	struct t_child child;

	ASSERT_EQ(0, t_child(&child, fills_up, &one));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	ASSERT_EQ(0, t_param_set(PARAM, 2));
	EXPECT_EQ(0, run(finds_room, &one));
	EXPECT_LE(0, t_child_kill(&child));
	EXPECT_EQ(2, run(finds_room, &one));
	ASSERT_EQ(0, t_param_set(PARAM, MAX));
	EXPECT_EQ(MAX, run(finds_room, &one));
}

TEST_F(user, r1_4_cap_sys_resource_is_not_bound)
{
	int fds[MAX + 2], n, i;

	n = fill(fds, MAX + 2);
	EXPECT_EQ(MAX + 2, n);
	for (i = 0; i < n; i++)
		close(fds[i]);
}

static int attaches(struct t_child *child, void *arg)
{
	int fd;

	(void)child;
	if (t_become(ONE))
		return 100;
	fd = t_open(O_RDWR);
	return fd < 0 || t_attach(fd, *(unsigned int *)arg, 16) ? 101 : 0;
}

TEST_F(user, r1_4_a_reader_of_others_counts_for_nothing)
{
	struct t_ring ring;

	ASSERT_EQ(0, t_param_set(PARAM, 1));
	ASSERT_EQ(0, t_ring_create(&ring, PERIOD, 16));
	EXPECT_EQ(0, run(attaches, &ring.source));
	t_ring_close(&ring);
}

TEST_HARNESS_MAIN

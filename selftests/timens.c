// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process in a time namespace, whose clocks are days ahead: times in a ring
 * are those of the initial namespace, nothing is due at once, and every way to
 * wait waits as long as it should.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "nl.h"
#include "waiter.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x00000080
#endif

#define PERIOD	(50 * T_MS)
#define TELL_MS	5000
#define AHEAD_S	1000000ULL
#define AHEAD	(AHEAD_S * T_S)

/* In a child, which has no harness. */
#define CHECK(what)							\
	do {								\
		if (!(what)) {						\
			fprintf(stderr, "# line %d: %s\n", __LINE__,	\
				#what);					\
			return 1;					\
		}							\
	} while (0)

FIXTURE(timens) {
	struct t_child child;
};

FIXTURE_VARIANT(timens) {
	clockid_t clockid;
	uint64_t ahead_ns;
};

FIXTURE_VARIANT_ADD(timens, monotonic) {
	.clockid = CLOCK_MONOTONIC, .ahead_ns = AHEAD,
};
FIXTURE_VARIANT_ADD(timens, boottime) {
	.clockid = CLOCK_BOOTTIME, .ahead_ns = 2 * AHEAD,
};
/* Which namespaces do not change. */
FIXTURE_VARIANT_ADD(timens, tai) {
	.clockid = CLOCK_TAI, .ahead_ns = 0,
};

/* For the children to come; this process stays where it is. */
static int enter(void)
{
	int fd, ret = 0;

	if (unshare(CLONE_NEWTIME))
		return -errno;
	fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "monotonic %llu 0\nboottime %llu 0\n", AHEAD_S,
		    2 * AHEAD_S) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

FIXTURE_SETUP(timens)
{
	int ret = enter();

	if (ret == -EINVAL)
		SKIP(return, "this kernel has no time namespaces");
	ASSERT_EQ(0, ret);
}

FIXTURE_TEARDOWN(timens)
{
}

struct task {
	clockid_t clockid;
	uint64_t ahead_ns;
	unsigned int flags;
	uint64_t begin_ns, end_ns;	/* initial namespace; end: at the most */
};

static int create(struct t_ring *ring, const struct task *task)
{
	struct fraktor_create create;

	t_create_init(&create, PERIOD, 64);
	create.clockid = task->clockid;
	create.flags = task->flags;
	return t_ring_make(ring, &create);
}

static int in_child(struct __test_metadata *_metadata, struct t_child *child,
		    int (*fn)(struct t_child *child, void *arg),
		    struct task *task)
{
	int status = -1;

	EXPECT_EQ(0, t_child(child, fn, task));
	EXPECT_LE(0, t_child_reap(child, 30000, &status));
	return status;
}

/* --- times */

static int ticks_have_initial_times(struct t_child *child, void *arg)
{
	struct t_grid grid = { .period_ns = PERIOD };
	const struct task *task = arg;
	uint64_t here_ns, after_ns;
	struct fraktor_tick tick;
	struct t_ring ring;

	here_ns = t_now_on(task->clockid);
	CHECK(here_ns >= task->begin_ns + task->ahead_ns);
	CHECK(!create(&ring, task));
	CHECK(!t_start(ring.fd));
	/* Not at once, although a clock of ours says that it is long due. */
	CHECK(t_head(&ring) <= 1);
	CHECK(!t_until_head(&ring, 5, TELL_MS));
	CHECK(!t_stop(ring.fd));
	after_ns = t_now_on(task->clockid);
	while (t_take(&ring, &tick) > 0) {
		CHECK(!t_grid_check(&grid, &tick));
		CHECK(tick.fired_ns >= task->begin_ns);
		CHECK(tick.fired_ns + task->ahead_ns >= here_ns);
		CHECK(tick.fired_ns + task->ahead_ns <= after_ns);
	}
	/* As many periods as time has passed; an aligned grid may begin soon. */
	CHECK(grid.periods >= 5);
	CHECK(grid.periods <= (after_ns - here_ns) / PERIOD + 1);
	t_ring_close(&ring);
	return 0;
}

TEST_F_TIMEOUT(timens, times_are_of_the_initial_namespace, 60)
{
	struct task task = {
		.clockid = variant->clockid,
		.ahead_ns = variant->ahead_ns,
		.begin_ns = t_now_on(variant->clockid),
	};

	EXPECT_EQ(0, in_child(_metadata, &self->child,
			      ticks_have_initial_times, &task));
}

TEST_F_TIMEOUT(timens, aligned_grid_is_of_the_initial_namespace, 60)
{
	struct task task = {
		.clockid = variant->clockid,
		.ahead_ns = variant->ahead_ns,
		.flags = FRAKTOR_SOURCE_F_ALIGN,
		.begin_ns = t_now_on(variant->clockid),
	};

	EXPECT_EQ(0, in_child(_metadata, &self->child,
			      ticks_have_initial_times, &task));
}

/* --- waits */

static int waits_work(struct t_child *child, void *arg)
{
	static const enum t_path paths[] = { T_READ, T_POLL, T_URING };
	const struct task *task = arg;
	struct t_waiter waiter;
	struct t_ring ring;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		uint64_t start = t_now();

		CHECK(!create(&ring, task));
		CHECK(!t_start(ring.fd));
		CHECK(!t_waiter_start(&waiter, paths[i], &ring));
		CHECK(!t_until_head(&ring, 4, TELL_MS));
		CHECK(t_now() - start >= 4 * PERIOD);
		CHECK(t_waiter_waits(&waiter));
		CHECK(!t_stop(ring.fd));
		CHECK(t_waiter_join(&waiter) == -ESHUTDOWN);
		CHECK(waiter.taken == t_head(&ring));
		t_ring_close(&ring);
	}
	return 0;
}

TEST_F_TIMEOUT(timens, every_wait_waits, 60)
{
	struct task task = { .clockid = variant->clockid };

	EXPECT_EQ(0, in_child(_metadata, &self->child, waits_work, &task));
}

/* --- netlink and the clock block */

static int tells_initial_times(struct t_child *child, void *arg)
{
	const struct task *task = arg;
	const struct event *event;
	struct events events = { 0 };
	struct fraktor_clock clock;
	struct fraktor_info info;
	struct t_ring ring;
	struct nl nl;

	CHECK(!nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS));
	CHECK(!create(&ring, task));
	events.wanted = ring.source;
	CHECK(!t_start(ring.fd));
	event = next_event(&nl, &events, FRAKTOR_EVENT_STARTED, TELL_MS);
	CHECK(event);
	CHECK(event->time_ns >= task->begin_ns);
	CHECK(event->time_ns + AHEAD <= t_now());
	CHECK(!t_info(ring.fd, &info));
	CHECK(info.started_ns >= task->begin_ns);
	CHECK(info.started_ns + AHEAD <= t_now());
	CHECK(!t_clock(&ring, &clock));
	CHECK(clock.boottime_offset_ns < (int64_t)AHEAD);
	t_ring_close(&ring);
	close(nl.fd);
	return 0;
}

TEST_F_TIMEOUT(timens, events_and_clock_block_are_of_the_initial_namespace, 60)
{
	struct task task = {
		.clockid = variant->clockid,
		.begin_ns = t_now(),	/* events and the like: MONOTONIC */
	};

	EXPECT_EQ(0, in_child(_metadata, &self->child, tells_initial_times,
			      &task));
}

TEST_HARNESS_MAIN

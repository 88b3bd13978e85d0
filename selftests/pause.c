// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reader that is stopped (SIGSTOP) and goes on a while later: the line and
 * other readers do not feel it, its ring has the newest records in order, what
 * was dropped is counted exactly, and an event told of it meanwhile.
 */
#include "lib.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "nl.h"
#include "story.h"

#define PERIOD	T_MS
#define SLOTS	16
#define RECORDS	(20 * SLOTS)	/* while the reader is stopped */
#define TELL_MS	10000

FIXTURE(pause) {
	struct t_ring ring;		/* of one who reads on */
	struct nl nl;
	struct events events;
	struct t_child child;
};

FIXTURE_VARIANT(pause) {
	bool by_read;
};

FIXTURE_VARIANT_ADD(pause, read) { .by_read = true };
FIXTURE_VARIANT_ADD(pause, mapped) { .by_read = false };

FIXTURE_SETUP(pause)
{
	self->nl.fd = -1;
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 65536))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_start(self->ring.fd));
	/* Who is stalled is told in a group of its own: our ring is, too. */
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_PROCESSES));
	self->events.wanted = self->ring.source;
}

FIXTURE_TEARDOWN(pause)
{
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
}

/* The next event of this type about this process, or NULL. */
static const struct event *event_of(struct nl *nl, struct events *events,
				    uint32_t type, pid_t pid)
{
	const struct event *event;

	do {
		event = next_event(nl, events, type, TELL_MS);
	} while (event && event->pid != (uint32_t)pid);
	return event;
}

/* One record, in either way: 0 or -errno. */
static int next(struct t_ring *ring, bool by_read, struct fraktor_tick *tick)
{
	struct pollfd p = { .fd = ring->fd, .events = POLLIN };
	int ret;

	if (by_read) {
		ssize_t n = read(ring->fd, tick, sizeof(*tick));

		return n == sizeof(*tick) ? 0 : n < 0 ? -errno : -EIO;
	}
	while (!(ret = t_take(ring, tick))) {
		if (poll(&p, 1, 30000) != 1)
			return -ETIME;
		if (p.revents & POLLHUP && !(p.revents & POLLIN))
			return -ESHUTDOWN;
	}
	return ret < 0 ? ret : 0;
}

struct task {
	unsigned int source;
	bool by_read;
};

/* Read to the end of the line; what was taken and dropped is all there was. */
static int reads(struct t_child *child, void *arg)
{
	uint64_t taken = 0, jumped = 0, last = 0;
	const struct task *task = arg;
	struct fraktor_tick tick;
	struct t_ring ring;
	int ret;

	if (t_ring_attach(&ring, task->source, SLOTS))
		return 2;
	while (!(ret = next(&ring, task->by_read, &tick))) {
		if (tick.seq <= last)
			return 3;
		jumped += tick.seq - last - 1;
		last = tick.seq;
		if (++taken == 10)
			t_child_ready(child);
	}
	if (ret != -ESHUTDOWN)
		return 4;
	if (taken + t_dropped(&ring) != t_head(&ring))
		return 5;
	if (jumped != t_dropped(&ring))
		return 6;
	return jumped >= RECORDS - SLOTS ? 0 : 7;
}

TEST_F_TIMEOUT(pause, stopped_reader_loses_the_oldest_and_harms_nobody, 60)
{
	struct task task = {
		.source = self->ring.source, .by_read = variant->by_read,
	};
	const struct event *event;
	struct t_story story;
	int status = -1;

	ASSERT_EQ(0, t_child(&self->child, reads, &task));
	ASSERT_EQ(0, t_child_await(&self->child, TELL_MS));
	ASSERT_EQ(0, kill(self->child.pid, SIGSTOP));
	event = event_of(&self->nl, &self->events,
			 FRAKTOR_EVENT_READER_STALLED, self->child.pid);
	ASSERT_NE(NULL, event);
	EXPECT_LE(1, event->behind);
	EXPECT_GE(SLOTS, event->behind);
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + RECORDS,
				  TELL_MS));
	ASSERT_EQ(0, kill(self->child.pid, SIGCONT));
	event = event_of(&self->nl, &self->events,
			 FRAKTOR_EVENT_READER_RESUMED, self->child.pid);
	EXPECT_NE(NULL, event);
	t_sleep_ms(50);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_LE(0, t_child_reap(&self->child, TELL_MS, &status));
	EXPECT_EQ(0, status) TH_LOG("the reader says %d", status >> 8);

	/* The line: on its grid all the time, in the ring of who looks later. */
	t_story_read(&story, &self->ring, PERIOD);
	EXPECT_EQ(NULL, story.wrong) TH_LOG("%s", story.wrong);
	EXPECT_LE(RECORDS, story.grid.records);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The owner of a source: which of its ends are a death, that its death is told
 * at once, and that a source lives as long as somebody holds its file.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define FOUND	"heirloom"	/* name of the source */

FIXTURE(owner) {
	struct nl nl, who;	/* events; those about processes */
	struct events events;
	struct t_ring reader;
	int keep[2];		/* the heir goes when the test closes this */
};

FIXTURE_SETUP(owner)
{
	self->reader.fd = -1;
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_listen(&self->who, FRAKTOR_GENL_MCGRP_PROCESSES));
	ASSERT_EQ(0, pipe2(self->keep, O_CLOEXEC));
}

FIXTURE_TEARDOWN(owner)
{
	t_ring_close(&self->reader);
	t_close(&self->keep[0]);
	t_close(&self->keep[1]);
	t_close(&self->nl.fd);
	t_close(&self->who.fd);
}

static int find_source(FIXTURE_DATA(owner) *self)
{
	struct fraktor_attach attach = { .name = FOUND, .slots = 4096 };
	int ret;

	memset(&self->reader, 0, sizeof(self->reader));
	self->reader.fd = t_open(O_RDWR);
	if (self->reader.fd < 0)
		return self->reader.fd;
	ret = t_ioctl(self->reader.fd, FRAKTOR_IOC_ATTACH, &attach);
	self->reader.source = attach.source;
	self->events.wanted = attach.source;
	return ret ? ret : t_ring_map(&self->reader);
}

static int make_ticking(void)
{
	struct fraktor_create options;
	int fd;

	t_create_init(&options, 2 * T_MS, 16);
	strcpy(options.name, FOUND);
	fd = t_open(O_RDWR);
	if (fd < 0)
		return fd;
	if (!t_ioctl(fd, FRAKTOR_IOC_CREATE, &options) && !t_start(fd))
		return fd;
	close(fd);
	return -EIO;
}

/* The owner forks an heir that keeps the file, and waits to be killed. */
static int owns_and_forks(struct t_child *child, void *arg)
{
	int *keep = arg;
	char byte;

	if (make_ticking() < 0)
		return 1;
	close(keep[1]);
	if (!fork()) {
		close(child->ready[1]);
		_exit(read(keep[0], &byte, 1));	/* until the end of the test */
	}
	t_child_ready(child);
	pause();
	return 2;
}

TEST_F(owner, r2_3_dies_while_its_child_keeps_the_file)
{
	const struct event *e;
	struct t_child child;
	uint64_t head;

	ASSERT_EQ(0, t_child(&child, owns_and_forks, self->keep));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	ASSERT_EQ(0, find_source(self));
	ASSERT_LE(0, t_child_kill(&child));
	/* Told at its exit, though the line goes on. */
	e = next_event(&self->nl, &self->events, FRAKTOR_EVENT_OWNER_DIED, 3000);
	ASSERT_NE(NULL, e);
	EXPECT_STREQ(FOUND, e->name);
	e = next_event(&self->who, &self->events, FRAKTOR_EVENT_OWNER_DIED,
		       3000);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(child.pid, e->pid);
	head = t_head(&self->reader);
	EXPECT_EQ(0, t_until_head(&self->reader, head + 5, 5000));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->reader));
	/* The last close ends it; who made it has died. */
	t_close(&self->keep[1]);
	self->events.types = EVENT(REMOVED);
	self->events.n = 0;
	collect(&self->nl, &self->events, 1, 3000);
	ASSERT_EQ(1, self->events.n);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_DIED, self->events.e[0].reason);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&self->reader));
	EXPECT_EQ(FRAKTOR_REASON_OWNER_DIED, t_reason(&self->reader));
}

enum leaving {
	CLOSES,
	EXITS,
	EXECS,
};

struct leaver {
	enum leaving leaving;
	int go;
};

static int owns_and_leaves(struct t_child *child, void *arg)
{
	const struct leaver *leaver = arg;
	int fd = make_ticking();
	char byte;

	if (fd < 0)
		return 1;
	t_child_ready(child);
	/* The test attaches meanwhile. */
	if (read(leaver->go, &byte, 1) != 1)
		return 2;
	if (leaver->leaving == CLOSES) {
		close(fd);
		pause();
	}
	if (leaver->leaving == EXECS) {
		fcntl(fd, F_SETFD, 0);
		execl("/proc/self/exe", "owner", "--pause", NULL);
		return 3;
	}
	return 0;
}

static void leave(struct __test_metadata *_metadata,
		  FIXTURE_DATA(owner) *self, struct t_child *child,
		  enum leaving leaving)
{
	struct leaver leaver = { .leaving = leaving, .go = self->keep[0] };

	ASSERT_EQ(0, t_child(child, owns_and_leaves, &leaver));
	ASSERT_EQ(0, t_child_await(child, 5000));
	ASSERT_EQ(0, find_source(self));
	self->events.types = EVENT(OWNER_DIED) | EVENT(REMOVED);
	self->events.n = 0;
	ASSERT_EQ(1, write(self->keep[1], "g", 1));
}

TEST_F(owner, r2_3_exit_is_death)
{
	struct t_child child;

	leave(_metadata, self, &child, EXITS);
	collect(&self->nl, &self->events, 2, 3000);
	ASSERT_EQ(2, self->events.n);
	EXPECT_EQ(FRAKTOR_EVENT_OWNER_DIED, self->events.e[0].type);
	EXPECT_EQ(FRAKTOR_EVENT_REMOVED, self->events.e[1].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_DIED, self->events.e[1].reason);
	EXPECT_LE(0, t_child_reap(&child, 5000, NULL));
}

TEST_F(owner, r2_3_close_is_not_death)
{
	struct t_child child;

	leave(_metadata, self, &child, CLOSES);
	collect(&self->nl, &self->events, 1, 3000);
	ASSERT_EQ(1, self->events.n);
	EXPECT_EQ(FRAKTOR_EVENT_REMOVED, self->events.e[0].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, self->events.e[0].reason);
	/* It may die now: that is no event of a source that is gone. */
	EXPECT_LE(0, t_child_kill(&child));
	collect(&self->nl, &self->events, 2, 100);
	EXPECT_EQ(1, self->events.n);
}

TEST_F(owner, r2_3_exec_is_not_death)
{
	struct t_child child;

	leave(_metadata, self, &child, EXECS);
	collect(&self->nl, &self->events, 1, 300);
	EXPECT_EQ(0, self->events.n);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->reader));
	EXPECT_LE(0, t_child_kill(&child));
	collect(&self->nl, &self->events, 2, 3000);
	ASSERT_EQ(2, self->events.n);
	EXPECT_EQ(FRAKTOR_EVENT_OWNER_DIED, self->events.e[0].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_DIED, self->events.e[1].reason);
}

static int only_holds_it(struct t_child *child, void *arg)
{
	(void)child;
	(void)arg;
	return 0;	/* its exit closes what it inherited */
}

TEST_F(owner, r2_3_the_death_of_another_holder_is_none)
{
	struct t_child child;
	int fd = make_ticking();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, find_source(self));
	self->events.types = EVENT(OWNER_DIED) | EVENT(REMOVED);
	ASSERT_EQ(0, t_child(&child, only_holds_it, NULL));
	ASSERT_LE(0, t_child_reap(&child, 5000, NULL));
	collect(&self->nl, &self->events, 1, 100);
	EXPECT_EQ(0, self->events.n);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->reader));
	close(fd);
	collect(&self->nl, &self->events, 1, 3000);
	ASSERT_EQ(1, self->events.n);
	EXPECT_EQ(FRAKTOR_EVENT_REMOVED, self->events.e[0].type);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, self->events.e[0].reason);
}

static void *makes_one(void *arg)
{
	*(int *)arg = make_ticking();
	return NULL;
}

TEST_F(owner, r2_3_a_thread_that_ends_is_not_death)
{
	pthread_t thread;
	int fd = -1;

	ASSERT_EQ(0, pthread_create(&thread, NULL, makes_one, &fd));
	pthread_join(thread, NULL);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, find_source(self));
	self->events.types = EVENT(OWNER_DIED) | EVENT(REMOVED);
	collect(&self->nl, &self->events, 1, 100);
	EXPECT_EQ(0, self->events.n);
	EXPECT_EQ(0, t_until_head(&self->reader, 5, 5000));
	close(fd);
}

/* What an executed copy of this program does: hold what it inherited. */
static void __attribute__((constructor)) pause_if_executed(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--pause")) {
		pause();
		_exit(0);
	}
}

TEST_HARNESS_MAIN

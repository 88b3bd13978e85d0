// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog of readers and what is told of them: a reader that consumes
 * nothing is an event, readable while its process hangs; FRAKTOR_CMD_READER_GET
 * has its exact account; the group "metrics" speaks once a second.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD		(2 * T_MS)
#define STALL_PERIODS	25

FIXTURE(watch) {
	struct nl nl, asks;
	struct events events;
	struct t_ring owner;		/* its reader is the test itself */
	struct reader reader;
	struct request req;
	uint64_t *consumed;		/* by the child, shared with it */
};

FIXTURE_SETUP(watch)
{
	struct fraktor_create create;

	self->owner.fd = -1;
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_PROCESSES))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_listen(&self->asks, NULL));
	self->consumed = mmap(NULL, sizeof(*self->consumed),
			      PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)self->consumed);
	t_create_init(&create, PERIOD, 16);
	create.stall_periods = STALL_PERIODS;
	ASSERT_EQ(0, t_ring_make(&self->owner, &create));
	self->events.wanted = self->owner.source;
}

FIXTURE_TEARDOWN(watch)
{
	t_ring_close(&self->owner);
	t_close(&self->nl.fd);
	t_close(&self->asks.fd);
	munmap(self->consumed, sizeof(*self->consumed));
}

struct consumer {
	unsigned int source;
	uint64_t *consumed;
};

/* Take one record after the other, and say so, until killed. */
static int consumes(struct t_child *child, void *arg)
{
	struct consumer *consumer = arg;
	struct fraktor_tick tick;
	int fd = t_open(O_RDWR);

	if (fd < 0 || t_attach(fd, consumer->source, 64))
		return 1;
	t_child_ready(child);
	for (;;) {
		if (read(fd, &tick, sizeof(tick)) == sizeof(tick))
			__atomic_add_fetch(consumer->consumed, 1,
					   __ATOMIC_RELEASE);
		else
			usleep(500);
	}
}

static int start_consumer(FIXTURE_DATA(watch) *self, struct t_child *child)
{
	struct consumer consumer = { self->owner.source, self->consumed };
	int ret = t_child(child, consumes, &consumer);

	return ret ? ret : t_child_await(child, 5000);
}

static uint64_t consumed_by(FIXTURE_DATA(watch) *self)
{
	return __atomic_load_n(self->consumed, __ATOMIC_ACQUIRE);
}

static int until_consumed(FIXTURE_DATA(watch) *self, uint64_t n)
{
	uint64_t start = t_now();

	while (consumed_by(self) < n) {
		if (t_ms_since(start) > 5000)
			return -ETIME;
		usleep(500);
	}
	return 0;
}

/* The event of this type about the process's reader: it, or NULL. */
static const struct event *event_about(FIXTURE_DATA(watch) *self, uint32_t type,
				       pid_t pid, unsigned int ms)
{
	struct events *events = &self->events;
	unsigned int i = 0;
	uint64_t start = t_now();

	events->types = 1U << type;
	events->n = 0;
	while (t_ms_since(start) < ms && events->n < EVENTS) {
		collect(&self->nl, events, events->n + 1, 100);
		for (; i < events->n; i++)
			if (events->e[i].pid == (uint32_t)pid)
				return &events->e[i];
	}
	return NULL;
}

/* --- stalled */

TEST_F(watch, r2_3_a_stopped_process_is_reported_and_readable)
{
	struct reader *r = &self->reader;
	const struct event *e;
	struct t_child child;
	uint32_t id;

	ASSERT_EQ(0, start_consumer(self, &child));
	ASSERT_EQ(0, t_start(self->owner.fd));
	ASSERT_EQ(0, until_consumed(self, 10));
	ASSERT_EQ(0, kill(child.pid, SIGSTOP));
	e = event_about(self, FRAKTOR_EVENT_READER_STALLED, child.pid, 5000);
	ASSERT_NE(NULL, e) TH_LOG("nobody noticed");
	EXPECT_LT(0, e->behind);
	EXPECT_NE(UINT32_MAX, e->reader_id);
	id = e->reader_id;
	/* The account of a process that cannot answer, at rest. */
	ASSERT_EQ(0, t_stop(self->owner.fd));
	ASSERT_EQ(0, reader_by_id(&self->asks, id, r));
	EXPECT_EQ(1, r->n);
	EXPECT_TRUE(r->whole);
	EXPECT_EQ(id, r->id);
	EXPECT_EQ(child.pid, r->pid);
	EXPECT_EQ(64, r->slots);
	EXPECT_EQ(1, r->nr_sources);
	EXPECT_EQ(self->owner.source, r->sources[0]);
	EXPECT_TRUE(r->stalled);
	EXPECT_FALSE(r->owner);
	EXPECT_LT(0, r->idle_ns);
	EXPECT_LE(STALL_PERIODS / 2, r->behind);
	EXPECT_EQ(t_head(&self->owner), r->made);
	/* It may have taken one that it has not said yet. */
	EXPECT_LE(consumed_by(self), r->made - r->dropped - r->behind);
	EXPECT_GE(consumed_by(self) + 1, r->made - r->dropped - r->behind);
	/* It goes on. */
	ASSERT_EQ(0, t_start(self->owner.fd));
	ASSERT_EQ(0, kill(child.pid, SIGCONT));
	e = event_about(self, FRAKTOR_EVENT_READER_RESUMED, child.pid, 5000);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(id, e->reader_id);
	ASSERT_EQ(0, t_stop(self->owner.fd));
	ASSERT_EQ(0, reader_by_id(&self->asks, id, r));
	ASSERT_EQ(0, until_consumed(self, r->made - r->dropped));
	ASSERT_EQ(0, reader_by_id(&self->asks, id, r));
	EXPECT_FALSE(r->stalled);
	EXPECT_EQ(0, r->behind);
	EXPECT_EQ(consumed_by(self) + r->dropped, r->made);
	EXPECT_LE(0, t_child_kill(&child));
	EXPECT_EQ(-ENOENT, reader_by_id(&self->asks, id, r));
}

TEST_F(watch, r2_3_nothing_to_consume_is_no_stall)
{
	ASSERT_EQ(0, t_set_period(self->owner.fd, 3600 * T_S));
	ASSERT_EQ(0, t_start(self->owner.fd));
	self->events.types = EVENT(READER_STALLED);
	collect(&self->nl, &self->events, 1, 300);
	EXPECT_EQ(0, self->events.n);
	ASSERT_EQ(0, reader_of(&self->asks, self->owner.source, &self->reader));
	EXPECT_EQ(1, self->reader.n);
	EXPECT_FALSE(self->reader.stalled);
	EXPECT_EQ(0, self->reader.behind);
}

TEST_F(watch, r2_3_the_source_says_how_long_is_too_long)
{
	struct fraktor_set set = {
		.what = FRAKTOR_SET_STALL,
		.stall_periods = UINT32_MAX,
	};

	ASSERT_EQ(0, t_set(self->owner.fd, &set));
	ASSERT_EQ(0, t_start(self->owner.fd));
	ASSERT_EQ(0, t_until_head(&self->owner, 100, 5000));
	EXPECT_EQ(NULL, event_about(self, FRAKTOR_EVENT_READER_STALLED,
				    getpid(), 300));
	set.stall_periods = STALL_PERIODS;
	ASSERT_EQ(0, t_set(self->owner.fd, &set));
	EXPECT_NE(NULL, event_about(self, FRAKTOR_EVENT_READER_STALLED,
				    getpid(), 5000));
	/* Once, not at every look. */
	EXPECT_EQ(NULL, event_about(self, FRAKTOR_EVENT_READER_STALLED,
				    getpid(), 300));
}

/* --- READER_GET */

TEST_F(watch, r1_5_reader_of_the_owner)
{
	struct reader *r = &self->reader;
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->owner.fd));
	ASSERT_EQ(0, t_until_head(&self->owner, 40, 5000));
	ASSERT_EQ(0, t_stop(self->owner.fd));
	ASSERT_EQ(0, reader_of(&self->asks, self->owner.source, r));
	EXPECT_EQ(1, r->n);
	EXPECT_TRUE(r->whole);
	EXPECT_TRUE(r->owner);
	EXPECT_EQ(getpid(), r->pid);
	EXPECT_EQ(16, r->slots);
	EXPECT_EQ(t_head(&self->owner), r->made);
	EXPECT_EQ(t_dropped(&self->owner), r->dropped);
	EXPECT_EQ(16, r->behind);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(1, t_take(&self->owner, &tick));
	}
	ASSERT_EQ(0, reader_by_id(&self->asks, r->id, r));
	EXPECT_EQ(11, r->behind);
	EXPECT_EQ(r->made, r->dropped + 5 + r->behind);
}

TEST_F(watch, r2_2_reader_of_several_sources_names_them_in_order)
{
	struct reader *r = &self->reader;
	struct t_ring second, both;

	ASSERT_EQ(0, t_ring_create(&second, PERIOD, 16));
	ASSERT_EQ(0, t_ring_attach(&both, second.source, 32));
	ASSERT_EQ(0, t_attach(both.fd, self->owner.source, 0));
	/* Two read the second source: the last of them is the one of both. */
	ASSERT_EQ(0, reader_of(&self->asks, second.source, r));
	EXPECT_EQ(2, r->n);
	ASSERT_EQ(2, r->nr_sources);
	EXPECT_EQ(second.source, r->sources[0]);
	EXPECT_EQ(self->owner.source, r->sources[1]);
	EXPECT_EQ(32, r->slots);
	EXPECT_FALSE(r->owner);
	ASSERT_EQ(0, t_detach(both.fd, second.source));
	ASSERT_EQ(0, reader_by_id(&self->asks, r->id, r));
	ASSERT_EQ(1, r->nr_sources);
	EXPECT_EQ(self->owner.source, r->sources[0]);
	t_ring_close(&both);
	t_ring_close(&second);
}

TEST_F(watch, reader_get_refuses_what_it_does_not_know)
{
	struct reader *r = &self->reader;

	EXPECT_EQ(-ENOENT, reader_by_id(&self->asks, 0, r));
	EXPECT_EQ(-ENOENT, reader_by_id(&self->asks, UINT32_MAX, r));
	EXPECT_TRUE(self->asks.acked_reason);
	request_init(&self->req, self->asks.family, FRAKTOR_CMD_READER_GET,
		     FRAKTOR_GENL_VERSION, 0);
	EXPECT_EQ(-EINVAL, ask(&self->asks, &self->req, on_reader, r));
	EXPECT_TRUE(self->asks.acked_reason);
	ASSERT_EQ(0, reader_of(&self->asks, self->owner.source, r));
	request_init(&self->req, self->asks.family, FRAKTOR_CMD_READER_GET,
		     FRAKTOR_GENL_VERSION, 0);
	put_u32(&self->req, FRAKTOR_A_READER_ID, r->id);
	put_u32(&self->req, FRAKTOR_A_READER_PID, getpid());
	EXPECT_EQ(-EINVAL, ask(&self->asks, &self->req, on_reader, r));
	request_init(&self->req, self->asks.family, FRAKTOR_CMD_READER_GET,
		     FRAKTOR_GENL_VERSION, 0);
	put_u64(&self->req, FRAKTOR_A_READER_ID, r->id);
	EXPECT_GT(0, ask(&self->asks, &self->req, on_reader, r));
}

struct roll {
	unsigned int n, whole;
	uint32_t ids[512];
};

static void on_roll(const struct genlmsghdr *g, const struct reply *reply,
		    void *arg)
{
	struct roll *roll = arg;
	struct reader r = { 0 };

	on_reader(g, reply, &r);
	roll->whole += r.whole;
	if (roll->n < ARRAY_SIZE(roll->ids))
		roll->ids[roll->n++] = r.id;
}

TEST_F(watch, r1_5_dump_has_every_reader_once)
{
	struct roll roll = { 0 };
	struct t_ring owners[2];
	int fds[2 * 60];
	unsigned int i, j, twice = 0;

	for (i = 0; i < ARRAY_SIZE(owners); i++) {
		ASSERT_EQ(0, t_ring_create(&owners[i], PERIOD, 16));
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = t_open(O_RDWR);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, t_attach(fds[i], owners[i % 2].source, 16));
	}
	request_init(&self->req, self->asks.family, FRAKTOR_CMD_READER_GET,
		     FRAKTOR_GENL_VERSION, NLM_F_DUMP);
	ASSERT_EQ(0, ask(&self->asks, &self->req, on_roll, &roll));
	EXPECT_LE(ARRAY_SIZE(fds) + 3, roll.n);
	EXPECT_EQ(roll.n, roll.whole);
	for (i = 0; i < roll.n; i++)
		for (j = 0; j < i; j++)
			twice += roll.ids[i] == roll.ids[j];
	EXPECT_EQ(0, twice);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
	for (i = 0; i < ARRAY_SIZE(owners); i++)
		t_ring_close(&owners[i]);
}

/* --- metrics */

struct metrics {
	uint32_t running, stopped;
	unsigned int n, of_stopped, broken;
	struct source last;
};

static void on_metrics(const struct genlmsghdr *g, const struct reply *reply,
		       void *arg)
{
	struct metrics *metrics = arg;
	struct source source = { 0 };

	on_source(g, reply, &source);
	if (source.id == metrics->stopped)
		metrics->of_stopped++;
	if (source.id != metrics->running)
		return;
	metrics->n++;
	metrics->broken += !source.whole ||
			   source.cmd != FRAKTOR_CMD_METRICS ||
			   source.ticks < metrics->last.ticks;
	metrics->last = source;
}

TEST_F(watch, r1_5_metrics_once_a_second_of_what_runs)
{
	struct metrics metrics = { .running = self->owner.source };
	struct t_ring idle;
	struct pollfd p;
	uint64_t start;
	struct nl nl;

	ASSERT_EQ(0, t_ring_create(&idle, PERIOD, 16));
	metrics.stopped = idle.source;
	ASSERT_EQ(0, nl_listen(&nl, FRAKTOR_GENL_MCGRP_METRICS));
	ASSERT_EQ(0, t_start(self->owner.fd));
	p = (struct pollfd){ .fd = nl.fd, .events = POLLIN };
	for (start = t_now(); t_ms_since(start) < 2300;)
		if (poll(&p, 1, 50) == 1)
			nl_datagram(&nl, on_metrics, &metrics);
	EXPECT_LE(1, metrics.n);
	EXPECT_GE(t_ms_since(start) / 1000 + 1, metrics.n);
	EXPECT_EQ(0, metrics.of_stopped);
	EXPECT_EQ(0, metrics.broken);
	EXPECT_LT(0, metrics.last.ticks);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, metrics.last.state);
	/* Stopped: nothing to say, but what is under way. */
	ASSERT_EQ(0, t_stop(self->owner.fd));
	t_sleep_ms(100);
	while (poll(&p, 1, 0) == 1)
		nl_datagram(&nl, NULL, NULL);
	metrics.n = 0;
	for (start = t_now(); t_ms_since(start) < 1300;)
		if (poll(&p, 1, 50) == 1)
			nl_datagram(&nl, on_metrics, &metrics);
	EXPECT_EQ(0, metrics.n);
	close(nl.fd);
	t_ring_close(&idle);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module goes and comes while processes use it: unloading is refused as
 * long as anybody holds a file, a mapping or a pending command, and when it
 * succeeds nothing of the module is left behind.  It unloads fraktor.ko and
 * leaves it loaded.
 *
 * $T_ROUNDS: how often (60).
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "module.h"
#include "nl.h"
#include "uring_cmd.h"

#define PERIOD	T_MS
#define TELL_MS	10000

FIXTURE(churn) {
	struct t_ring ring;
};

FIXTURE_SETUP(churn)
{
	self->ring.fd = -1;
	ASSERT_EQ(0, getuid()) TH_LOG("needs root");
	if (access(T_DEVICE, F_OK))
		ASSERT_EQ(0, t_insmod("fraktor", ""));
	t_refcnt_settle();
}

FIXTURE_TEARDOWN(churn)
{
	t_ring_close(&self->ring);
	if (access(T_DEVICE, F_OK))
		EXPECT_EQ(0, t_insmod("fraktor", ""));
}

static bool is_busy(int ret)
{
	return ret == -EWOULDBLOCK || ret == -EBUSY;
}

/* Until nobody uses it any more: work that was put off holds it, too. */
static int unload(void)
{
	uint64_t start = t_now();
	int ret;

	do {
		ret = t_rmmod("fraktor");
		if (!is_busy(ret))
			return ret;
		usleep(2000);
	} while (t_ms_since(start) < TELL_MS);
	return ret;
}

/* --- what keeps it */

TEST_F(churn, mapping_alone_keeps_the_module)
{
	struct t_ring *ring = &self->ring;
	uint64_t head;

	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(ring->fd));
	t_close(&ring->fd);
	EXPECT_TRUE(is_busy(t_rmmod("fraktor")));
	/* All three mappings are good, and the line ticks into them. */
	head = t_head(ring);
	EXPECT_EQ(0, t_until_head(ring, head + 5, TELL_MS));
	EXPECT_LE(0, t_drain(ring));
	t_ring_unmap(ring);
	EXPECT_EQ(0, unload());
}

TEST_F(churn, each_mapping_keeps_the_module)
{
	struct t_ring *ring = &self->ring;
	int i;

	for (i = 0; i < 3; i++) {
		if (access(T_DEVICE, F_OK))
			ASSERT_EQ(0, t_insmod("fraktor", ""));
		ASSERT_EQ(0, t_ring_create(ring, PERIOD, 64));
		t_close(&ring->fd);
		if (i != 0) {
			munmap(ring->meta, ring->meta_len);
			ring->meta = NULL;
		}
		if (i != 1) {
			munmap(ring->consumer, ring->consumer_len);
			ring->consumer = NULL;
		}
		if (i != 2) {
			munmap(ring->data, ring->data_len);
			ring->data = NULL;
		}
		EXPECT_TRUE(is_busy(t_rmmod("fraktor")));
		t_ring_unmap(ring);
		EXPECT_EQ(0, unload());
	}
}

TEST_F(churn, pending_command_keeps_the_module)
{
	struct io_uring uring;

	ASSERT_EQ(0, t_ring_create(&self->ring, 1000 * PERIOD, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, uring_init(&uring, 0));
	ASSERT_EQ(1, submit_wait(&uring, self->ring.fd, 0));
	EXPECT_TRUE(is_busy(t_rmmod("fraktor")));
	/* The command has the file now, or was released by the close. */
	t_ring_close(&self->ring);
	io_uring_queue_exit(&uring);
	EXPECT_EQ(0, unload());
}

TEST_F(churn, armed_poll_keeps_the_module)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->ring.fd, &event));
	EXPECT_TRUE(is_busy(t_rmmod("fraktor")));
	EXPECT_LE(1, epoll_wait(ep, &event, 1, TELL_MS));
	t_ring_close(&self->ring);
	EXPECT_EQ(0, unload());
	close(ep);
}

/* Netlink sockets do not keep it; requests find it or they do not. */
TEST_F(churn, listeners_do_not_keep_the_module)
{
	struct nl nl, metrics;
	struct source source;

	ASSERT_EQ(0, nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, nl_listen(&metrics, FRAKTOR_GENL_MCGRP_METRICS));
	EXPECT_EQ(0, unload());
	EXPECT_EQ(-ENOENT, get_by_name(&nl, "none", &source));
	close(nl.fd);
	close(metrics.fd);
}

/* --- repeatedly, while others use it */

struct traffic {
	bool end;
	unsigned int kind;
	unsigned long done, failed;
	pthread_t thread;
};

/* Open, create, start, read, close. */
static void use_ring(struct traffic *traffic)
{
	struct t_ring ring;

	if (t_ring_create(&ring, PERIOD, 64))
		return;
	if (t_start(ring.fd) || t_until_head(&ring, 2, TELL_MS) ||
	    t_drain(&ring) < 0)
		traffic->failed++;
	else
		traffic->done++;
	t_ring_close(&ring);
}

/* A command that is pending when everything else of it is gone. */
static void use_uring(struct traffic *traffic)
{
	struct io_uring uring;
	struct t_ring ring;

	if (uring_init(&uring, 0)) {
		traffic->failed++;
		return;
	}
	if (!t_ring_create(&ring, 50 * PERIOD, 64)) {
		if (t_start(ring.fd) || submit_wait(&uring, ring.fd, 0) != 1)
			traffic->failed++;
		else
			traffic->done++;
		t_ring_close(&ring);
	}
	io_uring_queue_exit(&uring);
}

/* Requests and events; the family may go at any time. */
static void use_netlink(struct traffic *traffic)
{
	struct source source = { 0 };
	struct request req;
	struct nl nl;

	if (!nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS)) {
		get_init(&nl, &req, NLM_F_DUMP);
		if (!ask(&nl, &req, on_source, &source))
			traffic->done++;
	}
	t_close(&nl.fd);
}

static void *use(void *arg)
{
	static void (*const uses[])(struct traffic *traffic) = {
		use_ring, use_uring, use_netlink, use_ring,
	};
	struct traffic *traffic = arg;

	while (!__atomic_load_n(&traffic->end, __ATOMIC_RELAXED)) {
		uint64_t start = t_now();

		uses[traffic->kind % ARRAY_SIZE(uses)](traffic);
		/* Leave it alone for longer, however slow the machine. */
		usleep(1000 * (1 + traffic->kind) +
		       3 * (t_now() - start) / T_US);
	}
	return NULL;
}

TEST_F_TIMEOUT(churn, goes_and_comes_under_traffic, 600)
{
	unsigned int cycles = 60, i, busy = 0, unloaded = 0;
	uint64_t start = t_now();
	struct traffic traffic[4] = { 0 };

	if (getenv("T_ROUNDS"))
		cycles = strtoul(getenv("T_ROUNDS"), NULL, 0);
	for (i = 0; i < ARRAY_SIZE(traffic); i++) {
		traffic[i].kind = i;
		ASSERT_EQ(0, pthread_create(&traffic[i].thread, NULL, use,
					    &traffic[i]));
	}
	while (unloaded < cycles && t_now() - start < 300 * T_S) {
		int ret = t_rmmod("fraktor");

		if (is_busy(ret)) {
			busy++;
			usleep(500);
			continue;
		}
		ASSERT_EQ(0, ret);
		unloaded++;
		ASSERT_EQ(0, t_insmod("fraktor", ""));
		t_sleep_ms(5);
	}
	for (i = 0; i < ARRAY_SIZE(traffic); i++) {
		__atomic_store_n(&traffic[i].end, true, __ATOMIC_RELAXED);
		pthread_join(traffic[i].thread, NULL);
		EXPECT_EQ(0, traffic[i].failed) TH_LOG("use %u", i);
		EXPECT_LT(0, traffic[i].done) TH_LOG("use %u", i);
	}
	EXPECT_EQ(cycles, unloaded);
	EXPECT_LT(0, busy);
	TH_LOG("unloaded %u times, refused %u times; uses: %lu %lu %lu %lu",
	       unloaded, busy, traffic[0].done, traffic[1].done,
	       traffic[2].done, traffic[3].done);
}

TEST_HARNESS_MAIN

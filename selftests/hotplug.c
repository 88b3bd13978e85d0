// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs that go and come: a line moves off a CPU that leaves, says so, keeps
 * its grid, and comes back; one that must not move stops, and whoever waits
 * is told.
 *
 * $T_ROUNDS: how often it does so under traffic (50).
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "nl.h"
#include "waiter.h"

#define PERIOD	T_MS
#define SLOTS	4096
/* What a machine under load may need to tell something. */
#define TELL_MS	5000

FIXTURE(hotplug) {
	struct t_ring ring;
	struct nl nl;
	struct events events;
};

/* A running line whose home is CPU 1. */
static int make(struct t_ring *ring, unsigned int flags)
{
	struct fraktor_create create;
	int ret;

	t_create_init(&create, PERIOD, SLOTS);
	create.cpu = 1;
	create.flags = flags;
	ret = t_ring_make(ring, &create);
	return ret ? ret : t_start(ring->fd);
}

FIXTURE_SETUP(hotplug)
{
	self->ring.fd = -1;
	self->nl.fd = -1;
	if (t_cpu_online(1) == 0)
		t_cpu_set_online(1, true);
	if (t_cpu_online(1) != 1)
		SKIP(return, "needs a second CPU that can go (--smp 2)");
	ASSERT_EQ(0, t_pin(0));
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS));
}

FIXTURE_TEARDOWN(hotplug)
{
	t_cpu_set_online(1, true);
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
}

static unsigned int cpu_of(const struct t_ring *ring)
{
	struct fraktor_member member = { .cpu = -1 };

	t_member(ring, ring->source, &member);
	return member.cpu;
}

/* Records so far, all on one grid; returns how many say that the CPU is new. */
static int check_grid(struct t_ring *ring, struct t_grid *grid,
		      const char **ret_wrong)
{
	struct fraktor_tick tick;
	int ret, moved = 0;

	*ret_wrong = NULL;
	while ((ret = t_take(ring, &tick)) > 0) {
		const char *wrong = t_grid_check(grid, &tick);

		if (wrong)
			*ret_wrong = wrong;
		moved += !!(tick.flags & FRAKTOR_TICK_F_MOVED);
	}
	if (ret < 0)
		*ret_wrong = "a record that was not whole";
	return moved;
}

TEST_F(hotplug, r2_3_line_moves_says_so_and_comes_back)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct t_ring *ring = &self->ring, other = { .fd = -1 };
	const struct event *event;
	struct source source;
	const char *wrong;
	unsigned int to;

	ASSERT_EQ(0, make(ring, 0));
	ASSERT_EQ(0, t_ring_attach(&other, ring->source, SLOTS));
	self->events.wanted = ring->source;
	ASSERT_EQ(0, t_until_head(ring, 5, TELL_MS));
	EXPECT_EQ(0, check_grid(ring, &grid, &wrong));
	for (to = 0; to < 2; to++) {
		ASSERT_EQ(0, t_cpu_set_online(1, to));
		event = next_event(&self->nl, &self->events,
				   FRAKTOR_EVENT_MOVED, TELL_MS);
		ASSERT_NE(NULL, event);
		EXPECT_EQ(to, event->cpu);
		EXPECT_EQ(to, cpu_of(ring));
		EXPECT_EQ(to, cpu_of(&other));
		ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 5, TELL_MS));
		/* Exactly one record says so, in every ring. */
		EXPECT_EQ(1, check_grid(ring, &grid, &wrong));
		EXPECT_EQ(NULL, wrong) TH_LOG("to %u: %s", to, wrong);
	}
	ASSERT_EQ(0, get_by_id(&self->nl, ring->source, &source));
	EXPECT_EQ(2, source.moves);
	EXPECT_EQ(1, source.cpu);
	EXPECT_EQ(1, source.home_cpu);
	ASSERT_EQ(0, t_stop(ring->fd));
	memset(&grid, 0, sizeof(grid));
	grid.period_ns = PERIOD;
	EXPECT_EQ(2, check_grid(&other, &grid, &wrong));
	EXPECT_EQ(NULL, wrong) TH_LOG("the other ring: %s", wrong);
	t_ring_close(&other);
}

TEST_F(hotplug, r1_2_with_a_lead_no_record_is_early_wherever_the_line_is)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_create create;
	struct fraktor_tick tick;
	uint64_t due_ns = 0;
	unsigned int i, n;

	t_create_init(&create, 2 * T_MS, SLOTS);
	create.cpu = 1;
	create.lead_ns = T_MS / 4;
	ASSERT_EQ(0, t_ring_make(ring, &create));
	ASSERT_EQ(0, t_start(ring->fd));
	/* Away, back, away and back; each until a record says so. */
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, t_cpu_set_online(1, i % 2));
		n = 0;
		do {
			ASSERT_EQ(sizeof(tick),
				  read(ring->fd, &tick, sizeof(tick)));
			ASSERT_LE(tick.deadline_ns, t_now());
			if (due_ns)
				ASSERT_EQ(due_ns, tick.deadline_ns);
			due_ns = t_tick_end(&tick, 2 * T_MS) + 2 * T_MS;
			ASSERT_GT(SLOTS, ++n);
		} while (!(tick.flags & FRAKTOR_TICK_F_MOVED));
	}
}

/* --- repeatedly, while others open, start, read and close */

struct traffic {
	bool end;
	unsigned int source;
	unsigned long opened, read;
	pthread_t opener, reader;
};

static void *open_and_close(void *arg)
{
	struct traffic *traffic = arg;
	struct fraktor_create create;
	struct t_ring ring;
	cpu_set_t both;

	CPU_ZERO(&both);
	CPU_SET(0, &both);
	CPU_SET(1, &both);
	sched_setaffinity(0, sizeof(both), &both);
	while (!__atomic_load_n(&traffic->end, __ATOMIC_RELAXED)) {
		t_create_init(&create, PERIOD, 64);
		create.cpu = traffic->opened++ & 1;
		/* -ENODEV while the CPU is away. */
		if (t_ring_make(&ring, &create))
			continue;
		if (!t_start(ring.fd))
			t_until_head(&ring, 2, 20);
		t_ring_close(&ring);
	}
	return NULL;
}

static void *read_on(void *arg)
{
	struct traffic *traffic = arg;
	struct fraktor_tick ticks[16];
	struct t_ring ring;
	ssize_t n;

	if (t_ring_attach(&ring, traffic->source, 64))
		return NULL;
	while (!__atomic_load_n(&traffic->end, __ATOMIC_RELAXED)) {
		n = read(ring.fd, ticks, sizeof(ticks));
		if (n <= 0)
			break;
		traffic->read += n / sizeof(ticks[0]);
	}
	t_ring_close(&ring);
	return NULL;
}

TEST_F_TIMEOUT(hotplug, repeated_under_traffic_no_tick_is_lost_or_double, 300)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct t_ring *ring = &self->ring;
	struct traffic traffic = { 0 };
	unsigned int round, rounds = 50, moved = 0;
	struct source source;
	const char *wrong;

	if (getenv("T_ROUNDS"))
		rounds = strtoul(getenv("T_ROUNDS"), NULL, 0);
	/* Not a socket that all these events overflow. */
	t_close(&self->nl.fd);
	ASSERT_EQ(0, nl_listen(&self->nl, NULL));
	ASSERT_EQ(0, make(ring, 0));
	traffic.source = ring->source;
	ASSERT_EQ(0, pthread_create(&traffic.opener, NULL, open_and_close,
				    &traffic));
	ASSERT_EQ(0, pthread_create(&traffic.reader, NULL, read_on, &traffic));
	for (round = 0; round < 2 * rounds; round++) {
		ASSERT_EQ(0, t_cpu_set_online(1, round & 1));
		EXPECT_EQ(round & 1, cpu_of(ring));
		ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 2, TELL_MS));
		moved += check_grid(ring, &grid, &wrong);
		ASSERT_EQ(NULL, wrong) TH_LOG("round %u: %s", round, wrong);
	}
	__atomic_store_n(&traffic.end, true, __ATOMIC_RELAXED);
	pthread_join(traffic.opener, NULL);
	pthread_join(traffic.reader, NULL);
	EXPECT_EQ(2 * rounds, moved);
	ASSERT_EQ(0, get_by_id(&self->nl, ring->source, &source));
	EXPECT_EQ(2 * rounds, source.moves);
	EXPECT_EQ(0, ring->gaps);
	EXPECT_LT(0, traffic.opened);
	EXPECT_LT(0, traffic.read);
	TH_LOG("%llu records, %lu other files, %lu records read there",
	       (unsigned long long)grid.records, traffic.opened, traffic.read);
}

/* --- lines that must not move, or cannot */

TEST_F(hotplug, r2_3_strict_line_stops_and_waiters_are_released)
{
	static const enum t_path paths[] = { T_READ, T_POLL, T_URING };
	struct t_ring *ring = &self->ring;
	const struct event *event;
	struct t_waiter waiter;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		ASSERT_EQ(0, make(ring, FRAKTOR_SOURCE_F_CPU_STRICT));
		self->events.wanted = ring->source;
		ASSERT_EQ(0, t_waiter_start(&waiter, paths[i], ring));
		ASSERT_EQ(0, t_cpu_set_online(1, false));
		event = next_event(&self->nl, &self->events,
				   FRAKTOR_EVENT_STOPPED, TELL_MS);
		ASSERT_NE(NULL, event);
		EXPECT_EQ(FRAKTOR_REASON_CPU_GONE, event->reason);
		EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&waiter))
			TH_LOG("path %u", i);
		EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(ring));
		EXPECT_EQ(FRAKTOR_REASON_CPU_GONE, t_reason(ring));
		/* It waits for its CPU, and to be asked. */
		EXPECT_EQ(-ENODEV, t_start(ring->fd));
		EXPECT_EQ(FRAKTOR_REASON_CPU_GONE, t_reason(ring));
		ASSERT_EQ(0, t_cpu_set_online(1, true));
		EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(ring));
		EXPECT_EQ(0, t_start(ring->fd));
		EXPECT_EQ(0, t_until_head(ring, t_head(ring) + 3, TELL_MS));
		EXPECT_EQ(1, cpu_of(ring));
		t_ring_close(ring);
	}
}

TEST_F(hotplug, line_that_finds_no_room_elsewhere_stops)
{
	unsigned int max_rate;
	struct t_ring here;

	ASSERT_EQ(0, t_param_get("max_rate", &max_rate));
	/* CPU 0 has 1000 ticks a second already: a second line is too much. */
	ASSERT_EQ(0, t_ring_create(&here, PERIOD, 64));
	ASSERT_EQ(0, t_start(here.fd));
	ASSERT_EQ(0, make(&self->ring, 0));
	EXPECT_EQ(0, t_param_set("max_rate", 1500));
	EXPECT_EQ(0, t_cpu_set_online(1, false));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
	EXPECT_EQ(FRAKTOR_REASON_CPU_GONE, t_reason(&self->ring));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&here));
	EXPECT_EQ(0, t_cpu_set_online(1, true));
	EXPECT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(0, t_param_set("max_rate", max_rate));
	t_ring_close(&here);
}

TEST_F(hotplug, start_without_its_cpu_is_enodev)
{
	struct t_ring *ring = &self->ring;

	ASSERT_EQ(0, make(ring, 0));
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_EQ(0, t_cpu_set_online(1, false));
	EXPECT_EQ(-ENODEV, t_start(ring->fd));
	EXPECT_EQ(-EALREADY, t_stop(ring->fd));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(ring));
	EXPECT_EQ(FRAKTOR_REASON_ASKED, t_reason(ring));
	/* A line that was stopped does not start when its CPU comes. */
	ASSERT_EQ(0, t_cpu_set_online(1, true));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(ring));
	EXPECT_EQ(0, t_start(ring->fd));
	EXPECT_EQ(0, t_until_head(ring, t_head(ring) + 3, TELL_MS));
}

TEST_F(hotplug, line_started_anew_while_away_is_back_at_home)
{
	struct t_ring *ring = &self->ring;

	ASSERT_EQ(0, make(ring, 0));
	ASSERT_EQ(0, t_cpu_set_online(1, false));
	ASSERT_EQ(0, cpu_of(ring));
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_EQ(0, t_cpu_set_online(1, true));
	EXPECT_EQ(0, t_start(ring->fd));
	EXPECT_EQ(1, cpu_of(ring));
	EXPECT_EQ(0, t_until_head(ring, t_head(ring) + 3, TELL_MS));
}

TEST_HARNESS_MAIN

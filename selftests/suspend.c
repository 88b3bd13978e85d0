// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend to RAM: what the ring, the clock block and the events tell of it,
 * and what becomes of lines on clocks that stand still and on clocks that do
 * not.  Because a machine that does not wake up is lost, $T_SUSPEND must be
 * set: to "lab" where somebody else wakes it, some seconds later (scripts/vm
 * --sleep 3), or to "alarm" for the alarm of the real-time clock.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "nl.h"
#include "story.h"
#include "waiter.h"

#define PERIOD	T_MS
#define SLOTS	16384
#define TELL_MS	5000
/* Long enough that a machine under load is asleep when its alarm goes off. */
#define ALARM_S	"4"

#define ALARM	"/sys/class/rtc/rtc0/wakealarm"
#define STATE	"/sys/power/state"

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int set_alarm(void)
{
	put_text(ALARM, "0");
	return put_text(ALARM, "+" ALARM_S);
}

static int sleep_to_ram(void)
{
	int ret = strcmp(getenv("T_SUSPEND"), "alarm") ? 0 : set_alarm();

	return ret ? ret : put_text(STATE, "mem");
}

static int64_t boottime_offset(void)
{
	uint64_t before = t_now(), boot = t_now_on(CLOCK_BOOTTIME);

	return boot - (before + t_now()) / 2;
}

FIXTURE(suspend) {
	struct t_ring ring;
	struct nl nl;
	struct events events;
	/* What the machine did, by its own clocks. */
	uint64_t before_ns, after_ns;
	int64_t slept_ns;
};

FIXTURE_SETUP(suspend)
{
	self->ring.fd = -1;
	self->nl.fd = -1;
	if (!getenv("T_SUSPEND"))
		SKIP(return, "puts the machine to sleep: set T_SUSPEND");
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS));
}

FIXTURE_TEARDOWN(suspend)
{
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
}

/* A running line. */
static int make(struct t_ring *ring, clockid_t clockid, int cpu,
		unsigned int flags)
{
	struct fraktor_create create;
	int ret;

	t_create_init(&create, PERIOD, SLOTS);
	create.clockid = clockid;
	create.cpu = cpu;
	create.flags = flags;
	ret = t_ring_make(ring, &create);
	return ret ? ret : t_start(ring->fd);
}

static int sleep_once(FIXTURE_DATA(suspend) *self)
{
	int64_t offset = boottime_offset();
	int ret;

	self->before_ns = t_now();
	ret = sleep_to_ram();
	self->after_ns = t_now();
	self->slept_ns = boottime_offset() - offset;
	return ret;
}

/* --- tests */

TEST_F_TIMEOUT(suspend, r2_3_ring_clock_and_events_tell_of_it, 120)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_clock clock, later;
	struct source source;
	struct t_story story;

	ASSERT_EQ(0, make(ring, CLOCK_MONOTONIC, 0, 0));
	ASSERT_EQ(0, t_until_head(ring, 5, TELL_MS));
	ASSERT_EQ(0, t_clock(ring, &clock));
	EXPECT_EQ(0, clock.suspends);
	EXPECT_EQ(0, clock.slept_ns);
	EXPECT_EQ(0, clock.suspended_ns);
	self->events.wanted = ring->source;
	self->events.types = EVENT(SUSPENDED) | EVENT(RESUMED);

	ASSERT_EQ(0, sleep_once(self));
	ASSERT_LT(T_S, self->slept_ns) TH_LOG("the machine did not sleep");
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 5, TELL_MS));

	/* The clock block: a whole one, which agrees with the clocks. */
	ASSERT_EQ(0, t_clock(ring, &later));
	EXPECT_EQ(1, later.suspends);
	EXPECT_GT(T_MS, llabs(later.boottime_offset_ns - boottime_offset()));
	EXPECT_EQ(later.boottime_offset_ns - clock.boottime_offset_ns,
		  later.slept_ns);
	EXPECT_LE(self->before_ns, later.suspended_ns);
	EXPECT_LE(later.suspended_ns, later.resumed_ns);
	EXPECT_LE(later.resumed_ns, self->after_ns);

	/* The ring: one note each, in their order, and the grid unbroken. */
	ASSERT_EQ(0, t_stop(ring->fd));
	t_story_read(&story, ring, PERIOD);
	EXPECT_EQ(NULL, story.wrong) TH_LOG("%s", story.wrong);
	EXPECT_EQ(1, story.suspends);
	EXPECT_EQ(1, story.resumes);
	EXPECT_LT(story.suspend.seq, story.resume.seq);
	EXPECT_EQ(0, story.suspend.periods);
	EXPECT_LE(later.suspended_ns, story.suspend.fired_ns);
	EXPECT_LE(later.resumed_ns, story.resume.fired_ns);
	EXPECT_EQ(ring->source, story.resume.source);
	/* CLOCK_MONOTONIC stood still: the sleep is no missed period. */
	EXPECT_GT(self->slept_ns / PERIOD, story.grid.missed);
	TH_LOG("slept %lld ms; %llu records, %llu periods missed, %u in one",
	       (long long)(self->slept_ns / T_MS),
	       (unsigned long long)story.grid.records,
	       (unsigned long long)story.grid.missed, story.longest.periods - 1);

	/* The events. */
	collect(&self->nl, &self->events, 2, TELL_MS);
	ASSERT_EQ(2, self->events.n);
	EXPECT_EQ(FRAKTOR_EVENT_SUSPENDED, self->events.e[0].type);
	EXPECT_EQ(FRAKTOR_EVENT_RESUMED, self->events.e[1].type);
	EXPECT_EQ(later.slept_ns, self->events.e[1].slept_ns);
	ASSERT_EQ(0, get_by_id(&self->nl, ring->source, &source));
	EXPECT_EQ(1, source.suspends);
}

TEST_F_TIMEOUT(suspend, r2_3_boottime_line_has_one_late_tick_that_counts_it, 120)
{
	struct t_ring *ring = &self->ring;
	struct t_story story;

	ASSERT_EQ(0, make(ring, CLOCK_BOOTTIME, 0, 0));
	ASSERT_EQ(0, t_until_head(ring, 5, TELL_MS));
	ASSERT_EQ(0, sleep_once(self));
	ASSERT_LT(T_S, self->slept_ns) TH_LOG("the machine did not sleep");
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 5, TELL_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	t_story_read(&story, ring, PERIOD);
	EXPECT_EQ(NULL, story.wrong) TH_LOG("%s", story.wrong);
	EXPECT_EQ(1, story.suspends);
	EXPECT_EQ(1, story.resumes);
	/* All of the sleep is in one record, late by as much. */
	EXPECT_LE(self->slept_ns / PERIOD, story.longest.periods);
	EXPECT_TRUE(story.longest.flags & FRAKTOR_TICK_F_LATE);
	EXPECT_GT(self->slept_ns / PERIOD, story.missed_else);
	EXPECT_EQ(story.grid.missed, t_missed(ring));
	TH_LOG("slept %lld ms; one record for %u periods, %llu missed besides",
	       (long long)(self->slept_ns / T_MS), story.longest.periods,
	       (unsigned long long)story.missed_else);
}

/* Half of a period: as much as a lead can be. */
TEST_F_TIMEOUT(suspend, r1_2_with_a_lead_no_record_is_early_after_a_sleep, 120)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_create create;
	struct fraktor_tick tick;
	unsigned int n = 0, resumed = 0;

	t_create_init(&create, PERIOD, SLOTS);
	create.clockid = CLOCK_BOOTTIME;
	create.lead_ns = PERIOD / 2;
	ASSERT_EQ(0, t_ring_make(ring, &create));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 5, TELL_MS));
	ASSERT_EQ(0, sleep_once(self));
	/* Those of before, that of the sleep, and some more. */
	while (resumed < 50 && n < SLOTS) {
		ASSERT_EQ(sizeof(tick), read(ring->fd, &tick, sizeof(tick)));
		ASSERT_LE(tick.deadline_ns, t_now_on(CLOCK_BOOTTIME));
		resumed += resumed || tick.flags & FRAKTOR_TICK_F_RESUME;
		n++;
	}
	EXPECT_EQ(50, resumed);
}

TEST_F_TIMEOUT(suspend, r2_3_line_that_must_stop_stops_with_its_reason, 120)
{
	struct t_ring *ring = &self->ring, idle = { .fd = -1 };
	const struct event *event;
	struct t_waiter waiter;
	struct fraktor_clock clock;
	struct t_story story;

	ASSERT_EQ(0, make(ring, CLOCK_MONOTONIC, 0,
			  FRAKTOR_SOURCE_F_SUSPEND_STOPS));
	ASSERT_EQ(0, t_ring_create(&idle, PERIOD, 64));
	ASSERT_EQ(0, t_until_head(ring, 5, TELL_MS));
	self->events.wanted = ring->source;
	t_story_read(&story, ring, PERIOD);
	ASSERT_EQ(0, t_waiter_start(&waiter, T_POLL, ring));

	ASSERT_EQ(0, sleep_once(self));
	ASSERT_LT(T_S, self->slept_ns) TH_LOG("the machine did not sleep");
	EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&waiter));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(ring));
	EXPECT_EQ(FRAKTOR_REASON_SUSPEND, t_reason(ring));
	event = next_event(&self->nl, &self->events, FRAKTOR_EVENT_STOPPED,
			   TELL_MS);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(FRAKTOR_REASON_SUSPEND, event->reason);
	/* It can be started again, on a grid of its own. */
	t_drain(ring);
	EXPECT_EQ(0, t_start(ring->fd));
	EXPECT_EQ(0, t_until_head(ring, t_head(ring) + 5, TELL_MS));
	EXPECT_EQ(0, t_stop(ring->fd));
	t_story_read(&story, ring, PERIOD);
	EXPECT_EQ(NULL, story.wrong) TH_LOG("%s", story.wrong);
	EXPECT_EQ(0, story.suspends + story.resumes);

	/* A line that did not run: no notes, but the clock block knows. */
	EXPECT_EQ(0, t_head(&idle));
	EXPECT_EQ(FRAKTOR_REASON_NONE, t_reason(&idle));
	ASSERT_EQ(0, t_clock(&idle, &clock));
	EXPECT_EQ(1, clock.suspends);
	t_ring_close(&idle);
	/* A ring made since then has not seen it, and has the offset right. */
	ASSERT_EQ(0, t_ring_create(&idle, PERIOD, 64));
	ASSERT_EQ(0, t_clock(&idle, &clock));
	EXPECT_EQ(0, clock.suspends);
	EXPECT_GT(T_MS, llabs(clock.boottime_offset_ns - boottime_offset()));
	t_ring_close(&idle);
}

/* All CPUs but the first go offline for it. */
TEST_F_TIMEOUT(suspend, line_of_another_cpu_comes_back_to_it, 120)
{
	struct t_ring *ring = &self->ring, strict;
	struct fraktor_member member;
	struct source source;
	struct t_story story;

	ASSERT_EQ(1, t_cpu_online(1)) TH_LOG("needs a second CPU (--smp 2)");
	ASSERT_EQ(0, make(ring, CLOCK_MONOTONIC, 1, 0));
	ASSERT_EQ(0, make(&strict, CLOCK_MONOTONIC, 1,
			  FRAKTOR_SOURCE_F_CPU_STRICT));
	ASSERT_EQ(0, t_until_head(ring, 5, TELL_MS));
	ASSERT_EQ(0, sleep_once(self));
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 5, TELL_MS));
	ASSERT_EQ(0, t_member(ring, ring->source, &member));
	EXPECT_EQ(1, member.cpu);
	ASSERT_EQ(0, t_stop(ring->fd));
	t_story_read(&story, ring, PERIOD);
	EXPECT_EQ(NULL, story.wrong) TH_LOG("%s", story.wrong);
	EXPECT_LE(1, story.moved);
	ASSERT_EQ(0, get_by_id(&self->nl, ring->source, &source));
	EXPECT_EQ(2, source.moves);
	/* One that must not move is told that its CPU went. */
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&strict));
	EXPECT_EQ(FRAKTOR_REASON_CPU_GONE, t_reason(&strict));
	EXPECT_EQ(0, t_start(strict.fd));
	t_ring_close(&strict);
}

TEST_HARNESS_MAIN

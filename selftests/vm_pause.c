// SPDX-License-Identifier: GPL-2.0-only
/*
 * The whole machine stands still for seconds, as a virtual one does whose host
 * is short of CPUs, and its clocks go on: one late tick that counts what is
 * missing, no burst, and then the grid again.  The host must do it on request
 * (scripts/vm --pause 2, which sets nothing in here: $T_PAUSE must be set).
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

#define PERIOD	T_MS
#define SLOTS	65536
#define TELL_MS	10000
/* Beyond any stall of a machine that is only busy. */
#define LEAST	T_S

FIXTURE(vm_pause) {
	struct t_ring ring;
};

FIXTURE_SETUP(vm_pause)
{
	self->ring.fd = -1;
	if (!getenv("T_PAUSE"))
		SKIP(return, "stops the machine: scripts/vm --pause 2 --env T_PAUSE=1");
}

FIXTURE_TEARDOWN(vm_pause)
{
	t_ring_close(&self->ring);
}

static int make(struct t_ring *ring, unsigned int missed, uint64_t late_ns)
{
	struct fraktor_create create;
	int ret;

	t_create_init(&create, PERIOD, SLOTS);
	create.missed = missed;
	create.late_ns = late_ns;
	ret = t_ring_make(ring, &create);
	if (!ret)
		ret = t_start(ring->fd);
	return ret ? ret : t_until_head(ring, 10, TELL_MS);
}

/* Ask for the pause and sit it out: its length, or 0 if there was none. */
static uint64_t pause_machine(void)
{
	static const char request[] = "<3>fraktor-lab: pause\n";
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	uint64_t start = t_now(), last = start, now;
	ssize_t n = write(fd, request, strlen(request));

	close(fd);
	if (n < 0)
		return 0;
	do {
		usleep(1000);
		now = t_now();
		if (now - last >= LEAST)
			return now - last;
		last = now;
	} while (now - start < 30 * T_S);
	return 0;
}

TEST_F_TIMEOUT(vm_pause, one_late_tick_that_counts_what_is_missing, 120)
{
	struct t_ring *ring = &self->ring;
	uint64_t paused_ns;
	struct t_story story;

	ASSERT_EQ(0, make(ring, FRAKTOR_MISSED_DELAY, 0));
	paused_ns = pause_machine();
	ASSERT_LT(0, paused_ns) TH_LOG("the machine was not stopped");
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 50, TELL_MS));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(ring));
	ASSERT_EQ(0, t_stop(ring->fd));
	t_story_read(&story, ring, PERIOD);
	EXPECT_EQ(NULL, story.wrong) TH_LOG("%s", story.wrong);
	/*
	 * We slept up to some periods before it, and woke up some after, on a
	 * slow machine many; the rest is in one record.
	 */
	EXPECT_LE(LEAST / PERIOD, story.longest.periods);
	EXPECT_TRUE(story.longest.flags & FRAKTOR_TICK_F_LATE);
	EXPECT_TRUE(story.longest.flags & FRAKTOR_TICK_F_MISSED);
	EXPECT_GT(story.longest.periods, story.missed_else);
	EXPECT_EQ(story.grid.missed, t_missed(ring));
	TH_LOG("stood still for %llu ms; one record for %u periods, %llu missed besides",
	       (unsigned long long)(paused_ns / T_MS), story.longest.periods,
	       (unsigned long long)story.missed_else);
}

/* The bound of "burst" holds, and the first of the burst has the rest. */
TEST_F_TIMEOUT(vm_pause, burst_is_bounded, 120)
{
	struct t_ring *ring = &self->ring;
	uint64_t end_ns = 0, periods = 0;
	unsigned int bursts = 0, in_burst = 0, most = 0;
	struct fraktor_tick tick;
	uint64_t burst_ns = 0;

	ASSERT_EQ(0, make(ring, FRAKTOR_MISSED_BURST, 0));
	ASSERT_LT(0, pause_machine()) TH_LOG("the machine was not stopped");
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 100, TELL_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	while (t_take(ring, &tick) > 0) {
		if (end_ns)
			ASSERT_EQ(end_ns, tick.deadline_ns);
		end_ns = tick.deadline_ns + tick.periods * PERIOD;
		if (tick.periods > periods)
			periods = tick.periods;
		if (!(tick.flags & FRAKTOR_TICK_F_BURST))
			continue;
		in_burst = tick.fired_ns == burst_ns ? in_burst + 1 : 1;
		bursts += tick.fired_ns != burst_ns;
		burst_ns = tick.fired_ns;
		if (in_burst > most)
			most = in_burst;
	}
	EXPECT_LE(1, bursts);
	EXPECT_EQ(FRAKTOR_BURST_MAX, most);
	EXPECT_LE(LEAST / PERIOD - FRAKTOR_BURST_MAX, periods);
	EXPECT_EQ(0, ring->gaps);
}

/* No late record at all: the next one in time stands for the pause. */
TEST_F_TIMEOUT(vm_pause, skip_has_no_late_record, 120)
{
	uint64_t end_ns = 0, periods = 0, late_ns = 5 * PERIOD;
	struct t_ring *ring = &self->ring;
	struct fraktor_tick tick;

	ASSERT_EQ(0, make(ring, FRAKTOR_MISSED_SKIP, late_ns));
	ASSERT_LT(0, pause_machine()) TH_LOG("the machine was not stopped");
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 50, TELL_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	while (t_take(ring, &tick) > 0) {
		uint64_t last_ns = t_tick_end(&tick, PERIOD);

		if (end_ns)
			ASSERT_EQ(end_ns, tick.deadline_ns);
		end_ns = last_ns + PERIOD;
		if (tick.periods > periods)
			periods = tick.periods;
		/* Late ones in a row are let through after a while. */
		if (tick.flags & FRAKTOR_TICK_F_LATE)
			continue;
		EXPECT_GT(late_ns, tick.fired_ns - last_ns);
	}
	EXPECT_LE(LEAST / PERIOD, periods);
	EXPECT_EQ(0, ring->gaps);
}

TEST_HARNESS_MAIN

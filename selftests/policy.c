// SPDX-License-Identifier: GPL-2.0-only
/*
 * Missed-tick behaviour: delay, skip, burst, and what is late.  Ticks are made
 * late by as many periods as a test wants, at once, by setting CLOCK_TAI
 * forward: the sources tick on it, and no other clock feels it.  A period is
 * so long (PERIOD) that no stall of the machine comes near it.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define SECONDS	100			/* of a period */
#define PERIOD	(SECONDS * T_S)

FIXTURE(policy) {
	struct t_ring ring;
	struct nl nl;
	struct source source;
	int tai;			/* to be restored */
	uint64_t first_ns;		/* the first deadline, at the latest */
};

FIXTURE_SETUP(policy)
{
	self->ring.fd = -1;
	self->nl.fd = -1;
	self->tai = t_tai_get();
	ASSERT_LE(0, self->tai);
	/* The clock of the CPU that ticks is read by the CPU that looks. */
	ASSERT_EQ(0, t_pin(0));
	ASSERT_EQ(0, nl_listen(&self->nl, NULL))
		TH_LOG("is the module loaded?");
}

FIXTURE_TEARDOWN(policy)
{
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
	t_tai_set(self->tai);
}

/* Start a source on TAI. */
static int begin(FIXTURE_DATA(policy) *self, uint32_t missed, uint64_t late_ns)
{
	struct fraktor_create create;
	int ret;

	t_create_init(&create, PERIOD, 256);
	create.clockid = CLOCK_TAI;
	create.missed = missed;
	create.late_ns = late_ns;
	ret = t_ring_make(&self->ring, &create);
	if (!ret)
		ret = t_start(self->ring.fd);
	self->first_ns = t_now_on(CLOCK_TAI) + PERIOD;
	return ret;
}

/* @seconds later on TAI: 0 or -errno. */
static int jump(int seconds)
{
	int tai = t_tai_get();

	return tai < 0 ? tai : t_tai_set(tai + seconds);
}

/* Until the source's statistics count so many ticks that were late. */
static int until_late(FIXTURE_DATA(policy) *self, uint64_t late)
{
	uint64_t start = t_now();
	int ret;

	do {
		ret = get_by_id(&self->nl, self->ring.source, &self->source);
		if (ret || self->source.late >= late)
			return ret;
		usleep(500);
	} while (t_ms_since(start) < 5000);
	return -ETIME;
}

static int stats(FIXTURE_DATA(policy) *self)
{
	return get_by_id(&self->nl, self->ring.source, &self->source);
}

/* --- delay */

TEST_F(policy, r2_2_delay_is_one_record_for_all_that_passed)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY, 0));
	ASSERT_EQ(0, jump(5 * SECONDS + SECONDS / 2));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(NULL, t_grid_check(&grid, &tick));
	EXPECT_GE(self->first_ns, tick.deadline_ns);
	EXPECT_EQ(5, tick.periods);
	EXPECT_EQ(FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED |
		  FRAKTOR_TICK_F_LATE, tick.flags);
	EXPECT_EQ(4, t_missed(&self->ring));
	ASSERT_EQ(0, stats(self));
	EXPECT_EQ(1, self->source.ticks);
	EXPECT_EQ(4, self->source.missed);
	EXPECT_EQ(1, self->source.late);
	/* The next one is on its grid, and on time. */
	ASSERT_EQ(0, jump(SECONDS));
	ASSERT_EQ(0, t_until_head(&self->ring, 2, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(NULL, t_grid_check(&grid, &tick));
	EXPECT_EQ(0, tick.flags);
	EXPECT_EQ(1, tick.periods);
	EXPECT_EQ(4, t_missed(&self->ring));
}

TEST_F(policy, r2_2_the_threshold_says_what_is_late)
{
	struct t_grid grid = { .period_ns = PERIOD, .late_ns = PERIOD / 5 };
	struct fraktor_set set = {
		.what = FRAKTOR_SET_LATE,
		.late_ns = PERIOD / 10 * 9,
	};
	struct fraktor_tick tick;

	/* Half a period late: late, but nothing is missed. */
	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY, grid.late_ns));
	ASSERT_EQ(0, jump(SECONDS + SECONDS / 2));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(NULL, t_grid_check(&grid, &tick));
	EXPECT_EQ(FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_LATE, tick.flags);
	EXPECT_EQ(1, tick.periods);
	ASSERT_EQ(0, stats(self));
	EXPECT_EQ(1, self->source.late);
	EXPECT_EQ(0, self->source.missed);
	/* Just as late, below a threshold set meanwhile. */
	ASSERT_EQ(0, t_set(self->ring.fd, &set));
	grid.late_ns = set.late_ns;
	ASSERT_EQ(0, jump(SECONDS));
	ASSERT_EQ(0, t_until_head(&self->ring, 2, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(NULL, t_grid_check(&grid, &tick));
	EXPECT_EQ(0, tick.flags);
	ASSERT_EQ(0, stats(self));
	EXPECT_EQ(1, self->source.late);
}

TEST_F(policy, r2_2_a_threshold_that_all_reach_counts_every_tick)
{
	struct t_grid grid = { .period_ns = 2 * T_MS, .late_ns = 1 };
	struct fraktor_create create;
	struct fraktor_tick tick;
	uint64_t late = 0;
	const char *wrong;

	t_create_init(&create, grid.period_ns, 256);
	create.late_ns = grid.late_ns;
	ASSERT_EQ(0, t_ring_make(&self->ring, &create));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 20, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	while (t_take(&self->ring, &tick) > 0) {
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
		late += !!(tick.flags & FRAKTOR_TICK_F_LATE);
	}
	ASSERT_EQ(0, stats(self));
	EXPECT_EQ(late, self->source.late);
	EXPECT_LT(0, late);
}

/* --- skip */

TEST_F(policy, r2_2_skip_makes_no_record_of_a_late_tick)
{
	struct fraktor_tick tick;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_SKIP, PERIOD / 3));
	/* Even the last of the five deadlines is half a period ago. */
	ASSERT_EQ(0, jump(5 * SECONDS + SECONDS / 2));
	ASSERT_EQ(0, until_late(self, 1));
	EXPECT_EQ(0, t_head(&self->ring));
	/* The sixth is in time, and stands for all. */
	ASSERT_EQ(0, jump(SECONDS / 2));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(6, tick.periods);
	EXPECT_GE(self->first_ns, tick.deadline_ns);
	EXPECT_EQ(FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED, tick.flags);
	EXPECT_LE(t_tick_end(&tick, PERIOD), tick.fired_ns);
	EXPECT_GT(PERIOD / 3, tick.fired_ns - t_tick_end(&tick, PERIOD));
	EXPECT_EQ(5, t_missed(&self->ring));
	ASSERT_EQ(0, stats(self));
	EXPECT_EQ(1, self->source.ticks);
	EXPECT_EQ(5, self->source.missed);
	EXPECT_EQ(1, self->source.late);
}

TEST_F(policy, r2_2_skip_two_late_ticks_in_a_row)
{
	struct fraktor_tick tick, next;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_SKIP, PERIOD / 3));
	ASSERT_EQ(0, jump(SECONDS + SECONDS / 2));
	ASSERT_EQ(0, until_late(self, 1));
	ASSERT_EQ(0, jump(3 * SECONDS));
	ASSERT_EQ(0, until_late(self, 2));
	EXPECT_EQ(0, t_head(&self->ring));
	ASSERT_EQ(0, jump(SECONDS / 2));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(5, tick.periods);
	EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_LATE);
	/* And a tick in time is a record like any other. */
	ASSERT_EQ(0, jump(SECONDS));
	ASSERT_EQ(0, t_until_head(&self->ring, 2, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &next));
	EXPECT_EQ(t_tick_end(&tick, PERIOD) + PERIOD, next.deadline_ns);
	EXPECT_EQ(1, next.periods);
	EXPECT_EQ(0, next.flags);
}

/* A threshold that no tick meets must not leave the reader without any. */
TEST_F(policy, r2_2_skip_does_not_hold_back_for_ever)
{
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_SKIP, PERIOD / 3));
	ASSERT_EQ(0, jump(SECONDS / 2));
	for (i = 1; i <= FRAKTOR_SKIP_MAX; i++) {
		ASSERT_EQ(0, jump(SECONDS));
		ASSERT_EQ(0, until_late(self, i));
		EXPECT_EQ(0, t_head(&self->ring));
	}
	ASSERT_EQ(0, jump(SECONDS));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(FRAKTOR_SKIP_MAX + 1, tick.periods);
	EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_LATE);
	EXPECT_GE(self->first_ns, tick.deadline_ns);
}

TEST_F(policy, r2_2_skip_across_a_change_of_the_period)
{
	const uint64_t half_ns = PERIOD / 2;
	uint64_t period_ns = PERIOD, next_ns = 0;
	struct fraktor_tick tick;
	bool changed = false;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_SKIP, PERIOD / 5));
	ASSERT_EQ(0, jump(2 * SECONDS + SECONDS / 2));
	ASSERT_EQ(0, until_late(self, 1));
	ASSERT_EQ(0, t_set_period(self->ring.fd, half_ns));
	/*
	 * The last tick of the old grid is late, too; the first one of the new
	 * grid is due right now.
	 */
	ASSERT_EQ(0, jump(SECONDS));
	ASSERT_EQ(0, until_late(self, 2));
	ASSERT_EQ(0, t_until_head(&self->ring, 1, 5000));
	t_sleep_ms(5);
	/* Whatever was kept back: each record is of one grid, none is lost. */
	while (t_take(&self->ring, &tick) > 0) {
		if (tick.flags & FRAKTOR_TICK_F_CHANGED) {
			changed = true;
			period_ns = half_ns;
			EXPECT_EQ(next_ns - PERIOD + half_ns, tick.deadline_ns);
		} else if (next_ns) {
			EXPECT_EQ(next_ns, tick.deadline_ns);
		} else {
			EXPECT_GE(self->first_ns, tick.deadline_ns);
		}
		next_ns = t_tick_end(&tick, period_ns) + period_ns;
		EXPECT_LE(next_ns - period_ns, tick.fired_ns);
	}
	EXPECT_TRUE(changed);
}

/* --- burst */

TEST_F(policy, r2_2_burst_is_a_record_for_each_period)
{
	uint64_t deadline_ns = 0, fired_ns = 0;
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_BURST, 0));
	ASSERT_EQ(0, jump(5 * SECONDS + SECONDS / 2));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	EXPECT_EQ(5, t_head(&self->ring));
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(1, t_take(&self->ring, &tick));
		EXPECT_EQ(1, tick.periods);
		EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_BURST);
		EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_MISSED);
		EXPECT_EQ(!i, !!(tick.flags & FRAKTOR_TICK_F_FIRST));
		/* Each by its own lateness. */
		EXPECT_EQ(tick.fired_ns - tick.deadline_ns >= PERIOD,
			  !!(tick.flags & FRAKTOR_TICK_F_LATE))
			TH_LOG("record %u", i);
		if (i) {
			EXPECT_EQ(deadline_ns + PERIOD, tick.deadline_ns);
			EXPECT_EQ(fired_ns, tick.fired_ns);
		}
		deadline_ns = tick.deadline_ns;
		fired_ns = tick.fired_ns;
	}
	EXPECT_EQ(0, t_missed(&self->ring));
	ASSERT_EQ(0, stats(self));
	EXPECT_EQ(5, self->source.ticks);
	EXPECT_EQ(0, self->source.missed);
	/* One in time is no burst. */
	ASSERT_EQ(0, jump(SECONDS));
	ASSERT_EQ(0, t_until_head(&self->ring, 6, 5000));
	ASSERT_EQ(1, t_take(&self->ring, &tick));
	EXPECT_EQ(0, tick.flags);
	EXPECT_EQ(1, tick.periods);
	EXPECT_EQ(deadline_ns + PERIOD, tick.deadline_ns);
}

TEST_F(policy, r2_2_burst_has_a_bound_and_still_counts_all)
{
	const unsigned int passed = FRAKTOR_BURST_MAX + 36;
	struct fraktor_tick tick;
	uint64_t next_ns = 0;
	unsigned int i;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_BURST, 0));
	ASSERT_EQ(0, jump(passed * SECONDS + SECONDS / 2));
	ASSERT_EQ(0, t_until_head(&self->ring, FRAKTOR_BURST_MAX, 5000));
	EXPECT_EQ(FRAKTOR_BURST_MAX, t_head(&self->ring));
	for (i = 0; i < FRAKTOR_BURST_MAX; i++) {
		ASSERT_EQ(1, t_take(&self->ring, &tick));
		EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_BURST);
		/* The first one stands for what is beyond the bound. */
		EXPECT_EQ(i ? 1 : 37, tick.periods);
		EXPECT_EQ(!i, !!(tick.flags & FRAKTOR_TICK_F_MISSED));
		if (i) {
			EXPECT_EQ(next_ns, tick.deadline_ns);
		}
		next_ns = t_tick_end(&tick, PERIOD) + PERIOD;
	}
	EXPECT_EQ(36, t_missed(&self->ring));
}

/* --- whatever the behaviour */

FIXTURE(any_policy) {
	struct t_ring ring;
	int tai;
};

FIXTURE_VARIANT(any_policy) {
	uint32_t missed;
};

FIXTURE_VARIANT_ADD(any_policy, delay) { .missed = FRAKTOR_MISSED_DELAY };
FIXTURE_VARIANT_ADD(any_policy, skip) { .missed = FRAKTOR_MISSED_SKIP };
FIXTURE_VARIANT_ADD(any_policy, burst) { .missed = FRAKTOR_MISSED_BURST };

FIXTURE_SETUP(any_policy)
{
	struct fraktor_create create;

	self->ring.fd = -1;
	self->tai = t_tai_get();
	ASSERT_LE(0, self->tai);
	ASSERT_EQ(0, t_pin(0));
	t_create_init(&create, 10 * T_MS, 4096);
	create.clockid = CLOCK_TAI;
	create.missed = variant->missed;
	ASSERT_EQ(0, t_ring_make(&self->ring, &create));
}

FIXTURE_TEARDOWN(any_policy)
{
	t_ring_close(&self->ring);
	t_tai_set(self->tai);
}

/* Logical time in a row of records: NULL, or what is wrong. */
static const char *no_period_is_lost(struct t_ring *ring, uint64_t *next_ns)
{
	struct fraktor_tick tick;

	while (t_take(ring, &tick) > 0) {
		if (!tick.periods)
			return "a record that stands for no period";
		if (*next_ns && tick.deadline_ns != *next_ns)
			return "the deadline left the grid";
		*next_ns = t_tick_end(&tick, ring->period_ns) + ring->period_ns;
		if (tick.fired_ns < *next_ns - ring->period_ns)
			return "early";
	}
	return NULL;
}

TEST_F(any_policy, r2_2_no_period_is_lost_whatever_comes)
{
	static const int jumps[] = { 1, 3, 1, 2, 1, 1, 5 };
	uint64_t next_ns = 0, head;
	const char *wrong;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		ASSERT_EQ(0, jump(jumps[i]));
		head = t_head(&self->ring);
		ASSERT_EQ(0, t_until_head(&self->ring, head + 3, 5000));
		wrong = no_period_is_lost(&self->ring, &next_ns);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(NULL, no_period_is_lost(&self->ring, &next_ns));
	EXPECT_EQ(0, self->ring.gaps);
	EXPECT_EQ(0, t_dropped(&self->ring));
}

TEST_F(any_policy, r2_2_a_clock_set_back_makes_no_tick_early)
{
	uint64_t next_ns = 0, head;
	const char *wrong;

	ASSERT_EQ(0, t_tai_set(self->tai + 5));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 3, 5000));
	ASSERT_EQ(0, jump(-1));
	/* It ticks again when the clock is where it was, a second from now. */
	head = t_head(&self->ring);
	ASSERT_EQ(0, t_until_head(&self->ring, head + 5, 20000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	wrong = no_period_is_lost(&self->ring, &next_ns);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, t_reason(&self->ring));
}

TEST_F(any_policy, r2_3_stop_and_close_while_the_clock_is_behind)
{
	uint64_t start;

	ASSERT_EQ(0, t_tai_set(self->tai + 1000));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 3, 5000));
	ASSERT_EQ(0, jump(-1000));
	start = t_now();
	EXPECT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(0, t_start(self->ring.fd));	/* a new grid, from now on */
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 3, 5000));
	EXPECT_GE(t_bound_ms(1000), t_ms_since(start));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rate (R1.2): 2,000 ticks of 1 ms.  Deadlines never drift, no period
 * gets lost, the mean rate is nominal against CLOCK_MONOTONIC.  What the
 * machine was late with is counted, never judged: these machines are shared.
 * Under --icount (T_ICOUNT=1) nothing may be missed at all.
 */
#include "lib.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define TICKS	2000
#define PERIOD	T_MS

FIXTURE(rate) {
	struct t_ring ring;
};

FIXTURE_VARIANT(rate) {
	clockid_t clockid;
};

FIXTURE_VARIANT_ADD(rate, monotonic) { .clockid = CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(rate, tai) { .clockid = CLOCK_TAI };

FIXTURE_SETUP(rate)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_create create;

	memset(ring, 0, sizeof(*ring));
	ring->fd = t_open(O_RDWR);
	ASSERT_LE(0, ring->fd) TH_LOG("%s: is the module loaded?",
				      strerror(-ring->fd));
	t_create_init(&create, PERIOD, 4096);
	create.clockid = variant->clockid;
	ASSERT_EQ(0, t_ioctl(ring->fd, FRAKTOR_IOC_CREATE, &create));
	ASSERT_EQ(0, t_ring_map(ring));
}

FIXTURE_TEARDOWN(rate)
{
	t_ring_close(&self->ring);
}

/*
 * Interrupts come late, never early, so the least late tick of the first and
 * of the last hundred tell the true pace.
 */
struct pace {
	uint64_t least;
	struct fraktor_tick tick;
};

static void pace_note(struct pace *pace, const struct fraktor_tick *tick)
{
	uint64_t late = tick->fired_ns - tick->deadline_ns;

	if (pace->tick.seq && late >= pace->least)
		return;
	pace->least = late;
	pace->tick = *tick;
}

TEST_F(rate, r1_2_two_thousand_ticks_without_drift)
{
	struct t_ring *ring = &self->ring;
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick, first = { 0 };
	struct pace begin = { 0 }, end = { 0 };
	const char *wrong;
	double mean;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, TICKS, 20000));
	ASSERT_EQ(0, t_stop(ring->fd));
	while (grid.records < TICKS && t_take(ring, &tick) > 0) {
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s at record %llu", wrong,
			(unsigned long long)tick.seq);
		if (tick.seq == 1)
			first = tick;
		if (tick.seq <= 100)
			pace_note(&begin, &tick);
		if (tick.seq > TICKS - 100)
			pace_note(&end, &tick);
	}
	EXPECT_EQ(TICKS, grid.records);
	EXPECT_EQ(0, t_dropped(ring));
	/* Accumulated: the last deadline is on the grid, to the nanosecond. */
	EXPECT_EQ(first.deadline_ns + (grid.periods - tick.periods) * PERIOD,
		  tick.deadline_ns);
	mean = (double)(end.tick.fired_ns - begin.tick.fired_ns) /
	       (end.tick.deadline_ns - begin.tick.deadline_ns);
	TH_LOG("%llu ticks, %llu missed, mean period %.6f ms",
	       (unsigned long long)grid.records,
	       (unsigned long long)grid.missed, mean);
	EXPECT_LT(0.999, mean);
	EXPECT_GT(1.001, mean);
	if (t_is_exact()) {
		EXPECT_EQ(0, grid.missed);
	}
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The manual driver, which only a test build has: ticks made by hand come out
 * as the missed-tick behaviour says, to the record, since no clock has a part
 * in it.  On any other build there is nothing to test here, and it says so.
 */
#include <stdlib.h>

#include "../kmod/tests/manual.h"
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(10 * T_MS)

FIXTURE(manual) {
	struct t_ring ring;
	struct fraktor_create create;
	struct fraktor_tick ticks[2 * FRAKTOR_BURST_MAX];
	uint64_t now;
};

static int make(FIXTURE_DATA(manual) *self, uint64_t deadline, uint64_t late,
		uint64_t periods)
{
	struct fraktor_manual_tick tick = {
		.deadline_ns = self->now + deadline,
		.fired_ns = self->now + deadline + late,
		.periods = periods,
	};

	return t_ioctl(self->ring.fd, FRAKTOR_IOC_MANUAL_TICK, &tick);
}

/* Make the source of the fixture, with a behaviour, and start it. */
static int begin(FIXTURE_DATA(manual) *self, uint32_t missed)
{
	int err;

	self->create.missed = missed;
	self->ring.fd = t_open(O_RDWR | O_NONBLOCK);
	if (self->ring.fd < 0)
		return self->ring.fd;
	err = t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE, &self->create);
	if (!err)
		err = t_ring_map(&self->ring);
	return err ?: t_start(self->ring.fd);
}

static int drain(FIXTURE_DATA(manual) *self)
{
	int n = 0;

	while (n < 2 * FRAKTOR_BURST_MAX &&
	       t_take(&self->ring, &self->ticks[n]) == 1)
		n++;
	return n;
}

FIXTURE_SETUP(manual)
{
	struct fraktor_info info;
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, t_info(fd, &info));
	close(fd);
	if (!(info.features & FRAKTOR_FEATURE_MANUAL))
		SKIP(return, "the module is no test build");
	t_create_init(&self->create, PERIOD, 256);
	self->create.driver = FRAKTOR_DRIVER_MANUAL;
	self->now = t_now();
}

FIXTURE_TEARDOWN(manual)
{
	t_ring_close(&self->ring);
}

TEST_F(manual, r3_3_a_tick_made_is_a_tick_read)
{
	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	ASSERT_EQ(0, make(self, 0, 5, 1));
	ASSERT_EQ(1, drain(self));
	EXPECT_EQ(self->now, self->ticks[0].deadline_ns);
	EXPECT_EQ(self->now + 5, self->ticks[0].fired_ns);
	EXPECT_EQ(1, self->ticks[0].periods);
	EXPECT_EQ(FRAKTOR_TICK_F_FIRST, self->ticks[0].flags);
}

TEST_F(manual, r3_5_nothing_ticks_by_itself)
{
	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	t_sleep_ms(10 * PERIOD / T_MS);
	EXPECT_EQ(0, drain(self));
}

TEST_F(manual, r3_6_the_driver_in_effect_is_told)
{
	struct fraktor_info info;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_STREQ("manual", info.driver);
}

TEST_F(manual, r3_3_made_is_counted)
{
	int i;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, make(self, i * PERIOD, 0, 1));
	EXPECT_EQ(1000, t_head(&self->ring));
	EXPECT_EQ(1000 - 256, t_dropped(&self->ring));
}

TEST_F(manual, r2_2_delay_is_one_record_for_all_periods)
{
	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	ASSERT_EQ(0, make(self, 0, 3 * PERIOD + 1, 4));
	ASSERT_EQ(1, drain(self));
	EXPECT_EQ(4, self->ticks[0].periods);
	EXPECT_EQ(3, t_missed(&self->ring));
	EXPECT_TRUE(self->ticks[0].flags & FRAKTOR_TICK_F_MISSED);
	EXPECT_TRUE(self->ticks[0].flags & FRAKTOR_TICK_F_LATE);
}

TEST_F(manual, r2_2_skip_counts_late_periods_in_the_next_tick_in_time)
{
	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_SKIP));
	ASSERT_EQ(0, make(self, 0, 3 * PERIOD + 1, 4));
	EXPECT_EQ(0, drain(self));
	ASSERT_EQ(0, make(self, 4 * PERIOD, 7, 1));
	ASSERT_EQ(1, drain(self));
	EXPECT_EQ(self->now, self->ticks[0].deadline_ns);
	EXPECT_EQ(self->now + 4 * PERIOD + 7, self->ticks[0].fired_ns);
	EXPECT_EQ(5, self->ticks[0].periods);
	EXPECT_FALSE(self->ticks[0].flags & FRAKTOR_TICK_F_LATE);
}

TEST_F(manual, r2_2_skip_leaves_no_reader_without_ticks)
{
	uint64_t periods = 0;
	int i;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_SKIP));
	for (i = 0; i <= FRAKTOR_SKIP_MAX; i++) {
		EXPECT_EQ(0, drain(self));
		ASSERT_EQ(0, make(self, 2 * i * PERIOD, PERIOD, 2));
		periods += 2;
	}
	ASSERT_EQ(1, drain(self));
	EXPECT_EQ(periods, self->ticks[0].periods);
	EXPECT_TRUE(self->ticks[0].flags & FRAKTOR_TICK_F_LATE);
}

TEST_F(manual, r2_2_burst_is_a_record_for_each_period)
{
	int i;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_BURST));
	ASSERT_EQ(0, make(self, 0, 3 * PERIOD + 1, 4));
	ASSERT_EQ(4, drain(self));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(self->now + i * PERIOD, self->ticks[i].deadline_ns);
		EXPECT_EQ(1, self->ticks[i].periods);
		EXPECT_TRUE(self->ticks[i].flags & FRAKTOR_TICK_F_BURST);
		EXPECT_EQ(i < 3, !!(self->ticks[i].flags & FRAKTOR_TICK_F_LATE));
	}
	EXPECT_EQ(0, t_missed(&self->ring));
}

TEST_F(manual, r2_2_a_burst_is_bounded_and_counts_the_rest)
{
	const uint64_t periods = 1000000;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_BURST));
	ASSERT_EQ(0, make(self, 0, (periods - 1) * PERIOD, periods));
	ASSERT_EQ(FRAKTOR_BURST_MAX, drain(self));
	EXPECT_EQ(periods - FRAKTOR_BURST_MAX + 1, self->ticks[0].periods);
	EXPECT_EQ(self->now + (periods - 1) * PERIOD,
		  self->ticks[FRAKTOR_BURST_MAX - 1].deadline_ns);
}

TEST_F(manual, more_periods_than_a_record_can_count)
{
	const uint64_t periods = 3 * (uint64_t)UINT32_MAX;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	ASSERT_EQ(0, make(self, 0, periods, periods));
	ASSERT_EQ(3, drain(self));
	EXPECT_EQ(UINT32_MAX, self->ticks[2].periods);
	EXPECT_EQ(self->now + 2 * (uint64_t)UINT32_MAX * PERIOD,
		  self->ticks[2].deadline_ns);
}

TEST_F(manual, nonsense_is_refused)
{
	struct fraktor_manual_tick early = {
		.deadline_ns = 2, .fired_ns = 1, .periods = 1,
	};
	int other = t_open(O_RDWR);

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	EXPECT_EQ(-EINVAL, make(self, 0, 0, 0));
	EXPECT_EQ(-EINVAL, t_ioctl(self->ring.fd, FRAKTOR_IOC_MANUAL_TICK, &early));
	EXPECT_EQ(-EFAULT, t_ioctl(self->ring.fd, FRAKTOR_IOC_MANUAL_TICK, NULL));
	EXPECT_EQ(-ENOTTY, t_ioctl(self->ring.fd, FRAKTOR_IOC_MANUAL_TICK + 1, &early));
	/* A file that made no such source; one that made an hrtimer's. */
	EXPECT_EQ(-EPERM, t_ioctl(other, FRAKTOR_IOC_MANUAL_TICK, &early));
	ASSERT_EQ(0, t_create(other, PERIOD, 16));
	EXPECT_EQ(-EPERM, t_ioctl(other, FRAKTOR_IOC_MANUAL_TICK, &early));
	EXPECT_EQ(0, drain(self));
	close(other);
}

TEST_F(manual, a_stopped_line_takes_no_tick)
{
	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(0, make(self, 0, 0, 1));
	EXPECT_EQ(0, drain(self));
}

/* Whoever used it shall not be mistaken for production: TAINT_TEST, bit 18. */
TEST_F(manual, r3_3_using_it_taints_the_kernel)
{
	unsigned long taint = 0;
	FILE *file;

	ASSERT_EQ(0, begin(self, FRAKTOR_MISSED_DELAY));
	file = fopen("/proc/sys/kernel/tainted", "r");
	ASSERT_NE(NULL, file);
	EXPECT_EQ(1, fscanf(file, "%lu", &taint));
	fclose(file);
	EXPECT_TRUE(taint & (1UL << 18));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * accuracy_ns: a line that may be late comes with another one of its CPU, in one
 * interrupt; what is late is counted as late.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "kselftest_harness.h"

/* No divisor nor multiple of the scheduler's tick, which hastens ours too. */
#define PERIOD		(3 * T_MS)
#define PHASE		(600 * T_US)	/* of the other line behind ours */
#define ACCURACY	T_MS

FIXTURE(accuracy) {
	struct t_ring ring, other;
	struct nl nl;
	struct source source;
	struct fraktor_set set;
};

static int make(struct t_ring *ring, uint64_t phase_ns, uint64_t accuracy_ns)
{
	struct fraktor_create create;

	t_create_init(&create, PERIOD, 1024);
	create.cpu = 0;
	create.flags = FRAKTOR_SOURCE_F_ALIGN;
	create.phase_ns = phase_ns;
	create.accuracy_ns = accuracy_ns;
	return t_ring_make(ring, &create);
}

FIXTURE_SETUP(accuracy)
{
	ASSERT_EQ(0, make(&self->ring, 0, ACCURACY))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, make(&self->other, PHASE, 0));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_resolve(&self->nl));
	memset(&self->set, 0, sizeof(self->set));
}

FIXTURE_TEARDOWN(accuracy)
{
	t_close(&self->nl.fd);
	t_ring_close(&self->ring);
	t_ring_close(&self->other);
}

static int set_accuracy(FIXTURE_DATA(accuracy) *self, uint64_t accuracy_ns)
{
	self->set.what = FRAKTOR_SET_ACCURACY;
	self->set.accuracy_ns = accuracy_ns;
	return t_set(self->ring.fd, &self->set);
}

/* Both lines for @n ticks, and what is known of ours then. */
static int run(FIXTURE_DATA(accuracy) *self, unsigned int n)
{
	int ret = t_start(self->other.fd);

	if (!ret)
		ret = t_start(self->ring.fd);
	if (!ret)
		ret = t_until_head(&self->ring, n, 10000);
	if (!ret)
		ret = t_stop(self->ring.fd);
	if (!ret)
		ret = t_stop(self->other.fd);
	if (!ret)
		ret = get_by_id(&self->nl, self->ring.source, &self->source);
	return ret;
}

TEST_F(accuracy, r1_2_expiries_share_an_interrupt)
{
	struct source *s = &self->source;

	ASSERT_EQ(0, run(self, 200));
	EXPECT_EQ(ACCURACY, s->accuracy_ns);
	/* With the other, unless some other timer of the CPU comes before. */
	if (t_is_exact()) {
		EXPECT_LE(s->ticks / 8, s->shared);
		EXPECT_LE(PHASE / 2, s->mean);
		EXPECT_GT(ACCURACY + 20 * T_US, s->max);
		EXPECT_EQ(0, s->missed);
	}
	EXPECT_LT(0, s->shared);
}

TEST_F(accuracy, r1_2_without_it_each_has_its_own)
{
	struct source *s = &self->source;

	ASSERT_EQ(0, set_accuracy(self, 0));
	ASSERT_EQ(0, run(self, 200));
	EXPECT_EQ(0, s->accuracy_ns);
	/* On a busy machine both are late now and then, and come at once. */
	if (t_is_exact()) {
		EXPECT_GE(s->ticks / 20, s->shared);
		EXPECT_GT(20 * T_US, s->max);
	}
	EXPECT_GT(s->ticks, s->shared);
}

TEST_F(accuracy, r1_2_deadlines_stay_exact_and_nothing_is_early)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;

	ASSERT_EQ(0, run(self, 200));
	while (t_take(&self->ring, &tick) > 0) {
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	EXPECT_LE(200, grid.records);
}

TEST_F(accuracy, r1_5_late_is_late_all_the_same)
{
	struct source *s = &self->source;

	self->set.what = FRAKTOR_SET_LATE;
	self->set.late_ns = PHASE / 2;
	ASSERT_EQ(0, t_set(self->ring.fd, &self->set));
	ASSERT_EQ(0, run(self, 100));
	if (t_is_exact())
		EXPECT_LE(s->ticks / 2, s->late);
	EXPECT_LT(0, s->late);
}

TEST_F(accuracy, it_changes_while_the_line_ticks)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->other.fd));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 1; i <= 10; i++) {
		ASSERT_EQ(0, set_accuracy(self, i % 2 ? 0 : ACCURACY));
		ASSERT_EQ(0, t_until_head(&self->ring, i * 10, 5000));
	}
	while (t_take(&self->ring, &tick) > 0)
		ASSERT_EQ(NULL, t_grid_check(&grid, &tick));
}

TEST_F(accuracy, r2_1_out_of_bounds_is_einval)
{
	EXPECT_EQ(-EINVAL, set_accuracy(self, PERIOD / 2 + 1));
	EXPECT_EQ(-EINVAL, set_accuracy(self, UINT64_MAX));
	EXPECT_EQ(0, set_accuracy(self, PERIOD / 2));
	self->set.what = FRAKTOR_SET_LEAD;
	self->set.lead_ns = 1;
	EXPECT_EQ(-EINVAL, t_set(self->ring.fd, &self->set));
	self->set.what = FRAKTOR_SET_LEAD | FRAKTOR_SET_ACCURACY;
	self->set.accuracy_ns = 0;
	EXPECT_EQ(0, t_set(self->ring.fd, &self->set));
}

TEST_HARNESS_MAIN

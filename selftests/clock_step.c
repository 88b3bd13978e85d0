// SPDX-License-Identifier: GPL-2.0-only
/*
 * What root does to the clocks, and NTP: steps, leap seconds, slewing, a TAI
 * offset, the end of 31 bits of seconds.  CLOCK_MONOTONIC and CLOCK_BOOTTIME
 * know of slewing only, and so do their ticks; CLOCK_TAI goes where it is set,
 * and its ticks keep to their grid on it.  Every test has a line on each; the
 * clocks are put back afterwards.
 */
#include "lib.h"

#include <errno.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS
#define SLOTS	16384
#define TELL_MS	5000
#define HOUR	3600LL
/* One second more than 31 bits hold. */
#define Y2038	0x80000000LL

static const clockid_t clocks[] = {
	CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI,
};

#define LINES	ARRAY_SIZE(clocks)

FIXTURE(clock_step) {
	struct t_ring rings[3];
	int64_t wall_ns;		/* CLOCK_REALTIME - CLOCK_MONOTONIC */
	struct timex timex;
};

static int set_wall(int64_t ns)
{
	struct timespec ts = { ns / (int64_t)T_S, ns % (int64_t)T_S };

	return clock_settime(CLOCK_REALTIME, &ts) ? -errno : 0;
}

static int step(int64_t seconds)
{
	return set_wall(t_now_on(CLOCK_REALTIME) + seconds * T_S);
}

FIXTURE_SETUP(clock_step)
{
	struct fraktor_create create;
	unsigned int i;

	self->wall_ns = t_now_on(CLOCK_REALTIME) - t_now();
	memset(self->rings, 0, sizeof(self->rings));
	memset(&self->timex, 0, sizeof(self->timex));
	for (i = 0; i < LINES; i++)
		self->rings[i].fd = -1;
	ASSERT_LE(0, adjtimex(&self->timex));
	for (i = 0; i < LINES; i++) {
		t_create_init(&create, PERIOD, SLOTS);
		create.clockid = clocks[i];
		ASSERT_EQ(0, t_ring_make(&self->rings[i], &create))
			TH_LOG("is the module loaded?");
		ASSERT_EQ(0, t_start(self->rings[i].fd));
		ASSERT_EQ(0, t_until_head(&self->rings[i], 10, TELL_MS));
	}
}

FIXTURE_TEARDOWN(clock_step)
{
	struct timex back = self->timex;
	unsigned int i;

	for (i = 0; i < LINES; i++)
		t_ring_close(&self->rings[i]);
	back.modes = ADJ_FREQUENCY | ADJ_TICK | ADJ_STATUS;
	back.status &= ~(STA_INS | STA_DEL);
	adjtimex(&back);
	set_wall(t_now() + self->wall_ns);
	t_tai_set(self->timex.tai);
}

static bool goes_on(struct t_ring *ring)
{
	return !t_until_head(ring, t_head(ring) + 10, TELL_MS);
}

static bool all_go_on(FIXTURE_DATA(clock_step) *self)
{
	unsigned int i;

	for (i = 0; i < LINES; i++)
		if (!goes_on(&self->rings[i]))
			return false;
	return true;
}

/* For grids that begin after the clock was set, which TAI feels. */
static int set_and_start_anew(FIXTURE_DATA(clock_step) *self, int64_t wall_ns)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < LINES; i++)
		t_stop(self->rings[i].fd);
	ret = set_wall(wall_ns);
	for (i = 0; i < LINES && !ret; i++) {
		t_drain(&self->rings[i]);
		ret = t_start(self->rings[i].fd);
	}
	return ret;
}

/* Stop; all records on one grid, none lost, doubled, caught up or early. */
static const char *check_grid(struct t_ring *ring, struct t_grid *grid)
{
	struct fraktor_tick tick;
	const char *wrong = NULL;
	int ret;

	t_stop(ring->fd);
	memset(grid, 0, sizeof(*grid));
	grid->period_ns = PERIOD;
	while ((ret = t_take(ring, &tick)) > 0) {
		const char *why = t_grid_check(grid, &tick);

		if (why)
			wrong = why;
	}
	if (ring->gaps)
		wrong = "a gap";
	return ret < 0 ? "a record that was not whole" : wrong;
}

/*
 * Every line on its grid; those on TAI have at least @tai_missed periods
 * missed, the others fewer than @missed_max.
 */
static void expect_grids(struct __test_metadata *_metadata,
			 FIXTURE_DATA(clock_step) *self, uint64_t tai_missed,
			 uint64_t missed_max)
{
	struct t_grid grid;
	const char *wrong;
	unsigned int i;

	for (i = 0; i < LINES; i++) {
		wrong = check_grid(&self->rings[i], &grid);
		EXPECT_EQ(NULL, wrong) TH_LOG("clock %d: %s", clocks[i], wrong);
		if (clocks[i] == CLOCK_TAI && tai_missed) {
			EXPECT_LE(tai_missed, grid.missed);
		} else {
			EXPECT_GT(missed_max, grid.missed);
		}
	}
}

/* --- steps of the wall clock */

TEST_F_TIMEOUT(clock_step, steps_forward_by_an_hour_and_back, 60)
{
	uint64_t hour = HOUR * T_S / PERIOD;
	struct t_ring *tai = &self->rings[2];
	uint64_t head;

	ASSERT_EQ(0, step(HOUR));
	EXPECT_TRUE(all_go_on(self));
	ASSERT_EQ(0, step(-HOUR));
	/* A line on TAI waits until its clock is there again. */
	t_sleep_ms(20);
	head = t_head(tai);
	t_sleep_ms(100);
	EXPECT_EQ(head, t_head(tai));
	EXPECT_TRUE(goes_on(&self->rings[0]));
	EXPECT_TRUE(goes_on(&self->rings[1]));
	ASSERT_EQ(0, step(HOUR));
	EXPECT_TRUE(all_go_on(self));
	expect_grids(_metadata, self, hour - 1000, hour);
}

TEST_F(clock_step, set_back_and_started_anew_ticks_at_once)
{
	ASSERT_EQ(0, set_and_start_anew(self, t_now_on(CLOCK_REALTIME) -
					      HOUR * T_S));
	EXPECT_TRUE(all_go_on(self));
	EXPECT_EQ(0, self->rings[2].gaps);
}

TEST_F_TIMEOUT(clock_step, passes_the_year_2038, 60)
{
	struct fraktor_tick tick;
	unsigned int i;

	ASSERT_EQ(0, set_and_start_anew(self, (Y2038 - 1) * T_S));
	for (i = 0; i < 100 && t_now_on(CLOCK_REALTIME) / T_S <= Y2038; i++) {
		EXPECT_TRUE(all_go_on(self));
		t_sleep_ms(50);
	}
	EXPECT_LT(Y2038, t_now_on(CLOCK_REALTIME) / T_S);
	EXPECT_TRUE(all_go_on(self));
	t_peek(&self->rings[2], t_head(&self->rings[2]), &tick);
	EXPECT_LT(Y2038 * T_S, tick.fired_ns);
	expect_grids(_metadata, self, 0, HOUR * T_S / PERIOD);
}

/* More of them than the field "periods" holds. */
TEST_F(clock_step, every_period_of_a_step_of_ten_years_is_counted)
{
	uint64_t periods = 0, years = 3650 * 24 * HOUR;
	struct fraktor_tick tick, last = { 0 };
	struct t_ring *tai = &self->rings[2];

	t_drain(tai);
	t_peek(tai, tai->last_seq, &last);
	ASSERT_EQ(0, step(years));
	EXPECT_TRUE(all_go_on(self));
	ASSERT_EQ(0, t_stop(tai->fd));
	while (t_take(tai, &tick) > 0) {
		ASSERT_EQ(t_tick_end(&last, PERIOD) + PERIOD,
			  tick.deadline_ns);
		ASSERT_LE(last.fired_ns, tick.fired_ns);
		ASSERT_LE(t_tick_end(&tick, PERIOD), tick.fired_ns);
		periods += tick.periods;
		last = tick;
	}
	EXPECT_EQ(0, tai->gaps);
	EXPECT_LE(years * T_S / PERIOD, periods);
}

/* --- TAI: an offset of its own, and leap seconds, which it does not know */

TEST_F(clock_step, tai_offset_moves_tai_only)
{
	ASSERT_EQ(0, t_tai_set(self->timex.tai + 100));
	EXPECT_TRUE(all_go_on(self));
	expect_grids(_metadata, self, 100 * T_S / PERIOD - 1000,
		     100 * T_S / PERIOD);
}

TEST_F_TIMEOUT(clock_step, leap_second_is_no_step_of_any_line, 60)
{
	struct timex timex = { .modes = ADJ_STATUS, .status = STA_INS };
	unsigned int i;

	/* The end of a UTC day in 2030; the kernel looks once a second. */
	ASSERT_EQ(0, set_and_start_anew(self, (1893456000LL - 3) * T_S));
	ASSERT_LE(0, adjtimex(&timex));
	for (i = 0; i < 200 && timex.tai == self->timex.tai; i++) {
		t_sleep_ms(50);
		timex.modes = 0;
		adjtimex(&timex);
	}
	/* UTC went back by the second, TAI did not. */
	EXPECT_EQ(self->timex.tai + 1, timex.tai);
	EXPECT_TRUE(all_go_on(self));
	/* No line has a second's worth of periods missed at once. */
	expect_grids(_metadata, self, 0, HOUR * T_S / PERIOD);
}

/* --- slewing: the clock itself goes faster or slower, and ticks with it */

/* Both clocks at once, or nearly: not with a stall in between. */
static void both(int64_t *ret_ns, int64_t *ret_raw_ns)
{
	int64_t again_ns;

	do {
		*ret_raw_ns = t_now_on(CLOCK_MONOTONIC_RAW);
		*ret_ns = t_now();
		again_ns = t_now_on(CLOCK_MONOTONIC_RAW);
	} while (again_ns - *ret_raw_ns > (int64_t)T_MS);
}

/* By how many per mille CLOCK_MONOTONIC is off, measured over @ms. */
static int64_t measure_slew(unsigned int ms)
{
	int64_t ns, raw_ns, end_ns, end_raw_ns;

	both(&ns, &raw_ns);
	t_sleep_ms(ms);
	both(&end_ns, &end_raw_ns);
	end_ns -= ns;
	end_raw_ns -= raw_ns;
	return (end_ns - end_raw_ns) * 1000 / end_raw_ns;
}

TEST_F_TIMEOUT(clock_step, r1_2_slewed_clock_is_the_clock, 60)
{
	/* 500 ppm in units of 2^-16 ppm; a tick of 10000 us, 10 % off. */
	static const struct {
		struct timex timex;
		int64_t least, most;	/* per mille */
	} slews[] = {
		{ { .modes = ADJ_FREQUENCY, .freq = 500 << 16 }, -5, 5 },
		{ { .modes = ADJ_FREQUENCY, .freq = -500 * 65536 }, -5, 5 },
		{ { .modes = ADJ_TICK, .tick = 11000 }, 50, 150 },
		{ { .modes = ADJ_TICK, .tick = 9000 }, -150, -50 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slews); i++) {
		struct timex slew = slews[i].timex;
		int64_t off;

		ASSERT_LE(0, adjtimex(&slew));
		/* The new rate holds from the next second of the clock on. */
		t_sleep_ms(1100);
		off = measure_slew(500);
		EXPECT_LE(slews[i].least, off);
		EXPECT_GE(slews[i].most, off);
		EXPECT_TRUE(all_go_on(self));
		slew = self->timex;
		slew.modes = ADJ_FREQUENCY | ADJ_TICK;
		ASSERT_LE(0, adjtimex(&slew));
	}
	/* All of it on one grid: not a period more or less than the clock's. */
	expect_grids(_metadata, self, 0, HOUR * T_S / PERIOD);
}

TEST_HARNESS_MAIN

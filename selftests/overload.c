// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drift over budget and overload, where they do not stop the source: they are
 * told, counted, and what was widened becomes as fast as it was.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define JUMP_S	10		/* period of the source that drifts */

FIXTURE(told) {
	struct nl nl, asks;
	struct events events;
	struct t_ring ring;
	unsigned int max_load;
	int tai;
};

FIXTURE_SETUP(told)
{
	self->ring.fd = -1;
	self->tai = t_tai_get();
	ASSERT_LE(0, self->tai);
	ASSERT_EQ(0, t_pin(0));
	ASSERT_EQ(0, t_param_get("max_load", &self->max_load))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, nl_listen(&self->asks, NULL));
}

FIXTURE_TEARDOWN(told)
{
	t_param_set("max_load", self->max_load);
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
	t_close(&self->asks.fd);
	t_tai_set(self->tai);
}

/* Three ticks at once, a period apart by TAI. */
static int race_through(FIXTURE_DATA(told) *self, uint64_t drift_ppb)
{
	struct fraktor_create create;
	unsigned int i;
	int ret;

	t_create_init(&create, JUMP_S * T_S, 64);
	create.clockid = CLOCK_TAI;
	create.drift_ppb = drift_ppb;
	ret = t_ring_make(&self->ring, &create);
	self->events.wanted = self->ring.source;
	if (!ret)
		ret = t_start(self->ring.fd);
	for (i = 1; i <= 3 && !ret; i++) {
		ret = t_tai_set(self->tai + i * JUMP_S + 1);
		if (!ret)
			ret = t_until_head(&self->ring, i, 5000);
	}
	return ret;
}

TEST_F(told, r1_2_drift_is_an_event_and_the_line_goes_on)
{
	const struct event *e;
	struct source source;

	ASSERT_EQ(0, race_through(self, 0));
	e = next_event(&self->nl, &self->events, FRAKTOR_EVENT_DRIFT, 3000);
	ASSERT_NE(NULL, e);
	/* Ten seconds' worth of periods in next to no time: too fast. */
	EXPECT_GT(-500000000, e->drift_ppb);
	EXPECT_LE(-1000000000, e->drift_ppb);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	ASSERT_EQ(0, get_by_id(&self->asks, self->ring.source, &source));
	EXPECT_GT(-500000000, source.drift_last);
	EXPECT_EQ(FRAKTOR_DRIFT_PPB_DEFAULT, source.drift_ppb);
}

TEST_F(told, r1_2_drift_within_its_budget_is_none)
{
	/* 100 %: as fast as one likes, and half as fast. */
	ASSERT_EQ(0, race_through(self, 1000000000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	self->events.types = EVENT(DRIFT) | EVENT(STOPPED);
	collect(&self->nl, &self->events, 1, 3000);
	ASSERT_EQ(1, self->events.n);
	EXPECT_EQ(FRAKTOR_EVENT_STOPPED, self->events.e[0].type);
}

/* Take what is there: NULL, or what is wrong with the grid. */
static const char *take_all(struct t_ring *ring, uint64_t *next_ns,
			    uint64_t *missed, uint64_t *widened,
			    uint64_t *narrow)
{
	struct fraktor_tick tick;

	while (t_take(ring, &tick) > 0) {
		if (*next_ns && tick.deadline_ns != *next_ns)
			return "the deadline left the grid";
		*next_ns = t_tick_end(&tick, ring->period_ns) + ring->period_ns;
		*missed += tick.periods - 1;
		if (tick.flags & FRAKTOR_TICK_F_WIDENED)
			++*widened;
		/* In a row. */
		*narrow = tick.flags & FRAKTOR_TICK_F_WIDENED ? 0 : *narrow + 1;
	}
	return ring->gaps ? "records were dropped" : NULL;
}

#define CROWD	32

/* Less and less may be taken, until it is too little: 0 or -errno. */
static int until_widened(FIXTURE_DATA(told) *self, struct source *ret_source)
{
	unsigned int load = self->max_load;
	int ret;

	for (;;) {
		t_sleep_ms(250);	/* two windows */
		ret = get_by_id(&self->asks, self->ring.source, ret_source);
		if (ret || ret_source->widened)
			return ret;
		load /= 2;
		if (!load)
			return -ETIME;
		ret = t_param_set("max_load", load);
		if (ret)
			return ret;
	}
}

TEST_F_TIMEOUT(told, r1_2_overload_widens_counts_and_recovers, 60)
{
	uint64_t next = 0, missed = 0, widened = 0, narrow = 0, start;
	struct t_ring crowd[CROWD];
	struct source source;
	const char *wrong;
	unsigned int i;

	ASSERT_EQ(0, t_ring_create(&self->ring, 100 * T_US, 65536));
	self->events.wanted = self->ring.source;
	for (i = 0; i < CROWD; i++) {
		ASSERT_EQ(0, t_ring_attach(&crowd[i], self->ring.source, 16));
	}
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, until_widened(self, &source));
	EXPECT_NE(NULL, next_event(&self->nl, &self->events,
				   FRAKTOR_EVENT_OVERLOAD, 3000));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	wrong = take_all(&self->ring, &next, &missed, &widened, &narrow);
	ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_LT(0, widened);
	EXPECT_LE(widened, missed);
	/* The readers leave, more may be taken: as fast as it was. */
	for (i = 0; i < CROWD; i++)
		t_ring_close(&crowd[i]);
	ASSERT_EQ(0, t_param_set("max_load", self->max_load));
	start = t_now();
	do {
		t_sleep_ms(50);
		wrong = take_all(&self->ring, &next, &missed, &widened,
				 &narrow);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	} while (narrow < 1000 && t_ms_since(start) < 30000);
	EXPECT_LE(1000, narrow);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(NULL, take_all(&self->ring, &next, &missed, &widened,
				 &narrow));
	EXPECT_EQ(missed, t_missed(&self->ring));
	TH_LOG("%llu records of %llu were widened",
	       (unsigned long long)widened,
	       (unsigned long long)t_head(&self->ring));
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_IOC_SET: period and phase change on a tick, without a tick lost,
 * doubled or early; aligned lines; and what is refused.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS
#define FASTER	(T_MS / 2)

FIXTURE(change) {
	struct t_ring ring;
	struct fraktor_set set;
	struct fraktor_info info;
};

FIXTURE_SETUP(change)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 4096))
		TH_LOG("is the module loaded?");
	memset(&self->set, 0, sizeof(self->set));
}

FIXTURE_TEARDOWN(change)
{
	t_ring_close(&self->ring);
}

#define set_(self) t_set((self)->ring.fd, &(self)->set)

/*
 * A line whose period changes: what comes next is one period of the grid in
 * force after what came last.  @period_ns is 0 until it is known.
 */
struct moving {
	uint64_t period_ns, end_ns;	/* end: the last deadline stood for */
	uint64_t changes, records;
	uint64_t known[16];		/* periods that may come; 0 ends them */
};

static bool is_known(const struct moving *moving, uint64_t period_ns)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(moving->known) && moving->known[i]; i++)
		if (moving->known[i] == period_ns)
			return true;
	return false;
}

static const char *moving_check(struct moving *moving,
				const struct fraktor_tick *tick)
{
	uint64_t step_ns = tick->deadline_ns - moving->end_ns;

	if (!tick->periods)
		return "a record that stands for no period";
	if (tick->fired_ns < tick->deadline_ns)
		return "early";
	if (tick->flags & FRAKTOR_TICK_F_CHANGED) {
		if (!moving->records)
			return "a change before the first tick";
		if (!is_known(moving, step_ns))
			return "a grid that nobody asked for";
		moving->changes++;
		moving->period_ns = step_ns;
	} else if (moving->records && step_ns != moving->period_ns) {
		return "the deadline left the grid";
	}
	moving->end_ns = t_tick_end(tick, moving->period_ns);
	if (tick->fired_ns < moving->end_ns)
		return "a period counted before it was over";
	if (tick->fired_ns - moving->end_ns >= moving->period_ns)
		return "a period that was over is not counted";
	moving->records++;
	return NULL;
}

static const char *moving_drain(struct t_ring *ring, struct moving *moving)
{
	struct fraktor_tick tick;
	const char *wrong = NULL;

	while (!wrong && t_take(ring, &tick) > 0)
		wrong = moving_check(moving, &tick);
	return wrong ? wrong : ring->gaps ? "records were dropped" : NULL;
}

/* --- the period */

TEST_F(change, r1_2_a_new_period_begins_at_a_tick)
{
	struct moving moving = {
		.period_ns = PERIOD,
		.known = { FASTER, 3 * T_MS },
	};
	struct fraktor_member member;
	const char *wrong;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	ASSERT_EQ(0, t_set_period(self->ring.fd, FASTER));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 20, 5000));
	ASSERT_EQ(0, t_set_period(self->ring.fd, 3 * T_MS));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, 5000));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(3 * T_MS, self->info.period_ns);
	ASSERT_EQ(0, t_member(&self->ring, self->ring.source, &member));
	EXPECT_EQ(3 * T_MS, member.period_ns);
	EXPECT_EQ(3 * T_MS, self->ring.meta->period_ns);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	wrong = moving_drain(&self->ring, &moving);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_EQ(2, moving.changes);
	EXPECT_EQ(3 * T_MS, moving.period_ns);
}

TEST_F_TIMEOUT(change, r1_2_a_thousand_changes_each_at_its_tick, 120)
{
	static const uint64_t periods[] = {
		200 * T_US, 300 * T_US, 350 * T_US, 500 * T_US, 410 * T_US,
		777 * T_US, 123457, 654321, 999 * T_US,
	};
	struct moving moving = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	unsigned int seed = 7, i;
	uint64_t next, last = PERIOD;
	const char *wrong;

	memcpy(moving.known, periods, sizeof(periods));
	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 1000; i++) {
		do {
			next = periods[rand_r(&seed) % ARRAY_SIZE(periods)];
		} while (next == last);
		last = next;
		ASSERT_EQ(0, t_set_period(self->ring.fd, next));
		/* The next change that is seen must be this one. */
		do {
			ASSERT_EQ(sizeof(tick), read(self->ring.fd, &tick,
						     sizeof(tick)));
			wrong = moving_check(&moving, &tick);
			ASSERT_EQ(NULL, wrong) TH_LOG("%s, change %u, seq %llu",
				wrong, i, (unsigned long long)tick.seq);
		} while (moving.changes <= i);
		ASSERT_EQ(next, moving.period_ns) TH_LOG("change %u", i);
	}
	ASSERT_EQ(0, t_stop(self->ring.fd));
	self->ring.last_seq = tick.seq;
	wrong = moving_drain(&self->ring, &moving);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_EQ(1000, moving.changes);
	EXPECT_EQ(0, t_dropped(&self->ring));
	EXPECT_EQ(t_head(&self->ring), moving.records);
}

struct changer {
	int fd;
	bool done;
	unsigned int n;
	int bad;
};

static const uint64_t storm_periods[] = {
	PERIOD, 200 * T_US, 300 * T_US, 777 * T_US,
};

static void *changes(void *arg)
{
	struct changer *changer = arg;
	unsigned int seed = 3;
	int ret;

	while (!__atomic_load_n(&changer->done, __ATOMIC_ACQUIRE)) {
		ret = t_set_period(changer->fd, storm_periods[rand_r(&seed) %
				   ARRAY_SIZE(storm_periods)]);
		if (ret)
			changer->bad = ret;
		changer->n++;
		if (!(changer->n % 16))
			usleep(rand_r(&seed) % 1000);
	}
	return NULL;
}

TEST_F(change, r1_2_changes_faster_than_ticks)
{
	struct moving moving = { .period_ns = PERIOD };
	struct changer changer = { .fd = self->ring.fd };
	pthread_t thread;
	const char *wrong;

	memcpy(moving.known, storm_periods, sizeof(storm_periods));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, changes, &changer));
	ASSERT_EQ(0, t_until_head(&self->ring, 500, 20000));
	__atomic_store_n(&changer.done, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(0, changer.bad);
	wrong = moving_drain(&self->ring, &moving);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s, seq %llu", wrong,
		(unsigned long long)self->ring.last_seq);
	EXPECT_LT(0, moving.changes);
	TH_LOG("%llu changes seen of %u", (unsigned long long)moving.changes,
	       changer.n);
}

TEST_F(change, r1_2_every_reader_sees_it_at_the_same_tick)
{
	struct fraktor_tick tick, twin;
	struct t_ring other;
	uint64_t seq;

	ASSERT_EQ(0, t_ring_attach(&other, self->ring.source, 4096));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	ASSERT_EQ(0, t_set_period(self->ring.fd, FASTER));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(t_head(&self->ring), t_head(&other));
	for (seq = 1; seq <= t_head(&other); seq++) {
		t_peek(&self->ring, seq, &tick);
		t_peek(&other, seq, &twin);
		EXPECT_EQ(0, memcmp(&tick, &twin, sizeof(tick)));
	}
	t_ring_close(&other);
}

TEST_F(change, r1_2_stopped_it_takes_effect_at_the_start)
{
	struct moving moving = { .period_ns = FASTER };
	uint64_t before, head;
	struct fraktor_tick tick;

	ASSERT_EQ(0, t_set_period(self->ring.fd, FASTER));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(FASTER, self->info.period_ns);
	EXPECT_EQ(FASTER, self->ring.meta->period_ns);
	before = t_now();
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 10, 5000));
	/* Set, and stopped before a tick came: the next start has it. */
	ASSERT_EQ(0, t_set_period(self->ring.fd, 3600 * T_S));
	t_peek(&self->ring, 1, &tick);
	EXPECT_LE(before + FASTER, tick.deadline_ns);
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(NULL, moving_drain(&self->ring, &moving));
	EXPECT_EQ(0, moving.changes);
	ASSERT_EQ(0, t_start(self->ring.fd));
	head = t_head(&self->ring);
	t_sleep_ms(5);
	EXPECT_EQ(head, t_head(&self->ring));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(3600 * T_S, self->info.period_ns);
}

TEST_F(change, r2_3_the_event_tells_the_new_period)
{
	struct events events = { .wanted = self->ring.source };
	const struct event *e;
	struct nl nl;

	ASSERT_EQ(0, nl_listen(&nl, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_set_period(self->ring.fd, FASTER));
	e = next_event(&nl, &events, FRAKTOR_EVENT_CHANGED, 3000);
	ASSERT_NE(NULL, e);
	EXPECT_EQ(FASTER, e->period_ns);
	close(nl.fd);
}

/* --- phase */

FIXTURE(aligned) {
	struct t_ring ring;
};

FIXTURE_VARIANT(aligned) {
	clockid_t clockid;
	uint64_t period_ns, phase_ns;
};

FIXTURE_VARIANT_ADD(aligned, monotonic) {
	.clockid = CLOCK_MONOTONIC, .period_ns = 2 * T_MS };
FIXTURE_VARIANT_ADD(aligned, phase) {
	.clockid = CLOCK_MONOTONIC, .period_ns = 2 * T_MS,
	.phase_ns = 1999999 };
FIXTURE_VARIANT_ADD(aligned, odd_period) {
	.clockid = CLOCK_MONOTONIC, .period_ns = 1234567, .phase_ns = 7 };
FIXTURE_VARIANT_ADD(aligned, tai) {
	.clockid = CLOCK_TAI, .period_ns = 5 * T_MS, .phase_ns = T_MS };

FIXTURE_SETUP(aligned)
{
	struct fraktor_create create;

	t_create_init(&create, variant->period_ns, 256);
	create.clockid = variant->clockid;
	create.flags = FRAKTOR_SOURCE_F_ALIGN;
	create.phase_ns = variant->phase_ns;
	ASSERT_EQ(0, t_ring_make(&self->ring, &create))
		TH_LOG("is the module loaded?");
}

FIXTURE_TEARDOWN(aligned)
{
	t_ring_close(&self->ring);
}

TEST_F(aligned, r1_2_deadlines_are_where_they_were_asked_to_be)
{
	uint64_t before = t_now_on(variant->clockid), after;
	struct t_grid grid = { .period_ns = variant->period_ns };
	struct fraktor_tick tick;
	const char *wrong;

	ASSERT_EQ(0, t_start(self->ring.fd));
	after = t_now_on(variant->clockid);
	ASSERT_EQ(0, t_until_head(&self->ring, 10, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	t_peek(&self->ring, 1, &tick);
	/* The first point of the grid behind the start. */
	EXPECT_LT(before, tick.deadline_ns);
	EXPECT_GE(after + variant->period_ns, tick.deadline_ns);
	while (t_take(&self->ring, &tick) > 0) {
		EXPECT_EQ(variant->phase_ns,
			  tick.deadline_ns % variant->period_ns);
		wrong = t_grid_check(&grid, &tick);
		EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
}

TEST_F(aligned, r1_2_a_new_phase_begins_behind_a_tick)
{
	struct fraktor_set set = {
		.what = FRAKTOR_SET_PHASE,
		.phase_ns = variant->period_ns / 3,
	};
	uint64_t phase_ns = variant->phase_ns, end_ns = 0;
	struct fraktor_tick tick;
	unsigned int changes = 0;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 5000));
	ASSERT_EQ(0, t_set(self->ring.fd, &set));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	while (t_take(&self->ring, &tick) > 0) {
		if (tick.flags & FRAKTOR_TICK_F_CHANGED) {
			changes++;
			phase_ns = set.phase_ns;
			/* The first point behind the last tick of the old. */
			EXPECT_LT(end_ns, tick.deadline_ns);
			EXPECT_GE(end_ns + variant->period_ns,
				  tick.deadline_ns);
		} else if (end_ns) {
			EXPECT_EQ(end_ns + variant->period_ns,
				  tick.deadline_ns);
		}
		EXPECT_EQ(phase_ns, tick.deadline_ns % variant->period_ns);
		end_ns = t_tick_end(&tick, variant->period_ns);
	}
	EXPECT_EQ(1, changes);
}

TEST_F(aligned, r1_2_period_and_phase_in_one)
{
	struct fraktor_set set = {
		.what = FRAKTOR_SET_PERIOD | FRAKTOR_SET_PHASE,
		.period_ns = 3 * T_MS,
		.phase_ns = 2500 * T_US,
	};
	struct fraktor_tick tick;
	bool changed = false;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 3, 5000));
	ASSERT_EQ(0, t_set(self->ring.fd, &set));
	ASSERT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	while (t_take(&self->ring, &tick) > 0) {
		changed |= tick.flags & FRAKTOR_TICK_F_CHANGED;
		if (changed) {
			EXPECT_EQ(set.phase_ns, tick.deadline_ns % (3 * T_MS));
		} else {
			EXPECT_EQ(variant->phase_ns,
				  tick.deadline_ns % variant->period_ns);
		}
	}
	EXPECT_TRUE(changed);
}

/* --- the rest counts at once, and INFO tells */

TEST_F(change, r3_6_info_tells_what_was_set)
{
	struct fraktor_set *set = &self->set;

	set->what = FRAKTOR_SET_LATE | FRAKTOR_SET_DRIFT | FRAKTOR_SET_MISSED |
		    FRAKTOR_SET_STALL | FRAKTOR_SET_FLAGS;
	set->late_ns = 123;
	set->drift_ppb = 456;
	set->missed = FRAKTOR_MISSED_SKIP;
	set->stall_periods = 789;
	set->flags = FRAKTOR_SOURCE_F_SUSPEND_STOPS |
		     FRAKTOR_SOURCE_F_OVERLOAD_STOPS;
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(123, self->info.late_ns);
	EXPECT_EQ(456, self->info.drift_ppb);
	EXPECT_EQ(FRAKTOR_MISSED_SKIP, self->info.missed);
	EXPECT_EQ(789, self->info.stall_periods);
	EXPECT_EQ(set->flags, self->info.flags);
	EXPECT_EQ(PERIOD, self->info.period_ns);
	/* What @what does not name does not count. */
	memset(set, 0xff, sizeof(*set));
	set->what = FRAKTOR_SET_LATE;
	set->late_ns = 321;
	set->reserved = 0;
	ASSERT_EQ(0, set_(self));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(321, self->info.late_ns);
	EXPECT_EQ(456, self->info.drift_ppb);
	EXPECT_EQ(PERIOD, self->info.period_ns);
}

/* --- what is refused leaves all as it was */

static void refused(struct __test_metadata *_metadata,
		    FIXTURE_DATA(change) *self, int error)
{
	EXPECT_EQ(-error, set_(self));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(PERIOD, self->info.period_ns);
	EXPECT_EQ(0, self->info.phase_ns);
	EXPECT_EQ(0, self->info.flags);
	EXPECT_EQ(FRAKTOR_MISSED_DELAY, self->info.missed);
}

TEST_F(change, set_of_nonsense_is_einval)
{
	const struct fraktor_set sets[] = {
		{ .what = 1ULL << 9 },
		{ .what = 1ULL << 63 },
		{ .what = FRAKTOR_SET_LATE, .reserved = 1 },
		{ .what = FRAKTOR_SET_PERIOD },
		{ .what = FRAKTOR_SET_PERIOD, .period_ns = 1 },
		{ .what = FRAKTOR_SET_PERIOD, .period_ns = UINT64_MAX },
		{ .what = FRAKTOR_SET_PERIOD, .period_ns = 3601 * T_S },
		{ .what = FRAKTOR_SET_PHASE, .phase_ns = 1 },
		{ .what = FRAKTOR_SET_MISSED,
		  .missed = FRAKTOR_MISSED_BURST + 1 },
		{ .what = FRAKTOR_SET_FLAGS, .flags = 1U << 5 },
		{ .what = FRAKTOR_SET_FLAGS | FRAKTOR_SET_PHASE,
		  .flags = FRAKTOR_SOURCE_F_ALIGN, .phase_ns = PERIOD },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		self->set = sets[i];
		refused(_metadata, self, EINVAL);
		if (self->info.period_ns != PERIOD)
			TH_LOG("case %u", i);
	}
}

TEST_F(change, a_period_below_the_phase_is_einval)
{
	struct fraktor_set set = {
		.what = FRAKTOR_SET_FLAGS | FRAKTOR_SET_PHASE,
		.flags = FRAKTOR_SOURCE_F_ALIGN,
		.phase_ns = PERIOD - 1,
	};

	ASSERT_EQ(0, t_set(self->ring.fd, &set));
	EXPECT_EQ(-EINVAL, t_set_period(self->ring.fd, FASTER));
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(PERIOD, self->info.period_ns);
	EXPECT_EQ(PERIOD - 1, self->info.phase_ns);
}

TEST_F(change, only_the_owner_may)
{
	struct t_ring reader;
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTCONN, t_set_period(fd, FASTER));
	close(fd);
	ASSERT_EQ(0, t_ring_attach(&reader, self->ring.source, 16));
	EXPECT_EQ(-EPERM, t_set_period(reader.fd, FASTER));
	t_ring_close(&reader);
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	EXPECT_EQ(PERIOD, self->info.period_ns);
}

TEST_F(change, a_short_period_needs_cap_sys_resource)
{
	ASSERT_EQ(0, t_info(self->ring.fd, &self->info));
	ASSERT_EQ(0, t_cap_drop(CAP_SYS_RESOURCE));
	EXPECT_EQ(-EPERM, t_set_period(self->ring.fd,
				       self->info.period_min_ns - 1));
	EXPECT_EQ(-EPERM, t_set_period(self->ring.fd,
				       self->info.period_floor_ns));
	EXPECT_EQ(-EINVAL, t_set_period(self->ring.fd,
					self->info.period_floor_ns - 1));
	EXPECT_EQ(0, t_set_period(self->ring.fd, self->info.period_min_ns));
}

FIXTURE(rate_limit) {
	struct t_ring ring, other;
	unsigned int max_rate;
};

FIXTURE_SETUP(rate_limit)
{
	self->ring.fd = -1;
	self->other.fd = -1;
	ASSERT_EQ(0, t_param_get("max_rate", &self->max_rate))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_pin(0));
	ASSERT_EQ(0, t_param_set("max_rate", 3000));
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 256));
	ASSERT_EQ(0, t_ring_create(&self->other, PERIOD, 256));
}

FIXTURE_TEARDOWN(rate_limit)
{
	t_param_set("max_rate", self->max_rate);
	t_ring_close(&self->ring);
	t_ring_close(&self->other);
}

TEST_F(rate_limit, r1_4_a_period_the_cpu_has_no_room_for_is_enospc)
{
	struct fraktor_info info;
	uint64_t head;

	/* 1,000 + 1,000 of 3,000 a second. */
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_start(self->other.fd));
	EXPECT_EQ(-ENOSPC, t_set_period(self->ring.fd, 400 * T_US));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(PERIOD, info.period_ns);
	head = t_head(&self->ring);
	EXPECT_EQ(0, t_until_head(&self->ring, head + 5, 5000));
	EXPECT_EQ(0, t_set_period(self->ring.fd, 500 * T_US));
	/* Full now; what is given back can be had again. */
	EXPECT_EQ(-ENOSPC, t_set_period(self->other.fd, 900 * T_US));
	EXPECT_EQ(0, t_set_period(self->ring.fd, 2 * T_MS));
	EXPECT_EQ(0, t_set_period(self->other.fd, 400 * T_US));
	/* Stopped, it needs no room: the start asks for it. */
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(0, t_set_period(self->ring.fd, 100 * T_US));
	EXPECT_EQ(-ENOSPC, t_start(self->ring.fd));
	EXPECT_EQ(0, t_set_period(self->ring.fd, 2 * T_MS));
	EXPECT_EQ(0, t_start(self->ring.fd));
}

TEST_HARNESS_MAIN

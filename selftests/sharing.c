// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sharing: one source with as many readers as there may be.  One expiry serves
 * them all, and a slow one harms nobody.
 */
#include "lib.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"

/* A tick of 64 readers takes a debug kernel milliseconds. */
#define PERIOD	(10 * T_MS)

FIXTURE(sharing) {
	struct t_ring owner;
	struct t_ring *readers;
	unsigned int n;			/* readers besides the owner */
};

FIXTURE_SETUP(sharing)
{
	struct fraktor_info info;

	ASSERT_EQ(0, t_ring_create(&self->owner, PERIOD, 1024))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_info(self->owner.fd, &info));
	self->n = info.readers_max - 1;
	self->readers = calloc(self->n + 1, sizeof(*self->readers));
	ASSERT_NE(NULL, self->readers);
	ASSERT_EQ(0, t_nofile_max(self->n + 64));
}

FIXTURE_TEARDOWN(sharing)
{
	unsigned int i;

	for (i = 0; i < self->n; i++)
		if (self->readers[i].meta)
			t_ring_close(&self->readers[i]);
	t_ring_close(&self->owner);
	free(self->readers);
}

TEST_F_TIMEOUT(sharing, r2_2_one_expiry_serves_every_reader, 120)
{
	struct fraktor_tick tick, twin;
	struct t_ring one_more;
	unsigned int i;
	uint64_t seq;

	for (i = 0; i < self->n; i++) {
		ASSERT_EQ(0, t_ring_attach(&self->readers[i],
					   self->owner.source, 1024))
			TH_LOG("reader %u", i);
	}
	EXPECT_EQ(-EUSERS, t_ring_attach(&one_more, self->owner.source, 16));
	ASSERT_EQ(0, t_start(self->owner.fd));
	ASSERT_EQ(0, t_until_head(&self->owner, 20, 20000));
	ASSERT_EQ(0, t_stop(self->owner.fd));
	ASSERT_GE(1024, t_head(&self->owner));
	/* The same ticks, to the last bit, in every ring. */
	for (i = 0; i < self->n; i++) {
		ASSERT_EQ(t_head(&self->owner), t_head(&self->readers[i]));
		EXPECT_EQ(0, t_dropped(&self->readers[i]));
		for (seq = 1; seq <= t_head(&self->owner); seq++) {
			t_peek(&self->owner, seq, &tick);
			t_peek(&self->readers[i], seq, &twin);
			ASSERT_EQ(0, memcmp(&tick, &twin, sizeof(tick)));
		}
	}
	/* One goes, one comes. */
	t_ring_close(&self->readers[0]);
	EXPECT_EQ(0, t_ring_attach(&self->readers[0], self->owner.source, 16));
}

TEST_F(sharing, r1_4_a_slow_reader_harms_nobody)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	struct t_ring *slow = &self->readers[0], *good = &self->readers[1];
	const char *wrong;

	ASSERT_EQ(0, t_ring_attach(slow, self->owner.source, 16));
	ASSERT_EQ(0, t_ring_attach(good, self->owner.source, 64));
	ASSERT_EQ(0, t_start(self->owner.fd));
	while (grid.records < 40) {
		ASSERT_EQ(sizeof(tick), read(good->fd, &tick, sizeof(tick)));
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	ASSERT_EQ(0, t_stop(self->owner.fd));
	EXPECT_EQ(0, t_dropped(good));
	EXPECT_EQ(0, t_dropped(&self->owner));
	EXPECT_EQ(t_head(&self->owner), t_head(slow));
	EXPECT_EQ(t_head(slow) - 16, t_dropped(slow));
	EXPECT_EQ(16, t_drain(slow));
}

TEST_HARNESS_MAIN

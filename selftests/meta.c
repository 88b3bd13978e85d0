// SPDX-License-Identifier: GPL-2.0-only
/*
 * The meta page's blocks that are written when something happens: the clock
 * block and the table of members.  A reader needs no system call for them, and
 * cannot write them.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)

_Static_assert(offsetof(struct fraktor_meta, head) == 64, "head");
_Static_assert(offsetof(struct fraktor_meta, clock) == 128, "clock");
_Static_assert(sizeof(struct fraktor_clock) == 64, "size of the clock block");
_Static_assert(offsetof(struct fraktor_meta, members) == 192, "members");
_Static_assert(sizeof(struct fraktor_member) == 32, "size of a member");

FIXTURE(meta) {
	struct t_ring ring;
};

FIXTURE_SETUP(meta)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64))
		TH_LOG("is the module loaded?");
}

FIXTURE_TEARDOWN(meta)
{
	t_ring_close(&self->ring);
}

TEST_F(meta, r2_2_it_says_how_much_of_it_there_is)
{
	const struct fraktor_meta *meta = self->ring.meta;
	struct fraktor_info info;

	/* A newer module may have more to say. */
	EXPECT_LE(sizeof(*meta), meta->struct_len);
	EXPECT_LE(meta->struct_len, meta->meta_len);
	EXPECT_EQ(0, meta->reserved);
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(info.features, meta->features);
}

/* --- the clock block */

TEST_F(meta, clock_block_has_the_offset_of_boottime)
{
	struct fraktor_clock clock;
	int64_t least, most;

	least = t_now_on(CLOCK_BOOTTIME);
	least -= t_now();
	ASSERT_EQ(0, t_clock(&self->ring, &clock));
	most = -t_now();
	most += t_now_on(CLOCK_BOOTTIME);
	EXPECT_LE(least, clock.boottime_offset_ns);
	EXPECT_GE(most, clock.boottime_offset_ns);
	EXPECT_EQ(0, clock.seq % 2);
	EXPECT_EQ(0, clock.suspends);
	EXPECT_EQ(0, clock.suspended_ns);
	EXPECT_EQ(0, clock.resumed_ns);
	EXPECT_EQ(0, clock.slept_ns);
	EXPECT_EQ(0, clock.reserved[0]);
	EXPECT_EQ(0, clock.reserved[1]);
	EXPECT_EQ(0, clock.reserved[2]);
}

/* --- the members */

TEST_F(meta, r2_2_the_table_has_its_one_source)
{
	const struct fraktor_meta *meta = self->ring.meta;
	static const struct fraktor_member zero;
	struct fraktor_member member;
	struct fraktor_info info;
	unsigned int i;

	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(info.source, meta->members[0].source);
	ASSERT_EQ(0, t_member(&self->ring, info.source, &member));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, member.state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, member.reason);
	EXPECT_EQ(info.cpu, member.cpu);
	EXPECT_EQ(PERIOD, member.period_ns);
	EXPECT_EQ(0, member.lead_ns);
	for (i = 1; i < FRAKTOR_MEMBERS_MAX; i++) {
		EXPECT_EQ(0, memcmp(&zero, &meta->members[i], sizeof(zero)));
	}
}

TEST_F(meta, r2_3_states_change_without_a_system_call)
{
	struct fraktor_member member;
	struct t_ring reader;
	uint32_t id;

	ASSERT_EQ(0, t_ring_attach(&reader, self->ring.source, 64));
	id = reader.source;
	t_member(&reader, id, &member);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, member.state);
	ASSERT_EQ(0, t_start(self->ring.fd));
	t_member(&reader, id, &member);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, member.state);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&reader));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	t_member(&reader, id, &member);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, member.state);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, member.reason);
	t_ring_close(&self->ring);
	t_member(&reader, id, &member);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, member.state);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, member.reason);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&reader));
	t_ring_close(&reader);
}

/* --- read-only */

struct stab {
	struct t_ring *ring;
	size_t at;
};

static int writes(struct t_child *child, void *arg)
{
	struct stab *stab = arg;
	volatile char *byte = (volatile char *)stab->ring->meta + stab->at;

	(void)child;
	*byte = 1;
	return 0;
}

TEST_F(meta, r2_2_none_of_it_can_be_written)
{
	const size_t places[] = {
		offsetof(struct fraktor_meta, head),
		offsetof(struct fraktor_meta, clock.seq),
		offsetof(struct fraktor_meta, members[0].state),
		offsetof(struct fraktor_meta, members[31].lead_ns),
		self->ring.meta_len - 1,
	};
	struct t_child child;
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		struct stab stab = { &self->ring, places[i] };

		ASSERT_EQ(0, t_child(&child, writes, &stab));
		ASSERT_LE(0, t_child_reap(&child, 5000, &status));
		ASSERT_TRUE(WIFSIGNALED(status)) TH_LOG("byte %zu", places[i]);
		EXPECT_EQ(SIGSEGV, WTERMSIG(status));
	}
}

TEST_HARNESS_MAIN

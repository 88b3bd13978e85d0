// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of the first version of the interface: their structures were
 * shorter, and said in the ioctl numbers.  They are copied here as they were
 * and must work for ever; not one byte beyond their end may be written.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)

struct first_create {
	__aligned_u64 period_ns;
	char name[32];
	__u32 clockid;
	__s32 cpu;
	__u32 missed;
	__u32 slots;
	__u32 source;
	__u32 reserved[3];
};

struct first_info {
	__u32 abi_version;
	__u32 source;
	__aligned_u64 features;
	__aligned_u64 period_floor_ns;
	__aligned_u64 period_min_ns;
	__aligned_u64 period_max_ns;
	__u32 slots_min;
	__u32 slots_max;
	__u32 sources_max;
	__u32 readers_max;
	char version[32];
	__aligned_u64 period_ns;
	char name[32];
	__u32 clockid;
	__s32 cpu;
	__u32 missed;
	__u32 slots;
	__u32 state;
	__u32 reason;
	__u32 owner;
	__u32 reserved;
};

#define FIRST_CREATE	_IOWR(0xF5, 0x01, struct first_create)
#define FIRST_INFO	_IOR(0xF5, 0x00, struct first_info)

_Static_assert(sizeof(struct first_create) == 72, "create was 72 bytes");
_Static_assert(sizeof(struct first_info) == 160, "info was 160 bytes");
_Static_assert(offsetof(struct first_create, source) ==
	       offsetof(struct fraktor_create, source), "create.source");
_Static_assert(offsetof(struct first_info, owner) ==
	       offsetof(struct fraktor_info, owner), "info.owner");

FIXTURE(compat) {
	struct t_ring ring;
	struct {
		struct first_create create;
		unsigned char guard[64];
	} c;
	struct {
		struct first_info info;
		unsigned char guard[128];
	} i;
};

FIXTURE_SETUP(compat)
{
	memset(&self->ring, 0, sizeof(self->ring));
	self->ring.fd = t_open(O_RDWR);
	ASSERT_LE(0, self->ring.fd) TH_LOG("%s: is the module loaded?",
					   strerror(-self->ring.fd));
	/* What is behind an old program's structure is its own. */
	memset(&self->c, 0xa5, sizeof(self->c));
	memset(&self->i, 0xa5, sizeof(self->i));
	self->c.create = (struct first_create){
		.period_ns = PERIOD, .name = "old-timer",
		.clockid = CLOCK_MONOTONIC, .cpu = FRAKTOR_CPU_CURRENT,
		.missed = FRAKTOR_MISSED_DELAY, .slots = 64,
	};
}

FIXTURE_TEARDOWN(compat)
{
	t_ring_close(&self->ring);
}

static bool is_untouched(const unsigned char *guard, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (guard[i] != 0xa5)
			return false;
	return true;
}

TEST_F(compat, r2_4_the_first_create_gets_the_defaults)
{
	struct fraktor_info info;

	ASSERT_EQ(0, t_ioctl(self->ring.fd, FIRST_CREATE, &self->c.create));
	EXPECT_LT(0, self->c.create.source);
	EXPECT_LE(0, self->c.create.cpu);
	EXPECT_STREQ("old-timer", self->c.create.name);
	EXPECT_TRUE(is_untouched(self->c.guard, sizeof(self->c.guard)));
	ASSERT_EQ(0, t_info(self->ring.fd, &info));
	EXPECT_EQ(0, info.flags);
	EXPECT_EQ(0, info.phase_ns);
	EXPECT_STREQ("hrtimer", info.driver);
	EXPECT_EQ(FRAKTOR_DRIFT_PPB_DEFAULT, info.drift_ppb);
	EXPECT_EQ(FRAKTOR_STALL_PERIODS_DEFAULT, info.stall_periods);
}

TEST_F(compat, r2_4_the_first_create_still_rejects_its_reserved)
{
	unsigned int i;

	/* These words have a meaning now: flags, driver, stall_periods. */
	self->c.create.reserved[0] = 1U << 31;
	EXPECT_EQ(-EINVAL, t_ioctl(self->ring.fd, FIRST_CREATE,
				   &self->c.create));
	self->c.create.reserved[0] = 0;
	self->c.create.reserved[1] = UINT32_MAX;
	EXPECT_EQ(-EOPNOTSUPP, t_ioctl(self->ring.fd, FIRST_CREATE,
				       &self->c.create));
	for (i = 0; i < 3; i++)
		self->c.create.reserved[i] = 0;
	EXPECT_EQ(0, t_ioctl(self->ring.fd, FIRST_CREATE, &self->c.create));
}

TEST_F(compat, r3_6_the_first_info_is_filled_to_its_end)
{
	struct first_info *info = &self->i.info;
	struct fraktor_info now;

	ASSERT_EQ(0, t_ioctl(self->ring.fd, FIRST_CREATE, &self->c.create));
	ASSERT_EQ(0, t_ioctl(self->ring.fd, FIRST_INFO, info));
	EXPECT_TRUE(is_untouched(self->i.guard, sizeof(self->i.guard)));
	ASSERT_EQ(0, t_info(self->ring.fd, &now));
	EXPECT_EQ(0, memcmp(info, &now, offsetof(struct first_info, reserved)));
	EXPECT_EQ(1, info->abi_version);
	EXPECT_EQ(self->c.create.source, info->source);
	EXPECT_STREQ("old-timer", info->name);
	EXPECT_EQ(64, info->slots);
	EXPECT_EQ(1, info->owner);
}

/* The whole of an old reader, by the first 128 bytes of the meta page. */
TEST_F(compat, r2_4_the_first_reader_reads_on)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;

	ASSERT_EQ(0, t_ioctl(self->ring.fd, FIRST_CREATE, &self->c.create));
	ASSERT_EQ(0, t_ring_map(&self->ring));
	EXPECT_EQ(FRAKTOR_META_MAGIC, self->ring.meta->magic);
	EXPECT_EQ(1, self->ring.meta->abi_version);
	EXPECT_LE(128, self->ring.meta->struct_len);
	EXPECT_EQ(32, self->ring.meta->record_size);
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 20, 5000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	while (t_take(&self->ring, &tick) > 0) {
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	EXPECT_LE(20, grid.records);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, self->ring.meta->state);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, self->ring.meta->reason);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the production module does not have: a way to make a tick by hand.  Not
 * as a driver one can ask for, not as an ioctl, not as a symbol.
 */
#include "device_fixture.h"

#include <linux/ioctl.h>
#include <stdlib.h>

/* A test build says so; there is nothing to find then. */
static bool is_a_test_build(int fd)
{
	struct fraktor_info info;

	return !t_info(fd, &info) && (info.features & FRAKTOR_FEATURE_MANUAL);
}

TEST_F(device, r2_5_is_no_test_build)
{
	if (is_a_test_build(self->fd))
		SKIP(return, "the module is a test build");
	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_FALSE(self->info.features & FRAKTOR_FEATURE_MANUAL);
	EXPECT_STREQ("hrtimer", self->info.driver);
}

TEST_F(device, r3_2_drivers_that_cannot_be_asked_for_are_eopnotsupp)
{
	static const uint32_t drivers[] = {
		FRAKTOR_DRIVER_PULSE, 2, 3, 0x7f, 0x100, 0x40000000, UINT32_MAX,
	};
	unsigned int i;

	if (is_a_test_build(self->fd))
		SKIP(return, "the module is a test build");
	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		self->create.driver = drivers[i];
		EXPECT_EQ(-EOPNOTSUPP, create_(self))
			TH_LOG("driver %u", drivers[i]);
	}
	/* And left nothing behind. */
	self->create.driver = FRAKTOR_DRIVER_HRTIMER;
	EXPECT_EQ(0, create_(self));
}

TEST_F(device, r3_2_no_ioctl_makes_a_tick)
{
	unsigned char arg[256] = { 0 };
	unsigned int nr, dir;

	if (is_a_test_build(self->fd))
		SKIP(return, "the module is a test build");
	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_start(self->fd));
	/* The test build's is the first; so is none of its neighbours. */
	for (nr = 0x40; nr < 0x60; nr++) {
		for (dir = 0; dir < 4; dir++) {
			EXPECT_EQ(-ENOTTY, t_ioctl(self->fd,
				_IOC(dir, FRAKTOR_IOC_MAGIC, nr, 8), arg));
			EXPECT_EQ(-ENOTTY, t_ioctl(self->fd,
				_IOC(dir, FRAKTOR_IOC_MAGIC, nr, 24), arg));
		}
	}
}

struct symbols {
	unsigned int all, manual, inject, start;
};

/* Those of the module; the list is long, so it is read once. */
static int count_symbols(struct symbols *symbols)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!f)
		return -errno;
	memset(symbols, 0, sizeof(*symbols));
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, "[fraktor]"))
			continue;
		symbols->all++;
		symbols->manual += !!strstr(line, "manual");
		symbols->inject += !!strstr(line, "inject");
		symbols->start += !!strstr(line, "fraktor_source_start");
	}
	fclose(f);
	return 0;
}

TEST_F(device, r2_5_no_symbol_of_the_manual_driver)
{
	struct symbols symbols;

	if (is_a_test_build(self->fd))
		SKIP(return, "the module is a test build");
	ASSERT_EQ(0, count_symbols(&symbols));
	EXPECT_EQ(0, symbols.manual);
	EXPECT_EQ(0, symbols.inject);
	/* It would have been seen. */
	EXPECT_LT(20, symbols.all);
	EXPECT_LT(0, symbols.start);
}

TEST_HARNESS_MAIN

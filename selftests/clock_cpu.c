// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks and CPUs: ticks carry times of their clock and come from their CPU,
 * and what is no clock or no CPU is refused.
 */
#include "device_fixture.h"

/* --- clocks */

FIXTURE(clock) {
	struct t_ring ring;
};

FIXTURE_VARIANT(clock) {
	clockid_t clockid;
};

FIXTURE_VARIANT_ADD(clock, monotonic) { .clockid = CLOCK_MONOTONIC };
FIXTURE_VARIANT_ADD(clock, boottime) { .clockid = CLOCK_BOOTTIME };
FIXTURE_VARIANT_ADD(clock, tai) { .clockid = CLOCK_TAI };

FIXTURE_SETUP(clock)
{
	memset(&self->ring, 0, sizeof(self->ring));
	self->ring.fd = t_open(O_RDWR);
	ASSERT_LE(0, self->ring.fd);
}

FIXTURE_TEARDOWN(clock)
{
	t_ring_close(&self->ring);
}

TEST_F(clock, ticks_carry_times_of_their_clock)
{
	struct t_ring *ring = &self->ring;
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_create create;
	struct fraktor_info info;
	struct fraktor_tick tick;
	uint64_t before, after;
	const char *wrong;

	t_create_init(&create, PERIOD, SLOTS);
	create.clockid = variant->clockid;
	ASSERT_EQ(0, t_ioctl(ring->fd, FRAKTOR_IOC_CREATE, &create));
	ASSERT_EQ(0, t_info(ring->fd, &info));
	EXPECT_EQ(variant->clockid, info.clockid);
	ASSERT_EQ(0, t_ring_map(ring));
	EXPECT_EQ(variant->clockid, ring->meta->clockid);
	before = t_now_on(variant->clockid);
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 10, T_SOON_MS));
	ASSERT_EQ(0, t_stop(ring->fd));
	after = t_now_on(variant->clockid);
	while (t_take(ring, &tick) > 0) {
		wrong = t_grid_check(&grid, &tick);
		EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
		EXPECT_LE(before, tick.deadline_ns);
		EXPECT_LE(tick.fired_ns, after);
	}
	EXPECT_LE(10, grid.records);
}

TEST_F(device, unknown_clock_is_einval)
{
	static const uint32_t clocks[] = {
		CLOCK_REALTIME, CLOCK_PROCESS_CPUTIME_ID,
		CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE,
		CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM, 10, 12, 16, 1000,
		0x80000000U, UINT32_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(clocks); i++) {
		self->create.clockid = clocks[i];
		EXPECT_EQ(-EINVAL, create_(self))
			TH_LOG("clock %u was taken", clocks[i]);
	}
}

/* --- CPUs */

TEST_F(device, cpu_out_of_range_is_einval)
{
	static const int32_t cpus[] = {
		-2, -3, -4096, INT32_MIN, INT32_MAX, 1 << 20, 0x10000,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		self->create.cpu = cpus[i];
		EXPECT_EQ(-EINVAL, create_(self))
			TH_LOG("cpu %d was taken", cpus[i]);
	}
}

TEST_F(device, cpu_current_is_the_callers)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct fraktor_create create;
	long cpu;

	for (cpu = 0; cpu < cpus && cpu < 2; cpu++) {
		int fd = t_open(O_RDWR);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, t_pin(cpu));
		t_create_init(&create, PERIOD, SLOTS);
		ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &create));
		EXPECT_EQ(cpu, create.cpu);
		close(fd);
	}
}

TEST_F(device, every_online_cpu_ticks)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct fraktor_create create;
	struct t_ring ring = { 0 };
	long cpu;

	for (cpu = 0; cpu < cpus && cpu < 4; cpu++) {
		ring.fd = t_open(O_RDWR);
		ASSERT_LE(0, ring.fd);
		t_create_init(&create, PERIOD, SLOTS);
		create.cpu = cpu;
		ASSERT_EQ(0, t_ioctl(ring.fd, FRAKTOR_IOC_CREATE, &create));
		EXPECT_EQ(cpu, create.cpu);
		ASSERT_EQ(0, t_ring_map(&ring));
		ASSERT_EQ(0, t_start(ring.fd));
		EXPECT_EQ(0, t_until_head(&ring, 5, T_SOON_MS));
		EXPECT_EQ(0, t_stop(ring.fd));
		t_ring_close(&ring);
	}
}

TEST_F(device, offline_cpu_is_enodev)
{
	int ret;

	if (t_cpu_online(1) != 1)
		SKIP(return, "needs a second CPU (--smp 2)");
	if (t_cpu_set_online(1, false))
		SKIP(return, "CPU 1 cannot be taken offline");
	self->create.cpu = 1;
	ret = create_(self);
	EXPECT_EQ(0, t_cpu_set_online(1, true));
	EXPECT_EQ(-ENODEV, ret);
	self->create.cpu = 1;
	EXPECT_EQ(0, create_(self));
}

TEST_F(device, ticks_survive_that_their_cpu_goes_offline)
{
	struct t_ring ring = { 0 };
	unsigned int round;
	uint64_t head;

	if (t_cpu_online(1) != 1)
		SKIP(return, "needs a second CPU (--smp 2)");
	ring.fd = self->fd;
	self->create.cpu = 1;
	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_ring_map(&ring));
	ASSERT_EQ(0, t_start(self->fd));
	for (round = 0; round < 3; round++) {
		if (t_cpu_set_online(1, false))
			SKIP(break, "CPU 1 cannot be taken offline");
		head = t_head(&ring);
		EXPECT_EQ(0, t_until_head(&ring, head + 5, T_SOON_MS));
		EXPECT_EQ(0, t_cpu_set_online(1, true));
		head = t_head(&ring);
		EXPECT_EQ(0, t_until_head(&ring, head + 5, T_SOON_MS));
	}
	EXPECT_EQ(0, t_stop(self->fd));
	/* Started where its CPU is gone: refused, and nothing is left behind. */
	if (!t_cpu_set_online(1, false)) {
		EXPECT_EQ(-ENODEV, t_start(self->fd));
		EXPECT_EQ(-EALREADY, t_stop(self->fd));
		EXPECT_EQ(0, t_cpu_set_online(1, true));
	}
	EXPECT_EQ(0, t_start(self->fd));
	t_ring_unmap(&ring);
}

TEST_HARNESS_MAIN

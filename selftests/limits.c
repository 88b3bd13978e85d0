// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bounds: period, slots, sources, readers, locked memory.  Out of bounds
 * is an error and never clamped, what was refused leaves nothing behind, and
 * whoever gives back what he had gets it again.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kselftest_harness.h"

FIXTURE(limits) {
	int fd;
	struct fraktor_info info;
};

FIXTURE_SETUP(limits)
{
	self->fd = t_open(O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: is the module loaded?",
				      strerror(-self->fd));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
}

FIXTURE_TEARDOWN(limits)
{
	t_close(&self->fd);
}

/* Create on a file of its own, so that success does not end the series. */
static int create_once(uint64_t period_ns, unsigned int slots,
		       struct fraktor_info *ret_info)
{
	int fd = t_open(O_RDWR), ret;

	if (fd < 0)
		return fd;
	ret = t_create(fd, period_ns, slots);
	if (!ret && ret_info)
		ret = t_info(fd, ret_info);
	close(fd);
	return ret;
}

/* --- period */

TEST_F(limits, period_nonsense_is_einval)
{
	const struct fraktor_info *info = &self->info;
	const uint64_t periods[] = {
		0, 1, 2, info->period_floor_ns / 2, info->period_floor_ns - 1,
		info->period_max_ns + 1, 2 * info->period_max_ns,
		1ULL << 62, INT64_MAX, 1ULL << 63, (1ULL << 63) + T_MS,
		UINT64_MAX - 1, UINT64_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		EXPECT_EQ(-EINVAL, create_once(periods[i], info->slots_min, NULL))
			TH_LOG("period %llu was taken",
			       (unsigned long long)periods[i]);
	}
}

TEST_F(limits, period_bounds_are_inclusive_and_not_clamped)
{
	const uint64_t periods[] = {
		self->info.period_floor_ns, self->info.period_floor_ns + 1,
		self->info.period_min_ns, self->info.period_min_ns + 1,
		self->info.period_max_ns - 1, self->info.period_max_ns,
	};
	struct fraktor_info info;
	unsigned int i;

	if (getuid())
		SKIP(return, "needs CAP_SYS_RESOURCE");
	for (i = 0; i < ARRAY_SIZE(periods); i++) {
		EXPECT_EQ(0, create_once(periods[i], self->info.slots_min,
					 &info));
		EXPECT_EQ(periods[i], info.period_ns);
	}
}

TEST_F(limits, unprivileged_period_below_its_minimum_is_eperm)
{
	const struct fraktor_info *info = &self->info;

	if (info->period_floor_ns == info->period_min_ns)
		SKIP(return, "both minima are the same");
	ASSERT_EQ(0, t_cap_drop(CAP_SYS_RESOURCE));
	EXPECT_EQ(-EPERM, create_once(info->period_min_ns - 1, info->slots_min,
				      NULL));
	EXPECT_EQ(-EPERM, create_once(info->period_floor_ns, info->slots_min,
				      NULL));
	/* Nonsense stays -EINVAL, and the minimum itself is free to all. */
	EXPECT_EQ(-EINVAL, create_once(info->period_floor_ns - 1,
				       info->slots_min, NULL));
	EXPECT_EQ(-EINVAL, create_once(0, info->slots_min, NULL));
	EXPECT_EQ(0, create_once(info->period_min_ns, info->slots_min, NULL));
	EXPECT_EQ(0, create_once(info->period_max_ns, info->slots_min, NULL));
}

TEST_F(limits, shortest_period_does_not_wedge_the_machine)
{
	struct t_ring ring;
	uint64_t start;

	if (getuid())
		SKIP(return, "needs CAP_SYS_RESOURCE");
	ASSERT_EQ(0, t_ring_create(&ring, self->info.period_floor_ns,
				   self->info.slots_min));
	ASSERT_EQ(0, t_start(ring.fd));
	EXPECT_EQ(0, t_until_head(&ring, 50, 5000));
	start = t_now();
	EXPECT_EQ(0, t_stop(ring.fd));
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
	/* Every period is in a record or counted as missed, none invented. */
	EXPECT_LE(50, t_head(&ring) + t_missed(&ring));
	t_ring_close(&ring);
}

TEST_F(limits, longest_period_starts_and_stops)
{
	struct t_ring ring;

	ASSERT_EQ(0, t_ring_create(&ring, self->info.period_max_ns,
				   self->info.slots_min));
	ASSERT_EQ(0, t_start(ring.fd));
	t_sleep_ms(20);
	EXPECT_EQ(0, t_head(&ring));	/* no tick at once: never early */
	EXPECT_EQ(0, t_stop(ring.fd));
	t_ring_close(&ring);
}

/* --- the sum of rates on a CPU */

#define MAX_RATE "/sys/module/fraktor/parameters/max_rate"

static int write_max_rate(const char *value)
{
	int fd = open(MAX_RATE, O_WRONLY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

TEST_F(limits, sum_of_rates_on_a_cpu_is_enospc_and_given_back)
{
	struct t_ring first, second;
	cpu_set_t cpus;
	char was[32] = "";
	int fd = open(MAX_RATE, O_RDONLY | O_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_LT(0, read(fd, was, sizeof(was) - 1));
	close(fd);

	/* Both on CPU 0: room for one of 1000 ticks a second, not for two. */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(cpus), &cpus));
	ASSERT_EQ(0, t_ring_create(&first, T_MS, self->info.slots_min));
	ASSERT_EQ(0, t_ring_create(&second, T_MS, self->info.slots_min));
	ASSERT_EQ(0, write_max_rate("1500"));
	EXPECT_EQ(0, t_start(first.fd));
	EXPECT_EQ(-ENOSPC, t_start(second.fd));
	EXPECT_EQ(0, t_stop(first.fd));
	EXPECT_EQ(0, t_start(second.fd));
	t_ring_close(&second);	/* gives back what it had, running or not */
	EXPECT_EQ(0, t_start(first.fd));
	EXPECT_EQ(0, write_max_rate(was));
	t_ring_close(&first);
}

/* --- slots */

TEST_F(limits, slots_nonsense_is_einval)
{
	const struct fraktor_info *info = &self->info;
	const unsigned int slots[] = {
		0, 1, 3, info->slots_min - 1, info->slots_min + 1,
		info->slots_min / 2, info->slots_min * 3, info->slots_max - 1,
		info->slots_max + 1, info->slots_max * 2, 1U << 31,
		(1U << 31) + 1, UINT32_MAX,
	};
	struct t_ring owner, reader;
	unsigned int i;

	ASSERT_EQ(0, t_ring_create(&owner, T_S, info->slots_min));
	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		/* 1 may be the minimum: then it is no nonsense. */
		if (slots[i] >= info->slots_min && slots[i] <= info->slots_max &&
		    !(slots[i] & (slots[i] - 1)))
			continue;
		EXPECT_EQ(-EINVAL, create_once(T_S, slots[i], NULL))
			TH_LOG("%u slots were taken", slots[i]);
		EXPECT_EQ(-EINVAL, t_ring_attach(&reader, owner.source,
						 slots[i]))
			TH_LOG("attach with %u slots was taken", slots[i]);
	}
	t_ring_close(&owner);
}

TEST_F(limits, slots_bounds_are_inclusive)
{
	unsigned int slots;
	struct t_ring ring;

	for (slots = self->info.slots_min; slots <= self->info.slots_max;
	     slots *= 2) {
		ASSERT_EQ(0, t_ring_create(&ring, T_S, slots))
			TH_LOG("%u slots", slots);
		EXPECT_EQ(slots, ring.slots);
		t_ring_close(&ring);
	}
}

/* --- how many */

TEST_F_TIMEOUT(limits, sources_max_is_enospc_and_recovers, 120)
{
	unsigned int max = self->info.sources_max, n, round;
	int *fds, ret = 0;

	if (max > 4096)
		SKIP(return, "%u sources are too many for a test", max);
	if (t_nofile_max(max + 64))
		SKIP(return, "RLIMIT_NOFILE is too low");
	fds = calloc(max + 1, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	for (round = 0; round < 2; round++) {
		for (n = 0; n <= max; n++) {
			fds[n] = t_open(O_RDWR);
			ASSERT_LE(0, fds[n]);
			ret = t_create(fds[n], self->info.period_max_ns,
				       self->info.slots_min);
			if (ret)
				break;
		}
		EXPECT_EQ(-ENOSPC, ret);
		EXPECT_EQ(max, n) TH_LOG("round %u", round);
		/* One goes, one comes. */
		close(fds[0]);
		EXPECT_EQ(0, t_create(fds[n], self->info.period_max_ns,
				      self->info.slots_min));
		while (n)
			close(fds[n--]);
	}
	free(fds);
}

TEST_F(limits, readers_max_is_eusers_and_recovers)
{
	unsigned int max = self->info.readers_max, n;
	struct fraktor_create create;
	int *fds, ret = 0;

	if (max > 4096)
		SKIP(return, "%u readers are too many for a test", max);
	if (t_nofile_max(max + 64))
		SKIP(return, "RLIMIT_NOFILE is too low");
	fds = calloc(max + 1, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	t_create_init(&create, self->info.period_max_ns, self->info.slots_min);
	ASSERT_EQ(0, t_ioctl(self->fd, FRAKTOR_IOC_CREATE, &create));
	/* The owner is attached to its source too: it is the first reader. */
	for (n = 1; n <= max; n++) {
		fds[n] = t_open(O_RDWR);
		ASSERT_LE(0, fds[n]);
		ret = t_attach(fds[n], create.source, self->info.slots_min);
		if (ret)
			break;
	}
	EXPECT_EQ(-EUSERS, ret);
	EXPECT_EQ(max, n);
	close(fds[1]);
	EXPECT_EQ(0, t_attach(fds[n], create.source, self->info.slots_min));
	/* And a tick reaches the last of them. */
	while (n > 1)
		close(fds[n--]);
	free(fds);
}

TEST_F_TIMEOUT(limits, a_thousand_openers, 120)
{
	unsigned int n = 1000, i;
	struct fraktor_info info;
	int *fds;

	if (t_nofile_max(n + 64))
		SKIP(return, "RLIMIT_NOFILE is too low");
	fds = calloc(n, sizeof(*fds));
	ASSERT_NE(NULL, fds);
	for (i = 0; i < n; i++) {
		fds[i] = t_open(O_RDWR);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, t_info(fds[i], &info));
	}
	for (i = 0; i < n; i++)
		close(fds[i]);
	free(fds);
	EXPECT_EQ(0, create_once(T_MS, self->info.slots_min, NULL));
}

/* --- locked memory */

static int memlock(rlim_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

TEST_F(limits, memlock_too_small_is_enomem)
{
	ASSERT_EQ(0, memlock(64 * 1024));
	/* Who may lock what he wants is not bound by it. */
	if (!getuid()) {
		EXPECT_EQ(0, create_once(T_S, self->info.slots_max, NULL));
	}
	ASSERT_EQ(0, t_cap_drop(CAP_IPC_LOCK));
	EXPECT_EQ(-ENOMEM, create_once(T_S, self->info.slots_max, NULL));
	EXPECT_EQ(0, create_once(T_S, self->info.slots_min, NULL));
	ASSERT_EQ(0, memlock(0));
	EXPECT_EQ(-ENOMEM, create_once(T_S, self->info.slots_min, NULL));
}

TEST_F(limits, memlock_is_charged_for_attached_rings_too)
{
	struct t_ring owner, reader;

	ASSERT_EQ(0, memlock(64 * 1024));
	ASSERT_EQ(0, t_cap_drop(CAP_IPC_LOCK));
	ASSERT_EQ(0, t_ring_create(&owner, T_S, self->info.slots_min));
	EXPECT_EQ(-ENOMEM, t_ring_attach(&reader, owner.source,
					 self->info.slots_max));
	EXPECT_EQ(0, t_ring_attach(&reader, owner.source,
				   self->info.slots_min));
	t_ring_close(&reader);
	t_ring_close(&owner);
}

TEST_F_TIMEOUT(limits, memlock_charge_is_given_back_again_and_again, 120)
{
	struct fraktor_attach attach = { .source = 0xfffe };
	struct fraktor_create create;
	unsigned int rounds, i;

	attach.slots = self->info.slots_min;
	ASSERT_EQ(0, memlock(64 * 1024));
	ASSERT_EQ(0, t_cap_drop(CAP_IPC_LOCK));
	/* Kernels with KASAN, told by their slack, take a minute for the many. */
	rounds = t_bound_ms(1) > 10 ? 100 : 1000;
	for (i = 0; i < rounds; i++) {
		ASSERT_EQ(0, create_once(T_S, self->info.slots_min, NULL))
			TH_LOG("round %u: a charge was lost", i);
		/* Refused after, or before, the pages were charged. */
		ASSERT_EQ(-ENOMEM, create_once(T_S, self->info.slots_max, NULL));
		t_create_init(&create, T_S, self->info.slots_min);
		create.cpu = -7;
		ASSERT_EQ(-EINVAL, t_ioctl(self->fd, FRAKTOR_IOC_CREATE,
					   &create));
		ASSERT_EQ(-ENOENT, t_ioctl(self->fd, FRAKTOR_IOC_ATTACH,
					   &attach));
	}
}

/* --- the sum of the rates of a CPU is bounded: many fast sources */

TEST_F(limits, many_fast_sources_do_not_wedge_the_machine)
{
	struct t_ring rings[16];
	unsigned int i, n, started = 0;
	uint64_t start;

	if (getuid())
		SKIP(return, "needs CAP_SYS_RESOURCE");
	for (n = 0; n < ARRAY_SIZE(rings); n++) {
		if (t_ring_create(&rings[n], self->info.period_floor_ns,
				  self->info.slots_min))
			break;
		if (!t_start(rings[n].fd))
			started++;
	}
	TH_LOG("%u sources of %llu ns on one CPU", started,
	       (unsigned long long)self->info.period_floor_ns);
	EXPECT_LT(0, started);
	t_sleep_ms(50);
	start = t_now();
	for (i = 0; i < n; i++)
		t_ring_close(&rings[i]);
	EXPECT_GE(t_bound_ms(T_KILL_MS), t_ms_since(start));
}

TEST_HARNESS_MAIN

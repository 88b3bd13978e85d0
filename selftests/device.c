// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/fraktor without its ring: who may open it, what INFO says, create,
 * attach, start and stop, names, whose source dies when.
 */
#include "device_fixture.h"

/* --- the node */

TEST_F(device, node_is_a_private_character_device)
{
	struct stat st;

	ASSERT_EQ(0, stat(T_DEVICE, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(10, major(st.st_rdev));	/* misc */
	EXPECT_EQ(0, st.st_mode & 07);		/* nothing for the world */
}

static int open_as_nobody(struct t_child *child, void *arg)
{
	int fd;

	(void)child;
	(void)arg;
	if (setgid(65534) || setuid(65534))
		return 100;
	fd = t_open(O_RDWR);
	return fd < 0 ? -fd : 0;
}

TEST_F(device, no_permission_is_eacces)
{
	struct t_child child;
	int status;

	if (getuid())
		SKIP(return, "needs root to become nobody");
	ASSERT_EQ(0, t_child(&child, open_as_nobody, NULL));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EACCES, WEXITSTATUS(status));
}

TEST_F(device, no_write_no_seek_no_position)
{
	char byte = 0;
	char buf[64];

	ASSERT_EQ(0, create_(self));
	EXPECT_EQ(-1, write(self->fd, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, pread(self->fd, buf, sizeof(buf), 0));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(device, read_only_descriptor_maps_no_consumer)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fd = t_open(O_RDONLY);
	void *p;

	if (fd == -EACCES || fd == -EINVAL)
		SKIP(return, "the driver wants O_RDWR");
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, t_info(fd, &self->info));
	if (!t_ioctl(fd, FRAKTOR_IOC_CREATE, &self->create)) {
		p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 FRAKTOR_MMAP_CONSUMER);
		EXPECT_EQ(MAP_FAILED, p);
		EXPECT_EQ(EACCES, errno);
	}
	close(fd);
}

/* --- INFO */

static bool pow2(unsigned int n)
{
	return n && !(n & (n - 1));
}

TEST_F(device, r3_6_info_limits_are_plausible)
{
	struct fraktor_info *info = &self->info;
	uint64_t known = FRAKTOR_FEATURE_URING_WAIT |
			 FRAKTOR_FEATURE_URING_CANCEL | FRAKTOR_FEATURE_RT |
			 FRAKTOR_FEATURE_URING_DEFER | FRAKTOR_FEATURE_MANUAL |
			 FRAKTOR_FEATURE_IDLE;

	ASSERT_EQ(0, t_info(self->fd, info));
	EXPECT_EQ(FRAKTOR_ABI_VERSION, info->abi_version);
	EXPECT_LT(0, info->period_floor_ns);
	EXPECT_LE(info->period_floor_ns, info->period_min_ns);
	EXPECT_LT(info->period_min_ns, info->period_max_ns);
	/* The quickstart's period must be free to all. */
	EXPECT_LE(info->period_min_ns, T_MS);
	EXPECT_TRUE(pow2(info->slots_min));
	EXPECT_TRUE(pow2(info->slots_max));
	EXPECT_LT(info->slots_min, info->slots_max);
	EXPECT_LT(0, info->sources_max);
	EXPECT_LE(info->sources_max, 0xffff);	/* fraktor_tick.source is u16 */
	EXPECT_LE(2, info->readers_max);
	EXPECT_LT(0, strnlen(info->version, sizeof(info->version)));
	EXPECT_GT(sizeof(info->version),
		  strnlen(info->version, sizeof(info->version)));
	EXPECT_EQ(0, info->features & ~known);
	EXPECT_EQ(t_kernel_is_rt(), !!(info->features & FRAKTOR_FEATURE_RT));
	EXPECT_LT(0, info->sources_max_user);
	EXPECT_LE(info->sources_max_user, info->sources_max);
}

TEST_F(device, r3_6_info_without_a_source_is_zero_from_period_on)
{
	static const struct fraktor_info zero;
	size_t from = offsetof(struct fraktor_info, period_ns);

	/* Dirt that the driver must overwrite. */
	memset(&self->info, 0xa5, sizeof(self->info));
	ASSERT_EQ(0, t_ioctl(self->fd, FRAKTOR_IOC_INFO, &self->info));
	EXPECT_EQ(0, self->info.source);
	EXPECT_LT(0, self->info.sources_max_user);
	self->info.sources_max_user = 0;	/* of the module, not the file */
	EXPECT_EQ(0, memcmp((char *)&self->info + from, (char *)&zero + from,
			    sizeof(zero) - from));
}

TEST_F(device, r3_6_info_overwrites_every_byte)
{
	struct fraktor_info clean;

	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_info(self->fd, &clean));
	memset(&self->info, 0xa5, sizeof(self->info));
	ASSERT_EQ(0, t_ioctl(self->fd, FRAKTOR_IOC_INFO, &self->info));
	EXPECT_EQ(0, memcmp(&clean, &self->info, sizeof(clean)));
}

TEST_F(device, r3_6_info_says_what_was_created)
{
	strcpy(self->create.name, "info_says.what-was");
	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_EQ(self->create.source, self->info.source);
	EXPECT_EQ(PERIOD, self->info.period_ns);
	EXPECT_STREQ("info_says.what-was", self->info.name);
	EXPECT_EQ(CLOCK_MONOTONIC, self->info.clockid);
	EXPECT_EQ(self->create.cpu, self->info.cpu);
	EXPECT_EQ(FRAKTOR_MISSED_DELAY, self->info.missed);
	EXPECT_EQ(SLOTS, self->info.slots);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, self->info.state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, self->info.reason);
	EXPECT_EQ(1, self->info.owner);
	EXPECT_EQ(1, self->info.nr_members);
	EXPECT_STREQ("hrtimer", self->info.driver);
	EXPECT_LT(0, self->info.resolution_ns);
	EXPECT_EQ(0, self->info.started_ns);
	EXPECT_EQ(0, self->info.ticks);
	EXPECT_EQ(0, self->info.phase_ns);
	EXPECT_EQ(0, self->info.flags);
	EXPECT_EQ(self->create.cpu, self->info.home_cpu);
}

TEST_F(device, r3_6_info_tells_the_options_asked_for)
{
	self->create.flags = FRAKTOR_SOURCE_F_ALIGN |
			     FRAKTOR_SOURCE_F_DRIFT_STOPS;
	self->create.phase_ns = PERIOD / 4;
	self->create.late_ns = PERIOD / 2;
	self->create.drift_ppb = 12345;
	self->create.stall_periods = 77;
	self->create.missed = FRAKTOR_MISSED_BURST;
	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_EQ(self->create.flags, self->info.flags);
	EXPECT_EQ(PERIOD / 4, self->info.phase_ns);
	EXPECT_EQ(PERIOD / 2, self->info.late_ns);
	EXPECT_EQ(12345, self->info.drift_ppb);
	EXPECT_EQ(77, self->info.stall_periods);
	EXPECT_EQ(FRAKTOR_MISSED_BURST, self->info.missed);
}

TEST_F(device, r3_6_info_tells_start_and_ticks)
{
	struct t_ring ring;
	uint64_t before, after;

	ASSERT_EQ(0, t_ring_create(&ring, PERIOD, SLOTS));
	before = t_now();
	ASSERT_EQ(0, t_start(ring.fd));
	after = t_now();
	ASSERT_EQ(0, t_until_head(&ring, 5, T_SOON_MS));
	ASSERT_EQ(0, t_stop(ring.fd));
	ASSERT_EQ(0, t_info(ring.fd, &self->info));
	EXPECT_LE(before, self->info.started_ns);
	EXPECT_GE(after, self->info.started_ns);
	EXPECT_EQ(t_head(&ring), self->info.ticks);
	t_ring_close(&ring);
}

TEST_F(device, r3_6_info_of_an_attached_reader)
{
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	self->attach.slots = 2 * SLOTS;
	ASSERT_EQ(0, attach_(self));
	ASSERT_EQ(0, t_info(self->other, &self->info));
	EXPECT_EQ(self->create.source, self->info.source);
	EXPECT_STREQ(self->create.name, self->info.name);
	EXPECT_EQ(2 * SLOTS, self->info.slots);	/* of this file's ring */
	EXPECT_EQ(0, self->info.owner);
}

TEST_F(device, r3_6_info_follows_start_and_stop)
{
	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_start(self->fd));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, self->info.state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, self->info.reason);
	ASSERT_EQ(0, t_stop(self->fd));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, self->info.state);
	EXPECT_EQ(FRAKTOR_REASON_ASKED, self->info.reason);
	ASSERT_EQ(0, t_start(self->fd));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_EQ(FRAKTOR_REASON_NONE, self->info.reason);
}

/* --- create and attach */

TEST_F(device, create_writes_back_id_name_and_cpu)
{
	char expected[FRAKTOR_NAME_LEN];

	ASSERT_EQ(0, create_(self));
	EXPECT_LT(0, self->create.source);
	EXPECT_LE(0, self->create.cpu);
	snprintf(expected, sizeof(expected), "tick%u", self->create.source);
	EXPECT_STREQ(expected, self->create.name);
	EXPECT_EQ(PERIOD, self->create.period_ns);
	EXPECT_EQ(SLOTS, self->create.slots);
}

TEST_F(device, create_twice_is_ebusy)
{
	ASSERT_EQ(0, create_(self));
	t_create_init(&self->create, PERIOD, SLOTS);
	EXPECT_EQ(-EBUSY, create_(self));
	t_create_init(&self->create, PERIOD, 0);	/* it has a ring */
	EXPECT_EQ(-EBUSY, create_(self));
}

TEST_F(device, attach_twice_is_ealready)
{
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	ASSERT_EQ(0, attach_(self));
	self->attach.slots = 0;		/* it has a ring now */
	EXPECT_EQ(-EALREADY, attach_(self));
	EXPECT_EQ(-EALREADY, t_ioctl(self->fd, FRAKTOR_IOC_ATTACH,
				     &self->attach));
}

TEST_F(device, a_second_ring_of_one_file_is_ebusy)
{
	struct fraktor_create second;

	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	ASSERT_EQ(0, attach_(self));
	t_create_init(&second, PERIOD, SLOTS);
	EXPECT_EQ(-EBUSY, t_ioctl(self->other, FRAKTOR_IOC_CREATE, &second));
	second.slots = 0;
	ASSERT_EQ(0, t_ioctl(self->other, FRAKTOR_IOC_CREATE, &second));
	self->attach.source = second.source;
	EXPECT_EQ(-EBUSY, t_ioctl(self->fd, FRAKTOR_IOC_ATTACH, &self->attach));
}

TEST_F(device, attach_by_name)
{
	strcpy(self->create.name, "by-name");
	ASSERT_EQ(0, create_(self));
	strcpy(self->attach.name, "by-name");
	self->attach.source = 0;
	ASSERT_EQ(0, attach_(self));
	EXPECT_EQ(self->create.source, self->attach.source);
}

TEST_F(device, attach_unknown_is_enoent)
{
	self->attach.source = 0xfffe;
	EXPECT_EQ(-ENOENT, attach_(self));
	self->attach.source = 0;
	EXPECT_EQ(-ENOENT, attach_(self));
	self->attach.source = UINT32_MAX;
	EXPECT_EQ(-ENOENT, attach_(self));
	strcpy(self->attach.name, "nobody-has-this");
	EXPECT_EQ(-ENOENT, attach_(self));
	/* And leaves nothing behind: the file can still be used. */
	ASSERT_EQ(0, create_(self));
	memset(self->attach.name, 0, sizeof(self->attach.name));
	self->attach.source = self->create.source;
	EXPECT_EQ(0, attach_(self));
}

TEST_F(device, without_a_source_everything_is_enotconn)
{
	char buf[64];

	EXPECT_EQ(-ENOTCONN, t_start(self->fd));
	EXPECT_EQ(-ENOTCONN, t_stop(self->fd));
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(ENOTCONN, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ,
				   MAP_SHARED, self->fd, FRAKTOR_MMAP_META));
	EXPECT_EQ(ENOTCONN, errno);
}

/* --- start and stop */

TEST_F(device, double_start_and_double_stop_are_ealready)
{
	ASSERT_EQ(0, create_(self));
	EXPECT_EQ(-EALREADY, t_stop(self->fd));
	EXPECT_EQ(0, t_start(self->fd));
	EXPECT_EQ(-EALREADY, t_start(self->fd));
	EXPECT_EQ(0, t_stop(self->fd));
	EXPECT_EQ(-EALREADY, t_stop(self->fd));
	EXPECT_EQ(0, t_start(self->fd));
	EXPECT_EQ(0, t_stop(self->fd));
}

TEST_F(device, only_the_owner_starts_and_stops)
{
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	ASSERT_EQ(0, attach_(self));
	EXPECT_EQ(-EPERM, t_start(self->other));
	EXPECT_EQ(0, t_start(self->fd));
	EXPECT_EQ(-EPERM, t_stop(self->other));
	EXPECT_EQ(-EPERM, t_start(self->other));
	ASSERT_EQ(0, t_info(self->fd, &self->info));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, self->info.state);
}

/* --- names */

TEST_F(device, names_of_every_legal_byte)
{
	strcpy(self->create.name, "azAZ09._-");
	ASSERT_EQ(0, create_(self));
	EXPECT_STREQ("azAZ09._-", self->create.name);
}

TEST_F(device, longest_name_is_31_bytes)
{
	memset(self->create.name, 'n', FRAKTOR_NAME_LEN - 1);
	ASSERT_EQ(0, create_(self));
	memset(self->attach.name, 'n', FRAKTOR_NAME_LEN - 1);
	EXPECT_EQ(0, attach_(self));
}

TEST_F(device, hostile_names_are_einval)
{
	static const char *const names[] = {
		"a/b", "/", "../etc", "a b", " ", "a\n", "\t", "%s%n", "a:b",
		"na\xc3\xafve", "\xff\xfe", "\x7f", "\x01", "a\\b", "a*", "a$b",
		"a'b", "a\"b", "a;b",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		t_create_init(&self->create, PERIOD, SLOTS);
		strcpy(self->create.name, names[i]);
		EXPECT_EQ(-EINVAL, create_(self))
			TH_LOG("name %u was not refused", i);
	}
	t_create_init(&self->create, PERIOD, SLOTS);
	memset(self->create.name, 'x', FRAKTOR_NAME_LEN);	/* no NUL */
	EXPECT_EQ(-EINVAL, create_(self));
	memset(self->attach.name, 'x', FRAKTOR_NAME_LEN);
	EXPECT_EQ(-EINVAL, attach_(self));
	/* Nothing of all that stayed. */
	t_create_init(&self->create, PERIOD, SLOTS);
	EXPECT_EQ(0, create_(self));
}

TEST_F(device, duplicate_name_is_eexist_while_the_first_lives)
{
	struct fraktor_create again;

	strcpy(self->create.name, "twin");
	ASSERT_EQ(0, create_(self));
	t_create_init(&again, PERIOD, SLOTS);
	strcpy(again.name, "twin");
	EXPECT_EQ(-EEXIST, t_ioctl(self->other, FRAKTOR_IOC_CREATE, &again));
	t_close(&self->fd);
	EXPECT_EQ(0, t_ioctl(self->other, FRAKTOR_IOC_CREATE, &again));
}

TEST_F(device, a_dead_source_gives_its_name_back)
{
	struct fraktor_create again;
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	strcpy(self->create.name, "phoenix");
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	ASSERT_EQ(0, attach_(self));
	t_close(&self->fd);	/* dead, but self->other still holds it */
	t_create_init(&again, PERIOD, SLOTS);
	strcpy(again.name, "phoenix");
	EXPECT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_CREATE, &again));
	EXPECT_NE(self->create.source, again.source);
	close(fd);
}

TEST_F(device, an_assigned_name_never_collides)
{
	struct fraktor_create squat;
	int fds[8];
	unsigned int i;

	/* Sit on the names that are likely to be assigned next. */
	ASSERT_EQ(0, create_(self));
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = t_open(O_RDWR);
		ASSERT_LE(0, fds[i]);
		t_create_init(&squat, PERIOD, SLOTS);
		if (i < ARRAY_SIZE(fds) - 1)
			snprintf(squat.name, sizeof(squat.name), "tick%u",
				 self->create.source + i + 4);
		if (t_ioctl(fds[i], FRAKTOR_IOC_CREATE, &squat))
			continue;
		/* Whatever it is called, nobody else is called so. */
		memcpy(self->attach.name, squat.name, FRAKTOR_NAME_LEN);
		self->attach.source = 0;
		t_close(&self->other);
		self->other = t_open(O_RDWR);
		ASSERT_EQ(0, attach_(self));
		EXPECT_EQ(squat.source, self->attach.source);
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		close(fds[i]);
}

/* --- the owner goes */

TEST_F(device, r2_3_owner_close_kills_the_source)
{
	struct fraktor_tick ticks[SLOTS];
	struct t_ring reader;
	unsigned int total = 0;
	uint64_t head;
	ssize_t n;

	ASSERT_EQ(0, create_(self));
	ASSERT_EQ(0, t_ring_attach(&reader, self->create.source, SLOTS));
	ASSERT_EQ(0, t_start(self->fd));
	ASSERT_EQ(0, t_until_head(&reader, 5, T_SOON_MS));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&reader));
	t_close(&self->fd);
	head = t_head(&reader);
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&reader));
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, t_reason(&reader));
	ASSERT_EQ(0, t_info(reader.fd, &self->info));
	EXPECT_EQ(FRAKTOR_STATE_DEAD, self->info.state);
	EXPECT_EQ(FRAKTOR_REASON_OWNER_CLOSED, self->info.reason);
	/* It drains the rest, then it is told. */
	while ((n = read(reader.fd, ticks, sizeof(ticks))) > 0)
		total += n / sizeof(ticks[0]);
	EXPECT_EQ(-1, n);
	EXPECT_EQ(ESHUTDOWN, errno);
	EXPECT_EQ(head - t_dropped(&reader), total);
	t_sleep_ms(10);
	EXPECT_EQ(head, t_head(&reader));
	t_ring_close(&reader);
}

TEST_F(device, attach_to_a_dead_source_is_refused)
{
	struct t_ring late;
	int ret;

	strcpy(self->create.name, "dead");
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	ASSERT_EQ(0, attach_(self));
	t_close(&self->fd);
	ret = t_ring_attach(&late, self->create.source, SLOTS);
	EXPECT_EQ(-ENOENT, ret);
	EXPECT_EQ(-EPERM, t_start(self->other));
}

TEST_HARNESS_MAIN

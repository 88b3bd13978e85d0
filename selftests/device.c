// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/fraktor without its ring: who may open it, what INFO says, create,
 * attach, start and stop, names, clocks and CPUs, whose source dies when, and
 * that every malformed ioctl is refused with the one errno the header gives.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define SLOTS	64

FIXTURE(device) {
	int fd, other;
	struct fraktor_create create;
	struct fraktor_attach attach;
	struct fraktor_info info;
};

FIXTURE_SETUP(device)
{
	self->other = -1;
	self->fd = t_open(O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: is the module loaded?",
				      strerror(-self->fd));
	self->other = t_open(O_RDWR);
	ASSERT_LE(0, self->other);
	t_create_init(&self->create, PERIOD, SLOTS);
	memset(&self->attach, 0, sizeof(self->attach));
	self->attach.slots = SLOTS;
}

FIXTURE_TEARDOWN(device)
{
	t_close(&self->fd);
	t_close(&self->other);
}

#define create_(self) t_ioctl((self)->fd, FRAKTOR_IOC_CREATE, &(self)->create)
#define attach_(self) t_ioctl((self)->other, FRAKTOR_IOC_ATTACH, &(self)->attach)

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
			 FRAKTOR_FEATURE_URING_CANCEL | FRAKTOR_FEATURE_RT;

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
	EXPECT_EQ(0, info->reserved);
}

TEST_F(device, r3_6_info_without_a_source_is_zero_from_period_on)
{
	static const struct fraktor_info zero;
	size_t from = offsetof(struct fraktor_info, period_ns);

	/* Dirt that the driver must overwrite, if it copies at all. */
	memset(&self->info, 0, sizeof(self->info));
	memset((char *)&self->info + from, 0, sizeof(self->info) - from);
	ASSERT_EQ(0, t_ioctl(self->fd, FRAKTOR_IOC_INFO, &self->info));
	EXPECT_EQ(0, self->info.source);
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
	self->attach.source = 1;
	EXPECT_EQ(-EBUSY, t_ioctl(self->fd, FRAKTOR_IOC_ATTACH, &self->attach));
}

TEST_F(device, attach_twice_is_ebusy)
{
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	ASSERT_EQ(0, attach_(self));
	EXPECT_EQ(-EBUSY, attach_(self));
	t_create_init(&self->create, PERIOD, SLOTS);
	EXPECT_EQ(-EBUSY, t_ioctl(self->other, FRAKTOR_IOC_CREATE,
				  &self->create));
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
	ASSERT_EQ(0, t_until_head(&reader, 5, 2000));
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
	EXPECT_TRUE(ret == -ENOENT || ret == -ESHUTDOWN)
		TH_LOG("attach to a dead source: %d", ret);
	EXPECT_EQ(-EPERM, t_start(self->other));
}

/* --- malformed ioctls */

TEST_F(device, unknown_ioctl_is_enotty)
{
	uint64_t junk[64] = { 0 };

	EXPECT_EQ(-ENOTTY, t_ioctl(self->fd, _IO(FRAKTOR_IOC_MAGIC, 0x7f), NULL));
	EXPECT_EQ(-ENOTTY, t_ioctl(self->fd, _IO(0xee, 3), NULL));
	EXPECT_EQ(-ENOTTY, t_ioctl(self->fd, 0, NULL));
	EXPECT_EQ(-ENOTTY, t_ioctl(self->fd, TIOCGWINSZ, junk));
	EXPECT_EQ(-ENOTTY, t_ioctl(self->fd,
		_IOC(_IOC_READ | _IOC_WRITE, 0xee, 1, sizeof(self->create)),
		junk));
}

#define SIZED(nr, dir, size)	_IOC(dir, FRAKTOR_IOC_MAGIC, nr, size)
#define RW			(_IOC_READ | _IOC_WRITE)

TEST_F(device, struct_shorter_than_the_first_version_is_einval)
{
	size_t size;

	for (size = 0; size < sizeof(self->create); size += 4) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(1, RW, size),
					   &self->create))
			TH_LOG("create of %zu bytes", size);
	}
	for (size = 0; size < sizeof(self->attach); size += 4) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(2, RW, size),
					   &self->attach))
			TH_LOG("attach of %zu bytes", size);
	}
	for (size = 0; size < sizeof(self->info); size += 8) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(0, _IOC_READ, size),
					   &self->info))
			TH_LOG("info of %zu bytes", size);
	}
}

TEST_F(device, longer_struct_with_a_zero_tail_is_accepted)
{
	struct {
		struct fraktor_create create;
		unsigned char tail[256];
	} create = { 0 };
	struct {
		struct fraktor_attach attach;
		unsigned char tail[64];
	} attach = { 0 };
	struct {
		struct fraktor_info info;
		unsigned char tail[64];
	} info = { 0 };
	unsigned int i;

	t_create_init(&create.create, PERIOD, SLOTS);
	ASSERT_EQ(0, t_ioctl(self->fd, SIZED(1, RW, sizeof(create)), &create));
	EXPECT_LT(0, create.create.source);
	attach.attach.source = create.create.source;
	attach.attach.slots = SLOTS;
	EXPECT_EQ(0, t_ioctl(self->other, SIZED(2, RW, sizeof(attach)),
			     &attach));
	EXPECT_EQ(0, t_ioctl(self->fd, SIZED(0, _IOC_READ, sizeof(info)),
			     &info));
	EXPECT_EQ(create.create.source, info.info.source);
	for (i = 0; i < sizeof(info.tail); i++) {
		EXPECT_EQ(0, info.tail[i]);
	}
}

TEST_F(device, longer_struct_with_a_non_zero_tail_is_e2big)
{
	struct {
		struct fraktor_create create;
		unsigned char tail[256];
	} create = { 0 };
	struct {
		struct fraktor_attach attach;
		unsigned char tail[64];
	} attach = { 0 };
	unsigned int at;

	for (at = 0; at < sizeof(create.tail); at += 51) {
		memset(&create, 0, sizeof(create));
		t_create_init(&create.create, PERIOD, SLOTS);
		create.tail[at] = 1;
		EXPECT_EQ(-E2BIG, t_ioctl(self->fd,
					  SIZED(1, RW, sizeof(create)),
					  &create));
	}
	ASSERT_EQ(0, create_(self));
	attach.attach.source = self->create.source;
	attach.attach.slots = SLOTS;
	attach.tail[sizeof(attach.tail) - 1] = 1;
	EXPECT_EQ(-E2BIG, t_ioctl(self->other, SIZED(2, RW, sizeof(attach)),
				  &attach));
}

TEST_F(device, non_zero_reserved_is_einval)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->create.reserved); i++) {
		t_create_init(&self->create, PERIOD, SLOTS);
		self->create.reserved[i] = 1U << (9 * i);
		EXPECT_EQ(-EINVAL, create_(self));
	}
	t_create_init(&self->create, PERIOD, SLOTS);
	ASSERT_EQ(0, create_(self));
	for (i = 0; i < ARRAY_SIZE(self->attach.reserved); i++) {
		memset(&self->attach, 0, sizeof(self->attach));
		self->attach.source = self->create.source;
		self->attach.slots = SLOTS;
		self->attach.reserved[i] = 1;
		EXPECT_EQ(-EINVAL, attach_(self));
	}
}

TEST_F(device, unknown_missed_tick_behaviour_is_einval)
{
	self->create.missed = FRAKTOR_MISSED_DELAY + 1;
	EXPECT_EQ(-EINVAL, create_(self));
	self->create.missed = UINT32_MAX;
	EXPECT_EQ(-EINVAL, create_(self));
}

TEST_F(device, bad_pointer_is_efault_and_leaves_nothing)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct fraktor_create *readonly;

	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_INFO, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_CREATE, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_ATTACH, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_CREATE, (void *)-4096L));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_INFO, (void *)-4096L));

	/* Readable, but the answer cannot be written back. */
	readonly = mmap(NULL, page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)readonly);
	t_create_init(readonly, PERIOD, SLOTS);
	strcpy(readonly->name, "halfway");
	ASSERT_EQ(0, mprotect(readonly, page, PROT_READ));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_CREATE, readonly));
	munmap(readonly, page);
	strcpy(self->attach.name, "halfway");
	EXPECT_EQ(-ENOENT, attach_(self));
	EXPECT_EQ(0, create_(self));
}

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
	ASSERT_EQ(0, t_until_head(ring, 10, 2000));
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
		EXPECT_EQ(0, t_until_head(&ring, 5, 2000));
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
		EXPECT_EQ(0, t_until_head(&ring, head + 5, 2000));
		EXPECT_EQ(0, t_cpu_set_online(1, true));
		head = t_head(&ring);
		EXPECT_EQ(0, t_until_head(&ring, head + 5, 2000));
	}
	EXPECT_EQ(0, t_stop(self->fd));
	/* Started where its CPU is gone: refused or moved, never stuck. */
	if (!t_cpu_set_online(1, false)) {
		int ret = t_start(self->fd);

		EXPECT_TRUE(ret == 0 || ret == -ENODEV)
			TH_LOG("start on an offline CPU: %d", ret);
		if (!ret) {
			head = t_head(&ring);
			EXPECT_EQ(0, t_until_head(&ring, head + 5, 2000));
			EXPECT_EQ(0, t_stop(self->fd));
		}
		EXPECT_EQ(0, t_cpu_set_online(1, true));
	}
	EXPECT_EQ(0, t_start(self->fd));
	t_ring_unmap(&ring);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Malformed ioctls: each is refused with the one errno the header gives, and
 * leaves nothing behind.
 */
#include "device_fixture.h"

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

/* What the first version of each structure had. */
#define CREATE_FIRST	72
#define ATTACH_FIRST	sizeof(struct fraktor_attach)
#define DETACH_FIRST	sizeof(struct fraktor_detach)
#define SET_FIRST	offsetof(struct fraktor_set, lead_ns)
#define INFO_FIRST	160

TEST_F(device, struct_shorter_than_the_first_version_is_einval)
{
	struct fraktor_detach detach = { 0 };
	struct fraktor_set set = { 0 };
	size_t size;

	for (size = 0; size < CREATE_FIRST; size += 4) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(1, RW, size),
					   &self->create))
			TH_LOG("create of %zu bytes", size);
	}
	for (size = 0; size < ATTACH_FIRST; size += 4) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(2, RW, size),
					   &self->attach))
			TH_LOG("attach of %zu bytes", size);
	}
	for (size = 0; size < INFO_FIRST; size += 8) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(0, _IOC_READ, size),
					   &self->info))
			TH_LOG("info of %zu bytes", size);
	}
	for (size = 0; size < SET_FIRST; size += 8) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(5, _IOC_WRITE, size),
					   &set))
			TH_LOG("set of %zu bytes", size);
	}
	for (size = 0; size < DETACH_FIRST; size += 4) {
		EXPECT_EQ(-EINVAL, t_ioctl(self->fd, SIZED(6, _IOC_WRITE, size),
					   &detach))
			TH_LOG("detach of %zu bytes", size);
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
	self->create.reserved = 1ULL << 42;
	EXPECT_EQ(-EINVAL, create_(self));
	t_create_init(&self->create, PERIOD, SLOTS);
	ASSERT_EQ(0, create_(self));
	self->attach.source = self->create.source;
	self->attach.slots = SLOTS;
	self->attach.reserved = 1;
	EXPECT_EQ(-EINVAL, attach_(self));
	self->attach.reserved = 0;
	self->attach.flags = ~0U;
	EXPECT_EQ(-EINVAL, attach_(self));
}

TEST_F(device, unknown_missed_tick_behaviour_is_einval)
{
	self->create.missed = FRAKTOR_MISSED_BURST + 1;
	EXPECT_EQ(-EINVAL, create_(self));
	self->create.missed = UINT32_MAX;
	EXPECT_EQ(-EINVAL, create_(self));
}

TEST_F(device, unknown_flags_are_einval)
{
	unsigned int bit;

	for (bit = 5; bit < 32; bit++) {
		self->create.flags = 1U << bit;
		EXPECT_EQ(-EINVAL, create_(self)) TH_LOG("bit %u", bit);
	}
}

TEST_F(device, phase_needs_align_and_is_less_than_the_period)
{
	self->create.phase_ns = 1;
	EXPECT_EQ(-EINVAL, create_(self));
	self->create.flags = FRAKTOR_SOURCE_F_ALIGN;
	self->create.phase_ns = PERIOD;
	EXPECT_EQ(-EINVAL, create_(self));
	self->create.phase_ns = UINT64_MAX;
	EXPECT_EQ(-EINVAL, create_(self));
	self->create.phase_ns = PERIOD - 1;
	EXPECT_EQ(0, create_(self));
}

TEST_F(device, bad_pointer_is_efault_and_leaves_nothing)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct fraktor_create *readonly;

	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_INFO, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_CREATE, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_ATTACH, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_SET, NULL));
	EXPECT_EQ(-EFAULT, t_ioctl(self->fd, FRAKTOR_IOC_DETACH, NULL));
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

TEST_HARNESS_MAIN

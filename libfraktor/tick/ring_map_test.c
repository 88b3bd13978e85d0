/* SPDX-License-Identifier: MIT */
/*
 * ring_map_test.c - mapping a ring: a sparse file stands for the device.
 */
#define _FILE_OFFSET_BITS 64
#include <criterion/criterion.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tick/feed.h"
#include "tick/ring_map.h"

static struct fraktor_meta good;
static int fd;

static void setup(void)
{
	size_t page = (size_t)getpagesize();

	good = (struct fraktor_meta){
		.magic = FRAKTOR_META_MAGIC,
		.abi_version = FRAKTOR_ABI_VERSION,
		.struct_len = sizeof(good),
		.meta_len = (uint32_t)page,
		.consumer_len = (uint32_t)page,
		.data_len = (uint32_t)page,
		.record_size = sizeof(struct fraktor_tick),
		.slots = 16,
	};
	fd = memfd_create("ring", 0);
	cr_assert(fd >= 0);
	cr_assert_eq(ftruncate(fd, FRAKTOR_MMAP_DATA + (off_t)page), 0);
}

TestSuite(ring_map, .init = setup);

static int open_with(const struct fraktor_meta *meta, const char **ret_why)
{
	struct frki_ring_map map = { 0 };
	int err;

	cr_assert_eq(pwrite(fd, meta, sizeof(*meta), 0), sizeof(*meta));
	err = frki_ring_map_open(&map, fd, ret_why);
	if (!err)
		frki_ring_map_close(&map);
	cr_assert_null(map.meta);
	return err;
}

Test(ring_map, maps_what_the_first_page_says)
{
	struct frki_ring_map map;
	const char *why;

	cr_assert_eq(pwrite(fd, &good, sizeof(good), 0), sizeof(good));
	cr_assert_eq(frki_ring_map_open(&map, fd, &why), 0);
	cr_assert_eq(map.meta->slots, 16);
	cr_assert_eq(map.consumer_len, good.consumer_len);
	cr_assert_eq(map.slots_len, good.data_len);
	frki_ring_map_close(&map);
	cr_assert_null(map.consumer);
}

#define refused(field, value)                                                      \
	do {                                                                       \
		struct fraktor_meta bad = good;                                    \
		const char *why = NULL;                                            \
		bad.field = (value);                                               \
		cr_expect_eq(open_with(&bad, &why), -EPROTO, #field " = " #value); \
		cr_expect_not_null(why);                                           \
	} while (0)

Test(ring_map, refuses_a_description_that_makes_no_sense)
{
	refused(magic, 0);
	refused(abi_version, FRAKTOR_ABI_VERSION + 1);
	refused(struct_len, 64);
	refused(struct_len, 127);
	refused(slots, 0);
	refused(slots, 1);
	refused(slots, 17);
	refused(slots, 1U << 31);
	refused(record_size, 0);
	refused(record_size, 24);
	refused(record_size, 33);
	refused(meta_len, 0);
	refused(meta_len, 1);
	refused(consumer_len, 63);
	refused(consumer_len, 4097);
	refused(data_len, 16 * 32 - 1);
	refused(data_len, 4097);
}

/* The first release ended before the clock block and the members. */
Test(ring_map, r3_6_takes_the_description_of_the_first_release)
{
	struct fraktor_meta first = good;
	const char *why;

	first.struct_len = offsetof(struct fraktor_meta, clock);
	cr_assert_eq(first.struct_len, 128);
	cr_assert_eq(open_with(&first, &why), 0);
}

Test(ring_map, takes_larger_records_of_a_later_module)
{
	struct fraktor_meta later = good;
	const char *why;

	later.record_size = 64;
	later.struct_len = sizeof(later) + 256;
	cr_assert_eq(open_with(&later, &why), 0);
}

Test(ring_map, says_which_mapping_failed)
{
	const char *why = NULL;

	cr_assert_eq(frki_ring_map_open(&(struct frki_ring_map){ 0 }, -1, &why), -EBADF);
	cr_assert_str_eq(why, "mmap(meta)");
}

/* SPDX-License-Identifier: MIT */
/*
 * ring_map.c - map the ring of /dev/fraktor by what its first page says.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tick/feed.h"
#include "tick/ring_map.h"

static int ring_map_part(void **ret_part, int fd, size_t len, int prot, off_t offset)
{
	void *part = mmap(NULL, len, prot, MAP_SHARED, fd, offset);

	if (part == MAP_FAILED)
		return -errno;
	*ret_part = part;
	return 0;
}

/* All lengths are whole pages: a description that says otherwise is wrong. */
static const char *ring_map_check(const struct fraktor_meta *meta, size_t page)
{
	const char *why = frki_feed_check(meta);

	if (why)
		return why;
	if (meta->meta_len != page || meta->consumer_len % page || meta->data_len % page)
		return "its lengths are not whole pages";
	return NULL;
}

static int ring_map_rest(struct frki_ring_map *map, int fd, const char **ret_why)
{
	void *part = NULL;
	int err;

	*ret_why = "mmap(consumer)";
	err = ring_map_part(&part, fd, map->meta->consumer_len, PROT_READ | PROT_WRITE,
			    FRAKTOR_MMAP_CONSUMER);
	if (err)
		return err;
	map->consumer = part;
	map->consumer_len = map->meta->consumer_len;

	*ret_why = "mmap(data)";
	err = ring_map_part(&part, fd, map->meta->data_len, PROT_READ, FRAKTOR_MMAP_DATA);
	if (err)
		return err;
	map->slots = part;
	map->slots_len = map->meta->data_len;
	return 0;
}

int frki_ring_map_open(struct frki_ring_map *map, int fd, const char **ret_why)
{
	struct frki_ring_map made = { .meta_len = (size_t)getpagesize() };
	const char *wrong;
	void *part = NULL;
	int err;

	*ret_why = "mmap(meta)";
	err = ring_map_part(&part, fd, made.meta_len, PROT_READ, FRAKTOR_MMAP_META);
	if (err)
		return err;
	made.meta = part;
	wrong = ring_map_check(made.meta, made.meta_len);
	if (wrong) {
		*ret_why = wrong;
		err = -EPROTO;
	} else {
		err = ring_map_rest(&made, fd, ret_why);
	}
	if (err)
		frki_ring_map_close(&made);
	else
		*map = made;
	return err;
}

void frki_ring_map_close(struct frki_ring_map *map)
{
	if (map->slots)
		munmap((void *)(uintptr_t)map->slots, map->slots_len);
	if (map->consumer)
		munmap(map->consumer, map->consumer_len);
	if (map->meta)
		munmap((void *)(uintptr_t)map->meta, map->meta_len);
	*map = (struct frki_ring_map){ 0 };
}

/* SPDX-License-Identifier: MIT */
/*
 * ring_map.h - the ring of an open /dev/fraktor file in this process's
 * memory: three mappings, checked before they are believed.  It knows no
 * driver and no way to wait.
 */
#ifndef FRKI_TICK_RING_MAP_H
#define FRKI_TICK_RING_MAP_H

#include <stddef.h>

#include <linux/fraktor.h>

/**
 * struct frki_ring_map - the mappings; all zeroes is none
 * @meta: what describes the rest, read-only.
 * @consumer: the part that the reader writes.
 * @slots: the records, read-only.
 * @meta_len: bytes at @meta.
 * @consumer_len: bytes at @consumer.
 * @slots_len: bytes at @slots.
 */
struct frki_ring_map {
	const struct fraktor_meta *meta;
	struct fraktor_consumer *consumer;
	const void *slots;
	size_t meta_len;
	size_t consumer_len;
	size_t slots_len;
};

/**
 * frki_ring_map_open() - map a file's ring
 * @map: the mappings; untouched on failure.
 * @fd: the file; it has a source.
 * @ret_why: on failure, which step failed, static: "mmap(meta)", or what is
 *	wrong with the ring's description.
 *
 * Return: 0; -EPROTO if the ring describes itself as one that this library
 * cannot read; a negative errno of mmap(2).
 */
int frki_ring_map_open(struct frki_ring_map *map, int fd, const char **ret_why);

/**
 * frki_ring_map_close() - unmap
 * @map: the mappings; none afterwards.
 */
void frki_ring_map_close(struct frki_ring_map *map);

#endif /* FRKI_TICK_RING_MAP_H */

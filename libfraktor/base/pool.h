/* SPDX-License-Identifier: MIT */
/*
 * pool.h - a fixed number of objects of one size, handed out and taken back
 * without a lock and without an allocator.
 *
 * Who may call: get and put any thread, any number at once, also a signal
 * handler.  The memory is the caller's and outlives the pool.
 *
 * What it costs: one compare-and-swap each, again for every thread that came
 * between.  The free list is linked by index beside the objects, not in them,
 * so that a thread that lost the race has not read an object somebody writes;
 * a tag beside the index of the first keeps a list that changed and changed
 * back from looking unchanged (ABA), unless 2^32 operations came between.
 *
 * The last object put is the first one got: it is the one still in the cache.
 */
#ifndef FRKI_BASE_POOL_H
#define FRKI_BASE_POOL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* Objects a pool may have; the index above is the end of the list. */
#define FRKI_POOL_MAX (UINT32_MAX - 1)

/**
 * struct frki_pool - the pool
 * @head: tag in the upper half, index of the first free object in the lower.
 * @links: for each free object the index of the next one.
 * @objects: the objects.
 * @size: bytes from one object to the next.
 * @n: how many there are.
 */
struct frki_pool {
	_Atomic uint64_t head;
	_Atomic uint32_t *links;
	unsigned char *objects;
	size_t size;
	uint32_t n;
};

/**
 * frki_pool_init() - make a pool in which all objects are free
 * @pool: the pool.
 * @objects: @n times @size bytes, aligned for the objects.
 * @size: bytes of one object, its padding included.
 * @links: room for @n links.
 * @n: objects, from 1 to FRKI_POOL_MAX.
 */
void frki_pool_init(struct frki_pool *pool, void *objects, size_t size,
		    _Atomic uint32_t *links, uint32_t n);

/**
 * frki_pool_get() - take an object
 * @pool: the pool.
 *
 * Return: the object with whatever its last user left in it, or NULL if none
 * is free.
 */
void *frki_pool_get(struct frki_pool *pool);

/**
 * frki_pool_put() - give an object back
 * @pool: the pool.
 * @object: one that frki_pool_get() returned; the caller forgets it.
 */
void frki_pool_put(struct frki_pool *pool, void *object);

/**
 * frki_pool_at() - the object of an index, free or not
 * @pool: the pool.
 * @index: its index.
 *
 * Return: the object, or NULL if the pool has no such index.
 */
void *frki_pool_at(const struct frki_pool *pool, uint32_t index);

/**
 * frki_pool_index() - the index of an object
 * @pool: the pool.
 * @object: one of its objects.
 */
uint32_t frki_pool_index(const struct frki_pool *pool, const void *object);

#endif /* FRKI_BASE_POOL_H */

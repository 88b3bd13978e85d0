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
 * A pool that is used under a lock needs none of that: frki_pool_get_alone() and its
 * counterpart.
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
/* In place of the index of the next one. */
#define FRKI_POOL_NONE UINT32_MAX

/**
 * struct frki_pool - the pool
 * @head: tag in the upper half, index of the first free object in the lower.
 * @links: for each free object the index of the next one.
 * @objects: the objects.
 * @size: bytes from one object to the next.
 * @shift: how often 2 divides @size.
 * @inverse: what makes 1 of the odd rest, modulo 2^64: multiplied by it, a
 *	multiple of @size is divided, and a division takes ten times as long.
 * @n: how many there are.
 */
struct frki_pool {
	_Atomic uint64_t head;
	_Atomic uint32_t *links;
	unsigned char *objects;
	size_t size;
	uint64_t inverse;
	uint32_t shift;
	uint32_t n;
};

/**
 * frki_pool_init() - make a pool in which all objects are free
 * @pool: the pool.
 * @objects: @n times @size bytes, aligned for the objects.
 * @size: bytes of one object, its padding included.
 * @links: room for @n links.
 * @n: objects, at most FRKI_POOL_MAX.
 */
void frki_pool_init(struct frki_pool *pool, void *objects, size_t size,
		    _Atomic uint32_t *links, uint32_t n);

/**
 * frki_pool_at() - the object of an index, free or not
 * @pool: the pool.
 * @index: its index.
 *
 * Return: the object, or NULL if the pool has no such index.
 */
static inline void *frki_pool_at(const struct frki_pool *pool, uint32_t index)
{
	if (index >= pool->n)
		return NULL;
	return pool->objects + (size_t)index * pool->size;
}

/**
 * frki_pool_index() - the index of an object
 * @pool: the pool.
 * @object: one of its objects.
 */
static inline uint32_t frki_pool_index(const struct frki_pool *pool, const void *object)
{
	uint64_t offset = (uint64_t)((const unsigned char *)object - pool->objects);

	return (uint32_t)((offset >> pool->shift) * pool->inverse);
}

/* The first of the list, and one tag further. */
static inline uint64_t frki_pool_head(uint64_t old, uint32_t index)
{
	return (((old >> 32) + 1) << 32) | index;
}

/**
 * frki_pool_get() - take an object
 * @pool: the pool.
 *
 * Return: the object with whatever its last user left in it, or NULL if none
 * is free.
 */
static inline void *frki_pool_get(struct frki_pool *pool)
{
	/* Acquire: pairs with the release in frki_pool_put(), as does the
	 * compare-and-swap: what the last user did to the object is over. */
	uint64_t old = atomic_load_explicit(&pool->head, memory_order_acquire);
	uint32_t index, next;

	do {
		index = (uint32_t)old;
		if (index == FRKI_POOL_NONE)
			return NULL;
		/* May be stale; then the tag has moved and the swap fails. */
		next = atomic_load_explicit(&pool->links[index],
					    memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&pool->head, &old, frki_pool_head(old, next), memory_order_acquire,
		memory_order_acquire));
	return frki_pool_at(pool, index);
}

/**
 * frki_pool_put() - give an object back
 * @pool: the pool.
 * @object: one that frki_pool_get() returned; the caller forgets it.
 */
static inline void frki_pool_put(struct frki_pool *pool, void *object)
{
	uint32_t index = frki_pool_index(pool, object);
	uint64_t old = atomic_load_explicit(&pool->head, memory_order_relaxed);

	/* Release: pairs with the acquire in frki_pool_get(), for the link and
	 * for the object.  Who got in between continues the release sequence. */
	do {
		atomic_store_explicit(&pool->links[index], (uint32_t)old,
				      memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&pool->head, &old, frki_pool_head(old, index), memory_order_release,
		memory_order_relaxed));
}

/**
 * frki_pool_get_alone() - take an object out of a pool that nobody else uses now
 * @pool: the pool; its user has a lock, and hands it on with that.
 *
 * Return: as frki_pool_get().
 */
static inline void *frki_pool_get_alone(struct frki_pool *pool)
{
	uint32_t index = (uint32_t)atomic_load_explicit(&pool->head, memory_order_relaxed);
	uint32_t next;

	if (index == FRKI_POOL_NONE)
		return NULL;
	next = atomic_load_explicit(&pool->links[index], memory_order_relaxed);
	atomic_store_explicit(&pool->head, next, memory_order_relaxed);
	return frki_pool_at(pool, index);
}

/**
 * frki_pool_put_alone() - give an object back to such a pool
 * @pool: the pool.
 * @object: one of it.
 */
static inline void frki_pool_put_alone(struct frki_pool *pool, void *object)
{
	uint32_t index = frki_pool_index(pool, object);
	uint64_t head = atomic_load_explicit(&pool->head, memory_order_relaxed);

	atomic_store_explicit(&pool->links[index], (uint32_t)head, memory_order_relaxed);
	atomic_store_explicit(&pool->head, index, memory_order_relaxed);
}

#endif /* FRKI_BASE_POOL_H */

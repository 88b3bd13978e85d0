// SPDX-License-Identifier: MIT
/*
 * pool.c - the pool of pool.h; its contract is there.  Knows nothing of what
 * the objects are.
 */
#include "base/pool.h"

#define NONE UINT32_MAX

static uint64_t head_of(uint64_t old, uint32_t index)
{
	return (((old >> 32) + 1) << 32) | index;
}

void frki_pool_init(struct frki_pool *pool, void *objects, size_t size,
		    _Atomic uint32_t *links, uint32_t n)
{
	pool->links = links;
	pool->objects = objects;
	pool->size = size;
	pool->n = n;
	for (uint32_t i = 0; i < n; i++)
		atomic_init(&links[i], i + 1 < n ? i + 1 : NONE);
	atomic_init(&pool->head, 0);
}

void *frki_pool_get(struct frki_pool *pool)
{
	/* Acquire: pairs with the release in frki_pool_put(), as does the
	 * compare-and-swap: what the last user did to the object is over. */
	uint64_t old = atomic_load_explicit(&pool->head, memory_order_acquire);
	uint32_t index, next;

	do {
		index = (uint32_t)old;
		if (index == NONE)
			return NULL;
		/* May be stale; then the tag has moved and the swap fails. */
		next = atomic_load_explicit(&pool->links[index],
					    memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&pool->head, &old, head_of(old, next), memory_order_acquire,
		memory_order_acquire));
	return frki_pool_at(pool, index);
}

void frki_pool_put(struct frki_pool *pool, void *object)
{
	uint32_t index = frki_pool_index(pool, object);
	uint64_t old = atomic_load_explicit(&pool->head, memory_order_relaxed);

	/* Release: pairs with the acquire in frki_pool_get(), for the link and
	 * for the object.  Who got in between continues the release sequence. */
	do {
		atomic_store_explicit(&pool->links[index], (uint32_t)old,
				      memory_order_relaxed);
	} while (!atomic_compare_exchange_weak_explicit(
		&pool->head, &old, head_of(old, index), memory_order_release,
		memory_order_relaxed));
}

void *frki_pool_at(const struct frki_pool *pool, uint32_t index)
{
	if (index >= pool->n)
		return NULL;
	return pool->objects + (size_t)index * pool->size;
}

uint32_t frki_pool_index(const struct frki_pool *pool, const void *object)
{
	size_t offset = (size_t)((const unsigned char *)object - pool->objects);

	return (uint32_t)(offset / pool->size);
}

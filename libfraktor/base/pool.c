// SPDX-License-Identifier: MIT
/*
 * pool.c - the pool of pool.h; its contract is there.  Knows nothing of what
 * the objects are.
 */
#include "base/pool.h"

/* Each step doubles the bits that are right; of an odd number, 3 are its own. */
static uint64_t inverse_of(uint64_t odd)
{
	uint64_t inverse = odd;

	for (unsigned int bits = 3; bits < 64; bits *= 2)
		inverse *= 2 - odd * inverse;
	return inverse;
}

void frki_pool_init(struct frki_pool *pool, void *objects, size_t size,
		    _Atomic uint32_t *links, uint32_t n)
{
	pool->links = links;
	pool->objects = objects;
	pool->size = size;
	pool->shift = (uint32_t)__builtin_ctzll(size);
	pool->inverse = inverse_of((uint64_t)size >> pool->shift);
	pool->n = n;
	for (uint32_t i = 0; i < n; i++)
		atomic_init(&links[i], i + 1 < n ? i + 1 : FRKI_POOL_NONE);
	atomic_init(&pool->head, n ? 0 : FRKI_POOL_NONE);
}

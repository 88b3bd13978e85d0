// SPDX-License-Identifier: MIT
/*
 * buffer_pool.c - the pool of <fraktor/buffer.h>: one allocation, which goes with the
 * last of those who need it.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <fraktor/buffer.h>

#include "base/pool.h"

/* Bytes that two CPUs do not write side by side. */
#define LINE 64

/**
 * struct frk_buffer_pool - the pool
 * @pool: of the buffers.
 * @refs: buffers that are in use, and one for who has the pool.
 * @size: bytes of each.
 * @buffers: the buffers.
 * @links: of @pool.
 * @data: the bytes of all.
 */
struct frk_buffer_pool {
	struct frki_pool pool;
	_Atomic uint32_t refs;
	uint32_t size;
	struct frk_buffer *buffers;
	_Atomic uint32_t *links;
	unsigned char *data;
};

static struct frk_buffer_pool *drop(struct frk_buffer_pool *pool)
{
	/* Release and acquire: as frk_buffer_unref(), for the pool. */
	if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) > 1)
		return NULL;
	free(pool->data);
	free(pool->links);
	free(pool->buffers);
	free(pool);
	return NULL;
}

static void come_back(struct frk_buffer *buffer)
{
	struct frk_buffer_pool *pool = buffer->owner;

	frki_pool_put(&pool->pool, buffer);
	drop(pool);
}

static int allocate(struct frk_buffer_pool *pool, size_t size, uint32_t n)
{
	size_t stride = (size + LINE - 1) / LINE * LINE, bytes;

	if (__builtin_mul_overflow(stride, n, &bytes))
		return -ENOMEM;
	pool->data = aligned_alloc(LINE, bytes);
	pool->links = calloc(n, sizeof(*pool->links));
	pool->buffers = calloc(n, sizeof(*pool->buffers));
	if (!pool->data || !pool->links || !pool->buffers)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		pool->buffers[i].data = pool->data + i * stride;
	frki_pool_init(&pool->pool, pool->buffers, sizeof(*pool->buffers), pool->links, n);
	return 0;
}

int frk_buffer_pool_new(size_t size, uint32_t n, struct frk_buffer_pool **ret_pool)
{
	struct frk_buffer_pool *pool;
	int ret;

	if (!size || !n || n > FRKI_POOL_MAX || !ret_pool)
		return -EINVAL;
	if (size > UINT32_MAX)
		return -EMSGSIZE;
	pool = calloc(1, sizeof(*pool));
	if (!pool)
		return -ENOMEM;
	atomic_init(&pool->refs, 1);
	pool->size = (uint32_t)size;
	ret = allocate(pool, size, n);
	if (ret) {
		drop(pool);
		return ret;
	}
	*ret_pool = pool;
	return 0;
}

struct frk_buffer_pool *frk_buffer_pool_unref(struct frk_buffer_pool *pool)
{
	return pool ? drop(pool) : NULL;
}

int frk_buffer_pool_get(struct frk_buffer_pool *pool, struct frk_buffer **ret_buffer)
{
	struct frk_buffer *buffer;

	if (!pool || !ret_buffer)
		return -EINVAL;
	buffer = frki_pool_get(&pool->pool);
	if (!buffer)
		return -ENOBUFS;
	/* Relaxed: the caller has the pool. */
	atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
	frk_buffer_init(buffer, buffer->data, pool->size, come_back, pool);
	*ret_buffer = buffer;
	return 0;
}

uint32_t frk_buffer_pool_in_use(const struct frk_buffer_pool *pool)
{
	/* Relaxed: a statistic; acquire would say no more. */
	return pool ? atomic_load_explicit(&pool->refs, memory_order_relaxed) - 1 : 0;
}

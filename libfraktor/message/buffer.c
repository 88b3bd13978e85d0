// SPDX-License-Identifier: MIT
/*
 * buffer.c - references to the buffers of <fraktor/buffer.h>.  Knows no actor, no
 * allocator.
 */
#include <errno.h>

#include <fraktor/buffer.h>

/* Of a structure that C++ sees, too, no member can be _Atomic: so the compiler's own. */

int frk_buffer_init(struct frk_buffer *buffer, void *data, size_t size,
		    void (*release)(struct frk_buffer *buffer), void *owner)
{
	if (!buffer || (size && !data))
		return -EINVAL;
	if (size > UINT32_MAX)
		return -EMSGSIZE;
	*buffer = (struct frk_buffer){
		.data = data,
		.size = (uint32_t)size,
		.refs = 1,
		.release = release,
		.owner = owner,
	};
	return 0;
}

struct frk_buffer *frk_buffer_ref(struct frk_buffer *buffer)
{
	/* Relaxed: who has one hands nothing over by taking another. */
	if (buffer)
		__atomic_fetch_add(&buffer->refs, 1, __ATOMIC_RELAXED);
	return buffer;
}

struct frk_buffer *frk_buffer_unref(struct frk_buffer *buffer)
{
	/* Release: what was done with the bytes; acquire: what all others did, for who
	 * takes the last one.  Pairs with itself and with frk_buffer_is_shared(). */
	if (buffer && __atomic_fetch_sub(&buffer->refs, 1, __ATOMIC_ACQ_REL) == 1 &&
	    buffer->release)
		buffer->release(buffer);
	return NULL;
}

int frk_buffer_is_shared(const struct frk_buffer *buffer)
{
	/* Acquire: the others have read what will be written; pairs with the release
	 * in frk_buffer_unref(). */
	return buffer && __atomic_load_n(&buffer->refs, __ATOMIC_ACQUIRE) > 1;
}

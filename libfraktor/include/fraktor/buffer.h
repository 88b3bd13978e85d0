/* SPDX-License-Identifier: MIT */
/*
 * fraktor/buffer.h - payloads by reference: bytes that messages carry without copying
 * them, however many there are and however many get them.
 *
 * Who has a buffer for himself writes it; once it is sent, all only read it.  A message
 * on its way has a reference of its own, which goes when receive returns, or when the
 * message turns out to reach nobody.
 */
#ifndef FRK_BUFFER_H
#define FRK_BUFFER_H

#include <fraktor/actor.h>

FRK_BEGIN_DECLS

struct frk_buffer_pool;

/**
 * struct frk_buffer - bytes, and who still needs them
 * @data: the bytes.
 * @size: how many of them count: what a receiver gets as &frk_message.size.  Who has
 *	the buffer for himself may say fewer than there are.
 * @refs: the library's.
 * @release: nobody needs them any more.  Any thread, also one that sends or a worker;
 *	must not block, nor call the system.
 * @owner: for @release.
 */
struct frk_buffer {
	void *data;
	uint32_t size;
	uint32_t refs;
	void (*release)(struct frk_buffer *buffer);
	void *owner;
};

/**
 * frk_buffer_init() - make a buffer of memory that is there
 * @buffer: the buffer, the caller's; with its memory it stays until @release is called.
 * @data: @size bytes; may be NULL if @size is 0.
 * @size: at most 2^32 - 1.
 * @release: see &frk_buffer.release; NULL for memory that stays anyway.
 * @owner: for @release.
 *
 * There is one reference then, the caller's.  Any thread.
 *
 * Return: 0; -EINVAL; -EMSGSIZE if @size is too much.
 */
FRK_API int frk_buffer_init(struct frk_buffer *buffer, void *data, size_t size,
			    void (*release)(struct frk_buffer *buffer), void *owner);

/**
 * frk_buffer_ref() - need a buffer longer
 * @buffer: the buffer, or NULL.
 *
 * Any thread, async-signal-safe.
 *
 * Return: @buffer.
 */
FRK_API struct frk_buffer *frk_buffer_ref(struct frk_buffer *buffer);

/**
 * frk_buffer_unref() - need it no more
 * @buffer: the buffer, or NULL.
 *
 * Any thread; as async-signal-safe as its &frk_buffer.release.
 *
 * Return: NULL.
 */
FRK_API struct frk_buffer *frk_buffer_unref(struct frk_buffer *buffer);

/**
 * frk_buffer_is_shared() - does anybody else have a reference?
 * @buffer: the buffer; the caller has one, or the message that he handles.
 *
 * If not, he may write it again: a stage of a pipeline changes what it got, and sends it
 * on.  Any thread.
 *
 * Return: 1 or 0.
 */
FRK_API int frk_buffer_is_shared(const struct frk_buffer *buffer);

/**
 * frk_buffer_pool_new() - allocate buffers of one size
 * @size: bytes of each, from 1; each begins on a cache line.
 * @n: how many, from 1.
 * @ret_pool: the pool; unref it.  Untouched on failure.
 *
 * Nothing is allocated after that.
 *
 * Return: 0; -EINVAL; -EMSGSIZE if @size is 2^32 or more; -ENOMEM.
 */
FRK_API int frk_buffer_pool_new(size_t size, uint32_t n, struct frk_buffer_pool **ret_pool);

/**
 * frk_buffer_pool_unref() - need no more buffers of a pool
 * @pool: the pool, or NULL.
 *
 * Its memory goes when the last one of them has come back, and that may be now.
 *
 * Return: NULL.
 */
FRK_API struct frk_buffer_pool *frk_buffer_pool_unref(struct frk_buffer_pool *pool);

/**
 * frk_buffer_pool_get() - take a buffer
 * @pool: the pool.
 * @ret_buffer: the buffer, the caller's alone, with whatever its last user left in it.
 *	Untouched on failure.
 *
 * Its last frk_buffer_unref() gives it back.  Any thread, async-signal-safe, as is
 * giving back while the pool is there.
 *
 * Return: 0; -ENOBUFS if all are in use; -EINVAL.
 */
FRK_API int frk_buffer_pool_get(struct frk_buffer_pool *pool, struct frk_buffer **ret_buffer);

/**
 * frk_buffer_pool_in_use() - how many buffers have not come back
 * @pool: the pool.
 *
 * Any thread.
 */
FRK_API uint32_t frk_buffer_pool_in_use(const struct frk_buffer_pool *pool);

/**
 * frk_context_send_buffer() - send a buffer, with this actor as its sender
 * @context: the context.
 * @to: the receiver.
 * @kind: FRK_MESSAGE_USER or more.
 * @buffer: the message takes a reference of its own; the caller keeps his.
 *
 * Return: as frk_context_send(), and on failure the message has none.
 */
FRK_API int frk_context_send_buffer(struct frk_context *context, struct frk_pid to,
				    uint32_t kind, struct frk_buffer *buffer);

/**
 * frk_context_ask_buffer() - frk_context_ask(), with a buffer
 * @context: the context.
 * @to: whom to ask.
 * @kind: FRK_MESSAGE_USER or more.
 * @buffer: as for frk_context_send_buffer().
 * @timeout_ns: how long an answer is waited for; from 1.
 * @ret_ask: name of the question; may be NULL.
 *
 * Return: as frk_context_ask().
 */
FRK_API int frk_context_ask_buffer(struct frk_context *context, struct frk_pid to,
				   uint32_t kind, struct frk_buffer *buffer,
				   uint64_t timeout_ns, struct frk_timer *ret_ask);

/**
 * frk_context_answer_buffer() - frk_context_answer(), with a buffer
 * @context: the context.
 * @question: the question, or a copy.
 * @kind: FRK_MESSAGE_USER or more.
 * @buffer: as for frk_context_send_buffer().
 *
 * Return: as frk_context_answer().
 */
FRK_API int frk_context_answer_buffer(struct frk_context *context,
				      const struct frk_message *question, uint32_t kind,
				      struct frk_buffer *buffer);

/**
 * frk_system_send_buffer() - frk_system_send(), with a buffer
 * @system: the system.
 * @to: the receiver.
 * @kind: FRK_MESSAGE_USER or more.
 * @buffer: as for frk_context_send_buffer().
 *
 * Return: as frk_system_send().
 */
FRK_API int frk_system_send_buffer(struct frk_system *system, struct frk_pid to,
				   uint32_t kind, struct frk_buffer *buffer);

FRK_END_DECLS

#endif /* FRK_BUFFER_H */

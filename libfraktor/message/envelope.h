/* SPDX-License-Identifier: MIT */
/*
 * envelope.h - a message on its way: what receive will see, and the node that
 * queues it.
 *
 * An envelope lives in a pool, with its payload behind it (struct frki_letter),
 * or inside what sends it again and again, a timer.  Knows no actor, no mailbox.
 */
#ifndef FRKI_MESSAGE_ENVELOPE_H
#define FRKI_MESSAGE_ENVELOPE_H

#include <stdalign.h>
#include <stddef.h>

#include <fraktor/message.h>

#include "base/mpsc.h"
#include "base/pool.h"

/**
 * struct frki_envelope - a message and its place in a queue
 * @node: in a mailbox.
 * @pooled: part of a frki_letter; if not, its owner sends it again.
 * @message: what receive gets.
 */
struct frki_envelope {
	struct frki_mpsc_node node;
	bool pooled;
	struct frk_message message;
};

/**
 * struct frki_letter - an envelope with its payload, an object of the pool
 * @envelope: the envelope.
 * @payload: a copy of what was sent.
 */
struct frki_letter {
	struct frki_envelope envelope;
	alignas(max_align_t) unsigned char payload[FRK_MESSAGE_PAYLOAD_MAX];
};

/**
 * frki_envelope_new() - an envelope from the pool, filled
 * @pool: a pool of frki_letter.
 * @kind: kind of the message.
 * @payload: @size bytes, copied; ignored if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 * @sender: who sends it.
 *
 * Any thread.  Return: the envelope, to be given to frki_envelope_unref();
 * NULL if the pool is empty.
 */
struct frki_envelope *frki_envelope_new(struct frki_pool *pool, uint32_t kind,
					const void *payload, size_t size,
					struct frk_pid sender);

/**
 * frki_envelope_unref() - give an envelope back to its pool
 * @envelope: a pooled one.
 * @pool: the pool.
 *
 * Any thread.
 */
void frki_envelope_unref(struct frki_envelope *envelope,
			 struct frki_pool *pool);

#endif /* FRKI_MESSAGE_ENVELOPE_H */

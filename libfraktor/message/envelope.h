/* SPDX-License-Identifier: MIT */
/*
 * envelope.h - a message on its way: what receive will see, and the node that
 * queues it.
 *
 * An envelope lives in a pool, with its payload behind it (struct frki_letter),
 * or inside what sends it, a timer or a watch.  Knows no actor, no mailbox.
 */
#ifndef FRKI_MESSAGE_ENVELOPE_H
#define FRKI_MESSAGE_ENVELOPE_H

#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

#include <fraktor/buffer.h>
#include <fraktor/mailbox.h>

#include "base/list.h"
#include "base/mpsc.h"

/* What an envelope is part of, and so what becomes of it behind receive. */
enum frki_envelope_owner {
	FRKI_ENVELOPE_ALARM,  /* a timer, which sends it again */
	FRKI_ENVELOPE_WATCH,  /* a watch, which is over then */
	FRKI_ENVELOPE_LETTER, /* of the pool: back to it */
};

/* What a letter is to who asks. */
enum frki_envelope_role {
	FRKI_ENVELOPE_PLAIN,
	FRKI_ENVELOPE_QUESTION, /* its &frk_message.ask is a timer of the sender's */
	FRKI_ENVELOPE_ANSWER,	/* and here of the receiver's */
};

/**
 * struct frki_envelope - a message and its place in a queue
 * @node: in a mailbox.
 * @mail: the same, while an order of the application's has it.
 * @owner: what it is part of.
 * @role: what it is, if it is a letter.
 * @order: the mark of the order that has it; 0 for none.  Written by who has the turn of that
 *	mailbox; what others read of it decides nothing.  Memory of letters begins zeroed.
 * @message: what receive gets.
 */
struct frki_envelope {
	union {
		struct frki_mpsc_node node;
		struct frk_mail mail;
	};
	enum frki_envelope_owner owner : 8;
	enum frki_envelope_role role : 8;
	_Atomic uint32_t order;
	struct frk_message message;
};

/* With a payload of 64 bytes behind it: two lines of the cache. */
_Static_assert(sizeof(void *) != 8 || sizeof(struct frki_envelope) == 64, "an envelope");

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
 * struct frki_post - a message that is being sent
 * @sender: who sends it; .life 0 for nobody.
 * @to: the receiver.
 * @payload: its payload.
 * @size: bytes of it.
 * @kind: its kind.
 * @role: what it is.
 * @ask: the question's name.
 * @buffer: where @payload is, if it is not to be copied; else NULL.
 */
struct frki_post {
	struct frk_pid sender;
	struct frk_pid to;
	const void *payload;
	size_t size;
	uint32_t kind;
	enum frki_envelope_role role;
	struct frk_timer ask;
	struct frk_buffer *buffer;
};

/**
 * frki_post_set_buffer() - let a message carry a buffer
 * @post: the message.
 * @buffer: the buffer; borrowed until it is sent.
 *
 * Return: 0; -EINVAL if it is NULL: then it would be a message without any.
 */
static inline int frki_post_set_buffer(struct frki_post *post, struct frk_buffer *buffer)
{
	if (!buffer)
		return -EINVAL;
	post->buffer = buffer;
	post->payload = buffer->data;
	post->size = buffer->size;
	return 0;
}

static inline const void *frki_envelope_take_payload(struct frki_letter *letter,
						     const struct frki_post *post)
{
	if (!post->size)
		return NULL;
	if (post->buffer)
		return post->payload;
	memcpy(letter->payload, post->payload, post->size);
	return letter->payload;
}

/**
 * frki_envelope_init() - fill a letter
 * @letter: of the pool, the caller's.
 * @post: what is sent; of a buffer a reference is taken, else at most
 *	FRK_MESSAGE_PAYLOAD_MAX bytes are copied.
 *
 * Any thread.  Return: its envelope.
 */
static inline struct frki_envelope *frki_envelope_init(struct frki_letter *letter,
						       const struct frki_post *post)
{
	letter->envelope.owner = FRKI_ENVELOPE_LETTER;
	letter->envelope.role = post->role;
	letter->envelope.message = (struct frk_message){
		.kind = post->kind,
		.size = (uint32_t)post->size,
		.payload = frki_envelope_take_payload(letter, post),
		.sender = post->sender,
		.ask = post->ask,
		.buffer = post->buffer ? frk_buffer_ref(post->buffer) : NULL,
	};
	return &letter->envelope;
}

/**
 * frki_envelope_fini() - what a letter has of others goes back to them
 * @letter: in no queue; the caller's.
 *
 * Any thread.
 */
static inline void frki_envelope_fini(struct frki_letter *letter)
{
	if (letter->envelope.message.buffer)
		frk_buffer_unref(letter->envelope.message.buffer);
}

/**
 * frki_envelope_letter() - what an envelope is part of
 * @envelope: a letter's.
 */
static inline struct frki_letter *frki_envelope_letter(struct frki_envelope *envelope)
{
	return frki_container_of(envelope, struct frki_letter, envelope);
}

#endif /* FRKI_MESSAGE_ENVELOPE_H */

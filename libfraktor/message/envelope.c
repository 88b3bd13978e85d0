// SPDX-License-Identifier: MIT
/*
 * envelope.c - envelopes of letters; see envelope.h.  Knows no actor, no
 * mailbox.
 */
#include <string.h>

#include "message/envelope.h"

static const void *take_payload(struct frki_letter *letter, const struct frki_post *post)
{
	if (!post->size)
		return NULL;
	if (post->buffer)
		return post->payload;
	memcpy(letter->payload, post->payload, post->size);
	return letter->payload;
}

struct frki_envelope *frki_envelope_init(struct frki_letter *letter,
					 const struct frki_post *post)
{
	letter->envelope.owner = FRKI_ENVELOPE_LETTER;
	letter->envelope.role = post->role;
	letter->envelope.message = (struct frk_message){
		.kind = post->kind,
		.size = (uint32_t)post->size,
		.payload = take_payload(letter, post),
		.sender = post->sender,
		.ask = post->ask,
		.buffer = frk_buffer_ref(post->buffer),
	};
	return &letter->envelope;
}

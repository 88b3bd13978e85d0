// SPDX-License-Identifier: MIT
/*
 * envelope.c - envelopes from a pool; see envelope.h.  Knows no actor, no
 * mailbox.
 */
#include <string.h>

#include "base/list.h"
#include "message/envelope.h"

struct frki_envelope *frki_envelope_new(struct frki_pool *pool, uint32_t kind,
					const void *payload, size_t size,
					struct frk_pid sender)
{
	struct frki_letter *letter = frki_pool_get(pool);

	if (!letter)
		return NULL;
	if (size)
		memcpy(letter->payload, payload, size);
	letter->envelope.pooled = true;
	letter->envelope.message = (struct frk_message){
		.kind = kind,
		.size = (uint32_t)size,
		.payload = size ? letter->payload : NULL,
		.sender = sender,
	};
	return &letter->envelope;
}

void frki_envelope_unref(struct frki_envelope *envelope,
			 struct frki_pool *pool)
{
	frki_pool_put(pool, frki_container_of(envelope, struct frki_letter,
					      envelope));
}

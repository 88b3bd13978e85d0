// SPDX-License-Identifier: MIT
/*
 * envelope.c - envelopes of letters; see envelope.h.  Knows no actor, no
 * mailbox.
 */
#include <string.h>

#include "message/envelope.h"

struct frki_envelope *frki_envelope_init(struct frki_letter *letter, uint32_t kind,
					 const void *payload, size_t size,
					 struct frk_pid sender)
{
	if (size)
		memcpy(letter->payload, payload, size);
	letter->envelope.owner = FRKI_ENVELOPE_LETTER;
	letter->envelope.role = FRKI_ENVELOPE_PLAIN;
	letter->envelope.message = (struct frk_message){
		.kind = kind,
		.size = (uint32_t)size,
		.payload = size ? letter->payload : NULL,
		.sender = sender,
	};
	return &letter->envelope;
}

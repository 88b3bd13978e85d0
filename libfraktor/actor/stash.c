// SPDX-License-Identifier: MIT
/*
 * stash.c - messages that are put aside; see stash.h.
 */
#include <errno.h>

#include "actor/post.h"
#include "actor/stash.h"

int frki_stash_push(struct frki_cell *cell, const struct frk_message *message)
{
	struct frki_tray *tray = frki_post_tray(cell);
	struct frki_envelope *envelope;
	int ret;

	/* Those of the runtime are not in an envelope, or in one that is needed. */
	if (!message || message->kind < FRK_MESSAGE_USER || (tray && tray->kept))
		return -EINVAL;
	envelope = frki_container_of((struct frk_message *)(uintptr_t)message,
				     struct frki_envelope, message);
	if (envelope->owner != FRKI_ENVELOPE_LETTER)
		return -EINVAL;
	ret = tray ? frki_tray_put_aside(tray, envelope) : -ENOBUFS;
	if (ret)
		return ret;
	/* An answer has been waited for, and come. */
	if (envelope->role == FRKI_ENVELOPE_ANSWER)
		envelope->role = FRKI_ENVELOPE_PLAIN;
	tray->kept = true;
	return 0;
}

void frki_stash_pop_all(struct frki_cell *cell)
{
	struct frki_tray *tray = frki_post_tray(cell);

	if (tray)
		frki_tray_bring_back(tray);
}

bool frki_stash_kept(struct frki_cell *cell)
{
	struct frki_tray *tray = frki_post_tray(cell);

	if (!tray || !tray->kept)
		return false;
	tray->kept = false;
	return true;
}

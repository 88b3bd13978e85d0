// SPDX-License-Identifier: MIT
/*
 * levels.c - the order of levels.h.
 */
#include "mailbox/levels.h"
#include "message/envelope.h"

_Static_assert(sizeof(struct frki_levels) <= FRK_MAILBOX_STATE_MAX, "levels");

static struct frk_mail *push(void *state, struct frk_mail *mail,
			     const struct frk_message *message)
{
	struct frki_levels *levels = state;
	uint32_t level = levels->level(message);

	if (level >= FRK_MAILBOX_LEVELS)
		level = FRK_MAILBOX_LEVELS - 1;
	frki_fifo_push(&levels->by[level],
		       &frki_container_of(mail, struct frki_envelope, mail)->node);
	return NULL;
}

static struct frk_mail *pop(void *state)
{
	struct frki_levels *levels = state;

	for (uint32_t i = 0; i < FRK_MAILBOX_LEVELS; i++) {
		struct frki_mpsc_node *node = frki_fifo_pop(&levels->by[i]);

		if (node)
			return &frki_container_of(node, struct frki_envelope, node)->mail;
	}
	return NULL;
}

const struct frk_mailbox_ops frki_mailbox_levels = {
	.size = sizeof(frki_mailbox_levels),
	.name = "levels",
	.state_size = sizeof(struct frki_levels),
	.push = push,
	.pop = pop,
};

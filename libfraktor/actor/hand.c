// SPDX-License-Identifier: MIT
/*
 * hand.c - what is done with the lists of hand.h, and who may.
 */
#include "actor/stage.h"

void frki_hand_init(struct frki_hand *hand, uint32_t letters_max, bool used)
{
	*hand = (struct frki_hand){ .letters_max = letters_max, .used = used };
}

/* Where there are several, each has letters of its own. */
static struct frki_hand *find_mine(struct frki_stage *stage)
{
	struct frki_hand *hand = NULL;

	if (stage->ops->hand)
		hand = stage->ops->hand(stage->data);
	else if (frki_hand_is_free(stage))
		hand = &stage->hand;
	if (!hand || atomic_load_explicit(&hand->taken, memory_order_relaxed))
		return NULL;
	return hand;
}

bool frki_hand_put_letter(struct frki_stage *stage, struct frki_mpsc_node *node)
{
	struct frki_hand *hand = find_mine(stage);
	bool kept;

	if (!hand)
		return false;
	frki_hand_take(hand);
	kept = frki_hand_keep_letter(hand, node);
	frki_hand_release(hand);
	return kept;
}

struct frki_mpsc_node *frki_hand_get_letter(struct frki_stage *stage)
{
	struct frki_hand *hand = find_mine(stage);
	struct frki_mpsc_node *node;

	if (!hand)
		return NULL;
	frki_hand_take(hand);
	node = frki_hand_pop_letter(hand);
	frki_hand_release(hand);
	return node;
}

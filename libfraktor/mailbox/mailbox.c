// SPDX-License-Identifier: MIT
/*
 * mailbox.c - the mailbox of mailbox.h; its contract is there.  Knows no actor.
 *
 * The word, from the top: 32 bits of life, one bit each for vacant, ended and
 * stopping, 29 bits of count.  The count grows only while none of the bits is
 * set, and goes down in frki_mailbox_pop() alone.
 */
#include <errno.h>

#include "base/list.h"
#include "mailbox/mailbox.h"

#define VACANT (1ULL << 31)
#define ENDED (1ULL << 30)
#define STOPPING (1ULL << 29)
#define CLOSED (VACANT | ENDED | STOPPING)
#define COUNT (STOPPING - 1)

static uint32_t life_of(uint64_t word)
{
	return (uint32_t)(word >> 32);
}

/* Acquire: pairs with the release in frki_mailbox_start(). */
static uint64_t load(const struct frki_mailbox *mailbox)
{
	return atomic_load_explicit(&mailbox->word, memory_order_acquire);
}

void frki_mailbox_init(struct frki_mailbox *mailbox)
{
	atomic_init(&mailbox->word, 1ULL << 32 | VACANT);
	atomic_init(&mailbox->max, 0);
	mailbox->put = 0;
	frki_mpsc_init(&mailbox->queue);
}

uint32_t frki_mailbox_start(struct frki_mailbox *mailbox, uint32_t max)
{
	uint32_t life = life_of(load(mailbox));

	/* A sender that means an earlier life may read it; it will be refused
	 * by the word, so the order between the two does not matter to it. */
	atomic_store_explicit(&mailbox->max, max, memory_order_relaxed);
	/* Release: pairs with load(). */
	atomic_store_explicit(&mailbox->word, (uint64_t)life << 32,
			      memory_order_release);
	return life;
}

static int accept(struct frki_mailbox *mailbox, uint32_t life)
{
	uint64_t word = load(mailbox);

	do {
		if (life_of(word) != life || word & CLOSED)
			return -ESTALE;
		if ((word & COUNT) >=
		    atomic_load_explicit(&mailbox->max, memory_order_relaxed))
			return -ENOBUFS;
		/* Nothing is published by it: the queue does that. */
	} while (!atomic_compare_exchange_weak_explicit(
		&mailbox->word, &word, word + 1, memory_order_acq_rel,
		memory_order_acquire));
	return 0;
}

int frki_mailbox_send(struct frki_mailbox *mailbox, uint32_t life,
		      struct frki_envelope *envelope)
{
	int ret = accept(mailbox, life);

	if (!ret)
		frki_mpsc_push(&mailbox->queue, &envelope->node);
	return ret;
}

bool frki_mailbox_accepts(const struct frki_mailbox *mailbox, uint32_t life)
{
	uint64_t word = load(mailbox);

	return life_of(word) == life && !(word & CLOSED);
}

void frki_mailbox_put(struct frki_mailbox *mailbox,
		      struct frki_envelope *envelope)
{
	mailbox->put++;
	frki_mpsc_push(&mailbox->queue, &envelope->node);
}

struct frki_envelope *frki_mailbox_pop(struct frki_mailbox *mailbox)
{
	struct frki_mpsc_node *node = frki_mpsc_pop(&mailbox->queue);
	struct frki_envelope *envelope;

	if (!node)
		return NULL;
	envelope = frki_container_of(node, struct frki_envelope, node);
	if (envelope->pooled)
		/* Makes room; orders nothing. */
		atomic_fetch_sub_explicit(&mailbox->word, 1,
					  memory_order_acq_rel);
	else
		mailbox->put--;
	return envelope;
}

bool frki_mailbox_ready(const struct frki_mailbox *mailbox)
{
	return frki_mpsc_ready(&mailbox->queue);
}

int frki_mailbox_stop(struct frki_mailbox *mailbox, uint32_t life)
{
	uint64_t word = load(mailbox);

	do {
		if (life_of(word) != life || word & (VACANT | ENDED))
			return -ESTALE;
	} while (!atomic_compare_exchange_weak_explicit(
		&mailbox->word, &word, word | STOPPING, memory_order_acq_rel,
		memory_order_acquire));
	return 0;
}

void frki_mailbox_end(struct frki_mailbox *mailbox)
{
	/* Orders nothing but itself against accept(). */
	atomic_fetch_or_explicit(&mailbox->word, ENDED | STOPPING,
				 memory_order_acq_rel);
}

void frki_mailbox_vacate(struct frki_mailbox *mailbox)
{
	uint32_t life = life_of(load(mailbox)) + 1;

	if (!life) /* life 0 names nobody */
		life = 1;
	/* A plain store loses nothing: a closed word changes only here.
	 * Release: pairs with load(). */
	atomic_store_explicit(&mailbox->word, (uint64_t)life << 32 | VACANT,
			      memory_order_release);
}

bool frki_mailbox_vacant(const struct frki_mailbox *mailbox)
{
	return load(mailbox) & VACANT;
}

bool frki_mailbox_stopping(const struct frki_mailbox *mailbox)
{
	return load(mailbox) & (STOPPING | ENDED);
}

bool frki_mailbox_drained(const struct frki_mailbox *mailbox)
{
	return !(load(mailbox) & COUNT) && !mailbox->put;
}

uint32_t frki_mailbox_life(const struct frki_mailbox *mailbox)
{
	return life_of(load(mailbox));
}

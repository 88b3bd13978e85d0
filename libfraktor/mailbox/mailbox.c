// SPDX-License-Identifier: MIT
/*
 * mailbox.c - the mailbox of mailbox.h; its contract is there.  Knows no actor.
 */
#include <errno.h>

#include "base/list.h"
#include "mailbox/mailbox.h"

void frki_mailbox_init(struct frki_mailbox *mailbox)
{
	atomic_init(&mailbox->word, 1ULL << 32 | FRKI_MAILBOX_VACANT);
	atomic_init(&mailbox->limit, 0);
	atomic_init(&mailbox->high, 0);
	atomic_init(&mailbox->own_n, 0);
	frki_mpsc_init(&mailbox->queue);
	frki_fifo_init(&mailbox->own);
	atomic_init(&mailbox->tray, NULL);
}

uint32_t frki_mailbox_start(struct frki_mailbox *mailbox, uint32_t max,
			    enum frki_mailbox_policy policy)
{
	uint32_t life = frki_mailbox_life_of(frki_mailbox_load(mailbox));

	if (policy == FRKI_MAILBOX_UNBOUNDED)
		max = FRKI_MAILBOX_LIMIT_MAX;
	/* A sender that means an earlier life may read it; it will be refused by the
	 * word.  Release: pairs with full(), which looks at the word for that. */
	atomic_store_explicit(&mailbox->limit, (uint32_t)policy << FRKI_MAILBOX_POLICY_SHIFT | max,
			      memory_order_release);
	atomic_store_explicit(&mailbox->high, 0, memory_order_relaxed);
	/* Release: pairs with frki_mailbox_load(). */
	atomic_store_explicit(&mailbox->word, (uint64_t)life << 32,
			      memory_order_release);
	return life;
}

/* Off the fast path.  0 to accept all the same. */
static __attribute__((noinline, cold)) int full(const struct frki_mailbox *mailbox, uint32_t life, uint32_t limit)
{
	/* The limit of that life, or of one that came after it. */
	if (!frki_mailbox_accepts(mailbox, life))
		return -ESTALE;
	switch ((enum frki_mailbox_policy)(limit >> FRKI_MAILBOX_POLICY_SHIFT)) {
	case FRKI_MAILBOX_DROP_OLDEST:
		return 0;
	case FRKI_MAILBOX_DROP_NEWEST:
		return 1;
	case FRKI_MAILBOX_BLOCK:
		return -EAGAIN;
	case FRKI_MAILBOX_REJECT:
	case FRKI_MAILBOX_UNBOUNDED:
		break;
	}
	return -ENOBUFS;
}

static int accept(struct frki_mailbox *mailbox, uint32_t life)
{
	uint64_t word = frki_mailbox_load(mailbox);

	do {
		uint32_t limit = frki_mailbox_limit(mailbox);
		int ret;

		if (frki_mailbox_life_of(word) != life || word & FRKI_MAILBOX_CLOSED)
			return -ESTALE;
		if (frki_mailbox_count_of(mailbox, word) >= (limit & FRKI_MAILBOX_LIMIT_MAX)) {
			ret = full(mailbox, life, limit);
			if (ret)
				return ret;
		}
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

void frki_mailbox_put(struct frki_mailbox *mailbox,
		      struct frki_envelope *envelope)
{
	frki_mpsc_push(&mailbox->queue, &envelope->node);
}

/* @waited: right before a message was taken: between two of these it only grows.  That it is
 * more than the bound is most often what the policy wants; but see FRKI_MAILBOX_MARGIN. */
static bool note_waited(struct frki_mailbox *mailbox, uint32_t waited)
{
	uint32_t limit = frki_mailbox_limit(mailbox);

	/* A statistic; pairs with nothing. */
	if (waited > atomic_load_explicit(&mailbox->high, memory_order_relaxed))
		atomic_store_explicit(&mailbox->high, waited, memory_order_relaxed);
	return waited > (limit & FRKI_MAILBOX_LIMIT_MAX) &&
	       limit >> FRKI_MAILBOX_POLICY_SHIFT == FRKI_MAILBOX_DROP_OLDEST;
}

static struct frki_envelope *envelope_of(struct frki_mpsc_node *node)
{
	return node ? frki_container_of(node, struct frki_envelope, node) : NULL;
}

static struct frki_envelope *pop_own(struct frki_mailbox *mailbox, bool *ret_excess)
{
	struct frki_envelope *envelope = envelope_of(frki_fifo_pop(&mailbox->own));
	uint32_t waited;

	if (envelope->owner != FRKI_ENVELOPE_LETTER)
		return envelope;
	waited = frki_mailbox_count_of(mailbox, frki_mailbox_load(mailbox));
	frki_mailbox_set_own(mailbox, frki_mailbox_own(mailbox) - 1);
	*ret_excess = note_waited(mailbox, waited);
	return envelope;
}

static struct frki_envelope *pop_queue(struct frki_mailbox *mailbox)
{
	return envelope_of(frki_mpsc_pop(&mailbox->queue));
}

static struct frki_envelope *pop_order(struct frki_mailbox *mailbox, struct frki_tray *tray,
				       bool *ret_displaced)
{
	struct frki_envelope *envelope, *given;

	if (!tray->order)
		return pop_queue(mailbox);
	while (frki_tray_wants(tray) && (envelope = pop_queue(mailbox))) {
		given = frki_tray_push(tray, envelope);
		if (!given)
			continue;
		*ret_displaced = true;
		return given;
	}
	return frki_tray_pop(tray);
}

/* One that the word counts. */
static bool take(struct frki_mailbox *mailbox)
{
	/* Makes room; orders nothing. */
	uint64_t word = atomic_fetch_sub_explicit(&mailbox->word, 1, memory_order_acq_rel);

	return note_waited(mailbox, frki_mailbox_count_of(mailbox, word));
}

struct frki_envelope *frki_mailbox_pop(struct frki_mailbox *mailbox, bool *ret_excess)
{
	struct frki_tray *tray = frki_mailbox_tray(mailbox);
	struct frki_envelope *envelope = tray ? frki_tray_pop_front(tray) : NULL;
	bool displaced = false;

	*ret_excess = false;
	if (envelope)
		return envelope;
	if (!frki_fifo_empty(&mailbox->own))
		return pop_own(mailbox, ret_excess);
	envelope = tray ? pop_order(mailbox, tray, &displaced) : pop_queue(mailbox);
	/* What the runtime sends is not dropped: given up by an order it is next. */
	if (envelope && envelope->owner == FRKI_ENVELOPE_LETTER)
		*ret_excess = take(mailbox) || displaced;
	return envelope;
}

bool frki_mailbox_ready(const struct frki_mailbox *mailbox)
{
	const struct frki_tray *tray = frki_mailbox_tray(mailbox);

	return !frki_fifo_empty(&mailbox->own) || frki_mpsc_ready(&mailbox->queue) ||
	       (tray && frki_tray_ready(tray));
}

static int close(struct frki_mailbox *mailbox, uint32_t life, uint64_t bits)
{
	uint64_t word = frki_mailbox_load(mailbox);

	do {
		if (frki_mailbox_life_of(word) != life || word & (FRKI_MAILBOX_VACANT | FRKI_MAILBOX_ENDED))
			return -ESTALE;
	} while (!atomic_compare_exchange_weak_explicit(
		&mailbox->word, &word, word | bits, memory_order_acq_rel,
		memory_order_acquire));
	return 0;
}

int frki_mailbox_stop(struct frki_mailbox *mailbox, uint32_t life)
{
	return close(mailbox, life, FRKI_MAILBOX_STOPPING);
}

int frki_mailbox_halt(struct frki_mailbox *mailbox, uint32_t life)
{
	return close(mailbox, life, FRKI_MAILBOX_STOPPING | FRKI_MAILBOX_HALTED);
}

void frki_mailbox_end(struct frki_mailbox *mailbox)
{
	/* Orders nothing but itself against accept(). */
	atomic_fetch_or_explicit(&mailbox->word, FRKI_MAILBOX_ENDED | FRKI_MAILBOX_STOPPING,
				 memory_order_acq_rel);
}

void frki_mailbox_vacate(struct frki_mailbox *mailbox)
{
	uint32_t life = frki_mailbox_life_of(frki_mailbox_load(mailbox)) + 1;

	if (!life) /* life 0 names nobody */
		life = 1;
	/* A plain store loses nothing: a closed word changes only here.
	 * Release: pairs with frki_mailbox_load(). */
	atomic_store_explicit(&mailbox->word, (uint64_t)life << 32 | FRKI_MAILBOX_VACANT,
			      memory_order_release);
}

bool frki_mailbox_drained(const struct frki_mailbox *mailbox)
{
	/* With a count of 0 and none to come, what is in the queue was put there: no
	 * window is open while nobody puts. */
	return !frki_mailbox_count(mailbox) && !frki_mailbox_ready(mailbox);
}

uint32_t frki_mailbox_count(const struct frki_mailbox *mailbox)
{
	return frki_mailbox_count_of(mailbox, frki_mailbox_load(mailbox));
}

uint32_t frki_mailbox_high(const struct frki_mailbox *mailbox)
{
	uint32_t high = atomic_load_explicit(&mailbox->high, memory_order_relaxed);
	uint32_t count = frki_mailbox_count(mailbox);

	return count > high ? count : high;
}

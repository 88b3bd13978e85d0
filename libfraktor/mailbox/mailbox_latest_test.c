// SPDX-License-Identifier: MIT
/*
 * mailbox_latest_test.c - of one kind and sender only the latest; and that mailboxes with
 * it, and with an order that does as it likes, do what a model of a few lines does.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "base/random.h"
#include "mailbox/mailbox.h"

#define MANY 64
#define MAX 24U
#define ROUNDS 200000
#define KIND FRK_MESSAGE_USER

static struct frki_mailbox mailbox;
static struct frki_tray tray;
static struct frki_envelope sent[MANY];
static uint32_t life;

static void begin(const struct frk_mailbox_ops *order, void *state)
{
	frki_mailbox_init(&mailbox);
	frki_tray_init(&tray, 0);
	frki_tray_set_order(&tray, order, state, 7);
	frki_mailbox_set_tray(&mailbox, &tray);
	life = frki_mailbox_start(&mailbox, MAX, FRKI_MAILBOX_REJECT);
	memset(sent, 0, sizeof(sent));
}

/* From the sender of that index, 0 for nobody. */
static int send(int i, uint32_t kind, uint32_t sender, uint32_t ask)
{
	sent[i].owner = FRKI_ENVELOPE_LETTER;
	sent[i].message = (struct frk_message){
		.kind = kind, .sender = { sender, sender != 0 }, .ask = { ask, ask },
	};
	return frki_mailbox_send(&mailbox, life, &sent[i]);
}

static void put(int i, uint32_t kind)
{
	sent[i].owner = FRKI_ENVELOPE_ALARM;
	sent[i].message = (struct frk_message){ .kind = kind, .count = 1 };
	frki_mailbox_put(&mailbox, &sent[i]);
}

static void assert_pop(int i, bool dropped)
{
	bool excess;
	const struct frki_envelope *envelope = frki_mailbox_pop(&mailbox, &excess);

	cr_assert_not_null(envelope);
	cr_assert_eq(envelope, &sent[i], "%td for %d", envelope - sent, i);
	cr_assert_eq(excess, dropped, "%d", i);
}

static void assert_none(void)
{
	bool excess;

	cr_assert_null(frki_mailbox_pop(&mailbox, &excess));
	cr_assert_eq(frki_mailbox_count(&mailbox), 0);
	cr_assert(frki_mailbox_drained(&mailbox));
}

Test(mailbox_latest, s12_the_latest_is_at_the_place_of_the_first)
{
	begin(&frk_mailbox_latest, NULL);
	send(0, KIND, 1, 0);
	send(1, KIND, 2, 0);
	send(2, KIND + 1, 1, 0);
	send(3, KIND, 1, 0);
	send(4, KIND, 1, 0);
	send(5, KIND + 1, 1, 0);
	assert_pop(0, true);
	assert_pop(3, true);
	assert_pop(2, true);
	assert_pop(4, false);
	assert_pop(1, false);
	/* At the end of the line, too. */
	send(6, KIND + 1, 1, 0);
	assert_pop(5, true);
	send(7, KIND, 3, 0);
	assert_pop(6, false);
	assert_pop(7, false);
	assert_none();
}

Test(mailbox_latest, s12_threads_are_one_sender)
{
	begin(&frk_mailbox_latest, NULL);
	send(0, KIND, 0, 0);
	send(1, KIND, 0, 0);
	assert_pop(0, true);
	assert_pop(1, false);
	assert_none();
}

Test(mailbox_latest, s12_another_life_is_another_sender)
{
	begin(&frk_mailbox_latest, NULL);
	send(0, KIND, 1, 0);
	sent[0].message.sender.life = 9;
	send(1, KIND, 1, 0);
	assert_pop(0, false);
	assert_pop(1, false);
	assert_none();
}

Test(mailbox_latest, s12_what_somebody_waits_for_stays)
{
	begin(&frk_mailbox_latest, NULL);
	send(0, KIND, 1, 5);
	send(1, KIND, 1, 6);
	put(2, KIND);
	send(3, KIND, 0, 0);
	put(4, KIND);
	send(5, KIND, 1, 0);
	for (int i = 0; i < 6; i++)
		assert_pop(i, false);
	assert_none();
}

/* --- as a model does it */

static uint64_t seed;
static int model[MANY];
static int model_n;
static bool is_free[MANY];

static uint32_t below(uint32_t n)
{
	return (uint32_t)frki_random_below(&seed, n);
}

static int take_free(void)
{
	for (int i = 0; i < MANY; i++) {
		if (is_free[i]) {
			is_free[i] = false;
			return i;
		}
	}
	return -1;
}

static bool is_plain(int i)
{
	return sent[i].owner == FRKI_ENVELOPE_LETTER && !sent[i].message.ask.life;
}

static bool replaces(int i, int old)
{
	return is_plain(i) && is_plain(old) &&
	       sent[i].message.kind == sent[old].message.kind &&
	       sent[i].message.sender.index == sent[old].message.sender.index;
}

/* Takes it in; the one that goes for it, or -1. */
static int model_push(int i)
{
	for (int place = 0; place < model_n; place++) {
		int old = model[place];

		if (replaces(i, old)) {
			model[place] = i;
			return old;
		}
	}
	model[model_n++] = i;
	return -1;
}

static int model_pop(void)
{
	int first = model[0];

	memmove(model, model + 1, (size_t)--model_n * sizeof(*model));
	return first;
}

static unsigned int letters_in_model(void)
{
	unsigned int n = 0;

	for (int i = 0; i < model_n; i++)
		n += sent[model[i]].owner == FRKI_ENVELOPE_LETTER;
	return n;
}

static void release(int i)
{
	is_free[i] = true;
}

/* What came since the last message, in order. */
static int came[MANY];
static int came_n;

static void leave_one(void)
{
	int i = take_free();

	if (i < 0)
		return;
	if (!below(5))
		put(i, KIND + below(3));
	else if (send(i, KIND + below(3), below(3), below(6) ? 0 : 1))
		is_free[i] = true;
	if (!is_free[i])
		came[came_n++] = i;
}

/* One message, with all that are dropped before it. */
static void take_one(void)
{
	for (int i = 0; i < came_n; i++) {
		int old = model_push(came[i]);

		if (old < 0)
			continue;
		assert_pop(old, true);
		release(old);
	}
	came_n = 0;
	if (!model_n) {
		assert_none();
		return;
	}
	cr_assert(frki_mailbox_ready(&mailbox));
	cr_assert_eq(frki_mailbox_count(&mailbox), letters_in_model());
	release(model[0]);
	assert_pop(model_pop(), false);
}

Test(mailbox_latest, s12_random_messages_come_as_a_model_has_them)
{
	seed = 20;
	begin(&frk_mailbox_latest, NULL);
	memset(is_free, true, sizeof(is_free));
	model_n = came_n = 0;
	for (int i = 0; i < ROUNDS; i++) {
		if (below(3))
			leave_one();
		else
			take_one();
	}
	while (model_n || came_n)
		take_one();
	assert_none();
}

/* --- any order at all: what comes in comes out once, whatever it does */

struct heap {
	struct frk_mail *mails[MANY];
	uint32_t n;
};

static struct frk_mail *take_any(struct heap *heap)
{
	uint32_t i = below(heap->n);
	struct frk_mail *mail = heap->mails[i];

	heap->mails[i] = heap->mails[--heap->n];
	return mail;
}

static struct frk_mail *push_any(void *state, struct frk_mail *mail,
				 const struct frk_message *message)
{
	struct heap *heap = state;

	cr_assert_eq(message, frk_mail_message(mail));
	cr_assert_lt(heap->n, MANY);
	heap->mails[heap->n++] = mail;
	return below(4) ? NULL : take_any(heap);
}

static struct frk_mail *pop_any(void *state)
{
	struct heap *heap = state;

	return heap->n ? take_any(heap) : NULL;
}

static const struct frk_mailbox_ops any = {
	.size = sizeof(any),
	.name = "any",
	.state_size = sizeof(struct heap),
	.push = push_any,
	.pop = pop_any,
};

static uint32_t waiting, letters;

static void leave_any(void)
{
	int i = take_free();
	bool is_letter = below(3);

	if (i < 0)
		return;
	if (!is_letter) {
		put(i, KIND);
	} else if (send(i, KIND, 0, 0)) {
		is_free[i] = true;
		return;
	}
	waiting++;
	letters += is_letter;
	cr_assert_leq(letters, MAX);
}

static void take_any_one(void)
{
	bool excess, ready = frki_mailbox_ready(&mailbox);
	struct frki_envelope *envelope = frki_mailbox_pop(&mailbox, &excess);

	cr_assert_eq(ready, waiting > 0);
	cr_assert_eq(envelope != NULL, ready);
	if (!envelope)
		return;
	/* The runtime's are not dropped. */
	cr_assert(!excess || envelope->owner == FRKI_ENVELOPE_LETTER);
	cr_assert_not(is_free[envelope - sent]);
	is_free[envelope - sent] = true;
	cr_assert_eq(envelope->order, 0);
	waiting--;
	letters -= envelope->owner == FRKI_ENVELOPE_LETTER;
	cr_assert_eq(frki_mailbox_count(&mailbox), letters);
}

Test(mailbox_latest, s12_whatever_an_order_does_each_comes_out_once)
{
	static struct heap heap;

	seed = 4;
	heap.n = 0;
	begin(&any, &heap);
	memset(is_free, true, sizeof(is_free));
	waiting = letters = 0;
	for (int i = 0; i < ROUNDS; i++) {
		if (below(2))
			leave_any();
		else
			take_any_one();
	}
	while (waiting)
		take_any_one();
	assert_none();
	cr_assert_not(tray.is_broken);
}

// SPDX-License-Identifier: MIT
/*
 * tray_test.c - mailboxes with levels, and what is put aside.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "mailbox/levels.h"
#include "mailbox/mailbox.h"

static struct frki_mailbox mailbox;
static struct frki_tray tray;
static struct frki_envelope sent[16];
static uint32_t life;

/* The kind says it. */
static uint32_t level(const struct frk_message *message)
{
	return message->kind;
}

static void begin(frk_level_fn level_of, uint32_t aside_max)
{
	frki_mailbox_init(&mailbox);
	frki_tray_init(&tray, aside_max);
	if (level_of) {
		struct frki_levels *levels = frki_tray_set_order(&tray, &frki_mailbox_levels,
								 NULL, 1);

		levels->level = level_of;
	}
	frki_mailbox_set_tray(&mailbox, &tray);
	life = frki_mailbox_start(&mailbox, 16, FRKI_MAILBOX_REJECT);
	for (int i = 0; i < 16; i++)
		sent[i].owner = FRKI_ENVELOPE_LETTER;
}

static void send(int i, uint32_t at)
{
	sent[i].message.kind = at;
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[i]), 0);
}

static struct frki_envelope *pop(void)
{
	bool excess = true;
	struct frki_envelope *envelope = frki_mailbox_pop(&mailbox, &excess);

	cr_assert_not(excess);
	return envelope;
}

static void assert_next(int i)
{
	const struct frki_envelope *envelope = pop();

	cr_assert_eq(envelope, &sent[i], "%td for %d", envelope ? envelope - sent : -1, i);
}

Test(tray, s5_levels_come_in_their_order_and_each_as_it_was_sent)
{
	static const uint32_t levels[] = { 2, 0, 3, 1, 0, 2, 77, 1 };
	static const int order[] = { 1, 4, 3, 7, 0, 5, 2, 6 };

	begin(level, 0);
	for (int i = 0; i < 8; i++)
		send(i, levels[i]);
	for (int i = 0; i < 8; i++)
		assert_next(order[i]);
	cr_assert_null(pop());
	cr_assert(frki_mailbox_drained(&mailbox));
}

Test(tray, s5_what_comes_later_and_is_more_urgent_overtakes_what_still_waits)
{
	begin(level, 0);
	send(0, 1);
	send(1, 1);
	send(2, 3);
	assert_next(0);
	send(3, 1);
	send(4, 0);
	assert_next(4);
	assert_next(1);
	cr_assert(frki_mailbox_ready(&mailbox));
	cr_assert_not(frki_mailbox_drained(&mailbox));
	assert_next(3);
	assert_next(2);
	cr_assert_not(frki_mailbox_ready(&mailbox));
}

Test(tray, s5_what_is_sorted_counts_until_it_is_taken)
{
	begin(level, 0);
	for (int i = 0; i < 16; i++)
		send(i, 1);
	assert_next(0);
	cr_assert_eq(frki_mailbox_count(&mailbox), 15);
	cr_assert_eq(frki_mailbox_high(&mailbox), 16);
	send(0, 1);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), -ENOBUFS);
}

Test(tray, s5_what_was_put_aside_comes_back_before_all_others)
{
	for (int sorted = 0; sorted < 2; sorted++) {
		begin(sorted ? level : NULL, 2);
		for (int i = 0; i < 4; i++)
			send(i, 0);
		assert_next(0);
		cr_assert_eq(frki_tray_put_aside(&tray, &sent[0]), 0);
		assert_next(1);
		cr_assert_eq(frki_tray_put_aside(&tray, &sent[1]), 0);
		assert_next(2);
		cr_assert_eq(frki_tray_put_aside(&tray, &sent[2]), -ENOBUFS);
		frki_tray_bring_back(&tray);
		cr_assert_eq(frki_tray_aside_n(&tray), 0);
		assert_next(0);
		assert_next(1);
		assert_next(3);
		cr_assert_null(pop());
		cr_assert(frki_mailbox_drained(&mailbox));
	}
}

Test(tray, s5_what_is_brought_back_comes_before_what_was_before)
{
	begin(NULL, 4);
	for (int i = 0; i < 4; i++)
		send(i, 0);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(frki_tray_put_aside(&tray, pop()), 0);
	cr_assert_not(frki_mailbox_ready(&mailbox));
	frki_tray_bring_back(&tray);
	cr_assert(frki_mailbox_ready(&mailbox));
	assert_next(0);
	frki_tray_put_aside(&tray, &sent[0]);
	assert_next(1);
	frki_tray_put_aside(&tray, &sent[1]);
	frki_tray_bring_back(&tray);
	frki_tray_bring_back(&tray);
	for (int i = 0; i < 4; i++)
		assert_next(i);
	cr_assert_null(pop());
}

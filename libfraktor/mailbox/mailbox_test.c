// SPDX-License-Identifier: MIT
/*
 * mailbox_test.c - who may still send to whom, and what is counted.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "mailbox/mailbox.h"

static struct frki_mailbox mailbox;
static struct frki_envelope sent[8], put[2];

static void setup(void)
{
	frki_mailbox_init(&mailbox);
	for (int i = 0; i < 8; i++)
		sent[i].pooled = true;
}

TestSuite(mailbox, .init = setup);

Test(mailbox, that_is_vacant_accepts_nothing)
{
	cr_assert(frki_mailbox_vacant(&mailbox));
	cr_assert_eq(frki_mailbox_send(&mailbox, 1, &sent[0]), -ESTALE);
	cr_assert_eq(frki_mailbox_stop(&mailbox, 1), -ESTALE);
	cr_assert_null(frki_mailbox_pop(&mailbox));
}

Test(mailbox, hands_out_both_lanes_in_order_of_arrival)
{
	uint32_t life = frki_mailbox_start(&mailbox, 8);

	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
	frki_mailbox_put(&mailbox, &put[0]);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 0);
	cr_assert_eq(frki_mailbox_pop(&mailbox), &sent[0]);
	cr_assert_eq(frki_mailbox_pop(&mailbox), &put[0]);
	cr_assert_eq(frki_mailbox_pop(&mailbox), &sent[1]);
	cr_assert(frki_mailbox_drained(&mailbox));
}

Test(mailbox, refuses_when_full_and_only_what_was_sent_counts)
{
	uint32_t life = frki_mailbox_start(&mailbox, 2);

	frki_mailbox_put(&mailbox, &put[0]);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[2]), -ENOBUFS);
	frki_mailbox_put(&mailbox, &put[1]);
	frki_mailbox_pop(&mailbox); /* the one that was put */
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[2]), -ENOBUFS);
	frki_mailbox_pop(&mailbox);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[2]), 0);
}

Test(mailbox, that_is_stopping_keeps_what_it_has_and_accepts_no_more)
{
	uint32_t life = frki_mailbox_start(&mailbox, 2);

	frki_mailbox_send(&mailbox, life, &sent[0]);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), 0);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), -ESTALE);
	cr_assert(frki_mailbox_stopping(&mailbox));
	cr_assert_not(frki_mailbox_drained(&mailbox));
	cr_assert_eq(frki_mailbox_pop(&mailbox), &sent[0]);
	cr_assert(frki_mailbox_drained(&mailbox));
}

Test(mailbox, that_has_ended_cannot_be_stopped)
{
	uint32_t life = frki_mailbox_start(&mailbox, 2);

	frki_mailbox_end(&mailbox);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), -ESTALE);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), -ESTALE);
}

Test(mailbox, of_a_new_life_is_not_for_those_who_mean_the_old_one)
{
	uint32_t old = frki_mailbox_start(&mailbox, 2), life;

	frki_mailbox_end(&mailbox);
	frki_mailbox_vacate(&mailbox);
	cr_assert_eq(frki_mailbox_send(&mailbox, old, &sent[0]), -ESTALE);
	life = frki_mailbox_start(&mailbox, 2);
	cr_assert_neq(life, old);
	cr_assert_eq(frki_mailbox_send(&mailbox, old, &sent[0]), -ESTALE);
	cr_assert_eq(frki_mailbox_stop(&mailbox, old), -ESTALE);
	cr_assert_not(frki_mailbox_accepts(&mailbox, old));
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
}

Test(mailbox, life_zero_is_skipped)
{
	atomic_store(&mailbox.word, (uint64_t)UINT32_MAX << 32);
	frki_mailbox_end(&mailbox);
	frki_mailbox_vacate(&mailbox);
	cr_assert_eq(frki_mailbox_start(&mailbox, 1), 1);
	cr_assert_eq(frki_mailbox_send(&mailbox, 0, &sent[0]), -ESTALE);
}

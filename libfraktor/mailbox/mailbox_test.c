// SPDX-License-Identifier: MIT
/*
 * mailbox_test.c - who may still send to whom, and what is counted.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "mailbox/mailbox.h"

static struct frki_mailbox mailbox;
static struct frki_envelope sent[FRKI_MAILBOX_MARGIN + 8], put[2];

static void setup(void)
{
	frki_mailbox_init(&mailbox);
	for (int i = 0; i < FRKI_MAILBOX_MARGIN + 8; i++)
		sent[i].owner = FRKI_ENVELOPE_LETTER;
}

TestSuite(mailbox, .init = setup);

static uint32_t start(uint32_t max, enum frki_mailbox_policy policy)
{
	return frki_mailbox_start(&mailbox, max, policy);
}

/* Of the one popped last. */
static bool excess;

static struct frki_envelope *pop(void)
{
	return frki_mailbox_pop(&mailbox, &excess);
}

Test(mailbox, that_is_vacant_accepts_nothing)
{
	cr_assert(frki_mailbox_vacant(&mailbox));
	cr_assert_eq(frki_mailbox_send(&mailbox, 1, &sent[0]), -ESTALE);
	cr_assert_eq(frki_mailbox_stop(&mailbox, 1), -ESTALE);
	cr_assert_null(pop());
}

Test(mailbox, hands_out_both_lanes_in_order_of_arrival)
{
	uint32_t life = start(8, FRKI_MAILBOX_REJECT);

	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
	frki_mailbox_put(&mailbox, &put[0]);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 0);
	cr_assert_eq(pop(), &sent[0]);
	cr_assert_eq(pop(), &put[0]);
	cr_assert_eq(pop(), &sent[1]);
	cr_assert(frki_mailbox_drained(&mailbox));
}

Test(mailbox, refuses_when_full_and_only_what_was_sent_counts)
{
	uint32_t life = start(2, FRKI_MAILBOX_REJECT);

	frki_mailbox_put(&mailbox, &put[0]);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[2]), -ENOBUFS);
	frki_mailbox_put(&mailbox, &put[1]);
	pop(); /* the one that was put */
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[2]), -ENOBUFS);
	pop();
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[2]), 0);
}

Test(mailbox, that_is_stopping_keeps_what_it_has_and_accepts_no_more)
{
	uint32_t life = start(2, FRKI_MAILBOX_REJECT);

	frki_mailbox_send(&mailbox, life, &sent[0]);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), 0);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), -ESTALE);
	cr_assert(frki_mailbox_stopping(&mailbox));
	cr_assert_not(frki_mailbox_drained(&mailbox));
	cr_assert_eq(pop(), &sent[0]);
	cr_assert(frki_mailbox_drained(&mailbox));
}

Test(mailbox, that_has_ended_cannot_be_stopped)
{
	uint32_t life = start(2, FRKI_MAILBOX_REJECT);

	frki_mailbox_end(&mailbox);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), -ESTALE);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), -ESTALE);
}

Test(mailbox, of_a_new_life_is_not_for_those_who_mean_the_old_one)
{
	uint32_t old = start(2, FRKI_MAILBOX_REJECT), life;

	frki_mailbox_end(&mailbox);
	frki_mailbox_vacate(&mailbox);
	cr_assert_eq(frki_mailbox_send(&mailbox, old, &sent[0]), -ESTALE);
	life = start(2, FRKI_MAILBOX_REJECT);
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
	cr_assert_eq(start(1, FRKI_MAILBOX_REJECT), 1);
	cr_assert_eq(frki_mailbox_send(&mailbox, 0, &sent[0]), -ESTALE);
}

Test(mailbox, s5_that_drops_the_newest_refuses_and_says_which_it_is)
{
	uint32_t life = start(1, FRKI_MAILBOX_DROP_NEWEST);

	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 1);
	cr_assert_eq(pop(), &sent[0]);
	cr_assert_not(excess);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 0);
}

Test(mailbox, s5_that_blocks_refuses_and_says_which_it_is)
{
	uint32_t life = start(1, FRKI_MAILBOX_BLOCK);

	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[0]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), -EAGAIN);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), -ESTALE);
}

Test(mailbox, s5_that_drops_the_oldest_tells_which_are_beyond_the_bound)
{
	uint32_t life = start(2, FRKI_MAILBOX_DROP_OLDEST);

	for (int i = 0; i < 5; i++)
		cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[i]), 0);
	for (int i = 0; i < 5; i++) {
		cr_assert_eq(pop(), &sent[i]);
		cr_assert_eq(excess, i < 3, "%d", i);
	}
	/* At the bound nothing is. */
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[5]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[6]), 0);
	cr_assert_eq(pop(), &sent[5]);
	cr_assert_not(excess);
}

Test(mailbox, s5_what_was_put_is_never_beyond_the_bound)
{
	uint32_t life = start(1, FRKI_MAILBOX_DROP_OLDEST);

	frki_mailbox_put(&mailbox, &put[0]);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[i]), 0);
	frki_mailbox_put(&mailbox, &put[1]);
	cr_assert_eq(pop(), &put[0]);
	cr_assert_not(excess);
	cr_assert_eq(pop(), &sent[0]);
	cr_assert(excess);
	cr_assert_eq(pop(), &sent[1]);
	cr_assert(excess);
	cr_assert_eq(pop(), &sent[2]);
	cr_assert_not(excess);
	cr_assert_eq(pop(), &put[1]);
	cr_assert_not(excess);
}

Test(mailbox, s5_that_is_unbounded_takes_all)
{
	uint32_t life = start(1, FRKI_MAILBOX_UNBOUNDED);

	for (int i = 0; i < FRKI_MAILBOX_MARGIN + 8; i++)
		cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[i]), 0);
	for (int i = 0; i < FRKI_MAILBOX_MARGIN + 8; i++) {
		cr_assert_eq(pop(), &sent[i]);
		cr_assert_not(excess);
	}
}

Test(mailbox, s5_a_policy_is_of_one_life)
{
	uint32_t life = start(1, FRKI_MAILBOX_DROP_NEWEST);

	frki_mailbox_send(&mailbox, life, &sent[0]);
	frki_mailbox_end(&mailbox);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), -ESTALE);
	pop();
	frki_mailbox_vacate(&mailbox);
	life = start(1, FRKI_MAILBOX_REJECT);
	cr_assert_eq(frki_mailbox_high(&mailbox), 0);
	frki_mailbox_send(&mailbox, life, &sent[0]);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), -ENOBUFS);
}

Test(mailbox, s5_knows_how_many_have_waited_at_most)
{
	uint32_t life = start(4, FRKI_MAILBOX_REJECT);

	cr_assert_eq(frki_mailbox_high(&mailbox), 0);
	frki_mailbox_send(&mailbox, life, &sent[0]);
	frki_mailbox_send(&mailbox, life, &sent[1]);
	frki_mailbox_put(&mailbox, &put[0]);
	/* Before anything was taken out, too. */
	cr_assert_eq(frki_mailbox_high(&mailbox), 2);
	frki_mailbox_send(&mailbox, life, &sent[2]);
	for (int i = 0; i < 4; i++)
		pop();
	cr_assert_eq(frki_mailbox_count(&mailbox), 0);
	cr_assert_eq(frki_mailbox_high(&mailbox), 3);
	frki_mailbox_send(&mailbox, life, &sent[0]);
	pop();
	cr_assert_eq(frki_mailbox_high(&mailbox), 3);
}

Test(mailbox, with_only_what_was_put_is_not_drained)
{
	start(1, FRKI_MAILBOX_REJECT);
	frki_mailbox_end(&mailbox);
	frki_mailbox_put(&mailbox, &put[0]);
	cr_assert_not(frki_mailbox_drained(&mailbox));
	cr_assert_eq(pop(), &put[0]);
	cr_assert(frki_mailbox_drained(&mailbox));
}

/* As the thread that takes them out. */
static int send_own(uint32_t life, struct frki_envelope *envelope)
{
	return frki_mailbox_send_own(&mailbox, life, envelope) ?
		       0 : frki_mailbox_send(&mailbox, life, envelope);
}

static int number_of(const struct frki_envelope *envelope)
{
	return envelope ? (int)(envelope - sent) : -1;
}

Test(mailbox, what_its_own_thread_sends_comes_in_the_order_of_arrival)
{
	uint32_t life = start(FRKI_MAILBOX_MARGIN + 10, FRKI_MAILBOX_REJECT);

	/* Own, own, somebody else's, own, own. */
	for (int i = 0; i < 5; i++)
		cr_assert_eq(i != 2 ? send_own(life, &sent[i]) :
				      frki_mailbox_send(&mailbox, life, &sent[i]), 0);
	cr_assert_eq(mailbox.own_n, 2);
	cr_assert_eq(mailbox.word & FRKI_MAILBOX_COUNT, 3);
	cr_assert(frki_mailbox_ready(&mailbox));
	cr_assert_eq(frki_mailbox_count(&mailbox), 5);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(number_of(pop()), i);
	cr_assert(frki_fifo_empty(&mailbox.own));
	/* Behind those that went another way. */
	cr_assert_eq(send_own(life, &sent[0]), 0);
	for (int i = 3; i < 5; i++)
		cr_assert_eq(number_of(pop()), i);
	cr_assert_eq(number_of(pop()), 0);
	cr_assert_null(pop());
	cr_assert_not(frki_mailbox_ready(&mailbox));
	cr_assert_eq(frki_mailbox_count(&mailbox), 0);
}

Test(mailbox, what_its_own_thread_sends_is_bounded_and_drained_too)
{
	const int max = FRKI_MAILBOX_MARGIN + 2;
	uint32_t life = start((uint32_t)max, FRKI_MAILBOX_REJECT);

	for (int i = 0; i < max; i++)
		cr_assert_eq(send_own(life, &sent[i]), 0);
	cr_assert_eq(mailbox.own_n, 2, "the rest may be the last ones there is room for");
	cr_assert_eq(frki_mailbox_count(&mailbox), (uint32_t)max);
	cr_assert_eq(send_own(life, &sent[max]), -ENOBUFS);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[max]), -ENOBUFS);
	cr_assert_eq(frki_mailbox_stop(&mailbox, life), 0);
	cr_assert_eq(send_own(life, &sent[max]), -ESTALE);
	for (int i = 0; i < max; i++) {
		cr_assert_not(frki_mailbox_drained(&mailbox));
		cr_assert_eq(number_of(pop()), i);
	}
	cr_assert(frki_mailbox_drained(&mailbox));
	cr_assert_eq(frki_mailbox_high(&mailbox), (uint32_t)max);
}

Test(mailbox, what_its_own_thread_sends_leaves_no_room_for_others)
{
	uint32_t life = start(FRKI_MAILBOX_MARGIN + 2, FRKI_MAILBOX_REJECT);

	for (int i = 0; i < FRKI_MAILBOX_MARGIN + 2; i++)
		cr_assert_eq(i < 2 ? send_own(life, &sent[i]) :
				     frki_mailbox_send(&mailbox, life, &sent[i]), 0);
	cr_assert_eq(mailbox.own_n, 2);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[20]), -ENOBUFS);
	cr_assert_eq(number_of(pop()), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[20]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[21]), -ENOBUFS);
}

Test(mailbox, with_a_tray_its_own_thread_sends_like_others)
{
	uint32_t life = start(100, FRKI_MAILBOX_REJECT);
	struct frki_tray tray;

	frki_tray_init(&tray, 4);
	cr_assert_eq(send_own(life, &sent[0]), 0);
	frki_mailbox_set_tray(&mailbox, &tray);
	cr_assert_eq(send_own(life, &sent[1]), 0);
	cr_assert_eq(mailbox.own_n, 1);
	for (int i = 0; i < 2; i++)
		cr_assert_eq(number_of(pop()), i);
	cr_assert_eq(frki_mailbox_count(&mailbox), 0);
}

Test(mailbox, behind_an_open_window_its_own_thread_waits_like_others)
{
	uint32_t life = start(FRKI_MAILBOX_MARGIN + 3, FRKI_MAILBOX_REJECT);
	struct frki_mpsc_node *before;

	/* A producer that lost its CPU between the two steps of a push. */
	atomic_fetch_add(&mailbox.word, 1);
	atomic_store(&sent[0].node.next, NULL);
	before = atomic_exchange(&mailbox.queue.head, &sent[0].node);
	cr_assert_eq(send_own(life, &sent[1]), 0);
	cr_assert(frki_fifo_empty(&mailbox.own));
	cr_assert_null(pop());
	atomic_store(&before->next, &sent[0].node);
	cr_assert_eq(number_of(pop()), 0);
	cr_assert_eq(number_of(pop()), 1);
}

Test(mailbox, what_its_own_thread_puts_comes_in_the_order_of_arrival_and_is_not_counted)
{
	uint32_t life = start(FRKI_MAILBOX_MARGIN + 10, FRKI_MAILBOX_REJECT);

	frki_mailbox_put_own(&mailbox, &put[0]);
	cr_assert_eq(send_own(life, &sent[0]), 0);
	cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[1]), 0);
	/* Behind what others have brought. */
	frki_mailbox_put_own(&mailbox, &put[1]);
	cr_assert_eq(frki_mailbox_count(&mailbox), 2);
	cr_assert_eq(pop(), &put[0]);
	cr_assert_eq(pop(), &sent[0]);
	cr_assert_eq(pop(), &sent[1]);
	cr_assert_eq(pop(), &put[1]);
	cr_assert_null(pop());
	cr_assert_eq(frki_mailbox_count(&mailbox), 0);
}

Test(mailbox, with_a_tray_its_own_thread_puts_like_others)
{
	struct frki_tray tray;

	start(100, FRKI_MAILBOX_REJECT);
	frki_tray_init(&tray, 4);
	frki_mailbox_set_tray(&mailbox, &tray);
	frki_mailbox_put_own(&mailbox, &put[0]);
	/* From where an order gets it. */
	cr_assert(frki_fifo_empty(&mailbox.own));
	cr_assert_eq(pop(), &put[0]);
}

/* What happens when its thread and another one send in the same moment. */
Test(mailbox, s5_one_more_than_the_bound_is_not_one_to_drop)
{
	const int max = FRKI_MAILBOX_MARGIN + 2;
	uint32_t life = start((uint32_t)max, FRKI_MAILBOX_REJECT);

	for (int i = 0; i < max; i++)
		cr_assert_eq(frki_mailbox_send(&mailbox, life, &sent[i]), 0);
	frki_mailbox_set_own(&mailbox, 1);
	frki_fifo_push(&mailbox.own, &sent[max].node);
	cr_assert_eq(frki_mailbox_count(&mailbox), (uint32_t)max + 1);
	cr_assert_eq(number_of(pop()), max);
	cr_assert_not(excess);
	for (int i = 0; i < max; i++) {
		cr_assert_eq(number_of(pop()), i);
		cr_assert_not(excess);
	}
	cr_assert_eq(frki_mailbox_high(&mailbox), (uint32_t)max + 1);
}

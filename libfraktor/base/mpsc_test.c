// SPDX-License-Identifier: MIT
/*
 * mpsc_test.c - the queue as one thread sees it, the window included; several
 * threads are mpsc_race.c.
 */
#include <criterion/criterion.h>

#include "base/list.h"
#include "base/mpsc.h"

static struct frki_mpsc queue;
static struct frki_mpsc_node nodes[8];

static void setup(void)
{
	frki_mpsc_init(&queue);
}

TestSuite(mpsc, .init = setup);

Test(mpsc, is_empty_at_first)
{
	cr_assert_null(frki_mpsc_pop(&queue));
	cr_assert_not(frki_mpsc_ready(&queue));
}

Test(mpsc, hands_out_in_the_order_of_pushes)
{
	for (int i = 0; i < 8; i++)
		frki_mpsc_push(&queue, &nodes[i]);
	for (int i = 0; i < 8; i++) {
		cr_assert(frki_mpsc_ready(&queue));
		cr_assert_eq(frki_mpsc_pop(&queue), &nodes[i]);
	}
	cr_assert_null(frki_mpsc_pop(&queue));
}

Test(mpsc, takes_a_popped_node_again_at_once)
{
	for (int i = 0; i < 100; i++) {
		frki_mpsc_push(&queue, &nodes[0]);
		cr_assert(frki_mpsc_ready(&queue));
		cr_assert_eq(frki_mpsc_pop(&queue), &nodes[0]);
		cr_assert_not(frki_mpsc_ready(&queue));
		cr_assert_null(frki_mpsc_pop(&queue));
	}
}

Test(mpsc, keeps_order_when_pushes_and_pops_mix)
{
	unsigned int in = 0, out = 0;

	for (int round = 0; round < 1000; round++) {
		if (in - out < 8 && (round * 7) % 5 < 3)
			frki_mpsc_push(&queue, &nodes[in++ % 8]);
		else if (in != out)
			cr_assert_eq(frki_mpsc_pop(&queue),
				     &nodes[out++ % 8]);
	}
}

/* What a producer does before and after it loses its CPU in the window. */
static struct frki_mpsc_node *open_window(struct frki_mpsc_node *node)
{
	atomic_store(&node->next, NULL);
	return atomic_exchange(&queue.head, node);
}

Test(mpsc, does_not_step_over_an_open_window)
{
	struct frki_mpsc_node *prev;

	frki_mpsc_push(&queue, &nodes[0]);
	prev = open_window(&nodes[1]);
	frki_mpsc_push(&queue, &nodes[2]);
	cr_assert_not(frki_mpsc_ready(&queue));
	cr_assert_null(frki_mpsc_pop(&queue));
	atomic_store(&prev->next, &nodes[1]);
	for (int i = 0; i < 3; i++) {
		cr_assert(frki_mpsc_ready(&queue));
		cr_assert_eq(frki_mpsc_pop(&queue), &nodes[i]);
	}
	cr_assert_null(frki_mpsc_pop(&queue));
}

Test(mpsc, an_open_window_on_an_empty_queue_looks_empty)
{
	struct frki_mpsc_node *prev = open_window(&nodes[0]);

	cr_assert_null(frki_mpsc_pop(&queue));
	cr_assert_not(frki_mpsc_ready(&queue));
	atomic_store(&prev->next, &nodes[0]);
	cr_assert_eq(frki_mpsc_pop(&queue), &nodes[0]);
}

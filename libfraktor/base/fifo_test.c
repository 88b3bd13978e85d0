// SPDX-License-Identifier: MIT
/*
 * fifo_test.c - the list that one thread has for itself.
 */
#include <criterion/criterion.h>

#include "base/fifo.h"

static struct frki_mpsc_node nodes[4];
static struct frki_fifo fifo;

static void assert_next(int i)
{
	cr_assert_not(frki_fifo_empty(&fifo));
	cr_assert_eq(frki_fifo_pop(&fifo), &nodes[i]);
}

static void assert_empty(void)
{
	cr_assert(frki_fifo_empty(&fifo));
	cr_assert_null(frki_fifo_pop(&fifo));
}

Test(fifo, gives_back_what_was_pushed_first)
{
	assert_empty();
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++)
			frki_fifo_push(&fifo, &nodes[i]);
		assert_next(0);
		frki_fifo_push(&fifo, &nodes[3]);
		for (int i = 1; i < 4; i++)
			assert_next(i);
		assert_empty();
	}
}

Test(fifo, what_is_pushed_in_front_is_next)
{
	frki_fifo_push_front(&fifo, &nodes[0]);
	frki_fifo_push(&fifo, &nodes[1]);
	frki_fifo_push_front(&fifo, &nodes[2]);
	assert_next(2);
	frki_fifo_push_front(&fifo, &nodes[3]);
	assert_next(3);
	assert_next(0);
	assert_next(1);
	assert_empty();
	frki_fifo_push(&fifo, &nodes[2]);
	frki_fifo_init(&fifo);
	assert_empty();
}

Test(fifo, all_of_another_one_comes_before)
{
	struct frki_fifo others;

	frki_fifo_init(&others);
	frki_fifo_push(&fifo, &nodes[0]);
	frki_fifo_push_all_front(&fifo, &others);
	frki_fifo_push(&others, &nodes[1]);
	frki_fifo_push(&others, &nodes[2]);
	frki_fifo_push_all_front(&fifo, &others);
	cr_assert(frki_fifo_empty(&others));
	frki_fifo_push(&fifo, &nodes[3]);
	assert_next(1);
	assert_next(2);
	assert_next(0);
	assert_next(3);
	assert_empty();
	frki_fifo_push(&others, &nodes[1]);
	frki_fifo_push_all_front(&fifo, &others);
	assert_next(1);
	assert_empty();
}

// SPDX-License-Identifier: MIT
/*
 * list_test.c - the intrusive list.
 */
#include <criterion/criterion.h>

#include "base/list.h"

struct item {
	int value;
	struct frki_list link;
};

Test(list, keeps_the_order_of_pushes)
{
	struct item items[3] = { { .value = 0 }, { .value = 1 }, { .value = 2 } };
	struct frki_list list;
	int expected = 0;

	frki_list_init(&list);
	cr_assert(frki_list_empty(&list));
	for (int i = 0; i < 3; i++)
		frki_list_push(&list, &items[i].link);
	for (struct frki_list *link = list.next; link != &list; link = link->next)
		cr_assert_eq(frki_container_of(link, struct item, link)->value,
			     expected++);
	cr_assert_eq(expected, 3);
}

Test(list, removing_twice_is_harmless)
{
	struct frki_list list, node;

	frki_list_init(&list);
	frki_list_push(&list, &node);
	frki_list_remove(&node);
	frki_list_remove(&node);
	cr_assert(frki_list_empty(&list));
	cr_assert(frki_list_empty(&node));
}

/* The values in the ring, as digits. */
static unsigned int digits(const struct frki_list *first)
{
	unsigned int value = 0;

	for (const struct frki_list *link = first; link; link = frki_ring_next(first, link))
		value = 10 * value + frki_container_of(link, const struct item, link)->value;
	return value;
}

Test(list, ring_keeps_the_order_whichever_is_removed)
{
	struct item items[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };
	struct frki_list *first = NULL;

	cr_assert_eq(digits(first), 0);
	for (int i = 0; i < 3; i++)
		frki_ring_push(&first, &items[i].link);
	cr_assert_eq(digits(first), 123);
	frki_ring_remove(&first, &items[0].link);
	cr_assert_eq(digits(first), 23);
	frki_ring_push(&first, &items[0].link);
	cr_assert_eq(digits(first), 231);
	frki_ring_remove(&first, &items[2].link);
	cr_assert_eq(digits(first), 21);
	frki_ring_remove(&first, &items[0].link);
	frki_ring_remove(&first, &items[0].link);
	cr_assert_eq(digits(first), 2);
	frki_ring_remove(&first, &items[1].link);
	cr_assert_null(first);
}

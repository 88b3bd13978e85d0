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

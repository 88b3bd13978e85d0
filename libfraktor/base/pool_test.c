// SPDX-License-Identifier: MIT
/*
 * pool_test.c - the pool as one thread sees it; several threads are pool_race.c.
 */
#include <criterion/criterion.h>

#include "base/pool.h"

#define N 5

static struct frki_pool pool;
static long objects[N];
static _Atomic uint32_t links[N];

static void setup(void)
{
	frki_pool_init(&pool, objects, sizeof(*objects), links, N);
}

TestSuite(pool, .init = setup);

Test(pool, hands_out_each_object_once_and_then_none)
{
	unsigned int seen = 0;

	for (int i = 0; i < N; i++) {
		void *object = frki_pool_get(&pool);

		cr_assert_not_null(object);
		seen |= 1U << frki_pool_index(&pool, object);
	}
	cr_assert_eq(seen, (1U << N) - 1);
	cr_assert_null(frki_pool_get(&pool));
}

Test(pool, hands_out_what_came_back_last)
{
	void *first = frki_pool_get(&pool);
	void *second = frki_pool_get(&pool);

	frki_pool_put(&pool, first);
	frki_pool_put(&pool, second);
	cr_assert_eq(frki_pool_get(&pool), second);
	cr_assert_eq(frki_pool_get(&pool), first);
}

Test(pool, finds_objects_by_index_and_refuses_others)
{
	for (uint32_t i = 0; i < N; i++)
		cr_assert_eq(frki_pool_index(&pool, frki_pool_at(&pool, i)), i);
	cr_assert_null(frki_pool_at(&pool, N));
	cr_assert_null(frki_pool_at(&pool, UINT32_MAX));
}

Test(pool, indexes_objects_of_any_size)
{
	static unsigned char room[64 * 257];
	static _Atomic uint32_t room_links[64];

	for (size_t size = 1; size <= 257; size++) {
		frki_pool_init(&pool, room, size, room_links, 64);
		for (uint32_t i = 0; i < 64; i++)
			cr_assert_eq(frki_pool_index(&pool, room + i * size), i);
	}
}

Test(pool, of_one_user_hands_out_and_takes_back_the_same)
{
	void *got[N];

	for (int i = 0; i < N; i++) {
		got[i] = frki_pool_get_alone(&pool);
		cr_assert_eq(frki_pool_index(&pool, got[i]), i);
	}
	cr_assert_null(frki_pool_get_alone(&pool));
	frki_pool_put_alone(&pool, got[3]);
	frki_pool_put_alone(&pool, got[1]);
	cr_assert_eq(frki_pool_get_alone(&pool), got[1]);
	cr_assert_eq(frki_pool_get_alone(&pool), got[3]);
	cr_assert_null(frki_pool_get_alone(&pool));
}

Test(pool, a_list_that_changed_and_changed_back_looks_changed)
{
	uint64_t before = atomic_load(&pool.head);

	frki_pool_put(&pool, frki_pool_get(&pool));
	cr_assert_eq((uint32_t)before, (uint32_t)atomic_load(&pool.head));
	cr_assert_neq(before, atomic_load(&pool.head));
}

Test(pool, of_one_object_works)
{
	frki_pool_init(&pool, objects, sizeof(*objects), links, 1);
	cr_assert_eq(frki_pool_get(&pool), &objects[0]);
	cr_assert_null(frki_pool_get(&pool));
	frki_pool_put(&pool, &objects[0]);
	cr_assert_eq(frki_pool_get(&pool), &objects[0]);
}

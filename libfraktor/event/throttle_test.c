// SPDX-License-Identifier: MIT
/*
 * throttle_test.c - a few are told, the others are counted, none is forgotten.
 */
#include <pthread.h>

#include <criterion/criterion.h>

#include "event/throttle.h"

#define THREADS 4
#define EACH 10000

Test(throttle, s9_a_few_are_told_the_rest_is_counted)
{
	struct frki_throttle throttle;

	frki_throttle_init(&throttle, 2);
	cr_assert(frki_throttle_pass(&throttle));
	cr_assert(frki_throttle_pass(&throttle));
	cr_assert_not(frki_throttle_pass(&throttle));
	cr_assert_not(frki_throttle_pass(&throttle));
	cr_assert_eq(frki_throttle_reset(&throttle), 2);
	cr_assert(frki_throttle_pass(&throttle));
	cr_assert_eq(frki_throttle_reset(&throttle), 0);
	/* Room that was not used is not added to the next. */
	cr_assert(frki_throttle_pass(&throttle));
	cr_assert(frki_throttle_pass(&throttle));
	cr_assert_not(frki_throttle_pass(&throttle));
}

static struct frki_throttle shared;
static _Atomic unsigned int told;

static void *happen(void *data)
{
	for (int i = 0; i < EACH; i++)
		if (frki_throttle_pass(&shared))
			told++;
	return data;
}

Test(throttle, s9_every_one_is_told_or_counted_whoever_comes)
{
	pthread_t threads[THREADS];
	uint64_t held = 0;

	frki_throttle_init(&shared, 8);
	for (int i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, happen, NULL), 0);
	for (int i = 0; i < 100; i++)
		held += frki_throttle_reset(&shared);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	held += frki_throttle_reset(&shared);
	cr_assert_eq(told + held, THREADS * EACH);
	cr_assert_leq(told, 8 * 102);
}

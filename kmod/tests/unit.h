/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One source for two harnesses: the tests of the module's pure parts run in
 * user space with Criterion, where a sanitizer and a debugger are at hand, and
 * in the kernel with KUnit, with the kernel's compiler flags, KASAN and real
 * cmpxchg().  A test is
 *
 *	UNIT(suite, name)
 *	{
 *		unit_eq(1 + 1, 2);
 *	}
 *
 * and the file ends with UNIT_SUITE(suite, UNIT_CASE(suite, name), ...), which
 * Criterion does not need; a test forgotten there does not compile in the
 * kernel.
 */
#ifndef FRAKTOR_UNIT_H
#define FRAKTOR_UNIT_H

#ifdef __KERNEL__

#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

/* KUnit runs one test at a time. */
static struct kunit *unit_running;

#define UNIT(suite, name)						\
	static void suite##_##name##_body(void);			\
	static void suite##_##name(struct kunit *test)			\
	{								\
		unit_running = test;					\
		suite##_##name##_body();				\
	}								\
	static void suite##_##name##_body(void)

#define UNIT_CASE(suite, name) KUNIT_CASE(suite##_##name)

#define UNIT_SUITE(suite, ...)						\
	static struct kunit_case suite##_cases[] = { __VA_ARGS__, {} };	\
	static struct kunit_suite suite##_suite = {			\
		.name = "fraktor_" #suite,				\
		.test_cases = suite##_cases,				\
	};								\
	kunit_test_suite(suite##_suite)

#define unit_true(a)	KUNIT_ASSERT_TRUE(unit_running, a)
#define unit_false(a)	KUNIT_ASSERT_FALSE(unit_running, a)
#define unit_eq(a, b)	KUNIT_ASSERT_EQ(unit_running, a, b)
#define unit_lt(a, b)	KUNIT_ASSERT_LT(unit_running, a, b)
#define unit_le(a, b)	KUNIT_ASSERT_LE(unit_running, a, b)
#define unit_gt(a, b)	KUNIT_ASSERT_GT(unit_running, a, b)
#define unit_ge(a, b)	KUNIT_ASSERT_GE(unit_running, a, b)

#else /* __KERNEL__ */

#include <criterion/criterion.h>
#include <string.h>

#define UNIT(suite, name)	Test(suite, name)
#define UNIT_CASE(suite, name)	0
#define UNIT_SUITE(suite, ...)	_Static_assert(1, "Criterion finds tests itself")

#define unit_true(a)	cr_assert(a)
#define unit_false(a)	cr_assert_not(a)
#define unit_eq(a, b)	cr_assert_eq(a, b)
#define unit_lt(a, b)	cr_assert_lt(a, b)
#define unit_le(a, b)	cr_assert_leq(a, b)
#define unit_gt(a, b)	cr_assert_gt(a, b)
#define unit_ge(a, b)	cr_assert_geq(a, b)

#endif /* __KERNEL__ */

/* Numbers that are the same everywhere: 0 .. @n - 1. */
static inline unsigned int unit_random(unsigned long long *state, unsigned int n)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned int)(((*state >> 32) * n) >> 32);
}

#endif /* FRAKTOR_UNIT_H */

// SPDX-License-Identifier: MIT
/*
 * opts_test.c - option structures of older and newer callers.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/opts.h"

TestSuite(opts, .timeout = 10);

struct old {
	size_t size;
	int a;
	int pad;
};

struct now {
	size_t size;
	int a;
	int pad;
	long b;
};

struct newer {
	size_t size;
	int a;
	int pad;
	long b;
	long c;
};

Test(opts, of_an_older_caller_are_zero_at_the_end)
{
	struct old from = { .size = sizeof(from), .a = 7 };
	struct now to;

	memset(&to, 0xff, sizeof(to));
	cr_assert_eq(frki_opts_copy(&to, sizeof(to), &from, sizeof(from)), 0);
	cr_assert_eq(to.a, 7);
	cr_assert_eq(to.b, 0);
}

Test(opts, of_a_newer_caller_must_be_zero_at_the_end)
{
	struct newer from = { .size = sizeof(from), .b = 7 };
	struct now to = { 0 };

	cr_assert_eq(frki_opts_copy(&to, sizeof(to), &from, sizeof(struct old)),
		     0);
	cr_assert_eq(to.b, 7);
	from.c = 1;
	to.b = 0;
	cr_assert_eq(frki_opts_copy(&to, sizeof(to), &from, sizeof(struct old)),
		     -EINVAL);
	cr_assert_eq(to.b, 0);
}

Test(opts, without_a_plausible_size_are_refused)
{
	struct now from = { .size = 0 }, to;

	cr_assert_eq(frki_opts_copy(&to, sizeof(to), NULL, 8), -EINVAL);
	cr_assert_eq(frki_opts_copy(&to, sizeof(to), &from, sizeof(struct old)),
		     -EINVAL);
	from.size = sizeof(struct old) - 1;
	cr_assert_eq(frki_opts_copy(&to, sizeof(to), &from, sizeof(struct old)),
		     -EINVAL);
	from.size = (size_t)-1;
	cr_assert_eq(frki_opts_copy(&to, sizeof(to), &from, sizeof(struct old)),
		     -EINVAL);
}

Test(opts, r3_6_a_result_for_an_older_caller_ends_where_his_structure_does)
{
	struct now from = { .size = sizeof(from), .a = 7, .b = 9 };
	struct {
		struct old to;
		long after;
	} caller = { .to = { .size = sizeof(caller.to) }, .after = 5 };

	cr_assert_eq(frki_opts_room(&caller.to, sizeof(struct old)), 0);
	frki_opts_return(&caller.to, &from, sizeof(from));
	cr_assert_eq(caller.to.a, 7);
	cr_assert_eq(caller.to.size, sizeof(caller.to));
	cr_assert_eq(caller.after, 5);
}

Test(opts, r3_6_a_result_for_a_newer_caller_is_zero_at_the_end)
{
	struct now from = { .size = sizeof(from), .a = 7, .b = 9 };
	struct newer to = { .size = sizeof(to), .c = 3 };

	cr_assert_eq(frki_opts_room(&to, sizeof(struct old)), 0);
	frki_opts_return(&to, &from, sizeof(from));
	cr_assert_eq(to.b, 9);
	cr_assert_eq(to.c, 0);
	cr_assert_eq(to.size, sizeof(to));
}

Test(opts, a_result_needs_a_size)
{
	struct now to = { .size = 0 };

	cr_assert_eq(frki_opts_room(NULL, sizeof(struct old)), -EINVAL);
	cr_assert_eq(frki_opts_room(&to, sizeof(struct old)), -EINVAL);
	to.size = sizeof(struct old) - 1;
	cr_assert_eq(frki_opts_room(&to, sizeof(struct old)), -EINVAL);
	to.size = 4097;
	cr_assert_eq(frki_opts_room(&to, sizeof(struct old)), -EINVAL);
}

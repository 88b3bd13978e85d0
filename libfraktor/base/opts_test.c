// SPDX-License-Identifier: MIT
/*
 * opts_test.c - option structures of older and newer callers.
 */
#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include "base/opts.h"

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

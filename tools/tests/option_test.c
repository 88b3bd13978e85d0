// SPDX-License-Identifier: MIT
/*
 * option_test.c - numbers as they are typed.
 */
#include <criterion/criterion.h>

#include "common/option.h"

Test(option, a_number_is_digits_within_its_range)
{
	uint64_t value = 0;

	cr_assert(option_number("0", 0, 10, &value));
	cr_assert_eq(value, 0);
	cr_assert(option_number("10", 1, 10, &value));
	cr_assert_eq(value, 10);
	cr_assert(option_number("18446744073709551615", 0, UINT64_MAX, &value));
	cr_assert_eq(value, UINT64_MAX);
}

Test(option, all_else_is_none_and_leaves_the_value_alone)
{
	static const char *const bad[] = {
		"", " 1", "+1", "-1", "1 ", "1x", "0x1", "1e3", "1.0", "0", "11", "18446744073709551616",
	};
	uint64_t value = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_assert_not(option_number(bad[i], 1, 10, &value), "%s", bad[i]);
		cr_assert_eq(value, 7);
	}
}

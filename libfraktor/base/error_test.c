/* SPDX-License-Identifier: MIT */
/*
 * error_test.c - the error record: what is written into it, what is printed.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static void print(const struct frk_error *error, char *text, size_t size)
{
	FILE *stream = fmemopen(text, size, "w");

	cr_assert_not_null(stream);
	cr_assert_eq(frk_error_print(error, stream), 1);
	fclose(stream);
}

Test(error, set_fills_every_field_and_returns_the_code)
{
	struct frk_error error;

	cr_assert_eq(frki_error_set(&error, -ENOENT, "kernel", "open(/dev/x)", "no %s",
				    "/dev/x"),
		     -ENOENT);
	cr_assert_eq(error.code, -ENOENT);
	cr_assert_str_eq(error.driver, "kernel");
	cr_assert_str_eq(error.call, "open(/dev/x)");
	cr_assert_str_eq(error.text, "no /dev/x");
}

Test(error, set_takes_null_for_the_record_and_for_names)
{
	struct frk_error error;

	cr_assert_eq(frki_error_set(NULL, -EPERM, "d", "c", "t"), -EPERM);
	frki_error_set(&error, -EPERM, NULL, NULL, "t");
	cr_assert_str_eq(error.driver, "");
	cr_assert_str_eq(error.call, "");
}

Test(error, set_cuts_what_is_too_long)
{
	struct frk_error error;
	char longer[400];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	frki_error_set(&error, -EIO, longer, longer, "%s", longer);
	cr_assert_eq(strlen(error.driver), sizeof(error.driver) - 1);
	cr_assert_eq(strlen(error.call), sizeof(error.call) - 1);
	cr_assert_eq(strlen(error.text), sizeof(error.text) - 1);
}

Test(error, r1_3_print_names_driver_call_and_errno_on_one_line)
{
	struct frk_error error;
	char text[512];

	frki_error_set(&error, -ENOENT, "kernel", "open(/dev/fraktor)", "no");
	print(&error, text, sizeof(text));
	cr_assert_str_eq(text, "fraktor: no (driver kernel: "
			       "open(/dev/fraktor): ENOENT)\n");
}

Test(error, print_leaves_out_what_is_not_known)
{
	struct frk_error error;
	char text[512];

	frki_error_set(&error, -123456, NULL, NULL, "bad");
	print(&error, text, sizeof(text));
	cr_assert_str_eq(text, "fraktor: bad (?)\n");
}

Test(error, version_is_three_numbers)
{
	int major, minor, patch;

	cr_assert_eq(sscanf(frk_version(), "%d.%d.%d", &major, &minor, &patch), 3);
}

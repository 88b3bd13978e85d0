/* SPDX-License-Identifier: MIT */
/*
 * kernel_source_test.c - why a line ended, in words; the ioctls themselves are
 * driver_kernel_test.c's.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tick/kernel_source.h"

TestSuite(kernel_source, .timeout = 10);

Test(kernel_source, r3_6_who_was_asked_to_stop_needs_no_reason)
{
	cr_assert_str_eq(frki_kernel_source_why(FRAKTOR_REASON_NONE), "");
	cr_assert_str_eq(frki_kernel_source_why(FRAKTOR_REASON_ASKED), "");
}

Test(kernel_source, r3_6_every_other_reason_has_words_of_its_own)
{
	const char *newer = frki_kernel_source_why(4711);
	size_t room = sizeof(((struct frk_driver_info *)0)->stopped);
	uint32_t i, j;

	cr_assert_lt(strlen(newer), room);
	for (i = FRAKTOR_REASON_OWNER_CLOSED; i <= FRAKTOR_REASON_ADMIN; i++) {
		const char *why = frki_kernel_source_why(i);

		cr_expect(*why && strcmp(why, newer), "reason %u", i);
		cr_expect_lt(strlen(why), room);
		for (j = FRAKTOR_REASON_OWNER_CLOSED; j < i; j++)
			cr_expect_str_neq(why, frki_kernel_source_why(j));
	}
	cr_expect_str_eq(frki_kernel_source_why(FRAKTOR_REASON_ADMIN + 1), newer);
}

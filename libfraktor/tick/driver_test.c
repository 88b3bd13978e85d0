/* SPDX-License-Identifier: MIT */
/*
 * driver_test.c - finding a driver by its name.
 */
#include <criterion/criterion.h>

#include <fraktor/tick.h>

Test(driver, built_in_ones_are_found_by_name)
{
	cr_assert_eq(frk_driver_find("kernel"), &frk_driver_kernel);
	cr_assert_eq(frk_driver_find("timerfd"), &frk_driver_timerfd);
	cr_assert_eq(frk_driver_kernel.kind, FRK_DRIVER_KERNEL);
	cr_assert_eq(frk_driver_timerfd.kind, FRK_DRIVER_TIMERFD);
}

Test(driver, an_unknown_name_is_not_found)
{
	cr_assert_null(frk_driver_find("manual"));
	cr_assert_null(frk_driver_find(""));
	cr_assert_null(frk_driver_find(NULL));
}

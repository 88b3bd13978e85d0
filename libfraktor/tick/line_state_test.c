/* SPDX-License-Identifier: MIT */
/*
 * line_state_test.c - the memory that a driver gets for its state.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdint.h>

#include <fraktor/tick.h>

/* It opens nothing: it says what it was given. */
static int open_aligned(void *state, const struct frk_driver_opts *opts,
			struct frk_error *error)
{
	(void)opts;
	(void)error;
	return (uintptr_t)state % 64 ? -EFAULT : -EBUSY;
}

/* Members of a state may want a cache line of their own; in another driver, too. */
Test(line_state, r2_1_it_has_the_alignment_that_drivers_need)
{
	struct frk_driver_ops ops = frk_driver_nanosleep;
	const struct frk_driver_member member = { .driver = &ops };
	const struct frk_driver_opts opts = FRK_DRIVER_OPTS(
		.period_ns = FRK_MS(1), .members = &member, .members_n = 1);
	struct frk_line *line;

	ops.open = open_aligned;
	for (size_t size = 1; size < 2000; size += 24) {
		ops.state_size = size;
		cr_assert_eq(frk_line_open(&ops, &opts, NULL, &line), -EBUSY);
		cr_assert_eq(frk_line_open(&frk_driver_fused, &opts, NULL, &line), -EBUSY);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * driver_manual_test.c - the driver of tests is a driver like any other, but for
 * what makes it tick.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <time.h>

#include "testing/beaten_driver.h"
#include "testing/conformance_driver.h"
#include "testing/manual_driver.h"

static const struct frk_driver_opts normal = {
	.size = sizeof(normal),
	.name = "test",
	.period_ns = FRK_MS(1),
	.clockid = CLOCK_MONOTONIC,
	.slots = 64,
};

TestSuite(driver_manual, .timeout = 60);

Test(driver_manual, r2_4_conforms)
{
	const struct frki_conformance_check *check;

	for (check = frki_conformance_driver; check->name; check++) {
		const char *wrong = check->run(&frki_beaten_manual, &normal);

		cr_expect_null(wrong, "%s: %s", check->name, wrong);
	}
}

Test(driver_manual, r3_5_nothing_ticks_but_the_test)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	struct frk_tick tick;
	struct frk_line *line;

	cr_assert_eq(frki_manual_tick(1), -ESHUTDOWN);
	cr_assert_eq(frk_line_open(&frki_driver_manual, &normal, NULL, &line), 0);
	cr_assert_eq(frk_line_start(line, NULL), 0);
	nanosleep(&pause, NULL);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 0);
	cr_assert_eq(frki_manual_tick(3), 0);
	cr_assert_eq(frk_line_drain(line, &tick, 1), 1);
	cr_assert_eq(tick.deadline_ns, FRKI_MANUAL_START_NS + FRK_MS(1));
	cr_assert_eq(tick.fired_ns, FRKI_MANUAL_START_NS + FRK_MS(3));
	cr_assert_eq(tick.periods, 3);
	frk_line_close(line);
	cr_assert_eq(frki_manual_tick(1), -ESHUTDOWN);
}

/* SPDX-License-Identifier: MIT */
/*
 * driver_kernel_supply_test.c - the module's lines, ended and made again under
 * one name, and followed by another driver.  Patience of less than a period ends
 * each of them at once.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tick/supply.h"

static struct frki_supply supply;
static struct frk_event stopped, changed;
static unsigned int stops, starts, changes;

static void setup(void)
{
	const char *wanted = getenv("FRAKTOR_TEST_KERNEL");

	if (!wanted || strcmp(wanted, "1"))
		cr_skip_test("FRAKTOR_TEST_KERNEL is not 1");
	frki_registry_init(&supply.bootstrap.registry);
}

static void on_event(void *data, const struct frk_event *event)
{
	(void)data;
	if (event->key == FRK_EVENT_DRIVER_STOPPED) {
		stopped = *event;
		stops++;
	}
	if (event->key == FRK_EVENT_DRIVER_CHANGED) {
		changed = *event;
		changes++;
	}
	starts += event->key == FRK_EVENT_DRIVER_STARTED;
}

static const struct frki_supply_ops ops = { .event = on_event };

static void run(const struct frki_supply_opts *opts)
{
	struct frk_error error = { 0 };
	struct frk_tick tick;
	int ret;

	cr_assert_eq(frki_supply_start(&supply, opts, &ops, NULL, &error), 0, "%s",
		     error.text);
	while ((ret = frki_supply_drain(&supply, &tick)) >= 0)
		if (!ret)
			frki_supply_wait(&supply);
	cr_assert_eq(ret, -ESHUTDOWN);
	frki_supply_stop(&supply);
	frki_supply_close(&supply);
}

static struct frki_supply_opts impatient(enum frk_stop_policy policy)
{
	return (struct frki_supply_opts){
		.driver = &frk_driver_kernel,
		.line = {
			.size = sizeof(struct frk_driver_opts),
			.name = "supply",
			.period_ns = FRK_S(10),
		},
		.policy = policy,
		.attempts = 5,
		.backoff_ns = FRK_MS(1),
		.silent_ns = FRK_MS(20),
	};
}

Test(driver_kernel, r2_3_a_line_is_made_again_under_its_name, .init = setup,
     .timeout = 60)
{
	const struct frki_supply_opts opts = impatient(FRK_STOP_RETRY);

	run(&opts);
	cr_assert_geq(starts, 6);
	cr_assert_eq(stops, starts);
	cr_assert_eq(stopped.driver.reason, FRK_STOP_SILENT);
	cr_assert_eq(stopped.driver.then, FRK_THEN_SHUTDOWN);
	cr_assert_str_eq(stopped.driver.name, "kernel");
}

Test(driver_kernel, r2_3_r3_4_the_best_other_driver_takes_over, .init = setup,
     .timeout = 60)
{
	const struct frki_supply_opts opts = impatient(FRK_STOP_FALLBACK);

	run(&opts);
	cr_assert_eq(changes, 1);
	cr_assert_str_eq(changed.driver.name, "timerfd");
	cr_assert_str_eq(changed.driver.next, "kernel");
	cr_assert_eq(stops, 2);
}

/* SPDX-License-Identifier: MIT */
/*
 * intent_test.c - what each latency comes to.
 */
#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#include "tick/intent.h"

static char choice[128];

static struct frk_driver_opts resolved(struct frk_driver_opts opts, bool isolated)
{
	opts.period_ns = FRK_MS(1);
	if (!opts.clockid)
		opts.clockid = CLOCK_MONOTONIC;
	frki_intent_resolve(&opts, isolated, choice, sizeof(choice));
	return opts;
}

#define resolve(isolated, ...) resolved((struct frk_driver_opts){ __VA_ARGS__ }, isolated)

Test(intent, r3_6_each_latency_has_its_means_and_says_so)
{
	struct frk_driver_opts opts;

	opts = resolve(false, .latency = FRK_LATENCY_DEFAULT);
	cr_expect_eq(opts.wait, FRK_WAIT_URING);
	cr_expect_eq(opts.lead_ns, 0);
	opts = resolve(false, .latency = FRK_LATENCY_POWERSAVE);
	cr_expect_eq(opts.accuracy_ns, FRK_US(125));
	cr_expect_eq(opts.lead_ns, 0);
	cr_expect_not_null(strstr(choice, "powersave"), "%s", choice);
	opts = resolve(false, .latency = FRK_LATENCY_BALANCED);
	cr_expect_eq(opts.wait, FRK_WAIT_BLOCK);
	cr_expect_eq(opts.lead_ns, 0);
	opts = resolve(false, .latency = FRK_LATENCY_LOW);
	cr_expect_eq(opts.wait, FRK_WAIT_BLOCK);
	cr_expect_eq(opts.lead_ns, FRK_LEAD_AUTO);
	cr_expect_eq(opts.spin_max_ppm, 50000);
	cr_expect_not_null(strstr(choice, "lead auto"), "%s", choice);
	opts = resolve(false, .latency = FRK_LATENCY_LOWEST);
	cr_expect_eq(opts.wait, FRK_WAIT_HYBRID);
	cr_expect_eq(opts.lead_ns, FRK_LEAD_AUTO);
}

Test(intent, r3_6_only_a_cpu_that_nobody_wants_is_spun_on)
{
	struct frk_driver_opts opts;

	opts = resolve(true, .latency = FRK_LATENCY_LOWEST);
	cr_expect_eq(opts.wait, FRK_WAIT_SPIN);
	cr_expect_not_null(strstr(choice, "isolated"), "%s", choice);
	opts = resolve(true, .latency = FRK_LATENCY_LOW);
	cr_expect_eq(opts.wait, FRK_WAIT_BLOCK);
}

Test(intent, r3_6_what_is_named_stays)
{
	struct frk_driver_opts opts;

	opts = resolve(false, .latency = FRK_LATENCY_LOW, .wait = FRK_WAIT_POLL,
		       .lead_ns = 4711, .spin_max_ppm = 7);
	cr_expect_eq(opts.wait, FRK_WAIT_POLL);
	cr_expect_eq(opts.lead_ns, 4711);
	cr_expect_eq(opts.spin_max_ppm, 7);
	opts = resolve(false, .latency = FRK_LATENCY_LOW, .lead_ns = FRK_LEAD_NONE);
	cr_expect_eq(opts.lead_ns, 0);
	/* What may be late need not be early; a lead takes no accuracy. */
	opts = resolve(false, .latency = FRK_LATENCY_LOW, .accuracy_ns = 9);
	cr_expect_eq(opts.lead_ns, 0);
	opts = resolve(false, .latency = FRK_LATENCY_POWERSAVE, .lead_ns = 9);
	cr_expect_eq(opts.accuracy_ns, 0);
}

Test(intent, r1_2_a_clock_that_can_be_set_back_has_no_lead)
{
	struct frk_driver_opts opts;

	opts = resolve(false, .latency = FRK_LATENCY_LOWEST, .clockid = CLOCK_TAI);
	cr_expect_eq(opts.lead_ns, 0);
}

Test(intent, lists_of_cpus)
{
	cr_expect(frki_intent_lists("1\n", 1));
	cr_expect(frki_intent_lists("1,3-5\n", 4));
	cr_expect(frki_intent_lists("0-2,7", 7));
	cr_expect_not(frki_intent_lists("1,3-5\n", 2));
	cr_expect_not(frki_intent_lists("\n", 0));
	cr_expect_not(frki_intent_lists("", 0));
	cr_expect_not(frki_intent_lists("nonsense", 0));
	cr_expect_not(frki_intent_isolated(0));
}

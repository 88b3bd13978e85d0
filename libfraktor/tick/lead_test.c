/* SPDX-License-Identifier: MIT */
/*
 * lead_test.c - the calibration, with wake-ups that take what the test says.
 */
#include <criterion/criterion.h>

#include "tick/lead.h"

#define PERIOD 1000000U
#define PERCENT 10000U /* of a CPU, in parts per million */

static struct frki_lead lead;
static unsigned int changes;
static uint64_t spun_ns, hits, ticks;

static void begin(uint64_t period_ns, uint32_t spin_max_ppm)
{
	frki_lead_init(&lead, period_ns, spin_max_ppm);
	changes = 0;
	spun_ns = hits = ticks = 0;
}

static void forget(void)
{
	spun_ns = hits = ticks = changes = 0;
}

/* One tick whose wake-up takes so long. */
static void wake_in(uint64_t need_ns)
{
	int64_t slack_ns = (int64_t)lead.lead_ns - (int64_t)need_ns;

	ticks++;
	hits += slack_ns >= 0;
	spun_ns += slack_ns > 0 ? (uint64_t)slack_ns : 0;
	changes += frki_lead_sample(&lead, slack_ns);
}

/* The same numbers in every run. */
static uint64_t noise(uint64_t below)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (state >> 33) % below;
}

static void run(unsigned int n, uint64_t need_ns, uint64_t spread_ns)
{
	while (n--)
		wake_in(need_ns + noise(spread_ns + 1));
}

Test(lead, r1_2_begins_long_and_within_bounds)
{
	begin(PERIOD, 5 * PERCENT);
	cr_expect_eq(lead.lead_ns, 50000);
	begin(100000, 5 * PERCENT);
	cr_expect_eq(lead.lead_ns, 12500);
	begin(1000, 5 * PERCENT);
	cr_expect_leq(lead.lead_ns, 500);
}

Test(lead, r1_2_steady_is_found_soon_and_left_alone)
{
	begin(PERIOD, 5 * PERCENT);
	run(32, 5200, 300);
	cr_expect_geq(lead.lead_ns, 5500);
	cr_expect_leq(lead.lead_ns, 8000);
	run(1000, 5200, 300);
	forget();
	run(20000, 5200, 300);
	cr_expect_leq(changes, 2, "%u changes", changes);
	cr_expect_geq(hits * 1000, ticks * 995);
	cr_expect_leq(spun_ns / ticks, 1500, "spins %lu a tick", spun_ns / ticks);
}

Test(lead, r1_2_a_step_up_is_followed_within_a_few_ticks)
{
	begin(PERIOD, 5 * PERCENT);
	run(2000, 5000, 500);
	run(40, 20000, 1000);
	cr_expect_geq(lead.lead_ns, 21000);
	forget();
	run(5000, 20000, 1000);
	cr_expect_geq(hits * 1000, ticks * 995);
	cr_expect_leq(changes, 3);
}

Test(lead, r1_2_a_step_down_is_followed_after_a_while)
{
	begin(PERIOD, 5 * PERCENT);
	run(2000, 20000, 1000);
	forget();
	run(300, 5000, 500);
	cr_expect_eq(changes, 0, "too hasty");
	run(2000, 5000, 500);
	cr_expect_leq(lead.lead_ns, 7500, "still %lu", lead.lead_ns);
	cr_expect_geq(lead.lead_ns, 5500);
	cr_expect_leq(changes, 2);
}

Test(lead, r1_2_a_few_slow_wake_ups_do_not_count)
{
	begin(PERIOD, 5 * PERCENT);
	for (int i = 0; i < 5000; i++)
		wake_in(i % 400 ? 5000 : 200000);
	cr_expect_leq(lead.lead_ns, 8000, "is %lu", lead.lead_ns);
}

Test(lead, r1_2_two_kinds_of_wake_up_are_both_covered_if_that_is_paid_for)
{
	begin(PERIOD, 10 * PERCENT);
	for (int i = 0; i < 5000; i++)
		wake_in(i % 10 ? 3000 : 50000);
	cr_expect_geq(lead.lead_ns, 50000);
	forget();
	for (int i = 0; i < 5000; i++)
		wake_in(i % 10 ? 3000 : 50000);
	cr_expect_geq(hits * 1000, ticks * 995);
}

Test(lead, r1_2_or_else_the_fast_kind_and_nothing_is_burnt_for_the_slow_one)
{
	begin(PERIOD, 1 * PERCENT);
	for (int i = 0; i < 5000; i++)
		wake_in(i % 10 ? 3000 : 50000);
	cr_expect_geq(lead.lead_ns, 3000);
	cr_expect_leq(lead.lead_ns, 4000, "is %lu", lead.lead_ns);
	forget();
	for (int i = 0; i < 5000; i++)
		wake_in(i % 10 ? 3000 : 50000);
	cr_expect_geq(hits * 1000, ticks * 895);
	cr_expect_leq(changes, 1, "%u changes", changes);
}

Test(lead, r1_2_the_budget_is_kept_whatever_comes)
{
	for (uint32_t percent = 0; percent <= 20; percent += 4) {
		begin(PERIOD, percent * PERCENT);
		run(1000, 1000, 100000);
		forget();
		run(20000, 1000, 100000);
		cr_expect_leq(spun_ns / ticks, percent * PERIOD / 100 * 21 / 20 + 100,
			      "%u %%: spins %lu a tick", percent, spun_ns / ticks);
	}
}

Test(lead, r1_2_no_means_no_lead)
{
	begin(PERIOD, 0);
	run(1000, 5000, 500);
	cr_expect_eq(lead.lead_ns, 0);
}

Test(lead, r1_2_never_beyond_half_a_period)
{
	begin(20000, 100 * PERCENT);
	run(3000, 15000, 5000);
	cr_expect_leq(lead.lead_ns, 10000);
	begin(100 * PERIOD, 100 * PERCENT);
	run(3000, 5000000, 0);
	cr_expect_leq(lead.lead_ns, 1000000);
}

Test(lead, every_need_has_a_bucket)
{
	for (uint64_t need = 1; need < 1ULL << 40; need += need / 7 + 1) {
		begin(1ULL << 50, 100 * PERCENT);
		lead.max_ns = UINT64_MAX;
		for (int i = 0; i < 40; i++)
			wake_in(need);
		if (need < 1500000)
			cr_expect_geq(lead.lead_ns, need, "need %lu, lead %lu", need,
				      lead.lead_ns);
		if (need > 1000 && need < 1500000)
			cr_expect_leq(lead.lead_ns, need * 2);
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * judge_test.c - what can be true, and what cannot, record by record.
 */
#include <criterion/criterion.h>

#include "tick/judge.h"

static struct frki_judge judge;
static struct frk_tick tick;

static const uint64_t now_ns = FRK_S(1000);

static void init(enum frk_driver_kind kind, uint32_t flags)
{
	const struct frk_driver_ops ops = { .size = sizeof(ops), .kind = kind,
					    .flags = flags };

	frki_judge_init(&judge, &ops, FRK_MS(1));
	tick = (struct frk_tick){ .seq = 1, .periods = 1, .deadline_ns = now_ns,
				  .fired_ns = now_ns };
}

static void setup(void)
{
	init(FRK_DRIVER_CUSTOM, 0);
}

TestSuite(judge, .init = setup);

#define AHEAD "it told of a tick that is still to come"
#define EARLY "it ticked before the deadline"
#define BACK "it went back in time"

static void is_true(void)
{
	const char *wrong = frki_judge_hear(&judge, &tick, now_ns);

	cr_assert_null(wrong, "%s", wrong);
	tick.seq++;
}

static void is_wrong(const char *words)
{
	const char *wrong = frki_judge_hear(&judge, &tick, now_ns);

	cr_assert_not_null(wrong, "%s", words);
	cr_assert_str_eq(wrong, words);
}

Test(judge, r2_3_what_is_due_can_be_true)
{
	is_true();
	tick.deadline_ns -= FRK_MS(1);
	is_wrong(BACK);
}

/* A lead is half a period and a millisecond, at most. */
Test(judge, r1_2_a_lead_is_no_licence)
{
	tick.flags = FRK_TICK_LEAD;
	tick.deadline_ns = now_ns + FRK_US(500);
	is_true();
	tick.deadline_ns = now_ns + FRK_US(500) + 1;
	is_wrong(EARLY);
	tick.deadline_ns = now_ns + FRK_S(3600);
	is_wrong(EARLY);
	tick.deadline_ns = now_ns + FRK_US(500);
	tick.fired_ns = now_ns + 1;
	is_wrong(AHEAD);
}

Test(judge, r1_2_a_lead_of_a_long_period_is_a_millisecond)
{
	judge.period_ns = FRK_S(1);
	tick.flags = FRK_TICK_LEAD;
	tick.deadline_ns = now_ns + FRK_MS(1) + 1;
	is_wrong(EARLY);
	tick.deadline_ns = now_ns + FRK_MS(1);
	is_true();
}

/* The last of the periods is to have passed, not the first. */
Test(judge, r1_2_a_tick_for_many_periods_is_due_with_the_last)
{
	tick.periods = 1000;
	is_wrong(EARLY);
	tick.periods = UINT32_MAX;
	is_wrong(EARLY);
	tick.periods = 1000;
	tick.deadline_ns = now_ns - FRK_MS(999);
	is_true();
	/* And that time is not told again. */
	tick.periods = 1;
	tick.deadline_ns = now_ns - FRK_MS(500);
	is_wrong(BACK);
	tick.deadline_ns = now_ns;
	is_true();
}

/* Of a clock of its own, which is a bit fast, a thousand periods take less. */
Test(judge, r1_5_a_fast_line_does_not_lie)
{
	tick.periods = 1000;
	tick.deadline_ns = now_ns - FRK_MS(950);
	is_true();
	tick.periods = 1;
	tick.deadline_ns = now_ns;
	is_true();
}

Test(judge, r1_2_when_the_period_was_changed_only_the_first_is_known)
{
	tick.flags = FRK_TICK_CHANGED;
	tick.periods = 1000;
	is_true();
	tick.flags = 0;
	is_true();
	tick.deadline_ns = now_ns + 1;
	is_wrong(EARLY);
}

/* What was said before the clock went back is true. */
Test(judge, r1_2_a_clock_that_is_set_back_makes_no_liar)
{
	uint64_t latest_ns = frki_judge_latest(&judge, now_ns, FRK_S(100));

	cr_assert_eq(latest_ns, now_ns);
	cr_assert_null(frki_judge_hear(&judge, &tick, latest_ns));
	tick.seq++;
	tick.deadline_ns = tick.fired_ns = now_ns + FRK_MS(1);
	latest_ns = frki_judge_latest(&judge, now_ns - FRK_S(500),
				       FRK_S(100) + FRK_MS(2));
	cr_assert_eq(latest_ns, now_ns + FRK_MS(2));
	cr_assert_null(frki_judge_hear(&judge, &tick, latest_ns));
	/* Who jumps ahead is one all the same. */
	tick.seq++;
	tick.deadline_ns = tick.fired_ns = now_ns + FRK_MS(3);
	cr_assert_str_eq(frki_judge_hear(&judge, &tick, latest_ns), AHEAD);
}

Test(judge, r1_2_a_clock_that_is_set_forward_is_followed)
{
	frki_judge_latest(&judge, now_ns, FRK_S(100));
	cr_assert_eq(frki_judge_latest(&judge, now_ns + FRK_S(9), FRK_S(100)),
		     now_ns + FRK_S(9));
}

/* Each by its own clock, which need not be the whole's; and each in its own order. */
Test(judge, r2_2_what_was_judged_one_by_one_is_not_judged_again)
{
	init(FRK_DRIVER_FUSED, 0);
	tick.deadline_ns = tick.fired_ns = now_ns + FRK_S(9000);
	is_true();
	tick.deadline_ns = tick.fired_ns = FRK_S(1);
	is_true();
	tick.seq = 1;
	is_wrong("it told of a tick twice");
}

Test(judge, r3_3_who_makes_up_his_time_is_in_order_and_no_more)
{
	init(FRK_DRIVER_CUSTOM, FRK_DRIVER_SIMULATED);
	tick.deadline_ns = now_ns + FRK_S(9000);
	is_true();
	tick.deadline_ns--;
	is_wrong(BACK);
}

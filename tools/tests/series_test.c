// SPDX-License-Identifier: MIT
/*
 * Slices of time: every tick is in one of them, however long it goes on, and
 * times that are nonsense do no harm.
 */
#include <criterion/criterion.h>

#include "plot/plot.h"

#define MS UINT64_C(1000000)

static struct series series;

static void empty(void)
{
	series = (struct series){ 0 };
}

TestSuite(series, .timeout = 30, .init = empty);

static uint64_t sum(void)
{
	return series_join(&series, 0, series.count).count;
}

Test(series, a_tick_is_in_the_slice_of_its_time)
{
	series_add(&series, 500 * MS, 1000, 0, 0);
	series_add(&series, 501 * MS, 3000, MS, MS);
	cr_assert_eq(series.slice_ns, MS / 10);
	cr_expect_eq(series.begin_ns, 500 * MS);
	cr_expect_eq(series.count, 11);
	cr_expect_eq(series.slice[0].count, 1);
	cr_expect_eq(series.slice[5].count, 0);
	cr_expect_eq(series.slice[10].max_ns, 3000);
	cr_expect_eq(series.slice[10].nominal_ns, MS);
}

Test(series, slices_get_longer_and_lose_nothing)
{
	for (uint64_t n = 0; n < 100000; n++) {
		series_add(&series, 7 + n * MS, 1000 + n % 10, n * MS, n * MS);
		cr_assert_leq(series.count, SERIES_SLICES);
	}
	cr_expect_eq(sum(), 100000);
	cr_expect_geq(series.count, SERIES_SLICES / 2);
	cr_expect_geq(series.slice_ns * series.count, 99999 * MS);
	for (size_t i = 0; i < series.count; i++) {
		cr_expect_eq(series.slice[i].min_ns, 1000);
		cr_expect_eq(series.slice[i].max_ns, 1009);
		cr_expect_eq(series.slice[i].real_ns, series.slice[i].nominal_ns);
		cr_expect(!i || series.slice[i].real_ns > series.slice[i - 1].real_ns);
	}
}

Test(series, a_pause_leaves_slices_empty)
{
	series_add(&series, 0, 5, 0, 0);
	series_add(&series, 3600000 * MS, 7, 0, 0);
	cr_expect_eq(sum(), 2);
	cr_expect_eq(series.slice[0].max_ns, 5);
	cr_expect_eq(series.slice[series.count - 1].max_ns, 7);
	cr_expect_eq(series_join(&series, 1, series.count - 2).count, 0);
}

Test(series, joining_goes_no_further_than_there_is_something)
{
	series_add(&series, 0, 5, 0, 0);
	cr_expect_eq(series_join(&series, 0, 1000000).count, 1);
	cr_expect_eq(series_join(&series, 1, 1).count, 0);
}

Test(series, nonsense_does_no_harm)
{
	series_add(&series, UINT64_MAX / 2, UINT64_MAX, UINT64_MAX, 1);
	series_add(&series, 0, 0, 0, 0);
	series_add(&series, UINT64_MAX, 1, 2, 3);
	cr_expect_eq(sum(), 3);
	cr_expect_leq(series.count, SERIES_SLICES);
}

/* What is drawn is what is reported. */
Test(series, r1_5_a_plot_has_the_ticks_of_the_report)
{
	static struct plot plot;
	struct record_tick tick = { .periods = 1 };

	report_period(&plot.report, MS);
	for (uint64_t n = 0; n < 3000; n++) {
		/* Every hundredth is a note: it is no tick. */
		tick = (struct record_tick){ .seq = n, .deadline_ns = n * MS,
					     .fired_ns = n * MS + 400, .periods = n % 100 != 99 };
		plot_tick(&plot, &tick);
	}
	series = plot.series;
	cr_expect_eq(plot.report.ticks, 2970);
	cr_expect_eq(sum(), 2970);
	cr_expect_eq(series_join(&series, 0, series.count).max_ns, 400);
	cr_expect_eq(series_join(&series, 0, series.count).nominal_ns, plot.report.nominal_ns);
}

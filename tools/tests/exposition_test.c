// SPDX-License-Identifier: MIT
/*
 * The text format of Prometheus: units, escapes, the histogram, groups.  That
 * Prometheus itself takes it is tested with the module: vm-export.sh.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "common/exposition.h"

static char *text;
static size_t size;
static FILE *out;

static void open_text(void)
{
	out = open_memstream(&text, &size);
}

static void free_text(void)
{
	free(text);
}

TestSuite(exposition, .init = open_text, .fini = free_text, .timeout = 10);

static void print(struct frk_source *source, size_t count, struct frk_reader *reader)
{
	const struct client_sources sources = { .source = source, .count = count };
	const struct client_readers readers = { .reader = reader, .count = reader ? 1 : 0 };

	exposition_print(&sources, &readers, out);
	fclose(out);
}

static struct frk_source some_source(const char *name)
{
	struct frk_source source = {
		.id = 7, .state = 1, .clockid = 1, .readers = 2, .period_ns = 1000000,
		.driver = "hrtimer", .ticks = 12402, .missed = 3, .dropped = 4,
		.ticks_last_second = 1000, .drift_ppb = -1500, .running_ns = 12402000000,
		.lateness_mean_ns = 4000, .lateness_max_ns = 39100,
		.drift_budget_ppb = 50000000, .lead_ns = 8000, .early = 12000, .lead_missed = 9,
		.histogram = { [0] = 2, [10] = 12, [31] = 1 },
	};

	snprintf(source.name, sizeof(source.name), "%s", name);
	return source;
}

static bool says(const char *what)
{
	return strstr(text, what) != NULL;
}

static size_t count_of(const char *what)
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)); at++)
		count++;
	return count;
}

Test(exposition, r1_5_units_are_seconds_and_ratios)
{
	struct frk_source source = some_source("audio");

	print(&source, 1, NULL);
	cr_expect(says("\nfraktor_up 1\n"));
	cr_expect(says("# TYPE fraktor_ticks_total counter\nfraktor_ticks_total{source=\"audio\"} 12402\n"));
	cr_expect(says("\nfraktor_period_seconds{source=\"audio\"} 0.001000000\n"));
	cr_expect(says("\nfraktor_running_seconds{source=\"audio\"} 12.402000000\n"));
	cr_expect(says("\nfraktor_drift_ratio{source=\"audio\"} -0.000001500\n"));
	cr_expect(says("\nfraktor_drift_budget_ratio{source=\"audio\"} 0.050000000\n"));
	cr_expect(says("\nfraktor_lead_seconds{source=\"audio\"} 0.000008000\n"));
	cr_expect(says("\nfraktor_early_ticks_total{source=\"audio\"} 12000\n"));
	cr_expect(says("\nfraktor_lead_missed_ticks_total{source=\"audio\"} 9\n"));
	cr_expect(says("\nfraktor_readers{source=\"audio\"} 2\n"));
	cr_expect(says("\nfraktor_source_state{source=\"audio\",state=\"running\",reason=\"none\"} 1\n"));
	cr_expect(says("driver=\"hrtimer\",clock=\"monotonic\",missed_policy=\"delay\"} 1\n"));
}

Test(exposition, histogram_is_cumulative_and_ends_with_infinity)
{
	struct frk_source source = some_source("audio");

	print(&source, 1, NULL);
	cr_expect(says("_bucket{source=\"audio\",le=\"0.000000000\"} 2\n"));
	cr_expect(says("_bucket{source=\"audio\",le=\"0.000000511\"} 2\n"));
	cr_expect(says("_bucket{source=\"audio\",le=\"0.000001023\"} 14\n"));
	cr_expect(says("_bucket{source=\"audio\",le=\"1.073741823\"} 14\n"));
	cr_expect(says("_bucket{source=\"audio\",le=\"+Inf\"} 15\n"));
	cr_expect(says("_sum{source=\"audio\"} 0.000060000\n"));
	cr_expect(says("_count{source=\"audio\"} 15\n"));
	cr_expect_eq(count_of("_bucket{"), 32);
}

Test(exposition, samples_of_a_metric_stand_together)
{
	struct frk_source source[] = { some_source("a"), some_source("b") };

	print(source, 2, NULL);
	cr_expect(says("fraktor_ticks_total{source=\"a\"} 12402\nfraktor_ticks_total{source=\"b\"} 12402\n"));
	cr_expect_eq(count_of("# HELP fraktor_ticks_total "), 1);
	cr_expect_eq(count_of("# TYPE fraktor_lateness_seconds histogram"), 1);
}

Test(exposition, hostile_names_are_escaped)
{
	struct frk_source source = some_source("a\"b\\c\nx\xff" "e\xc3\xa9");

	print(&source, 1, NULL);
	cr_expect(says("fraktor_ticks_total{source=\"a\\\"b\\\\c\\nx\xef\xbf\xbd" "e\xc3\xa9\"} 12402\n"));
}

Test(exposition, r2_3_readers_name_their_sources)
{
	struct frk_source source[] = { some_source("a"), some_source("b") };
	struct frk_reader reader = {
		.id = 3, .nr_sources = 3, .sources = { 7, 8, 9 }, .made = 100, .dropped = 2,
		.behind = 5, .idle_ns = 1500000000, .stalled = true,
	};

	source[1].id = 9;
	print(source, 2, &reader);
	cr_expect(says("fraktor_reader_ticks_total{reader=\"3\",sources=\"a,b\"} 100\n"));
	cr_expect(says("fraktor_reader_behind_ticks{reader=\"3\",sources=\"a,b\"} 5\n"));
	cr_expect(says("fraktor_reader_idle_seconds{reader=\"3\",sources=\"a,b\"} 1.500000000\n"));
	cr_expect(says("fraktor_reader_stalled{reader=\"3\",sources=\"a,b\"} 1\n"));
}

Test(exposition, without_the_module_there_is_only_that)
{
	exposition_print(NULL, NULL, out);
	fclose(out);
	cr_expect(says("\nfraktor_up 0\n"));
	cr_expect(says("fraktor_tool_info{version=\""));
	cr_expect_eq(count_of("# TYPE"), 2);
}

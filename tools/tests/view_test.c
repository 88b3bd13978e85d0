// SPDX-License-Identifier: MIT
/*
 * How sources look: the page on an 80x24 terminal, the table, the JSON with
 * hostile names.  No kernel: a source is a structure.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "common/view.h"

static char *text;
static size_t size;
static FILE *out;

static void open_text(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	out = open_memstream(&text, &size);
}

static void free_text(void)
{
	free(text);
}

TestSuite(view, .init = open_text, .fini = free_text, .timeout = 10);

static struct frk_source some_source(void)
{
	struct frk_source source = {
		.id = 1, .name = "quickstart", .driver = "hrtimer",
		.state = 1, .clockid = 1, .readers = 1, .period_ns = 1000000,
		.ticks = 12402, .ticks_last_second = 1000,
		.lateness_min_ns = 840, .lateness_mean_ns = 4214,
		.lateness_max_ns = 39100, .running_ns = 12402000000,
		.late_ns = 1000000, .drift_budget_ppb = 50000000,
		.stall_periods = 100, .callback_max_ns = 8800, .expiries = 12402, .shared = 7, .idled = 9,
		.histogram = { [10] = 12, [12] = 8000, [13] = 4380, [16] = 10 },
	};

	return source;
}

static size_t count_lines(void)
{
	size_t lines = 0;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	return lines;
}

static bool says(const char *what)
{
	fflush(out);
	return strstr(text, what) != NULL;
}

Test(view, page_says_everything)
{
	struct frk_source source = some_source();

	view_page(&source, 80, out);
	cr_expect(says("quickstart: running for 12.4 s\n"));
	cr_expect(says("1, hrtimer on CPU 0, 1 reader\n"));
	cr_expect(says("1 ms (1,000 ticks/s), clock monotonic\n"));
	cr_expect(says("12,402 (1,000 in the last second)\n"));
	cr_expect(says("+0.0 ppm (+0.0 ppm in the last second)\n"));
	cr_expect(says("delay from 1 ms late, drift budget 50000.0 ppm, stall 100 periods\n"));
	cr_expect(says("0 missed, 0 dropped, 0 widened\n"));
	cr_expect(says("0 late, 0 moves, 0 suspends, interrupt 8.80 µs at most\n"));
	cr_expect(says("12,402 expiries (1,000 a second), 7 with another source's\n"));
	cr_expect(says("mean 4.21 µs, min 840 ns, max 39.1 µs\n"));
	cr_expect(says("p50 < 4.10 µs, p99 < 8.19 µs, p99.9 < 8.19 µs\n"));
	cr_expect(says("   < 65.5 µs          10  ▏\n"));
}

Test(view, page_fits_when_the_histogram_is_full)
{
	struct frk_source source = some_source();

	for (int i = 0; i < FRK_NETLINK_HISTOGRAM_BUCKETS; i++)
		source.histogram[i] = 1000000000;
	view_page(&source, 80, out);
	cr_expect(says(">= 1.07 s"));
	cr_expect_leq(count_lines(), 23);
	cr_expect(says("23,000,000,000"), "what is below the first row is in it");
}

Test(view, r1_5_page_says_what_has_become_of_the_line)
{
	struct frk_source source = some_source();

	source.cpu = 1;
	source.owner_pid = 4711;
	source.flags = FRK_SOURCE_ALIGN | FRK_SOURCE_CPU_STRICT | FRK_SOURCE_DRIFT_STOPS;
	source.phase_ns = 250000;
	source.missed_policy = 1;
	source.late = 3;
	source.moves = 1;
	source.suspends = 2;
	source.widened = 40;
	view_page(&source, 80, out);
	cr_expect(says("1, hrtimer on CPU 1 instead of 0, 1 reader, owner 4711\n"));
	cr_expect(says("clock monotonic, aligned + 250 µs\n"));
	cr_expect(says("skip from 1 ms late, "));
	cr_expect(says("\n            cpu-strict drift-stops\n"));
	cr_expect(says("0 dropped, 40 widened\n"));
	cr_expect(says("3 late, 1 moves, 2 suspends, "));
	cr_expect_leq(count_lines(), 23);
}

Test(view, page_of_a_pulsed_line_without_a_period)
{
	struct frk_source source = some_source();

	source.period_ns = 0;
	strcpy(source.driver, "pulse");
	view_page(&source, 80, out);
	cr_expect(says("1, pulse on CPU 0"));
	cr_expect(says("none (0 ticks/s), clock monotonic\n"));
}

Test(view, r1_5_json_says_policy_and_accounts)
{
	struct frk_source source = some_source();

	source.flags = FRK_SOURCE_ALIGN | FRK_SOURCE_OVERLOAD_STOPS;
	source.missed_policy = 2;
	source.state = 0;
	source.reason = 4;
	view_json(&source, 1, 5, 6, out);
	cr_expect(says("\"reason\":\"cpu-gone\","));
	cr_expect(says("\"missed_policy\":\"burst\",\"flags\":[\"align\",\"overload-stops\"],"));
	cr_expect(says("\"late_ns\":1000000,\"drift_budget_ppb\":50000000,\"stall_periods\":100,"));
	cr_expect(says("\"home_cpu\":0,"));
	cr_expect(says("\"late\":0,\"moves\":0,\"suspends\":0,\"widened\":0,\"callback_max_ns\":8800,\"early\":0,\"lead_missed\":0,\"expiries\":12402,\"shared\":7,\"idled\":9,"));
}

Test(view, lines_say_why_it_stopped)
{
	struct frk_source source = some_source();

	source.state = 0;
	source.reason = 8;
	view_lines(&source, 1, 0, out);
	cr_expect(says(" quickstart stopped overload, 1,000 ticks/s, "));
}

Test(view, page_without_a_tick)
{
	struct frk_source source = { .name = "new", .period_ns = 333333 };

	view_page(&source, 80, out);
	cr_expect(says("new: stopped\n"));
	cr_expect(says("no tick yet\n"));
	cr_expect(says("333.333 µs (3000 ticks/s)"));
}

Test(view, page_says_why_it_stopped)
{
	struct frk_source source = some_source();

	source.state = 2;
	source.reason = 2;
	view_page(&source, 80, out);
	cr_expect(says("quickstart: dead (owner-closed)"));
}

Test(view, page_without_utf8_is_ascii)
{
	struct frk_source source = some_source();

	setlocale(LC_CTYPE, "C");
	view_page(&source, 80, out);
	cr_expect(says("4.21 us"));
	for (const char *byte = text; *byte; byte++)
		cr_assert_geq(*byte, 0);
}

Test(view, table_fits_80_columns_and_aligns)
{
	struct frk_source sources[2] = { some_source(), some_source() };
	const char *first;

	sources[1].drift_ppb = -123456;
	sources[1].missed = 99999;
	view_table(sources, 2, 80, out);
	fflush(out);
	cr_expect_eq(count_lines(), 3);
	first = strchr(text, '\n') + 1;
	cr_expect_leq(first - text, 81, "80 columns and a newline");
	cr_expect(says("-123.5 ppm"));
	cr_expect(says("99,999"));
}

Test(view, list_says_where_and_whose)
{
	struct frk_source source = some_source();

	source.state = 0;
	source.reason = 6;
	source.cpu = 3;
	source.owner_pid = 4711;
	view_list(&source, 1, 80, out);
	cr_expect(says("quickstart stopped: drift hrtimer monotonic   1 ms 3 for 0       1  4711  1\n"));
	view_list(NULL, 0, 80, out);
	cr_expect(says("no sources"));
}

Test(view, json_of_a_list_is_part_of_that_of_a_stat)
{
	struct frk_source source = some_source();
	char *list;

	view_json_list(&source, 1, 5, 6, out);
	fflush(out);
	list = strdup(text);
	list[strlen(list) - strlen("}]}\n")] = '\0';
	rewind(out);
	view_json(&source, 1, 5, 6, out);
	cr_expect(says(list), "%s", list);
	cr_expect(says("\"callback_max_ns\""));
	cr_expect(!strstr(list, "\"ticks\""));
	free(list);
}

Test(view, control_characters_never_reach_the_terminal)
{
	struct frk_source source = some_source();

	strcpy(source.name, "a\033[2Jb\nc\xc2\x9b" "d\xff");
	view_page(&source, 80, out);
	view_table(&source, 1, 80, out);
	view_lines(&source, 1, 0, out);
	view_list(&source, 1, 80, out);
	cr_expect(says("a?[2Jb?c?d?"));
	cr_expect(!says("\033"));
	cr_expect(!says("\xff"));
}

Test(view, json_escapes_hostile_names)
{
	struct frk_source source = some_source();

	strcpy(source.name, "a\"\\\n\xff\xc0\xaf\xed\xa0\x80µ\x7f");
	view_json(&source, 1, 5, 6, out);
	cr_expect(says("{\"monotonic_ns\":5,\"realtime_ns\":6,\"sources\":[{\"id\":1,"));
	cr_expect(says("\"name\":\"a\\\"\\\\\\u000a\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffdµ\\u007f\","));
	cr_expect_eq(count_lines(), 1);
}

Test(view, json_has_whole_numbers)
{
	struct frk_source source = some_source();

	source.ticks = UINT64_MAX;
	source.drift_ppb = INT64_MIN;
	view_json(&source, 1, 5, 6, out);
	cr_expect(says("\"ticks\":18446744073709551615,"));
	cr_expect(says("\"drift_ppb\":-9223372036854775808,"));
}

Test(view, json_without_sources_is_an_empty_array)
{
	view_json(NULL, 0, 5, 6, out);
	cr_expect(says("\"sources\":[]}\n"));
}

Test(view, quantiles_are_bounds)
{
	struct frk_source source = { .histogram = { [0] = 1, [5] = 998, [31] = 1 } };

	cr_expect_str_eq(view_quantile(&source, 1).s, "< 1 ns");
	cr_expect_str_eq(view_quantile(&source, 500).s, "< 32 ns");
	cr_expect_str_eq(view_quantile(&source, 999).s, "< 32 ns");
	cr_expect_str_eq(view_quantile(&source, 1000).s, ">= 1.07 s");
}

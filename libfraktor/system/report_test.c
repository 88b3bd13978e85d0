// SPDX-License-Identifier: MIT
/*
 * report_test.c - the two lines, and the program that prints them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(report, .timeout = 30);

static char *print(struct frk_system *system,
		   int (*report)(struct frk_system *system, FILE *stream))
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	cr_assert_eq(report(system, stream), 0);
	fclose(stream);
	return text;
}

Test(report, the_summary_is_one_line_for_machines)
{
	struct frk_system *system = build_scripted(FRK_MS(1500));
	struct utsname kernel;
	char expected[512], *text;

	uname(&kernel);
	frki_scripted_ticks(1500);
	cr_assert_eq(frk_system_run(system), 0);
	text = print(system, frk_report_summary);
	snprintf(expected, sizeof(expected),
		 "fraktor: driver=scripted kernel=%s ticks=1500 seconds=1.500 drift_ppm=+0.0 missed=0 dropped=0 lateness_ns p50=",
		 kernel.release);
	cr_assert_eq(strncmp(text, expected, strlen(expected)), 0, "%s", text);
	cr_assert_not_null(strstr(text, " p99="));
	cr_assert_not_null(strstr(text, " max="));
	cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	frk_system_unref(system);
}

Test(report, the_live_line_is_a_line_of_its_own_off_a_terminal)
{
	struct frk_system *system = build_scripted(0);
	char *text;

	frki_scripted_ticks(2100);
	text = print(system, frk_report_live);
	cr_assert_eq(strncmp(text, "1000 ticks/s  drift +0.0 ppm  lateness p50 ",
			     43),
		     0, "%s", text);
	cr_assert_not_null(strstr(text, "missed 0  dropped 0\n"));
	cr_assert_null(strchr(text, '\r'));
	free(text);
	frk_system_unref(system);
}

Test(report, before_the_first_tick_all_is_zero)
{
	struct frk_system *system = build_scripted(0);
	char *text = print(system, frk_report_summary);

	cr_assert_not_null(strstr(text, "ticks=0 seconds=0.000 drift_ppm=+0.0"));
	free(text);
	frk_system_unref(system);
}

static FILE *open_quickstart(void)
{
	FILE *file = fopen("libfraktor/examples/quickstart.c", "r");

	if (!file)
		cr_skip_test("not run from the top of the tree");
	return file;
}

Test(report, r4_1_the_quickstart_is_a_program_of_less_than_20_lines)
{
	FILE *file = open_quickstart();
	char line[256];
	int lines = 0;

	while (fgets(line, sizeof(line), file)) {
		cr_assert_leq(strlen(line), 101);
		lines++;
	}
	fclose(file);
	cr_assert_lt(lines, 20);
}

Test(report, r4_7_the_wiring_of_the_quickstart_has_at_most_15_lines)
{
	FILE *file = open_quickstart();
	char line[256];
	int wiring = 0;

	while (fgets(line, sizeof(line), file))
		if (wiring || !strncmp(line, "int main", 8))
			wiring++;
	fclose(file);
	cr_assert_leq(wiring, 15);
	cr_assert_gt(wiring, 0);
}

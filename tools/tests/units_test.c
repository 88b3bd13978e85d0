// SPDX-License-Identifier: MIT
/*
 * Numbers in the units people say, at the edges where a digit turns over.
 */
#include <locale.h>

#include <criterion/criterion.h>

#include "common/text.h"
#include "common/units.h"
#include "common/waiting.h"

static void utf8(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
}

TestSuite(units, .init = utf8, .timeout = 10);

Test(units, time_has_three_digits)
{
	cr_expect_str_eq(units_time(0).s, "0 ns");
	cr_expect_str_eq(units_time(999).s, "999 ns");
	cr_expect_str_eq(units_time(1000).s, "1.00 µs");
	cr_expect_str_eq(units_time(9994).s, "9.99 µs");
	cr_expect_str_eq(units_time(9995).s, "10.0 µs");
	cr_expect_str_eq(units_time(99949).s, "99.9 µs");
	cr_expect_str_eq(units_time(99950).s, "100 µs");
	cr_expect_str_eq(units_time(999499).s, "999 µs");
	cr_expect_str_eq(units_time(999500).s, "1.00 ms");
	cr_expect_str_eq(units_time(12345678901).s, "12.3 s");
}

Test(units, period_is_exact)
{
	cr_expect_str_eq(units_period(1000000).s, "1 ms");
	cr_expect_str_eq(units_period(250000).s, "250 µs");
	cr_expect_str_eq(units_period(333333).s, "333.333 µs");
	cr_expect_str_eq(units_period(1000001).s, "1.000001 ms");
	cr_expect_str_eq(units_period(3600000000000).s, "3600 s");
	cr_expect_str_eq(units_period(0).s, "none");
}

Test(units, duration)
{
	cr_expect_str_eq(units_duration(0).s, "0.0 s");
	cr_expect_str_eq(units_duration(59990000000).s, "59.9 s");
	cr_expect_str_eq(units_duration(192000000000).s, "3 min 12 s");
	cr_expect_str_eq(units_duration(7260000000000).s, "2 h 1 min");
	cr_expect_str_eq(units_duration(190800000000000).s, "2 d 5 h");
}

Test(units, ppm_never_says_minus_zero)
{
	cr_expect_str_eq(units_ppm(0).s, "+0.0 ppm");
	cr_expect_str_eq(units_ppm(-49).s, "+0.0 ppm");
	cr_expect_str_eq(units_ppm(-50).s, "-0.1 ppm");
	cr_expect_str_eq(units_ppm(1500).s, "+1.5 ppm");
	cr_expect_str_eq(units_ppm(-123456).s, "-123.5 ppm");
}

Test(units, count_in_groups)
{
	cr_expect_str_eq(units_count(0).s, "0");
	cr_expect_str_eq(units_count(999).s, "999");
	cr_expect_str_eq(units_count(1000).s, "1,000");
	cr_expect_str_eq(units_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
}

Test(units, rate)
{
	cr_expect_str_eq(units_rate(0).s, "0");
	cr_expect_str_eq(units_rate(1000000).s, "1,000");
	cr_expect_str_eq(units_rate(2000000000).s, "0.5");
}

static uint64_t typed(const char *text)
{
	uint64_t ns = UINT64_MAX;

	return units_parse_time(text, &ns) ? ns : UINT64_MAX;
}

Test(units, time_as_typed)
{
	cr_expect_eq(typed("0"), 0);
	cr_expect_eq(typed("1000000"), 1000000);
	cr_expect_eq(typed("100ns"), 100);
	cr_expect_eq(typed("250us"), 250000);
	cr_expect_eq(typed("1.5ms"), 1500000);
	cr_expect_eq(typed("333.333us"), 333333);
	cr_expect_eq(typed("2s"), 2000000000);
	cr_expect_eq(typed("3600s"), 3600000000000);
	cr_expect_eq(typed("3601s"), UINT64_MAX);
	cr_expect_eq(typed("99999999999999999999999"), UINT64_MAX);
}

Test(units, what_is_no_time_is_refused)
{
	static const char *const wrong[] = { "", "ms", "1 ms", "1m", "-1ms", "+1ms", "1e3ms",
					     "0x10", "1.2.3ms", ".5ms", "5.ms", "nan", "1msx" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_eq(typed(wrong[i]), UINT64_MAX, "%s", wrong[i]);
}

Test(units, clock)
{
	cr_expect_str_eq(units_clock(1), "monotonic");
	cr_expect_str_eq(units_clock(7), "boottime");
	cr_expect_str_eq(units_clock(11), "tai");
	cr_expect_str_eq(units_clock(99), "unknown");
}

TestSuite(text, .init = utf8, .timeout = 10);

Test(text, characters)
{
	cr_expect_eq(text_char_len("a"), 1);
	cr_expect_eq(text_char_len("µ"), 2);
	cr_expect_eq(text_char_len("█"), 3);
	cr_expect_eq(text_char_len("\xf0\x9f\x98\x80"), 4);
	cr_expect_eq(text_char_len("\xc0\x80"), 0, "overlong");
	cr_expect_eq(text_char_len("\xe0\x80\x80"), 0, "overlong");
	cr_expect_eq(text_char_len("\xed\xa0\x80"), 0, "surrogate");
	cr_expect_eq(text_char_len("\xf4\x90\x80\x80"), 0, "beyond Unicode");
	cr_expect_eq(text_char_len("\xe2\x96"), 0, "cut");
	cr_expect_eq(text_width("4 µs █"), 6);
	cr_expect_eq(text_fit("µµµ", 2), 4);
	cr_expect_eq(text_fit("ab", 5), 2);
}

Test(text, clean_never_overruns)
{
	char small[8];

	text_clean(small, sizeof(small), "µµµµµµµµ");
	cr_expect_eq(strlen(small) % 2, 0, "no half character");
	cr_expect_lt(strlen(small), sizeof(small));
}

Test(text, what_a_terminal_obeys_is_known)
{
	static const char *const obeyed[] = {
		"\033[2J", "\n", "\x7f", "\xc2\x80", "\xc2\x9b", "\xe2\x80\x8b", "\xe2\x80\xae",
		"\xe2\x81\xa6", "\xef\xbb\xbf",
	};
	static const char *const shown[] = { "a", " ", "~", "µ", "\xc2\xa0", "█", "…", "\xff", "" };
	char clean[8];

	for (size_t i = 0; i < sizeof(obeyed) / sizeof(*obeyed); i++) {
		cr_expect_neq(text_obeyed(obeyed[i]), 0, "%zu", i);
		text_clean(clean, sizeof(clean), obeyed[i]);
		cr_expect_eq(*clean, '?', "%zu", i);
	}
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		cr_expect_eq(text_obeyed(shown[i]), 0, "%s", shown[i]);
}

TestSuite(waiting, .timeout = 10);

Test(waiting, seconds_as_typed)
{
	cr_expect_eq(waiting_parse_ns("1"), 1000000000);
	cr_expect_eq(waiting_parse_ns("0.5"), 500000000);
	cr_expect_eq(waiting_parse_ns("0.01"), 0);
	cr_expect_eq(waiting_parse_ns(""), 0);
	cr_expect_eq(waiting_parse_ns("1s"), 0);
	cr_expect_eq(waiting_parse_ns("-1"), 0);
	cr_expect_eq(waiting_parse_ns("inf"), 0);
	cr_expect_eq(waiting_parse_ns("nan"), 0);
}

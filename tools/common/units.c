// SPDX-License-Identifier: MIT
/*
 * Numbers in the units people say.  Must not know what is measured.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "common/units.h"

__attribute__((format(printf, 1, 2)))
static struct units_text units_format(const char *format, ...)
{
	struct units_text text;
	va_list args;

	va_start(args, format);
	vsnprintf(text.s, sizeof(text.s), format, args);
	va_end(args);
	return text;
}

static const char *units_scale(double *ns)
{
	static const char *const names[] = { "ns", "us", "ms", "s" };
	int i;

	/* From 999.5 on, three digits would round to "1000". */
	for (i = 0; i < 3 && *ns >= 999.5; i++)
		*ns /= 1000;
	return i == 1 && text_is_utf8() ? "µs" : names[i];
}

struct units_text units_time(uint64_t ns)
{
	double value = (double)ns;
	const char *unit = units_scale(&value);

	if (ns < 1000 || value >= 99.95)
		return units_format("%.0f %s", value, unit);
	return units_format("%.*f %s", value >= 9.995 ? 1 : 2, value, unit);
}

struct units_text units_period(uint64_t ns)
{
	double value = (double)ns;
	const char *unit = units_scale(&value);

	/* A line that another driver's interrupt pulses may have none. */
	if (!ns)
		return units_format("none");
	return units_format("%.10g %s", value, unit);
}

struct units_text units_duration(uint64_t ns)
{
	uint64_t s = ns / 1000000000;

	if (s < 60)
		return units_format("%.1f s", (double)(ns / 100000000) / 10);
	if (s < 3600)
		return units_format("%" PRIu64 " min %" PRIu64 " s", s / 60, s % 60);
	if (s < 86400)
		return units_format("%" PRIu64 " h %" PRIu64 " min", s / 3600,
				    s % 3600 / 60);
	return units_format("%" PRIu64 " d %" PRIu64 " h", s / 86400,
			    s % 86400 / 3600);
}

struct units_text units_ppm(int64_t ppb)
{
	/* -0.0 is confusing: what rounds to zero is +0.0. */
	return units_format("%+.1f ppm",
			    ppb > -50 && ppb <= 0 ? 0.0 : (double)ppb / 1000);
}

struct units_text units_count(uint64_t count)
{
	struct units_text plain = units_format("%" PRIu64, count);
	struct units_text text;
	size_t used = 0;
	int left = snprintf(NULL, 0, "%" PRIu64, count);

	for (const char *digit = plain.s; *digit; digit++) {
		text.s[used++] = *digit;
		if (--left && left % 3 == 0)
			text.s[used++] = ',';
	}
	text.s[used] = '\0';
	return text;
}

struct units_text units_rate(uint64_t period_ns)
{
	if (!period_ns)
		return units_format("0");
	if (1000000000 % period_ns == 0)
		return units_count(1000000000 / period_ns);
	return units_format("%.4g", 1e9 / (double)period_ns);
}

/* Digits and at most one point; what follows is *ret_end. */
static bool units_parse_number(const char *text, double *ret_value,
			       const char **ret_end)
{
	size_t len = strspn(text, "0123456789.");
	const char *point = memchr(text, '.', len);
	char *end;

	if (!len || *text == '.' || text[len - 1] == '.')
		return false;
	if (point && memchr(point + 1, '.', len - (size_t)(point + 1 - text)))
		return false;
	*ret_value = strtod(text, &end);
	*ret_end = text + len;
	/* An exponent, as in 1e3, is none of the units. */
	return true;
}

bool units_parse_time(const char *text, uint64_t *ret_ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "", 1 }, { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	const char *unit;
	double value;

	if (!units_parse_number(text, &value, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(unit, units[i].name))
			continue;
		value = value * units[i].ns + 0.5;
		if (!(value < 3600e9 + 1))
			return false;
		*ret_ns = (uint64_t)value;
		return true;
	}
	return false;
}

const char *units_clock(uint32_t clockid)
{
	switch (clockid) {
	case CLOCK_MONOTONIC:
		return "monotonic";
	case CLOCK_BOOTTIME:
		return "boottime";
	case CLOCK_TAI:
		return "tai";
	default:
		return "unknown";
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * Numbers in the units people say.  Each returns a short text by value, so
 * that a call can stand among the arguments of printf().
 */
#ifndef TOOL_UNITS_H
#define TOOL_UNITS_H

#include <stdbool.h>
#include <stdint.h>

struct units_text {
	char s[48];
};

/* A measured time, three digits: "840 ns", "4.21 µs", "39.1 ms", "12.4 s". */
struct units_text units_time(uint64_t ns);

/* A time that was set, exact: "1 ms", "333.333 µs". */
struct units_text units_period(uint64_t ns);

/* How long something has lasted: "12.4 s", "3 min 12 s", "2 d 5 h". */
struct units_text units_duration(uint64_t ns);

/* "+0.0 ppm" from parts per 10^9. */
struct units_text units_ppm(int64_t ppb);

/* A count in groups of three: "12,402". */
struct units_text units_count(uint64_t count);

/* Ticks per second of a period: "1,000", "0.5". */
struct units_text units_rate(uint64_t period_ns);

/*
 * A time as typed: a whole or decimal number and ns, us, ms or s; without a
 * unit it is ns.  At most an hour.  Return: whether it is one.
 */
bool units_parse_time(const char *text, uint64_t *ret_ns);

/* A clock by its name: "monotonic". */
const char *units_clock(uint32_t clockid);

#endif /* TOOL_UNITS_H */

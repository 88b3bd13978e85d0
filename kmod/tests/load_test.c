// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's account of interrupt time: when a CPU has too much of ticks.
 */
#include "../load.h"
#include "unit.h"

#define WINDOW FRAKTOR_LOAD_WINDOW_NS
#define US 1000ULL

/* Interrupts of @busy_ns every @every_ns for @n times; were any too much? */
static unsigned int run(struct fraktor_load *load, u64 *now, u64 every_ns,
			u64 busy_ns, unsigned int n, u32 percent)
{
	unsigned int over = 0;

	while (n--) {
		*now += every_ns;
		over += fraktor_load_add(load, *now, *now + busy_ns, 0, percent);
	}
	return over;
}

UNIT(load, below_the_share_is_never_too_much)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	/* 40 % of a CPU for a second, of 50. */
	unit_eq(run(&load, &now, 100 * US, 40 * US, 10000, 50), 0);
}

UNIT(load, above_the_share_is_seen_within_a_window)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;
	unsigned int over = run(&load, &now, 100 * US, 80 * US, 1000, 50);

	/* Once in each window of 100 ms at most, in most of them. */
	unit_ge(over, 1);
	unit_le(over, 2);
}

UNIT(load, one_long_interrupt_is_not_overload)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	unit_eq(run(&load, &now, 100 * US, 1 * US, 1000, 50), 0);
	/* Firmware took the CPU away for a quarter of a second. */
	unit_false(fraktor_load_add(&load, now, now + 250000 * US, 0, 50));
}

UNIT(load, one_that_was_interrupted_does_not_speak_for_others)
{
	unit_eq(fraktor_load_others_ns(7, 10 * US, 9000 * US), 70 * US);
	unit_eq(fraktor_load_others_ns(7, 9000 * US, 10 * US), 70 * US);
	unit_eq(fraktor_load_others_ns(7, 9000 * US, 250000 * US),
		7 * FRAKTOR_LOAD_INTERRUPT_MAX_NS);
}

UNIT(load, those_that_nobody_timed_count)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	unit_false(fraktor_load_add(&load, now, now + 10 * US, 49980 * US, 50));
	unit_true(fraktor_load_add(&load, now, now + 10 * US, 10 * US, 50));
}

UNIT(load, silence_forgets)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	run(&load, &now, 100 * US, 45 * US, 900, 50);
	now += 10 * WINDOW;
	unit_eq(run(&load, &now, 100 * US, 45 * US, 900, 50), 0);
}

UNIT(load, calm_is_less_than_half_of_the_share)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	run(&load, &now, 100 * US, 45 * US, 3000, 50);
	unit_false(fraktor_load_is_calm(&load, 50));
	run(&load, &now, 100 * US, 10 * US, 3000, 50);
	unit_true(fraktor_load_is_calm(&load, 50));
}

UNIT(load, overload_is_not_calm)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	run(&load, &now, 100 * US, 90 * US, 1000, 50);
	unit_false(fraktor_load_is_calm(&load, 50));
}

UNIT(load, whole_cpu_allowed_is_never_too_much)
{
	struct fraktor_load load = { 0 };
	u64 now = WINDOW;

	unit_eq(run(&load, &now, 100 * US, 99 * US, 10000, 100), 0);
}

UNIT_SUITE(load,
	   UNIT_CASE(load, below_the_share_is_never_too_much),
	   UNIT_CASE(load, above_the_share_is_seen_within_a_window),
	   UNIT_CASE(load, one_long_interrupt_is_not_overload),
	   UNIT_CASE(load,
		     one_that_was_interrupted_does_not_speak_for_others),
	   UNIT_CASE(load, those_that_nobody_timed_count),
	   UNIT_CASE(load, silence_forgets),
	   UNIT_CASE(load, calm_is_less_than_half_of_the_share),
	   UNIT_CASE(load, overload_is_not_calm),
	   UNIT_CASE(load, whole_cpu_allowed_is_never_too_much));

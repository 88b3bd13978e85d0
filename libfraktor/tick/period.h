/* SPDX-License-Identifier: MIT */
/*
 * period.h - the periods that drivers in user space can do: the module's limits,
 * so that a program may change its driver and keep its period.
 */
#ifndef FRKI_TICK_PERIOD_H
#define FRKI_TICK_PERIOD_H

#include <stdint.h>

#include <fraktor/base.h>

#define FRKI_PERIOD_MIN_NS 10000ULL
#define FRKI_PERIOD_MAX_NS 3600000000000ULL

/**
 * frki_period_check() - refuse a period that is out of limits
 * @period_ns: the period.
 * @driver: name of the driver, for errors.
 * @call: what would have taken the period.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0 or -ERANGE.
 */
int frki_period_check(uint64_t period_ns, const char *driver, const char *call,
		      struct frk_error *error);

/**
 * frki_period_passed() - periods that passed from one tick to the next
 * @elapsed_ns: time between them.
 * @period_ns: what it should have been, not 0.
 *
 * A pulse may come half a period late and still be that pulse.
 *
 * Return: from 1, rounded to the nearest.
 */
static inline uint64_t frki_period_passed(uint64_t elapsed_ns, uint64_t period_ns)
{
	if (elapsed_ns < period_ns + period_ns / 2)
		return 1;
	return (elapsed_ns + period_ns / 2) / period_ns;
}

#endif /* FRKI_TICK_PERIOD_H */

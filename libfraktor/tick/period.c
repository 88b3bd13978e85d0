/* SPDX-License-Identifier: MIT */
/*
 * period.c - limits of periods, in words.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/error.h"
#include "tick/period.h"

int frki_period_check(uint64_t period_ns, const char *driver, const char *call,
		      struct frk_error *error)
{
	if (period_ns >= FRKI_PERIOD_MIN_NS && period_ns <= FRKI_PERIOD_MAX_NS)
		return 0;
	return frki_error_set(error, -ERANGE, driver, call,
			      "a period of %" PRIu64 " ns is out of limits: %llu to "
			      "%llu ns",
			      period_ns, FRKI_PERIOD_MIN_NS, FRKI_PERIOD_MAX_NS);
}

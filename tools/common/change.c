// SPDX-License-Identifier: MIT
/*
 * What can be set of a source, as it is typed.  Must not know who sets it.
 */
#include <stdint.h>
#include <string.h>

#include "common/change.h"
#include "common/option.h"
#include "common/units.h"

/* A whole number; false if it is none or too large. */
static bool change_period(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->period_ns);
}

static bool change_phase(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->phase_ns);
}

static bool change_late(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->late_ns);
}

static bool change_lead(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->lead_ns);
}

static bool change_accuracy(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->accuracy_ns);
}

/* In ppm, as everywhere the tool speaks of drift. */
static bool change_drift(struct frk_source_change *change, const char *value)
{
	uint64_t ppm;

	if (!option_number(value, 0, 1000000, &ppm))
		return false;
	change->drift_budget_ppb = ppm * 1000;
	return true;
}

static bool change_missed(struct frk_source_change *change, const char *value)
{
	for (uint32_t policy = 0;; policy++) {
		const char *name = frk_source_missed_name(policy);

		if (!strcmp(name, "unknown"))
			return false;
		change->missed_policy = policy;
		if (!strcmp(name, value))
			return true;
	}
}

static bool change_stall(struct frk_source_change *change, const char *value)
{
	uint64_t periods;

	if (!option_number(value, 0, UINT32_MAX, &periods))
		return false;
	change->stall_periods = (uint32_t)periods;
	return true;
}

static uint32_t change_flag(const char *name, size_t len)
{
	for (uint32_t flag = 1; flag; flag <<= 1) {
		const char *known = frk_source_flag_name(flag);

		if (!strcmp(known, "unknown"))
			return 0;
		if (strlen(known) == len && !strncmp(known, name, len))
			return flag;
	}
	return 0;
}

static bool change_flags(struct frk_source_change *change, const char *value)
{
	uint32_t flag;
	size_t len;

	if (!strcmp(value, "none"))
		return true;
	for (;; value += len + 1) {
		len = strcspn(value, ",");
		flag = change_flag(value, len);
		if (!flag)
			return false;
		change->flags |= flag;
		if (!value[len])
			return true;
	}
}

static const struct change_key change_keys[] = {
	{ "period", FRK_CHANGE_PERIOD, change_period, "a time like 1ms, 250us or 1s" },
	{ "phase", FRK_CHANGE_PHASE, change_phase, "a time like 250us or 0" },
	{ "late", FRK_CHANGE_LATE, change_late, "a time like 500us, or 0 for one period" },
	{ "drift", FRK_CHANGE_DRIFT, change_drift, "parts per million up to 1000000, or 0 for the module's own" },
	{ "missed", FRK_CHANGE_MISSED, change_missed, "delay, skip or burst" },
	{ "stall", FRK_CHANGE_STALL, change_stall, "a number of periods, or 0 for the module's own" },
	{ "lead", FRK_CHANGE_LEAD, change_lead, "a time like 10us, at most half a period and 1ms, or 0" },
	{ "accuracy", FRK_CHANGE_ACCURACY, change_accuracy, "a time like 100us, at most half a period, or 0" },
	{ "flags", FRK_CHANGE_FLAGS, change_flags, "none, or a list of align, cpu-strict, suspend-stops, drift-stops and overload-stops with commas" },
};

const struct change_key *change_find(const char *key, size_t len)
{
	for (size_t i = 0; i < sizeof(change_keys) / sizeof(*change_keys); i++)
		if (strlen(change_keys[i].key) == len &&
		    !strncmp(change_keys[i].key, key, len))
			return &change_keys[i];
	return NULL;
}

// SPDX-License-Identifier: MIT
/*
 * fraktor set - change a source that runs: "fraktor set NAME period=2ms".
 * Must not know how it is done.
 */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/client.h"
#include "common/command.h"
#include "common/units.h"

struct set_options {
	const char *name;
	struct frk_source_change change;
};

/* A whole number; false if it is none or too large. */
static bool set_number(const char *text, uint64_t max, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || value > max)
		return false;
	*ret_value = value;
	return true;
}

static bool set_period(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->period_ns);
}

static bool set_phase(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->phase_ns);
}

static bool set_late(struct frk_source_change *change, const char *value)
{
	return units_parse_time(value, &change->late_ns);
}

/* In ppm, as everywhere the tool speaks of drift. */
static bool set_drift(struct frk_source_change *change, const char *value)
{
	uint64_t ppm;

	if (!set_number(value, 1000000, &ppm))
		return false;
	change->drift_budget_ppb = ppm * 1000;
	return true;
}

static bool set_missed(struct frk_source_change *change, const char *value)
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

static bool set_stall(struct frk_source_change *change, const char *value)
{
	uint64_t periods;

	if (!set_number(value, UINT32_MAX, &periods))
		return false;
	change->stall_periods = (uint32_t)periods;
	return true;
}

static uint32_t set_flag(const char *name, size_t len)
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

static bool set_flags(struct frk_source_change *change, const char *value)
{
	uint32_t flag;
	size_t len;

	if (!strcmp(value, "none"))
		return true;
	for (;; value += len + 1) {
		len = strcspn(value, ",");
		flag = set_flag(value, len);
		if (!flag)
			return false;
		change->flags |= flag;
		if (!value[len])
			return true;
	}
}

/* One row for each key; @wants ends "KEY=VALUE: ... is needed". */
static const struct {
	const char *key;
	uint64_t what;
	bool (*parse)(struct frk_source_change *change, const char *value);
	const char *wants;
} set_keys[] = {
	{ "period", FRK_CHANGE_PERIOD, set_period, "a time like 1ms, 250us or 1s" },
	{ "phase", FRK_CHANGE_PHASE, set_phase, "a time like 250us or 0" },
	{ "late", FRK_CHANGE_LATE, set_late, "a time like 500us, or 0 for one period" },
	{ "drift", FRK_CHANGE_DRIFT, set_drift, "parts per million up to 1000000, or 0 for the module's own" },
	{ "missed", FRK_CHANGE_MISSED, set_missed, "delay, skip or burst" },
	{ "stall", FRK_CHANGE_STALL, set_stall, "a number of periods, or 0 for the module's own" },
	{ "flags", FRK_CHANGE_FLAGS, set_flags, "none, or a list of align, cpu-strict, suspend-stops, drift-stops and overload-stops with commas" },
};

#define SET_KEYS (sizeof(set_keys) / sizeof(*set_keys))

static void set_parse_one(struct set_options *options, const char *arg,
			  struct argp_state *state)
{
	size_t len = strcspn(arg, "=");

	for (size_t i = 0; i < SET_KEYS; i++) {
		if (strlen(set_keys[i].key) != len || strncmp(set_keys[i].key, arg, len))
			continue;
		if (!arg[len] || !set_keys[i].parse(&options->change, arg + len + 1))
			argp_error(state, "%s: %s is needed", arg, set_keys[i].wants);
		if (options->change.what & set_keys[i].what)
			argp_error(state, "%s: %s is there twice", arg, set_keys[i].key);
		options->change.what |= set_keys[i].what;
		return;
	}
	argp_error(state, "\"%s\": the keys are period, phase, late, drift, missed, stall and flags", arg);
}

static error_t set_parse(int key, char *arg, struct argp_state *state)
{
	struct set_options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		if (options->name)
			set_parse_one(options, arg, state);
		else
			options->name = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->name || !options->change.what)
			argp_error(state, "a NAME and at least one KEY=VALUE are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp set_argp = {
	.parser = set_parse,
	.args_doc = "NAME KEY=VALUE...",
	.doc = "Changes the tick source NAME, also while it runs: period, phase, late, drift, missed, stall, flags.\v"
	       "Period and phase change at the next tick, the rest at once.  Needs CAP_NET_ADMIN.",
};

static int set_run(int argc, char **argv)
{
	struct set_options options = { .change.size = sizeof(options.change) };
	struct frk_netlink *netlink;
	struct frk_error error;
	int rc;

	if (argp_parse(&set_argp, argc, argv, 0, NULL, &options))
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	rc = frk_netlink_set(netlink, options.name, &options.change, &error);
	if (rc == -ENOENT)
		client_missing(netlink, options.name);
	else if (rc)
		frk_error_print(&error, stderr);
	frk_netlink_close(netlink);
	return rc ? COMMAND_FAILED : 0;
}

const struct command command_set = {
	.name = "set",
	.summary = "change a source that runs",
	.run = set_run,
};

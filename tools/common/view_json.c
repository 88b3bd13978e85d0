// SPDX-License-Identifier: MIT
/*
 * Sources for programs: plain integers, the unit in the name of each.
 */
#include "common/json.h"
#include "common/view.h"

static void view_json_statistics(struct json *json,
				 const struct frk_source *source)
{
	json_unsigned(json, "ticks", source->ticks);
	json_unsigned(json, "missed", source->missed);
	json_unsigned(json, "dropped", source->dropped);
	json_unsigned(json, "ticks_last_second", source->ticks_last_second);
	json_signed(json, "drift_ppb", source->drift_ppb);
	json_signed(json, "drift_last_second_ppb",
		    source->drift_last_second_ppb);
	json_unsigned(json, "running_ns", source->running_ns);
	json_unsigned(json, "late", source->late);
	json_unsigned(json, "moves", source->moves);
	json_unsigned(json, "suspends", source->suspends);
	json_unsigned(json, "widened", source->widened);
	json_unsigned(json, "callback_max_ns", source->callback_max_ns);
	json_unsigned(json, "early", source->early);
	json_unsigned(json, "lead_missed", source->lead_missed);
	json_unsigned(json, "expiries", source->expiries);
	json_unsigned(json, "shared", source->shared);
	json_unsigned(json, "idled", source->idled);
	json_unsigned(json, "lateness_min_ns", source->lateness_min_ns);
	json_unsigned(json, "lateness_mean_ns", source->lateness_mean_ns);
	json_unsigned(json, "lateness_max_ns", source->lateness_max_ns);
	json_unsigned_array(json, "lateness_histogram", source->histogram,
			    FRK_NETLINK_HISTOGRAM_BUCKETS);
}

static void view_json_flags(struct json *json, uint32_t flags)
{
	json_open(json, "flags", '[');
	for (uint32_t flag = 1; flag; flag <<= 1)
		if (flags & flag)
			json_string(json, NULL, frk_source_flag_name(flag));
	json_close(json, ']');
}

static void view_json_policy(struct json *json, const struct frk_source *source)
{
	json_string(json, "missed_policy",
		    frk_source_missed_name(source->missed_policy));
	view_json_flags(json, source->flags);
	json_unsigned(json, "phase_ns", source->phase_ns);
	json_unsigned(json, "late_ns", source->late_ns);
	json_unsigned(json, "drift_budget_ppb", source->drift_budget_ppb);
	json_unsigned(json, "stall_periods", source->stall_periods);
	json_unsigned(json, "lead_ns", source->lead_ns);
	json_unsigned(json, "accuracy_ns", source->accuracy_ns);
	json_unsigned(json, "resolution_ns", source->resolution_ns);
}

/* What it is and what it does, in the words of both "list" and "stat". */
static void view_json_identity(struct json *json, const struct frk_source *source)
{
	json_unsigned(json, "id", source->id);
	json_string(json, "name", source->name);
	json_string(json, "driver", source->driver);
	json_string(json, "state", frk_source_state_name(source->state));
	json_string(json, "reason", frk_source_reason_name(source->reason));
	json_string(json, "clock", units_clock(source->clockid));
	json_unsigned(json, "cpu", source->cpu);
	json_unsigned(json, "home_cpu", source->home_cpu);
	json_unsigned(json, "period_ns", source->period_ns);
	json_unsigned(json, "readers", source->readers);
	json_unsigned(json, "owner_pid", source->owner_pid);
}

static void view_json_full(struct json *json, const struct frk_source *source)
{
	view_json_identity(json, source);
	view_json_policy(json, source);
	view_json_statistics(json, source);
}

static void view_json_each(const struct frk_source *sources, size_t count,
			   uint64_t monotonic_ns, uint64_t wall_ns,
			   void (*one)(struct json *json, const struct frk_source *source),
			   FILE *out)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	json_unsigned(&json, "monotonic_ns", monotonic_ns);
	json_unsigned(&json, "realtime_ns", wall_ns);
	json_open(&json, "sources", '[');
	for (size_t i = 0; i < count; i++) {
		json_open(&json, NULL, '{');
		one(&json, &sources[i]);
		json_close(&json, '}');
	}
	json_close(&json, ']');
	json_close(&json, '}');
	putc('\n', out);
}

void view_json(const struct frk_source *sources, size_t count,
	       uint64_t monotonic_ns, uint64_t wall_ns, FILE *out)
{
	view_json_each(sources, count, monotonic_ns, wall_ns, view_json_full, out);
}

void view_json_list(const struct frk_source *sources, size_t count,
		    uint64_t monotonic_ns, uint64_t wall_ns, FILE *out)
{
	view_json_each(sources, count, monotonic_ns, wall_ns, view_json_identity, out);
}

// SPDX-License-Identifier: MIT
/*
 * The report for programs: one object, plain integers, the unit in the name of
 * each.
 */
#include "common/json.h"
#include "common/units.h"
#include "record/report.h"

static void report_json_source(struct json *json, const struct report *report)
{
	const struct record_header *header = &report->header;

	json_string(json, "name", header->name);
	json_unsigned(json, "id", header->source);
	json_string(json, "driver", header->driver);
	json_string(json, "module_version", header->module);
	json_unsigned(json, "abi_version", header->abi_version);
	json_string(json, "clock", units_clock(header->clockid));
	json_unsigned(json, "cpu", header->cpu);
	json_unsigned(json, "slots", header->slots);
	json_unsigned(json, "period_ns", header->period_ns);
	json_unsigned(json, "late_ns", header->late_ns);
	json_unsigned(json, "monotonic_ns", header->monotonic_ns);
	json_unsigned(json, "realtime_ns", header->realtime_ns);
}

static void report_json_counts(struct json *json, const struct report *report)
{
	json_unsigned(json, "ticks", report->ticks);
	json_unsigned(json, "missed", report->missed);
	json_unsigned(json, "late", report->late);
	json_unsigned(json, "early", report->early);
	json_unsigned(json, "notes", report->notes);
	json_unsigned(json, "starts", report->starts);
	json_unsigned(json, "changes", report->changes);
	json_unsigned(json, "dropped", report->lost);
	json_unsigned(json, "ticking_ns", report->last_ns - report->first_ns);
	json_unsigned(json, "longest_ns", report->longest_ns);
	json_signed(json, "drift_ppb", report_drift_ppb(report));
}

static void report_json_lateness(struct json *json, const struct report *report)
{
	const struct spread *spread = &report->spread;

	json_unsigned(json, "lateness_min_ns", spread->count ? spread->min_ns : 0);
	json_unsigned(json, "lateness_mean_ns", spread->count ? spread->sum_ns / spread->count : 0);
	json_unsigned(json, "lateness_p50_ns", spread_quantile(spread, 50000));
	json_unsigned(json, "lateness_p99_ns", spread_quantile(spread, 99000));
	json_unsigned(json, "lateness_p99_9_ns", spread_quantile(spread, 99900));
	json_unsigned(json, "lateness_max_ns", spread->count ? spread->max_ns : 0);
	json_unsigned_array(json, "lateness_histogram", report->histogram,
			    FRK_NETLINK_HISTOGRAM_BUCKETS);
}

static void report_json_gaps(struct json *json, const struct report *report)
{
	json_unsigned(json, "gap_count", report->gaps);
	json_open(json, "gaps", '[');
	for (size_t i = 0; i < report->gaps && i < REPORT_GAPS; i++) {
		json_open(json, NULL, '{');
		json_unsigned(json, "fired_ns", report->gap[i].fired_ns);
		json_unsigned(json, "records", report->gap[i].records);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void report_json_events(struct json *json, const struct report *report)
{
	json_open(json, "events", '[');
	for (size_t i = 0; i < report->events; i++) {
		const struct frk_source_event *event = &report->event[i];

		json_open(json, NULL, '{');
		json_unsigned(json, "monotonic_ns", event->time_ns);
		json_string(json, "event", frk_source_event_name(event->type));
		json_string(json, "reason", frk_source_reason_name(event->reason));
		json_unsigned(json, "ticks", event->ticks);
		json_unsigned(json, "dropped", event->dropped);
		json_unsigned(json, "cpu", event->cpu);
		json_unsigned(json, "period_ns", event->period_ns);
		json_signed(json, "drift_ppb", event->drift_ppb);
		json_unsigned(json, "reader", event->reader_id);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void report_json(const struct report *report, FILE *out)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	report_json_source(&json, report);
	json_string(&json, "ended", report_why(report));
	json_unsigned(&json, "end_ns", report->end.monotonic_ns);
	json_unsigned(&json, "events_lost", report->end.events_lost);
	json_string(&json, "damage", report->damage ? report->damage : "");
	report_json_counts(&json, report);
	report_json_lateness(&json, report);
	report_json_gaps(&json, report);
	report_json_events(&json, report);
	json_close(&json, '}');
	putc('\n', out);
}

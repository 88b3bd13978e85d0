// SPDX-License-Identifier: MIT
/*
 * The text format of Prometheus: all samples of a metric in one group, base
 * units (seconds, ratios), strings as labels.  What a metric is stands in a
 * table; only the histogram and what is made of words has a function.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/exposition.h"
#include "common/text.h"
#include "common/units.h"

enum exposition_unit {
	EXPOSITION_COUNT,
	EXPOSITION_NANO,	/* nanoseconds, parts per 10^9 */
	EXPOSITION_SIGNED_NANO,
};

struct exposition_metric {
	const char *name;
	const char *type;
	enum exposition_unit unit;
	size_t offset, size;	/* of the member that has it */
	const char *help;
};

#define MEMBER(of, member) offsetof(struct of, member), sizeof(((struct of *)0)->member)

static const struct exposition_metric exposition_source_metrics[] = {
	{ "fraktor_ticks_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, ticks),
	  "Ticks since the source was started." },
	{ "fraktor_missed_periods_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, missed),
	  "Periods without a tick of their own since the source was started." },
	{ "fraktor_late_ticks_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, late),
	  "Ticks that came as late as the source's threshold, since it was started." },
	{ "fraktor_widened_periods_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, widened),
	  "Periods passed over because the CPU had too much of ticks." },
	{ "fraktor_dropped_ticks_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, dropped),
	  "Ticks overwritten before they were read, over all readers." },
	{ "fraktor_cpu_moves_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, moves),
	  "Changes of the CPU that makes the ticks." },
	{ "fraktor_suspends_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, suspends),
	  "Times the system slept since the source was made." },
	{ "fraktor_early_ticks_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, early),
	  "Ticks made before their deadline, as the source's lead says." },
	{ "fraktor_lead_missed_ticks_total", "counter", EXPOSITION_COUNT,
	  MEMBER(frk_source, lead_missed),
	  "Ticks that came after their deadline in spite of a lead." },
	{ "fraktor_timer_expiries_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, expiries),
	  "Expiries of the source's timer since the source was started." },
	{ "fraktor_shared_expiries_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, shared),
	  "Those in an interrupt that another source had." },
	{ "fraktor_idled_periods_total", "counter", EXPOSITION_COUNT, MEMBER(frk_source, idled),
	  "Periods passed over because the reader needed no tick." },
	{ "fraktor_ticks_last_second", "gauge", EXPOSITION_COUNT, MEMBER(frk_source, ticks_last_second),
	  "Ticks in the last whole second." },
	{ "fraktor_readers", "gauge", EXPOSITION_COUNT, MEMBER(frk_source, readers),
	  "Files attached to the source." },
	{ "fraktor_cpu", "gauge", EXPOSITION_COUNT, MEMBER(frk_source, cpu),
	  "CPU whose interrupt makes the ticks." },
	{ "fraktor_period_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, period_ns),
	  "Period as it was set, 0 for a line that has none." },
	{ "fraktor_lead_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, lead_ns),
	  "So long before its deadline a tick's interrupt comes." },
	{ "fraktor_accuracy_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, accuracy_ns),
	  "So much later it may come, to share it with another source." },
	{ "fraktor_running_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, running_ns),
	  "How long the source runs, or ran the last time." },
	{ "fraktor_drift_ratio", "gauge", EXPOSITION_SIGNED_NANO, MEMBER(frk_source, drift_ppb),
	  "Drift against CLOCK_MONOTONIC since the source was started; positive is too slow." },
	{ "fraktor_drift_last_second_ratio", "gauge", EXPOSITION_SIGNED_NANO,
	  MEMBER(frk_source, drift_last_second_ppb),
	  "Drift in the last whole second." },
	{ "fraktor_drift_budget_ratio", "gauge", EXPOSITION_NANO,
	  MEMBER(frk_source, drift_budget_ppb),
	  "Drift over one second beyond which an event is sent." },
	{ "fraktor_lateness_min_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, lateness_min_ns),
	  "Smallest lateness since the source was started." },
	{ "fraktor_lateness_max_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, lateness_max_ns),
	  "Greatest lateness since the source was started." },
	{ "fraktor_interrupt_max_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_source, callback_max_ns),
	  "Longest tick interrupt since the source was started, of those timed." },
};

static const struct exposition_metric exposition_reader_metrics[] = {
	{ "fraktor_reader_ticks_total", "counter", EXPOSITION_COUNT, MEMBER(frk_reader, made),
	  "Ticks put into the ring of the reader." },
	{ "fraktor_reader_dropped_ticks_total", "counter", EXPOSITION_COUNT,
	  MEMBER(frk_reader, dropped),
	  "Ticks overwritten before the reader took them." },
	{ "fraktor_reader_wakeups_total", "counter", EXPOSITION_COUNT, MEMBER(frk_reader, wakeups),
	  "Times the reader waited and was woken." },
	{ "fraktor_reader_behind_ticks", "gauge", EXPOSITION_COUNT, MEMBER(frk_reader, behind),
	  "Ticks in the ring that the reader has not taken yet." },
	{ "fraktor_reader_idle_seconds", "gauge", EXPOSITION_NANO, MEMBER(frk_reader, idle_ns),
	  "How long the reader took nothing although there was something." },
	{ "fraktor_reader_stalled", "gauge", EXPOSITION_COUNT, MEMBER(frk_reader, stalled),
	  "Whether the reader took nothing for longer than its sources allow." },
};

#define ENTRIES(array) (sizeof(array) / sizeof((array)[0]))

static void exposition_head(const char *name, const char *type, const char *help,
			    FILE *out)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/*
 * The format knows three escapes; what is no UTF-8 would spoil the whole, and
 * what is a control the terminal that shows it.
 */
static void exposition_quote(const char *text, FILE *out)
{
	size_t len;

	putc('"', out);
	for (; *text; text += len ? len : 1) {
		len = text_char_len(text);
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text == '\n')
			fputs("\\n", out);
		else if (!len || text_obeyed(text))
			fputs("\xef\xbf\xbd", out);
		else
			fwrite(text, 1, len, out);
	}
	putc('"', out);
}

static void exposition_label(const char *name, const char *value, FILE *out)
{
	fprintf(out, "%s=", name);
	exposition_quote(value, out);
}

/* Exact, not by way of a double. */
static void exposition_nano(uint64_t value, bool negative, FILE *out)
{
	fprintf(out, "%s%" PRIu64 ".%09" PRIu64 "\n", negative ? "-" : "",
		value / 1000000000, value % 1000000000);
}

static void exposition_value(const struct exposition_metric *metric,
			     const void *object, FILE *out)
{
	const char *at = (const char *)object + metric->offset;
	uint64_t value = 0;

	if (metric->size == sizeof(bool))
		value = *(const bool *)at;
	else if (metric->size == sizeof(uint32_t))
		value = *(const uint32_t *)at;
	else
		memcpy(&value, at, sizeof(value));
	if (metric->unit == EXPOSITION_COUNT)
		fprintf(out, "%" PRIu64 "\n", value);
	else if (metric->unit == EXPOSITION_SIGNED_NANO && value > INT64_MAX)
		exposition_nano(-value, true, out);
	else
		exposition_nano(value, false, out);
}

static void exposition_sources(const struct client_sources *sources, FILE *out)
{
	for (size_t i = 0; i < ENTRIES(exposition_source_metrics); i++) {
		const struct exposition_metric *metric = &exposition_source_metrics[i];

		exposition_head(metric->name, metric->type, metric->help, out);
		for (size_t j = 0; j < sources->count; j++) {
			fprintf(out, "%s{", metric->name);
			exposition_label("source", sources->source[j].name, out);
			fputs("} ", out);
			exposition_value(metric, &sources->source[j], out);
		}
	}
}

/* What is made of words: a 1 with the words as labels. */
static void exposition_words(const struct client_sources *sources, FILE *out)
{
	exposition_head("fraktor_source_info", "gauge",
			"What the source is; always 1.", out);
	for (size_t i = 0; i < sources->count; i++) {
		const struct frk_source *source = &sources->source[i];

		fputs("fraktor_source_info{", out);
		exposition_label("source", source->name, out);
		exposition_label(",driver", source->driver, out);
		exposition_label(",clock", units_clock(source->clockid), out);
		exposition_label(",missed_policy",
				 frk_source_missed_name(source->missed_policy), out);
		fputs("} 1\n", out);
	}
	exposition_head("fraktor_source_state", "gauge",
			"State of the source and why it does not tick; always 1.", out);
	for (size_t i = 0; i < sources->count; i++) {
		const struct frk_source *source = &sources->source[i];

		fputs("fraktor_source_state{", out);
		exposition_label("source", source->name, out);
		exposition_label(",state", frk_source_state_name(source->state), out);
		exposition_label(",reason", frk_source_reason_name(source->reason), out);
		fputs("} 1\n", out);
	}
}

static void exposition_bucket(const struct frk_source *source, const char *le,
			      uint64_t count, FILE *out)
{
	fputs("fraktor_lateness_seconds_bucket{", out);
	exposition_label("source", source->name, out);
	fprintf(out, ",le=\"%s\"} %" PRIu64 "\n", le, count);
}

/* Bucket 0 is no lateness, bucket n ends at 2^n - 1 ns, the last one never. */
static void exposition_histogram(const struct frk_source *source, FILE *out)
{
	uint64_t count = 0;
	char le[32];

	for (unsigned int i = 0; i < FRK_NETLINK_HISTOGRAM_BUCKETS - 1; i++) {
		uint64_t bound_ns = (UINT64_C(1) << i) - 1;

		count += source->histogram[i];
		snprintf(le, sizeof(le), "%" PRIu64 ".%09" PRIu64,
			 bound_ns / 1000000000, bound_ns % 1000000000);
		exposition_bucket(source, le, count, out);
	}
	count += source->histogram[FRK_NETLINK_HISTOGRAM_BUCKETS - 1];
	exposition_bucket(source, "+Inf", count, out);
	fputs("fraktor_lateness_seconds_sum{", out);
	exposition_label("source", source->name, out);
	fprintf(out, "} %.9f\n", (double)source->lateness_mean_ns * (double)count / 1e9);
	fputs("fraktor_lateness_seconds_count{", out);
	exposition_label("source", source->name, out);
	fprintf(out, "} %" PRIu64 "\n", count);
}

/* The names of a reader's sources; one that just went has none any more. */
static void exposition_members(const struct frk_reader *reader,
			       const struct client_sources *sources, FILE *out)
{
	char names[FRK_NETLINK_MEMBERS * (sizeof(sources->source->name) + 1)];
	size_t used = 0;

	names[0] = '\0';
	for (uint32_t i = 0; i < reader->nr_sources && i < FRK_NETLINK_MEMBERS; i++)
		for (size_t j = 0; j < sources->count; j++)
			if (sources->source[j].id == reader->sources[i])
				used += (size_t)snprintf(names + used, sizeof(names) - used,
							 "%s%s", used ? "," : "",
							 sources->source[j].name);
	exposition_label(",sources", names, out);
}

static void exposition_readers(const struct client_readers *readers,
			       const struct client_sources *sources, FILE *out)
{
	for (size_t i = 0; i < ENTRIES(exposition_reader_metrics); i++) {
		const struct exposition_metric *metric = &exposition_reader_metrics[i];

		exposition_head(metric->name, metric->type, metric->help, out);
		for (size_t j = 0; j < readers->count; j++) {
			const struct frk_reader *reader = &readers->reader[j];

			fprintf(out, "%s{reader=\"%" PRIu32 "\"", metric->name, reader->id);
			exposition_members(reader, sources, out);
			fputs("} ", out);
			exposition_value(metric, reader, out);
		}
	}
}

void exposition_print(const struct client_sources *sources,
		      const struct client_readers *readers, FILE *out)
{
	exposition_head("fraktor_up", "gauge", "Whether the kernel module answers.", out);
	fprintf(out, "fraktor_up %d\n", sources != NULL);
	exposition_head("fraktor_tool_info", "gauge",
			"Version of the program that says this; always 1.", out);
	fputs("fraktor_tool_info{", out);
	exposition_label("version", FRK_VERSION, out);
	fputs("} 1\n", out);
	if (!sources)
		return;
	exposition_words(sources, out);
	exposition_sources(sources, out);
	exposition_head("fraktor_lateness_seconds", "histogram",
			"Ticks by the time from their deadline to their interrupt.", out);
	for (size_t i = 0; i < sources->count; i++)
		exposition_histogram(&sources->source[i], out);
	exposition_readers(readers, sources, out);
}

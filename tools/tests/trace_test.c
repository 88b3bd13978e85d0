// SPDX-License-Identifier: MIT
/*
 * Lines of trace_pipe, the order of time, and both ways to show it, with names
 * that want to be something else.
 */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "trace/sink.h"
#include "trace/timeline.h"

TestSuite(trace, .timeout = 10);

static struct timeline_item parsed(const char *line)
{
	struct timeline_item item;

	cr_assert(timeline_parse(line, &item), "%s", line);
	return item;
}

Test(trace, tick_is_told_to_the_nanosecond)
{
	struct timeline_item item = parsed(
		"          <idle>-0       [001] d.h1.   123.456790: fraktor_tick: source=7 deadline_ns=123456780000 fired_ns=123456789012 lateness_ns=9012 periods=2 flags=0x3");

	cr_expect_eq(item.kind, TIMELINE_TICK);
	cr_expect_eq(item.time_ns, 123456789012);
	cr_expect_eq(item.cpu, 1);
	cr_expect_eq(item.source, 7);
	cr_expect_eq(item.lateness_ns, 9012);
	cr_expect_eq(item.periods, 2);
	cr_expect_eq(item.flags, 3);
}

Test(trace, tick_before_its_deadline_is_early_not_late)
{
	struct timeline_item item = parsed(
		"          <idle>-0       [001] d.h1.   123.456790: fraktor_tick: source=7 deadline_ns=123456797012 fired_ns=123456789012 lateness_ns=18446744073709543616 periods=1 flags=0x200");

	cr_expect_eq(item.lateness_ns, 0);
	cr_expect_eq(item.early_ns, 8000);
	cr_expect_eq(item.time_ns, 123456789012);
}

Test(trace, tick_of_another_clock_has_the_time_of_the_trace)
{
	struct timeline_item item = parsed(
		"          <idle>-0       [000] d.h1.   123.456790: fraktor_tick: source=7 deadline_ns=5000000000 fired_ns=5000001000 lateness_ns=1000 periods=1 flags=0x0");

	cr_expect_eq(item.time_ns, 123456790000);
	cr_expect_eq(item.lateness_ns, 1000);
}

Test(trace, the_other_tracepoints)
{
	struct timeline_item item = parsed(
		"      quickstart-12345 [000] d..1.     1.000002: fraktor_drop: source=1 reader=2 dropped_total=3");

	cr_expect(item.kind == TIMELINE_DROP && item.reader == 2 && item.count == 3);
	item = parsed("      quickstart-12345 [000] .....     1.000002: fraktor_start: source=1 name=audio cpu=1 period_ns=1000000");
	cr_expect(item.kind == TIMELINE_START && item.period_ns == 1000000);
	cr_expect_str_eq(item.name, "audio");
	item = parsed("      quickstart-12345 [000] .....     1.000002: fraktor_stop: source=1 reason=2");
	cr_expect(item.kind == TIMELINE_STOP && item.reason == 2);
	item = parsed("     kworker/0:1-9     [000] .....     1.000002: fraktor_drift: source=1 drift_ppb=-77 budget_ppb=50");
	cr_expect(item.kind == TIMELINE_DRIFT && item.drift_ppb == -77);
	item = parsed("         cpuhp/1-18      [001] .....     1.000002: fraktor_migrate: source=1 from=1 to=0");
	cr_expect(item.kind == TIMELINE_MIGRATE && item.from == 1 && item.to == 0);
	item = parsed("CPU:1 [LOST 123 EVENTS]");
	cr_expect(item.kind == TIMELINE_LOST && item.cpu == 1 && item.count == 123);
}

Test(trace, a_process_may_have_any_name)
{
	struct timeline_item item = parsed(
		" : fraktor_drop:-7       [000] .....     1.000002: fraktor_stop: source=1 reason=2");

	cr_expect_eq(item.kind, TIMELINE_STOP);
	item = parsed("-1 [000] x 9.1: -7       [000] .....     1.000002: fraktor_stop: source=1 reason=2");
	cr_expect(item.kind == TIMELINE_STOP && item.time_ns == 1000002000);
}

Test(trace, other_lines_are_none_of_ours)
{
	static const char *const lines[] = {
		"", "#", "short", "          <idle>-0", "# tracer: nop",
		"          <idle>-0       [000] d.h1.   123.456790: sched_switch: source=7",
		"          <idle>-0       [000] d.h1.   123.456790: ",
		"CPU:1 [LOST EVENTS]",
	};
	struct timeline_item item;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		cr_expect_not(timeline_parse(lines[i], &item), "%s", lines[i]);
}

static void collect(const struct timeline_item *item, void *data)
{
	uint64_t *sum = data;

	*sum = *sum * 10 + item->time_ns;
}

Test(trace, r2_2_timeline_is_in_the_order_of_time)
{
	static const uint64_t times[] = { 3, 1, 5, 2, 4 };
	struct timeline timeline = { 0 };
	uint64_t sum = 0;

	for (size_t i = 0; i < 5; i++)
		timeline_add(&timeline, &(struct timeline_item){ .time_ns = times[i] });
	timeline_flush(&timeline, 3, collect, &sum);
	cr_expect_eq(sum, 123);
	timeline_add(&timeline, &(struct timeline_item){ .time_ns = 4 });
	timeline_flush(&timeline, UINT64_MAX, collect, &sum);
	cr_expect_eq(sum, 123445);
	cr_expect_eq(timeline.count, 0);
	timeline_fini(&timeline);
}

static char *shown(bool chrome)
{
	struct timeline_item tick = {
		.time_ns = 2000001234, .kind = TIMELINE_TICK, .source = 7, .lateness_ns = 1234,
		.periods = 1, .cpu = 1,
	};
	struct timeline_item event = {
		.time_ns = 3000000000, .kind = TIMELINE_EVENT, .source = 7,
		.event = { .type = 2, .reason = 1, .ticks = 10 },
	};
	struct sink sink;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	sink_begin(&sink, out, chrome);
	sink_name(&sink, 7, "a\"\033[2J");
	sink_item(&sink, &tick);
	sink_item(&sink, &event);
	sink_end(&sink);
	sink_fini(&sink);
	fclose(out);
	return text;
}

Test(trace, lines_for_people)
{
	char *text = shown(false);

	cr_expect(strstr(text, "2.000001234  CPU 1  a\"?[2J tick 1.23 us late\n"), "%s", text);
	cr_expect(strstr(text, "3.000000000  event  a\"?[2J stopped (asked), 10 ticks, 0 dropped\n"), "%s", text);
	free(text);
}

Test(trace, objects_for_viewers)
{
	char *text = shown(true);

	cr_expect(strstr(text, "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":7,\"args\":{\"name\":\"a\\\"\\u001b[2J\"}}"), "%s", text);
	cr_expect(strstr(text, "\"ts\":2000000.000,\"dur\":1.234,"), "%s", text);
	cr_expect(strstr(text, "{\"name\":\"stopped\",\"ph\":\"i\",\"pid\":1,\"tid\":7,\"cat\":\"event\",\"s\":\"t\",\"ts\":3000000.000,"), "%s", text);
	cr_expect(!strcmp(text + strlen(text) - 5, "}\n]}\n"));
	free(text);
}

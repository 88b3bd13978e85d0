// SPDX-License-Identifier: MIT
/*
 * fraktor monitor - events of the sources as they come.  Must not know how
 * they arrive.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/client.h"
#include "common/command.h"
#include "common/json.h"
#include "common/option.h"
#include "common/screen.h"
#include "common/text.h"
#include "common/units.h"
#include "common/waiting.h"

#define NS_PER_S UINT64_C(1000000000)

struct monitor {
	const char *until;
	bool json;
	uint64_t timeout_ns;
	bool seen;		/* the event of @until */
};

static const struct argp_option monitor_argp_options[] = {
	{ "json", 'j', NULL, 0, "Print an object on a line for each event", 0 },
	{ "until", 'u', "EVENT", 0, "End after the first EVENT of that name, for example stopped", 0 },
	{ "timeout", 't', "SECONDS", 0, "End after SECONDS, with exit status 1 if --until waits in vain", 0 },
	{ 0 },
};

/* Types are numbered from 1 without a gap. */
static const char *monitor_event_name(uint32_t type)
{
	const char *name = frk_source_event_name(type);

	return strcmp(name, "unknown") ? name : NULL;
}

static bool monitor_is_event(const char *name)
{
	const char *known;

	for (uint32_t type = 1; (known = monitor_event_name(type)); type++)
		if (!strcmp(known, name))
			return true;
	return false;
}

/* All names, as a sentence wants them. */
static const char *monitor_events(void)
{
	static char list[256];
	const char *name;
	size_t used = 0;

	for (uint32_t type = 1; (name = monitor_event_name(type)) && used < sizeof(list); type++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
					 type == 1 ? "" :
					 monitor_event_name(type + 1) ? ", " : " and ", name);
	return list;
}

static error_t monitor_parse(int key, char *arg, struct argp_state *state)
{
	struct monitor *monitor = state->input;

	switch (key) {
	case 'j':
		monitor->json = true;
		return 0;
	case 'u':
		if (!monitor_is_event(arg))
			argp_error(state, "--until=%s: the events are %s", arg, monitor_events());
		monitor->until = arg;
		return 0;
	case 't':
		monitor->timeout_ns = option_seconds_ns("timeout", arg, state);
		return 0;
	case ARGP_KEY_ARG:
		option_no_argument(arg, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp monitor_argp = {
	.options = monitor_argp_options,
	.parser = monitor_parse,
	.doc = "Prints what happens to the tick sources: started, stopped, moved, overflow and so on.\v"
	       "Each line has the time of day, the monotonic time in seconds, the source and the event.",
};

static void monitor_print_times(uint64_t monotonic_ns, uint64_t wall_ns)
{
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	char text[32] = "?";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%F %T", &tm);
	printf("%s.%06" PRIu64 "  %" PRIu64 ".%09" PRIu64 "  ", text,
	       wall_ns % NS_PER_S / 1000, monotonic_ns / NS_PER_S,
	       monotonic_ns % NS_PER_S);
}

static void monitor_print_reader(const struct frk_source_event *event)
{
	printf(", reader %" PRIu32, event->reader_id);
	if (event->pid)
		printf(" (pid %" PRIu32 ")", event->pid);
	if (event->behind)
		printf(" is %s behind", units_count(event->behind).s);
}

/* What only events of this name have to say; by name, for it is no secret. */
static void monitor_print_detail(const struct frk_source_event *event)
{
	const char *name = frk_source_event_name(event->type);

	if (!strcmp(name, "moved") || !strcmp(name, "overload"))
		printf(", CPU %" PRIu32, event->cpu);
	else if (!strcmp(name, "created") || !strcmp(name, "changed"))
		printf(", period %s", units_period(event->period_ns).s);
	else if (!strcmp(name, "drift"))
		printf(", %s in the last second", units_ppm(event->drift_ppb).s);
	else if (!strcmp(name, "resumed"))
		printf(", slept %s", units_duration(event->slept_ns).s);
	else if (event->reader_id)
		monitor_print_reader(event);
	else if (event->pid)
		printf(", pid %" PRIu32, event->pid);
}

static void monitor_print(const struct frk_source_event *event,
			  uint64_t wall_ns)
{
	char name[sizeof(event->name)];

	text_clean(name, sizeof(name), event->name);
	monitor_print_times(event->time_ns, wall_ns);
	printf("%s %s", name, frk_source_event_name(event->type));
	if (event->reason)
		printf(" (%s)", frk_source_reason_name(event->reason));
	printf(", %s ticks, %s dropped", units_count(event->ticks).s,
	       units_count(event->dropped).s);
	monitor_print_detail(event);
	putchar('\n');
}

static void monitor_print_json(const struct frk_source_event *event,
			       uint64_t wall_ns)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_unsigned(&json, "monotonic_ns", event->time_ns);
	json_unsigned(&json, "realtime_ns", wall_ns);
	json_string(&json, "event", frk_source_event_name(event->type));
	json_unsigned(&json, "id", event->id);
	json_string(&json, "name", event->name);
	json_string(&json, "reason", frk_source_reason_name(event->reason));
	json_unsigned(&json, "ticks", event->ticks);
	json_unsigned(&json, "dropped", event->dropped);
	json_unsigned(&json, "cpu", event->cpu);
	json_unsigned(&json, "period_ns", event->period_ns);
	json_signed(&json, "drift_ppb", event->drift_ppb);
	json_unsigned(&json, "reader", event->reader_id);
	json_unsigned(&json, "pid", event->pid);
	json_unsigned(&json, "behind", event->behind);
	json_unsigned(&json, "slept_ns", event->slept_ns);
	json_close(&json, '}');
	putchar('\n');
}

/* The end of a batch, not an errno. */
#define MONITOR_SEEN 1

static int monitor_event(const struct frk_source_event *event, void *data)
{
	struct monitor *monitor = data;
	/* The wall clock may step; between the event and now it did not. */
	uint64_t wall_ns = waiting_wall_ns() - (waiting_now_ns() - event->time_ns);
	int rc;

	(monitor->json ? monitor_print_json : monitor_print)(event, wall_ns);
	rc = screen_flush();
	if (rc)
		return rc;
	monitor->seen = monitor->until &&
			!strcmp(monitor->until, frk_source_event_name(event->type));
	return monitor->seen ? MONITOR_SEEN : 0;
}

static int monitor_lost(const struct monitor *monitor)
{
	struct json json = { .out = stdout };
	uint64_t now_ns = waiting_now_ns(), wall_ns = waiting_wall_ns();

	if (!monitor->json) {
		monitor_print_times(now_ns, wall_ns);
		puts("events were lost: they came faster than they could be read");
		return screen_flush();
	}
	json_open(&json, NULL, '{');
	json_unsigned(&json, "monotonic_ns", now_ns);
	json_unsigned(&json, "realtime_ns", wall_ns);
	json_string(&json, "event", "lost");
	json_close(&json, '}');
	putchar('\n');
	return screen_flush();
}

static int monitor_receive(struct monitor *monitor, struct frk_netlink *netlink)
{
	int rc = frk_netlink_receive(netlink, monitor_event, monitor);

	if (rc == -ENOBUFS)
		return monitor_lost(monitor);
	if (rc == -ENODEV || rc == -EBADMSG)
		client_explain(rc);
	return rc;
}

static int monitor_loop(struct monitor *monitor, struct frk_netlink *netlink,
			int signals)
{
	uint64_t until_ns = monitor->timeout_ns ?
			    waiting_now_ns() + monitor->timeout_ns : WAITING_FOR_EVER;
	enum waiting_end end;
	int rc = 0;

	do {
		end = waiting_until(signals, frk_netlink_fd(netlink), until_ns);
		if (end == WAITING_READY)
			rc = monitor_receive(monitor, netlink);
	} while (end == WAITING_READY && !rc);
	if (end == WAITING_TIME && monitor->until) {
		fprintf(stderr, "fraktor: no event \"%s\" in time\n", monitor->until);
		return COMMAND_FAILED;
	}
	return rc < 0 || end == WAITING_FAILED ? COMMAND_FAILED : 0;
}

static int monitor_run(int argc, char **argv)
{
	struct monitor monitor = { 0 };
	struct frk_netlink *netlink;
	int signals, rc;

	if (argp_parse(&monitor_argp, argc, argv, 0, NULL, &monitor))
		return COMMAND_MISUSED;
	netlink = client_open();
	if (!netlink)
		return COMMAND_FAILED;
	rc = frk_netlink_subscribe(netlink);
	if (rc)
		client_explain(rc);
	signals = waiting_open();
	rc = rc ? COMMAND_FAILED : monitor_loop(&monitor, netlink, signals);
	if (signals >= 0)
		close(signals);
	frk_netlink_close(netlink);
	return rc;
}

const struct command command_monitor = {
	.name = "monitor",
	.summary = "what happens to sources, as it happens",
	.run = monitor_run,
};

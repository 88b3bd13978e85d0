// SPDX-License-Identifier: MIT
/*
 * What the running kernel was told by sysctl, by its command line, by an
 * administrator.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"

#define SETTING_RUNTIME "/proc/sys/kernel/sched_rt_runtime_us"

static enum doctor_verdict setting_look_throttling(const struct host *host, char *text)
{
	long runtime = 0, period = 1000000;
	int err = host_read_long(host, SETTING_RUNTIME, &runtime);

	if (err)
		return doctor_unread(text, SETTING_RUNTIME, err);
	host_read_long(host, "/proc/sys/kernel/sched_rt_period_us", &period);
	if (runtime < 0 || runtime >= period)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND,
			  "real-time threads are stopped after %ld of every %ld us", runtime,
			  period);
}

/* Fine too if it runs only where nobody has isolated CPUs. */
static enum doctor_verdict setting_look_watchdog(const struct host *host, char *text)
{
	cpu_set_t isolated, watched;
	long nmi = 0, soft = 0;
	char list[64];

	host_read_long(host, "/proc/sys/kernel/nmi_watchdog", &nmi);
	host_read_long(host, "/proc/sys/kernel/soft_watchdog", &soft);
	if (nmi != 1 && soft != 1)
		return DOCTOR_FINE;
	host_isolated(host, &isolated, list);
	host_read(host, "/proc/sys/kernel/watchdog_cpumask", list, sizeof(list));
	host_parse_cpus(list, &watched);
	CPU_AND(&watched, &watched, &isolated);
	if (CPU_COUNT(&isolated) && !CPU_COUNT(&watched))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "the lockup detector runs (%s%s%s)",
			  nmi == 1 ? "nmi_watchdog" : "", nmi == 1 && soft == 1 ? ", " : "",
			  soft == 1 ? "soft_watchdog" : "");
}

static enum doctor_verdict setting_look_tracing(const struct host *host, char *text)
{
	char tracer[64], events[8];
	int err = host_read(host, "/sys/kernel/tracing/current_tracer", tracer, sizeof(tracer));

	/* Not mounted: nobody has switched it on. */
	if (err == -ENOENT)
		return DOCTOR_FINE;
	if (err < 0)
		return doctor_unread(text, "/sys/kernel/tracing/current_tracer", err);
	if (strcmp(tracer, "nop"))
		return doctor_say(text, DOCTOR_FOUND, "the tracer %s is on", tracer);
	host_read(host, "/sys/kernel/tracing/events/enable", events, sizeof(events));
	if (*events == '1' || *events == 'X')
		return doctor_say(text, DOCTOR_FOUND, "trace events are on");
	return DOCTOR_FINE;
}

static int setting_is_mitigated(const struct host *host, const char *path, void *data)
{
	unsigned int *count = data;
	char text[256];

	if (host_read(host, path, text, sizeof(text)) > 0)
		*count += strstr(text, "Mitigation") != NULL;
	return 0;
}

static enum doctor_verdict setting_look_mitigations(const struct host *host, char *text)
{
	unsigned int count = 0;

	host_each(host, "/sys/devices/system/cpu/vulnerabilities/*", setting_is_mitigated,
		  &count);
	if (!count)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "mitigations of %u CPU flaws are on", count);
}

const struct doctor_check doctor_setting[] = {
	{
		.id = "rt-throttling",
		.severity = DOCTOR_WARNING,
		.why = "A SCHED_FIFO thread that spins is stopped for 50 ms of each second, and every tick in them is late.",
		.remedy = "sysctl kernel.sched_rt_runtime_us=-1, if no thread of yours can run for ever; or do not spin.",
		.look = setting_look_throttling,
	},
	{
		.id = "watchdog",
		.severity = DOCTOR_WARNING,
		.why = "Its timer, and the thread it wakes at the highest priority, interrupt every CPU each few seconds.",
		.remedy = "sysctl kernel.watchdog=0, or keep it off isolated CPUs: kernel.watchdog_cpumask.",
		.look = setting_look_watchdog,
	},
	{
		.id = "tracing",
		.severity = DOCTOR_WARNING,
		.why = "What is traced is slower: a function tracer doubles the way from interrupt to reader.",
		.remedy = "echo nop >/sys/kernel/tracing/current_tracer; echo 0 >/sys/kernel/tracing/events/enable",
		.look = setting_look_tracing,
	},
	{
		.id = "mitigations",
		.severity = DOCTOR_NOTE,
		.why = "Each entry into the kernel and each switch between processes costs some hundred nanoseconds more.",
		.remedy = "Boot with mitigations=off only where all code on the machine is trusted; or wait by spinning, without system calls.",
		.look = setting_look_mitigations,
	},
	{ 0 },
};

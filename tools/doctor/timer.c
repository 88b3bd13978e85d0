// SPDX-License-Identifier: MIT
/*
 * What time is read from, and how exactly the kernel can wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "doctor/doctor.h"

#define TIMER_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

static enum doctor_verdict timer_look_clocksource(const struct host *host, char *text)
{
	/* Those that a program reads without a system call. */
	static const char *const good[] = {
		"tsc", "kvm-clock", "arch_sys_counter", "riscv_clocksource", "timebase",
	};
	char source[64];
	int err = host_read(host, TIMER_SOURCE, source, sizeof(source));

	if (err < 0)
		return doctor_unread(text, TIMER_SOURCE, err);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!strcmp(source, good[i]))
			return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "the clock source is %s", source);
}

static bool timer_is_off(const struct host *host)
{
	char cmdline[2048], value[32];
	struct timespec resolution;

	if (host_read(host, "/proc/cmdline", cmdline, sizeof(cmdline)) > 0 &&
	    (strstr(cmdline, "highres=off") || strstr(cmdline, "nohrtimers")))
		return true;
	/* For root only, and the surest. */
	if (!host_line(host, "/proc/timer_list", "  .hres_active    :", value, sizeof(value)))
		return *value == '0';
	return host_is_live(host) && !clock_getres(CLOCK_MONOTONIC, &resolution) &&
	       (resolution.tv_sec || resolution.tv_nsec > 1);
}

static enum doctor_verdict timer_look_highres(const struct host *host, char *text)
{
	return timer_is_off(host) ?
	       doctor_say(text, DOCTOR_FOUND, "high-resolution timers are off") : DOCTOR_FINE;
}

static enum doctor_verdict timer_look_slack(const struct host *host, char *text)
{
	long slack = 0;
	int err = host_read_long(host, "/proc/self/timerslack_ns", &slack);

	if (err)
		return doctor_unread(text, "/proc/self/timerslack_ns", err);
	if (slack <= 1000)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND,
			  "ordinary threads are woken up to %ld us late (timer slack)",
			  slack / 1000);
}

const struct doctor_check doctor_timer[] = {
	{
		.id = "clocksource",
		.severity = DOCTOR_PROBLEM,
		.why = "Reading the time takes a system call and a slow device: a microsecond or more, several times each tick.",
		.remedy = "Boot with tsc=reliable if dmesg does not say why the TSC is unstable; update the firmware if it does.",
		.look = timer_look_clocksource,
	},
	{
		.id = "timer-highres",
		.severity = DOCTOR_PROBLEM,
		.why = "Timers expire at the next jiffy only: up to 10 ms late.",
		.remedy = "Boot without highres=off, on a machine whose clock event device can be programmed.",
		.look = timer_look_highres,
	},
	{
		.id = "timer-slack",
		.severity = DOCTOR_NOTE,
		.why = "The kernel waits so long for other timers to share an interrupt with; SCHED_FIFO threads are exempt.",
		.remedy = "Call frk_rt_prepare(), which sets it to 1 ns, or give the thread a real-time priority.",
		.look = timer_look_slack,
	},
	{ 0 },
};

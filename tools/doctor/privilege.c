// SPDX-License-Identifier: MIT
/*
 * What this user may ask of the kernel.  On the host itself it is tried, for a
 * capability may be one of a namespace that does not count.
 */
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include <fraktor/rt.h>

#include "doctor/doctor.h"

/* The soft limit, as text: a number or "unlimited". */
static int privilege_limit(const struct host *host, const char *name, char *ret_value,
			   size_t size)
{
	int err = host_line(host, "/proc/self/limits", name, ret_value, size);

	ret_value[strcspn(ret_value, " ")] = '\0';
	return err;
}

/* Return: whether the priority is given; @text says why not. */
static bool privilege_try(char *text)
{
	struct frk_error error = { 0 };
	struct frk_rt_opts opts = FRK_RT_OPTS(.flags = FRK_RT_NO_LOCK | FRK_RT_KEEP_SLACK,
					      .stack_size = 1, .rt_priority = 1,
					      .error = &error);
	struct frk_rt *rt = NULL;

	if (!frk_rt_prepare(&opts, &rt)) {
		frk_rt_release(rt);
		return true;
	}
	doctor_say(text, DOCTOR_FOUND, "%s", error.text);
	return false;
}

static enum doctor_verdict privilege_look_priority(const struct host *host, char *text)
{
	char limit[32];
	int err = privilege_limit(host, "Max realtime priority", limit, sizeof(limit));

	if (err)
		return doctor_unread(text, "/proc/self/limits", err);
	if (!host_capable(host, CAP_SYS_NICE) && strcmp(limit, "unlimited") &&
	    atoi(limit) < 1)
		return doctor_say(text, DOCTOR_FOUND,
				  "this user may have no real-time priority (RLIMIT_RTPRIO is %s)",
				  limit);
	return !host_is_live(host) || privilege_try(text) ? DOCTOR_FINE : DOCTOR_FOUND;
}

static enum doctor_verdict privilege_look_memory(const struct host *host, char *text)
{
	char limit[32];
	int err = privilege_limit(host, "Max locked memory", limit, sizeof(limit));

	if (err)
		return doctor_unread(text, "/proc/self/limits", err);
	if (host_capable(host, CAP_IPC_LOCK) || !strcmp(limit, "unlimited"))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND,
			  "this user may lock %lld KiB of memory (RLIMIT_MEMLOCK)",
			  atoll(limit) / 1024);
}

const struct doctor_check doctor_privilege[] = {
	{
		.id = "limit-rtprio",
		.severity = DOCTOR_PROBLEM,
		.why = "A reader without a real-time priority waits for all other threads that want the CPU.",
		.remedy = "Put \"USER - rtprio 99\" into /etc/security/limits.d and log in again; or LimitRTPRIO=99 into the service, or run as root.",
		.look = privilege_look_priority,
	},
	{
		.id = "limit-memlock",
		.severity = DOCTOR_PROBLEM,
		.why = "Rings are charged to that limit, and mlockall() fails when the program has more than that mapped.",
		.remedy = "Put \"USER - memlock unlimited\" into /etc/security/limits.d and log in again; or LimitMEMLOCK=infinity into the service.",
		.look = privilege_look_memory,
	},
	{ 0 },
};

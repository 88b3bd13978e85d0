// SPDX-License-Identifier: MIT
/*
 * How the kernel was built.  What can be set while it runs is setting.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

static enum doctor_verdict kernel_look_rt(const struct host *host, char *text)
{
	char release[96] = "", version[512];
	long rt = 0;
	int err;

	/* The file is gone from 6.12 on, the name in the version is not. */
	if (!host_read_long(host, "/sys/kernel/realtime", &rt) && rt == 1)
		return DOCTOR_FINE;
	err = host_read(host, "/proc/version", version, sizeof(version));
	if (err < 0)
		return doctor_unread(text, "/proc/version", err);
	if (strstr(version, "PREEMPT_RT") || strstr(version, "PREEMPT RT"))
		return DOCTOR_FINE;
	host_read(host, "/proc/sys/kernel/osrelease", release, sizeof(release));
	return doctor_say(text, DOCTOR_FOUND, "the kernel %s is not PREEMPT_RT", release);
}

/* A line of the kernel's configuration, where a distribution puts it. */
static int kernel_config(const struct host *host, const char *key, char *ret_value,
			 size_t size)
{
	static const char *const places[] = {
		"/boot/config-%s", "/lib/modules/%s/config", "/lib/modules/%s/build/.config",
	};
	char release[96], path[HOST_PATH_SIZE / 2];
	int err = host_read(host, "/proc/sys/kernel/osrelease", release, sizeof(release));

	if (err < 0)
		return err;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), places[i], release);
		if (host_has(host, path))
			return host_line(host, path, key, ret_value, size);
	}
	return -ENODATA;
}

#define KERNEL_NO_CONFIG "the configuration of the kernel is not on this host"

static enum doctor_verdict kernel_look_debug(const struct host *host, char *text)
{
	static const char *const options[] = {
		"CONFIG_PROVE_LOCKING=", "CONFIG_KASAN=", "CONFIG_KCSAN=", "CONFIG_KMEMLEAK=",
		"CONFIG_DEBUG_OBJECTS=", "CONFIG_DEBUG_ATOMIC_SLEEP=", "CONFIG_LOCK_STAT=",
		"CONFIG_PREEMPT_TRACER=", "CONFIG_IRQSOFF_TRACER=",
	};
	char value[16], found[160] = "";
	size_t used = 0, len;
	int err = 0;

	/* Without a configuration, this file tells of the costliest one. */
	if (host_has(host, "/proc/lockdep"))
		return doctor_say(text, DOCTOR_FOUND,
				  "the kernel checks its own locks (PROVE_LOCKING)");
	for (size_t i = 0; i < sizeof(options) / sizeof(*options) && err != -ENODATA; i++) {
		err = kernel_config(host, options[i], value, sizeof(value));
		len = strlen(options[i]) - strlen("CONFIG_=");
		if (!err && !strcmp(value, "y") && used + len + 3 < sizeof(found))
			used += (size_t)sprintf(found + used, "%s%.*s", used ? ", " : "",
						(int)len, options[i] + strlen("CONFIG_"));
	}
	if (used)
		return doctor_say(text, DOCTOR_FOUND, "the kernel is built with %s", found);
	if (err == -ENODATA)
		return doctor_say(text, DOCTOR_UNKNOWN, KERNEL_NO_CONFIG);
	return err && err != -ENOENT ?
	       doctor_unread(text, "/proc/sys/kernel/osrelease", err) : DOCTOR_FINE;
}

static enum doctor_verdict kernel_look_hz(const struct host *host, char *text)
{
	char value[16];
	int hz;

	if (kernel_config(host, "CONFIG_HZ=", value, sizeof(value)))
		return doctor_say(text, DOCTOR_UNKNOWN, KERNEL_NO_CONFIG);
	hz = atoi(value);
	if (hz >= 1000 || hz <= 0)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "HZ is %d: a jiffy is %d ms", hz, 1000 / hz);
}

static enum doctor_verdict kernel_look_virtual(const struct host *host, char *text)
{
	char flags[4096], type[64];

	if (host_read(host, "/sys/hypervisor/type", type, sizeof(type)) > 0)
		return doctor_say(text, DOCTOR_FOUND, "this is a guest of %s", type);
	if (host_line(host, "/proc/cpuinfo", "flags", flags, sizeof(flags)))
		return doctor_say(text, DOCTOR_UNKNOWN, "/proc/cpuinfo has no flags");
	strncat(flags, " ", sizeof(flags) - strlen(flags) - 1);
	if (!strstr(flags, " hypervisor "))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "this is a virtual machine");
}

const struct doctor_check doctor_kernel[] = {
	{
		.id = "kernel-rt",
		.severity = DOCTOR_PROBLEM,
		.why = "A reader waits for whatever the kernel does with preemption disabled, which may take milliseconds.",
		.remedy = "Boot a kernel with PREEMPT_RT (Debian: apt install linux-image-rt-amd64).",
		.look = kernel_look_rt,
	},
	{
		.id = "kernel-debug",
		.severity = DOCTOR_PROBLEM,
		.why = "Every lock and every allocation is checked: each tick costs several times as much.",
		.remedy = "Boot the kernel of the distribution; keep debug kernels for finding faults.",
		.look = kernel_look_debug,
	},
	{
		.id = "kernel-hz",
		.severity = DOCTOR_NOTE,
		.why = "Ticks do not depend on HZ; budgets of SCHED_DEADLINE and of throttling are accounted in jiffies.",
		.remedy = "Nothing, unless you use SCHED_DEADLINE with runtimes below a jiffy: then a kernel with HZ=1000.",
		.look = kernel_look_hz,
	},
	{
		.id = "virtual-machine",
		.severity = DOCTOR_WARNING,
		.why = "The hypervisor takes the CPU away when it likes, for as long as it likes.",
		.remedy = "Run on the machine itself, or pin each virtual CPU to an isolated one of the host.",
		.look = kernel_look_virtual,
	},
	{ 0 },
};

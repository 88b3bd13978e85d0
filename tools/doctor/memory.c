// SPDX-License-Identifier: MIT
/*
 * What the kernel does with memory behind a program's back.
 */
#include <string.h>

#include "doctor/doctor.h"

static enum doctor_verdict memory_look_swap(const struct host *host, char *text)
{
	char swaps[1024], *line;
	int err = host_read(host, "/proc/swaps", swaps, sizeof(swaps));

	if (err < 0)
		return doctor_unread(text, "/proc/swaps", err);
	line = strchr(swaps, '\n');
	if (!line)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "swap is on: %.*s",
			  (int)strcspn(line + 1, " \t\n"), line + 1);
}

static enum doctor_verdict memory_look_hugepages(const struct host *host, char *text)
{
	char mode[64];

	host_read(host, "/sys/kernel/mm/transparent_hugepage/enabled", mode, sizeof(mode));
	return strstr(mode, "[always]") ?
	       doctor_say(text, DOCTOR_FOUND, "transparent huge pages are made always") :
	       DOCTOR_FINE;
}

static enum doctor_verdict memory_look_numa(const struct host *host, char *text)
{
	long on = 0;

	host_read_long(host, "/proc/sys/kernel/numa_balancing", &on);
	return on ? doctor_say(text, DOCTOR_FOUND, "NUMA balancing is on") : DOCTOR_FINE;
}

static enum doctor_verdict memory_look_ksm(const struct host *host, char *text)
{
	long run = 0;

	host_read_long(host, "/sys/kernel/mm/ksm/run", &run);
	return run == 1 ? doctor_say(text, DOCTOR_FOUND, "equal pages are merged (KSM)") :
			  DOCTOR_FINE;
}

const struct doctor_check doctor_memory[] = {
	{
		.id = "swap",
		.severity = DOCTOR_WARNING,
		.why = "A page that was swapped out is read from disk when it is touched: milliseconds.",
		.remedy = "swapoff -a; a program that called frk_rt_prepare() is safe, what it waits for may not be.",
		.look = memory_look_swap,
	},
	{
		.id = "hugepages",
		.severity = DOCTOR_WARNING,
		.why = "khugepaged copies pages of running programs together and stops them for that.",
		.remedy = "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled",
		.look = memory_look_hugepages,
	},
	{
		.id = "numa-balancing",
		.severity = DOCTOR_WARNING,
		.why = "Pages are unmapped now and then to see who uses them, and the next use is a page fault.",
		.remedy = "sysctl kernel.numa_balancing=0",
		.look = memory_look_numa,
	},
	{
		.id = "ksm",
		.severity = DOCTOR_WARNING,
		.why = "The first write to a page that was merged is a page fault and a copy.",
		.remedy = "echo 2 >/sys/kernel/mm/ksm/run",
		.look = memory_look_ksm,
	},
	{ 0 },
};

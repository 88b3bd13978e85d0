// SPDX-License-Identifier: MIT
/*
 * Whether there is a CPU that is left alone, and who comes there all the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "doctor/doctor.h"

static int isolation_is_partition(const struct host *host, const char *path, void *data)
{
	char type[32];

	(void)data;
	return host_read(host, path, type, sizeof(type)) > 0 && !strcmp(type, "isolated");
}

static enum doctor_verdict isolation_look(const struct host *host, char *text)
{
	cpu_set_t isolated, online;
	char list[64];

	host_isolated(host, &isolated, list);
	/* Before 6.7 a partition is only to be found by looking at each. */
	if (CPU_COUNT(&isolated) ||
	    host_each(host, "/sys/fs/cgroup/*/cpuset.cpus.partition", isolation_is_partition,
		      NULL) ||
	    host_each(host, "/sys/fs/cgroup/*/*/cpuset.cpus.partition",
		      isolation_is_partition, NULL))
		return DOCTOR_FINE;
	host_read(host, "/sys/devices/system/cpu/online", list, sizeof(list));
	host_parse_cpus(list, &online);
	if (CPU_COUNT(&online) == 1)
		return doctor_say(text, DOCTOR_FOUND, "there is one CPU, for everything");
	return doctor_say(text, DOCTOR_FOUND, "none of the CPUs %s is isolated", list);
}

static enum doctor_verdict isolation_look_nohz(const struct host *host, char *text)
{
	cpu_set_t isolated, nohz, left;
	char list[64], value[64];

	host_isolated(host, &isolated, list);
	host_read(host, "/sys/devices/system/cpu/nohz_full", value, sizeof(value));
	host_parse_cpus(value, &nohz);
	CPU_AND(&left, &isolated, &nohz);
	CPU_XOR(&left, &left, &isolated);
	if (!CPU_COUNT(&left))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND,
			  "the scheduler's tick runs on the isolated CPUs %s", list);
}

struct isolation_interrupts {
	cpu_set_t isolated;
	unsigned int count;
};

static int isolation_add_interrupt(const struct host *host, const char *path, void *data)
{
	struct isolation_interrupts *interrupts = data;
	cpu_set_t cpus;
	char list[64];

	host_read(host, path, list, sizeof(list));
	host_parse_cpus(list, &cpus);
	CPU_AND(&cpus, &cpus, &interrupts->isolated);
	interrupts->count += CPU_COUNT(&cpus) != 0;
	return 0;
}

static enum doctor_verdict isolation_look_interrupts(const struct host *host, char *text)
{
	struct isolation_interrupts interrupts = { 0 };
	char list[64], mask[512];
	cpu_set_t fresh;

	host_isolated(host, &interrupts.isolated, list);
	host_each(host, "/proc/irq/*/effective_affinity_list", isolation_add_interrupt,
		  &interrupts);
	host_read(host, "/proc/irq/default_smp_affinity", mask, sizeof(mask));
	host_parse_mask(mask, &fresh);
	CPU_AND(&fresh, &fresh, &interrupts.isolated);
	if (interrupts.count)
		return doctor_say(text, DOCTOR_FOUND,
				  "%u interrupts of devices go to the isolated CPUs %s",
				  interrupts.count, list);
	if (CPU_COUNT(&fresh))
		return doctor_say(text, DOCTOR_FOUND,
				  "interrupts of new devices may go to the isolated CPUs %s",
				  list);
	return DOCTOR_FINE;
}

static int isolation_is_irqbalance(const struct host *host, const char *path, void *data)
{
	char name[32];

	(void)data;
	return host_read(host, path, name, sizeof(name)) > 0 && !strcmp(name, "irqbalance");
}

static enum doctor_verdict isolation_look_irqbalance(const struct host *host, char *text)
{
	return host_each(host, "/proc/[0-9]*/comm", isolation_is_irqbalance, NULL) ?
	       doctor_say(text, DOCTOR_FOUND, "irqbalance is running") : DOCTOR_FINE;
}

const struct doctor_check doctor_isolation[] = {
	{
		.id = "cpu-isolation",
		.severity = DOCTOR_WARNING,
		.why = "The CPU of a tick also runs what else the host does, and its caches are full of that.",
		.remedy = "Boot with isolcpus=N nohz_full=N rcu_nocbs=N and use CPU N; or make a cgroup with cpuset.cpus.partition=isolated.",
		.look = isolation_look,
	},
	{
		.id = "cpu-nohz",
		.severity = DOCTOR_NOTE,
		.why = "HZ times a second a thread that does nothing but its work is interrupted for a few microseconds.",
		.remedy = "Boot with nohz_full= for the same CPUs as isolcpus=.",
		.look = isolation_look_nohz,
	},
	{
		.id = "irq-affinity",
		.severity = DOCTOR_WARNING,
		.why = "An interrupt of a disk or a network card on that CPU delays the tick that comes after it.",
		.remedy = "Boot with irqaffinity= without those CPUs, or write others into /proc/irq/*/smp_affinity_list.",
		.look = isolation_look_interrupts,
	},
	{
		.id = "irqbalance",
		.severity = DOCTOR_WARNING,
		.why = "It moves interrupts between CPUs every ten seconds, also to the one where ticks are waited for.",
		.remedy = "systemctl disable --now irqbalance, or name the CPU in IRQBALANCE_BANNED_CPULIST.",
		.look = isolation_look_irqbalance,
	},
	{ 0 },
};

// SPDX-License-Identifier: MIT
/*
 * How CPUs save power, and what they share.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/doctor.h"

/* An idle state that is left within this costs less than a wake-up does. */
#define PROCESSOR_EXIT_US 10

struct processor_governors {
	unsigned int cpus, others;
	char name[32];		/* of one that is not "performance" */
};

static int processor_add_governor(const struct host *host, const char *path, void *data)
{
	struct processor_governors *governors = data;
	char name[32];

	if (host_read(host, path, name, sizeof(name)) <= 0)
		return 0;
	governors->cpus++;
	if (strcmp(name, "performance")) {
		governors->others++;
		memcpy(governors->name, name, sizeof(name));
	}
	return 0;
}

static enum doctor_verdict processor_look_governor(const struct host *host, char *text)
{
	struct processor_governors governors = { 0 };

	host_each(host, "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor",
		  processor_add_governor, &governors);
	if (!governors.others)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "%u of %u CPUs have the governor %s",
			  governors.others, governors.cpus, governors.name);
}

struct processor_state {
	long limit_us;		/* what somebody has asked the kernel for */
	long latency_us;
	char name[32];
};

static int processor_add_state(const struct host *host, const char *path, void *data)
{
	struct processor_state *deepest = data;
	char file[HOST_PATH_SIZE / 2];
	long disabled = 0, latency_us = 0;

	snprintf(file, sizeof(file), "%s/disable", path);
	host_read_long(host, file, &disabled);
	snprintf(file, sizeof(file), "%s/latency", path);
	if (disabled || host_read_long(host, file, &latency_us))
		return 0;
	if (latency_us <= deepest->latency_us || latency_us > deepest->limit_us)
		return 0;
	deepest->latency_us = latency_us;
	snprintf(file, sizeof(file), "%s/name", path);
	host_read(host, file, deepest->name, sizeof(deepest->name));
	return 0;
}

/* The device holds a number, not text; only root may look. */
static long processor_limit_us(const struct host *host)
{
	char path[HOST_PATH_SIZE];
	int32_t us = 0;
	FILE *file;
	size_t n;

	host_path(host, "/dev/cpu_dma_latency", path);
	file = fopen(path, "re");
	if (!file)
		return INT32_MAX;
	n = fread(&us, sizeof(us), 1, file);
	fclose(file);
	return n ? us : INT32_MAX;
}

static enum doctor_verdict processor_look_idle(const struct host *host, char *text)
{
	struct processor_state deepest = { .limit_us = processor_limit_us(host) };

	host_each(host, "/sys/devices/system/cpu/cpu[0-9]*/cpuidle/state[0-9]*",
		  processor_add_state, &deepest);
	if (deepest.latency_us <= PROCESSOR_EXIT_US)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND,
			  "idle CPUs enter %s, which takes %ld us to leave", deepest.name,
			  deepest.latency_us);
}

static enum doctor_verdict processor_look_smt(const struct host *host, char *text)
{
	long active = 0;

	host_read_long(host, "/sys/devices/system/cpu/smt/active", &active);
	return active == 1 ?
	       doctor_say(text, DOCTOR_FOUND, "CPUs share cores (SMT)") : DOCTOR_FINE;
}

const struct doctor_check doctor_processor[] = {
	{
		.id = "cpu-governor",
		.severity = DOCTOR_WARNING,
		.why = "A CPU that was idle runs at its lowest frequency, and the reader with it, until the governor notices.",
		.remedy = "cpupower frequency-set --governor performance",
		.look = processor_look_governor,
	},
	{
		.id = "cpu-idle",
		.severity = DOCTOR_WARNING,
		.why = "The interrupt of a tick wakes the CPU first, and that time is part of every tick's lateness.",
		.remedy = "FRK_RT_HOLD_CPU_LATENCY of frk_rt_prepare(), which holds /dev/cpu_dma_latency open; or boot with intel_idle.max_cstate=1.",
		.look = processor_look_idle,
	},
	{
		.id = "cpu-smt",
		.severity = DOCTOR_WARNING,
		.why = "What runs on the other half of the core takes up to half of its speed, and the caches.",
		.remedy = "echo off >/sys/devices/system/cpu/smt/control, or boot with nosmt.",
		.look = processor_look_smt,
	},
	{ 0 },
};

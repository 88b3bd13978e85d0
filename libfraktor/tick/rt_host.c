/* SPDX-License-Identifier: MIT */
/*
 * rt_host.c - what is asked of the host: what /proc says of the process, and
 * that its CPUs stay awake.  Knows no thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/rt.h"

#define HOST_LATENCY "/dev/cpu_dma_latency"

unsigned long frki_rt_status_kib(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	size_t len = strlen(key);
	unsigned long kib = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, len) && line[len] == ':')
			kib = strtoul(line + len + 1, NULL, 10);
	fclose(file);
	return kib;
}

static bool latency_wanted(const struct frk_rt_opts *opts)
{
	return opts->flags & FRK_RT_HOLD_CPU_LATENCY;
}

static int latency_failed(int err, struct frk_error *error)
{
	const char *text = "CPUs cannot be held awake";

	if (err == -ENOENT || err == -ENXIO || err == -ENODEV)
		text = "no " HOST_LATENCY ": a kernel without PM QoS, or a container "
		       "without the device; leave out FRK_RT_HOLD_CPU_LATENCY";
	else if (err == -EACCES || err == -EPERM)
		text = "no permission for " HOST_LATENCY ": run as root, or give the "
		       "device to a group by a udev rule";
	return frki_error_set(error, err, NULL, "open(" HOST_LATENCY ")", "%s", text);
}

/* The kernel keeps the promise while the file is open. */
static int latency_apply(struct frk_rt *rt, struct frk_error *error)
{
	int32_t us = (int32_t)rt->opts.cpu_latency_us;
	int fd = open(HOST_LATENCY, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return latency_failed(-errno, error);
	if (write(fd, &us, sizeof(us)) != (ssize_t)sizeof(us)) {
		err = -errno;
		close(fd);
		return latency_failed(err, error);
	}
	rt->latency_fd = fd;
	return 0;
}

static int latency_undo(struct frk_rt *rt)
{
	close(rt->latency_fd);
	return 0;
}

const struct frki_rt_step frki_rt_cpu_latency = {
	.name = "cpu-latency",
	.wanted = latency_wanted,
	.apply = latency_apply,
	.undo = latency_undo,
};

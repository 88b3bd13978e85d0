// SPDX-License-Identifier: MIT
/*
 * Whether io_uring, fraktor's best way to wait, may be used.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor/doctor.h"

#define URING_SYSCTL "/proc/sys/kernel/io_uring_disabled"

static bool uring_is_in(const struct host *host, const char *key, long group)
{
	char groups[2048], *word, *rest;

	if (host_line(host, "/proc/self/status", key, groups, sizeof(groups)))
		return false;
	for (word = strtok_r(groups, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
		if (atol(word) == group)
			return true;
	return false;
}

static enum doctor_verdict uring_look_sysctl(const struct host *host, char *text)
{
	long disabled = 0, group = -1;
	int err = host_read_long(host, URING_SYSCTL, &disabled);

	/* Before 6.6 there is no such switch. */
	if (err == -ENOENT || (!err && !disabled))
		return DOCTOR_FINE;
	if (err)
		return doctor_unread(text, URING_SYSCTL, err);
	host_read_long(host, "/proc/sys/kernel/io_uring_group", &group);
	if (disabled == 1 &&
	    (host_capable(host, CAP_SYS_ADMIN) || uring_is_in(host, "Gid:", group) ||
	     uring_is_in(host, "Groups:", group)))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "kernel.io_uring_disabled is %ld", disabled);
}

static enum doctor_verdict uring_look_refused(const struct host *host, char *text)
{
	struct io_uring_params params = { 0 };
	char filter[8] = "";
	int fd;

	if (!host_is_live(host))
		return doctor_say(text, DOCTOR_UNKNOWN, "it can be tried on the host itself only");
	fd = (int)syscall(SYS_io_uring_setup, 1, &params);
	if (fd >= 0) {
		close(fd);
		return DOCTOR_FINE;
	}
	/* Other errors, as of memory, are not of the host. */
	if (errno != EPERM && errno != ENOSYS && errno != EACCES)
		return doctor_say(text, DOCTOR_UNKNOWN, "io_uring_setup: %s", strerror(errno));
	host_line(host, "/proc/self/status", "Seccomp:", filter, sizeof(filter));
	return doctor_say(text, DOCTOR_FOUND, "io_uring_setup fails with %s%s",
			  errno == ENOSYS ? "ENOSYS" : errno == EPERM ? "EPERM" : "EACCES",
			  *filter == '2' ? ", and a seccomp filter is in effect" : "");
}

const struct doctor_check doctor_uring[] = {
	{
		.id = "uring-disabled",
		.severity = DOCTOR_PROBLEM,
		.why = "Without io_uring the library waits by poll, which on PREEMPT_RT costs several times as much.",
		.remedy = "sysctl kernel.io_uring_disabled=0; or 1, and this user in the group kernel.io_uring_group.",
		.look = uring_look_sysctl,
	},
	{
		.id = "uring-refused",
		.severity = DOCTOR_PROBLEM,
		.why = "Without io_uring the library waits by poll, which on PREEMPT_RT costs several times as much.",
		.remedy = "In a container: a seccomp profile that allows io_uring_setup, io_uring_enter and io_uring_register. In a service: SystemCallFilter=@io-uring.",
		.look = uring_look_refused,
	},
	{ 0 },
};

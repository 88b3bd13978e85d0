// SPDX-License-Identifier: MIT
/*
 * An instance of tracefs.  Its clock is CLOCK_MONOTONIC, so that its times are
 * those of the ticks and of the events.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/tracefs.h"

#define TRACEFS_INSTANCES	"/sys/kernel/tracing/instances"
#define TRACEFS_PREFIX		"fraktor-"
#define TRACEFS_FILTER_MAX	4096

static int tracefs_write(const struct tracefs *tracefs, const char *file, const char *text)
{
	char path[256];
	int fd, rc = 0;

	snprintf(path, sizeof(path), "%s/%s", tracefs->path, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* Of processes that are no more. */
static void tracefs_sweep(void)
{
	DIR *dir = opendir(TRACEFS_INSTANCES);
	struct dirent *entry;
	char path[512];
	long pid;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, TRACEFS_PREFIX, strlen(TRACEFS_PREFIX)))
			continue;
		pid = strtol(entry->d_name + strlen(TRACEFS_PREFIX), NULL, 10);
		if (pid <= 0 || !kill((pid_t)pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), TRACEFS_INSTANCES "/%s", entry->d_name);
		rmdir(path);
	}
	if (dir)
		closedir(dir);
}

static int tracefs_explain(int code)
{
	switch (code) {
	case -ENOENT:
		fputs("fraktor: there is no tracefs at /sys/kernel/tracing: mount -t tracefs nodev /sys/kernel/tracing\n",
		      stderr);
		break;
	case -EACCES:
	case -EPERM:
		fputs("fraktor: no permission for /sys/kernel/tracing: tracing is for root\n", stderr);
		break;
	default:
		fprintf(stderr, "fraktor: cannot trace: %s\n", strerror(-code));
	}
	return code;
}

static int tracefs_filter(const struct tracefs *tracefs, const uint32_t *ids, size_t count)
{
	char filter[TRACEFS_FILTER_MAX];
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		if (used + 32 > sizeof(filter))
			return -E2BIG;
		used += (size_t)snprintf(filter + used, sizeof(filter) - used,
					 "%ssource == %" PRIu32, used ? " || " : "", ids[i]);
	}
	return used ? tracefs_write(tracefs, "events/fraktor/filter", filter) : 0;
}

static int tracefs_enable(struct tracefs *tracefs, const uint32_t *ids, size_t count)
{
	char path[256];
	int rc = tracefs_write(tracefs, "trace_clock", "mono");

	if (!rc)
		rc = tracefs_filter(tracefs, ids, count);
	if (rc)
		return rc;
	snprintf(path, sizeof(path), "%s/trace_pipe", tracefs->path);
	tracefs->pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (tracefs->pipe < 0)
		return -errno;
	return tracefs_write(tracefs, "events/fraktor/enable", "1");
}

int tracefs_open(struct tracefs *tracefs, const uint32_t *ids, size_t count)
{
	int rc;

	memset(tracefs, 0, sizeof(*tracefs));
	tracefs->pipe = -1;
	tracefs_sweep();
	snprintf(tracefs->path, sizeof(tracefs->path), TRACEFS_INSTANCES "/" TRACEFS_PREFIX "%ld",
		 (long)getpid());
	if (mkdir(tracefs->path, 0700)) {
		rc = -errno;
		tracefs->path[0] = '\0';
		return tracefs_explain(rc);
	}
	rc = tracefs_enable(tracefs, ids, count);
	return rc ? tracefs_explain(rc) : 0;
}

/* Cuts what was read into lines; the last one may go on. */
static void tracefs_cut(struct tracefs *tracefs, tracefs_line_fn fn, void *data)
{
	char *line = tracefs->line, *end;

	while ((end = memchr(line, '\n', tracefs->used - (size_t)(line - tracefs->line)))) {
		*end = '\0';
		fn(line, data);
		line = end + 1;
	}
	tracefs->used -= (size_t)(line - tracefs->line);
	/* A line longer than any of ours. */
	if (tracefs->used == sizeof(tracefs->line))
		tracefs->used = 0;
	memmove(tracefs->line, line, tracefs->used);
}

int tracefs_read(struct tracefs *tracefs, tracefs_line_fn fn, void *data)
{
	ssize_t got;

	for (;;) {
		got = read(tracefs->pipe, tracefs->line + tracefs->used,
			   sizeof(tracefs->line) - tracefs->used);
		if (got <= 0)
			break;
		tracefs->used += (size_t)got;
		tracefs_cut(tracefs, fn, data);
	}
	return !got || errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

void tracefs_close(struct tracefs *tracefs)
{
	if (!tracefs->path[0])
		return;
	tracefs_write(tracefs, "events/fraktor/enable", "0");
	if (tracefs->pipe >= 0)
		close(tracefs->pipe);
	if (rmdir(tracefs->path))
		fprintf(stderr, "fraktor: cannot remove %s: %s\n", tracefs->path, strerror(errno));
	tracefs->path[0] = '\0';
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * One write(2) a line, so that lines of several processes do not mix.
 */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static int trace_fd = -1;
static int kmsg_fd = -1;

/* Out of the way of the numbers that operations use and sweep. */
static int trace_raise(int fd)
{
	int raised = fcntl(fd, F_DUPFD_CLOEXEC, 900);

	if (raised < 0)
		return fd;
	if (fd > 2)
		close(fd);
	return raised;
}

int trace_open(bool verbose, const char *file)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		kmsg_fd = trace_raise(fd);
	if (verbose) {
		trace_fd = trace_raise(STDOUT_FILENO);
	} else if (file) {
		fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND |
			  O_CLOEXEC, 0644);
		if (fd < 0)
			return -errno;
		trace_fd = trace_raise(fd);
	}
	return 0;
}

bool trace_on(void)
{
	return trace_fd >= 0;
}

void trace_say(const char *format, ...)
{
	char line[256];
	va_list args;
	int len;

	if (trace_fd < 0)
		return;
	va_start(args, format);
	len = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (len < 0)
		return;
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	/* A full disk must not end the run. */
	if (write(trace_fd, line, len) != len)
		return;
}

void trace_mark(unsigned int thread, uint64_t op, uint64_t seed)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "fuzz: seed %llu thread %u op %llu\n",
			   (unsigned long long)seed, thread,
			   (unsigned long long)op);

	if (kmsg_fd < 0 || write(kmsg_fd, line, len) != len)
		return;
}

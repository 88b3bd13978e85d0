// SPDX-License-Identifier: MIT
/*
 * Reading the host.  Files are small and read whole; what cannot be read is an
 * errno, never a guess.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/host.h"

bool host_is_live(const struct host *host)
{
	return !*host->root;
}

void host_path(const struct host *host, const char *path, char *ret_path)
{
	snprintf(ret_path, HOST_PATH_SIZE, "%s%s", host->root, path);
}

bool host_has(const struct host *host, const char *path)
{
	char full[HOST_PATH_SIZE];

	host_path(host, path, full);
	return !access(full, F_OK);
}

static size_t host_trim(char *text, size_t len)
{
	while (len && (unsigned char)text[len - 1] <= ' ')
		len--;
	text[len] = '\0';
	return len;
}

int host_read(const struct host *host, const char *path, char *ret_text, size_t size)
{
	char full[HOST_PATH_SIZE];
	size_t used = 0;
	ssize_t n = -1;
	int fd;

	*ret_text = '\0';
	host_path(host, path, full);
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	while (used < size - 1) {
		n = read(fd, ret_text + used, size - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	used = host_trim(ret_text, used);
	return n < 0 ? (int)n : (int)used;
}

int host_read_long(const struct host *host, const char *path, long *ret_value)
{
	char text[64], *end;
	int len = host_read(host, path, text, sizeof(text));
	long value;

	if (len < 0)
		return len;
	value = strtol(text, &end, 10);
	if (end == text)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int host_each(const struct host *host, const char *pattern,
	      int (*each)(const struct host *host, const char *path, void *data),
	      void *data)
{
	char full[HOST_PATH_SIZE];
	glob_t found;
	int ret = 0;

	host_path(host, pattern, full);
	if (glob(full, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !ret; i++)
		ret = each(host, found.gl_pathv[i] + strlen(host->root), data);
	globfree(&found);
	return ret;
}

int host_line(const struct host *host, const char *path, const char *key,
	      char *ret_value, size_t size)
{
	char full[HOST_PATH_SIZE], line[4096];
	size_t len = strlen(key);
	int ret = -ENOENT;
	FILE *file;

	*ret_value = '\0';
	host_path(host, path, full);
	file = fopen(full, "re");
	if (!file)
		return -errno;
	while (ret && fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, len))
			continue;
		host_trim(line, strlen(line));
		snprintf(ret_value, size, "%s",
			 strlen(line) > len ? line + len + strspn(line + len, " \t") : "");
		ret = 0;
	}
	fclose(file);
	return ret;
}

bool host_capable(const struct host *host, unsigned int capability)
{
	char value[32];

	if (host_line(host, "/proc/self/status", "CapEff:", value, sizeof(value)))
		return false;
	return strtoull(value, NULL, 16) >> capability & 1;
}

void host_parse_cpus(const char *list, cpu_set_t *ret_cpus)
{
	char *end;
	long first, last;

	CPU_ZERO(ret_cpus);
	while (*list >= '0' && *list <= '9') {
		first = last = strtol(list, &end, 10);
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		for (; first <= last && first < CPU_SETSIZE; first++)
			CPU_SET(first, ret_cpus);
		list = *end == ',' ? end + 1 : end;
	}
}

void host_parse_mask(const char *mask, cpu_set_t *ret_cpus)
{
	size_t cpu = 0;
	int digit;

	CPU_ZERO(ret_cpus);
	for (size_t i = strlen(mask); i--;) {
		if (mask[i] == ',')
			continue;
		digit = (int)strtol((char[]){ mask[i], '\0' }, NULL, 16);
		for (int bit = 0; bit < 4; bit++, cpu++)
			if (digit >> bit & 1 && cpu < CPU_SETSIZE)
				CPU_SET(cpu, ret_cpus);
	}
}

void host_isolated(const struct host *host, cpu_set_t *ret_cpus, char *ret_list)
{
	/* By the kernel's command line; by a partition of a cgroup, from 6.7 on. */
	static const char *const files[] = {
		"/sys/devices/system/cpu/isolated",
		"/sys/fs/cgroup/cpuset.cpus.isolated",
	};

	for (size_t i = 0; i < 2; i++) {
		host_read(host, files[i], ret_list, 64);
		host_parse_cpus(ret_list, ret_cpus);
		if (CPU_COUNT(ret_cpus))
			return;
	}
	*ret_list = '\0';
}

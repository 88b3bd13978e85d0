// SPDX-License-Identifier: MIT
/*
 * A file that is replaced: the new one is made beside it under another name,
 * which it loses when it is complete.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/replace.h"

/**
 * struct replace - what is where
 * @path: the file, no link.
 * @beside: the new one, or a template of its name.
 * @mode: its permissions.
 * @is_special: there is something that cannot be replaced.
 */
struct replace {
	char path[PATH_MAX];
	char beside[PATH_MAX + 32];
	mode_t mode;
	bool is_special;
};

static int replace_copy(int to, int from)
{
	char buffer[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, buffer, sizeof(buffer), at)) > 0) {
		n = write(to, buffer, (size_t)n);
		if (n < 0)
			break;
		at += n;
	}
	return n < 0 ? -errno : 0;
}

static mode_t replace_new_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Who may not write into the file may not replace it either. */
static int replace_find_mode(struct replace *replace, const char *file)
{
	struct stat stat_of;

	replace->mode = replace_new_mode();
	if (stat(file, &stat_of))
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(stat_of.st_mode))
		return -EISDIR;
	replace->is_special = !S_ISREG(stat_of.st_mode);
	replace->mode = stat_of.st_mode & 0777;
	return access(file, W_OK) ? -errno : 0;
}

static int replace_find(struct replace *replace, const char *file)
{
	const char *slash;
	int rc;

	replace->is_special = false;
	rc = replace_find_mode(replace, file);
	if (rc)
		return rc;
	if (strlen(file) >= sizeof(replace->path))
		return -ENAMETOOLONG;
	if (!realpath(file, replace->path))
		strcpy(replace->path, file);
	slash = strrchr(replace->path, '/');
	snprintf(replace->beside, sizeof(replace->beside), "%.*s.fraktor-XXXXXX",
		 slash ? (int)(slash - replace->path) + 1 : 0, replace->path);
	return 0;
}

int replace_try(const char *file)
{
	struct replace replace;
	int rc = replace_find(&replace, file), fd;

	if (rc || replace.is_special)
		return rc;
	fd = mkostemp(replace.beside, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(replace.beside);
	close(fd);
	return 0;
}

static int replace_write(const char *file, int from)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = replace_copy(fd, from);
	return close(fd) && !rc ? -errno : rc;
}

static int replace_fill(const struct replace *replace, int to, int from)
{
	int rc = replace_copy(to, from);

	if (!rc && fchmod(to, replace->mode))
		rc = -errno;
	/* A disk that is full may say so only now. */
	if (close(to) && !rc)
		rc = -errno;
	return rc;
}

int replace_by(const char *file, int fd)
{
	struct replace replace;
	int rc = replace_find(&replace, file), to;

	if (rc)
		return rc;
	if (replace.is_special)
		return replace_write(file, fd);
	to = mkostemp(replace.beside, O_CLOEXEC);
	if (to < 0)
		return -errno;
	rc = replace_fill(&replace, to, fd);
	if (!rc && rename(replace.beside, replace.path))
		rc = -errno;
	if (rc)
		unlink(replace.beside);
	return rc;
}

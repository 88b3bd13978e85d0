// SPDX-License-Identifier: GPL-2.0-only
/*
 * module.h.  It asserts nothing.
 */
#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static int find(const char *name, char *ret_path, size_t len)
{
	const char *dir = getenv("T_MODULES");
	char self[512];
	struct utsname u;
	ssize_t n;

	if (dir)
		return snprintf(ret_path, len, "%s/%s.ko", dir, name) < len ?
			       0 : -ENAMETOOLONG;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0 || uname(&u))
		return -errno;
	self[n] = '\0';
	return snprintf(ret_path, len, "%s/../kmod/%s/%s.ko", dirname(self),
			u.release, name) < len ? 0 : -ENAMETOOLONG;
}

int t_insmod(const char *name, const char *params)
{
	char path[1024];
	int ret = find(name, path, sizeof(path)), fd;

	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, params, 0) ? -errno : 0;
	close(fd);
	return ret;
}

int t_rmmod(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

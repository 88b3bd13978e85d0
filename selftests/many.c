// SPDX-License-Identifier: GPL-2.0-only
/*
 * No test: "many N [PERIOD_MS]" has N lines, named many-1, many-2, ..., that all
 * tick, until it is killed, for those who look at them.  Each ring is large
 * enough to be left alone for a while.
 */
#include "lib.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int one(unsigned int i, uint64_t period_ns)
{
	struct fraktor_create create;
	int fd = t_open(O_RDWR), ret;

	if (fd < 0)
		return fd;
	t_create_init(&create, period_ns, 1024);
	snprintf(create.name, sizeof(create.name), "many-%u", i);
	ret = t_ioctl(fd, FRAKTOR_IOC_CREATE, &create);
	return ret ? ret : t_start(fd);
}

int main(int argc, char **argv)
{
	unsigned int n = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000, i;
	uint64_t period_ms = argc > 2 ? strtoul(argv[2], NULL, 0) : 1000;
	int ret = t_nofile_max(n + 16);

	for (i = 1; !ret && i <= n; i++)
		ret = one(i, period_ms * T_MS);
	if (ret) {
		fprintf(stderr, "many: line %u: error %d\n", i - 1, ret);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}

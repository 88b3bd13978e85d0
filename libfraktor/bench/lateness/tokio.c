/* SPDX-License-Identifier: MIT */
/*
 * tokio.c - the interval of tokio: a program of its own, beside this one,
 * which writes pairs of deadline and time held when it has them all.
 */
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static int tokio_path(char *ret_path, size_t size)
{
	char self[PATH_MAX] = { 0 };

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -errno;
	if (snprintf(ret_path, size, "%s/tokio", dirname(self)) >= (int)size)
		return -ENAMETOOLONG;
	return access(ret_path, X_OK) ? -errno : 0;
}

int bench_run_tokio(struct bench_run *run)
{
	char path[PATH_MAX], command[PATH_MAX + 64];
	uint64_t pair[2];
	FILE *output;
	int err = tokio_path(path, sizeof(path));

	if (err)
		return bench_fail(run, err,
				  "built without tokio: scripts/setup --for bench");
	snprintf(command, sizeof(command), "exec '%s' %zu %" PRIu64, path,
		 run->n + BENCH_WARM_UP, run->period_ns);
	output = popen(command, "r");
	if (!output)
		return bench_fail(run, -errno, "popen");
	while (bench_more(run) && fread(pair, sizeof(pair), 1, output) == 1)
		bench_hold(run, pair[0], pair[1]);
	err = pclose(output);
	if (err || bench_more(run))
		return bench_fail(run, -EPIPE, "bench/tokio ended early");
	return 0;
}

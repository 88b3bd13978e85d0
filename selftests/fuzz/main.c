// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzzer: random use of everything the module offers, by several processes
 * and threads, from a seed, so that it can be done again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib.h"
#include "genl.h"
#include "machine.h"
#include "ops.h"
#include "supervise.h"
#include "verdict.h"

/* Sockets to pass descriptors through, out of the way of other numbers. */
static int main_pass(struct board *board)
{
	int i, ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	for (i = 0; i < 2; i++) {
		board->pass[i] = fcntl(ends[i], F_DUPFD_CLOEXEC, 910);
		close(ends[i]);
		if (board->pass[i] < 0)
			return -errno;
	}
	return 0;
}

static int main_prepare(struct board *board, const struct options *options)
{
	int fd = t_open(O_RDWR), ret;

	if (fd < 0)
		return fd;
	ret = t_info(fd, &board->info);
	close(fd);
	if (ret)
		return ret;
	board->seed = options->seed;
	board->cpus = sysconf(_SC_NPROCESSORS_CONF);
	genl_resolve(&board->family, board->groups);
	machine_save();
	if (options->machine)
		machine_calm();
	return main_pass(board);
}

int main(int argc, char **argv)
{
	struct options options;
	struct board *board;
	int ret = options_parse(&options, argc, argv), refcnt;

	if (ret >= 0)
		return ret;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("fuzz: seed %llu, %u threads, %u s\n",
	       (unsigned long long)options.seed, options.threads,
	       options.seconds);
	board = board_new();
	ret = trace_open(options.verbose, options.trace);
	if (!board || ret) {
		fprintf(stderr, "fuzz: error: %s: %s\n",
			options.trace ?: "shared memory", strerror(-ret));
		return 3;
	}
	refcnt = t_refcnt_settle();
	ret = main_prepare(board, &options);
	if (ret) {
		fprintf(stderr, "fuzz: error: %s: %s: is the module loaded, and are you root?\n",
			T_DEVICE, strerror(-ret));
		return 3;
	}
	supervise(board, &options);
	close(board->pass[0]);
	close(board->pass[1]);
	machine_restore(board->cpus);
	verdict_leaks(board, refcnt);
	machine_restore(board->cpus);
	return verdict(board, &options);
}

// SPDX-License-Identifier: MIT
/*
 * hold-ring.c - opens an io_uring and becomes another program, which has it as descriptor
 * RING_FD for as long as it lives and does not know of it.
 *
 * From 6.15 on the kernel patches its own code when the first ring of the machine comes and
 * when the last one goes.  Each time a CPU that the emulator runs in a thread of its own may
 * trip over it: see Documentation/lab.rst.  Where one ring is always there it never happens.
 */
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RING_FD 9

int main(int argc, char **argv)
{
	struct io_uring_params params;
	int fd;

	if (argc < 2)
		return 2;
	memset(&params, 0, sizeof(params));
	fd = (int)syscall(__NR_io_uring_setup, 1, &params);
	/* What becomes of a kernel without io_uring, its command will say. */
	if (fd >= 0 && fd != RING_FD) {
		dup2(fd, RING_FD);
		close(fd);
	}
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}

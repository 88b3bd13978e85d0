/* SPDX-License-Identifier: MIT */
/*
 * drain_block.c - wait by FRAKTOR_IOC_WAIT.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include <linux/fraktor.h>

#include "tick/drain_block.h"

int frki_drain_block_wait(int fd)
{
	if (ioctl(fd, FRAKTOR_IOC_WAIT) >= 0)
		return 0;
	/* A stopped line is the drain's to report; the others are wakes. */
	if (errno == ESHUTDOWN || errno == ECANCELED || errno == EINTR)
		return 0;
	return -errno;
}

void frki_drain_block_wake(int fd)
{
	int saved = errno;

	(void)ioctl(fd, FRAKTOR_IOC_WAKE);
	errno = saved;
}

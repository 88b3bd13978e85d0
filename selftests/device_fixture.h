/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two open files, neither with a source yet: what the tests of the device's
 * ioctls begin with.
 */
#ifndef T_DEVICE_FIXTURE_H
#define T_DEVICE_FIXTURE_H

#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define SLOTS	64

FIXTURE(device) {
	int fd, other;
	struct fraktor_create create;
	struct fraktor_attach attach;
	struct fraktor_info info;
};

FIXTURE_SETUP(device)
{
	self->other = -1;
	self->fd = t_open(O_RDWR);
	ASSERT_LE(0, self->fd) TH_LOG("%s: is the module loaded?",
				      strerror(-self->fd));
	self->other = t_open(O_RDWR);
	ASSERT_LE(0, self->other);
	t_create_init(&self->create, PERIOD, SLOTS);
	memset(&self->attach, 0, sizeof(self->attach));
	self->attach.slots = SLOTS;
}

FIXTURE_TEARDOWN(device)
{
	t_close(&self->fd);
	t_close(&self->other);
}

#define create_(self) t_ioctl((self)->fd, FRAKTOR_IOC_CREATE, &(self)->create)
#define attach_(self) t_ioctl((self)->other, FRAKTOR_IOC_ATTACH, &(self)->attach)

#endif

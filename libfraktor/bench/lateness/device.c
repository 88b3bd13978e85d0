/* SPDX-License-Identifier: MIT */
/*
 * device.c - /dev/fraktor read, polled with epoll, and spun on, without the
 * library.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device.h"

static void *map(int fd, size_t len, int prot, off_t part)
{
	void *area = mmap(NULL, len, prot, MAP_SHARED, fd, part);

	return area == MAP_FAILED ? NULL : area;
}

static int device_map(struct device *device)
{
	device->meta = map(device->fd, (size_t)sysconf(_SC_PAGESIZE), PROT_READ,
			   FRAKTOR_MMAP_META);
	if (!device->meta)
		return -errno;
	device->consumer = map(device->fd, device->meta->consumer_len,
			       PROT_READ | PROT_WRITE, FRAKTOR_MMAP_CONSUMER);
	device->slots =
		map(device->fd, device->meta->data_len, PROT_READ, FRAKTOR_MMAP_DATA);
	return device->consumer && device->slots ? 0 : -errno;
}

int device_create(struct bench_run *run)
{
	struct fraktor_create create = {
		.period_ns = run->period_ns,
		.name = "bench",
		.clockid = CLOCK_MONOTONIC,
		.cpu = FRAKTOR_CPU_CURRENT,
		.slots = DEVICE_SLOTS,
	};

	int err, fd = open("/dev/fraktor", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return bench_fail(run, -errno, "/dev/fraktor: is the module loaded?");
	if (!ioctl(fd, FRAKTOR_IOC_CREATE, &create))
		return fd;
	err = bench_fail(run, -errno, "FRAKTOR_IOC_CREATE");
	close(fd);
	return err;
}

int device_open(struct device *device, struct bench_run *run)
{
	int err;

	*device = (struct device){ .fd = device_create(run) };
	err = device->fd < 0 ? device->fd : 0;
	if (!err && device_map(device))
		err = bench_fail(run, -errno, "mmap of /dev/fraktor");
	if (!err && ioctl(device->fd, FRAKTOR_IOC_START))
		err = bench_fail(run, -errno, "FRAKTOR_IOC_START");
	if (err)
		device_close(device);
	return err;
}

/* A mapping keeps the source of its file alive. */
void device_close(struct device *device)
{
	if (device->slots)
		munmap((void *)device->slots, device->meta->data_len);
	if (device->consumer)
		munmap(device->consumer, device->meta->consumer_len);
	if (device->meta)
		munmap((void *)device->meta, (size_t)sysconf(_SC_PAGESIZE));
	if (device->fd >= 0)
		close(device->fd);
}

int bench_run_device_read(struct bench_run *run)
{
	struct fraktor_tick tick;
	struct device device;
	int err = device_open(&device, run);

	if (err)
		return err;
	while (bench_more(run) && !err) {
		if (read(device.fd, &tick, sizeof(tick)) != (ssize_t)sizeof(tick))
			err = bench_fail(run, -errno, "read of /dev/fraktor");
		else if (tick.periods)
			bench_hold(run, tick.deadline_ns, bench_now_ns());
	}
	device_close(&device);
	return err;
}

int bench_run_device_wait(struct bench_run *run)
{
	struct device device;
	int err = device_open(&device, run);

	while (!err && bench_more(run)) {
		if (ioctl(device.fd, FRAKTOR_IOC_WAIT) < 0)
			err = bench_fail(run, -errno, "FRAKTOR_IOC_WAIT");
		device_drain(&device, run);
	}
	device_close(&device);
	return err;
}

int bench_run_device_epoll(struct bench_run *run)
{
	struct epoll_event event = { .events = EPOLLIN };
	int poll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct device device;
	int err = device_open(&device, run);

	if (!err && epoll_ctl(poll_fd, EPOLL_CTL_ADD, device.fd, &event))
		err = bench_fail(run, -errno, "epoll_ctl");
	while (!err && bench_more(run)) {
		if (epoll_wait(poll_fd, &event, 1, -1) < 0)
			err = bench_fail(run, -errno, "epoll_wait");
		device_drain(&device, run);
	}
	close(poll_fd);
	device_close(&device);
	return err;
}

int bench_run_device_spin(struct bench_run *run)
{
	struct device device;
	int err = device_open(&device, run);

	while (!err && bench_more(run)) {
		while (!device_ready(&device))
			;
		device_drain(&device, run);
	}
	device_close(&device);
	return err;
}

/* SPDX-License-Identifier: MIT */
/*
 * device.h - /dev/fraktor without the library: a source of this file, its ring
 * mapped.  The reader of Documentation/ring.rst, cut up for several ways to
 * wait.
 */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#include <linux/fraktor.h>

#include "bench.h"

struct device {
	int fd;
	const struct fraktor_meta *meta;
	struct fraktor_consumer *consumer;
	const struct fraktor_tick *slots;
};

#define DEVICE_SLOTS 1024

/**
 * device_create() - open the device and make a source
 * @run: the measurement; its note says what failed.
 *
 * Return: a file or a negative errno.
 */
int device_create(struct bench_run *run);

/**
 * device_open() - the same, map the ring, start
 * @device: to be filled.
 * @run: the measurement; its note says what failed.
 *
 * Return: 0 or a negative errno.
 */
int device_open(struct device *device, struct bench_run *run);

void device_close(struct device *device);

/**
 * device_drain() - hold all ticks that are in the ring
 * @device: an open device.
 * @run: the measurement.
 */
void device_drain(struct device *device, struct bench_run *run);

#endif /* BENCH_DEVICE_H */

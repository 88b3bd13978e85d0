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

/* Copy record number @seq; false if the kernel is overwriting its slot. */
static inline bool device_copy(const struct device *device, uint64_t seq,
			struct fraktor_tick *ret_tick)
{
	const struct fraktor_tick *slot = &device->slots[seq & (DEVICE_SLOTS - 1)];

	if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != seq)
		return false;
	*ret_tick = *(const volatile struct fraktor_tick *)slot;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq;
}

/**
 * device_ready() - is there a tick in the ring?
 * @device: an open device.
 *
 * Return: whether device_drain() has something to do, from the only thread that
 * takes ticks out.
 */
static inline bool device_ready(const struct device *device)
{
	return __atomic_load_n(&device->meta->head, __ATOMIC_ACQUIRE) !=
	       __atomic_load_n(&device->consumer->tail, __ATOMIC_RELAXED);
}

static inline bool device_take(struct device *device, struct fraktor_tick *ret_tick)
{
	uint64_t tail = __atomic_load_n(&device->consumer->tail, __ATOMIC_ACQUIRE);
	bool whole;

	/* Pairs with the kernel's release of the head. */
	while (tail != __atomic_load_n(&device->meta->head, __ATOMIC_ACQUIRE)) {
		whole = device_copy(device, tail + 1, ret_tick);
		if (!__atomic_compare_exchange_n(&device->consumer->tail, &tail, tail + 1,
						 false, __ATOMIC_RELEASE,
						 __ATOMIC_ACQUIRE))
			continue;
		if (whole)
			return true;
		tail++;
	}
	return false;
}

/**
 * device_drain() - hold all ticks that are in the ring
 * @device: an open device.
 * @run: the measurement.
 */
static inline void device_drain(struct device *device, struct bench_run *run)
{
	struct fraktor_tick tick;

	while (device_take(device, &tick))
		if (tick.periods)
			bench_hold(run, tick.deadline_ns, bench_now_ns());
}

#endif /* BENCH_DEVICE_H */

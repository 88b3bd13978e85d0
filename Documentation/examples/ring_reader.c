// SPDX-License-Identifier: MIT
/*
 * A whole reader of /dev/fraktor without any library: make a source, map its
 * ring, drain it, wait by poll(2), stop after a second.  It uses no more than
 * <linux/fraktor.h>.
 */
#include <fcntl.h>
#include <linux/fraktor.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct reader {
	const struct fraktor_meta *meta;
	struct fraktor_consumer *consumer;
	const struct fraktor_tick *slots;
};

static void *map(int fd, size_t len, int prot, off_t part)
{
	void *area = mmap(NULL, len, prot, MAP_SHARED, fd, part);

	if (area == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return area;
}

/* Copy record number @seq; 0 if the kernel is overwriting its slot. */
static int copy(const struct reader *reader, __u64 seq, struct fraktor_tick *ret_tick)
{
	const struct fraktor_tick *slot = &reader->slots[seq & (reader->meta->slots - 1)];

	/* The number before and after: a whole record, or none. */
	if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != seq)
		return 0;
	*ret_tick = *(const volatile struct fraktor_tick *)slot;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq;
}

/* Take the oldest record out of the ring; 0 if there is none. */
static int take(const struct reader *reader, struct fraktor_tick *ret_tick)
{
	__u64 tail = __atomic_load_n(&reader->consumer->tail, __ATOMIC_ACQUIRE);

	/* Pairs with the kernel's release of the head. */
	while (tail != __atomic_load_n(&reader->meta->head, __ATOMIC_ACQUIRE)) {
		int whole = copy(reader, tail + 1, ret_tick);

		/*
		 * Who moves the tail owns the record.  If the kernel has moved
		 * it, it has dropped and counted what lies behind, and tail
		 * now holds where to go on.
		 */
		if (!__atomic_compare_exchange_n(&reader->consumer->tail, &tail, tail + 1, 0,
						 __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			continue;
		if (whole)
			return 1;
		tail++;
	}
	return 0;
}

int main(void)
{
	struct fraktor_create create = {
		.period_ns = 1000000,
		.name = "ring-reader",
		.clockid = CLOCK_MONOTONIC,
		.cpu = FRAKTOR_CPU_CURRENT,
		.slots = 256,
	};
	struct fraktor_tick tick = { 0 };
	struct reader reader;
	struct pollfd wait;
	__u64 ticks = 0, late_ns = 0;
	int fd = open("/dev/fraktor", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, FRAKTOR_IOC_CREATE, &create)) {
		perror("/dev/fraktor");
		return 1;
	}
	reader.meta = map(fd, sysconf(_SC_PAGESIZE), PROT_READ, FRAKTOR_MMAP_META);
	reader.consumer = map(fd, reader.meta->consumer_len, PROT_READ | PROT_WRITE,
			      FRAKTOR_MMAP_CONSUMER);
	reader.slots = map(fd, reader.meta->data_len, PROT_READ, FRAKTOR_MMAP_DATA);

	if (ioctl(fd, FRAKTOR_IOC_START)) {
		perror("FRAKTOR_IOC_START");
		return 1;
	}
	wait = (struct pollfd) { .fd = fd, .events = POLLIN };
	while (ticks < 1000) {
		while (ticks < 1000 && take(&reader, &tick)) {
			/* No tick but a note: the system slept, or woke. */
			if (!tick.periods)
				continue;
			ticks += tick.periods;
			late_ns += tick.fired_ns - tick.deadline_ns;
		}
		if (ticks < 1000 && poll(&wait, 1, -1) < 0) {
			perror("poll");
			return 1;
		}
	}
	printf("%llu ticks, %llu dropped, %llu ns late on average\n",
	       (unsigned long long)ticks, (unsigned long long)reader.meta->dropped_total,
	       (unsigned long long)(late_ns / ticks));
	return 0;
}

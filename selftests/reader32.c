// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole reader in one small program, compiled with -m32 and run by the test
 * ring.a_32_bit_reader_sees_the_same: every structure, ioctl number and mmap
 * offset must mean the same as on 64 bit.  Exit status: the step that failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/fraktor.h>

_Static_assert(sizeof(void *) == 4, "not a 32-bit program");
_Static_assert(sizeof(struct fraktor_tick) == 32, "tick");
_Static_assert(sizeof(struct fraktor_meta) == 1216, "meta");
_Static_assert(sizeof(struct fraktor_consumer) == 64, "consumer");
_Static_assert(sizeof(struct fraktor_create) == 120, "create");
_Static_assert(sizeof(struct fraktor_attach) == 48, "attach");
_Static_assert(sizeof(struct fraktor_info) == 256, "info");
_Static_assert(sizeof(struct fraktor_uring_wait) == 16, "uring_wait");

static int fail(int step)
{
	fprintf(stderr, "# reader32: step %d: %s\n", step, strerror(errno));
	return step;
}

static void *map(int fd, size_t len, int prot, unsigned long offset)
{
	void *p = mmap(NULL, len, prot, MAP_SHARED, fd, offset);

	return p == MAP_FAILED ? NULL : p;
}

static int check_ticks(const struct fraktor_tick *ticks, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		if (ticks[i].seq != (__u64)i + 1 || !ticks[i].periods ||
		    ticks[i].fired_ns < ticks[i].deadline_ns)
			return fail(20);
		if (i && ticks[i].deadline_ns != ticks[i - 1].deadline_ns +
		    ticks[i - 1].periods * 1000000ULL)
			return fail(21);
	}
	return 0;
}

int main(void)
{
	struct fraktor_create create = {
		.period_ns = 1000000, .name = "thirty-two",
		.clockid = CLOCK_MONOTONIC, .cpu = FRAKTOR_CPU_CURRENT,
		.slots = 256,
	};
	const struct fraktor_tick *slots;
	struct fraktor_tick ticks[5];
	struct fraktor_consumer *consumer;
	const struct fraktor_meta *meta;
	struct fraktor_info info;
	int fd = open("/dev/fraktor", O_RDWR | O_CLOEXEC), i;
	int status;

	if (fd < 0)
		return fail(1);
	if (ioctl(fd, FRAKTOR_IOC_CREATE, &create) || !create.source)
		return fail(2);
	if (ioctl(fd, FRAKTOR_IOC_INFO, &info) || info.period_ns != 1000000 ||
	    strcmp(info.name, "thirty-two") || info.owner != 1 ||
	    info.source != create.source || info.slots != 256)
		return fail(3);
	meta = map(fd, getpagesize(), PROT_READ, FRAKTOR_MMAP_META);
	if (!meta || meta->magic != FRAKTOR_META_MAGIC || meta->slots != 256 ||
	    meta->period_ns != 1000000)
		return fail(4);
	consumer = map(fd, meta->consumer_len, PROT_READ | PROT_WRITE,
		       FRAKTOR_MMAP_CONSUMER);
	slots = map(fd, meta->data_len, PROT_READ, FRAKTOR_MMAP_DATA);
	if (!consumer || !slots)
		return fail(5);
	if (ioctl(fd, FRAKTOR_IOC_START))
		return fail(6);
	for (i = 0; i < 5; i++)
		if (read(fd, &ticks[i], sizeof(ticks[i])) != sizeof(ticks[i]))
			return fail(7);
	status = check_ticks(ticks, 5);
	if (status)
		return status;
	if (consumer->tail != 5)
		return fail(8);
	if (memcmp(&slots[5], &ticks[4], sizeof(ticks[4])))
		return fail(9);
	if (ioctl(fd, FRAKTOR_IOC_STOP) || meta->state != FRAKTOR_STATE_STOPPED)
		return fail(10);
	return 0;
}

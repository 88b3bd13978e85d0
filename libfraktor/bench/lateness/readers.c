/* SPDX-License-Identifier: MIT */
/*
 * readers.c - many threads for the same deadlines: all at one source of the
 * device, or each with a timer of its own on the same grid.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"
#include "readers.h"

/* All threads wait by then for their first deadline. */
#define RUN_UP_NS 5000000U

/* All memory is locked: the usual 8 MB for each would be there for real. */
#define STACK_SIZE (256U << 10)

struct crowd {
	const struct readers_kind *kind;
	pthread_barrier_t ready, go;
	uint64_t grid_ns;
};

static int source_open(struct readers_member *member, bool first)
{
	struct fraktor_attach attach = { .name = "bench", .slots = DEVICE_SLOTS };
	int fd;

	if (first)
		return device_create(&member->run);
	fd = open("/dev/fraktor", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FRAKTOR_IOC_ATTACH, &attach))
		return bench_fail(&member->run, -errno, "FRAKTOR_IOC_ATTACH");
	return fd;
}

static int source_start(struct readers_member *first)
{
	return ioctl(first->fd, FRAKTOR_IOC_START) ? -errno : 0;
}

static int source_wait(struct readers_member *member)
{
	struct bench_run *run = &member->run;
	struct fraktor_tick tick;
	ssize_t n;

	while (bench_more(run)) {
		n = read(member->fd, &tick, sizeof(tick));
		if (n != (ssize_t)sizeof(tick))
			return -errno;
		if (tick.periods)
			bench_hold(run, tick.deadline_ns, bench_now_ns());
	}
	return 0;
}

static int timerfd_wait(struct readers_member *member)
{
	return bench_run_timerfd_read(&member->run);
}

static int nanosleep_wait(struct readers_member *member)
{
	return bench_run_nanosleep(&member->run);
}

const struct readers_kind readers_kinds[] = {
	{ "clock_nanosleep", "each sleeps until the same time", NULL, NULL,
	  nanosleep_wait, false },
	{ "timerfd+read", "each has a timerfd on the same grid", NULL, NULL, timerfd_wait,
	  false },
	{ "device+read", "one source, each sleeps in read", source_open, source_start,
	  source_wait, false },
	{ "device+unread", "one source, one sleeps in read, the others do not wait",
	  source_open, source_start, source_wait, true },
	{ 0 },
};

static void *member_thread(void *data)
{
	struct readers_member *member = data;
	struct crowd *crowd = member->crowd;

	pthread_barrier_wait(&crowd->ready);
	pthread_barrier_wait(&crowd->go);
	member->run.grid_ns = crowd->grid_ns;
	member->err = crowd->kind->wait(member);
	return NULL;
}

static int members_open(struct crowd *crowd, struct readers_member *members,
			const struct bench_run *run, unsigned int readers)
{
	const struct readers_kind *kind = crowd->kind;
	unsigned int i;

	for (i = 0; i < readers; i++) {
		members[i].run = *run;
		members[i].run.lateness_ns = run->lateness_ns + i * run->n;
		members[i].run.held = 0;
		members[i].crowd = crowd;
		members[i].fd = kind->open ? kind->open(&members[i], i == 0) : -1;
		if (kind->open && members[i].fd < 0)
			return members[i].fd;
	}
	return 0;
}

static int members_start(pthread_t *threads, struct readers_member *members,
			 unsigned int waiting)
{
	pthread_attr_t attr;
	unsigned int i;
	int err = 0;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (i = 0; i < waiting && !err; i++)
		err = -pthread_create(&threads[i], &attr, member_thread, &members[i]);
	pthread_attr_destroy(&attr);
	return err;
}

/* A thread too few, and the others would wait for it for ever. */
static int members_wait(struct crowd *crowd, struct readers_member *members,
			unsigned int waiting)
{
	pthread_t threads[READERS_MAX];
	unsigned int i;
	int err;

	pthread_barrier_init(&crowd->ready, NULL, waiting + 1);
	pthread_barrier_init(&crowd->go, NULL, waiting + 1);
	err = members_start(threads, members, waiting);
	if (err)
		abort();
	pthread_barrier_wait(&crowd->ready);
	crowd->grid_ns = bench_now_ns() + RUN_UP_NS;
	if (crowd->kind->start)
		err = crowd->kind->start(members);
	pthread_barrier_wait(&crowd->go);
	for (i = 0; i < waiting; i++) {
		pthread_join(threads[i], NULL);
		err = err ? err : members[i].err;
	}
	pthread_barrier_destroy(&crowd->ready);
	pthread_barrier_destroy(&crowd->go);
	return err;
}

ssize_t readers_run(const struct readers_kind *kind, struct bench_run *run,
		    unsigned int readers)
{
	struct readers_member members[READERS_MAX];
	unsigned int waiting = kind->first_only ? 1 : readers, i;
	struct crowd crowd = { .kind = kind };
	int err;

	memset(members, 0, sizeof(members));
	for (i = 0; i < readers; i++)
		members[i].fd = -1;
	err = members_open(&crowd, members, run, readers);
	if (!err)
		err = members_wait(&crowd, members, waiting);
	if (err)
		bench_fail(run, err, kind->name);
	/* For the rate: they all hold the same ticks. */
	if (!err) {
		run->first_ns = members[0].run.first_ns;
		run->first_deadline_ns = members[0].run.first_deadline_ns;
		run->last_ns = members[0].run.last_ns;
		run->last_deadline_ns = members[0].run.last_deadline_ns;
	}
	for (i = readers; i-- > 0;)
		if (members[i].fd >= 0)
			close(members[i].fd);
	return err ? err : (ssize_t)(waiting * run->n);
}

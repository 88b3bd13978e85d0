// SPDX-License-Identifier: GPL-2.0-only
/*
 * A line that the interrupt of a device makes, from the device to the reader:
 * kmod/samples/fraktor_edu.c drives QEMU's edu device (scripts/vm --device
 * edu).  It ticks while somebody reads, and every way it can end is told.
 *
 * $T_ROUNDS: how often its driver is unloaded under traffic (30).
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "module.h"
#include "nl.h"
#include "waiter.h"

#define SAMPLE	"fraktor_edu"
#define PERIOD	T_MS
#define PARAMS	"period_us=1000"
#define DRIVER	"/sys/bus/pci/drivers/" SAMPLE "/"
#define DEBUG	"/sys/kernel/debug/" SAMPLE "/"
#define TELL_MS	5000

FIXTURE(pulse) {
	struct t_ring ring;
	struct nl nl;
	struct events events;
	char device[32];		/* its address on the bus */
};

/* --- the device and its driver */

static bool reads_as(const char *path, const char *text)
{
	char buf[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	close(fd);
	return n > 0 && !strncmp(buf, text, strlen(text));
}

static int put_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static bool find_device(char *ret_name, size_t len)
{
	char path[512];
	bool found = false;
	glob_t devices;
	size_t i;

	if (glob("/sys/bus/pci/devices/*", 0, NULL, &devices))
		return false;
	for (i = 0; i < devices.gl_pathc && !found; i++) {
		const char *device = devices.gl_pathv[i];

		snprintf(path, sizeof(path), "%s/vendor", device);
		found = reads_as(path, "0x1234");
		snprintf(path, sizeof(path), "%s/device", device);
		found = found && reads_as(path, "0x11e8");
		if (found)
			snprintf(ret_name, len, "%s", strrchr(device, '/') + 1);
	}
	globfree(&devices);
	return found;
}

/* Interrupts that the driver has had, on all CPUs; -1 without the driver. */
static long interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "re");
	char line[1024];
	long sum = -1;

	while (f && fgets(line, sizeof(line), f)) {
		char *p = strchr(line, ':'), *end;

		if (!p || !strstr(line, SAMPLE))
			continue;
		for (sum = 0, p++;; p = end) {
			long n = strtol(p, &end, 10);

			if (end == p)
				break;
			sum += n;
		}
	}
	if (f)
		fclose(f);
	return sum;
}

/* --- the line */

static int attach(struct t_ring *ring)
{
	struct fraktor_attach attach = { .name = "edu", .slots = 4096 };
	struct fraktor_info info;
	int ret;

	memset(ring, 0, sizeof(*ring));
	ring->fd = t_open(O_RDWR);
	if (ring->fd < 0)
		return ring->fd;
	ret = t_ioctl(ring->fd, FRAKTOR_IOC_ATTACH, &attach);
	if (!ret)
		ret = t_info(ring->fd, &info);
	if (!ret)
		ret = t_ring_map(ring);
	if (ret)
		t_ring_close(ring);
	else
		ring->source = info.source;
	return ret;
}

FIXTURE_SETUP(pulse)
{
	struct source source;

	self->ring.fd = -1;
	self->nl.fd = -1;
	if (!find_device(self->device, sizeof(self->device)))
		SKIP(return, "no edu device here (scripts/vm --device edu)");
	ASSERT_EQ(0, nl_listen(&self->nl, FRAKTOR_GENL_MCGRP_EVENTS))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_insmod(SAMPLE, PARAMS));
	ASSERT_EQ(0, get_by_name(&self->nl, "edu", &source));
	self->events.wanted = source.id;
}

FIXTURE_TEARDOWN(pulse)
{
	t_ring_close(&self->ring);
	t_close(&self->nl.fd);
	t_rmmod(SAMPLE);
}

/* --- tests */

TEST_F(pulse, r3_6_line_is_there_before_anyone_reads)
{
	struct source source;

	ASSERT_EQ(0, get_by_name(&self->nl, "edu", &source));
	EXPECT_STREQ("pulse", source.driver);
	EXPECT_EQ(PERIOD, source.period_ns);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, source.state);
	EXPECT_EQ(FRAKTOR_REASON_NONE, source.reason);
	EXPECT_EQ(CLOCK_MONOTONIC, source.clockid);
	EXPECT_EQ(0, source.readers);
	t_sleep_ms(50);
	EXPECT_EQ(0, interrupts());
}

TEST_F(pulse, r2_1_interrupts_become_ticks)
{
	uint64_t periods = 0, last_ns = 0, begin_ns = t_now();
	struct t_ring *ring = &self->ring;
	struct fraktor_tick tick;
	struct fraktor_info info;
	int i, ret;

	ASSERT_EQ(0, attach(ring));
	ASSERT_EQ(0, t_until_head(ring, 200, 30000));
	ASSERT_EQ(0, t_info(ring->fd, &info));
	EXPECT_STREQ("pulse", info.driver);
	EXPECT_STREQ("edu", info.name);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, info.state);
	EXPECT_EQ(0, info.owner);
	EXPECT_LE(200, interrupts());
	for (i = 0; i < 200 && (ret = t_take(ring, &tick)) > 0; i++) {
		EXPECT_EQ(i == 0, !!(tick.flags & FRAKTOR_TICK_F_FIRST));
		EXPECT_EQ(ring->source, tick.source);
		EXPECT_LE(1, tick.periods);
		EXPECT_EQ(tick.periods > 1,
			  !!(tick.flags & FRAKTOR_TICK_F_MISSED));
		EXPECT_LE(tick.deadline_ns, tick.fired_ns);
		EXPECT_LT(last_ns, tick.fired_ns);
		EXPECT_LE(begin_ns, tick.fired_ns);
		EXPECT_GE(t_now(), tick.fired_ns);
		last_ns = tick.fired_ns;
		periods += tick.periods;
	}
	EXPECT_EQ(200, i);
	EXPECT_EQ(0, ring->gaps);
	EXPECT_LE(200, periods);
}

/* Pulses that did not come are counted, from the line's own period. */
TEST_F(pulse, pulses_that_are_missing_are_counted)
{
	struct t_ring *ring = &self->ring;
	uint64_t muted_ns, periods = 0;
	struct fraktor_tick tick, most = { 0 };

	ASSERT_EQ(0, attach(ring));
	ASSERT_EQ(0, t_until_head(ring, 20, TELL_MS));
	ASSERT_EQ(0, put_text(DEBUG "mute", "1"));
	muted_ns = t_now();
	t_sleep_ms(200);
	muted_ns = t_now() - muted_ns;
	ASSERT_EQ(0, put_text(DEBUG "mute", "0"));
	ASSERT_EQ(0, t_until_head(ring, t_head(ring) + 20, TELL_MS));
	while (t_take(ring, &tick) > 0) {
		if (tick.periods > most.periods)
			most = tick;
		periods += tick.periods;
	}
	EXPECT_LE(muted_ns / PERIOD - 1, most.periods);
	EXPECT_LE(t_missed(ring), periods);
	/* Logical time does not run ahead of the clock. */
	EXPECT_LE(t_tick_end(&most, PERIOD), most.fired_ns);
}

TEST_F(pulse, starts_with_the_first_reader_and_stops_with_the_last)
{
	const struct event *event;
	struct t_ring second;
	struct source source;
	long before;

	ASSERT_EQ(0, attach(&self->ring));
	event = next_event(&self->nl, &self->events, FRAKTOR_EVENT_STARTED,
			   TELL_MS);
	ASSERT_NE(NULL, event);
	ASSERT_EQ(0, attach(&second));
	ASSERT_EQ(0, t_until_head(&second, 5, TELL_MS));
	t_ring_close(&self->ring);
	/* One is left. */
	EXPECT_EQ(0, t_until_head(&second, t_head(&second) + 20, TELL_MS));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&second));
	t_ring_close(&second);
	event = next_event(&self->nl, &self->events, FRAKTOR_EVENT_STOPPED,
			   TELL_MS);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(FRAKTOR_REASON_UNUSED, event->reason);
	ASSERT_EQ(0, get_by_name(&self->nl, "edu", &source));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, source.state);
	EXPECT_EQ(FRAKTOR_REASON_UNUSED, source.reason);
	/* Not only unheard: the device is quiet, but for what was under way. */
	t_sleep_ms(50);
	before = interrupts();
	t_sleep_ms(50);
	EXPECT_EQ(before, interrupts());
	/* And again. */
	ASSERT_EQ(0, attach(&self->ring));
	EXPECT_EQ(0, t_until_head(&self->ring, 5, TELL_MS));
	EXPECT_LT(before, interrupts());
}

TEST_F(pulse, is_the_devices_to_start_and_stop)
{
	struct fraktor_create create;

	ASSERT_EQ(0, attach(&self->ring));
	EXPECT_EQ(-EPERM, t_start(self->ring.fd));
	EXPECT_EQ(-EPERM, t_stop(self->ring.fd));
	EXPECT_EQ(-EPERM, t_set_period(self->ring.fd, 2 * PERIOD));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	t_ring_close(&self->ring);
	/* And not to be made by a program. */
	self->ring.fd = t_open(O_RDWR);
	t_create_init(&create, PERIOD, 64);
	create.driver = FRAKTOR_DRIVER_PULSE;
	EXPECT_EQ(-EOPNOTSUPP, t_ioctl(self->ring.fd, FRAKTOR_IOC_CREATE,
				       &create));
}

TEST_F(pulse, fraktor_stays_while_the_driver_is_loaded)
{
	int ret = t_rmmod("fraktor");

	EXPECT_TRUE(ret == -EWOULDBLOCK || ret == -EBUSY);
}

/* --- ends */

static const enum t_path paths[] = { T_READ, T_POLL, T_URING };

/* A reader waiting in each way, on a ring of its own. */
struct readers {
	struct t_ring rings[ARRAY_SIZE(paths)];
	struct t_waiter waiters[ARRAY_SIZE(paths)];
};

static int readers_begin(struct readers *readers)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(paths) && !ret; i++) {
		ret = attach(&readers->rings[i]);
		if (!ret)
			ret = t_waiter_start(&readers->waiters[i], paths[i],
					     &readers->rings[i]);
	}
	return ret;
}

/* All were told of the end, and see why; their rings stay. */
static void readers_end(struct __test_metadata *_metadata,
			struct readers *readers, unsigned int state,
			unsigned int reason)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		struct t_ring *ring = &readers->rings[i];

		EXPECT_EQ(-ESHUTDOWN, t_waiter_join(&readers->waiters[i]))
			TH_LOG("path %u", i);
		EXPECT_EQ(state, t_state(ring));
		EXPECT_EQ(reason, t_reason(ring));
		EXPECT_EQ(t_head(ring), readers->waiters[i].taken +
					t_dropped(ring));
	}
}

static void readers_close(struct readers *readers)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		t_ring_close(&readers->rings[i]);
}

TEST_F(pulse, r2_3_an_administrator_neither_starts_nor_stops_it)
{
	struct nl nl;

	ASSERT_EQ(0, nl_listen(&nl, NULL));
	EXPECT_EQ(-EOPNOTSUPP, nl_control(&nl, FRAKTOR_CMD_SOURCE_START,
					  self->events.wanted));
	EXPECT_TRUE(nl.acked_reason);
	ASSERT_EQ(0, attach(&self->ring));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, TELL_MS));
	EXPECT_EQ(-EOPNOTSUPP, nl_control(&nl, FRAKTOR_CMD_SOURCE_STOP,
					  self->events.wanted));
	EXPECT_TRUE(nl.acked_reason);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_EQ(0, t_until_head(&self->ring, t_head(&self->ring) + 5, TELL_MS));
	close(nl.fd);
}

TEST_F_TIMEOUT(pulse, r2_3_driver_unloaded_while_read, 60)
{
	const struct event *event;
	struct readers readers;

	ASSERT_EQ(0, readers_begin(&readers));
	ASSERT_EQ(0, t_until_head(&readers.rings[0], 20, TELL_MS));
	ASSERT_EQ(0, t_rmmod(SAMPLE));
	readers_end(_metadata, &readers, FRAKTOR_STATE_DEAD,
		    FRAKTOR_REASON_DRIVER_GONE);
	event = next_event(&self->nl, &self->events, FRAKTOR_EVENT_REMOVED,
			   TELL_MS);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(FRAKTOR_REASON_DRIVER_GONE, event->reason);
	EXPECT_EQ(-ENOENT, attach(&self->ring));
	/* Loaded anew it is another line; the old rings stay dead. */
	ASSERT_EQ(0, t_insmod(SAMPLE, PARAMS));
	ASSERT_EQ(0, attach(&self->ring));
	EXPECT_EQ(0, t_until_head(&self->ring, 5, TELL_MS));
	EXPECT_EQ(FRAKTOR_STATE_DEAD, t_state(&readers.rings[0]));
	readers_close(&readers);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
}

TEST_F_TIMEOUT(pulse, r2_3_device_taken_from_its_driver_while_read, 60)
{
	struct readers readers;

	ASSERT_EQ(0, readers_begin(&readers));
	ASSERT_EQ(0, t_until_head(&readers.rings[0], 20, TELL_MS));
	ASSERT_EQ(0, put_text(DRIVER "unbind", self->device));
	readers_end(_metadata, &readers, FRAKTOR_STATE_DEAD,
		    FRAKTOR_REASON_DRIVER_GONE);
	ASSERT_EQ(0, put_text(DRIVER "bind", self->device));
	readers_close(&readers);
	ASSERT_EQ(0, attach(&self->ring));
	EXPECT_EQ(0, t_until_head(&self->ring, 5, TELL_MS));
}

static void ends_by_fault(struct __test_metadata *_metadata,
			  FIXTURE_DATA(pulse) *self, const char *how)
{
	const struct event *event;
	struct readers readers;

	ASSERT_EQ(0, readers_begin(&readers));
	ASSERT_EQ(0, t_until_head(&readers.rings[0], 20, TELL_MS));
	ASSERT_EQ(0, put_text(how, "1"));
	readers_end(_metadata, &readers, FRAKTOR_STATE_STOPPED,
		    FRAKTOR_REASON_DRIVER_FAULT);
	event = next_event(&self->nl, &self->events, FRAKTOR_EVENT_STOPPED,
			   TELL_MS);
	ASSERT_NE(NULL, event);
	EXPECT_EQ(FRAKTOR_REASON_DRIVER_FAULT, event->reason);
	put_text(DEBUG "mute", "0");
	/* One who comes now finds it as it is; it starts when all have left. */
	ASSERT_EQ(0, attach(&self->ring));
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(&self->ring));
	readers_close(&readers);
	t_ring_close(&self->ring);
	ASSERT_EQ(0, attach(&self->ring));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_EQ(0, t_until_head(&self->ring, 5, TELL_MS));
}

TEST_F_TIMEOUT(pulse, r2_3_device_that_reports_a_failure, 60)
{
	ends_by_fault(_metadata, self, DEBUG "fail");
}

TEST_F_TIMEOUT(pulse, r2_3_device_that_falls_silent, 60)
{
	ends_by_fault(_metadata, self, DEBUG "mute");
}

/* --- repeatedly, while readers come and go */

struct traffic {
	bool end;
	unsigned long attached, read;
	pthread_t thread;
};

static void *come_and_go(void *arg)
{
	struct traffic *traffic = arg;
	struct t_ring ring;
	int n;

	while (!__atomic_load_n(&traffic->end, __ATOMIC_RELAXED)) {
		if (attach(&ring)) {
			usleep(1000);
			continue;
		}
		traffic->attached++;
		t_until_head(&ring, 3, 10);
		n = t_drain(&ring);
		traffic->read += n > 0 ? n : 0;
		t_ring_close(&ring);
	}
	return NULL;
}

TEST_F_TIMEOUT(pulse, unloaded_repeatedly_under_traffic, 300)
{
	struct traffic traffic[3] = { 0 };
	unsigned int i, rounds = 30;

	if (getenv("T_ROUNDS"))
		rounds = strtoul(getenv("T_ROUNDS"), NULL, 0);
	for (i = 0; i < ARRAY_SIZE(traffic); i++)
		ASSERT_EQ(0, pthread_create(&traffic[i].thread, NULL,
					    come_and_go, &traffic[i]));
	for (i = 0; i < rounds; i++) {
		t_sleep_ms(10);
		EXPECT_EQ(0, t_rmmod(SAMPLE));
		EXPECT_EQ(0, t_insmod(SAMPLE, PARAMS));
	}
	for (i = 0; i < ARRAY_SIZE(traffic); i++) {
		__atomic_store_n(&traffic[i].end, true, __ATOMIC_RELAXED);
		pthread_join(traffic[i].thread, NULL);
		EXPECT_LT(0, traffic[i].attached);
		EXPECT_LT(0, traffic[i].read);
	}
}

/* --- what it costs */

/* The figures of Documentation/pulse.rst: exact with scripts/vm --icount. */
TEST_F(pulse, enqueue_latency)
{
	/* The first line is the call alone, the second all from the device. */
	static const unsigned int most_ns[] = { 1000, 1500 };
	unsigned long long count, least, mean, most, n = 0;
	char line[160];
	FILE *f;

	ASSERT_EQ(0, attach(&self->ring));
	ASSERT_EQ(0, t_until_head(&self->ring, 500, 60000));
	t_ring_close(&self->ring);
	f = fopen(DEBUG "latency", "re");
	ASSERT_NE(NULL, f);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		TH_LOG("%s", line);
		if (sscanf(line, "%*s count %llu min %llu mean %llu max %llu",
			   &count, &least, &mean, &most) != 4)
			continue;
		EXPECT_LE(500, count);
		EXPECT_LE(least, mean);
		EXPECT_LE(mean, most);
		if (t_is_exact())
			EXPECT_GT(most_ns[n % 2], mean);
		n++;
	}
	fclose(f);
	EXPECT_EQ(2, n);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_IOC_WAIT: to sleep as read(2) does and copy nothing; and
 * FRAKTOR_IOC_WAKE, which ends such a sleep.
 */
#include "lib.h"
#include "nl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS
#define LONG	(10 * T_S)

FIXTURE(wait_ioctl) {
	struct t_ring ring;
	struct t_ring slow;	/* ticks every LONG */
};

FIXTURE_SETUP(wait_ioctl)
{
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_ring_create(&self->slow, LONG, 64));
}

FIXTURE_TEARDOWN(wait_ioctl)
{
	t_ring_close(&self->ring);
	t_ring_close(&self->slow);
}

static int wait_(int fd)
{
	int ret = ioctl(fd, FRAKTOR_IOC_WAIT);

	return ret < 0 ? -errno : ret;
}

static int wake(int fd)
{
	return t_ioctl(fd, FRAKTOR_IOC_WAKE, NULL);
}

static int read_one(int fd)
{
	struct fraktor_tick tick;

	return read(fd, &tick, sizeof(tick)) < 0 ? -errno : 1;
}

TEST_F(wait_ioctl, r2_2_woken_by_every_tick)
{
	struct t_ring *ring = &self->ring;
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	struct nl nl;
	struct reader reader;

	ASSERT_EQ(0, t_start(ring->fd));
	while (grid.records < 100) {
		ASSERT_LE(1, wait_(ring->fd));
		ASSERT_EQ(1, t_take(ring, &tick));
		do {
			ASSERT_EQ(NULL, t_grid_check(&grid, &tick));
		} while (t_take(ring, &tick) > 0);
	}
	EXPECT_EQ(0, t_dropped(ring));
	ASSERT_EQ(0, nl_open(&nl));
	ASSERT_EQ(0, nl_resolve(&nl));
	ASSERT_EQ(0, reader_of(&nl, ring->source, &reader));
	EXPECT_LT(0, reader.wakeups);
	EXPECT_GE(reader.made, reader.wakeups);
	t_close(&nl.fd);
}

TEST_F(wait_ioctl, what_is_there_is_told_at_once)
{
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, 2000));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(t_head(&self->ring), wait_(self->ring.fd));
	ASSERT_LE(5, t_drain(&self->ring));
	EXPECT_EQ(-ESHUTDOWN, wait_(self->ring.fd));
}

TEST_F(wait_ioctl, a_stop_ends_it)
{
	struct t_later later;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, t_later(&later, self->slow.fd, 20, t_stop));
	EXPECT_EQ(-ESHUTDOWN, wait_(self->slow.fd));
	EXPECT_GT(t_bound_ms(T_END_MS), t_ms_since(later.at_ns));
	t_later_join(&later);
}

TEST_F(wait_ioctl, wake_ends_it_and_a_read)
{
	struct t_later later;
	int i;

	ASSERT_EQ(0, t_start(self->slow.fd));
	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, t_later(&later, self->slow.fd, 20, wake));
		EXPECT_EQ(-ECANCELED, i % 2 ? read_one(self->slow.fd) :
					      wait_(self->slow.fd));
		EXPECT_GT(t_bound_ms(T_END_MS), t_ms_since(later.at_ns));
		t_later_join(&later);
		EXPECT_EQ(0, later.ret);
	}
}

TEST_F(wait_ioctl, a_wake_without_a_sleeper_ends_the_next_sleep_once)
{
	struct t_later later;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, wake(self->slow.fd));
	ASSERT_EQ(0, wake(self->slow.fd));
	EXPECT_EQ(-ECANCELED, wait_(self->slow.fd));
	ASSERT_EQ(0, t_later(&later, self->slow.fd, 20, t_stop));
	EXPECT_EQ(-ESHUTDOWN, wait_(self->slow.fd));
	t_later_join(&later);
}

static int sleep_there(int fd)
{
	return wait_(fd);
}

TEST_F(wait_ioctl, one_thread_at_a_time)
{
	struct t_later later;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, t_later(&later, self->slow.fd, 0, sleep_there));
	t_sleep_ms(t_bound_ms(T_END_MS));
	EXPECT_EQ(-EBUSY, wait_(self->slow.fd));
	ASSERT_EQ(0, wake(self->slow.fd));
	t_later_join(&later);
	EXPECT_EQ(-ECANCELED, later.ret);
}

static void on_alarm(int sig)
{
}

TEST_F(wait_ioctl, a_signal_ends_it)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval when = { .it_value.tv_usec = 20000 };

	ASSERT_EQ(0, sigaction(SIGALRM, &action, NULL));
	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &when, NULL));
	EXPECT_EQ(-EINTR, wait_(self->slow.fd));
}

TEST_F(wait_ioctl, a_file_without_a_ring_is_refused)
{
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTCONN, wait_(fd));
	EXPECT_EQ(-ENOTCONN, wake(fd));
	close(fd);
}

TEST_HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting with read(2): woken by a tick, buffers of every size, non-blocking,
 * signals, and that a wait whose source stops, whose owner dies or whose
 * process is killed ends at once and leaves nothing.  (io_uring's read is in
 * wait_uring_read.c.)
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	(2 * T_MS)
#define LONG	(10 * T_S)
#define TICK	sizeof(struct fraktor_tick)

FIXTURE(wait_read) {
	struct t_ring ring;
	int refcnt;
};

FIXTURE_SETUP(wait_read)
{
	self->refcnt = t_refcnt_settle();
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64))
		TH_LOG("is the module loaded?");
}

FIXTURE_TEARDOWN(wait_read)
{
	t_ring_close(&self->ring);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, T_SOON_MS));
}

static ssize_t read_(int fd, void *buf, size_t len)
{
	ssize_t n = syscall(SYS_read, fd, buf, len);

	return n < 0 ? -errno : n;
}

/* --- data */

TEST_F(wait_read, r2_2_blocks_until_a_tick_and_returns_it)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;
	unsigned int i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(TICK, read_(self->ring.fd, &tick, TICK));
		EXPECT_LE(tick.fired_ns, t_now());
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	EXPECT_EQ(50, t_tail(&self->ring));
	EXPECT_EQ(0, t_dropped(&self->ring));
}

TEST_F(wait_read, takes_what_the_mapping_left_and_the_other_way_round)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_tick tick;
	uint64_t seq = 0;

	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 20, T_SOON_MS));
	while (seq < 20) {
		ASSERT_EQ(1, t_take(ring, &tick));
		ASSERT_EQ(++seq, tick.seq);
		ASSERT_EQ(TICK, read_(ring->fd, &tick, TICK));
		ASSERT_EQ(++seq, tick.seq);
		ring->last_seq = seq;
	}
	EXPECT_EQ(0, t_poisoned(ring));
}

TEST_F(wait_read, r2_2_a_large_buffer_takes_all_there_is_in_order)
{
	struct fraktor_tick ticks[64];
	uint64_t available;
	ssize_t n, i;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 20, T_SOON_MS));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	available = t_head(&self->ring) - t_tail(&self->ring);
	n = read_(self->ring.fd, ticks, sizeof(ticks));
	EXPECT_EQ(available * TICK, n);
	for (i = 0; i < n / (ssize_t)TICK; i++) {
		EXPECT_EQ(i + 1, ticks[i].seq);
	}
	EXPECT_EQ(t_head(&self->ring), t_tail(&self->ring));
}

TEST_F(wait_read, buffers_that_are_no_multiple)
{
	static const size_t sizes[] = { 33, 63, 65, 95, 100, 127 };
	unsigned char buf[256];
	struct fraktor_tick tick;
	uint64_t seq = 0;
	unsigned int i;
	ssize_t n;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 30, T_SOON_MS));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(buf, 0xa5, sizeof(buf));
		n = read_(self->ring.fd, buf, sizes[i]);
		ASSERT_EQ(sizes[i] / TICK * TICK, n);
		memcpy(&tick, buf, sizeof(tick));
		EXPECT_EQ(seq + 1, tick.seq);
		seq += n / TICK;
		EXPECT_EQ(0xa5, buf[n]);	/* not one byte more */
	}
}

static bool is_filled(const unsigned char *buf, size_t len, unsigned char with)
{
	size_t i;

	for (i = 0; i < len && buf[i] == with; i++)
		;
	return i == len;
}

TEST_F(wait_read, nothing_is_written_but_what_is_returned)
{
	size_t len = 4 * sysconf(_SC_PAGESIZE);
	unsigned char *buf = malloc(len);
	int fd = self->ring.fd;
	ssize_t n;

	ASSERT_NE(NULL, buf);
	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
	ASSERT_EQ(0, t_start(fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 3, T_SOON_MS));
	ASSERT_EQ(0, t_stop(fd));
	memset(buf, 0xa5, len);
	n = read_(fd, buf, len);
	ASSERT_LE(3 * (ssize_t)TICK, n);
	EXPECT_TRUE(is_filled(buf + n, len - n, 0xa5));
	/* Nothing is returned: nothing is written. */
	memset(buf, 0xa5, len);
	EXPECT_EQ(-ESHUTDOWN, read_(fd, buf, len));
	EXPECT_TRUE(is_filled(buf, len, 0xa5));
	free(buf);
}

TEST_F(wait_read, short_buffer_is_einval)
{
	unsigned char buf[TICK];

	EXPECT_EQ(-EINVAL, read_(self->ring.fd, buf, TICK - 1));
	ASSERT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(-EINVAL, read_(self->ring.fd, buf, TICK - 1));
	EXPECT_EQ(-EINVAL, read_(self->ring.fd, buf, 1));
	EXPECT_EQ(-EINVAL, read_(self->ring.fd, buf, 0));
	ASSERT_EQ(0, t_until_head(&self->ring, 3, T_SOON_MS));
	EXPECT_EQ(-EINVAL, read_(self->ring.fd, buf, TICK - 1));
	EXPECT_EQ(0, t_tail(&self->ring));
}

TEST_F(wait_read, readv_fills_its_vectors)
{
	unsigned char a[16], b[48], c[40];
	struct iovec iov[] = { { a, 16 }, { b, 48 }, { c, 40 } };
	struct fraktor_tick tick;
	ssize_t n;

	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, T_SOON_MS));
	n = readv(self->ring.fd, iov, 3);
	ASSERT_EQ(3 * TICK, n);
	memcpy(&tick, a, 16);
	memcpy((char *)&tick + 16, b, 16);
	EXPECT_EQ(1, tick.seq);
	EXPECT_EQ(self->ring.source, tick.source);
	memcpy(&tick, c, TICK);
	memcpy(&tick, b + 16, TICK);
	EXPECT_EQ(2, tick.seq);
}

TEST_F(wait_read, r2_2_bad_buffer_is_efault_and_loses_no_record)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct fraktor_tick tick;
	char *two = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n;

	ASSERT_NE(MAP_FAILED, (void *)two);
	ASSERT_EQ(0, mprotect(two + page, page, PROT_NONE));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 10, T_SOON_MS));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	EXPECT_EQ(-EFAULT, read_(self->ring.fd, (void *)8, 4 * TICK));
	EXPECT_EQ(-EFAULT, read_(self->ring.fd, two + page, 4 * TICK));
	EXPECT_EQ(0, t_tail(&self->ring));
	/* Half of it is good: the records in the good half, or nothing. */
	n = read_(self->ring.fd, two + page - 2 * TICK - 8, 4 * TICK);
	EXPECT_TRUE(n == -EFAULT || n == (ssize_t)TICK || n == 2 * (ssize_t)TICK)
		TH_LOG("read %zd", n);
	ASSERT_EQ(TICK, read_(self->ring.fd, &tick, TICK));
	EXPECT_EQ(n < 0 ? 1 : n / (ssize_t)TICK + 1, tick.seq);
	munmap(two, 2 * page);
}

TEST_F(wait_read, nonblocking_is_eagain)
{
	int fd = self->ring.fd;
	struct fraktor_tick tick;
	uint64_t start;

	ASSERT_EQ(0, fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
	EXPECT_EQ(-ESHUTDOWN, read_(fd, &tick, TICK));
	ASSERT_EQ(0, t_start(fd));
	start = t_now();
	while (read_(fd, &tick, TICK) != -EAGAIN && t_ms_since(start) < 2000)
		;
	EXPECT_GT(2000, t_ms_since(start));
	ASSERT_EQ(0, t_until_head(&self->ring, t_tail(&self->ring) + 1, T_SOON_MS));
	EXPECT_EQ(TICK, read_(fd, &tick, TICK));
}

TEST_F(wait_read, rwf_nowait_is_eagain)
{
	struct fraktor_tick tick;
	struct iovec iov = { &tick, TICK };
	struct t_ring slow;
	ssize_t n;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	n = preadv2(slow.fd, &iov, 1, -1, RWF_NOWAIT);
	EXPECT_EQ(-1, n);
	EXPECT_TRUE(errno == EAGAIN || errno == EOPNOTSUPP)
		TH_LOG("%s", strerror(errno));
	t_ring_close(&slow);
}

struct grabber {
	int fd;
	unsigned int n;
	unsigned char seen[4096];
};

static void *grab(void *arg)
{
	struct grabber *grabber = arg;
	struct fraktor_tick tick;

	while (read_(grabber->fd, &tick, TICK) == (ssize_t)TICK) {
		if (tick.seq < sizeof(grabber->seen))
			grabber->seen[tick.seq]++;
		__atomic_fetch_add(&grabber->n, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

TEST_F(wait_read, r2_2_several_threads_share_without_loss)
{
	struct grabber *g = calloc(3, sizeof(*g));
	pthread_t threads[3];
	struct t_ring ring;
	unsigned int i, seq;

	ASSERT_NE(NULL, g);
	ASSERT_EQ(0, t_ring_create(&ring, 500 * T_US, 1024));
	ASSERT_EQ(0, t_start(ring.fd));
	for (i = 0; i < 3; i++) {
		g[i].fd = ring.fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, grab, &g[i]));
	}
	ASSERT_EQ(0, t_until_head(&ring, 300, 5000));
	ASSERT_EQ(0, t_stop(ring.fd));
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(t_head(&ring), t_dropped(&ring) + g[0].n + g[1].n + g[2].n);
	for (seq = 1; seq <= t_head(&ring) && !t_dropped(&ring); seq++) {
		ASSERT_EQ(1, g[0].seen[seq] + g[1].seen[seq] + g[2].seen[seq]);
	}
	t_ring_close(&ring);
	free(g);
}

/* --- signals */

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void every_us(unsigned int us)
{
	struct itimerval it = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void handle_alarm(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	signals = 0;
	sigaction(SIGALRM, &sa, NULL);
}

static unsigned int grabbed(const struct grabber *g, unsigned int n)
{
	unsigned int i, sum = 0;

	for (i = 0; i < n; i++)
		sum += __atomic_load_n(&g[i].n, __ATOMIC_RELAXED);
	return sum;
}

/*
 * A signal sends the sleeper away and lets another one sleep, also while a tick
 * is about to wake the first: the other has to be woken by the next.
 */
TEST_F(wait_read, r2_2_threads_that_take_turns_are_all_woken)
{
	struct grabber *g = calloc(3, sizeof(*g));
	unsigned int i, before, round;
	pthread_t threads[3];
	struct t_ring ring;
	uint64_t start;
	sigset_t alarm;

	ASSERT_NE(NULL, g);
	handle_alarm(SA_RESTART);
	ASSERT_EQ(0, t_ring_create(&ring, 200 * T_US, 64));
	ASSERT_EQ(0, t_start(ring.fd));
	for (i = 0; i < 3; i++) {
		g[i].fd = ring.fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, grab, &g[i]));
	}
	/* Not this thread: those that sleep are to have them. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm, NULL);
	for (round = 0; round < 100; round++) {
		/* Then none comes to the rescue. */
		every_us(150);
		t_sleep_ms(5);
		every_us(0);
		before = grabbed(g, 3);
		start = t_now();
		while (grabbed(g, 3) < before + 50 && t_ms_since(start) < T_SOON_MS)
			t_sleep_ms(1);
		ASSERT_LE(before + 50, grabbed(g, 3)) TH_LOG("round %u", round);
	}
	ASSERT_EQ(0, t_stop(ring.fd));
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	t_ring_close(&ring);
	free(g);
}

TEST_F(wait_read, signal_without_sa_restart_is_eintr)
{
	struct fraktor_tick tick;
	struct t_ring slow;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	handle_alarm(0);
	every_us(20000);
	EXPECT_EQ(-EINTR, read_(slow.fd, &tick, TICK));
	every_us(0);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&slow));
	t_ring_close(&slow);
}

TEST_F(wait_read, signal_with_sa_restart_is_not_seen)
{
	struct fraktor_tick tick;
	struct t_ring slow;

	ASSERT_EQ(0, t_ring_create(&slow, 200 * T_MS, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	handle_alarm(SA_RESTART);
	every_us(20000);
	EXPECT_EQ(TICK, read_(slow.fd, &tick, TICK));
	every_us(0);
	EXPECT_LT(2, signals);
	t_ring_close(&slow);
}

TEST_F(wait_read, r2_2_signal_storm_loses_no_tick)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick tick;
	const char *wrong;
	ssize_t n;

	handle_alarm(0);
	ASSERT_EQ(0, t_start(self->ring.fd));
	every_us(700);
	while (grid.records < 150) {
		n = read_(self->ring.fd, &tick, TICK);
		if (n == -EINTR)
			continue;
		ASSERT_EQ(TICK, n);
		wrong = t_grid_check(&grid, &tick);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	}
	every_us(0);
	EXPECT_LT(50, signals);
	EXPECT_EQ(0, t_dropped(&self->ring));
}

/* --- the end of a wait */

TEST_F(wait_read, r2_3_stopped_and_drained_is_eshutdown)
{
	struct fraktor_tick tick;
	uint64_t n;

	EXPECT_EQ(-ESHUTDOWN, read_(self->ring.fd, &tick, TICK));
	ASSERT_EQ(0, t_start(self->ring.fd));
	ASSERT_EQ(0, t_until_head(&self->ring, 5, T_SOON_MS));
	ASSERT_EQ(0, t_stop(self->ring.fd));
	for (n = 1; n <= t_head(&self->ring); n++) {
		ASSERT_EQ(TICK, read_(self->ring.fd, &tick, TICK));
		EXPECT_EQ(n, tick.seq);
	}
	EXPECT_EQ(-ESHUTDOWN, read_(self->ring.fd, &tick, TICK));
	EXPECT_EQ(-ESHUTDOWN, read_(self->ring.fd, &tick, TICK));
	ASSERT_EQ(0, t_start(self->ring.fd));
	EXPECT_EQ(TICK, read_(self->ring.fd, &tick, TICK));
}

TEST_F(wait_read, r2_3_stop_ends_a_pending_read)
{
	struct fraktor_tick tick;
	struct t_later stop;
	struct t_ring slow;
	unsigned int took;

	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 50, t_stop));
	EXPECT_EQ(-ESHUTDOWN, read_(slow.fd, &tick, TICK));
	took = t_ms_since(stop.at_ns);
	t_later_join(&stop);
	EXPECT_EQ(0, stop.ret);
	EXPECT_GE(t_bound_ms(T_END_MS), took);
	TH_LOG("ended %u ms after the stop", took);
	t_ring_close(&slow);
}

TEST_F(wait_read, r2_3_stop_ends_the_reads_of_all_threads)
{
	struct grabber *g = calloc(4, sizeof(*g));
	pthread_t threads[4];
	struct t_ring slow, other;
	uint64_t start;
	unsigned int i;

	ASSERT_NE(NULL, g);
	ASSERT_EQ(0, t_ring_create(&slow, LONG, 64));
	ASSERT_EQ(0, t_ring_attach(&other, slow.source, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	for (i = 0; i < 4; i++) {
		g[i].fd = i % 2 ? slow.fd : other.fd;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, grab, &g[i]));
	}
	t_sleep_ms(30);
	start = t_now();
	ASSERT_EQ(0, t_stop(slow.fd));
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(start));
	t_ring_close(&other);
	t_ring_close(&slow);
	free(g);
}

static int owner_ticks_slowly(struct t_child *child, void *arg)
{
	struct fraktor_create create;
	int fd = t_open(O_RDWR);

	t_create_init(&create, LONG, 64);
	strcpy(create.name, arg);
	if (fd < 0 || t_ioctl(fd, FRAKTOR_IOC_CREATE, &create) || t_start(fd))
		return 1;
	t_child_ready(child);
	pause();
	return 0;
}

struct killer {
	struct t_child *child;
	uint64_t at_ns;
};

static void *kill_later(void *arg)
{
	struct killer *killer = arg;

	t_sleep_ms(50);
	__atomic_store_n(&killer->at_ns, t_now(), __ATOMIC_RELEASE);
	kill(killer->child->pid, SIGKILL);
	return NULL;
}

TEST_F(wait_read, r2_3_kill_9_of_the_owner_ends_a_pending_read)
{
	struct fraktor_attach attach = { .name = "killed-owner", .slots = 64 };
	struct fraktor_tick tick;
	struct t_child child;
	struct killer killer = { .child = &child };
	pthread_t thread;
	int fd = t_open(O_RDWR);
	unsigned int took;

	ASSERT_EQ(0, t_child(&child, owner_ticks_slowly, "killed-owner"));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	ASSERT_EQ(0, t_ioctl(fd, FRAKTOR_IOC_ATTACH, &attach));
	ASSERT_EQ(0, pthread_create(&thread, NULL, kill_later, &killer));
	EXPECT_EQ(-ESHUTDOWN, read_(fd, &tick, TICK));
	took = t_ms_since(killer.at_ns);
	TH_LOG("ended %u ms after the kill", took);
	EXPECT_GE(t_bound_ms(T_END_MS), took);
	pthread_join(thread, NULL);
	EXPECT_LE(0, t_child_reap(&child, T_KILL_MS, NULL));
	close(fd);
}

struct victim {
	uint64_t period_ns;
	bool running;
	int threads;
};

static int read_for_ever(struct t_child *child, void *arg)
{
	const struct victim *victim = arg;
	struct fraktor_tick tick;
	struct t_ring ring;

	if (t_ring_create(&ring, victim->period_ns, 64))
		return 1;
	if (victim->running && t_start(ring.fd))
		return 2;
	t_child_ready(child);
	for (;;)
		if (read_(ring.fd, &tick, TICK) == -ESHUTDOWN)
			usleep(1000);
	return 0;
}

TEST_F(wait_read, kill_9_of_a_reader)
{
	struct victim victims[] = {
		{ .period_ns = T_MS, .running = true },
		{ .period_ns = LONG, .running = true },
		{ .period_ns = T_MS, .running = false },
	};
	struct t_child child;
	unsigned int i;
	int took;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		int refcnt = t_refcnt();

		ASSERT_EQ(0, t_child(&child, read_for_ever, &victims[i]));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		t_sleep_ms(20);
		took = t_child_kill(&child);
		EXPECT_LE(0, took) TH_LOG("case %u: still there", i);
		EXPECT_EQ(0, t_refcnt_back(refcnt, T_KILL_MS));
	}
}

TEST_HARNESS_MAIN

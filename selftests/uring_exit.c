// SPDX-License-Identifier: GPL-2.0-only
/*
 * FRAKTOR_URING_CMD_WAIT and the end of those who wait: processes that are
 * killed, exit or exec, rings that go, and races of all of them.
 */
#include "uring_fixture.h"

/* --- processes that die with a wait pending */

struct victim {
	unsigned int uring_flags;
	uint64_t period_ns;
	bool running;
	enum { KILLED, EXITS, EXECS } end;
};

static int dies_waiting(struct t_child *child, void *arg)
{
	const struct victim *victim = arg;
	struct io_uring uring;
	struct t_ring ring;
	uint64_t seen = 0;

	if (uring_init(&uring, victim->uring_flags) ||
	    t_ring_create(&ring, victim->period_ns, 64))
		return 101;
	if (victim->running && t_start(ring.fd))
		return 102;
	if (victim->end != KILLED) {
		if (submit_wait(&uring, ring.fd, 0) != 1)
			return 103;
		t_sleep_ms(5);
		t_child_ready(child);
		if (victim->end == EXECS)
			execl("/proc/self/exe", "wait_uring", "--exit", NULL);
		return victim->end == EXECS ? 104 : 0;
	}
	t_child_ready(child);
	for (;;) {
		int ret = wait_(&uring, ring.fd, seen, 60000);

		if (ret == -ESHUTDOWN)
			usleep(1000);
		else if (ret < 0)
			return 105;
		t_drain(&ring);
		seen = ring.last_seq;
	}
}

TEST_F(uring, kill_9_of_a_waiter)
{
	struct victim victims[] = {
		{ .period_ns = T_MS, .running = true },
		{ .period_ns = T_S, .running = true },
		{ .period_ns = LONG, .running = true },
		{ .period_ns = T_MS, .running = false },
	};
	struct t_child child;
	unsigned int i;
	int refcnt = t_refcnt(), took;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		victims[i].uring_flags = variant->flags;
		ASSERT_EQ(0, t_child(&child, dies_waiting, &victims[i]));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		t_sleep_ms(10 + 7 * i);
		took = t_child_kill(&child);
		EXPECT_LE(0, took) TH_LOG("case %u: still there", i);
		EXPECT_EQ(0, t_refcnt_back(refcnt, T_KILL_MS))
			TH_LOG("case %u: a reference is left", i);
	}
}

TEST_F(uring, exit_and_exec_of_a_waiter)
{
	struct victim victims[] = {
		{ .period_ns = LONG, .running = true, .end = EXITS },
		{ .period_ns = LONG, .running = true, .end = EXECS },
		{ .period_ns = T_MS, .running = true, .end = EXECS },
	};
	struct t_child child;
	int refcnt = t_refcnt(), status, took;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(victims); i++) {
		victims[i].uring_flags = variant->flags;
		ASSERT_EQ(0, t_child(&child, dies_waiting, &victims[i]));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		took = t_child_reap(&child, T_KILL_MS, &status);
		ASSERT_LE(0, took) TH_LOG("case %u: still there", i);
		EXPECT_TRUE(WIFEXITED(status));
		EXPECT_EQ(0, WEXITSTATUS(status)) TH_LOG("case %u", i);
		EXPECT_EQ(0, t_refcnt_back(refcnt, T_KILL_MS))
			TH_LOG("case %u: a reference is left", i);
	}
}

static int closes_what_it_got(struct t_child *child, void *arg)
{
	int *fds = arg;

	(void)child;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

TEST_F(uring, fork_and_close_in_the_child)
{
	int fds[2] = { self->slow.fd, self->uring.ring_fd };
	struct t_child child;
	int status, ret;

	ASSERT_EQ(0, t_start(self->slow.fd));
	ASSERT_EQ(1, submit_wait(&self->uring, self->slow.fd, 0));
	ASSERT_EQ(0, t_child(&child, closes_what_it_got, fds));
	ASSERT_LE(0, t_child_reap(&child, T_KILL_MS, &status));
	EXPECT_EQ(0, status);
	/*
	 * Released, or the bound: wait again.  With SQPOLL the wait may begin
	 * after the child's close, and where it can be cancelled has no bound.
	 */
	ret = complete(&self->uring, T_SOON_MS);
	if (ret == -ETIME && variant->flags & IORING_SETUP_SQPOLL) {
		EXPECT_EQ(-ECANCELED, end_wait(self->slow.fd));
		EXPECT_EQ(-ECANCELED, complete(&self->uring, T_SOON_MS));
	} else {
		EXPECT_EQ(0, ret);
	}
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->slow));
	ASSERT_EQ(0, t_stop(self->slow.fd));
	EXPECT_EQ(-ESHUTDOWN, wait_on(&self->uring, self->slow.fd, 0, T_SOON_MS));
}

/* --- races */

struct racer {
	int fd;
	unsigned int seed;
	bool *done;
	int bad;
};

static void *starts_and_stops(void *arg)
{
	struct racer *racer = arg;
	int ret;

	while (!__atomic_load_n(racer->done, __ATOMIC_RELAXED)) {
		ret = rand_r(&racer->seed) % 2 ? t_start(racer->fd) :
		      t_stop(racer->fd);
		if (ret && ret != -EALREADY)
			racer->bad = ret;
		usleep(rand_r(&racer->seed) % 700);
	}
	return NULL;
}

TEST_F(uring, r2_3_race_of_wait_start_and_stop)
{
	bool done = false;
	struct racer racers[2];
	pthread_t threads[2];
	uint64_t start = t_now(), waits = 0;
	struct t_ring fast;
	int i, ret;

	ASSERT_EQ(0, t_ring_create(&fast, 200 * T_US, 16));
	for (i = 0; i < 2; i++) {
		racers[i] = (struct racer){ .fd = fast.fd, .seed = i + 1,
					    .done = &done };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    starts_and_stops, &racers[i]));
	}
	do {
		/* A wait that got lost is lost for ever: longer than any stall. */
		ret = wait_(&self->uring, fast.fd, fast.last_seq, 20000);
		ASSERT_TRUE(ret >= 0 || ret == -ESHUTDOWN)
			TH_LOG("wait: %d after %llu", ret,
			       (unsigned long long)waits);
		ret = t_drain(&fast);
		ASSERT_LE(0, ret);
		waits++;
	} while (t_ms_since(start) < 250);
	done = true;
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, racers[i].bad);
	}
	t_stop(fast.fd);
	t_drain(&fast);
	EXPECT_EQ(t_head(&fast), fast.consumed + t_dropped(&fast));
	EXPECT_LT(0, waits);
	t_ring_close(&fast);
}

struct waiter {
	int fd;
	unsigned int flags;
	bool *done;
	int bad;
	uint64_t waits;
};

static void *waits_and_quits(void *arg)
{
	struct waiter *waiter = arg;
	struct io_uring uring;
	int i, ret;

	while (!__atomic_load_n(waiter->done, __ATOMIC_RELAXED)) {
		if (uring_init(&uring, waiter->flags))
			continue;
		for (i = 0; i < 5; i++) {
			ret = wait_(&uring, waiter->fd, UINT64_MAX >> 1, T_SOON_MS);
			waiter->waits++;
			if (ret < 0 && ret != -EBUSY && ret != -ESHUTDOWN)
				waiter->bad = ret;
		}
		/* And one left pending for the ring's end. */
		submit_wait(&uring, waiter->fd, UINT64_MAX >> 1);
		io_uring_queue_exit(&uring);
	}
	return NULL;
}

TEST_F(uring, r2_3_race_of_two_rings_on_one_file)
{
	bool done = false;
	struct racer racer = { .seed = 3, .done = &done };
	struct waiter waiters[2];
	pthread_t threads[3];
	struct t_ring fast;
	int i;

	ASSERT_EQ(0, t_ring_create(&fast, 500 * T_US, 16));
	racer.fd = fast.fd;
	ASSERT_EQ(0, pthread_create(&threads[2], NULL, starts_and_stops, &racer));
	for (i = 0; i < 2; i++) {
		waiters[i] = (struct waiter){ .fd = fast.fd, .done = &done,
					      .flags = variant->flags };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, waits_and_quits,
					    &waiters[i]));
	}
	t_sleep_ms(250);
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(0, waiters[0].bad);
	EXPECT_EQ(0, waiters[1].bad);
	EXPECT_LT(0, waiters[0].waits + waiters[1].waits);
	t_ring_close(&fast);
}

static void __attribute__((constructor)) exit_if_executed(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--exit"))
		_exit(0);
}

TEST_HARNESS_MAIN

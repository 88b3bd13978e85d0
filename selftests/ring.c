// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the ring holds (R2.2): numbers without a gap, deadlines on an exact
 * grid, nothing early, the oldest dropped and counted to the last one, also
 * while a reader takes records at the same time; start, stop and start again;
 * several readers of one source; a 32-bit reader.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS

FIXTURE(ring) {
	struct t_ring ring, other;
};

FIXTURE_SETUP(ring)
{
	int fd = t_open(O_RDWR);

	ASSERT_LE(0, fd) TH_LOG("%s: is the module loaded?", strerror(-fd));
	close(fd);
	self->ring.fd = -1;
	self->other.fd = -1;
}

FIXTURE_TEARDOWN(ring)
{
	t_ring_close(&self->other);
	t_ring_close(&self->ring);
}

/* All that is in the ring, checked against the grid that @grid is on. */
static const char *drain_checked(struct t_ring *ring, struct t_grid *grid)
{
	struct fraktor_tick tick;
	const char *wrong;
	int ret;

	while ((ret = t_take(ring, &tick)) > 0) {
		wrong = t_grid_check(grid, &tick);
		if (wrong)
			return wrong;
		if (tick.source != ring->source)
			return "another source's id";
	}
	return ret < 0 ? "a record was overwritten under the reader" : NULL;
}

TEST_F(ring, r2_2_sequence_and_grid_are_exact)
{
	struct t_ring *ring = &self->ring;
	struct t_grid grid = { .period_ns = PERIOD };
	uint64_t after, start;
	const char *wrong;

	/* Room for a machine that stands still: nothing is dropped here. */
	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 8192));
	ASSERT_EQ(0, t_start(ring->fd));
	start = t_now();
	while (grid.records < 200 && t_ms_since(start) < 10000) {
		t_sleep_ms(5);
		wrong = drain_checked(ring, &grid);
		ASSERT_EQ(NULL, wrong) TH_LOG("%s at record %llu", wrong,
			(unsigned long long)grid.records);
	}
	ASSERT_EQ(0, t_stop(ring->fd));
	after = t_now();
	wrong = drain_checked(ring, &grid);
	ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_LE(200, grid.records);
	EXPECT_EQ(t_head(ring), grid.records);
	EXPECT_EQ(t_missed(ring), grid.missed);
	EXPECT_EQ(0, t_dropped(ring));
	EXPECT_EQ(0, t_poisoned(ring));
	EXPECT_EQ(0, ring->gaps);
	EXPECT_LE(grid.last.fired_ns, after);
}

TEST_F(ring, r2_2_first_record_begins_a_grid_one_period_ahead)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_tick tick;
	uint64_t before, after;

	ASSERT_EQ(0, t_ring_create(ring, 20 * T_MS, 64));
	before = t_now();
	ASSERT_EQ(0, t_start(ring->fd));
	after = t_now();
	ASSERT_EQ(0, t_until_head(ring, 2, T_SOON_MS));
	ASSERT_EQ(1, t_take(ring, &tick));
	EXPECT_EQ(1, tick.seq);
	EXPECT_TRUE(tick.flags & FRAKTOR_TICK_F_FIRST);
	EXPECT_LE(before + 20 * T_MS, tick.deadline_ns);
	EXPECT_LE(tick.deadline_ns, after + 20 * T_MS);
	ASSERT_EQ(1, t_take(ring, &tick));
	EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_FIRST);
}

TEST_F(ring, slot_of_a_record_is_its_number_modulo_slots)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_tick tick;
	uint64_t seq;

	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 150, 5000));
	ASSERT_EQ(0, t_stop(ring->fd));
	for (seq = t_head(ring); seq > t_head(ring) - 64; seq--) {
		memcpy(&tick, ring->data + (seq % 64) * ring->record_size,
		       sizeof(tick));
		ASSERT_EQ(seq, tick.seq);
	}
}

TEST_F(ring, r2_2_drop_oldest_is_exact)
{
	static const unsigned int slots[] = { 16, 64, 256 };
	struct fraktor_tick tick;
	uint64_t head, seq;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		struct t_ring *ring = &self->ring;

		ASSERT_EQ(0, t_ring_create(ring, PERIOD / 2, slots[i]));
		ASSERT_EQ(0, t_start(ring->fd));
		ASSERT_EQ(0, t_until_head(ring, 3 * slots[i] + 5, 5000));
		ASSERT_EQ(0, t_stop(ring->fd));
		head = t_head(ring);
		EXPECT_EQ(head - slots[i], t_dropped(ring));
		EXPECT_EQ(head - slots[i], t_tail(ring));
		EXPECT_EQ(0, t_poisoned(ring));
		for (seq = head - slots[i] + 1; seq <= head; seq++) {
			ASSERT_EQ(1, t_take(ring, &tick));
			ASSERT_EQ(seq, tick.seq);
		}
		EXPECT_EQ(0, t_take(ring, &tick));
		EXPECT_EQ(head - slots[i], t_dropped(ring));
		t_ring_close(ring);
	}
}

TEST_F(ring, r2_2_nothing_is_dropped_before_the_ring_is_full)
{
	struct t_ring *ring = &self->ring;
	uint64_t head;
	unsigned int round;

	ASSERT_EQ(0, t_ring_create(ring, 10 * T_MS, 16));
	for (round = 0; round < 3; round++) {
		head = t_head(ring);
		ASSERT_EQ(0, t_start(ring->fd));
		ASSERT_EQ(0, t_until_head(ring, head + 16, 5000));
		ASSERT_EQ(0, t_stop(ring->fd));
		/* A stall of the machine may have let more through. */
		EXPECT_EQ(t_head(ring) - ring->consumed - 16, t_dropped(ring));
		/* All the room there is, also after it was made again. */
		EXPECT_EQ(16, t_drain(ring));
	}
}

TEST_F(ring, r2_2_accounting_is_exact_with_a_concurrent_reader)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_info info;
	struct fraktor_tick tick;
	unsigned int seed = 7, n;
	uint64_t start;
	int ret = 0;

	ret = t_open(O_RDWR);
	ASSERT_EQ(0, t_info(ret, &info));
	close(ret);
	ASSERT_EQ(0, t_ring_create(ring, info.period_min_ns, 16));
	ASSERT_EQ(0, t_start(ring->fd));
	start = t_now();
	/* Slower than the ticks half of the time, so that both sides meet. */
	while (t_ms_since(start) < 1000 && ret >= 0) {
		for (n = rand_r(&seed) % 24; n; n--) {
			ret = t_take(ring, &tick);
			if (ret <= 0)
				break;
			ASSERT_LE(tick.deadline_ns, tick.fired_ns);
			ASSERT_EQ(ring->source, tick.source);
		}
		if (rand_r(&seed) % 2)
			usleep(rand_r(&seed) % 3000);
	}
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_LE(0, ret) TH_LOG("a record was overwritten under the reader");
	EXPECT_EQ(0, t_poisoned(ring));
	EXPECT_LT(0, t_dropped(ring));
	EXPECT_LT(0, ring->consumed);
	EXPECT_EQ(t_head(ring), ring->consumed + t_dropped(ring) +
		  (t_head(ring) - t_tail(ring)));
	EXPECT_LE(t_head(ring) - t_tail(ring), 16);
	ASSERT_LE(0, t_drain(ring));
	EXPECT_EQ(t_head(ring), ring->consumed + t_dropped(ring));
	EXPECT_EQ(t_dropped(ring), ring->gaps);
}

/* A reader that copies, is late, and must find its compare-and-exchange lost. */
TEST_F(ring, r2_2_a_lapped_reader_loses_its_copy)
{
	struct t_ring *ring = &self->ring;
	uint64_t tail, found;

	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 16));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 2, 5000));
	tail = t_tail(ring);
	ASSERT_EQ(0, t_until_head(ring, tail + 40, 5000));
	found = tail;
	EXPECT_FALSE(__atomic_compare_exchange_n(&ring->consumer->tail, &found,
						 tail + 1, false,
						 __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE));
	EXPECT_LT(tail, found);
	ASSERT_EQ(0, t_stop(ring->fd));
	EXPECT_EQ(t_dropped(ring), t_tail(ring));
}

TEST_F(ring, consuming_in_one_step_to_the_head_is_believed)
{
	struct t_ring *ring = &self->ring;
	uint64_t tail, head;

	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 30, 5000));
	do {
		tail = t_tail(ring);
		head = t_head(ring);
	} while (!__atomic_compare_exchange_n(&ring->consumer->tail, &tail,
					      head, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, t_until_head(ring, head + 80, 5000));
	ASSERT_EQ(0, t_stop(ring->fd));
	EXPECT_EQ(0, t_poisoned(ring));
	EXPECT_EQ(t_head(ring) - head - 64, t_dropped(ring));
}

/* --- start, stop, start */

TEST_F(ring, sequence_goes_on_after_stop_and_start)
{
	struct t_ring *ring = &self->ring;
	struct fraktor_tick tick;
	uint64_t last = 0, begin;
	unsigned int round, n;

	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 1024));
	for (round = 0; round < 4; round++) {
		struct t_grid grid = { .period_ns = PERIOD };

		begin = t_now();
		ASSERT_EQ(0, t_start(ring->fd));
		ASSERT_EQ(0, t_until_head(ring, last + 5, T_SOON_MS));
		ASSERT_EQ(0, t_stop(ring->fd));
		for (n = 0; t_take(ring, &tick) > 0; n++) {
			const char *wrong = t_grid_check(&grid, &tick);

			ASSERT_EQ(NULL, wrong) TH_LOG("%s", wrong);
			ASSERT_EQ(last + 1, tick.seq);
			last = tick.seq;
			EXPECT_EQ(!n, !!(tick.flags & FRAKTOR_TICK_F_FIRST));
			EXPECT_LE(begin + PERIOD, tick.deadline_ns);
		}
		EXPECT_LE(5, n);
		t_sleep_ms(3 + round);
	}
}

TEST_F(ring, r2_3_nothing_ticks_after_stop_has_returned)
{
	struct t_ring *ring = &self->ring;
	unsigned int round;
	uint64_t head;

	ASSERT_EQ(0, t_ring_create(ring, 200 * T_US, 64));
	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, t_start(ring->fd));
		usleep(300 * (round % 5));
		ASSERT_EQ(0, t_stop(ring->fd));
		head = t_head(ring);
		EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(ring));
		usleep(1000);
		EXPECT_EQ(head, t_head(ring));
	}
}

/* --- several readers */

TEST_F(ring, r1_4_a_slow_reader_harms_nobody)
{
	struct t_ring *fast = &self->ring, *slow = &self->other;
	struct t_grid grid = { .period_ns = PERIOD };
	struct fraktor_tick mine, its;
	const char *wrong;
	uint64_t start;

	ASSERT_EQ(0, t_ring_create(fast, PERIOD, 1024));
	ASSERT_EQ(0, t_ring_attach(slow, fast->source, 16));
	ASSERT_EQ(0, t_start(fast->fd));
	start = t_now();
	while (t_head(fast) < 100 && t_ms_since(start) < 5000)
		t_sleep_ms(5);
	ASSERT_EQ(0, t_stop(fast->fd));
	EXPECT_EQ(t_head(fast), t_head(slow));
	EXPECT_EQ(t_head(slow) - 16, t_dropped(slow));
	EXPECT_EQ(0, t_dropped(fast));
	/* Both have the same ticks. */
	while (t_take(slow, &its) > 0) {
		t_peek(fast, its.seq, &mine);
		EXPECT_EQ(0, memcmp(&mine, &its, sizeof(mine)));
	}
	wrong = drain_checked(fast, &grid);
	EXPECT_EQ(NULL, wrong) TH_LOG("%s", wrong);
	EXPECT_EQ(t_head(fast), grid.records);
}

TEST_F(ring, a_late_reader_gets_numbers_of_its_own)
{
	struct t_ring *ring = &self->ring, *late = &self->other;
	struct fraktor_tick tick;

	ASSERT_EQ(0, t_ring_create(ring, PERIOD, 64));
	ASSERT_EQ(0, t_start(ring->fd));
	ASSERT_EQ(0, t_until_head(ring, 20, 5000));
	ASSERT_EQ(0, t_ring_attach(late, ring->source, 64));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(late));
	ASSERT_EQ(0, t_until_head(late, 5, 5000));
	ASSERT_EQ(0, t_stop(ring->fd));
	ASSERT_EQ(1, t_take(late, &tick));
	EXPECT_EQ(1, tick.seq);
	EXPECT_FALSE(tick.flags & FRAKTOR_TICK_F_FIRST);
	EXPECT_EQ(FRAKTOR_STATE_STOPPED, t_state(late));
	EXPECT_EQ(FRAKTOR_REASON_ASKED, t_reason(late));
}

static void *tick_fast(void *arg)
{
	struct t_ring *ring = arg;

	while (ring->consumed < UINT64_MAX) {
		struct t_ring late;

		if (__atomic_load_n(&ring->last_seq, __ATOMIC_RELAXED))
			break;
		if (!t_ring_attach(&late, ring->source, 16))
			t_ring_close(&late);
	}
	return NULL;
}

TEST_F(ring, attach_and_close_while_it_ticks)
{
	struct t_ring *ring = &self->ring;
	pthread_t threads[2];
	unsigned int i;

	ASSERT_EQ(0, t_ring_create(ring, 100 * T_US, 16));
	ASSERT_EQ(0, t_start(ring->fd));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, tick_fast, ring));
	}
	t_sleep_ms(1000);
	__atomic_store_n(&ring->last_seq, 1, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(ring));
	EXPECT_EQ(0, t_stop(ring->fd));
	EXPECT_EQ(t_head(ring) - 16, t_dropped(ring));
}

/* --- row 5: a reader that is stopped by a signal */

static int reads_all(struct t_child *child, void *arg)
{
	struct t_grid grid = { .period_ns = PERIOD };
	struct t_ring ring;

	(void)arg;
	if (t_ring_create(&ring, PERIOD, 4096) || t_start(ring.fd))
		return 1;
	t_child_ready(child);
	while (grid.records < 600) {
		const char *wrong = drain_checked(&ring, &grid);

		if (wrong) {
			fprintf(stderr, "# child: %s\n", wrong);
			return 2;
		}
		usleep(2000);
	}
	if (t_stop(ring.fd) || drain_checked(&ring, &grid))
		return 3;
	/* The grid went on behind its back: as many periods as time. */
	return t_dropped(&ring) || ring.gaps ||
	       grid.periods != grid.records + t_missed(&ring) ? 4 : 0;
}

TEST_F(ring, r1_4_a_stopped_process_loses_nothing)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_child(&child, reads_all, NULL));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	t_sleep_ms(50);
	ASSERT_EQ(0, kill(child.pid, SIGSTOP));
	t_sleep_ms(400);
	ASSERT_EQ(0, kill(child.pid, SIGCONT));
	ASSERT_LE(0, t_child_reap(&child, 10000, &status));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
}

/* --- layout */

_Static_assert(sizeof(struct fraktor_tick) == 32, "tick");
_Static_assert(offsetof(struct fraktor_tick, periods) == 24, "tick.periods");
_Static_assert(offsetof(struct fraktor_tick, flags) == 30, "tick.flags");
_Static_assert(sizeof(struct fraktor_meta) == 1216, "meta");
_Static_assert(offsetof(struct fraktor_meta, head) == 64, "meta.head");
_Static_assert(sizeof(struct fraktor_consumer) == 64, "consumer");
_Static_assert(sizeof(struct fraktor_create) == 120, "create");
_Static_assert(sizeof(struct fraktor_attach) == 48, "attach");
_Static_assert(sizeof(struct fraktor_info) == 256, "info");
_Static_assert(sizeof(struct fraktor_uring_wait) == 16, "uring_wait");

TEST_F(ring, a_32_bit_reader_sees_the_same)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 16);
	pid_t pid;
	int status;

	ASSERT_LT(0, n);
	path[n] = 0;
	strcpy(strrchr(path, '/') + 1, "reader32");
	if (access(path, X_OK))
		SKIP(return, "reader32 was not built: no gcc -m32");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		execl(path, path, NULL);
		_exit(errno == ENOEXEC ? 77 : 78);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		SKIP(return, "the kernel runs no 32-bit programs");
	EXPECT_EQ(0, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN

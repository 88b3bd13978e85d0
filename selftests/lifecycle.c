// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors in all the ways programs pass them round: dup, fork, exec,
 * SCM_RIGHTS, close while another thread waits, storms of create and close;
 * the module stays loaded as long as somebody holds it, and not longer.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"

#define PERIOD	T_MS

FIXTURE(lifecycle) {
	struct t_ring ring;
	int refcnt;
};

FIXTURE_SETUP(lifecycle)
{
	self->refcnt = t_refcnt_settle();
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, 64))
		TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_start(self->ring.fd));
}

FIXTURE_TEARDOWN(lifecycle)
{
	t_ring_close(&self->ring);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, T_SOON_MS));
}

static bool ticks(struct t_ring *ring)
{
	return !t_until_head(ring, t_head(ring) + 3, T_SOON_MS);
}

/* --- the module */

TEST_F(lifecycle, rmmod_while_open_is_refused)
{
	long ret = syscall(SYS_delete_module, "fraktor", O_NONBLOCK);
	int error = errno;

	if (ret && (error == EPERM || error == ENOSYS || error == ENOENT))
		SKIP(return, "cannot unload modules here: %s", strerror(error));
	ASSERT_EQ(-1, ret);
	EXPECT_TRUE(error == EWOULDBLOCK || error == EBUSY);
	EXPECT_TRUE(ticks(&self->ring));
}

TEST_F(lifecycle, rmmod_while_only_mapped_is_refused)
{
	uint64_t head;

	if (getuid())
		SKIP(return, "needs root");
	close(self->ring.fd);
	self->ring.fd = -1;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "fraktor", O_NONBLOCK));
	head = t_head(&self->ring);
	/* The mapping holds the file, so the owner is not gone. */
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_EQ(0, t_until_head(&self->ring, head + 3, T_SOON_MS));
}

TEST_F(lifecycle, rmmod_while_waited_for_is_refused)
{
	int ep = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };

	if (getuid())
		SKIP(return, "needs root");
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->ring.fd, &event));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "fraktor", O_NONBLOCK));
	close(ep);
}

/* --- dup, fork, exec */

TEST_F(lifecycle, dup_keeps_the_source_alive)
{
	int copy = fcntl(self->ring.fd, F_DUPFD_CLOEXEC, 0);

	ASSERT_LE(0, copy);
	close(self->ring.fd);
	self->ring.fd = copy;
	EXPECT_TRUE(ticks(&self->ring));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_EQ(0, t_stop(copy));
}

static int closes_and_exits(struct t_child *child, void *arg)
{
	struct t_ring *ring = arg;

	(void)child;
	t_ring_close(ring);
	return 0;
}

static int keeps_ticking(struct t_child *child, void *arg)
{
	struct t_ring *ring = arg;

	t_child_ready(child);
	t_sleep_ms(100);	/* the parent has closed by now */
	if (t_state(ring) != FRAKTOR_STATE_RUNNING)
		return 1;
	if (!ticks(ring))
		return 2;
	return t_stop(ring->fd) ? 3 : 0;
}

TEST_F(lifecycle, fork_child_closes_first)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_child(&child, closes_and_exits, &self->ring));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&self->ring));
	EXPECT_TRUE(ticks(&self->ring));
}

TEST_F(lifecycle, fork_parent_closes_first)
{
	struct t_child child;
	int status;

	ASSERT_EQ(0, t_child(&child, keeps_ticking, &self->ring));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	t_ring_close(&self->ring);
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, T_SOON_MS));
}

static int execs(struct t_child *child, void *arg)
{
	int fd = *(int *)arg;
	char number[16];

	(void)child;
	snprintf(number, sizeof(number), "%d", fd);
	execl("/proc/self/exe", "lifecycle", "--info", number, NULL);
	return 99;
}

TEST_F(lifecycle, exec_with_and_without_cloexec)
{
	int copy = dup(self->ring.fd);	/* without CLOEXEC */
	struct t_child child;
	int status;

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, t_child(&child, execs, &copy));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	ASSERT_EQ(0, t_child(&child, execs, &self->ring.fd));
	ASSERT_LE(0, t_child_reap(&child, 5000, &status));
	EXPECT_EQ(EBADF, WEXITSTATUS(status));
	close(copy);
	EXPECT_TRUE(ticks(&self->ring));
}

/* --- SCM_RIGHTS */

static int pass_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec iov = { "f", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(socket, &msg, 0) == 1 ? 0 : -errno;
}

static int take_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

TEST_F(lifecycle, scm_rights_carries_a_ticking_source)
{
	struct t_ring passed = { 0 };
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	ASSERT_EQ(0, pass_fd(pair[0], self->ring.fd));
	t_ring_close(&self->ring);	/* only the message holds it now */
	t_sleep_ms(5);
	passed.fd = take_fd(pair[1]);
	ASSERT_LE(0, passed.fd);
	ASSERT_EQ(0, t_ring_map(&passed));
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&passed));
	EXPECT_TRUE(ticks(&passed));
	EXPECT_EQ(0, t_stop(passed.fd));
	t_ring_close(&passed);
	close(pair[0]);
	close(pair[1]);
}

TEST_F(lifecycle, scm_rights_never_received)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	ASSERT_EQ(0, pass_fd(pair[0], self->ring.fd));
	t_ring_close(&self->ring);
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, T_SOON_MS));
}

/* --- close while somebody waits */

static void *reads_until_the_end(void *arg)
{
	struct t_ring *ring = arg;
	struct fraktor_tick tick;

	while (read(ring->fd, &tick, sizeof(tick)) > 0)
		;
	return (void *)(long)errno;
}

TEST_F(lifecycle, close_while_another_thread_reads)
{
	struct t_ring ring;
	pthread_t thread;
	void *error;

	ASSERT_EQ(0, t_ring_create(&ring, 50 * T_MS, 64));
	ASSERT_EQ(0, t_start(ring.fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, reads_until_the_end, &ring));
	t_sleep_ms(20);
	/* The read holds the file: it ends with a tick, then finds it closed. */
	t_ring_unmap(&ring);
	close(ring.fd);
	pthread_join(thread, &error);
	EXPECT_EQ(EBADF, (long)error);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt + 1, T_SOON_MS));
}

TEST_F(lifecycle, read_poll_and_uring_on_one_file_all_end)
{
	struct t_later stop;
	struct io_uring uring;
	struct io_uring_cqe *cqe;
	struct __kernel_timespec ts = { .tv_sec = 2 };
	struct pollfd p = { .events = POLLIN };
	struct t_ring slow;
	pthread_t thread;
	void *error;

	if (io_uring_queue_init(8, &uring, 0))
		SKIP(return, "no io_uring here");
	ASSERT_EQ(0, t_ring_create(&slow, 10 * T_S, 64));
	ASSERT_EQ(0, t_start(slow.fd));
	ASSERT_EQ(0, pthread_create(&thread, NULL, reads_until_the_end, &slow));
	io_uring_prep_poll_add(io_uring_get_sqe(&uring), slow.fd, POLLIN);
	ASSERT_EQ(1, io_uring_submit(&uring));
	ASSERT_EQ(0, t_later(&stop, slow.fd, 20, t_stop));
	p.fd = slow.fd;
	EXPECT_EQ(1, poll(&p, 1, T_SOON_MS));
	EXPECT_EQ(0, io_uring_wait_cqe_timeout(&uring, &cqe, &ts));
	pthread_join(thread, &error);
	EXPECT_EQ(ESHUTDOWN, (long)error);
	EXPECT_GE(t_bound_ms(T_END_MS), t_ms_since(stop.at_ns));
	t_later_join(&stop);
	io_uring_queue_exit(&uring);
	t_ring_close(&slow);
}

/* --- storms */

struct storm {
	unsigned int seed, rounds;
	int bad;
};

static void *create_start_stop_close(void *arg)
{
	struct storm *storm = arg;
	struct t_ring ring, reader;
	unsigned int i;
	int ret;

	for (i = 0; i < storm->rounds; i++) {
		ret = t_ring_create(&ring, (1 + rand_r(&storm->seed) % 40) *
				    100 * T_US, 16 << rand_r(&storm->seed) % 4);
		if (ret) {
			storm->bad = ret;
			continue;
		}
		reader.fd = -1;
		if (rand_r(&storm->seed) % 2 &&
		    t_ring_attach(&reader, ring.source, 16))
			storm->bad = -1;
		if (rand_r(&storm->seed) % 4 && t_start(ring.fd))
			storm->bad = -2;
		usleep(rand_r(&storm->seed) % 3000);
		if (rand_r(&storm->seed) % 2)
			t_stop(ring.fd);
		t_ring_close(&ring);
		if (reader.fd >= 0) {
			if (t_state(&reader) != FRAKTOR_STATE_DEAD)
				storm->bad = -3;
			t_ring_close(&reader);
		}
	}
	return NULL;
}

TEST_F_TIMEOUT(lifecycle, two_hundred_cycles_from_four_threads, 120)
{
	struct storm storms[4];
	pthread_t threads[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		storms[i] = (struct storm){ .seed = i + 1, .rounds = 50 };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL,
					    create_start_stop_close,
					    &storms[i]));
	}
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, storms[i].bad);
	}
	EXPECT_TRUE(ticks(&self->ring));
	EXPECT_EQ(0, t_refcnt_back(self->refcnt + 1, T_SOON_MS));
}

struct duel {
	int fd;
	bool *done;
	uint64_t won, lost;
	int bad;
};

static void *duellist(void *arg)
{
	struct duel *duel = arg;
	unsigned int i;
	int ret;

	for (i = 0; !__atomic_load_n(duel->done, __ATOMIC_RELAXED); i++) {
		ret = i % 2 ? t_stop(duel->fd) : t_start(duel->fd);
		if (!ret)
			duel->won++;
		else if (ret == -EALREADY)
			duel->lost++;
		else
			duel->bad = ret;
	}
	return NULL;
}

TEST_F(lifecycle, row_6_start_and_stop_from_eight_threads)
{
	struct duel duels[8];
	pthread_t threads[8];
	uint64_t won = 0, lost = 0, head;
	bool done = false;
	unsigned int i;

	for (i = 0; i < 8; i++) {
		duels[i] = (struct duel){ .fd = self->ring.fd, .done = &done };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, duellist,
					    &duels[i]));
	}
	t_sleep_ms(500);
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], NULL);
		EXPECT_EQ(0, duels[i].bad);
		won += duels[i].won;
		lost += duels[i].lost;
	}
	EXPECT_LT(0, won);
	t_stop(self->ring.fd);
	head = t_head(&self->ring);
	t_sleep_ms(10);
	EXPECT_EQ(head, t_head(&self->ring));
	TH_LOG("%llu won, %llu lost", (unsigned long long)won,
	       (unsigned long long)lost);
}

static void *creator(void *arg)
{
	struct fraktor_create create;
	int fd = *(int *)arg;

	t_create_init(&create, PERIOD, 16);
	return (void *)(long)t_ioctl(fd, FRAKTOR_IOC_CREATE, &create);
}

TEST_F(lifecycle, one_of_four_racing_creates_wins)
{
	unsigned int round, i, won;
	pthread_t threads[4];
	void *ret;
	int fd;

	for (round = 0; round < 20; round++) {
		fd = t_open(O_RDWR);
		ASSERT_LE(0, fd);
		for (i = 0; i < 4; i++) {
			ASSERT_EQ(0, pthread_create(&threads[i], NULL, creator,
						    &fd));
		}
		for (i = 0, won = 0; i < 4; i++) {
			pthread_join(threads[i], &ret);
			won += !ret;
			EXPECT_TRUE(!ret || (long)ret == -EBUSY);
		}
		EXPECT_EQ(1, won);
		close(fd);
	}
}

static int holds_everything(struct t_child *child, void *arg)
{
	struct t_ring rings[8];
	struct io_uring uring;
	unsigned int i;

	(void)arg;
	if (io_uring_queue_init(16, &uring, 0))
		return 1;
	for (i = 0; i < 8; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&uring);

		if (i % 2 ? t_ring_attach(&rings[i], rings[0].source, 16) :
			    t_ring_create(&rings[i], (1 + i * 500) * T_MS, 16))
			return 2;
		if (!(i % 2) && t_start(rings[i].fd))
			return 3;
		io_uring_prep_rw(IORING_OP_URING_CMD, sqe, rings[i].fd, NULL, 0,
				 0);
		sqe->cmd_op = FRAKTOR_URING_CMD_WAIT;
	}
	io_uring_submit(&uring);
	t_child_ready(child);
	pause();
	return 0;
}

TEST_F(lifecycle, kill_9_of_a_process_that_holds_everything)
{
	struct t_child child;
	unsigned int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, t_child(&child, holds_everything, NULL));
		ASSERT_EQ(0, t_child_await(&child, 5000));
		usleep(i * 3000);
		EXPECT_LE(0, t_child_kill(&child));
		EXPECT_EQ(0, t_refcnt_back(self->refcnt + 1, T_KILL_MS));
	}
}

static int holds_many_files(struct t_child *child, void *arg)
{
	unsigned int i;

	(void)arg;
	if (t_nofile_max(512))
		return 1;
	for (i = 0; i < 256; i++)
		if (t_open(O_RDWR) < 0)
			return 2;
	t_child_ready(child);
	pause();
	return 0;
}

TEST_F(lifecycle, kill_9_of_a_process_with_256_files)
{
	struct t_child child;
	int took;

	ASSERT_EQ(0, t_child(&child, holds_many_files, NULL));
	ASSERT_EQ(0, t_child_await(&child, 5000));
	took = t_child_kill(&child);
	EXPECT_LE(0, took) TH_LOG("not gone within a second");
	EXPECT_EQ(0, t_refcnt_back(self->refcnt + 1, 10000));
	waitpid(child.pid, NULL, 0);
}

/* What an executed copy of this program does: use a descriptor it inherited. */
static void __attribute__((constructor)) info_if_executed(int argc, char **argv)
{
	struct fraktor_info info;

	if (argc == 3 && !strcmp(argv[1], "--info"))
		_exit(-t_info(atoi(argv[2]), &info));
}

TEST_HARNESS_MAIN

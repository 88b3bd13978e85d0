// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers of lib.h, but for those in machine.c.  Everything here is
 * written against the words of the uapi headers, as an outsider would: it is
 * the second reader of the ring besides libfraktor's, and must not share code
 * with it.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- time */

uint64_t t_now_on(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * T_S + ts.tv_nsec;
}

uint64_t t_now(void)
{
	return t_now_on(CLOCK_MONOTONIC);
}

void t_sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * T_MS };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

#define SLACK	5

static unsigned int slack(void)
{
	const char *value = getenv("T_SLACK");
	int factor = value ? atoi(value) : 0;

	return factor > 0 ? factor : SLACK;
}

unsigned int t_bound_ms(unsigned int ms)
{
	return ms * slack();
}

bool t_is_exact(void)
{
	return getenv("T_ICOUNT");
}

unsigned int t_patience_ms(unsigned int ms)
{
	return slack() > SLACK ? ms * slack() / SLACK : ms;
}

unsigned int t_ms_since(uint64_t start_ns)
{
	return (t_now() - start_ns) / T_MS;
}

/* --- the device */

int t_open(int flags)
{
	int fd = open(T_DEVICE, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int t_ioctl(int fd, unsigned long cmd, void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int t_info(int fd, struct fraktor_info *ret_info)
{
	memset(ret_info, 0, sizeof(*ret_info));
	return t_ioctl(fd, FRAKTOR_IOC_INFO, ret_info);
}

void t_create_init(struct fraktor_create *create, uint64_t period_ns,
		   unsigned int slots)
{
	memset(create, 0, sizeof(*create));
	create->period_ns = period_ns;
	create->clockid = CLOCK_MONOTONIC;
	create->cpu = FRAKTOR_CPU_CURRENT;
	create->missed = FRAKTOR_MISSED_DELAY;
	create->slots = slots;
}

int t_create(int fd, uint64_t period_ns, unsigned int slots)
{
	struct fraktor_create create;

	t_create_init(&create, period_ns, slots);
	return t_ioctl(fd, FRAKTOR_IOC_CREATE, &create);
}

int t_attach(int fd, unsigned int source, unsigned int slots)
{
	struct fraktor_attach attach = { .source = source, .slots = slots };

	return t_ioctl(fd, FRAKTOR_IOC_ATTACH, &attach);
}

int t_detach(int fd, unsigned int source)
{
	struct fraktor_detach detach = { .source = source };

	return t_ioctl(fd, FRAKTOR_IOC_DETACH, &detach);
}

int t_set(int fd, const struct fraktor_set *set)
{
	struct fraktor_set copy = *set;

	return t_ioctl(fd, FRAKTOR_IOC_SET, &copy);
}

int t_set_period(int fd, uint64_t period_ns)
{
	struct fraktor_set set = {
		.what = FRAKTOR_SET_PERIOD,
		.period_ns = period_ns,
	};

	return t_set(fd, &set);
}

int t_idle(int fd, uint64_t until_ns)
{
	struct fraktor_idle idle = { .until_ns = until_ns };

	return t_ioctl(fd, FRAKTOR_IOC_IDLE, &idle);
}

int t_start(int fd)
{
	return t_ioctl(fd, FRAKTOR_IOC_START, NULL);
}

int t_stop(int fd)
{
	return t_ioctl(fd, FRAKTOR_IOC_STOP, NULL);
}

int t_close(int *fd)
{
	int ret = 0;

	if (*fd >= 0)
		ret = close(*fd) ? -errno : 0;
	*fd = -1;
	return ret;
}

/* --- a ring, mapped */

static int t_map(int fd, size_t len, int prot, unsigned long offset, void *ret)
{
	void *p = mmap(NULL, len, prot, MAP_SHARED, fd, offset);

	if (p == MAP_FAILED)
		return -errno;
	*(void **)ret = p;
	return 0;
}

int t_ring_map(struct t_ring *ring)
{
	int ret;

	ring->meta_len = sysconf(_SC_PAGESIZE);
	ret = t_map(ring->fd, ring->meta_len, PROT_READ, FRAKTOR_MMAP_META,
		    &ring->meta);
	if (ret)
		return ret;
	ring->consumer_len = ring->meta->consumer_len;
	ring->data_len = ring->meta->data_len;
	ring->slots = ring->meta->slots;
	ring->record_size = ring->meta->record_size;
	ret = t_map(ring->fd, ring->consumer_len, PROT_READ | PROT_WRITE,
		    FRAKTOR_MMAP_CONSUMER, &ring->consumer);
	if (!ret)
		ret = t_map(ring->fd, ring->data_len, PROT_READ,
			    FRAKTOR_MMAP_DATA, &ring->data);
	if (ret)
		t_ring_unmap(ring);
	return ret;
}

void t_ring_unmap(struct t_ring *ring)
{
	if (ring->meta)
		munmap(ring->meta, ring->meta_len);
	if (ring->consumer)
		munmap(ring->consumer, ring->consumer_len);
	if (ring->data)
		munmap(ring->data, ring->data_len);
	ring->meta = NULL;
	ring->consumer = NULL;
	ring->data = NULL;
}

static int t_ring_open(struct t_ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->fd = t_open(O_RDWR);
	return ring->fd < 0 ? ring->fd : 0;
}

static int t_ring_ready(struct t_ring *ring, int ret)
{
	struct fraktor_info info;

	if (!ret)
		ret = t_info(ring->fd, &info);
	if (!ret) {
		ring->source = info.source;
		ring->period_ns = info.period_ns;
		ret = t_ring_map(ring);
	}
	if (ret)
		t_ring_close(ring);
	return ret;
}

int t_ring_create(struct t_ring *ring, uint64_t period_ns, unsigned int slots)
{
	int ret = t_ring_open(ring);

	return ret ? ret :
	       t_ring_ready(ring, t_create(ring->fd, period_ns, slots));
}

int t_ring_make(struct t_ring *ring, struct fraktor_create *create)
{
	int ret = t_ring_open(ring);

	return ret ? ret :
	       t_ring_ready(ring, t_ioctl(ring->fd, FRAKTOR_IOC_CREATE,
					  create));
}

int t_ring_attach(struct t_ring *ring, unsigned int source, unsigned int slots)
{
	int ret = t_ring_open(ring);

	return ret ? ret :
	       t_ring_ready(ring, t_attach(ring->fd, source, slots));
}

void t_ring_close(struct t_ring *ring)
{
	t_ring_unmap(ring);
	t_close(&ring->fd);
}

uint64_t t_head(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->meta->head, __ATOMIC_ACQUIRE);
}

uint64_t t_tail(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->consumer->tail, __ATOMIC_ACQUIRE);
}

uint64_t t_dropped(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->meta->dropped_total, __ATOMIC_ACQUIRE);
}

uint64_t t_missed(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->meta->missed_total, __ATOMIC_ACQUIRE);
}

uint64_t t_poisoned(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->meta->poisoned_total, __ATOMIC_ACQUIRE);
}

unsigned int t_state(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->meta->state, __ATOMIC_ACQUIRE);
}

unsigned int t_reason(const struct t_ring *ring)
{
	return __atomic_load_n(&ring->meta->reason, __ATOMIC_ACQUIRE);
}

int t_member(const struct t_ring *ring, unsigned int source,
	     struct fraktor_member *ret_member)
{
	const struct fraktor_member *members = ring->meta->members;
	unsigned int i;

	for (i = 0; i < FRAKTOR_MEMBERS_MAX; i++) {
		if (__atomic_load_n(&members[i].source, __ATOMIC_ACQUIRE) !=
		    source)
			continue;
		memcpy(ret_member, &members[i], sizeof(*ret_member));
		return 0;
	}
	return -ENOENT;
}

int t_clock(const struct t_ring *ring, struct fraktor_clock *ret_clock)
{
	const struct fraktor_clock *clock = &ring->meta->clock;
	uint64_t start = t_now();
	uint32_t seq;

	do {
		seq = __atomic_load_n(&clock->seq, __ATOMIC_ACQUIRE);
		memcpy(ret_clock, clock, sizeof(*ret_clock));
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(seq & 1) &&
		    __atomic_load_n(&clock->seq, __ATOMIC_RELAXED) == seq)
			return 0;
	} while (t_ms_since(start) < t_bound_ms(1000));
	return -ETIME;
}

void t_peek(const struct t_ring *ring, uint64_t seq,
	    struct fraktor_tick *ret_tick)
{
	size_t at = (seq & (ring->slots - 1)) * ring->record_size;
	const uint64_t *slot = (const uint64_t *)(ring->data + at);
	uint64_t copy[sizeof(*ret_tick) / sizeof(uint64_t)];
	unsigned int i;

	/* seq first, with acquire: the kernel writes it last. */
	for (i = 0; i < sizeof(copy) / sizeof(copy[0]); i++)
		copy[i] = __atomic_load_n(&slot[i], __ATOMIC_ACQUIRE);
	memcpy(ret_tick, copy, sizeof(*ret_tick));
}

int t_take(struct t_ring *ring, struct fraktor_tick *ret_tick)
{
	for (;;) {
		uint64_t tail = t_tail(ring), next = tail + 1;

		if (tail == t_head(ring))
			return 0;
		t_peek(ring, next, ret_tick);
		/*
		 * Pairs with the kernel's compare-and-exchange before it
		 * overwrites a slot: who wins owns the record, so a reader
		 * that wins has a whole copy of the right one.
		 */
		if (!__atomic_compare_exchange_n(&ring->consumer->tail, &tail,
						 next, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE))
			continue;
		if (ret_tick->seq != next || next <= ring->last_seq)
			return -EILSEQ;
		ring->gaps += next - ring->last_seq - 1;
		ring->last_seq = next;
		ring->consumed++;
		return 1;
	}
}

int t_drain(struct t_ring *ring)
{
	struct fraktor_tick tick;
	int ret, n = 0;

	while ((ret = t_take(ring, &tick)) > 0)
		n++;
	return ret < 0 ? ret : n;
}

int t_until_head(const struct t_ring *ring, uint64_t seq, unsigned int ms)
{
	uint64_t start = t_now();

	while (t_head(ring) < seq) {
		if (t_ms_since(start) > ms)
			return -ETIME;
		usleep(500);
	}
	return 0;
}

int t_until_state(const struct t_ring *ring, unsigned int state,
		  unsigned int ms)
{
	uint64_t start = t_now();

	while (t_state(ring) != state) {
		if (t_ms_since(start) > ms)
			return -ETIME;
		usleep(500);
	}
	return 0;
}

uint64_t t_tick_end(const struct fraktor_tick *tick, uint64_t period_ns)
{
	return tick->deadline_ns + (tick->periods - 1) * period_ns;
}

const char *t_grid_check(struct t_grid *grid, const struct fraktor_tick *tick)
{
	struct fraktor_tick last = grid->last;
	bool first = !grid->records;
	uint64_t late = tick->fired_ns - tick->deadline_ns;
	uint64_t late_ns = grid->late_ns ? grid->late_ns : grid->period_ns;
	unsigned int known = FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED |
			     FRAKTOR_TICK_F_LATE | FRAKTOR_TICK_F_MOVED;

	grid->last = *tick;
	grid->records++;
	grid->periods += tick->periods;
	grid->missed += tick->periods - 1;
	if (tick->fired_ns < tick->deadline_ns)
		return "early: fired before its deadline";
	if (!tick->periods)
		return "a record that stands for no period";
	if (!!(tick->flags & FRAKTOR_TICK_F_MISSED) != (tick->periods > 1))
		return "FRAKTOR_TICK_F_MISSED does not follow periods";
	if (tick->flags & FRAKTOR_TICK_F_WIDENED)
		return "widened: the module found its CPU overloaded";
	if (!!(tick->flags & FRAKTOR_TICK_F_LATE) != (late >= late_ns))
		return "FRAKTOR_TICK_F_LATE does not follow the lateness";
	if (tick->flags & ~known)
		return "an unexpected flag";
	/* What it stands for is exactly what had become due when it fired. */
	if (late / grid->period_ns != tick->periods - 1)
		return "periods do not match the lateness";
	if (first)
		return NULL;
	if (grid->fused ? tick->seq <= last.seq : tick->seq != last.seq + 1)
		return "a gap in seq";
	if (tick->flags & FRAKTOR_TICK_F_FIRST)
		return "FRAKTOR_TICK_F_FIRST in the middle";
	if (tick->deadline_ns != last.deadline_ns +
				 last.periods * grid->period_ns)
		return "the deadline left the grid";
	if (tick->fired_ns <= last.fired_ns)
		return "fired_ns does not grow";
	if (tick->source != last.source)
		return "the source changed";
	return NULL;
}

/* --- something else, a little later */

static void *t_later_thread(void *arg)
{
	struct t_later *later = arg;

	t_sleep_ms(later->after_ms);
	__atomic_store_n(&later->at_ns, t_now(), __ATOMIC_RELEASE);
	later->ret = later->fn(later->fd);
	return NULL;
}

int t_later(struct t_later *later, int fd, unsigned int after_ms,
	    int (*fn)(int fd))
{
	memset(later, 0, sizeof(*later));
	later->fd = fd;
	later->after_ms = after_ms;
	later->fn = fn;
	return -pthread_create(&later->thread, NULL, t_later_thread, later);
}

void t_later_join(struct t_later *later)
{
	pthread_join(later->thread, NULL);
}

/* --- children */

int t_child(struct t_child *child, int (*fn)(struct t_child *child, void *arg),
	    void *arg)
{
	if (pipe2(child->ready, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0)
		return -errno;
	if (!child->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(child->ready[0]);
		_exit(fn(child, arg));
	}
	close(child->ready[1]);
	return 0;
}

void t_child_ready(struct t_child *child)
{
	if (write(child->ready[1], "r", 1) != 1)
		_exit(120);
}

int t_child_await(struct t_child *child, unsigned int ms)
{
	struct pollfd p = { .fd = child->ready[0], .events = POLLIN };
	char byte;

	if (poll(&p, 1, ms) != 1)
		return -ETIME;
	return read(child->ready[0], &byte, 1) == 1 ? 0 : -EPIPE;
}

int t_child_reap(struct t_child *child, unsigned int ms, int *ret_status)
{
	uint64_t start = t_now();
	int status;

	for (;;) {
		pid_t pid = waitpid(child->pid, &status, WNOHANG);

		if (pid == child->pid)
			break;
		if (pid < 0)
			return -errno;
		if (t_ms_since(start) > ms)
			return -ETIME;
		usleep(1000);
	}
	close(child->ready[0]);
	if (ret_status)
		*ret_status = status;
	return t_ms_since(start);
}

int t_child_kill(struct t_child *child)
{
	if (kill(child->pid, SIGKILL))
		return -errno;
	return t_child_reap(child, T_KILL_MS, NULL);
}

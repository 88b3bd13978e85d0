// SPDX-License-Identifier: GPL-2.0-only
/*
 * The helpers of lib.h.  Everything here is written against the words of the
 * uapi headers, as an outsider would: it is the second reader of the ring
 * besides libfraktor's, and must not share code with it.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

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

unsigned int t_bound_ms(unsigned int ms)
{
	const char *slack = getenv("T_SLACK");
	int factor = slack ? atoi(slack) : 0;

	return ms * (factor > 0 ? factor : 5);
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

const char *t_grid_check(struct t_grid *grid, const struct fraktor_tick *tick)
{
	struct fraktor_tick last = grid->last;
	bool first = !grid->records;
	uint64_t late = tick->fired_ns - tick->deadline_ns;

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
	if (tick->flags & ~(FRAKTOR_TICK_F_FIRST | FRAKTOR_TICK_F_MISSED))
		return "an unknown flag";
	/* What it stands for is exactly what had become due when it fired. */
	if (late / grid->period_ns != tick->periods - 1)
		return "periods do not match the lateness";
	if (first)
		return NULL;
	if (tick->seq != last.seq + 1)
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

/* --- the machine */

static int t_read_int(const char *path)
{
	FILE *f = fopen(path, "re");
	int value;

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &value) != 1)
		value = -EIO;
	fclose(f);
	return value;
}

int t_refcnt(void)
{
	return t_read_int("/sys/module/fraktor/refcnt");
}

int t_refcnt_back(int base, unsigned int ms)
{
	uint64_t start = t_now();

	for (;;) {
		int refcnt = t_refcnt();

		if (refcnt <= base)
			return 0;
		if (t_ms_since(start) > ms)
			return refcnt;
		usleep(2000);
	}
}

int t_refcnt_settle(void)
{
	t_refcnt_back(0, 1000);
	return t_refcnt();
}

int t_cap_drop(unsigned int cap)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[cap / 32].effective &= ~(1U << (cap % 32));
	data[cap / 32].permitted &= ~(1U << (cap % 32));
	data[cap / 32].inheritable &= ~(1U << (cap % 32));
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

int t_nofile_max(unsigned int wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

static void t_cpu_path(char *path, size_t len, unsigned int cpu)
{
	snprintf(path, len, "/sys/devices/system/cpu/cpu%u/online", cpu);
}

int t_cpu_online(unsigned int cpu)
{
	char path[64];

	t_cpu_path(path, sizeof(path), cpu);
	return t_read_int(path);
}

int t_cpu_set_online(unsigned int cpu, bool online)
{
	char path[64];
	int fd, ret = 0;

	t_cpu_path(path, sizeof(path), cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, online ? "1" : "0", 1) != 1)
		ret = -errno;
	close(fd);
	return ret;
}

int t_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

bool t_kernel_is_rt(void)
{
	return t_read_int("/sys/kernel/realtime") == 1;
}

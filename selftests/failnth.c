// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation, and every copy from and to user space, fails in turn on
 * each path into the module: the call fails with a clean errno or does without
 * it, the next call works, and nothing is left behind.  What leaks all the
 * same is for kmemleak to find afterwards.  For debug kernels: it needs
 * /proc/self/fail-nth.
 */
#include "lib.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "kselftest_harness.h"
#include "module.h"
#include "nl.h"
#include "uring_cmd.h"

#define PERIOD		(5 * T_MS)
#define SLOTS		64
#define TELL_MS		10000
#define NEEDS		"needs a kernel with FAULT_INJECTION (scripts/vm --debug-kernel)"
/* More allocations than any path has. */
#define NTH_MAX		2000

/* --- making calls fail */

static const char * const settings[] = {
	"failslab/ignore-gfp-wait", "fail_page_alloc/ignore-gfp-wait",
	"fail_page_alloc/ignore-gfp-highmem",
};

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

/* Let it hit every kind of allocation, and not fill the log with traces. */
static int allow_failures(void)
{
	static const char * const quiet[] = {
		"failslab", "fail_page_alloc", "fail_usercopy",
	};
	char path[96];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(settings) && !ret; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s",
			 settings[i]);
		ret = put_text(path, "N");
	}
	if (!ret)
		ret = put_text("/sys/kernel/debug/fail_page_alloc/min-order",
			       "0");
	for (i = 0; i < ARRAY_SIZE(quiet) && !ret; i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/verbose",
			 quiet[i]);
		/* Kernels without the last one exist. */
		if (put_text(path, "0") && i < 2)
			ret = -ENOENT;
	}
	return ret;
}

static int open_nth(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

static int nth_fd = -1;

/* The @nth allocation of this thread from now on fails. */
static void arm(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth), tries;

	/* What is still armed may hit this call itself, once. */
	for (tries = 0; tries < 3; tries++)
		if (pwrite(nth_fd, text, len, 0) == len)
			return;
	abort();
}

/* Whether it has failed by now; none will any more. */
static bool disarm(unsigned int *ret_left)
{
	char text[16] = "";
	/* The copy that tells us counts, and may be the one that fails. */
	bool failed = pread(nth_fd, text, sizeof(text) - 1, 0) > 0 &&
		      !strtoul(text, NULL, 10);

	if (ret_left)
		*ret_left = strtoul(text, NULL, 10);
	arm(0);
	return failed;
}

/* --- the paths */

struct world {
	struct t_ring line;		/* one that runs, of another file */
	struct nl listener;		/* or events would not be made */
	struct t_ring ring;		/* what the path is about */
	struct nl nl;
	struct io_uring uring;
	int ep;
};

struct path {
	int (*prepare)(struct world *w);
	int (*act)(struct world *w);
};

static int nothing(struct world *w)
{
	return 0;
}

static int open_(struct world *w)
{
	w->ring.fd = t_open(O_RDWR);
	return w->ring.fd < 0 ? w->ring.fd : 0;
}

static int create(struct world *w)
{
	return t_create(w->ring.fd, PERIOD, SLOTS);
}

static int attach(struct world *w)
{
	return t_attach(w->ring.fd, w->line.source, SLOTS);
}

static int opened_and_created(struct world *w)
{
	int ret = open_(w);

	return ret ? ret : create(w);
}

static int detach(struct world *w)
{
	return t_detach(w->ring.fd, w->line.source);
}

static int opened_and_attached(struct world *w)
{
	int ret = open_(w);

	return ret ? ret : attach(w);
}

static int attach_second(struct world *w)
{
	return t_attach(w->ring.fd, w->line.source, 0);
}

static int map(struct world *w)
{
	return t_ring_map(&w->ring);
}

static int start(struct world *w)
{
	return t_start(w->ring.fd);
}

static int started(struct world *w)
{
	int ret = opened_and_created(w);

	if (!ret)
		ret = map(w);
	return ret ? ret : start(w);
}

static int stop(struct world *w)
{
	return t_stop(w->ring.fd);
}

static int set(struct world *w)
{
	return t_set_period(w->ring.fd, 2 * PERIOD);
}

static int info(struct world *w)
{
	struct fraktor_info info;

	return t_info(w->ring.fd, &info);
}

static int with_record(struct world *w)
{
	int ret = started(w);

	return ret ? ret : t_until_head(&w->ring, 1, TELL_MS);
}

static int read_(struct world *w)
{
	struct fraktor_tick tick;
	ssize_t n = read(w->ring.fd, &tick, sizeof(tick));

	return n == sizeof(tick) ? 0 : n < 0 ? -errno : -EIO;
}

static int poll_(struct world *w)
{
	struct pollfd p = { .fd = w->ring.fd, .events = POLLIN };
	int n = poll(&p, 1, TELL_MS);

	return n == 1 ? 0 : n < 0 ? -errno : -ETIME;
}

static int with_epoll(struct world *w)
{
	w->ep = epoll_create1(EPOLL_CLOEXEC);
	return w->ep < 0 ? -errno : started(w);
}

static int epoll_add(struct world *w)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(w->ep, EPOLL_CTL_ADD, w->ring.fd, &event) ? -errno : 0;
}

static int with_uring(struct world *w)
{
	int ret = started(w);

	return ret ? ret : uring_init(&w->uring, 0);
}

static int uring_wait(struct world *w)
{
	int ret = wait_on(&w->uring, w->ring.fd, t_head(&w->ring), TELL_MS);

	return ret > 0 ? 0 : ret ? ret : -ETIME;
}

static int with_netlink(struct world *w)
{
	int ret = started(w);

	return ret ? ret : nl_listen(&w->nl, NULL);
}

static int netlink_get(struct world *w)
{
	struct source source;

	return get_by_id(&w->nl, w->line.source, &source);
}

static int netlink_dump(struct world *w)
{
	struct source source = { 0 };
	struct request req;

	get_init(&w->nl, &req, NLM_F_DUMP);
	return ask(&w->nl, &req, on_source, &source);
}

static int netlink_set(struct world *w)
{
	struct request req;

	set_init(&w->nl, &req, w->line.source);
	put_u32(&req, FRAKTOR_A_SOURCE_STALL_PERIODS, 1000);
	return ask(&w->nl, &req, NULL, NULL);
}

/* On a line of its own: the other one keeps running. */
static int with_netlink_running(struct world *w)
{
	struct fraktor_info info;
	int ret = with_netlink(w);

	if (!ret)
		ret = t_info(w->ring.fd, &info);
	if (!ret)
		w->ring.source = info.source;
	return ret;
}

static int with_netlink_stopped(struct world *w)
{
	int ret = with_netlink_running(w);

	return ret ? ret : t_stop(w->ring.fd);
}

static int netlink_start(struct world *w)
{
	return nl_control(&w->nl, FRAKTOR_CMD_SOURCE_START, w->ring.source);
}

static int netlink_stop(struct world *w)
{
	return nl_control(&w->nl, FRAKTOR_CMD_SOURCE_STOP, w->ring.source);
}

static int netlink_readers(struct world *w)
{
	struct reader reader;

	return reader_of(&w->nl, w->line.source, &reader);
}

static int netlink_join(struct world *w)
{
	return nl_join(&w->nl, w->nl.metrics);
}

static int close_(struct world *w)
{
	return t_close(&w->ring.fd);
}

/* --- the harness: one path a variant */

FIXTURE(failnth) {
	struct world w;
	int refcnt;
};

FIXTURE_VARIANT(failnth) {
	struct path path;
};

#define PATH(name, prepare_, act_)				\
	FIXTURE_VARIANT_ADD(failnth, name) {			\
		.path = { .prepare = prepare_, .act = act_ },	\
	}

PATH(open, nothing, open_);
PATH(create, open_, create);
PATH(attach, open_, attach);
PATH(attach_second, opened_and_created, attach_second);
PATH(detach, opened_and_attached, detach);
PATH(mmap, opened_and_created, map);
PATH(start, opened_and_created, start);
PATH(stop, started, stop);
PATH(set, started, set);
PATH(info, started, info);
PATH(read, with_record, read_);
PATH(poll, started, poll_);
PATH(epoll, with_epoll, epoll_add);
PATH(uring, with_uring, uring_wait);
PATH(netlink_get, with_netlink, netlink_get);
PATH(netlink_dump, with_netlink, netlink_dump);
PATH(netlink_set, with_netlink, netlink_set);
PATH(netlink_start, with_netlink_stopped, netlink_start);
PATH(netlink_stop, with_netlink_running, netlink_stop);
PATH(netlink_readers, with_netlink, netlink_readers);
PATH(netlink_join, with_netlink, netlink_join);
PATH(close, started, close_);

static void clean_up(struct world *w)
{
	if (w->uring.ring_fd > 0)
		io_uring_queue_exit(&w->uring);
	memset(&w->uring, 0, sizeof(w->uring));
	t_ring_close(&w->ring);
	t_close(&w->ep);
	t_close(&w->nl.fd);
}

/* Rings for two files, and not a page more: whatever is not given back shows. */
static int limit_memory(void)
{
	struct rlimit limit;
	struct t_ring ring;
	int ret = t_ring_create(&ring, PERIOD, SLOTS);

	if (ret)
		return ret;
	limit.rlim_cur = 2 * (ring.meta_len + ring.consumer_len +
			      ring.data_len);
	limit.rlim_max = limit.rlim_cur;
	t_ring_close(&ring);
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

FIXTURE_SETUP(failnth)
{
	struct world *w = &self->w;

	memset(w, 0, sizeof(*w));
	w->line.fd = -1;
	w->ring.fd = -1;
	w->listener.fd = -1;
	w->nl.fd = -1;
	w->ep = -1;
	nth_fd = open_nth();
	if (nth_fd < 0)
		SKIP(return, NEEDS);
	ASSERT_EQ(0, allow_failures()) TH_LOG("no failslab, or no debugfs");
	self->refcnt = t_refcnt_settle();
	ASSERT_EQ(0, limit_memory()) TH_LOG("is the module loaded?");
	ASSERT_EQ(0, t_ring_create(&w->line, PERIOD, SLOTS));
	ASSERT_EQ(0, t_start(w->line.fd));
	ASSERT_EQ(0, nl_listen(&w->listener, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, t_cap_drop(CAP_IPC_LOCK));
}

FIXTURE_TEARDOWN(failnth)
{
	clean_up(&self->w);
	t_ring_close(&self->w.line);
	t_close(&self->w.listener.fd);
	EXPECT_EQ(0, t_refcnt_back(self->refcnt, TELL_MS));
}

/* Out of memory, in the words of the layers that say it; a bad copy. */
static bool is_clean(int ret)
{
	switch (ret) {
	case 0:
	case -ENOMEM:
	case -EFAULT:
	case -ENOBUFS:
	case -ENFILE:
	case -EAGAIN:		/* io_uring */
	case -ETIME:		/* netlink: no memory for the answer */
		return true;
	default:
		return false;
	}
}

static unsigned int sources(void)
{
	struct source source = { 0 };
	struct request req;
	struct nl nl;

	if (!nl_listen(&nl, NULL)) {
		get_init(&nl, &req, NLM_F_DUMP);
		ask(&nl, &req, on_source, &source);
	}
	t_close(&nl.fd);
	return source.n;
}

TEST_F_TIMEOUT(failnth, clean_errno_and_nothing_left, 600)
{
	const struct path *path = &variant->path;
	unsigned int nth, failures = 0;
	struct world *w = &self->w;
	bool failed = true;
	int ret;

	for (nth = 0; nth < NTH_MAX && failed; nth++) {
		ret = path->prepare(w);
		ASSERT_EQ(0, ret) TH_LOG("after failure %u", nth);
		/* The first round, without a failure, warms up. */
		if (nth)
			arm(nth);
		ret = path->act(w);
		failed = !nth || disarm(NULL);
		EXPECT_TRUE(is_clean(ret))
			TH_LOG("failure %u: %s", nth, strerror(-ret));
		if (!nth || !failed)
			EXPECT_EQ(0, ret);
		failures += nth && failed && ret;
		/* The same call again, if it failed, must now work. */
		if (ret && path->prepare != nothing && path->act != map) {
			clean_up(w);
			ASSERT_EQ(0, path->prepare(w));
			EXPECT_EQ(0, path->act(w)) TH_LOG("after failure %u",
							  nth);
		}
		clean_up(w);
		EXPECT_EQ(1, sources()) TH_LOG("after failure %u", nth);
	}
	EXPECT_FALSE(failed);
	EXPECT_EQ(FRAKTOR_STATE_RUNNING, t_state(&w->line));
	TH_LOG("%u allocations and copies, %u of them made it fail", nth - 2,
	       failures);
}

/* --- events and metrics: made by kernel threads, of which all shall fail */

/* Have the @nth allocation of each worker thread fail; 0: none any more. */
static unsigned int arm_workers(unsigned int nth)
{
	unsigned int n = 0;
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	char path[300], text[32];

	snprintf(text, sizeof(text), "%u", nth);
	while (proc && (entry = readdir(proc))) {
		char comm[16] = "";
		int fd;

		if (!isdigit(entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (read(fd, comm, sizeof(comm) - 1) > 0 &&
		    !strncmp(comm, "kworker", 7)) {
			snprintf(path, sizeof(path), "/proc/%s/fail-nth",
				 entry->d_name);
			n += !put_text(path, text);
		}
		close(fd);
	}
	if (proc)
		closedir(proc);
	return n;
}

FIXTURE(failnth_worker) {
	struct t_ring ring;
	struct nl events, metrics;
};

FIXTURE_SETUP(failnth_worker)
{
	self->ring.fd = -1;
	self->events.fd = -1;
	self->metrics.fd = -1;
	nth_fd = open_nth();
	if (nth_fd < 0)
		SKIP(return, NEEDS);
	ASSERT_EQ(0, allow_failures());
	ASSERT_EQ(0, t_ring_create(&self->ring, PERIOD, SLOTS));
	ASSERT_EQ(0, nl_listen(&self->events, FRAKTOR_GENL_MCGRP_EVENTS));
	ASSERT_EQ(0, nl_listen(&self->metrics, FRAKTOR_GENL_MCGRP_METRICS));
}

FIXTURE_TEARDOWN(failnth_worker)
{
	arm_workers(0);
	t_ring_close(&self->ring);
	t_close(&self->events.fd);
	t_close(&self->metrics.fd);
}

static bool hears_metrics(struct nl *nl)
{
	struct source source = { 0 };
	uint64_t start = t_now();

	while (!source.n && t_ms_since(start) < TELL_MS)
		nl_datagram(nl, on_source, &source);
	return source.n;
}

TEST_F_TIMEOUT(failnth_worker, events_and_metrics_come_again, 300)
{
	struct events events = { .wanted = self->ring.source };
	unsigned int nth, i, n = 0, armed = 0, lost = 0;

	ASSERT_EQ(0, t_start(self->ring.fd));
	for (nth = 1; nth <= 6; nth++) {
		/* The tick itself has this one made: a change is in effect. */
		for (i = 0; i < 2; i++) {
			armed += arm_workers(nth);
			EXPECT_EQ(0, t_set_period(self->ring.fd,
						  PERIOD + n++ % 2 * T_MS));
			if (!next_event(&self->events, &events,
					FRAKTOR_EVENT_CHANGED, 500))
				lost++;
		}
		/* Metrics are due once a second. */
		arm_workers(nth);
		t_sleep_ms(1100);
		arm_workers(0);
		EXPECT_EQ(0, t_set_period(self->ring.fd,
					  PERIOD + n++ % 2 * T_MS));
		EXPECT_NE(NULL, next_event(&self->events, &events,
					   FRAKTOR_EVENT_CHANGED, TELL_MS));
		EXPECT_TRUE(hears_metrics(&self->metrics));
	}
	EXPECT_LT(0, lost);
	EXPECT_LT(0, armed);
	TH_LOG("%u events were lost for want of memory", lost);
}

/* --- loading: what the module's own part of it takes back */

#define LAST	60

FIXTURE(failnth_load) {
};

FIXTURE_SETUP(failnth_load)
{
	nth_fd = open_nth();
	if (nth_fd < 0)
		SKIP(return, NEEDS);
	ASSERT_EQ(0, allow_failures());
	t_refcnt_settle();
	ASSERT_EQ(0, t_rmmod("fraktor"));
}

FIXTURE_TEARDOWN(failnth_load)
{
	if (access(T_DEVICE, F_OK))
		EXPECT_EQ(0, t_insmod("fraktor", ""));
}

TEST_F_TIMEOUT(failnth_load, unwinds_from_every_step, 600)
{
	unsigned int total, nth, left, failures = 0;
	int ret;

	/* How many there are; the last ones are the module's. */
	arm(1000000);
	ret = t_insmod("fraktor", "");
	disarm(&left);
	ASSERT_EQ(0, ret);
	total = 1000000 - left;
	ASSERT_EQ(0, t_rmmod("fraktor"));
	for (nth = total > LAST ? total - LAST : 1; nth <= total; nth++) {
		arm(nth);
		ret = t_insmod("fraktor", "");
		disarm(NULL);
		EXPECT_TRUE(is_clean(ret) || ret == -EINVAL)
			TH_LOG("failure %u: %s", nth, strerror(-ret));
		failures += ret < 0;
		if (ret) {
			EXPECT_NE(0, access(T_DEVICE, F_OK));
		} else {
			ASSERT_EQ(0, t_rmmod("fraktor"));
		}
	}
	EXPECT_EQ(0, t_insmod("fraktor", ""));
	EXPECT_LT(0, failures);
	TH_LOG("%u allocations and copies, %u of the last %u made it fail",
	       total, failures, LAST);
}

TEST_HARNESS_MAIN

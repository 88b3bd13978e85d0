/* SPDX-License-Identifier: MIT */
/*
 * probe.c - a process that counts when nobody else wants the CPU, and the
 * kernel's own count of wake-ups.
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "probe.h"

/*
 * How long nothing ticks while the counting process is measured: long, since what
 * the kernel does four times a second is in it, or is not.
 */
#define BASELINE_NS 1000000000U

/* Before that: twice in a row the same, or something is still busy after a boot. */
#define SETTLE_NS 50000000U
#define SETTLE_TRIES 100
#define SETTLE_SPREAD 0.002

/* One count: instructions that do nothing are emulated fast. */
#define IDLE_WORK __asm__ volatile(".rept 100\n\tnop\n\t.endr")

static struct {
	volatile uint64_t *counter;
	pid_t pid;
	double ns_per_count;
} probe;

static void count(void)
{
	struct sched_param param = { 0 };

	sched_setscheduler(0, SCHED_IDLE, &param);
	for (;; (*probe.counter)++)
		IDLE_WORK;
}

static void rest(uint64_t ns)
{
	struct timespec time = frki_clock_timespec(ns);

	clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

/* How long one count takes; 0 if there was none. */
static double baseline(uint64_t ns)
{
	struct probe_mark from, to;

	probe_get(&from);
	rest(ns);
	probe_get(&to);
	if (to.progress == from.progress)
		return 0;
	return (double)(to.now_ns - from.now_ns) / (double)(to.progress - from.progress);
}

static bool settle(void)
{
	double before, now = 0;
	unsigned int i;

	for (i = 0; i < SETTLE_TRIES; i++) {
		before = now;
		now = baseline(SETTLE_NS);
		if (before > 0 && now > 0 && fabs(now / before - 1) < SETTLE_SPREAD)
			return true;
	}
	return false;
}

int probe_start(void)
{
	probe.counter = mmap(NULL, sizeof(*probe.counter), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (probe.counter == MAP_FAILED)
		return -errno;
	probe.pid = fork();
	if (probe.pid < 0)
		return -errno;
	if (!probe.pid)
		count();
	if (!settle()) {
		probe_stop();
		return -ETIME;
	}
	/* It is the same loop each time. */
	if (probe.ns_per_count <= 0)
		probe.ns_per_count = baseline(BASELINE_NS);
	return 0;
}

void probe_stop(void)
{
	if (probe.pid <= 0)
		return;
	kill(probe.pid, SIGKILL);
	waitpid(probe.pid, NULL, 0);
	probe.pid = 0;
	munmap((void *)probe.counter, sizeof(*probe.counter));
	probe.counter = NULL;
}

/* The fifth number behind the name of a CPU: how often it woke a thread up. */
static uint64_t wakeups(void)
{
	unsigned long long n, sum = 0;
	char line[1024];
	FILE *file = fopen("/proc/schedstat", "r");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "cpu%*u %*u %*u %*u %*u %llu", &n) == 1)
			sum += n;
	fclose(file);
	return sum;
}

void probe_get(struct probe_mark *ret_mark)
{
	ret_mark->wakeups = probe.counter ? 0 : wakeups();
	ret_mark->progress = probe.counter ? *probe.counter : 0;
	ret_mark->now_ns = bench_now_ns();
}

double probe_lost_ns(const struct probe_mark *from, const struct probe_mark *to)
{
	return (double)(to->now_ns - from->now_ns) -
	       (double)(to->progress - from->progress) * probe.ns_per_count;
}

bool probe_count_wakeups(bool on)
{
	FILE *file = fopen("/proc/sys/kernel/sched_schedstats", "w");

	if (!file)
		return false;
	fputs(on ? "1\n" : "0\n", file);
	return !fclose(file);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children that go on where their parent was and end in every way: by
 * themselves, by exec, by SIGKILL; signals; limits.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib.h"
#include "ops.h"

/* A killed process is gone by then, on the slowest machine. */
#define KILL_BOUND_MS	30000

enum ending { ENDING_EXIT, ENDING_EXEC, ENDING_KILL, ENDING_STAY };

/* Waits end by a child's signal or the pokes that every seat gets. */
static bool process_gone(pid_t pid, unsigned int ms)
{
	uint64_t start = t_now();

	do {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		usleep(500);
	} while (t_ms_since(start) < ms);
	return false;
}

static int process_reap(struct worker *w, pid_t pid, unsigned int ms)
{
	uint64_t start;

	if (process_gone(pid, ms))
		return 0;
	kill(pid, SIGKILL);
	start = t_now();
	if (!process_gone(pid, KILL_BOUND_MS)) {
		fault(w, "process %d is still there %u s after SIGKILL", pid,
		      KILL_BOUND_MS / 1000);
		return -ETIME;
	}
	say(w, "%d killed in %u ms", pid, t_ms_since(start));
	return 1;
}

static void process_end(enum ending ending)
{
	static char *const argv[] = { (char *)"fuzz", (char *)"--nothing", NULL };
	static char *const envp[] = { NULL };

	if (ending == ENDING_EXEC)
		execve("/proc/self/exe", argv, envp);
	if (ending == ENDING_KILL)
		kill(getpid(), SIGKILL);
	if (ending == ENDING_STAY)
		for (;;)
			pause();
	_exit(0);
}

static void process_child(struct worker *w, unsigned int ops,
			  enum ending ending, unsigned int namespaces)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The sweep of a full run must end it too. */
	alarm(60);
	if (namespaces)
		unshare(namespaces);
	worker_run_child(w, ops);
	process_end(ending);
}

int process_fork(struct worker *w)
{
	static const unsigned int namespaces[] = {
		0, 0, 0, 0, CLONE_NEWNET, CLONE_NEWNS, CLONE_FS, CLONE_NEWUSER,
	};
	unsigned int ops = rnd_below(&w->rnd, 24);
	enum ending ending = rnd_below(&w->rnd, 4);
	unsigned int spaces = rnd_of(&w->rnd, namespaces);
	unsigned int patience = 5 + rnd_below(&w->rnd, 100);
	pid_t pid;

	if (w->child)
		return IDLE;
	say(w, "%u operations, ending %u, namespaces %#x", ops, ending, spaces);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		process_child(w, ops, ending, spaces);
	return process_reap(w, pid, patience);
}

/* A source, a pending wait in a ring of its own, and then exec or the end. */
static void process_pending(unsigned int setup, enum ending ending)
{
	struct uring ring;
	int fd = t_open(O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || t_create(fd, T_S, 16) || t_start(fd))
		_exit(1);
	if (!uring_open(&ring, setup)) {
		struct io_uring_sqe *sqe = uring_next(&ring);

		uring_prep_cmd(sqe, fd, FRAKTOR_URING_CMD_WAIT, 0, 0);
		uring_enter(&ring, 0, 0);
	}
	process_end(ending);
}

int process_exec(struct worker *w)
{
	static const unsigned int setups[] = {
		0, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_SQPOLL,
		IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	};
	unsigned int setup = rnd_of(&w->rnd, setups);
	enum ending ending = rnd_one_in(&w->rnd, 2) ? ENDING_EXEC :
						      rnd_below(&w->rnd, 4);
	pid_t pid;
	int ret;

	if (w->child)
		return IDLE;
	say(w, "ring flags %#x, ending %u", setup, ending);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		process_pending(setup, ending);
	ret = process_reap(w, pid, ending == ENDING_STAY ? 20 : KILL_BOUND_MS);
	if (ret > 0 && ending != ENDING_STAY)
		fault(w, "a process with a pending wait did not end for %u s",
		      KILL_BOUND_MS / 1000);
	return ret;
}

/* A thread of the fuzzer loses what it waits for. */
int process_signal(struct worker *w)
{
	unsigned int i = rnd_below(&w->rnd, w->options->threads);
	struct board_seat *seat = &w->board->seats[i];
	pid_t tid = __atomic_load_n(&seat->tid, __ATOMIC_ACQUIRE);

	if (!tid)
		return IDLE;
	say(w, "thread %u", i);
	return syscall(SYS_tgkill, seat->pid, tid, SIGUSR1) ? -errno : 0;
}

int process_limits(struct worker *w)
{
	struct rlimit limit;

	if (rnd_one_in(&w->rnd, 2)) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(rnd_below(&w->rnd, w->board->cpus), &set);
		if (rnd_one_in(&w->rnd, 2))
			memset(&set, 0xff, sizeof(set));
		return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
	}
	if (getrlimit(RLIMIT_MEMLOCK, &limit))
		return -errno;
	limit.rlim_cur = rnd_one_in(&w->rnd, 4) ? 16384 : 8 << 20;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	say(w, "memlock %llu", (unsigned long long)limit.rlim_cur);
	return setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor touches the module itself only through the eyes of others:
 * whatever hangs, it does not.
 */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib.h"
#include "ops.h"

/* An operation that sleeps this long gets a signal, and again. */
#define POKE_MS		100
/* No operation takes that long under all these signals. */
#define HANG_MS		60000
/* After SIGKILL. */
#define KILL_MS		30000
#define CREW_MAX	BOARD_SEATS

struct crew {
	pid_t pid;		/* 0: gone, for good or to be started */
	bool done;
	enum role role;
	unsigned int numbers[2], n;
};

struct shift {
	struct board *board;
	const struct options *options;
	struct crew crews[CREW_MAX];
	unsigned int n;
	uint64_t poked_ns;
};

static enum role crew_role(unsigned int number)
{
	if (number == BOARD_MACHINE)
		return ROLE_MACHINE;
	return number % 4 == 3 ? ROLE_HONEST : ROLE_CHAOS;
}

static void crew_add(struct shift *shift, unsigned int number)
{
	struct crew *crew = &shift->crews[shift->n++];

	*crew = (struct crew){ .role = crew_role(number), .n = 1 };
	crew->numbers[0] = number;
}

/* Threads 0 and 1 of four are one process, 2 and 3 have one each. */
static void crew_form(struct shift *shift)
{
	const struct options *options = shift->options;
	unsigned int i;

	if (options->replay >= 0) {
		crew_add(shift, options->replay);
		return;
	}
	for (i = 0; i < options->threads; i++) {
		if (i % 4 == 1)
			shift->crews[shift->n - 1].numbers[1] = i,
			shift->crews[shift->n - 1].n = 2;
		else
			crew_add(shift, i);
	}
	if (options->machine)
		crew_add(shift, BOARD_MACHINE);
}

static void crew_start(struct shift *shift, struct crew *crew)
{
	unsigned int i;
	pid_t pid;

	for (i = 0; i < crew->n; i++) {
		struct board_seat *seat = &shift->board->seats[crew->numbers[i]];

		seat->since_ns = 0;
		seat->killed_ns = 0;
		seat->lives++;
	}
	fflush(NULL);
	pid = fork();
	if (!pid) {
		worker_process(shift->board, shift->options, crew->role,
			       crew->numbers, crew->n);
		_exit(0);
	}
	if (pid < 0) {
		board_fault(shift->board, "fork: %s", strerror(errno));
		return;
	}
	crew->pid = pid;
	for (i = 0; i < crew->n; i++)
		shift->board->seats[crew->numbers[i]].pid = pid;
}

static struct board_seat *crew_seat(struct shift *shift,
				    const struct crew *crew)
{
	return &shift->board->seats[crew->numbers[0]];
}

/* A process has ended: was it to? */
static void crew_ended(struct shift *shift, struct crew *crew, int status)
{
	struct board_seat *seat = crew_seat(shift, crew);
	uint64_t killed = seat->killed_ns;
	unsigned int i;

	for (i = 0; i < crew->n; i++) {
		shift->board->seats[crew->numbers[i]].pid = 0;
		shift->board->seats[crew->numbers[i]].tid = 0;
	}
	crew->pid = 0;
	if (killed) {
		uint64_t ms = t_ms_since(killed);

		shift->board->kills++;
		if (ms > shift->board->slowest_kill_ms)
			shift->board->slowest_kill_ms = ms;
		return;
	}
	crew->done = true;
	if (WIFSIGNALED(status))
		board_fault(shift->board, "thread %u: its process died of signal %d in %s",
			    crew->numbers[0], WTERMSIG(status),
			    ops[seat->kind].name);
}

static void shift_reap(struct shift *shift)
{
	unsigned int i;

	for (i = 0; i < shift->n; i++) {
		struct crew *crew = &shift->crews[i];
		int status;

		if (crew->pid && waitpid(crew->pid, &status, WNOHANG) == crew->pid)
			crew_ended(shift, crew, status);
		if (!crew->pid && !crew->done && !board_stopped(shift->board))
			crew_start(shift, crew);
	}
}

/* Where the kernel is, of a task that does not come back. */
static void shift_stack(pid_t pid, pid_t tid)
{
	char path[64], text[2048];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stack", pid, tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (fd >= 0)
		close(fd);
	if (len > 0 && write(STDOUT_FILENO, text, len) != len)
		return;
}

static void shift_watch_seat(struct shift *shift, unsigned int number)
{
	struct board_seat *seat = &shift->board->seats[number];
	uint64_t since = __atomic_load_n(&seat->since_ns, __ATOMIC_ACQUIRE);
	pid_t tid = __atomic_load_n(&seat->tid, __ATOMIC_ACQUIRE);

	if (!since || !seat->pid || !tid || t_ms_since(since) < POKE_MS)
		return;
	/* CPU hotplug is bounded by the kernel, and not to be interrupted. */
	if (number != BOARD_MACHINE)
		syscall(SYS_tgkill, seat->pid, tid, SIGUSR1);
	if (t_ms_since(since) < HANG_MS || board_stopped(shift->board))
		return;
	shift_stack(seat->pid, tid);
	board_fault(shift->board, "thread %u hangs in %s, operation %llu, for %u s",
		    number, ops[seat->kind].name, (unsigned long long)seat->op,
		    HANG_MS / 1000);
}

static void shift_watch(struct shift *shift)
{
	unsigned int i, j;

	if (t_ms_since(shift->poked_ns) < POKE_MS)
		return;
	shift->poked_ns = t_now();
	for (i = 0; i < shift->n; i++) {
		const struct crew *crew = &shift->crews[i];
		uint64_t killed = crew_seat(shift, crew)->killed_ns;

		for (j = 0; j < crew->n; j++)
			shift_watch_seat(shift, crew->numbers[j]);
		if (crew->pid && killed && t_ms_since(killed) > KILL_MS) {
			crew_seat(shift, crew)->killed_ns = 0;
			shift_stack(crew->pid, crew->pid);
			board_fault(shift->board, "process %d is still there %u s after SIGKILL",
				    crew->pid, KILL_MS / 1000);
		}
	}
}

static bool shift_anyone(const struct shift *shift)
{
	unsigned int i;

	for (i = 0; i < shift->n; i++)
		if (shift->crews[i].pid && !shift->crews[i].done)
			return true;
	return false;
}

/* All processes end: by themselves, or killed within the bound. */
static void shift_end(struct shift *shift)
{
	uint64_t start = t_now();
	unsigned int i;
	bool killed = false;

	while (shift_anyone(shift) && t_ms_since(start) < 2 * KILL_MS) {
		shift_reap(shift);
		shift_watch(shift);
		usleep(2000);
		if (killed || t_ms_since(start) < KILL_MS)
			continue;
		killed = true;
		for (i = 0; i < shift->n; i++)
			if (shift->crews[i].pid)
				kill(shift->crews[i].pid, SIGKILL);
	}
	for (i = 0; i < shift->n; i++) {
		if (!shift->crews[i].pid)
			continue;
		shift_stack(shift->crews[i].pid, shift->crews[i].pid);
		board_fault(shift->board, "process %d cannot be ended",
			    shift->crews[i].pid);
	}
	if (killed)
		board_fault(shift->board, "a process did not end for %u s when told",
			    KILL_MS / 1000);
}

/* Whether only the machine's own process is left. */
static bool shift_done(const struct shift *shift)
{
	unsigned int i;

	for (i = 0; i < shift->n; i++)
		if (!shift->crews[i].done &&
		    (shift->crews[i].role != ROLE_MACHINE || shift->n == 1))
			return false;
	return true;
}

void supervise(struct board *board, const struct options *options)
{
	static struct shift shift;
	uint64_t start = t_now();

	shift.board = board;
	shift.options = options;
	crew_form(&shift);
	while (!board_stopped(board) && !shift_done(&shift)) {
		shift_reap(&shift);
		shift_watch(&shift);
		usleep(5000);
		if (options->seconds && t_ms_since(start) / 1000 >= options->seconds)
			break;
	}
	board_stop(board);
	shift_end(&shift);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The limits are the books the module keeps: with room for one source and the
 * rate of one line, and nobody there, exactly one fits.
 */
#include "verdict.h"

#include <fcntl.h>
#include <linux/fraktor_netlink.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../lib.h"
#include "genl.h"
#include "machine.h"
#include "ops.h"

#define SETTLE_MS	20000

static void verdict_dump(struct board *board, uint8_t cmd, const char *what)
{
	uint64_t start = t_now();
	int fd = genl_open(), left;
	struct genl m;

	if (fd < 0 || !board->family)
		return;
	do {
		genl_begin(&m, board->family, cmd, NLM_F_DUMP);
		left = genl_send(fd, &m) ?: genl_take(fd, 1000, 1000);
	} while (left > 0 && t_ms_since(start) < SETTLE_MS && !usleep(10000));
	close(fd);
	if (left > 0)
		board_fault(board, "%d %s left when all processes are gone",
			    left, what);
}

/* A source that fits only if the module counts none: 0 or -errno. */
static int verdict_last(void)
{
	int fd = t_open(O_RDWR), ret;

	if (fd < 0)
		return fd;
	ret = t_create(fd, T_MS, 16);
	if (!ret)
		ret = t_start(fd);
	t_close(&fd);
	return ret;
}

static void verdict_books(struct board *board)
{
	int ret;

	/* One line of 1 ms on this CPU, and no source more. */
	if (machine_write("max_rate", "1000") ||
	    machine_write("max_sources", "1"))
		return;
	ret = verdict_last();
	if (ret)
		board_fault(board, "sources or rates are still counted when all are gone: %s",
			    strerror(-ret));
}

/* As much locked memory as one ring takes, and none charged already. */
static int verdict_memlock(struct t_child *child, void *arg)
{
	struct rlimit limit = { 3 * PAGE, 3 * PAGE };
	uint64_t start = t_now();
	int ret;

	t_cap_drop(14);		/* CAP_IPC_LOCK */
	if (setrlimit(RLIMIT_MEMLOCK, &limit))
		return 2;
	/* io_uring pays its pages back in its own time. */
	do {
		int fd = t_open(O_RDWR);

		ret = fd < 0 ? fd : t_create(fd, T_MS, 16);
		t_close(&fd);
	} while (ret && t_ms_since(start) < SETTLE_MS && !usleep(10000));
	return !!ret;
}

void verdict_leaks(struct board *board, int refcnt)
{
	struct t_child child;
	int left = t_refcnt_back(refcnt, SETTLE_MS), status = 0;

	if (left)
		board_fault(board, "the module has %d references left, %d before",
			    left, refcnt);
	verdict_dump(board, FRAKTOR_CMD_SOURCE_GET, "sources");
	verdict_dump(board, FRAKTOR_CMD_READER_GET, "readers");
	if (left)
		return;
	if (!t_child(&child, verdict_memlock, NULL) &&
	    t_child_reap(&child, 2 * SETTLE_MS, &status) >= 0 && status)
		board_fault(board, "locked memory is still charged when all are gone");
	verdict_books(board);
}

int verdict(const struct board *board, const struct options *options)
{
	unsigned int i, poor = ops_report(board), kinds = 0;
	uint64_t done = 0;

	for (i = 0; i < ops_nr; i++) {
		done += board->kinds[i].ok + board->kinds[i].failed;
		kinds += board->kinds[i].ok > 0;
	}
	for (i = 0; i < board->faults && i < BOARD_FAULTS; i++)
		printf("fuzz: fault %u: %s\n", i + 1, board->fault[i]);
	printf("fuzz: seed %llu: %llu operations, %u of %u kinds worked, %llu kills (slowest %llu ms), %llu records and %llu accounts checked, %u faults\n",
	       (unsigned long long)board->seed, (unsigned long long)done, kinds,
	       ops_nr, (unsigned long long)board->kills,
	       (unsigned long long)board->slowest_kill_ms,
	       (unsigned long long)board->records,
	       (unsigned long long)board->accounts, board->faults);
	if (board->faults)
		return 1;
	/* A part of the operations proves nothing about the rest. */
	if (options->only || options->without || options->replay >= 0)
		return 0;
	if (poor) {
		printf("fuzz: %u kinds of operations nearly never succeed: this run is worth little\n",
		       poor);
		return 2;
	}
	return 0;
}

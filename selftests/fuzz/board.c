// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shared memory, counted in with atomics: its users die at any time.
 */
#include "board.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct board *board_new(void)
{
	void *p = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void board_count(struct board *board, unsigned int kind, int ret)
{
	struct board_kind *k = &board->kinds[kind];

	if (ret >= 0) {
		count(&k->ok);
		return;
	}
	count(&k->failed);
	if (-ret < BOARD_ERRNOS)
		count(&k->errnos[-ret]);
}

void board_fault(struct board *board, const char *format, ...)
{
	unsigned int n = __atomic_fetch_add(&board->faults, 1, __ATOMIC_ACQ_REL);
	char line[BOARD_TEXT + 16];
	va_list args;
	int len;

	board_stop(board);
	if (n >= BOARD_FAULTS)
		return;
	va_start(args, format);
	vsnprintf(board->fault[n], BOARD_TEXT, format, args);
	va_end(args);
	/* At once: what comes next may be the end of the machine. */
	len = snprintf(line, sizeof(line), "fuzz: FAULT: %s\n", board->fault[n]);
	if (len > 0 && write(STDOUT_FILENO, line, len) != len)
		board->fault[n][BOARD_TEXT - 1] = '\0';
}

bool board_stopped(const struct board *board)
{
	return __atomic_load_n(&board->stop, __ATOMIC_ACQUIRE);
}

void board_stop(struct board *board)
{
	__atomic_store_n(&board->stop, true, __ATOMIC_RELEASE);
}

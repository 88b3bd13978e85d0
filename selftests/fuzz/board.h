/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all processes of the fuzzer share: who does what now, what was counted,
 * what is wrong, and the ids of sources that someone made.  It lies in shared
 * memory and outlives whoever is killed.
 */
#ifndef FUZZ_BOARD_H
#define FUZZ_BOARD_H

#include <linux/fraktor.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define BOARD_SEATS	64
#define BOARD_KINDS	96
#define BOARD_ERRNOS	140
#define BOARD_IDS	16
#define BOARD_FAULTS	16
#define BOARD_TEXT	240
#define BOARD_MACHINE	(BOARD_SEATS - 1)	/* the seat of ROLE_MACHINE */

/* A thread's place, kept by the thread that follows after a kill. */
struct board_seat {
	pid_t pid, tid;
	uint64_t op;		/* number of the operation begun last */
	uint64_t since_ns;	/* when it began; 0 between operations */
	uint32_t kind;		/* index into the table of operations */
	uint32_t lives;
	uint64_t killed_ns;	/* when its process was sent SIGKILL; 0: not */
};

struct board_kind {
	uint64_t idle, ok, failed;
	uint64_t errnos[BOARD_ERRNOS];
};

struct board {
	bool stop;
	uint64_t seed;
	struct fraktor_info info;	/* the limits, before all began */
	/* Of the netlink, 0 if there is none: family, groups. */
	uint16_t family, groups[3];
	unsigned int cpus;
	int pass[2];		/* sockets to hand descriptors over */
	uint64_t kills;		/* processes killed and reaped */
	uint64_t slowest_kill_ms;
	uint64_t records;	/* looked at by honest readers */
	uint64_t accounts;	/* settled by them, exactly */
	uint32_t ids[BOARD_IDS];	/* of sources that someone made */
	uint32_t readers[BOARD_IDS];	/* of readers that a dump named */
	unsigned int faults;
	char fault[BOARD_FAULTS][BOARD_TEXT];
	struct board_seat seats[BOARD_SEATS];
	struct board_kind kinds[BOARD_KINDS];
};

struct board *board_new(void);
void board_count(struct board *board, unsigned int kind, int ret);
/* Something the contract forbids has happened: say it and stop everything. */
void board_fault(struct board *board, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool board_stopped(const struct board *board);
void board_stop(struct board *board);

#endif /* FUZZ_BOARD_H */

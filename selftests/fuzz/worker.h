/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thread of the fuzzer: what it holds, and how operations get at it.
 * What it does next depends on the seed, its number and the number of the
 * operation, never on what came out of the one before.
 */
#ifndef FUZZ_WORKER_H
#define FUZZ_WORKER_H

#include "board.h"
#include "options.h"
#include "rnd.h"
#include "trace.h"
#include "uring.h"

#include <limits.h>
#include <setjmp.h>
#include <stdio.h>

#define WORKER_FILES	6	/* of the thread alone */
#define WORKER_SHARED	4	/* of all threads of the process */
#define WORKER_RINGS	3
#define WORKER_SOCKETS	2
#define WORKER_PLACES	8	/* for mappings, in an arena of its own */

#define PAGE		4096UL
#define PLACE_LEN	(64 * PAGE)
#define PAD_LEN		(2 * PAGE)	/* and a page behind that faults */

/* Operations return 0 or more, -errno, or this: there was nothing to do. */
#define IDLE		INT_MIN

/* Who does an operation. */
enum role {
	ROLE_CHAOS	= 1 << 0,	/* anything, in any order */
	ROLE_HONEST	= 1 << 1,	/* keeps to the contract and checks it */
	ROLE_MACHINE	= 1 << 2,	/* CPUs, module parameters, kills */
};

struct place {
	unsigned long part;	/* FRAKTOR_MMAP_* */
	size_t len;		/* 0: nothing is mapped */
	unsigned int slots;	/* of the data, 0 if it is none or unknown */
	uint64_t head;		/* the largest seen here */
};

struct honest;

struct worker {
	struct board *board;
	const struct options *options;
	struct board_seat *seat;
	struct rnd rnd;
	unsigned int number;
	enum role role;
	bool child;		/* forked by an operation: forks no more */
	bool own;		/* the file picked last is the thread's alone */

	int files[WORKER_FILES];
	int *shared;
	int epoll;
	int sockets[WORKER_SOCKETS];
	struct uring rings[WORKER_RINGS];
	unsigned char *arena, *pad;
	struct place places[WORKER_PLACES];
	struct honest *honest;
	sigjmp_buf fault;
};

/*
 * Processes of the fuzzer begin here, with the numbers of their threads; it
 * returns when the board says stop or each has done its operations.
 */
void worker_process(struct board *board, const struct options *options,
		    enum role role, const unsigned int *numbers, unsigned int n);

/* In a child forked by an operation: @ops more of its own. */
void worker_run_child(struct worker *w, unsigned int ops);

/* The place of a descriptor that the random numbers name, never NULL. */
int *worker_slot(struct worker *w);
/* A descriptor; the device is opened if there was none.  Or -errno. */
int worker_file(struct worker *w);
/* Put a descriptor into a slot, closing what was there; -1 only closes. */
void worker_put(int *slot, int fd);
struct place *worker_place(struct worker *w);
/* Something mapped, or NULL if there is nothing of that part. */
#define ANY_PART	1UL
struct place *worker_mapped(struct worker *w, unsigned long part);
unsigned char *worker_place_at(const struct worker *w, const struct place *p);
/* An id that a source has, or had, or never had. */
uint32_t worker_id(struct worker *w);
void worker_publish(struct worker *w, uint32_t id);
/* There is no source of that id any more. */
void worker_forget(struct worker *w, uint32_t id);

/*
 * Memory for @len bytes to hand to the kernel: mostly good, sometimes cut off
 * by a page that faults, unaligned, or nonsense.
 */
void *worker_memory(struct worker *w, size_t len);
/* The same, but always good. */
void *worker_good_memory(struct worker *w, size_t len);

#define say(w, format, ...)						\
	do {								\
		if (trace_on())						\
			trace_say("T%u%s #%llu   " format, (w)->number,	\
				  (w)->child ? "c" : "",		\
				  (unsigned long long)(w)->seat->op,	\
				  ##__VA_ARGS__);			\
	} while (0)

#define fault(w, format, ...)						\
	board_fault((w)->board, "T%u%s #%llu: " format, (w)->number,	\
		    (w)->child ? "c" : "",				\
		    (unsigned long long)(w)->seat->op, ##__VA_ARGS__)

#endif /* FUZZ_WORKER_H */

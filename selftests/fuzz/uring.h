/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An io_uring by system calls alone: small entries or large, with or without
 * a kernel thread, and nobody between what is written and what is submitted.
 */
#ifndef FUZZ_URING_H
#define FUZZ_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define URING_ENTRIES	8

struct uring {
	int fd;			/* -1: there is none */
	unsigned int flags;	/* IORING_SETUP_* */
	unsigned int sqe_size, cqe_size;
	unsigned char *rings, *sqes;
	size_t rings_len, sqes_len;
	struct io_uring_params params;
	unsigned int queued;	/* entries written and not submitted */
};

/* 0 or -errno. */
int uring_open(struct uring *uring, unsigned int flags);
void uring_close(struct uring *uring);
/* A zeroed entry, or NULL if the ring is full. */
struct io_uring_sqe *uring_next(struct uring *uring);
void uring_prep_cmd(struct io_uring_sqe *sqe, int fd, unsigned int op,
		    uint64_t seen, uint64_t flags);
/*
 * Submit what is queued and wait for @wait completions, for @ms at most:
 * entries taken or -errno.
 */
int uring_enter(struct uring *uring, unsigned int wait, unsigned int ms);
/* Take a completion: whether there was one. */
bool uring_reap(struct uring *uring, struct io_uring_cqe *ret_cqe);
int uring_register(struct uring *uring, unsigned int op, const void *arg,
		   unsigned int n);

#endif /* FUZZ_URING_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * uring.h: mapping, submitting, reaping.
 */
#include "uring.h"

#include <errno.h>
#include <linux/time_types.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "machine.h"

static uint32_t *uring_word(const struct uring *uring, uint32_t offset)
{
	return (uint32_t *)(uring->rings + offset);
}

static int uring_map(struct uring *uring)
{
	const struct io_uring_params *p = &uring->params;
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
	size_t cq;

	uring->cqe_size = sizeof(struct io_uring_cqe) <<
			  !!(uring->flags & IORING_SETUP_CQE32);
	uring->sqe_size = sizeof(struct io_uring_sqe) <<
			  !!(uring->flags & IORING_SETUP_SQE128);
	cq = p->cq_off.cqes + p->cq_entries * uring->cqe_size;
	uring->rings_len = sq > cq ? sq : cq;
	uring->sqes_len = p->sq_entries * uring->sqe_size;
	uring->rings = mmap(NULL, uring->rings_len, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_POPULATE, uring->fd,
			    IORING_OFF_SQ_RING);
	if (uring->rings == MAP_FAILED) {
		uring->rings = NULL;
		return -errno;
	}
	uring->sqes = mmap(NULL, uring->sqes_len, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_POPULATE, uring->fd, IORING_OFF_SQES);
	if (uring->sqes == MAP_FAILED) {
		uring->sqes = NULL;
		return -errno;
	}
	return 0;
}

int uring_open(struct uring *uring, unsigned int flags)
{
	int cpus, err;

	memset(uring, 0, sizeof(*uring));
	uring->flags = flags;
	uring->params.flags = flags;
	uring->params.sq_thread_idle = 10;
	cpus = machine_hold_cpus();
	uring->fd = syscall(SYS_io_uring_setup, URING_ENTRIES, &uring->params);
	err = uring->fd < 0 ? -errno : 0;
	close(cpus);
	if (err)
		return err;
	err = uring_map(uring);
	if (err)
		uring_close(uring);
	return err;
}

void uring_close(struct uring *uring)
{
	if (uring->sqes)
		munmap(uring->sqes, uring->sqes_len);
	if (uring->rings)
		munmap(uring->rings, uring->rings_len);
	if (uring->fd >= 0)
		close(uring->fd);
	memset(uring, 0, sizeof(*uring));
	uring->fd = -1;
}

struct io_uring_sqe *uring_next(struct uring *uring)
{
	uint32_t tail = *uring_word(uring, uring->params.sq_off.tail);
	uint32_t head = __atomic_load_n(uring_word(uring, uring->params.sq_off.head),
					__ATOMIC_ACQUIRE);
	uint32_t index = (tail + uring->queued) & (uring->params.sq_entries - 1);
	struct io_uring_sqe *sqe;

	if (tail + uring->queued - head >= uring->params.sq_entries)
		return NULL;
	uring_word(uring, uring->params.sq_off.array)[index] = index;
	sqe = (struct io_uring_sqe *)(uring->sqes + index * uring->sqe_size);
	memset(sqe, 0, uring->sqe_size);
	uring->queued++;
	return sqe;
}

void uring_prep_cmd(struct io_uring_sqe *sqe, int fd, unsigned int op,
		    uint64_t seen, uint64_t flags)
{
	uint64_t payload[2] = { seen, flags };

	sqe->opcode = IORING_OP_URING_CMD;
	sqe->fd = fd;
	sqe->cmd_op = op;
	memcpy(sqe->cmd, payload, sizeof(payload));
}

int uring_enter(struct uring *uring, unsigned int wait, unsigned int ms)
{
	struct __kernel_timespec ts = { ms / 1000, (ms % 1000) * 1000000LL };
	struct io_uring_getevents_arg arg = { .ts = (uintptr_t)&ts };
	uint32_t *tail = uring_word(uring, uring->params.sq_off.tail);
	uint32_t *state = uring_word(uring, uring->params.sq_off.flags);
	unsigned int flags = IORING_ENTER_EXT_ARG | IORING_ENTER_GETEVENTS;
	int ret;

	/* Pairs with the kernel's acquire: the entries are written. */
	__atomic_store_n(tail, *tail + uring->queued, __ATOMIC_RELEASE);
	if (uring->flags & IORING_SETUP_SQPOLL) {
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (__atomic_load_n(state, __ATOMIC_RELAXED) &
		    IORING_SQ_NEED_WAKEUP)
			flags |= IORING_ENTER_SQ_WAKEUP;
	}
	ret = syscall(SYS_io_uring_enter, uring->fd, uring->queued, wait, flags,
		      &arg, sizeof(arg));
	uring->queued = 0;
	return ret < 0 ? -errno : ret;
}

bool uring_reap(struct uring *uring, struct io_uring_cqe *ret_cqe)
{
	uint32_t *head = uring_word(uring, uring->params.cq_off.head);
	uint32_t tail = __atomic_load_n(uring_word(uring, uring->params.cq_off.tail),
					__ATOMIC_ACQUIRE);
	uint32_t index = *head & (uring->params.cq_entries - 1);

	if (*head == tail)
		return false;
	memcpy(ret_cqe, uring->rings + uring->params.cq_off.cqes +
	       index * uring->cqe_size, sizeof(*ret_cqe));
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return true;
}

int uring_register(struct uring *uring, unsigned int op, const void *arg,
		   unsigned int n)
{
	int ret = syscall(SYS_io_uring_register, uring->fd, op, arg, n);

	return ret < 0 ? -errno : ret;
}

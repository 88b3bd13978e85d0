/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * fraktor - periodic tick events from an interrupt to user space.
 *
 * The interface of /dev/fraktor.  A *source* is one tick line: a clock, a
 * period, a CPU.  An open file holds one *ring*, which the source it created
 * or attached to fills.  The ring is mapped into the reader; every way to
 * wait carries no data:
 *
 *   fd = open("/dev/fraktor", O_RDWR | O_CLOEXEC);
 *   ioctl(fd, FRAKTOR_IOC_CREATE, &create);        source and ring
 *   meta = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, FRAKTOR_MMAP_META);
 *   consumer = mmap(..., meta->consumer_len, PROT_READ | PROT_WRITE, ...,
 *                   FRAKTOR_MMAP_CONSUMER);
 *   slots = mmap(..., meta->data_len, PROT_READ, ..., FRAKTOR_MMAP_DATA);
 *   ioctl(fd, FRAKTOR_IOC_START);
 *   for (;;) {
 *           drain from consumer->tail up to meta->head;
 *           wait: read(2), poll(2)/epoll(7) or IORING_OP_URING_CMD;
 *   }
 *
 * Documentation/ring.rst has the whole reader and the memory ordering.
 *
 * Every structure has the same layout on 32 and 64 bit, no holes, and
 * reserved fields that must be zero on the way in and are zero on the way
 * out.  The ioctl number carries the size of its structure: a shorter one
 * (an older program) is zero-extended, a longer one (a newer program) is
 * accepted as long as what this kernel does not know is zero.
 */
#ifndef _UAPI_LINUX_FRAKTOR_H
#define _UAPI_LINUX_FRAKTOR_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Raised only when an old program could no longer work: never, if possible. */
#define FRAKTOR_ABI_VERSION	1

/* Bytes of a source's name, the terminating NUL included. */
#define FRAKTOR_NAME_LEN	32

/**
 * struct fraktor_tick - one tick, a slot of the ring
 * @seq: number of this record in its ring: 1, 2, 3, ... without a gap; a
 *	jump seen by the reader is a record it lost.  The slot of a record is
 *	@seq modulo the number of slots.  The kernel writes @seq last and
 *	clears it first, so a reader that finds the number it expects before
 *	and after its copy has a whole record.
 * @deadline_ns: when the tick was due, on the source's clock: the first of
 *	the periods this record stands for.
 * @fired_ns: when the interrupt handler saw it, on the source's clock;
 *	@fired_ns - @deadline_ns is the lateness and never negative.
 * @periods: periods this record stands for, 1 when none was missed.  Logical
 *	time after the record is @deadline_ns + (@periods - 1) * period, and
 *	the next deadline is one period later, however late this one was.
 * @source: id of the source.
 * @flags: FRAKTOR_TICK_F_*.
 */
struct fraktor_tick {
	__aligned_u64 seq;
	__aligned_u64 deadline_ns;
	__aligned_u64 fired_ns;
	__u32 periods;
	__u16 source;
	__u16 flags;
};

/* First record after a start: its deadline begins a new grid. */
#define FRAKTOR_TICK_F_FIRST	(1U << 0)
/* @periods > 1: the interrupt came at least one whole period late. */
#define FRAKTOR_TICK_F_MISSED	(1U << 1)

/* Offsets for mmap(2).  Map exactly the length that the meta page names. */
#define FRAKTOR_MMAP_META	0x00000000UL	/* PROT_READ */
#define FRAKTOR_MMAP_CONSUMER	0x10000000UL	/* PROT_READ | PROT_WRITE */
#define FRAKTOR_MMAP_DATA	0x20000000UL	/* PROT_READ */

#define FRAKTOR_META_MAGIC	0x4b415246U	/* "FRAK", little endian */

/* What a source is doing: struct fraktor_meta, @state, and the netlink. */
enum fraktor_state {
	FRAKTOR_STATE_STOPPED	= 0,	/* created or stopped: can be started */
	FRAKTOR_STATE_RUNNING	= 1,
	FRAKTOR_STATE_DEAD	= 2,	/* its owner is gone: it never ticks again */
};

/* Why a source does not tick. */
enum fraktor_reason {
	FRAKTOR_REASON_NONE		= 0,	/* running, or not started yet */
	FRAKTOR_REASON_ASKED		= 1,	/* FRAKTOR_IOC_STOP */
	FRAKTOR_REASON_OWNER_CLOSED	= 2,	/* last close of the owner's file */
};

/**
 * struct fraktor_meta - the first page of a ring, read-only; it describes
 *	the rest
 * @magic: FRAKTOR_META_MAGIC.
 * @abi_version: FRAKTOR_ABI_VERSION of the module.
 * @struct_len: bytes of this structure the module fills; later fields are
 *	absent, not zero.
 * @meta_len: bytes to map at FRAKTOR_MMAP_META.
 * @consumer_len: bytes to map at FRAKTOR_MMAP_CONSUMER.
 * @data_len: bytes to map at FRAKTOR_MMAP_DATA.
 * @record_size: distance of two slots; at least sizeof(struct fraktor_tick).
 * @slots: number of slots, a power of two.
 * @features: FRAKTOR_FEATURE_* of the running kernel.
 * @period_ns: period of the source.
 * @clockid: clock of all times in the ring: CLOCK_MONOTONIC, CLOCK_BOOTTIME
 *	or CLOCK_TAI.
 * @source: id of the source.
 * @reserved: zero.
 * @head: number of the newest record, 0 before the first.  Written with
 *	release after the record; read it with acquire.
 * @dropped_total: records that were overwritten before they were consumed.
 * @state: enum fraktor_state.  A reader sees here without a system call that
 *	its source died.
 * @reason: enum fraktor_reason.
 * @poisoned_total: how often the kernel found nonsense in the consumer page
 *	and went on without it.
 * @missed_total: periods that no record of their own stands for.
 * @reserved2: zero.
 */
struct fraktor_meta {
	__u32 magic;
	__u32 abi_version;
	__u32 struct_len;
	__u32 meta_len;
	__u32 consumer_len;
	__u32 data_len;
	__u32 record_size;
	__u32 slots;
	__aligned_u64 features;
	__aligned_u64 period_ns;
	__u32 clockid;
	__u32 source;
	__aligned_u64 reserved;

	/* Written at every tick: a cache line of its own. */
	__aligned_u64 head;
	__aligned_u64 dropped_total;
	__u32 state;
	__u32 reason;
	__aligned_u64 poisoned_total;
	__aligned_u64 missed_total;
	__aligned_u64 reserved2[3];
};

/**
 * struct fraktor_consumer - the only page the reader may write
 * @tail: number of the newest record consumed.  The reader advances it from
 *	the value it read by compare-and-exchange with release; when that
 *	fails, the kernel has dropped the records up to the value found and
 *	counted them, and the reader forgets its copies of these.  So
 *	records put in = consumed + dropped + left, exactly.
 * @reserved: leave zero.
 *
 * What stands here is a hint to the kernel, checked and never an index.
 */
struct fraktor_consumer {
	__aligned_u64 tail;
	__aligned_u64 reserved[7];
};

/* features: what this kernel can do */
#define FRAKTOR_FEATURE_URING_WAIT	(1ULL << 0)	/* FRAKTOR_URING_CMD_WAIT */
#define FRAKTOR_FEATURE_URING_CANCEL	(1ULL << 1)	/* a pending wait can be cancelled */
#define FRAKTOR_FEATURE_RT		(1ULL << 2)	/* PREEMPT_RT kernel */

/* Missed-tick behaviour. */
enum fraktor_missed {
	/*
	 * A late callback makes one record that counts the periods it stands
	 * for, and the line goes on at the next point of its grid: no burst,
	 * no sliding phase.
	 */
	FRAKTOR_MISSED_DELAY	= 0,
};

/* struct fraktor_create, @cpu: the CPU of the caller at creation. */
#define FRAKTOR_CPU_CURRENT	(-1)

/**
 * struct fraktor_create - FRAKTOR_IOC_CREATE: make a source, attach to it
 * @period_ns: period; FRAKTOR_IOC_INFO tells the limits.
 * @name: NUL-terminated name, unique while the source lives: letters, digits
 *	and ``. _ -`` , or empty for "tick<id>", which is written back.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI.
 * @cpu: CPU whose interrupt makes the ticks, or FRAKTOR_CPU_CURRENT; the CPU
 *	taken is written back.
 * @missed: enum fraktor_missed.
 * @slots: slots of this file's ring, a power of two.
 * @source: zero on the way in; id of the source on the way out.
 * @reserved: zero.
 *
 * Errors: -EINVAL, -EPERM (the period needs CAP_SYS_RESOURCE), -ENODEV (the
 * CPU is offline), -EEXIST (the name), -EBUSY (this file has a source),
 * -ENOSPC (too many sources), -ENOMEM (RLIMIT_MEMLOCK included).
 */
struct fraktor_create {
	__aligned_u64 period_ns;
	char name[FRAKTOR_NAME_LEN];
	__u32 clockid;
	__s32 cpu;
	__u32 missed;
	__u32 slots;
	__u32 source;
	__u32 reserved[3];
};

/**
 * struct fraktor_attach - FRAKTOR_IOC_ATTACH: a ring on another file's source
 * @name: name of the source, or empty to attach by id.
 * @source: id of the source if @name is empty; written back.
 * @slots: slots of this file's ring, a power of two.
 * @reserved: zero.
 *
 * Errors: -EINVAL, -ENOENT (no such source), -EUSERS (it has its fill of
 * readers), -EBUSY (this file has a source), -ENOMEM (RLIMIT_MEMLOCK
 * included).
 */
struct fraktor_attach {
	char name[FRAKTOR_NAME_LEN];
	__u32 source;
	__u32 slots;
	__u32 reserved[2];
};

/**
 * struct fraktor_info - FRAKTOR_IOC_INFO: the module, and this file's source
 * @abi_version: FRAKTOR_ABI_VERSION of the module.
 * @source: id of the source of this file; 0 if none, and then the fields
 *	from @period_ns on are zero.
 * @features: FRAKTOR_FEATURE_*.
 * @period_floor_ns: shortest period for anyone.
 * @period_min_ns: shortest period without CAP_SYS_RESOURCE.
 * @period_max_ns: longest period.
 * @slots_min: smallest ring.
 * @slots_max: largest ring.
 * @sources_max: sources that may exist at once.
 * @readers_max: files that may be attached to one source.
 * @version: version of the module, NUL-terminated.
 * @period_ns: period of the source.
 * @name: name of the source.
 * @clockid: clock of the source.
 * @cpu: CPU of the source.
 * @missed: enum fraktor_missed.
 * @slots: slots of this file's ring.
 * @state: enum fraktor_state.
 * @reason: enum fraktor_reason.
 * @owner: 1 if this file created the source and may start and stop it.
 * @reserved: zero.
 */
struct fraktor_info {
	__u32 abi_version;
	__u32 source;
	__aligned_u64 features;
	__aligned_u64 period_floor_ns;
	__aligned_u64 period_min_ns;
	__aligned_u64 period_max_ns;
	__u32 slots_min;
	__u32 slots_max;
	__u32 sources_max;
	__u32 readers_max;
	char version[32];
	__aligned_u64 period_ns;
	char name[FRAKTOR_NAME_LEN];
	__u32 clockid;
	__s32 cpu;
	__u32 missed;
	__u32 slots;
	__u32 state;
	__u32 reason;
	__u32 owner;
	__u32 reserved;
};

/*
 * FRAKTOR_IOC_START makes the source tick, its first deadline one period
 * ahead; FRAKTOR_IOC_STOP ends that, and when it returns no tick is in
 * progress.  Both are for the file that created the source.  Errors:
 * -ENOTCONN (no source), -EPERM (not the owner), -EALREADY; and to start:
 * -ENODEV (the CPU is offline), -ENOSPC (that CPU has its fill of ticks).
 *
 * poll(2) reports POLLIN while there are records, POLLHUP while the source
 * does not tick or there is none yet.
 */
#define FRAKTOR_IOC_MAGIC	0xF5
#define FRAKTOR_IOC_INFO	_IOR(FRAKTOR_IOC_MAGIC, 0x00, struct fraktor_info)
#define FRAKTOR_IOC_CREATE	_IOWR(FRAKTOR_IOC_MAGIC, 0x01, struct fraktor_create)
#define FRAKTOR_IOC_ATTACH	_IOWR(FRAKTOR_IOC_MAGIC, 0x02, struct fraktor_attach)
#define FRAKTOR_IOC_START	_IO(FRAKTOR_IOC_MAGIC, 0x03)
#define FRAKTOR_IOC_STOP	_IO(FRAKTOR_IOC_MAGIC, 0x04)

/*
 * IORING_OP_URING_CMD: sqe->cmd_op is FRAKTOR_URING_CMD_WAIT, sqe->cmd holds
 * a struct fraktor_uring_wait (16 bytes: a normal SQE is enough).
 *
 * The completion's result:
 *   > 0		records in the ring
 *   0		nothing yet, wait again: where FRAKTOR_FEATURE_URING_CANCEL is
 *		missing, no command stays pending for more than
 *		FRAKTOR_URING_WAIT_BOUND_NS, and closing a descriptor of the
 *		file releases one too
 *   -ESHUTDOWN	the source does not tick and the ring is drained
 *   -EBUSY	another wait is pending on this file
 *   -ENOTCONN	this file has no source
 *   -EINVAL	unknown operation or flags not zero
 */
#define FRAKTOR_URING_CMD_WAIT		1

#define FRAKTOR_URING_WAIT_BOUND_NS	50000000ULL

/**
 * struct fraktor_uring_wait - payload of FRAKTOR_URING_CMD_WAIT
 * @seen: wait until the newest record's number is beyond this one: what the
 *	reader took from @head when it last drained.
 * @flags: zero.
 */
struct fraktor_uring_wait {
	__aligned_u64 seen;
	__aligned_u64 flags;
};

#endif /* _UAPI_LINUX_FRAKTOR_H */

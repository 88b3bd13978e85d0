/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * fraktor - periodic tick events from an interrupt to user space.
 *
 * The interface of /dev/fraktor.  A *source* is one tick line: a clock, a
 * period, a CPU; or a line that another driver's interrupt pulses.  An open
 * file holds one *ring*, which the sources it created or attached to fill.
 * The ring is mapped into the reader; every way to wait carries no data:
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
 * @fired_ns: when the interrupt handler saw it, on the source's clock, never
 *	before @deadline_ns, but for FRAKTOR_TICK_F_LEAD.  The lateness is the
 *	distance of the two, for a record that counts skipped or widened
 *	periods that from the last one.
 * @periods: periods this record stands for, 1 when none was missed.  Logical
 *	time after the record is @deadline_ns + (@periods - 1) * period, and
 *	the next deadline is one period later, however late this one was.
 *	0: not a tick but a note in the line's history, which @flags names
 *	and which happened at @fired_ns.
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
/* The lateness reached the source's threshold, late_ns. */
#define FRAKTOR_TICK_F_LATE	(1U << 2)
/* One of several records made at once for missed periods: FRAKTOR_MISSED_BURST. */
#define FRAKTOR_TICK_F_BURST	(1U << 3)
/* First tick with a new period or phase: FRAKTOR_IOC_SET. */
#define FRAKTOR_TICK_F_CHANGED	(1U << 4)
/* First tick on another CPU than the one before. */
#define FRAKTOR_TICK_F_MOVED	(1U << 5)
/* Periods were passed over on purpose: the CPU was overloaded with ticks. */
#define FRAKTOR_TICK_F_WIDENED	(1U << 6)
/* Notes, @periods is 0: the system is about to suspend; it has resumed. */
#define FRAKTOR_TICK_F_SUSPEND	(1U << 7)
#define FRAKTOR_TICK_F_RESUME	(1U << 8)
/*
 * It came before its deadline, as the source was asked to (lead_ns): @periods is
 * 1, @fired_ns is before @deadline_ns.  Not to be handed out before
 * @deadline_ns: read(2) sees to that itself, who maps the ring has to.
 */
#define FRAKTOR_TICK_F_LEAD	(1U << 9)
/* Periods were passed over because the reader needed none: FRAKTOR_IOC_IDLE. */
#define FRAKTOR_TICK_F_IDLE	(1U << 10)
/*
 * It was made by FRAKTOR_IOC_IDLE, not by an interrupt: how late it is says
 * nothing.
 */
#define FRAKTOR_TICK_F_ASKED	(1U << 11)

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
	FRAKTOR_REASON_OWNER_DIED	= 3,	/* the same, by the owner's exit */
	FRAKTOR_REASON_CPU_GONE		= 4,	/* CPU offline, and not moved */
	FRAKTOR_REASON_SUSPEND		= 5,	/* FRAKTOR_SOURCE_F_SUSPEND_STOPS */
	FRAKTOR_REASON_DRIFT		= 6,	/* FRAKTOR_SOURCE_F_DRIFT_STOPS */
	FRAKTOR_REASON_DRIVER_FAULT	= 7,	/* its driver said so, or fell silent */
	FRAKTOR_REASON_OVERLOAD		= 8,	/* FRAKTOR_SOURCE_F_OVERLOAD_STOPS */
	FRAKTOR_REASON_UNUSED		= 9,	/* a driver's line: the last reader left */
	FRAKTOR_REASON_DRIVER_GONE	= 10,	/* a driver's line: its module left */
	FRAKTOR_REASON_ADMIN		= 11,	/* FRAKTOR_CMD_SOURCE_STOP, by netlink */
};

/**
 * struct fraktor_clock - what the clocks of the system did, in the meta page
 * @seq: odd while the kernel writes: read it with acquire, read the fields,
 *	read it again; begin anew if it was odd or has changed.
 * @suspends: how often the system has resumed since the ring was made.
 * @boottime_offset_ns: CLOCK_BOOTTIME - CLOCK_MONOTONIC.  CLOCK_MONOTONIC
 *	stands still while the system sleeps: only here is the gap seen.
 * @suspended_ns: CLOCK_MONOTONIC when the last suspend began, 0 before.
 * @resumed_ns: CLOCK_MONOTONIC when the last suspend was over, 0 before.
 * @slept_ns: time that all suspends since the ring was made took.
 * @reserved: zero.
 *
 * All times in a ring are those of the initial time namespace.
 */
struct fraktor_clock {
	__u32 seq;
	__u32 suspends;
	__s64 boottime_offset_ns;
	__aligned_u64 suspended_ns;
	__aligned_u64 resumed_ns;
	__aligned_u64 slept_ns;
	__aligned_u64 reserved[3];
};

/* Sources that one ring may take. */
#define FRAKTOR_MEMBERS_MAX	32

/**
 * struct fraktor_member - a source of a ring, in the meta page
 * @source: its id, 0 if this entry is free.
 * @state: enum fraktor_state.
 * @reason: enum fraktor_reason.
 * @cpu: the CPU whose interrupt makes the ticks now.
 * @period_ns: its period, 0 for a line that has none.
 * @lead_ns: how early its records may come: FRAKTOR_TICK_F_LEAD.
 */
struct fraktor_member {
	__u32 source;
	__u32 state;
	__u32 reason;
	__u32 cpu;
	__aligned_u64 period_ns;
	__aligned_u64 lead_ns;
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
 * @period_ns: period of the ring's first source.
 * @clockid: clock of all times in the ring: CLOCK_MONOTONIC, CLOCK_BOOTTIME
 *	or CLOCK_TAI.
 * @source: id of the ring's first source.
 * @nr_members: entries of @members.
 * @reserved: zero.
 * @head: number of the newest record, 0 before the first.  Written with
 *	release after the record; read it with acquire.
 * @dropped_total: records that were overwritten before they were consumed.
 * @state: enum fraktor_state; running while one of the ring's sources is.  A
 *	reader sees here without a system call that its source died.
 * @reason: enum fraktor_reason, of the source that stopped last.
 * @poisoned_total: how often the kernel found nonsense in the consumer page
 *	and went on without it.
 * @missed_total: periods that no record of their own stands for, but for those
 *	of FRAKTOR_TICK_F_IDLE.
 * @reserved2: zero.
 * @clock: what the system's clocks did.
 * @members: the sources of this ring.
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
	__u32 nr_members;
	__u32 reserved;

	/* Written at every tick: a cache line of its own. */
	__aligned_u64 head;
	__aligned_u64 dropped_total;
	__u32 state;
	__u32 reason;
	__aligned_u64 poisoned_total;
	__aligned_u64 missed_total;
	__aligned_u64 reserved2[3];

	/* Written when something happens. */
	struct fraktor_clock clock;
	struct fraktor_member members[FRAKTOR_MEMBERS_MAX];
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
#define FRAKTOR_FEATURE_URING_DEFER	(1ULL << 3)	/* DEFER_TASKRUN rings cost least */
#define FRAKTOR_FEATURE_MANUAL		(1ULL << 4)	/* a test build of the module */
#define FRAKTOR_FEATURE_IDLE		(1ULL << 5)	/* FRAKTOR_IOC_IDLE */

/*
 * Missed-tick behaviour: what a tick that comes late does.  Whatever it is,
 * every period is counted in some record's @periods, and the grid stays:
 * nothing slides.  A tick is late from late_ns on; a period is missed when the
 * interrupt comes after the next deadline.
 */
enum fraktor_missed {
	/* One record at once, late, for all periods that have passed. */
	FRAKTOR_MISSED_DELAY	= 0,
	/*
	 * No record for a late tick: its periods are counted in the next one
	 * that is on time, so the last of a record's periods is never later
	 * than late_ns.  Only when FRAKTOR_SKIP_MAX ticks in a row were late
	 * the next one comes as it is: a reader is not left without any.
	 */
	FRAKTOR_MISSED_SKIP	= 1,
	/*
	 * A record for each period, at once; beyond FRAKTOR_BURST_MAX the
	 * first one stands for the rest.
	 */
	FRAKTOR_MISSED_BURST	= 2,
};

#define FRAKTOR_SKIP_MAX	8
#define FRAKTOR_BURST_MAX	64

/* struct fraktor_create, @driver */
enum fraktor_driver_kind {
	FRAKTOR_DRIVER_HRTIMER	= 0,
	FRAKTOR_DRIVER_PULSE	= 1,	/* made by kernel modules only */
};

/* struct fraktor_create, @flags, and struct fraktor_set */
/* Deadlines at k * period + phase of the clock, not one period after start. */
#define FRAKTOR_SOURCE_F_ALIGN		(1U << 0)
/* Stop, rather than move, when the CPU goes offline. */
#define FRAKTOR_SOURCE_F_CPU_STRICT	(1U << 1)
/* Stop, rather than go on afterwards, when the system suspends. */
#define FRAKTOR_SOURCE_F_SUSPEND_STOPS	(1U << 2)
/* Stop, rather than only say so, when the drift exceeds its budget. */
#define FRAKTOR_SOURCE_F_DRIFT_STOPS	(1U << 3)
/* Stop, rather than tick less often, when the CPU has too much of ticks. */
#define FRAKTOR_SOURCE_F_OVERLOAD_STOPS	(1U << 4)

/* Defaults of struct fraktor_create. */
#define FRAKTOR_DRIFT_PPB_DEFAULT	50000000U	/* 5 % */
#define FRAKTOR_STALL_PERIODS_DEFAULT	100U

/* A lead and an accuracy are at most half a period, and a lead at most this. */
#define FRAKTOR_LEAD_MAX_NS		1000000U

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
 * @slots: slots of this file's ring, a power of two; 0 if it has one.
 * @source: zero on the way in; id of the source on the way out.
 * @flags: FRAKTOR_SOURCE_F_*.
 * @driver: enum fraktor_driver_kind.
 * @stall_periods: the event "reader-stalled" is sent when a reader has
 *	consumed nothing for so many periods although there was something;
 *	looked at ten times a second.  0: FRAKTOR_STALL_PERIODS_DEFAULT.
 * @phase_ns: with FRAKTOR_SOURCE_F_ALIGN, less than the period; else zero.
 * @late_ns: lateness from which a tick is late.  0: one period.
 * @drift_ppb: drift over one second, in parts per 10^9, beyond which the
 *	event "drift" is sent.  0: FRAKTOR_DRIFT_PPB_DEFAULT.
 * @lead_ns: the interrupt, and with it the record and the wake-up, comes so
 *	long before the deadline, so that the reader is running by then.  Who
 *	reads such a source holds records back until their deadlines: see
 *	FRAKTOR_TICK_F_LEAD and FRAKTOR_ATTACH_F_LEAD; this file says with it
 *	that it does.  At most half the period and FRAKTOR_LEAD_MAX_NS; not
 *	with CLOCK_TAI, which can be set back.  0: none.
 * @accuracy_ns: the interrupt may come so much later than it could, if others
 *	of its CPU come then: fewer interrupts and wake-ups for all of them.  At
 *	most half the period; not together with @lead_ns.  0: on time.
 * @reserved: zero.
 *
 * A file makes one source at most.  Errors: -EINVAL, -EPERM (the period needs
 * CAP_SYS_RESOURCE), -ENODEV (the CPU is offline), -EEXIST (the name), -EBUSY
 * (this file made one already), -ENOSPC (too many sources, of all or of this
 * user), -EMFILE (the ring has FRAKTOR_MEMBERS_MAX sources), -ENOMEM
 * (RLIMIT_MEMLOCK included), -EOPNOTSUPP (the driver cannot be asked for).
 */
struct fraktor_create {
	__aligned_u64 period_ns;
	char name[FRAKTOR_NAME_LEN];
	__u32 clockid;
	__s32 cpu;
	__u32 missed;
	__u32 slots;
	__u32 source;
	__u32 flags;
	__u32 driver;
	__u32 stall_periods;
	__aligned_u64 phase_ns;
	__aligned_u64 late_ns;
	__aligned_u64 drift_ppb;
	__aligned_u64 lead_ns;
	__aligned_u64 accuracy_ns;
	__aligned_u64 reserved;
};

/* struct fraktor_attach, @flags */
/* This reader holds records with FRAKTOR_TICK_F_LEAD back until they are due. */
#define FRAKTOR_ATTACH_F_LEAD		(1U << 0)

/**
 * struct fraktor_attach - FRAKTOR_IOC_ATTACH: a source of another file, or of
 *	another driver, fills this file's ring too
 * @name: name of the source, or empty to attach by id.
 * @source: id of the source if @name is empty; written back.
 * @slots: slots of this file's ring, a power of two; 0 if it has one.
 * @flags: FRAKTOR_ATTACH_F_*.
 * @reserved: zero.
 *
 * A slow reader loses records of its own ring and harms nobody.  All sources
 * of a ring must have one clock.  Their records stand in the order in which
 * they arrived there: @fired_ns does not go back among sources of one CPU, and
 * among several CPUs by no more than the time from reading the clock to the
 * ring.
 *
 * A reader that does not know of FRAKTOR_ATTACH_F_LEAD would hand records out
 * early: it cannot attach to a source with a lead, and while it is attached the
 * source cannot be given one.
 *
 * Errors: -EINVAL (another clock included), -ENOENT (no such source), -EUSERS
 * (it has its fill of readers), -EALREADY (this ring has it), -EMFILE (the
 * ring has FRAKTOR_MEMBERS_MAX sources), -EBUSY (the file has a ring: @slots
 * must be 0), -ENOMEM (RLIMIT_MEMLOCK included), -EPROTONOSUPPORT (it has a
 * lead, and FRAKTOR_ATTACH_F_LEAD is missing).
 */
struct fraktor_attach {
	char name[FRAKTOR_NAME_LEN];
	__u32 source;
	__u32 slots;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct fraktor_detach - FRAKTOR_IOC_DETACH: have no more of a source
 * @source: its id.
 * @reserved: zero.
 *
 * Records that it left in the ring stay there.  Errors: -EINVAL, -ENOTCONN
 * (this ring does not have it), -EPERM (this file made it: close the file).
 */
struct fraktor_detach {
	__u32 source;
	__u32 reserved;
};

/* struct fraktor_set, @what: which of its fields count */
#define FRAKTOR_SET_PERIOD	(1ULL << 0)
#define FRAKTOR_SET_PHASE	(1ULL << 1)
#define FRAKTOR_SET_LATE	(1ULL << 2)
#define FRAKTOR_SET_DRIFT	(1ULL << 3)
#define FRAKTOR_SET_MISSED	(1ULL << 4)
#define FRAKTOR_SET_STALL	(1ULL << 5)
#define FRAKTOR_SET_FLAGS	(1ULL << 6)
#define FRAKTOR_SET_LEAD	(1ULL << 7)
#define FRAKTOR_SET_ACCURACY	(1ULL << 8)

/**
 * struct fraktor_set - FRAKTOR_IOC_SET: change a source, also while it runs
 * @what: FRAKTOR_SET_*.
 * @period_ns: as in struct fraktor_create.
 * @phase_ns: as there; with FRAKTOR_SOURCE_F_ALIGN only.
 * @late_ns: as there.
 * @drift_ppb: as there.
 * @missed: as there.
 * @stall_periods: as there.
 * @flags: as there: all of them.
 * @reserved: zero.
 * @lead_ns: as there; the file that sets it says with it that it holds records
 *	back.
 * @accuracy_ns: as there.
 *
 * Period and phase change at the next tick: it is the last one of the old
 * grid, and the first one of the new grid has FRAKTOR_TICK_F_CHANGED and
 * comes one new period after it or, aligned, at the first point of the new
 * grid behind it.  No tick is lost, none comes twice, none early.  Lead and
 * accuracy count from the tick after the next one on.  The rest counts at once.
 *
 * For the file that made the source.  Errors: -EINVAL, -ENOTCONN, -EPERM (not
 * the owner; the period needs CAP_SYS_RESOURCE), -ENOSPC (the CPU has its
 * fill of ticks), -EPROTONOSUPPORT (a lead, and a reader is attached that does
 * not hold records back: FRAKTOR_ATTACH_F_LEAD), -EOPNOTSUPP (a lead or an
 * accuracy, and the driver has no timer).
 */
struct fraktor_set {
	__aligned_u64 what;
	__aligned_u64 period_ns;
	__aligned_u64 phase_ns;
	__aligned_u64 late_ns;
	__aligned_u64 drift_ppb;
	__u32 missed;
	__u32 stall_periods;
	__u32 flags;
	__u32 reserved;
	__aligned_u64 lead_ns;
	__aligned_u64 accuracy_ns;
};

/**
 * struct fraktor_idle - FRAKTOR_IOC_IDLE: need no ticks for a while
 * @until_ns: ticks whose deadlines are before this, on the source's clock, need
 *	not be made; 0, or what has passed: all are needed again.
 * @reserved: zero.
 *
 * When it returns, a record stands for every deadline that has passed: the last
 * one may have been made by this call (FRAKTOR_TICK_F_ASKED).  The next one comes
 * at the first deadline not before @until_ns, within FRAKTOR_IDLE_MAX_NS, and
 * stands for all periods since (FRAKTOR_TICK_F_IDLE), none of which counts as
 * missed; with it, and after a FRAKTOR_IOC_START or SET, the line ticks every period
 * again.  The grid stays where it is, and meanwhile there is no interrupt.
 *
 * For the file that made the source.  Errors: -EINVAL, -ENOTCONN, -EPERM (not the
 * owner), -ESHUTDOWN (it does not tick), -EBUSY (others read it, too: it ticks
 * on), -EOPNOTSUPP (its driver has no timer).  When another file attaches, the line
 * ticks every period again.
 */
struct fraktor_idle {
	__aligned_u64 until_ns;
	__aligned_u64 reserved;
};

/* However long it is not needed, a line ticks so often. */
#define FRAKTOR_IDLE_MAX_NS	3600000000000ULL

/* Bytes of a driver's name, the terminating NUL included. */
#define FRAKTOR_DRIVER_LEN	16

/**
 * struct fraktor_info - FRAKTOR_IOC_INFO: the module, and this file's source:
 *	the one it made, else the first one it attached to
 * @abi_version: FRAKTOR_ABI_VERSION of the module.
 * @source: id of the source of this file; 0 if none, and then the fields
 *	from @period_ns on are zero, but for @sources_max_user.
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
 * @nr_members: sources that fill this file's ring.
 * @driver: name of the driver in effect: "hrtimer", "pulse".
 * @resolution_ns: resolution of that driver.
 * @started_ns: CLOCK_MONOTONIC of the last start, 0 before the first.
 * @ticks: ticks of the source since then.
 * @phase_ns: as in struct fraktor_create.
 * @late_ns: likewise.
 * @drift_ppb: likewise.
 * @flags: likewise.
 * @stall_periods: likewise.
 * @home_cpu: the CPU asked for; @cpu is the one in use.
 * @sources_max_user: sources that one user may have without CAP_SYS_RESOURCE.
 * @lead_ns: as in struct fraktor_create.
 * @accuracy_ns: likewise.
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
	__u32 nr_members;
	char driver[FRAKTOR_DRIVER_LEN];
	__aligned_u64 resolution_ns;
	__aligned_u64 started_ns;
	__aligned_u64 ticks;
	__aligned_u64 phase_ns;
	__aligned_u64 late_ns;
	__aligned_u64 drift_ppb;
	__u32 flags;
	__u32 stall_periods;
	__s32 home_cpu;
	__u32 sources_max_user;
	__aligned_u64 lead_ns;
	__aligned_u64 accuracy_ns;
};

/*
 * FRAKTOR_IOC_START makes the source tick, its first deadline one period
 * ahead or, aligned, at the next point of its grid; FRAKTOR_IOC_STOP ends
 * that, and when it returns no tick is in progress.  Both are for the file
 * that created the source.  Errors: -ENOTCONN (no source), -EPERM (not the
 * owner), -EALREADY; and to start: -ESHUTDOWN (it is dead),
 * -ENODEV (the CPU is offline), -ENOSPC (that CPU has its fill of ticks).
 *
 * FRAKTOR_IOC_WAIT sleeps like read(2) and copies nothing: for a reader that has
 * mapped its ring, the shortest way to sleep.  It returns how many records there
 * are, or -ESHUTDOWN if no source ticks and the ring is drained, -EBUSY if
 * another thread waits so or reads, -ECANCELED after FRAKTOR_IOC_WAKE, -EINTR,
 * -ENOTCONN.  It may return before the deadline of a record that came early.
 * FRAKTOR_IOC_WAKE ends, with -ECANCELED, the FRAKTOR_IOC_WAIT or blocking
 * read(2) that sleeps on this file, or else the next one that would sleep.
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
#define FRAKTOR_IOC_SET		_IOW(FRAKTOR_IOC_MAGIC, 0x05, struct fraktor_set)
#define FRAKTOR_IOC_DETACH	_IOW(FRAKTOR_IOC_MAGIC, 0x06, struct fraktor_detach)
#define FRAKTOR_IOC_WAIT	_IO(FRAKTOR_IOC_MAGIC, 0x07)
#define FRAKTOR_IOC_WAKE	_IO(FRAKTOR_IOC_MAGIC, 0x08)
#define FRAKTOR_IOC_IDLE	_IOW(FRAKTOR_IOC_MAGIC, 0x09, struct fraktor_idle)

/*
 * IORING_OP_URING_CMD: sqe->cmd_op is FRAKTOR_URING_CMD_WAIT, sqe->cmd holds
 * a struct fraktor_uring_wait (16 bytes: a normal SQE is enough).
 *
 * FRAKTOR_URING_CMD_CANCEL, its 16 bytes zero, ends this file's pending wait
 * with -ECANCELED; its own result is 0, or -ENOENT if no wait is pending.
 * IORING_OP_ASYNC_CANCEL does not find these commands on any kernel.
 *
 * The result of a wait:
 *   > 0		records in the ring
 *   0		nothing yet, wait again: where FRAKTOR_FEATURE_URING_CANCEL is
 *		missing, no command stays pending for more than
 *		FRAKTOR_URING_WAIT_BOUND_NS, and closing a descriptor of the
 *		file releases one too
 *   -ESHUTDOWN	the source does not tick and the ring is drained
 *   -ECANCELED	FRAKTOR_URING_CMD_CANCEL, or the ring ended
 *   -EBUSY	another wait is pending on this file
 *   -ENOTCONN	this file has no source
 *   -EINVAL	unknown operation or flags not zero
 */
#define FRAKTOR_URING_CMD_WAIT		1
#define FRAKTOR_URING_CMD_CANCEL	2

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

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fraktor.h - what the module's files share.
 *
 * A *source* is a tick line; it lives from FRAKTOR_IOC_CREATE to the last
 * close of the file that created it, and its memory as long as a reader is
 * attached.  A *reader* is an open file with its ring; it belongs to at most
 * one source, for good.
 *
 * Locks, outermost first:
 *   registry (source.c)		which sources exist
 *   reader->mutex			create, attach: reader->source is set once
 *   source->mutex			start and stop, in that order
 *   reader->read_mutex			one blocked read(2) at a time
 *   source->lock			raw, taken in hard interrupt: state,
 *					statistics, readers, rings, pending waits
 * Nothing below source->lock sleeps or takes a lock that could on PREEMPT_RT.
 */
#ifndef FRAKTOR_H
#define FRAKTOR_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcuwait.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "ring.h"
#include "stats.h"

struct io_uring_cmd;
struct user_struct;

/**
 * struct fraktor_source - a tick line
 * @lock: protects what the tick interrupt touches.
 * @timer: the line's timer, see driver_hrtimer.c.
 * @readers: struct fraktor_reader, attached, under @lock.
 * @period_ns: period.
 * @state: enum fraktor_state, under @lock.
 * @reason: enum fraktor_reason, under @lock.
 * @first: the next tick is the first since the start, under @lock.
 * @overflowed: an overflow waits to be reported, under @lock.
 * @overflow_ns: CLOCK_MONOTONIC before which no other is reported.
 * @stats: counters, under @lock.
 * @started_ns: CLOCK_MONOTONIC of the last start, 0 before, under @lock.
 * @stopped_ns: CLOCK_MONOTONIC of the last stop, under @lock.
 * @dropped: records dropped by readers that have gone, under @lock.
 * @nr_readers: length of @readers.
 * @id: key in the registry, fits the record's 16 bits.
 * @clockid: clock of deadlines.
 * @cpu: CPU of the interrupt.
 * @missed: enum fraktor_missed.
 * @mutex: serialises start and stop.
 * @ref: one for the owner, one for each reader.
 * @event_work: reports an overflow from process context.
 * @name: unique among living sources.
 */
struct fraktor_source {
	raw_spinlock_t lock;
	struct hrtimer timer;
	struct list_head readers;
	u64 period_ns;
	u32 state;
	u32 reason;
	bool first;
	bool overflowed;
	u64 overflow_ns;
	struct fraktor_stats stats;
	u64 started_ns;
	u64 stopped_ns;
	u64 dropped;

	u32 nr_readers;
	u32 id;
	u32 clockid;
	u32 cpu;
	u32 missed;
	struct mutex mutex;	/* start and stop */
	struct kref ref;
	struct work_struct event_work;
	char name[FRAKTOR_NAME_LEN];
};

/**
 * struct fraktor_area - the memory a reader maps
 * @base: meta page, consumer page, slots, one behind the other.
 * @meta_len: bytes of each part, whole pages.
 * @consumer_len: see @meta_len.
 * @data_len: see @meta_len.
 * @user: whom the pages are charged to, NULL if they are not.
 */
struct fraktor_area {
	void *base;
	size_t meta_len;
	size_t consumer_len;
	size_t data_len;
	struct user_struct *user;
};

/**
 * struct fraktor_reader - an open file
 * @ring: its ring, under @source->lock.
 * @node: in @source->readers.
 * @sleeper: the thread in read(2).
 * @poll: those in poll(2), epoll, io_uring's poll.
 * @command: the pending FRAKTOR_URING_CMD_WAIT; whoever takes it out, under
 *	@source->lock, completes it.
 * @command_defers: completing it takes sleeping locks on PREEMPT_RT.
 * @wake: wakes @poll, completes @command where the interrupt must not.
 * @deferred: @wake was queued at least once.
 * @bound: ends a wait that no tick ends in time.
 * @source: set once, released to lockless readers.
 * @owner: this file created @source.
 * @area: memory of @ring.
 * @mutex: serialises create and attach.
 * @read_mutex: admits one thread to read(2).
 */
struct fraktor_reader {
	struct fraktor_ring ring;
	struct list_head node;
	struct rcuwait sleeper;
	wait_queue_head_t poll;
	struct io_uring_cmd *command;
	bool command_defers;
	struct irq_work wake;
	bool deferred;
	struct timer_list bound;
	struct fraktor_source *source;
	bool owner;
	struct fraktor_area area;
	struct mutex mutex;	/* create and attach */
	struct mutex read_mutex;	/* one thread in read(2) */
};

/* limits.c */
#define FRAKTOR_PERIOD_FLOOR_NS	(10ULL * NSEC_PER_USEC)
#define FRAKTOR_PERIOD_MAX_NS	(3600ULL * NSEC_PER_SEC)
#define FRAKTOR_SLOTS_MIN	16U
#define FRAKTOR_SLOTS_CEILING	(1U << 24)	/* whatever max_slots says */
#define FRAKTOR_READERS_MAX	64U

int fraktor_limits_check_period(u64 period_ns);
int fraktor_limits_check_slots(u32 slots);
int fraktor_limits_get_source(void);
void fraktor_limits_put_source(void);
int fraktor_limits_get_rate(u32 cpu, u64 period_ns);
void fraktor_limits_put_rate(u32 cpu, u64 period_ns);
void fraktor_limits_info(struct fraktor_info *info);
int fraktor_limits_charge(size_t bytes, struct user_struct **ret_user);
void fraktor_limits_uncharge(size_t bytes, struct user_struct *user);

/* source.c */
struct fraktor_source *fraktor_source_new(const struct fraktor_create *create);
void fraktor_source_unref(struct fraktor_source *source);
struct fraktor_source *fraktor_source_get(const char *name, u32 id);
struct fraktor_source *fraktor_source_next(u32 *id);
int fraktor_source_attach(struct fraktor_source *source,
			  struct fraktor_reader *reader);
void fraktor_source_detach(struct fraktor_source *source,
			   struct fraktor_reader *reader);
int fraktor_source_start(struct fraktor_source *source);
int fraktor_source_stop(struct fraktor_source *source, u32 reason);
void fraktor_source_kill(struct fraktor_source *source);
void fraktor_source_tick(struct fraktor_source *source, u64 deadline_ns,
			 u64 fired_ns, u64 periods);
u64 fraktor_source_dropped(struct fraktor_source *source);

/* driver_hrtimer.c */
bool fraktor_hrtimer_knows_clock(u32 clockid);
void fraktor_hrtimer_init(struct fraktor_source *source);
int fraktor_hrtimer_start(struct fraktor_source *source);
void fraktor_hrtimer_stop(struct fraktor_source *source);

/* area.c */
int fraktor_area_init(struct fraktor_area *area, u32 slots);
void fraktor_area_fini(struct fraktor_area *area);
void fraktor_area_ring(struct fraktor_area *area, struct fraktor_ring *ring,
		       u32 slots);
int fraktor_area_mmap(struct fraktor_area *area, struct vm_area_struct *vma);

/* reader.c */
struct fraktor_reader *fraktor_reader_new(void);
void fraktor_reader_free(struct fraktor_reader *reader);
struct fraktor_source *fraktor_reader_source(struct fraktor_reader *reader);
int fraktor_reader_create(struct fraktor_reader *reader,
			  struct fraktor_create *create);
int fraktor_reader_attach(struct fraktor_reader *reader,
			  struct fraktor_attach *attach);
int fraktor_reader_state(struct fraktor_reader *reader);
ssize_t fraktor_reader_pop(struct fraktor_reader *reader,
			   struct fraktor_tick *ret_ticks, size_t n);

/* wait.c */
void fraktor_wait_init(struct fraktor_reader *reader);
void fraktor_wait_fini(struct fraktor_reader *reader);
void fraktor_wait_wake(struct fraktor_reader *reader);
void fraktor_wait_defer(struct fraktor_reader *reader);
int fraktor_wait_read(struct fraktor_reader *reader, bool nonblock);
__poll_t fraktor_wait_poll(struct fraktor_reader *reader, struct file *file,
			   struct poll_table_struct *table);

/* uring.c */
#define FRAKTOR_FEATURES						\
	(FRAKTOR_FEATURE_URING_WAIT |					\
	 (IS_ENABLED(CONFIG_PREEMPT_RT) ? FRAKTOR_FEATURE_RT : 0))

int fraktor_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags);
void fraktor_uring_complete(struct fraktor_reader *reader);
void fraktor_uring_release(struct fraktor_reader *reader);
void fraktor_uring_bound(struct timer_list *timer);

/* chardev.c */
int fraktor_chardev_init(void);
void fraktor_chardev_exit(void);

/* genl.c */
int fraktor_genl_init(void);
void fraktor_genl_exit(void);
extern struct genl_family fraktor_genl_family;

/* event.c */
void fraktor_event_send(struct fraktor_source *source, u32 type);
void fraktor_event_work(struct work_struct *work);

#endif /* FRAKTOR_H */

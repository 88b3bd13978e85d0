/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fraktor.h - what the module's files share.
 *
 * A *source* is a tick line; a user's lives from FRAKTOR_IOC_CREATE to the
 * last close of the file that made it, a driver's from fraktor_pulse_register()
 * to fraktor_pulse_unregister(), and its memory as long as a reader is linked.
 * A *reader* is an open file with its ring.  A *link* lets one source fill one
 * ring; a source has many, a reader has up to FRAKTOR_MEMBERS_MAX.
 *
 * Locks, outermost first:
 *   reader->mutex		create, attach, detach: reader->links
 *   CPU hotplug (read)		CPUs stay while a line starts, stops or moves
 *   registry (registry.c)	which sources exist
 *   source->mutex		start, stop, move and change, in that order
 *   source->event_mutex		events leave in the order in which they happened
 *   reader registry (reader.c)	which readers exist
 *   reader->read_mutex		one sleeping thread at a time
 *   waker_mutex (waker.c)	who wakes what the interrupt could not
 *   source->lock		raw, taken in hard interrupt: state, grid,
 *				statistics, source->links
 *   reader->lock		raw, inside source->lock: ring, meta page, waits
 * Nothing below source->lock sleeps or takes a lock that could on PREEMPT_RT.
 */
#ifndef FRAKTOR_H
#define FRAKTOR_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <linux/fraktor.h>
#include <linux/fraktor_netlink.h>

#include "driver.h"
#include "grid.h"
#include "load.h"
#include "ring.h"
#include "stats.h"

struct io_uring_cmd;
struct netlink_ext_ack;
struct user_struct;

/**
 * struct fraktor_tuning - what can be changed of a source
 * @period_ns: 0 for a pulsed line without one.
 * @phase_ns: with FRAKTOR_SOURCE_F_ALIGN.
 * @late_ns: 0: one period.
 * @drift_ppb: budget; 0: FRAKTOR_DRIFT_PPB_DEFAULT.
 * @missed: enum fraktor_missed.
 * @stall_periods: 0: FRAKTOR_STALL_PERIODS_DEFAULT.
 * @flags: FRAKTOR_SOURCE_F_*.
 * @lead_ns: the timer expires so long before a deadline.
 * @accuracy_ns: and may do so this much later.
 */
struct fraktor_tuning {
	u64 period_ns;
	u64 phase_ns;
	u64 late_ns;
	u64 drift_ppb;
	u32 missed;
	u32 stall_periods;
	u32 flags;
	u64 lead_ns;
	u64 accuracy_ns;
};

/**
 * struct fraktor_source - a tick line
 * @timer: for driver_hrtimer.c; first, so that no pointer has to be made of it.
 * @line: for driver_pulse.c.
 * @lock: protects what the tick interrupt touches.
 * @driver: what makes the ticks.
 * @grid: when they are due, under @lock.
 * @tuning: under @lock.
 * @links: struct fraktor_link, under @lock.
 * @state: enum fraktor_state, under @lock.
 * @reason: enum fraktor_reason, under @lock.
 * @stop_reason: the same of the last stop, whatever came since.
 * @flags: FRAKTOR_TICK_F_* for the next record, under @lock; @plain_ns is 0
 *	then.
 * @plain_ns: a tick that is less late than this is like most: the source runs,
 *	nothing has changed and nothing is to be told but the tick.  0: look
 *	closely.
 * @held_ns: first deadline not told yet, if @held, under @lock.
 * @held: periods passed and not told yet: skipped, or widened pulses.
 * @held_ticks: late ticks in a row that were not told.
 * @widened_ns: CLOCK_MONOTONIC when @grid was widened or narrowed last.
 * @timed_ns: how long the last tick took that was timed.
 * @notes: BIT(enum fraktor_event) that wait to be sent, under @lock.
 * @starting: they wait until the start has been told, under @lock.
 * @quiet_ns: CLOCK_MONOTONIC before which no other overflow is reported.
 * @stats: counters, under @lock.
 * @last_ns: CLOCK_MONOTONIC of the last tick, or of the start.
 * @started_ns: CLOCK_MONOTONIC of the last start, 0 before, under @lock.
 * @stopped_ns: CLOCK_MONOTONIC of the last stop, under @lock.
 * @dropped: records dropped by readers that have gone, under @lock.
 * @moves: changes of the CPU.
 * @suspends: suspends of the system.
 * @slept_ns: how long the last one took.
 * @nr_links: length of @links.
 * @nr_unled: those whose reader does not hold early records back; grows under
 *	@mutex and @lock, shrinks under @lock.
 * @id: key in the registry, fits the record's 16 bits.
 * @clockid: clock of deadlines.
 * @cpu: CPU of the interrupt, under @mutex.
 * @home_cpu: CPU asked for.
 * @mutex: serialises start, stop, move and change.
 * @armed: the driver was started and not stopped since, under @mutex.
 * @rate_ns: period that is accounted to @cpu while @armed, under @mutex.
 * @users: links to a pulsed line, under @mutex.
 * @owner_died: the process that made it has begun to exit.
 * @shown: others find it.
 * @pid: the process that made it, NULL for a driver's line.
 * @uid: whose it is.
 * @ref: one for the owner, one for each link.
 * @event_mutex: serialises taking @notes and sending events.
 * @event_work: sends @notes, and settles a line that stopped by itself.
 * @name: unique among living sources.
 */
struct fraktor_source {
	union {
		struct hrtimer timer;
		struct fraktor_pulse_line line;
	};
	raw_spinlock_t lock;
	const struct fraktor_driver *driver;
	struct fraktor_grid grid;
	struct fraktor_tuning tuning;
	struct hlist_head links;
	u32 state;
	u32 reason;
	u32 stop_reason;
	u16 flags;
	u64 plain_ns;
	u64 held_ns;
	u64 held;
	u32 held_ticks;
	u64 widened_ns;
	u64 timed_ns;
	unsigned long notes;
	bool starting;
	u64 quiet_ns;
	struct fraktor_stats stats;
	u64 last_ns;
	u64 started_ns;
	u64 stopped_ns;
	u64 dropped;
	u64 moves;
	u64 suspends;
	u64 slept_ns;

	u32 nr_links;
	u32 nr_unled;
	u32 id;
	u32 clockid;
	u32 cpu;
	u32 home_cpu;
	struct mutex mutex;	/* start, stop, move, change */
	bool armed;
	u64 rate_ns;
	u32 users;
	bool owner_died;
	bool shown;
	struct pid *pid;
	kuid_t uid;
	struct kref ref;
	struct mutex event_mutex;	/* taking notes and sending events */
	struct work_struct event_work;
	char name[FRAKTOR_NAME_LEN];
};

/**
 * struct fraktor_link - one source fills one ring
 * @source_node: in @source->links, under its lock.
 * @source: the source, referenced.
 * @reader: the reader.
 * @reader_node: in @reader->links, under its mutex and its lock.
 * @member: entry of the ring's meta page, under @reader->lock.
 * @dropped: records that this source's overwrote, under @source->lock.
 * @running: the source ticks, as far as the reader was told.
 * @prompt: it does so often enough to bound a wait, see uring.c.
 * @stall_ns: how long a reader may consume nothing.
 * @led: the reader holds early records back, under the source's lock.
 */
struct fraktor_link {
	struct hlist_node source_node;
	struct fraktor_source *source;
	struct fraktor_reader *reader;
	struct list_head reader_node;
	struct fraktor_member *member;
	u64 dropped;
	bool running;
	bool prompt;
	u64 stall_ns;
	bool led;
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
 * @lock: protects the ring, its pages and who waits for it.
 * @ring: its ring.
 * @links: struct fraktor_link, changed under @mutex and @lock.
 * @nr_links: length of @links.
 * @nr_running: links whose source ticks, under @lock.
 * @nr_prompt: links that bound a wait, under @lock.
 * @led: one of its sources may, or might once, make early records.
 * @wakeups: how often who waits was woken, under @lock.
 * @woken: FRAKTOR_IOC_WAKE ends the sleep in progress, or the next one.
 * @sleeper: the thread that sleeps in read(2) or FRAKTOR_IOC_WAIT; whoever
 *	takes it out wakes it.
 * @others: somebody has ever waited in another way: look at the next two.
 * @poll: those in poll(2), epoll, io_uring's poll.
 * @command: the pending FRAKTOR_URING_CMD_WAIT; whoever takes it out, under
 *	@lock, completes it.
 * @command_defers: completing it takes sleeping locks on PREEMPT_RT.
 * @wake_node: in the waker's list, which wakes @poll and completes @command
 *	where the interrupt must not.
 * @deferred: it is in that list; set under @lock.
 * @bound: ends a wait that no tick ends in time.
 * @ready: the ring is there; released to lockless callers.
 * @own: the source this file made.
 * @area: memory of @ring.
 * @mutex: serialises create, attach and detach.
 * @read_mutex: admits one thread to read(2) and FRAKTOR_IOC_WAIT.
 * @id: key in the reader registry.
 * @pid: the process that made the ring.
 * @uid: its user.
 * @watched: records consumed when the watchdog last looked.
 * @watched_ns: CLOCK_MONOTONIC when it last moved or nothing was there.
 * @stalled: the watchdog said so.
 */
struct fraktor_reader {
	raw_spinlock_t lock;
	struct fraktor_ring ring;
	struct list_head links;
	u32 nr_links;
	u32 nr_running;
	u32 nr_prompt;
	bool led;
	u64 wakeups;
	bool woken;
	struct task_struct *sleeper;
	bool others;
	wait_queue_head_t poll;
	struct io_uring_cmd *command;
	bool command_defers;
	struct llist_node wake_node;
	unsigned int deferred;
	struct timer_list bound;
	bool ready;
	struct fraktor_source *own;
	struct fraktor_area area;
	struct mutex mutex;	/* create, attach, detach */
	struct mutex read_mutex;	/* one thread in read(2) */
	u32 id;
	struct pid *pid;
	kuid_t uid;
	u64 watched;
	u64 watched_ns;
	bool stalled;
};

/* limits.c */
#define FRAKTOR_PERIOD_FLOOR_NS	(10ULL * NSEC_PER_USEC)
#define FRAKTOR_PERIOD_MAX_NS	(3600ULL * NSEC_PER_SEC)
#define FRAKTOR_SLOTS_MIN	16U
#define FRAKTOR_SLOTS_CEILING	(1U << 24)	/* whatever max_slots says */
#define FRAKTOR_READERS_MAX	64U

int fraktor_limits_check_period(u64 period_ns);
int fraktor_limits_check_slots(u32 slots);
int fraktor_limits_get_source(kuid_t uid, bool privileged);
void fraktor_limits_put_source(kuid_t uid);
int fraktor_limits_get_rate(u32 cpu, u64 period_ns);
void fraktor_limits_put_rate(u32 cpu, u64 period_ns);
int fraktor_limits_change_rate(u32 cpu, u64 old_ns, u64 period_ns);
u32 fraktor_limits_max_load(void);
void fraktor_limits_info(struct fraktor_info *info);
int fraktor_limits_charge(size_t bytes, struct user_struct **ret_user);
void fraktor_limits_uncharge(size_t bytes, struct user_struct *user);

/* registry.c */
bool fraktor_registry_name_is_valid(const char *name);
int fraktor_registry_add(struct fraktor_source *source);
void fraktor_registry_show(struct fraktor_source *source);
void fraktor_registry_remove(struct fraktor_source *source);
struct fraktor_source *fraktor_registry_get(const char *name, u32 id);
struct fraktor_source *fraktor_registry_next(u32 *id);
void fraktor_registry_each(void (*fn)(struct fraktor_source *source, void *data),
			   void *data);

/* source.c */
extern atomic_t fraktor_source_armed;

struct fraktor_source *fraktor_source_new(const struct fraktor_create *create);
void fraktor_source_publish(struct fraktor_source *source);
struct fraktor_source *fraktor_source_new_line(const struct fraktor_pulse_line *line);
void fraktor_source_unref(struct fraktor_source *source);
int fraktor_source_start(struct fraktor_source *source);
int fraktor_source_stop(struct fraktor_source *source, u32 reason);
int fraktor_source_stop_held(struct fraktor_source *source, u32 reason);
void fraktor_source_kill(struct fraktor_source *source, u32 reason);
void fraktor_source_settle(struct fraktor_source *source);
int fraktor_source_use(struct fraktor_source *source);
void fraktor_source_unuse(struct fraktor_source *source);
void fraktor_source_end(struct fraktor_source *source, u32 reason);
void fraktor_source_note(struct fraktor_source *source, u32 event);

/* tune.c */
int fraktor_tune_check(const struct fraktor_source *source,
		       const struct fraktor_tuning *tuning,
		       const struct fraktor_tuning *old);
void fraktor_tune_apply(struct fraktor_source *source,
			const struct fraktor_tuning *tuning);
int fraktor_tune_set(struct fraktor_source *source, const struct fraktor_set *set);
u64 fraktor_tune_late_ns(const struct fraktor_source *source);

/* link.c */
int fraktor_link_new(struct fraktor_source *source,
		     struct fraktor_reader *reader, bool led);
void fraktor_link_lead(struct fraktor_link *link);
void fraktor_link_free(struct fraktor_link *link);
struct fraktor_link *fraktor_link_find(struct fraktor_reader *reader,
				       const struct fraktor_source *source,
				       u32 id);
void fraktor_link_publish(struct fraktor_link *link);
void fraktor_link_publish_all(struct fraktor_source *source);
u64 fraktor_link_dropped(struct fraktor_source *source);

/* tick.c; the plain tick is in tick.h */
void fraktor_tick_make_room(struct fraktor_source *source,
			    struct fraktor_link *link);
void fraktor_tick_trace(u64 deadline_ns, u64 fired_ns, u32 periods, u16 source,
			u16 flags);
u64 fraktor_tick_plain_settle(struct fraktor_source *source);
u64 fraktor_tick_special(struct fraktor_source *source, u64 now_ns,
			 u64 begin_ns);
void fraktor_tick_idle(struct fraktor_source *source, u64 now_ns, u64 until_ns);
void fraktor_tick_share(struct fraktor_source *source);
void fraktor_tick_settle(struct fraktor_source *source);
void fraktor_tick_pulse(struct fraktor_source *source, u64 now_ns);
void fraktor_tick_make(struct fraktor_source *source, u64 deadline_ns,
		       u64 fired_ns, u64 periods);
void fraktor_tick_remark(struct fraktor_source *source, u16 flag);

/* idle.c */
int fraktor_idle_set(struct fraktor_source *source, u64 until_ns);
void fraktor_idle_end(struct fraktor_source *source);
void fraktor_idle_ended(struct fraktor_source *source);
void fraktor_idle_joined(struct fraktor_source *source);

/* driver_hrtimer.c, driver_pulse.c */
extern const struct fraktor_driver fraktor_hrtimer_driver;
extern const struct fraktor_driver fraktor_pulse_driver;

/* area.c */
int fraktor_area_init(struct fraktor_area *area, u32 slots);
void fraktor_area_fini(struct fraktor_area *area);
void fraktor_area_ring(struct fraktor_area *area, struct fraktor_ring *ring,
		       u32 slots);
int fraktor_area_mmap(struct fraktor_area *area, struct vm_area_struct *vma);

/* reader.c */
struct fraktor_reader *fraktor_reader_new(void);
void fraktor_reader_flush(struct fraktor_reader *reader);
void fraktor_reader_free(struct fraktor_reader *reader);
bool fraktor_reader_is_ready(struct fraktor_reader *reader);
int fraktor_reader_create(struct fraktor_reader *reader,
			  struct fraktor_create *create);
int fraktor_reader_attach(struct fraktor_reader *reader,
			  struct fraktor_attach *attach);
int fraktor_reader_detach(struct fraktor_reader *reader,
			  const struct fraktor_detach *detach);
void fraktor_reader_lead(struct fraktor_reader *reader);
ssize_t fraktor_reader_pop(struct fraktor_reader *reader,
			   struct fraktor_tick *ret_ticks, size_t n);
int fraktor_reader_each(u32 *id, int (*fn)(struct fraktor_reader *reader, void *data),
			void *data);

/* hold.c */
bool fraktor_hold_is_early(const struct fraktor_reader *reader);
int fraktor_hold_wait(struct fraktor_reader *reader);

/**
 * fraktor_reader_state() - what a wait on this file comes to now
 * @reader: it is ready.
 *
 * Return: the number of records there are, -ESHUTDOWN if there is none and
 * none will come, 0 if it is worth waiting.
 */
static inline int fraktor_reader_state(struct fraktor_reader *reader)
{
	/*
	 * The state first: a source that stops after this has put its last
	 * record in before.  Pairs with the release in link.c.
	 */
	u32 state = smp_load_acquire(&reader->ring.meta->state);
	u64 available = fraktor_ring_available(&reader->ring);

	/* As many as there are slots, or a few more that come meanwhile. */
	if (available)
		return (int)available;
	return state == FRAKTOR_STATE_RUNNING ? 0 : -ESHUTDOWN;
}

/* clock.c */
u64 fraktor_clock_now_ns(u32 clockid);
void fraktor_clock_init(struct fraktor_meta *meta);
void fraktor_clock_resumed(struct fraktor_meta *meta, u64 suspended_ns,
			   u64 slept_ns);
s64 fraktor_clock_boottime_offset_ns(void);

/* waker.c */
int fraktor_waker_init(void);
void fraktor_waker_exit(void);
void fraktor_waker_queue(struct fraktor_reader *reader);
void fraktor_waker_sync(struct fraktor_reader *reader);

/* wait.c; what a tick does is in wait.h */
void fraktor_wait_init(struct fraktor_reader *reader);
void fraktor_wait_fini(struct fraktor_reader *reader);
void fraktor_wait_wake_others(struct fraktor_reader *reader);
void fraktor_wait_wake_deferred(struct fraktor_reader *reader);
int fraktor_wait_read(struct fraktor_reader *reader, bool nonblock);
long fraktor_wait_sleep(struct fraktor_reader *reader);
void fraktor_wait_release(struct fraktor_reader *reader);
__poll_t fraktor_wait_poll(struct fraktor_reader *reader, struct file *file,
			   struct poll_table_struct *table);

/* uring.c */
u64 fraktor_uring_features(void);
int fraktor_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags);
void fraktor_uring_release(struct fraktor_reader *reader);
void fraktor_uring_bound(struct timer_list *timer);

/* chardev.c, ioctl.c */
int fraktor_chardev_init(void);
void fraktor_chardev_exit(void);
long fraktor_ioctl(struct file *file, unsigned int cmd, unsigned long user_arg);

/* genl.c, genl_source.c, genl_reader.c */
extern struct genl_family fraktor_genl_family;
int fraktor_genl_init(void);
void fraktor_genl_exit(void);
void fraktor_genl_send_metrics(void);

/* event.c */
extern struct workqueue_struct *fraktor_workqueue;

int fraktor_event_init(void);
void fraktor_event_exit(void);
void fraktor_event_queue(struct fraktor_source *source);
void fraktor_event_work(struct work_struct *work);
void fraktor_event_flush(struct fraktor_source *source);
void fraktor_event_send(struct fraktor_source *source, u32 type);
void fraktor_event_send_reader(struct fraktor_reader *reader, u32 type,
			       u64 behind);

/* watch.c, hotplug.c, pm.c */
void fraktor_watch_kick(void);
bool fraktor_watch_sleeps(void);
void fraktor_watch_exit(void);
int fraktor_hotplug_init(void);
void fraktor_hotplug_exit(void);
int fraktor_pm_init(void);
void fraktor_pm_exit(void);

#endif /* FRAKTOR_H */

/* SPDX-License-Identifier: MIT */
/*
 * fraktor/tick.h - ticks, the drivers that make them, and how well they do.
 *
 * The runtime has no clock: time moves only as ticks that a driver puts into
 * its feed.  Every driver is one const table of functions; the application
 * names one and nothing else in it changes when that name does.
 */
#ifndef FRK_TICK_H
#define FRK_TICK_H

#include <fraktor/base.h>

FRK_BEGIN_DECLS

/**
 * struct frk_tick - one tick as the reader gets it
 * @seq: number of the tick in its feed, from 1; a gap is a dropped tick.
 * @deadline_ns: when it was due: the first period it stands for.
 * @fired_ns: when the driver saw it, never before the last of them was due, but
 *	for FRK_TICK_LEAD.
 * @periods: periods it stands for; 1 when none was missed.  0: not a tick but
 *	a note in the line's history, which @flags names and which happened at
 *	@fired_ns; it is no part of logical time nor of any statistics.
 * @driver: id of the driver's tick line.
 * @flags: FRK_TICK_*; ignore those you do not know.
 *
 * Times are on the clock that the driver was opened with.  Logical time after
 * a tick is @deadline_ns + (@periods - 1) * period.
 */
struct frk_tick {
	uint64_t seq;
	uint64_t deadline_ns;
	uint64_t fired_ns;
	uint32_t periods;
	uint16_t driver;
	uint16_t flags;
};

#define FRK_TICK_FIRST (1U << 0)   /* first after a start */
#define FRK_TICK_MISSED (1U << 1)  /* stands for more than one period */
#define FRK_TICK_LATE (1U << 2)	   /* as late as the line's threshold, or more */
#define FRK_TICK_BURST (1U << 3)   /* one of several made at once */
#define FRK_TICK_CHANGED (1U << 4) /* first with a new period or phase */
#define FRK_TICK_MOVED (1U << 5)   /* first on another CPU */
#define FRK_TICK_WIDENED (1U << 6) /* periods were passed over: overload */
#define FRK_TICK_SUSPEND (1U << 7) /* a note: the system is about to suspend */
#define FRK_TICK_RESUME (1U << 8)  /* a note: it has resumed */
#define FRK_TICK_LEAD (1U << 9)	   /* made early, and handed out when it was due */
#define FRK_TICK_IDLE (1U << 10)   /* periods were passed over: none was needed */
#define FRK_TICK_ASKED (1U << 11)  /* made by frk_line_idle(): its lateness is nobody's */
/* A note: one of several drivers has ended, and the others go on; no line of the
 * module says so. */
#define FRK_TICK_ENDED (1U << 15)

/* Sources of ticks. */
enum frk_driver_kind {
	FRK_DRIVER_KERNEL = 1,	/* /dev/fraktor: a hard interrupt timer */
	FRK_DRIVER_TIMERFD = 2, /* user space: a timerfd and a thread */
	FRK_DRIVER_CUSTOM = 3,	/* anything the application brings */
	FRK_DRIVER_NANOSLEEP = 4, /* user space: a thread that sleeps */
	FRK_DRIVER_PULSE = 5,	/* what the program pushes */
	FRK_DRIVER_FUSED = 6,	/* several drivers, one feed */
};

/*
 * What an application wants of its ticks; the library picks the means: how the
 * reader waits, lead, accuracy, and says in &frk_driver_info.choice what it
 * picked and why.  Documentation/latency.rst has what each costs.
 */
enum frk_latency {
	FRK_LATENCY_DEFAULT = 0,   /* io_uring, on time, nothing spent on it */
	FRK_LATENCY_POWERSAVE = 1, /* few wake-ups: ticks may come together, late */
	FRK_LATENCY_BALANCED = 2,  /* the shortest way to sleep */
	FRK_LATENCY_LOW = 3,	   /* woken early, spins the rest: some of a CPU */
	FRK_LATENCY_LOWEST = 4,	   /* much of a CPU; all of it, if that is isolated */
};

/* How the reader waits, for who wants to pick that himself. */
enum frk_wait {
	FRK_WAIT_AUTO = 0,   /* as the latency asked for has it */
	FRK_WAIT_URING = 1,  /* io_uring */
	FRK_WAIT_POLL = 2,   /* poll(2) */
	FRK_WAIT_BLOCK = 3,  /* sleeps in the device, by ioctl(2) */
	FRK_WAIT_SPIN = 4,   /* does not: looks at the ring, no system call at all */
	FRK_WAIT_HYBRID = 5, /* sleeps until shortly before, then spins */
};

/* Lead in options: calibrated while the line runs; or none, whatever else. */
#define FRK_LEAD_AUTO UINT64_MAX
#define FRK_LEAD_NONE (UINT64_MAX - 1)

struct frk_tick_feed;

struct frk_driver_ops;

/* Drivers that can be fused into one feed. */
#define FRK_MEMBERS_MAX 8U

/**
 * struct frk_driver_member - one of several drivers that fill one feed
 * @driver: its table, borrowed.
 * @period_ns: its period; 0 for that of the whole.
 * @cpu: 0 for that of the whole, or FRK_CPU(n).
 * @feed: as in struct frk_driver_opts.
 */
struct frk_driver_member {
	const struct frk_driver_ops *driver;
	uint64_t period_ns;
	uint32_t cpu;
	struct frk_tick_feed *feed;
};

/**
 * struct frk_driver_opts - a tick line as it is wanted: everything not named
 *	is zero; a driver gets it with the defaults filled in
 * @size: sizeof of the caller's structure: use FRK_DRIVER_OPTS().
 * @name: name of the tick line, for operators; NULL for "fraktor-<pid>".
 * @period_ns: period; the driver refuses what it cannot do with -ERANGE.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI; 0 (which would be
 *	CLOCK_REALTIME) stands for CLOCK_MONOTONIC.
 * @cpu: 0 or FRK_CPU(n).
 * @slots: ticks its feed holds, a power of two; 0 for 1024.
 * @rt_priority: SCHED_FIFO priority for threads the driver starts, 0 for none.
 * @latency: what is wanted; the members below, where they are not 0, overrule
 *	what it implies.
 * @wait: how the reader waits.
 * @lead_ns: ticks are made so long before they are due, so that the reader runs
 *	by then; drain holds them back.  FRK_LEAD_AUTO, FRK_LEAD_NONE, or a
 *	number, at most half a period and a millisecond.
 * @accuracy_ns: how late a tick may be to share an interrupt with another line;
 *	at most half a period, not together with a lead.
 * @spin_max_ppm: share of a CPU that may be spent on waiting for deadlines, in
 *	parts per million: what FRK_LEAD_AUTO and FRK_WAIT_HYBRID keep to, on
 *	average.  0: as the latency has it.
 * @feed: where the driver "pulse" takes its ticks from; others ignore it.
 * @members: what the driver "fused" is made of; copied.  The number of a tick's
 *	driver is its place here, from 1.
 * @members_n: how many, at most FRK_MEMBERS_MAX.
 * @align: not zero: deadlines are multiples of the period on the clock, so that lines
 *	tick together, and the first one may lie less than a period ahead; a driver whose
 *	ticks come from elsewhere ignores it.
 */
struct frk_driver_opts {
	size_t size;
	const char *name;
	uint64_t period_ns;
	int clockid;
	uint32_t cpu;
	uint32_t slots;
	int rt_priority;
	enum frk_latency latency;
	enum frk_wait wait;
	uint64_t lead_ns;
	uint64_t accuracy_ns;
	uint32_t spin_max_ppm;
	struct frk_tick_feed *feed;
	const struct frk_driver_member *members;
	size_t members_n;
	int align;
};

#define FRK_DRIVER_OPTS(...) \
	{ .size = sizeof(struct frk_driver_opts), __VA_ARGS__ }

/**
 * struct frk_driver_info - the driver in effect (R3.6)
 * @name: "kernel", "timerfd", ...
 * @kind: what it is.
 * @path: how the reader waits: "io_uring uring_cmd", "poll", "eventfd".
 * @version: version of the kernel module, or of the library.
 * @note: why @path is not the best one, in words; empty if it is.
 * @resolution_ns: period of the tick line, now.
 * @start_ns: CLOCK_MONOTONIC when it was started, 0 before.
 * @ticks_total: ticks handed out so far.
 * @stopped: why the line ended without being asked to, in words; else empty.
 * @lead_ns: the lead in effect.
 * @accuracy_ns: the accuracy in effect.
 * @choice: what was picked for the latency asked for, and why, in words.
 * @why: of a system's driver: what was tried before it, and why that failed.
 */
struct frk_driver_info {
	char name[32];
	enum frk_driver_kind kind;
	char path[32];
	char version[32];
	char note[128];
	uint64_t resolution_ns;
	uint64_t start_ns;
	uint64_t ticks_total;
	char stopped[64];
	uint64_t lead_ns;
	uint64_t accuracy_ns;
	char choice[128];
	char why[160];
};

struct frk_metrics;

/**
 * struct frk_driver_ops - a tick driver
 * @size: sizeof of the table, so that it can grow.
 * @name: the name applications use; unique in a program.
 * @kind: FRK_DRIVER_*.
 * @state_size: bytes of private state; the caller allocates them, zeroed and
 *	aligned to 64, and passes them as @state to every call.
 * @open: acquire all that is needed, tick nothing yet.  May block.  On
 *	failure nothing is left behind and @error says which call failed.
 * @start: begin to tick; the first deadline lies one period ahead, or less with
 *	&frk_driver_opts.align.  Called
 *	once, after open.  On failure @error says why and nothing ticks.
 * @drain: take up to @n ticks and notes in arrival order, those with
 *	FRK_TICK_LEAD as early as they come: the caller holds them back.  Never blocks,
 *	never allocates, makes no system call while some are there.  Returns how
 *	many, 0 for none, -ESHUTDOWN when the line has stopped and is empty.
 * @wait: block until drain may return something, wake was called, or the
 *	line stopped; spurious returns are fine.  Only the one reader thread.
 *	Returns 0, or a negative errno when waiting itself broke.
 * @wake: make a wait in progress, or else the next one, return.  Any thread,
 *	async-signal-safe, never blocks.
 * @stop: no tick is made after it returns; what is in the feed stays there.
 *	Idempotent.  Any one thread, not concurrently with start or close.
 * @close: release everything; after stop or instead of start.  No other call
 *	may be in progress.
 * @info: describe the driver; @start_ns, @ticks_total, @lead_ns, @choice and
 *	@why are the caller's.  Any thread while open.
 * @dropped: ticks lost because the feed was full.  Any thread while open.
 * @set_lead: make ticks so long before they are due from now on; NULL: this
 *	driver cannot.  The reader thread, or before start.  0 or an errno.
 * @flags: FRK_DRIVER_*.
 * @member: describe one of the drivers that this one is made of, the first being 0;
 *	NULL: it is made of none.  Any thread while open.  0 or -ENOENT.
 * @idle: no tick is needed whose deadline is before @until_ns, on the line's clock;
 *	0: all are.  When it returns, a tick stands for each deadline that has passed:
 *	with FRK_TICK_IDLE for those that were not needed, with FRK_TICK_ASKED if this
 *	call made it.  The next one has FRK_TICK_IDLE, too, and ends it.  NULL: this
 *	driver ticks always.  The reader thread.  0 or an errno: then it ticks on.
 */
struct frk_driver_ops {
	size_t size;
	const char *name;
	enum frk_driver_kind kind;
	size_t state_size;
	int (*open)(void *state, const struct frk_driver_opts *opts,
		    struct frk_error *error);
	int (*start)(void *state, struct frk_error *error);
	int (*drain)(void *state, struct frk_tick *ret_ticks, size_t n);
	int (*wait)(void *state);
	void (*wake)(void *state);
	int (*stop)(void *state);
	void (*close)(void *state);
	void (*info)(const void *state, struct frk_driver_info *ret_info);
	uint64_t (*dropped)(const void *state);
	int (*set_lead)(void *state, uint64_t lead_ns);
	uint32_t flags;
	int (*member)(const void *state, unsigned int index,
		      struct frk_driver_info *ret_info,
		      struct frk_metrics *ret_metrics);
	int (*idle)(void *state, uint64_t until_ns);
};

/* In its flags: the driver's time is made up, and no clock tells it. */
#define FRK_DRIVER_SIMULATED (1U << 0)

/* The kernel module's tick line, drained through io_uring. */
FRK_API extern const struct frk_driver_ops frk_driver_kernel;
/* A timerfd in user space: any Linux, no module. */
FRK_API extern const struct frk_driver_ops frk_driver_timerfd;
/* A thread that sleeps until each deadline: any Linux, any clock, no timerfd. */
FRK_API extern const struct frk_driver_ops frk_driver_nanosleep;
/* Ticks that the program pushes into &frk_driver_opts.feed. */
FRK_API extern const struct frk_driver_ops frk_driver_pulse;

/*
 * Several drivers, &frk_driver_opts.members, in one feed, in the order in which
 * their ticks come; a thread for each.  It runs as long as one of them does; one that
 * ends leaves a note, FRK_TICK_ENDED, with its number.
 */
FRK_API extern const struct frk_driver_ops frk_driver_fused;

/**
 * frk_tick_feed_new() - what a program pushes ticks of its own into
 * @slots: ticks it holds, a power of two; 0 for 1024.  When it is full the
 *	oldest goes and is counted as dropped.
 * @ret_feed: the feed; unref it.  Untouched on failure.
 *
 * For the driver "pulse": name it in &frk_driver_opts.feed or
 * &frk_system_opts.feed, and push from wherever the ticks come.  One line reads a
 * feed at a time.  Allocates.
 *
 * Return: 0; -EINVAL; -ENOMEM; a negative errno of eventfd(2).
 */
FRK_API int frk_tick_feed_new(uint32_t slots, struct frk_tick_feed **ret_feed);

/**
 * frk_tick_feed_push() - a tick, now
 * @feed: the feed.
 *
 * Any thread, any number of them at once, async-signal-safe, a signal handler
 * that interrupts a push included.  Takes no lock, allocates nothing, and its work
 * does not depend on what is in the feed; a system call, a write to an eventfd,
 * only if the reader sleeps.  The time of the tick is CLOCK_MONOTONIC now; how
 * many ticks are missing before it is told from the line's nominal period, half a
 * period's lateness being none.
 *
 * Return: 0; -ESHUTDOWN if no line runs on this feed: the tick is ignored;
 * -EINVAL.
 */
FRK_API int frk_tick_feed_push(struct frk_tick_feed *feed);

/**
 * frk_tick_feed_fault() - what makes the ticks has failed: stop the line
 * @feed: the feed.
 *
 * Ticks that are in the feed are still handed out.  Any thread,
 * async-signal-safe.  Ignored if no line runs on this feed.
 */
FRK_API void frk_tick_feed_fault(struct frk_tick_feed *feed);

/**
 * frk_tick_feed_ref() - hold a feed
 * @feed: the feed, or NULL.
 *
 * Return: @feed.
 */
FRK_API struct frk_tick_feed *frk_tick_feed_ref(struct frk_tick_feed *feed);

/**
 * frk_tick_feed_unref() - let go of a feed; the last one frees it
 * @feed: the feed, or NULL.  A line that is open on it holds it, too.
 *
 * Return: NULL.
 */
FRK_API struct frk_tick_feed *frk_tick_feed_unref(struct frk_tick_feed *feed);

/* Priorities of the library's own drivers, among which "auto" chooses. */
#define FRK_PRIORITY_KERNEL 300
#define FRK_PRIORITY_TIMERFD 200
#define FRK_PRIORITY_NANOSLEEP 100

/* Drivers an application may add to a system's own. */
#define FRK_DRIVERS_MAX 12

/**
 * struct frk_driver_entry - a driver that a system may use
 * @driver: its table, borrowed.
 * @priority: "auto" takes the highest one that works; 0 for a driver that is used
 *	only by its name.
 */
struct frk_driver_entry {
	const struct frk_driver_ops *driver;
	int priority;
};

/**
 * frk_driver_find() - a built-in driver by name
 * @name: "kernel", "timerfd", "nanosleep", "pulse" or "fused".
 *
 * Return: its table, static, or NULL if there is none of that name.  Any
 * thread, never blocks.
 */
FRK_API const struct frk_driver_ops *frk_driver_find(const char *name);

/**
 * struct frk_metrics - how well a tick line does, seen from its reader; notes
 *	do not count.  Of several drivers in one feed, ticks, missed and lateness are
 *	those of all, periods, the last second and drift those of the first that came
 * @timestamp_ns: CLOCK_MONOTONIC of the snapshot.
 * @ticks_total: ticks handed out.
 * @periods_total: periods they stand for: logical time in periods.
 * @missed_total: periods without a tick of their own.
 * @dropped_total: ticks lost because the feed was full.
 * @ticks_last_second: ticks of the last whole second of the line.
 * @drift_ppb: rate against CLOCK_MONOTONIC since start, or since the period
 *	or phase changed, parts per 10^9, positive when the line is too slow.
 * @drift_last_second_ppb: the same over the last whole second.
 * @lateness_min_ns: deadline to hand-over to the reader, smallest.
 * @lateness_p50_ns: median.
 * @lateness_p99_ns: 99th percentile.
 * @lateness_max_ns: largest.
 * @lead_ns: the lead in effect.
 * @lead_ticks_total: ticks made with a lead.
 * @lead_hits_total: those handed out within a microsecond of their deadline by a
 *	reader that was there before it: the lead was long enough.
 * @spin_total_ns: time spent on holding ticks back.
 * @spin_mean_ns: the same for a tick made with a lead, on average.
 * @phase_error_ns: of the newest tick: when the driver saw it, less its deadline, the
 *	last one it stands for; negative for one that a lead brought before it.
 */
struct frk_metrics {
	uint64_t timestamp_ns;
	uint64_t ticks_total;
	uint64_t periods_total;
	uint64_t missed_total;
	uint64_t dropped_total;
	uint64_t ticks_last_second;
	int64_t drift_ppb;
	int64_t drift_last_second_ppb;
	uint64_t lateness_min_ns;
	uint64_t lateness_p50_ns;
	uint64_t lateness_p99_ns;
	uint64_t lateness_max_ns;
	uint64_t lead_ns;
	uint64_t lead_ticks_total;
	uint64_t lead_hits_total;
	uint64_t spin_total_ns;
	uint64_t spin_mean_ns;
	int64_t phase_error_ns;
};

/*
 * A tick line in use: a driver that was checked, opened and started, and is
 * accounted for tick by tick.
 */
struct frk_line;

/**
 * frk_line_open() - check and open a driver
 * @driver: the driver's table, borrowed until frk_line_close().
 * @opts: what to open it with; copied, the name too.
 * @error: where to say why not; may be NULL.
 * @ret_line: the line; close it.  Untouched on failure.
 *
 * Allocates the line and the driver's state; may block.  On failure nothing
 * is left behind.
 *
 * Return: 0; -EINVAL for an incomplete table, a period of 0, an unknown clock,
 * a CPU or priority out of range, slots not a power of two; -ENOMEM; what the
 * driver's open failed with.
 */
FRK_API int frk_line_open(const struct frk_driver_ops *driver,
			  const struct frk_driver_opts *opts,
			  struct frk_error *error, struct frk_line **ret_line);

/**
 * frk_line_start() - begin to tick
 * @line: an open line.
 * @error: where to say why not; may be NULL.
 *
 * A line that was started is left as it is, ticking or stopped: it starts
 * once.  Not concurrently with stop or close.
 *
 * Return: 0; -EALREADY if it was started before, successfully; what the
 * driver's start failed with, and then it may be tried again.
 */
FRK_API int frk_line_start(struct frk_line *line, struct frk_error *error);

/**
 * frk_line_drain() - take ticks in arrival order and account for them
 * @line: a started line.
 * @ret_ticks: room for @n ticks.
 * @n: how many at most, from 1.
 *
 * A tick that was made early (@lead_ns of the options) is held back until it is
 * due: this spins for as long as that takes.  No tick is ever handed out before
 * its deadline.  Reads the clock if there are ticks, never if there are none.
 * Never sleeps, never allocates.  Only the one reader thread.
 *
 * Return: how many ticks and notes; 0 for none; -ESHUTDOWN when the line has
 * stopped and is empty; -EINVAL if @n is 0.
 */
FRK_API int frk_line_drain(struct frk_line *line, struct frk_tick *ret_ticks,
			   size_t n);

/**
 * frk_line_wait() - block until drain may return something
 * @line: a started line.
 *
 * Returns too when the line was woken or stopped; spurious returns are fine.
 * Only the one reader thread, which must stay the same one: a driver may bind
 * its means of waiting to the thread that waits first.
 *
 * Return: 0, or a negative errno when waiting itself broke.
 */
FRK_API int frk_line_wait(struct frk_line *line);

/**
 * frk_line_idle() - need no ticks for a while
 * @line: a started line.
 * @until_ns: ticks whose deadlines are before this, on the line's clock, need not be
 *	made; UINT64_MAX for none at all; 0, or what has passed: all are needed again.
 *
 * Until then the line costs nothing.  When this returns, a tick stands for every
 * deadline that has passed: drain it, and the time is known to a period.  The next tick
 * comes at the first deadline not before @until_ns, or after an hour, with FRK_TICK_IDLE
 * and for all periods since; none of them counts as missed.  With it the line ticks every
 * period again.  The reader thread only.  A system does it by itself.
 *
 * Return: 0; -EOPNOTSUPP if the driver cannot, or spins; -EBUSY if others read the
 * line, too: it ticks on; -EINVAL; another negative errno.
 */
FRK_API int frk_line_idle(struct frk_line *line, uint64_t until_ns);

/**
 * frk_line_wake() - end the wait in progress, or else the next one
 * @line: an open line.
 *
 * Any thread, async-signal-safe, never blocks.
 */
FRK_API void frk_line_wake(struct frk_line *line);

/**
 * frk_line_stop() - no tick is made after it returned
 * @line: an open line.
 *
 * What is in the feed stays there, to be drained.  Idempotent; before start
 * it does nothing.  Ends a wait in progress.  Any one thread, not concurrently
 * with start or close.
 *
 * Return: 0 or what the driver's stop failed with.
 */
FRK_API int frk_line_stop(struct frk_line *line);

/**
 * frk_line_close() - stop if need be, release everything, free the line
 * @line: the line, or NULL.  No other call may be in progress.
 */
FRK_API void frk_line_close(struct frk_line *line);

/**
 * frk_line_get_metrics() - a consistent snapshot of how well the line does
 * @line: an open line.
 * @ret_metrics: the snapshot.
 *
 * Any thread; never delays the reader thread.  The tick that was handed out last
 * is accounted for when the reader comes back for more: only the reader itself
 * finds it counted before that.
 */
FRK_API void frk_line_get_metrics(struct frk_line *line,
				  struct frk_metrics *ret_metrics);

/**
 * frk_line_get_info() - the driver in effect
 * @line: an open line.
 * @ret_info: its description, with @start_ns and @ticks_total.
 *
 * Any thread.
 */
FRK_API void frk_line_get_info(struct frk_line *line,
			       struct frk_driver_info *ret_info);

/**
 * frk_line_get_member() - one of the drivers that a line is made of
 * @line: an open line.
 * @index: which; the first is 0, and its ticks have the driver 1.
 * @ret_info: its description.
 * @ret_metrics: how well it does by itself.
 *
 * Any thread.
 *
 * Return: 0; -ENOENT if there are not so many, or the line is of one driver.
 */
FRK_API int frk_line_get_member(struct frk_line *line, unsigned int index,
				struct frk_driver_info *ret_info,
				struct frk_metrics *ret_metrics);

FRK_END_DECLS

#endif /* FRK_TICK_H */

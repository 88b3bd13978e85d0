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
 * @fired_ns: when the driver saw it, never before the last of them was due.
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

/* Sources of ticks. */
enum frk_driver_kind {
	FRK_DRIVER_KERNEL = 1,	/* /dev/fraktor: a hard interrupt timer */
	FRK_DRIVER_TIMERFD = 2, /* user space: a timerfd and a thread */
	FRK_DRIVER_CUSTOM = 3,	/* anything the application brings */
};

/* CPU in options: 0 leaves the choice, FRK_CPU(n) names one. */
#define FRK_CPU(n) ((uint32_t)(n) + 1U)

/**
 * struct frk_driver_opts - what a driver is opened with; bootstrap fills it
 * @size: sizeof of the caller's structure.
 * @name: name of the tick line, for operators; not NULL.
 * @period_ns: period; the driver refuses what it cannot do with -ERANGE.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI.
 * @cpu: 0 or FRK_CPU(n).
 * @slots: ticks its feed holds, a power of two.
 * @rt_priority: SCHED_FIFO priority for threads the driver starts, 0 for none.
 */
struct frk_driver_opts {
	size_t size;
	const char *name;
	uint64_t period_ns;
	int clockid;
	uint32_t cpu;
	uint32_t slots;
	int rt_priority;
};

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
};

/**
 * struct frk_driver_ops - a tick driver
 * @size: sizeof of the table, so that it can grow.
 * @name: the name applications use; unique in a program.
 * @kind: FRK_DRIVER_*.
 * @state_size: bytes of private state; the caller allocates them, zeroed,
 *	and passes them as @state to every call.
 * @open: acquire all that is needed, tick nothing yet.  May block.  On
 *	failure nothing is left behind and @error says which call failed.
 * @start: begin to tick; the first deadline lies one period ahead.  Called
 *	once, after open.  On failure @error says why and nothing ticks.
 * @drain: take up to @n ticks and notes in arrival order.  Never blocks,
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
 * @info: describe the driver; @start_ns and @ticks_total are the caller's.
 *	Any thread while open.
 * @dropped: ticks lost because the feed was full.  Any thread while open.
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
};

/* The kernel module's tick line, drained through io_uring. */
FRK_API extern const struct frk_driver_ops frk_driver_kernel;
/* A timerfd in user space: any Linux, no module. */
FRK_API extern const struct frk_driver_ops frk_driver_timerfd;

/**
 * frk_driver_find() - a built-in driver by name
 * @name: "kernel" or "timerfd".
 *
 * Return: its table, static, or NULL if there is none of that name.  Any
 * thread, never blocks.
 */
FRK_API const struct frk_driver_ops *frk_driver_find(const char *name);

/**
 * struct frk_metrics - how well a tick line does, seen from its reader; notes
 *	do not count
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
};

FRK_END_DECLS

#endif /* FRK_TICK_H */

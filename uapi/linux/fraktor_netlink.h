/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * fraktor - the generic netlink family: who ticks, how well, and when one
 * stops.  uapi/fraktor.yaml is the same in the kernel's netlink
 * specification language; scripts/check-netlink-spec keeps the two equal.
 *
 * Reading needs no permission but the initial network namespace; which process
 * has a source or a reader is told to its own user and to CAP_SYS_PTRACE
 * only.  Changing, starting and stopping a source needs CAP_NET_ADMIN.
 */
#ifndef _UAPI_LINUX_FRAKTOR_NETLINK_H
#define _UAPI_LINUX_FRAKTOR_NETLINK_H

#define FRAKTOR_GENL_NAME		"fraktor"
#define FRAKTOR_GENL_VERSION		1
#define FRAKTOR_GENL_MCGRP_EVENTS	"events"
#define FRAKTOR_GENL_MCGRP_METRICS	"metrics"
/* Events about a process once more, with its pid; joined by CAP_SYS_ADMIN. */
#define FRAKTOR_GENL_MCGRP_PROCESSES	"processes"

/**
 * enum fraktor_cmd - commands
 * @FRAKTOR_CMD_UNSPEC: invalid.
 * @FRAKTOR_CMD_SOURCE_GET: do: the source named by %FRAKTOR_A_SOURCE_ID or
 *	%FRAKTOR_A_SOURCE_NAME; dump: all of them.
 * @FRAKTOR_CMD_EVENT: only from the kernel, on the groups "events" and
 *	"processes".
 * @FRAKTOR_CMD_SOURCE_SET: do: change the source named by
 *	%FRAKTOR_A_SOURCE_ID or %FRAKTOR_A_SOURCE_NAME: period, phase, late,
 *	drift budget, missed, stall, flags, lead, accuracy; what is absent
 *	stays.  Takes effect as FRAKTOR_IOC_SET does.
 * @FRAKTOR_CMD_READER_GET: do: the reader %FRAKTOR_A_READER_ID; dump: all.
 * @FRAKTOR_CMD_METRICS: only from the kernel, on the group "metrics": once a
 *	second, while anyone listens, each running source as
 *	%FRAKTOR_CMD_SOURCE_GET gives it.
 * @FRAKTOR_CMD_SOURCE_START: do: what FRAKTOR_IOC_START does, to the source
 *	named by %FRAKTOR_A_SOURCE_ID or %FRAKTOR_A_SOURCE_NAME, whoever made it.
 *	-EOPNOTSUPP for another driver's line, which runs while it is read.
 * @FRAKTOR_CMD_SOURCE_STOP: do: what FRAKTOR_IOC_STOP does, likewise, with
 *	FRAKTOR_REASON_ADMIN.
 * @__FRAKTOR_CMD_MAX: one beyond the last.
 * @FRAKTOR_CMD_MAX: the last.
 */
enum fraktor_cmd {
	FRAKTOR_CMD_UNSPEC,
	FRAKTOR_CMD_SOURCE_GET,
	FRAKTOR_CMD_EVENT,
	FRAKTOR_CMD_SOURCE_SET,
	FRAKTOR_CMD_READER_GET,
	FRAKTOR_CMD_METRICS,
	FRAKTOR_CMD_SOURCE_START,
	FRAKTOR_CMD_SOURCE_STOP,

	__FRAKTOR_CMD_MAX,
	FRAKTOR_CMD_MAX = (__FRAKTOR_CMD_MAX - 1)
};

/*
 * enum fraktor_attr_source - attributes of FRAKTOR_CMD_SOURCE_GET, _SET and
 * FRAKTOR_CMD_METRICS
 */
enum fraktor_attr_source {
	FRAKTOR_A_SOURCE_UNSPEC,
	FRAKTOR_A_SOURCE_PAD,
	FRAKTOR_A_SOURCE_ID,		/* u32 */
	FRAKTOR_A_SOURCE_NAME,		/* string, FRAKTOR_NAME_LEN with NUL */
	FRAKTOR_A_SOURCE_DRIVER,	/* string: "hrtimer", "pulse" */
	FRAKTOR_A_SOURCE_STATE,		/* u32, enum fraktor_state */
	FRAKTOR_A_SOURCE_REASON,	/* u32, enum fraktor_reason */
	FRAKTOR_A_SOURCE_CLOCKID,	/* u32 */
	FRAKTOR_A_SOURCE_CPU,		/* u32 */
	FRAKTOR_A_SOURCE_PERIOD_NS,	/* u64 */
	FRAKTOR_A_SOURCE_READERS,	/* u32: files attached */
	FRAKTOR_A_SOURCE_STATS,		/* nest, enum fraktor_attr_stats */
	FRAKTOR_A_SOURCE_HOME_CPU,	/* u32: the CPU asked for */
	FRAKTOR_A_SOURCE_FLAGS,		/* u32, FRAKTOR_SOURCE_F_* */
	FRAKTOR_A_SOURCE_MISSED,	/* u32, enum fraktor_missed */
	FRAKTOR_A_SOURCE_PHASE_NS,	/* u64 */
	FRAKTOR_A_SOURCE_LATE_NS,	/* u64 */
	FRAKTOR_A_SOURCE_DRIFT_PPB,	/* u64: the budget */
	FRAKTOR_A_SOURCE_STALL_PERIODS,	/* u32 */
	FRAKTOR_A_SOURCE_RESOLUTION_NS,	/* u64, of the driver */
	FRAKTOR_A_SOURCE_OWNER_PID,	/* u32, if the asker may know */
	FRAKTOR_A_SOURCE_LEAD_NS,	/* u64: the interrupt comes so early */
	FRAKTOR_A_SOURCE_ACCURACY_NS,	/* u64: it may come so late, with others */

	__FRAKTOR_A_SOURCE_MAX,
	FRAKTOR_A_SOURCE_MAX = (__FRAKTOR_A_SOURCE_MAX - 1)
};

/*
 * enum fraktor_attr_stats - how well a source ticks; since its last start
 * unless said otherwise.  Lateness is fired - deadline, in nanoseconds.
 * Drift is how far the ticks' rate is from nominal against CLOCK_MONOTONIC,
 * in parts per 10^9 (1000 ppb = 1 ppm), positive = too slow (each period
 * takes too long).
 */
enum fraktor_attr_stats {
	FRAKTOR_A_STATS_UNSPEC,
	FRAKTOR_A_STATS_PAD,
	FRAKTOR_A_STATS_TICKS,			/* u64: records made */
	FRAKTOR_A_STATS_MISSED,			/* u64: periods without a record */
	FRAKTOR_A_STATS_DROPPED,		/* u64: over all rings, since attach */
	FRAKTOR_A_STATS_LATENESS_MIN_NS,	/* u64 */
	FRAKTOR_A_STATS_LATENESS_MEAN_NS,	/* u64 */
	FRAKTOR_A_STATS_LATENESS_MAX_NS,	/* u64 */
	FRAKTOR_A_STATS_HISTOGRAM,		/* binary: u64[FRAKTOR_HISTOGRAM_BUCKETS] */
	FRAKTOR_A_STATS_TICKS_LAST_SECOND,	/* u64: in the last whole second */
	FRAKTOR_A_STATS_DRIFT_LAST_SECOND_PPB,	/* s64 */
	FRAKTOR_A_STATS_DRIFT_PPB,		/* s64: since start */
	FRAKTOR_A_STATS_RUNNING_NS,		/* u64: from start to now, or to the stop */
	FRAKTOR_A_STATS_LATE,			/* u64: ticks at or beyond late_ns */
	FRAKTOR_A_STATS_MOVES,			/* u64: changes of the CPU, since creation */
	FRAKTOR_A_STATS_SUSPENDS,		/* u64: of the system, since creation */
	FRAKTOR_A_STATS_WIDENED,		/* u64: periods passed over by overload */
	FRAKTOR_A_STATS_CALLBACK_MAX_NS,	/* u64: longest tick interrupt of those timed */
	FRAKTOR_A_STATS_EARLY,			/* u64: records made before their deadline */
	FRAKTOR_A_STATS_LEAD_MISSED,		/* u64: not made before it, despite a lead */
	FRAKTOR_A_STATS_EXPIRIES,		/* u64: of the line's timer */
	FRAKTOR_A_STATS_SHARED,			/* u64: in an interrupt that another line had */
	FRAKTOR_A_STATS_IDLED,			/* u64: periods nobody needed a tick for */

	__FRAKTOR_A_STATS_MAX,
	FRAKTOR_A_STATS_MAX = (__FRAKTOR_A_STATS_MAX - 1)
};

/*
 * Buckets of the lateness histogram: bucket 0 counts lateness 0, bucket n
 * counts 2^(n-1) .. 2^n - 1 ns, the last one everything beyond.
 */
#define FRAKTOR_HISTOGRAM_BUCKETS	32

/* enum fraktor_event - values of FRAKTOR_A_EVENT_TYPE */
enum fraktor_event {
	FRAKTOR_EVENT_STARTED	= 1,
	FRAKTOR_EVENT_STOPPED	= 2,	/* with FRAKTOR_A_EVENT_REASON */
	FRAKTOR_EVENT_OVERFLOW	= 3,	/* a ring dropped; at most one a second and source */
	FRAKTOR_EVENT_CREATED	= 4,
	FRAKTOR_EVENT_REMOVED	= 5,	/* with FRAKTOR_A_EVENT_REASON */
	FRAKTOR_EVENT_CHANGED	= 6,	/* FRAKTOR_IOC_SET, and what it set is in effect */
	FRAKTOR_EVENT_MOVED	= 7,	/* to FRAKTOR_A_EVENT_CPU */
	FRAKTOR_EVENT_SUSPENDED	= 8,
	FRAKTOR_EVENT_RESUMED	= 9,
	FRAKTOR_EVENT_DRIFT	= 10,	/* beyond the budget: FRAKTOR_A_EVENT_DRIFT_PPB */
	FRAKTOR_EVENT_OVERLOAD	= 11,	/* the CPU has too much of ticks; at most one a second */
	FRAKTOR_EVENT_READER_STALLED = 12, /* with READER_ID, BEHIND, PID */
	FRAKTOR_EVENT_READER_RESUMED = 13, /* a stalled reader consumes again */
	FRAKTOR_EVENT_OWNER_DIED = 14,	/* the process that made the source exits */
};

/* enum fraktor_attr_reader - attributes of FRAKTOR_CMD_READER_GET */
enum fraktor_attr_reader {
	FRAKTOR_A_READER_UNSPEC,
	FRAKTOR_A_READER_PAD,
	FRAKTOR_A_READER_ID,		/* u32 */
	FRAKTOR_A_READER_SOURCES,	/* binary: u32 ids, the first one first */
	FRAKTOR_A_READER_PID,		/* u32: who opened it, if the asker may know */
	FRAKTOR_A_READER_SLOTS,		/* u32 */
	FRAKTOR_A_READER_MADE,		/* u64: records put in */
	FRAKTOR_A_READER_DROPPED,	/* u64: overwritten unread */
	FRAKTOR_A_READER_BEHIND,	/* u64: in the ring, not consumed */
	FRAKTOR_A_READER_POISONED,	/* u64: nonsense found in the consumer page */
	FRAKTOR_A_READER_IDLE_NS,	/* u64: nothing consumed, though there was, for */
	FRAKTOR_A_READER_STALLED,	/* flag */
	FRAKTOR_A_READER_OWNER,		/* flag: made one of its sources */
	FRAKTOR_A_READER_WAKEUPS,	/* u64: who waited was woken */

	__FRAKTOR_A_READER_MAX,
	FRAKTOR_A_READER_MAX = (__FRAKTOR_A_READER_MAX - 1)
};

/* enum fraktor_attr_event - attributes of FRAKTOR_CMD_EVENT */
enum fraktor_attr_event {
	FRAKTOR_A_EVENT_UNSPEC,
	FRAKTOR_A_EVENT_PAD,
	FRAKTOR_A_EVENT_TYPE,		/* u32, enum fraktor_event */
	FRAKTOR_A_EVENT_SOURCE_ID,	/* u32 */
	FRAKTOR_A_EVENT_SOURCE_NAME,	/* string */
	FRAKTOR_A_EVENT_TIME_NS,	/* u64, CLOCK_MONOTONIC when it happened */
	FRAKTOR_A_EVENT_REASON,		/* u32, enum fraktor_reason */
	FRAKTOR_A_EVENT_TICKS,		/* u64: ticks of the source so far */
	FRAKTOR_A_EVENT_DROPPED,	/* u64: dropped over all rings so far */
	FRAKTOR_A_EVENT_CPU,		/* u32 */
	FRAKTOR_A_EVENT_DRIFT_PPB,	/* s64, over the last second */
	FRAKTOR_A_EVENT_READER_ID,	/* u32 */
	FRAKTOR_A_EVENT_PID,		/* u32, on the group "processes" only */
	FRAKTOR_A_EVENT_BEHIND,		/* u64: records the reader is behind */
	FRAKTOR_A_EVENT_PERIOD_NS,	/* u64 */
	FRAKTOR_A_EVENT_SLEPT_NS,	/* u64: how long the suspend took */

	__FRAKTOR_A_EVENT_MAX,
	FRAKTOR_A_EVENT_MAX = (__FRAKTOR_A_EVENT_MAX - 1)
};

#endif /* _UAPI_LINUX_FRAKTOR_NETLINK_H */

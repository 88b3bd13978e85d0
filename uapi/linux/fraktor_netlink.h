/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * fraktor - the generic netlink family: who ticks, how well, and when one
 * stops.  uapi/fraktor.yaml is the same in the kernel's netlink
 * specification language; scripts/check-netlink-spec keeps the two equal.
 *
 * Reading needs no permission but the initial network namespace.
 */
#ifndef _UAPI_LINUX_FRAKTOR_NETLINK_H
#define _UAPI_LINUX_FRAKTOR_NETLINK_H

#define FRAKTOR_GENL_NAME		"fraktor"
#define FRAKTOR_GENL_VERSION		1
#define FRAKTOR_GENL_MCGRP_EVENTS	"events"

/**
 * enum fraktor_cmd - commands
 * @FRAKTOR_CMD_UNSPEC: invalid.
 * @FRAKTOR_CMD_SOURCE_GET: do: the source named by %FRAKTOR_A_SOURCE_ID or
 *	%FRAKTOR_A_SOURCE_NAME; dump: all of them.
 * @FRAKTOR_CMD_EVENT: only from the kernel, on the group "events".
 * @__FRAKTOR_CMD_MAX: one beyond the last.
 * @FRAKTOR_CMD_MAX: the last.
 */
enum fraktor_cmd {
	FRAKTOR_CMD_UNSPEC,
	FRAKTOR_CMD_SOURCE_GET,
	FRAKTOR_CMD_EVENT,

	__FRAKTOR_CMD_MAX,
	FRAKTOR_CMD_MAX = (__FRAKTOR_CMD_MAX - 1)
};

/* enum fraktor_attr_source - attributes of FRAKTOR_CMD_SOURCE_GET */
enum fraktor_attr_source {
	FRAKTOR_A_SOURCE_UNSPEC,
	FRAKTOR_A_SOURCE_PAD,
	FRAKTOR_A_SOURCE_ID,		/* u32 */
	FRAKTOR_A_SOURCE_NAME,		/* string, FRAKTOR_NAME_LEN with NUL */
	FRAKTOR_A_SOURCE_DRIVER,	/* string: "hrtimer" */
	FRAKTOR_A_SOURCE_STATE,		/* u32, enum fraktor_state */
	FRAKTOR_A_SOURCE_REASON,	/* u32, enum fraktor_reason */
	FRAKTOR_A_SOURCE_CLOCKID,	/* u32 */
	FRAKTOR_A_SOURCE_CPU,		/* u32 */
	FRAKTOR_A_SOURCE_PERIOD_NS,	/* u64 */
	FRAKTOR_A_SOURCE_READERS,	/* u32: files attached */
	FRAKTOR_A_SOURCE_STATS,		/* nest, enum fraktor_attr_stats */

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

	__FRAKTOR_A_EVENT_MAX,
	FRAKTOR_A_EVENT_MAX = (__FRAKTOR_A_EVENT_MAX - 1)
};

#endif /* _UAPI_LINUX_FRAKTOR_NETLINK_H */

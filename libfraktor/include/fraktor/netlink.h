/* SPDX-License-Identifier: MIT */
/*
 * fraktor/netlink.h - what the kernel module says of its tick lines, over
 * generic netlink: sources with their statistics, their readers, and events as
 * they come; and how to change, start and stop a source.  In a library of its own,
 * libfraktor-netlink, so that programs which only tick do not load libnl.
 *
 * Structures begin with their size and grow at their end.  Where the library
 * fills one of yours, set its size first; where it hands you one of its own,
 * its size says how far it goes.  What the kernel did not tell is zero.
 */
#ifndef FRK_NETLINK_H
#define FRK_NETLINK_H

#include <stdbool.h>

#include <fraktor/base.h>

FRK_BEGIN_DECLS

#define FRK_NETLINK_HISTOGRAM_BUCKETS 32

/* Sources that one reader may have. */
#define FRK_NETLINK_MEMBERS 32

/* @flags of a source: how it behaves; frk_source_flag_name() has the words. */
#define FRK_SOURCE_ALIGN (1U << 0)	    /* deadlines at k * period + phase */
#define FRK_SOURCE_CPU_STRICT (1U << 1)	    /* stops when its CPU goes offline */
#define FRK_SOURCE_SUSPEND_STOPS (1U << 2)  /* stops when the system suspends */
#define FRK_SOURCE_DRIFT_STOPS (1U << 3)    /* stops beyond its drift budget */
#define FRK_SOURCE_OVERLOAD_STOPS (1U << 4) /* stops rather than tick less */

/**
 * struct frk_source - a tick line as the kernel sees it
 * @size: sizeof(struct frk_source).
 * @id: its id.
 * @name: its name.
 * @driver: what makes its ticks: "hrtimer", "pulse".
 * @state: see frk_source_state_name().
 * @reason: why it does not tick, see frk_source_reason_name().
 * @clockid: clock of its deadlines.
 * @cpu: CPU of its interrupt.
 * @readers: files attached to it.
 * @period_ns: its period; 0 for a line that has none.
 * @ticks: ticks since the last start.
 * @missed: periods without a tick of their own, since the last start.
 * @dropped: records that readers lost, over all rings.
 * @lateness_min_ns: smallest lateness, deadline to interrupt.
 * @lateness_mean_ns: mean lateness.
 * @lateness_max_ns: largest lateness.
 * @histogram: ticks by lateness: none, then for each n 2^(n-1) to 2^n-1 ns;
 *	the last bucket has no end.
 * @ticks_last_second: ticks in its last whole second.
 * @drift_last_second_ppb: drift in its last whole second, parts per 10^9.
 * @drift_ppb: drift since the last start.
 * @running_ns: how long it runs, or ran the last time.
 * @home_cpu: the CPU asked for; @cpu is the one in use.
 * @flags: FRK_SOURCE_*.
 * @missed_policy: what a late tick does, see frk_source_missed_name().
 * @stall_periods: a reader that took nothing for so long is stalled.
 * @phase_ns: of the grid, with FRK_SOURCE_ALIGN.
 * @late_ns: lateness from which a tick is late.
 * @drift_budget_ppb: drift over one second beyond which an event is sent.
 * @resolution_ns: of the driver.
 * @owner_pid: process that made it, if you may know: its own user or
 *	CAP_SYS_PTRACE; else 0.
 * @reserved: zero.
 * @late: ticks at or beyond @late_ns, since the last start.
 * @moves: changes of its CPU, since it was made.
 * @suspends: of the system, since it was made.
 * @widened: periods passed over because the CPU had too much of ticks.
 * @callback_max_ns: longest tick interrupt of those timed: one in eight of the
 *	usual ones, and all others.
 * @lead_ns: its interrupt comes so early.
 * @accuracy_ns: and may come so late, to share one with others.
 * @early: ticks made before their deadline, since the last start.
 * @lead_missed: those that a lead did not bring before it.
 * @expiries: of its timer, since the last start.
 * @shared: those in an interrupt that another source had.
 * @idled: periods passed over because its reader needed no tick; not among @missed.
 */
struct frk_source {
	size_t size;
	uint32_t id;
	char name[32];
	char driver[16];
	uint32_t state;
	uint32_t reason;
	uint32_t clockid;
	uint32_t cpu;
	uint32_t readers;
	uint64_t period_ns;
	uint64_t ticks;
	uint64_t missed;
	uint64_t dropped;
	uint64_t lateness_min_ns;
	uint64_t lateness_mean_ns;
	uint64_t lateness_max_ns;
	uint64_t histogram[FRK_NETLINK_HISTOGRAM_BUCKETS];
	uint64_t ticks_last_second;
	int64_t drift_last_second_ppb;
	int64_t drift_ppb;
	uint64_t running_ns;
	uint32_t home_cpu;
	uint32_t flags;
	uint32_t missed_policy;
	uint32_t stall_periods;
	uint64_t phase_ns;
	uint64_t late_ns;
	uint64_t drift_budget_ppb;
	uint64_t resolution_ns;
	uint32_t owner_pid;
	uint32_t reserved;
	uint64_t late;
	uint64_t moves;
	uint64_t suspends;
	uint64_t widened;
	uint64_t callback_max_ns;
	uint64_t lead_ns;
	uint64_t accuracy_ns;
	uint64_t early;
	uint64_t lead_missed;
	uint64_t expiries;
	uint64_t shared;
	uint64_t idled;
};

/* struct frk_source_change, @what: which of its members count. */
#define FRK_CHANGE_PERIOD (1ULL << 0)
#define FRK_CHANGE_PHASE (1ULL << 1)
#define FRK_CHANGE_LATE (1ULL << 2)
#define FRK_CHANGE_DRIFT (1ULL << 3)
#define FRK_CHANGE_MISSED (1ULL << 4)
#define FRK_CHANGE_STALL (1ULL << 5)
#define FRK_CHANGE_FLAGS (1ULL << 6)
#define FRK_CHANGE_LEAD (1ULL << 7)
#define FRK_CHANGE_ACCURACY (1ULL << 8)

/**
 * struct frk_source_change - what is to change of a source
 * @size: sizeof(struct frk_source_change).
 * @what: FRK_CHANGE_*; the other members are ignored.
 * @period_ns: its period.
 * @phase_ns: of the grid; only with FRK_SOURCE_ALIGN.
 * @late_ns: lateness from which a tick is late; 0 for one period.
 * @drift_budget_ppb: 0 for the module's default.
 * @missed_policy: what a late tick does: 0 delay, 1 skip, 2 burst.
 * @stall_periods: 0 for the module's default.
 * @flags: FRK_SOURCE_*, all of them.
 * @reserved: zero.
 * @lead_ns: its interrupt comes so early.
 * @accuracy_ns: and may come so late, to share one with others.
 */
struct frk_source_change {
	size_t size;
	uint64_t what;
	uint64_t period_ns;
	uint64_t phase_ns;
	uint64_t late_ns;
	uint64_t drift_budget_ppb;
	uint32_t missed_policy;
	uint32_t stall_periods;
	uint32_t flags;
	uint32_t reserved;
	uint64_t lead_ns;
	uint64_t accuracy_ns;
};

/**
 * struct frk_reader - a file that takes ticks, as the kernel sees it
 * @size: sizeof(struct frk_reader).
 * @id: its id.
 * @pid: process that opened it, if you may know: its own user or
 *	CAP_SYS_PTRACE; else 0.
 * @slots: of its ring.
 * @nr_sources: entries of @sources.
 * @sources: ids of its sources, the first one first.
 * @made: records put into its ring.
 * @dropped: records overwritten before it took them.
 * @behind: records in its ring.
 * @poisoned: how often its consumer page held nonsense.
 * @idle_ns: how long it took nothing, though there was something.
 * @stalled: it took nothing for longer than its sources allow.
 * @owner: it made one of its sources.
 * @wakeups: how often it waited and was woken.
 */
struct frk_reader {
	size_t size;
	uint32_t id;
	uint32_t pid;
	uint32_t slots;
	uint32_t nr_sources;
	uint32_t sources[FRK_NETLINK_MEMBERS];
	uint64_t made;
	uint64_t dropped;
	uint64_t behind;
	uint64_t poisoned;
	uint64_t idle_ns;
	bool stalled;
	bool owner;
	uint64_t wakeups;
};

/**
 * struct frk_source_event - something happened to a tick line
 * @size: sizeof(struct frk_source_event).
 * @type: what, see frk_source_event_name().
 * @id: id of the line.
 * @name: its name.
 * @time_ns: CLOCK_MONOTONIC when it happened.
 * @reason: why, see frk_source_reason_name().
 * @cpu: its CPU, then.
 * @ticks: ticks since its start, then.
 * @dropped: records that its readers had lost, then.
 * @period_ns: its period, then.
 * @drift_ppb: "drift": over the last second.
 * @reader_id: "reader-stalled", "reader-resumed": the reader.
 * @pid: of the reader, or of the owner that died, if you have CAP_SYS_ADMIN;
 *	else 0.
 * @behind: "reader-stalled": records the reader is behind.
 * @slept_ns: "resumed": how long the suspend took.
 */
struct frk_source_event {
	size_t size;
	uint32_t type;
	uint32_t id;
	char name[32];
	uint64_t time_ns;
	uint32_t reason;
	uint32_t cpu;
	uint64_t ticks;
	uint64_t dropped;
	uint64_t period_ns;
	int64_t drift_ppb;
	uint32_t reader_id;
	uint32_t pid;
	uint64_t behind;
	uint64_t slept_ns;
};

struct frk_netlink;

/**
 * typedef frk_source_fn - one source of a dump, or of the metrics
 * @source: the source, valid until the function returns.
 * @data: as given to frk_netlink_dump() or frk_netlink_receive_metrics().
 *
 * Return: 0 to go on.
 */
typedef int (*frk_source_fn)(const struct frk_source *source, void *data);
/**
 * typedef frk_reader_fn - one reader of a dump
 * @reader: the reader, valid until the function returns.
 * @data: as given to frk_netlink_dump_readers().
 *
 * Return: 0 to go on.
 */
typedef int (*frk_reader_fn)(const struct frk_reader *reader, void *data);
/**
 * typedef frk_source_event_fn - one event
 * @event: the event, valid until the function returns.
 * @data: as given to frk_netlink_receive().
 *
 * Return: 0 to go on.
 */
typedef int (*frk_source_event_fn)(const struct frk_source_event *event,
				   void *data);

/**
 * frk_netlink_open() - connect to the module's netlink family
 * @ret_netlink: the connection; close it.  One thread at a time.
 * @error: where to say why not; may be NULL.
 *
 * Return: 0; -ENOENT if the module is not loaded; -EPROTO if its family is
 * of a version this library does not know; a negative errno of the socket.
 */
FRK_API int frk_netlink_open(struct frk_netlink **ret_netlink,
			     struct frk_error *error);

/**
 * frk_netlink_close() - close a connection
 * @netlink: the connection, or NULL.
 */
FRK_API void frk_netlink_close(struct frk_netlink *netlink);

/**
 * frk_netlink_dump() - call a function for every source
 * @netlink: the connection.
 * @fn: called in the order of ids; another value than 0 ends the dump and is
 *	returned.
 * @data: handed to @fn.
 *
 * Blocks until the kernel has answered.
 *
 * Return: 0, what @fn returned, or a negative errno; -ENODEV if the module
 * was unloaded meanwhile; -EBADMSG if its answer is malformed.
 */
FRK_API int frk_netlink_dump(struct frk_netlink *netlink, frk_source_fn fn,
			     void *data);

/**
 * frk_netlink_get() - one source by name
 * @netlink: the connection.
 * @name: its name.
 * @ret_source: the source; set its size before.  Untouched on failure.
 *
 * Return: 0; -ENOENT if there is none of that name; -EINVAL for a wrong size;
 * otherwise as frk_netlink_dump().
 */
FRK_API int frk_netlink_get(struct frk_netlink *netlink, const char *name,
			    struct frk_source *ret_source);

/**
 * frk_netlink_set() - change a source, also while it runs
 * @netlink: the connection.
 * @name: its name.
 * @change: what is to be how.
 * @error: where to say why not, in the module's words; may be NULL.
 *
 * Period and phase change at the next tick, on a new grid and without losing
 * one; the rest at once.  Needs CAP_NET_ADMIN; a short period needs
 * CAP_SYS_RESOURCE too.
 *
 * Return: 0; -ENOENT if there is none of that name; -EPERM; -EINVAL for what
 * makes no sense; -ENOSPC if its CPU has its fill of ticks; -EOPNOTSUPP if
 * the module is too old; -ENODEV if it was unloaded; a negative errno of the
 * socket.
 */
FRK_API int frk_netlink_set(struct frk_netlink *netlink, const char *name,
			    const struct frk_source_change *change,
			    struct frk_error *error);

/**
 * frk_netlink_start() - make a source tick, whoever made it
 * @netlink: the connection.
 * @name: its name.
 * @error: where to say why not, in the module's words; may be NULL.
 *
 * Its first deadline is one period ahead or, aligned, at the next point of its
 * grid.  Needs CAP_NET_ADMIN.
 *
 * Return: 0; -ENOENT if there is none of that name; -EPERM; -EALREADY if it
 * ticks; -ENOSPC if its CPU has its fill of ticks; -EOPNOTSUPP if it is
 * another driver's line, which runs while it is read, or the module is too
 * old; -ESHUTDOWN if its owner has just gone; -ENODEV if its CPU is offline or
 * the module was unloaded; a negative errno of the socket.
 */
FRK_API int frk_netlink_start(struct frk_netlink *netlink, const char *name,
			      struct frk_error *error);

/**
 * frk_netlink_stop() - make a source tick no more, whoever made it
 * @netlink: the connection.
 * @name: its name.
 * @error: where to say why not, in the module's words; may be NULL.
 *
 * When it returns, no tick is in progress.  Who waits for one is released; the
 * reason is "admin", and what its owner's program makes of that is its own
 * affair.  Needs CAP_NET_ADMIN.
 *
 * Return: as frk_netlink_start(), but -EALREADY if it does not tick.
 */
FRK_API int frk_netlink_stop(struct frk_netlink *netlink, const char *name,
			     struct frk_error *error);

/**
 * frk_netlink_dump_readers() - call a function for every reader
 * @netlink: the connection.
 * @fn: called in the order of ids; another value than 0 ends the dump and is
 *	returned.
 * @data: handed to @fn.
 *
 * Return: as frk_netlink_dump(); -EOPNOTSUPP if the module is too old.
 */
FRK_API int frk_netlink_dump_readers(struct frk_netlink *netlink,
				     frk_reader_fn fn, void *data);

/**
 * frk_netlink_get_reader() - one reader by id
 * @netlink: the connection.
 * @id: its id.
 * @ret_reader: the reader; set its size before.  Untouched on failure.
 *
 * Return: 0; -ENOENT if there is none of that id; -EINVAL for a wrong size;
 * otherwise as frk_netlink_dump_readers().
 */
FRK_API int frk_netlink_get_reader(struct frk_netlink *netlink, uint32_t id,
				   struct frk_reader *ret_reader);

/**
 * frk_netlink_subscribe() - join the group "events"
 * @netlink: the connection; use it only for events from then on.
 *
 * Return: 0 or a negative errno.
 */
FRK_API int frk_netlink_subscribe(struct frk_netlink *netlink);

/**
 * frk_netlink_subscribe_metrics() - join the group "metrics"
 * @netlink: the connection; use it only for metrics from then on.
 *
 * While anyone has joined, the module sends each running source once a second.
 *
 * Return: 0 or a negative errno; -EOPNOTSUPP if the module is too old.
 */
FRK_API int frk_netlink_subscribe_metrics(struct frk_netlink *netlink);

/**
 * frk_netlink_fd() - the socket, for poll(2)
 * @netlink: the connection.
 */
FRK_API int frk_netlink_fd(const struct frk_netlink *netlink);

/**
 * frk_netlink_receive() - handle the events that are there
 * @netlink: a subscribed connection.
 * @fn: called for each; another value than 0 ends it and is returned.
 * @data: handed to @fn.
 *
 * Blocks for the first event if there is none.
 *
 * Return: 0, what @fn returned, -EINTR, -ENOBUFS if the socket overflowed and
 * events were lost (go on calling), -ENODEV if the module was unloaded, or a
 * negative errno.
 */
FRK_API int frk_netlink_receive(struct frk_netlink *netlink,
				frk_source_event_fn fn, void *data);

/**
 * frk_netlink_receive_metrics() - handle the metrics that are there
 * @netlink: a connection subscribed to metrics.
 * @fn: called for each source; another value than 0 ends it and is returned.
 * @data: handed to @fn.
 *
 * Blocks for the first source if there is none.
 *
 * Return: as frk_netlink_receive().
 */
FRK_API int frk_netlink_receive_metrics(struct frk_netlink *netlink,
					frk_source_fn fn, void *data);

struct frk_system;
struct frk_netlink_bridge;

/**
 * frk_netlink_bridge_open() - the module's events in the event stream of a system
 * @system: the system; close the bridge before it is freed.
 * @name: the one line they are to be about; NULL for all.
 * @ret_bridge: the bridge; close it.  Untouched on failure.
 * @error: where to say why not; may be NULL.
 *
 * Its subscribers get them as FRK_EVENT_SOURCE, of <fraktor/event.h>, from a thread of
 * the bridge: each event of the group "events" from now on, and "lost" if there were
 * too many.  After "gone", when the module was unloaded, nothing comes any more.
 *
 * Return: 0; -EINVAL; otherwise as frk_netlink_open() and frk_netlink_subscribe();
 * -EAGAIN or -ENOMEM for its thread.
 */
FRK_API int frk_netlink_bridge_open(struct frk_system *system, const char *name,
				    struct frk_netlink_bridge **ret_bridge,
				    struct frk_error *error);

/**
 * frk_netlink_bridge_close() - carry nothing over any more
 * @bridge: the bridge, or NULL.
 *
 * Waits for its thread, which waits for nobody.
 */
FRK_API void frk_netlink_bridge_close(struct frk_netlink_bridge *bridge);

/**
 * frk_source_state_name() - a state as a word
 * @state: enum fraktor_state.
 *
 * Return: "stopped", "running", "dead", or "unknown" for a value of a newer
 * kernel; static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_state_name(uint32_t state);

/**
 * frk_source_reason_name() - why a source does not tick, as a word
 * @reason: enum fraktor_reason.
 *
 * Return: "none", "asked", "owner-closed", "owner-died", "cpu-gone", "suspend",
 * "drift", "driver-fault", "overload", "unused", "driver-gone", "admin", or
 * "unknown" for a value of a newer kernel; static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_reason_name(uint32_t reason);

/**
 * frk_source_event_name() - the type of an event as a word
 * @type: enum fraktor_event; they are numbered from 1 without a gap.
 *
 * Return: "started", "stopped", "overflow", "created", "removed", "changed",
 * "moved", "suspended", "resumed", "drift", "overload", "reader-stalled",
 * "reader-resumed", "owner-died", or "unknown" for a value of a newer kernel;
 * static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_event_name(uint32_t type);

/**
 * frk_source_missed_name() - what a late tick does, as a word
 * @policy: enum fraktor_missed; they are numbered from 0 without a gap.
 *
 * Return: "delay", "skip", "burst", or "unknown" for a value of a newer
 * kernel; static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_missed_name(uint32_t policy);

/**
 * frk_source_flag_name() - a flag of a source as a word
 * @flag: one of FRK_SOURCE_*; the bits have no gap.
 *
 * Return: "align", "cpu-strict", "suspend-stops", "drift-stops",
 * "overload-stops", or "unknown" for one of a newer kernel and for what is not
 * one flag; static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_flag_name(uint32_t flag);

FRK_END_DECLS

#endif /* FRK_NETLINK_H */

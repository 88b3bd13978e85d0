/* SPDX-License-Identifier: MIT */
/*
 * fraktor/netlink.h - what the kernel module says of its tick lines, over
 * generic netlink: sources with their statistics, and events as they come.
 * In a library of its own, libfraktor-netlink, so that programs which only
 * tick do not load libnl.
 */
#ifndef FRK_NETLINK_H
#define FRK_NETLINK_H

#include <stdbool.h>

#include <fraktor/base.h>

FRK_BEGIN_DECLS

#define FRK_NETLINK_HISTOGRAM_BUCKETS 32

/**
 * struct frk_source - a tick line as the kernel sees it
 * @id: its id.
 * @name: its name.
 * @driver: what makes its ticks: "hrtimer".
 * @state: see frk_source_state_name().
 * @reason: why it does not tick, see frk_source_reason_name().
 * @clockid: clock of its deadlines.
 * @cpu: CPU of its interrupt.
 * @readers: files attached to it.
 * @period_ns: its period.
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
 *
 * What the kernel did not tell is zero.
 */
struct frk_source {
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
};

/**
 * struct frk_source_event - something happened to a tick line
 * @type: what, see frk_source_event_name().
 * @id: id of the line.
 * @name: its name.
 * @time_ns: CLOCK_MONOTONIC when it happened.
 * @reason: why, see frk_source_reason_name().
 * @ticks: ticks since its start, then.
 * @dropped: records that its readers had lost, then.
 */
struct frk_source_event {
	uint32_t type;
	uint32_t id;
	char name[32];
	uint64_t time_ns;
	uint32_t reason;
	uint64_t ticks;
	uint64_t dropped;
};

struct frk_netlink;

/**
 * typedef frk_source_fn - one source of a dump
 * @source: the source, valid until the function returns.
 * @data: as given to frk_netlink_dump().
 *
 * Return: 0 to go on.
 */
typedef int (*frk_source_fn)(const struct frk_source *source, void *data);
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
 * @ret_source: the source.
 *
 * Return: 0; -ENOENT if there is none of that name; otherwise as
 * frk_netlink_dump().
 */
FRK_API int frk_netlink_get(struct frk_netlink *netlink, const char *name,
			    struct frk_source *ret_source);

/**
 * frk_netlink_subscribe() - join the group "events"
 * @netlink: the connection; use it only for events from then on.
 *
 * Return: 0 or a negative errno.
 */
FRK_API int frk_netlink_subscribe(struct frk_netlink *netlink);

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
 * Return: "none", "asked", "owner-closed", or "unknown" for a value of a
 * newer kernel; static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_reason_name(uint32_t reason);

/**
 * frk_source_event_name() - the type of an event as a word
 * @type: enum fraktor_event; they are numbered from 1 without a gap.
 *
 * Return: "started", "stopped", "overflow", or "unknown" for a value of a
 * newer kernel; static.  Any thread, never blocks.
 */
FRK_API const char *frk_source_event_name(uint32_t type);

FRK_END_DECLS

#endif /* FRK_NETLINK_H */

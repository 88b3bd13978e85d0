/* SPDX-License-Identifier: MIT */
/*
 * fraktor/system.h - the actor system: one call builds it and starts its tick
 * driver, one waits for its end, one takes it apart.
 */
#ifndef FRK_SYSTEM_H
#define FRK_SYSTEM_H

#include <fraktor/actor.h>
#include <fraktor/tick.h>

FRK_BEGIN_DECLS

/**
 * struct frk_system_opts - the builder: everything not named is zero
 * @size: sizeof of the caller's structure: use FRK_SYSTEM_OPTS().
 * @name: name of the system and of its tick line; NULL for "fraktor-<pid>".
 * @driver_name: a built-in driver: "kernel" or "timerfd".
 * @driver: or any driver by its table; exactly one of the two is required.
 * @period_ns: period of the ticks; 0 for one millisecond.
 * @run_ns: frk_system_run() ends after this much logical time, rounded up to
 *	whole periods; 0 for never.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI; 0 (which would be
 *	CLOCK_REALTIME) stands for CLOCK_MONOTONIC.
 * @cpu: CPU of tick interrupt and worker: 0 leaves the choice, or FRK_CPU(n).
 * @rt_priority: SCHED_FIFO priority of the worker, 1 to 99; 0 leaves it.
 * @feed_slots: ticks the feed holds, a power of two; 0 for 1024.
 * @actors_max: actors that may live at once; 0 for 64.
 * @messages_max: messages in flight; 0 for 1024.
 * @timers_max: timers that may be armed at once; 0 for 256.
 * @env: not zero: the environment overrides: FRAKTOR_DRIVER,
 *	FRAKTOR_PERIOD_US, FRAKTOR_DURATION_S, FRAKTOR_CPU,
 *	FRAKTOR_RT_PRIORITY.  One that is empty counts as not set.
 * @error: where to say why frk_system_build() or frk_system_run() failed; must
 *	live until then; may be NULL.
 */
struct frk_system_opts {
	size_t size;
	const char *name;
	const char *driver_name;
	const struct frk_driver_ops *driver;
	uint64_t period_ns;
	uint64_t run_ns;
	int clockid;
	uint32_t cpu;
	int rt_priority;
	uint32_t feed_slots;
	uint32_t actors_max;
	uint32_t messages_max;
	uint32_t timers_max;
	int env;
	struct frk_error *error;
};

#define FRK_SYSTEM_OPTS(...) \
	{ .size = sizeof(struct frk_system_opts), __VA_ARGS__ }

/**
 * frk_system_build() - build a system and start its tick driver
 * @opts: the options; copied.
 * @ret_system: the system; unref it.  Untouched on failure.
 *
 * Allocates all the memory the system will ever use, opens and starts the
 * driver, starts the worker thread.  Blocks for that long.  On failure
 * nothing is left running or allocated.
 *
 * Return: 0; -EINVAL for bad options, no or an unknown driver; what the
 * driver failed with; -ENOMEM; -EPERM if @rt_priority is not allowed.
 * &frk_system_opts.error says which driver, which call, which errno.
 */
FRK_API int frk_system_build(const struct frk_system_opts *opts,
			     struct frk_system **ret_system);

/**
 * frk_system_spawn() - start an actor
 * @system: the system.
 * @opts: the actor; copied.
 * @ret_pid: its pid; may be NULL.
 *
 * The actor gets FRK_MESSAGE_STARTED first.  Any thread, actors included.
 *
 * Return: 0; -EINVAL; -ENOBUFS if actors_max is reached; -ESHUTDOWN if the
 * system is stopping.
 */
FRK_API int frk_system_spawn(struct frk_system *system,
			     const struct frk_actor_opts *opts,
			     struct frk_pid *ret_pid);

/**
 * frk_system_send() - send a message from outside
 * @system: the system.
 * @to: the receiver.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * Any thread.  Never blocks, never allocates.
 *
 * Return: as frk_context_send().
 */
FRK_API int frk_system_send(struct frk_system *system, struct frk_pid to,
			    uint32_t kind, const void *payload, size_t size);

/**
 * frk_system_stop_actor() - stop an actor after what is in its mailbox now
 * @system: the system.
 * @pid: the actor.
 *
 * Any thread.  Does not wait.  From now on sending to it returns -ESTALE, and its
 * timers send no more.  Takes no message and cannot be refused.
 *
 * Return: 0, also when it was told before; -ESTALE if it has stopped.
 */
FRK_API int frk_system_stop_actor(struct frk_system *system,
				  struct frk_pid pid);

/**
 * frk_system_run() - wait for the end of the system
 * @system: the system.
 *
 * Blocks until &frk_system_opts.run_ns have passed, frk_system_stop() was
 * called, or the driver stopped.  Then no actor runs and no tick is made.
 * Any thread but the system's own.
 *
 * Return: 0; -ESHUTDOWN if the driver stopped by itself; what waiting for
 * ticks failed with; -EDEADLK when called from an actor.
 */
FRK_API int frk_system_run(struct frk_system *system);

/**
 * frk_system_stop() - ask the system to shut down
 * @system: the system.
 *
 * Order: no new actors and messages; actors get what is in their mailboxes
 * and FRK_MESSAGE_STOPPED, the youngest first; the driver stops last.
 * Idempotent, any thread, async-signal-safe, does not wait.
 */
FRK_API void frk_system_stop(struct frk_system *system);

/**
 * frk_system_unref() - stop the system, wait, and free it
 * @system: the system, or NULL.
 *
 * Any thread but the system's own: an actor that calls it stops the system, and
 * somebody else must free it.
 *
 * Return: NULL.
 */
FRK_API struct frk_system *frk_system_unref(struct frk_system *system);

/**
 * frk_system_get_metrics() - how well the ticks arrive
 * @system: the system.
 * @ret_metrics: a consistent snapshot.
 *
 * Any thread, actors included, also after frk_system_run() returned.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_system_get_metrics(struct frk_system *system,
				   struct frk_metrics *ret_metrics);

/**
 * frk_system_get_driver() - the driver in effect
 * @system: the system.
 * @ret_info: its description.
 *
 * Any thread, actors included, also after frk_system_run() returned.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_system_get_driver(struct frk_system *system,
				  struct frk_driver_info *ret_info);

/**
 * frk_report_live() - print the line of the last second for people
 * @system: the system.
 * @stream: where to; on a terminal the line replaces itself.
 *
 * Ticks in the last second, drift, lateness p50/p99/max, missed, dropped.
 *
 * Return: 0, so that receive can return it.
 */
FRK_API int frk_report_live(struct frk_system *system, FILE *stream);

/**
 * frk_report_summary() - print the line for machines
 * @system: the system.
 * @stream: where to.
 *
 * "fraktor: driver=... kernel=... ticks=... seconds=... drift_ppm=...
 * missed=... dropped=... lateness_ns p50=... p99=... max=..."
 *
 * Return: 0.
 */
FRK_API int frk_report_summary(struct frk_system *system, FILE *stream);

FRK_END_DECLS

#endif /* FRK_SYSTEM_H */

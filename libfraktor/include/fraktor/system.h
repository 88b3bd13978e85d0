/* SPDX-License-Identifier: MIT */
/*
 * fraktor/system.h - the actor system: one call builds it and starts its tick
 * driver, one waits for its end, one takes it apart.
 */
#ifndef FRK_SYSTEM_H
#define FRK_SYSTEM_H

#include <fraktor/actor.h>
#include <fraktor/buffer.h>
#include <fraktor/dispatcher.h>
#include <fraktor/event.h>
#include <fraktor/filter.h>
#include <fraktor/tick.h>

FRK_BEGIN_DECLS

/* Workers that a system may have. */
#define FRK_WORKERS_MAX 64U

/**
 * struct frk_worker_opts - where and how a worker runs
 * @cpu: 0 leaves the choice, or FRK_CPU(n).
 * @rt_priority: SCHED_FIFO priority, 1 to 99; 0 leaves it.
 */
struct frk_worker_opts {
	uint32_t cpu;
	int rt_priority;
};

/*
 * What becomes of an actor whose handler raises SIGSEGV, SIGBUS, SIGFPE or SIGILL.  All
 * but the first take these signals for the whole process, and pass on what is not of
 * an actor.
 */
enum frk_crash {
	FRK_CRASH_DIES = 0,  /* the process dies of it, as ever */
	FRK_CRASH_TELLS = 1, /* it does, and says on stderr in which actor that was */
	FRK_CRASH_FAILS = 2, /* the actor has failed with -EFAULT, and its parent decides */
};

/**
 * struct frk_system_opts - the builder: everything not named is zero
 * @size: sizeof of the caller's structure: use FRK_SYSTEM_OPTS().
 * @name: name of the system and of its tick line; NULL for "fraktor-<pid>".
 * @driver_name: a driver by its name: "kernel", "timerfd", "nanosleep", "pulse",
 *	"fused", one of @drivers, or "auto": the one of the highest priority that works;
 *	frk_system_get_tried() says which did not.
 * @driver: or any driver by its table; exactly one of the two is required.
 * @period_ns: period of the ticks; 0 for one millisecond.
 * @run_ns: frk_system_run() ends after this much logical time, rounded up to
 *	whole periods; 0 for never.
 * @clockid: CLOCK_MONOTONIC, CLOCK_BOOTTIME or CLOCK_TAI; 0 (which would be
 *	CLOCK_REALTIME) stands for CLOCK_MONOTONIC.
 * @cpu: CPU of tick interrupt and worker: 0 leaves the choice, or FRK_CPU(n).
 * @rt_priority: SCHED_FIFO priority of the worker, 1 to 99; 0 leaves it.
 * @feed_slots: ticks the feed holds, a power of two; 0 for what suits @timers_max:
 *	1024, 4096 from 10241 timers on, 65536 from 25601 on.
 * @actors_max: actors that may live at once; 0 for 64.
 * @messages_max: messages in flight; 0 for 1024.  A sixteenth of them may be kept for
 *	what actors send.
 * @timers_max: timers that may be armed at once; 0 for 256.
 * @env: not zero: the environment overrides: FRAKTOR_DRIVER,
 *	FRAKTOR_PERIOD_US, FRAKTOR_DURATION_S, FRAKTOR_CPU,
 *	FRAKTOR_RT_PRIORITY, FRAKTOR_LATENCY, FRAKTOR_STOP_POLICY,
 *	FRAKTOR_FALLBACK, FRAKTOR_SILENT_PERIODS.  One that is empty counts as not
 *	set.
 * @error: where to say why frk_system_build() or frk_system_run() failed; must
 *	live until then; may be NULL.
 * @latency: how close to its deadline a tick is wanted, and so what is spent on
 *	that; frk_system_get_driver() says what was picked.
 * @lead_ns: as in struct frk_driver_opts.
 * @accuracy_ns: likewise.
 * @spin_max_ppm: likewise.
 * @feed: where the driver "pulse" takes its ticks from; held until the system is
 *	freed.
 * @drivers: drivers of the application, for @driver_name and "auto"; copied, the
 *	tables are borrowed.
 * @drivers_n: how many, at most FRK_DRIVERS_MAX.
 * @stop_policy: what to do when the driver stops or falls silent, says what cannot
 *	be, or drifts too much where @drift_stops: every case is an event.
 * @retry_attempts: how often a driver is started again before the system shuts
 *	down all the same; 0 for 3.  A driver that ticked for a second counts anew.
 * @retry_backoff_ns: pause before the first time; doubled each time, up to a
 *	minute; 0 for 100 ms.
 * @fallback_name: the driver that takes over; NULL or "auto" for the best other
 *	one that works.  If that one stops, too, the system shuts down.
 * @silent_periods: a driver that says nothing for so many periods has stopped;
 *	0 for 8 and at least a second, but never for one whose time is simulated;
 *	FRK_SILENT_NEVER.
 * @drift_budget_ppb: drift of a second, either way, beyond which there is an
 *	event; 0 for 5 %.
 * @drift_stops: not zero: and beyond which the driver is stopped.
 * @quiet: not zero: no FRK_EVENT_TICK_METRICS.
 * @members: what the driver "fused" is made of; copied.
 * @members_n: how many, at most FRK_MEMBERS_MAX.
 * @events_max: events that are kept for replay and for subscribers that are slow, a
 *	power of two; 0 for 256.
 * @never_idle: not zero: the driver ticks every period, also while no timer is due for
 *	a while.  Else it is armed for when one is, where it can be, and costs nothing
 *	until then.
 * @watches_max: actors that may be watched at once, by one actor each, for their end
 *	or for room; 0 for twice
 *	@actors_max.
 * @actors: actors that are there before the first tick is; copied, all of one size.
 * @actors_n: how many.
 * @actors_pids: room for their pids; may be NULL.
 * @log_path: a file to put down every tick, every timer that is armed or cancelled,
 *	and every one that fires: Documentation/replay.rst; NULL for none.  It is in
 *	memory all the time and belongs on a tmpfs where time counts.
 * @log_records: how many of these it has room for, 32 bytes each, at most 2^26; then
 *	the oldest go, and it cannot be replayed; 0 for 2^20.
 * @stop_on_signals: not zero: SIGTERM and SIGINT stop the system, as
 *	frk_system_stop() does; the second one, and each after the system is freed, does
 *	what it did before.  One system of a process at a time.
 * @filters: what sees messages before actors do; borrowed until the system is freed;
 *	NULL for nothing.
 * @workers: threads that run actors, at most FRK_WORKERS_MAX; 0 for one.  The first
 *	has the ticks, too; the others have nothing to do until it has more than it
 *	runs, unless each has ticks: @worker_lines.  An actor is run by one at a time.
 *	Not with @log_path, @seed or a driver whose time is simulated: what several threads
 *	do has no order to repeat.
 * @worker_opts: one for each of them; copied; NULL: all have @rt_priority, and the first
 *	one @cpu.
 * @seed: not 0: which of the actors that have something to do is next is drawn, the same
 *	way for the same seed; 0: the one that waits longest.
 * @handler_max_ns: a handler that has not returned for so long is told as
 *	FRK_EVENT_ACTOR_BLOCKED by a thread that looks four times in that time; 0: nobody
 *	looks.
 * @on_crash: what becomes of an actor whose handler crashes.  With FRK_CRASH_FAILS the
 *	handler's stack is left as it is: locks that it held, and memory that it
 *	allocated, stay so; for handlers that have neither.
 * @trays_max: actors that may have levels, an order, a stash, senders that wait for room, or a
 *	receive timeout at once; 0 for @actors_max, but no more than 256.
 * @phase_max_ns: a phase of the shutdown that takes longer, on CLOCK_MONOTONIC, is told as
 *	FRK_EVENT_LOG, and the next one begins; 0 for 5 s.
 * @turn_messages: messages that an actor handles in a row at most, before others have their
 *	turn; 0 for 16.  More of them cost less each, and keep the others waiting longer.
 * @turn_max_ns: and how long, on CLOCK_MONOTONIC: its turn ends after the message with
 *	which it has taken that; 0 for however long.  Reads the clock for each message.  Not
 *	with @log_path, @seed or a driver whose time is simulated: a clock does not repeat.
 * @dispatcher: who is next; borrowed until the system is freed; NULL: who waits longest.
 *	Not with @seed, nor with several workers.
 * @worker_lines: not zero: each of several @workers has a tick line and a timer wheel of
 *	its own, with its CPU and priority (@worker_opts): the first one the line that has
 *	@name, the second one "NAME.1", and so on, all of one driver and with the same
 *	deadlines.  Timers fire on the worker that armed them.  What @stop_policy says is
 *	done for each line; when one is given up, the system ends.
 *	@name has at most 28 bytes.  Not with one worker, @feed or @members.
 * @state_max: bytes of state that an actor may have from the library, at most 2^20: so many
 *	are allocated for each of @actors_max; 0 for none.  See &frk_actor_opts.state_size.
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
	enum frk_latency latency;
	uint64_t lead_ns;
	uint64_t accuracy_ns;
	uint32_t spin_max_ppm;
	struct frk_tick_feed *feed;
	const struct frk_driver_entry *drivers;
	size_t drivers_n;
	enum frk_stop_policy stop_policy;
	uint32_t retry_attempts;
	uint64_t retry_backoff_ns;
	const char *fallback_name;
	uint32_t silent_periods;
	uint32_t events_max;
	uint64_t drift_budget_ppb;
	int drift_stops;
	int quiet;
	const struct frk_driver_member *members;
	size_t members_n;
	int never_idle;
	uint32_t watches_max;
	const struct frk_actor_opts *actors;
	size_t actors_n;
	struct frk_pid *actors_pids;
	const char *log_path;
	uint32_t log_records;
	int stop_on_signals;
	const struct frk_filters *filters;
	uint32_t workers;
	const struct frk_worker_opts *worker_opts;
	uint64_t seed;
	uint64_t handler_max_ns;
	enum frk_crash on_crash;
	uint32_t trays_max;
	uint64_t phase_max_ns;
	uint32_t turn_messages;
	uint64_t turn_max_ns;
	const struct frk_dispatcher_ops *dispatcher;
	int worker_lines;
	uint32_t state_max;
};

#define FRK_SILENT_NEVER UINT32_MAX

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
 * Return: 0; -EINVAL for bad options, no or an unknown driver; -EOPNOTSUPP for
 * the driver "manual", which is for tests; -EEXIST if two drivers have one name;
 * what the driver failed with; what the log file failed with; -ENOBUFS for more actors
 * than actors_max; -EBUSY if signals stop another system; -ENOMEM; -EPERM if @rt_priority is not
 * allowed.
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
 * Any thread.  Never allocates.  Blocks only where the receiver's mailbox is full and has
 * FRK_MAILBOX_BLOCK, and then no actor; a signal handler must not send to such a one.
 *
 * Return: as frk_context_send().
 */
FRK_API int frk_system_send(struct frk_system *system, struct frk_pid to,
			    uint32_t kind, const void *payload, size_t size);

/**
 * struct frk_reply - an answer, for a thread that is no actor
 * @payload: a copy of what was sent, aligned for any type.
 * @sender: who answered.
 * @kind: kind of the message.
 * @size: bytes of @payload that count, or of @buffer.
 * @buffer: what was sent is in there, and @payload is not used; unref it.  Else NULL.
 */
struct frk_reply {
	unsigned char payload[FRK_MESSAGE_PAYLOAD_MAX] __attribute__((aligned(16)));
	struct frk_pid sender;
	uint32_t kind;
	uint32_t size;
	struct frk_buffer *buffer;
};

/**
 * frk_system_ask() - ask an actor from outside, and wait for the answer
 * @system: the system.
 * @to: whom to ask.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 * @timeout_ns: how long, by the system's ticks; from 1.
 * @ret_reply: the answer.  Untouched on failure.
 *
 * Blocks.  An actor asks in the thread's place: for as long as it takes it is one of
 * the system's actors, and its timer one of the timers.  Any thread but the system's
 * own.
 *
 * Return: 0; -ETIMEDOUT; -ESTALE if @to has ended, or ends with the question unread;
 * -ESHUTDOWN if the system stops first; -ENOBUFS if actors, timers, messages or the
 * mailbox of @to are full; -EMSGSIZE, -ERANGE, -EINVAL as frk_context_ask(); -EDEADLK
 * when called from an actor, which has frk_context_ask().
 */
FRK_API int frk_system_ask(struct frk_system *system, struct frk_pid to, uint32_t kind,
			   const void *payload, size_t size, uint64_t timeout_ns,
			   struct frk_reply *ret_reply);

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
 * frk_system_halt_actor() - stop an actor after the message that it handles now
 * @system: the system.
 * @pid: the actor.
 *
 * As frk_system_stop_actor(), before or after which it may come; but what is in its mailbox
 * are dead letters (FRK_DEAD_ENDED), and who asked is told.  It has FRK_MESSAGE_STARTED
 * and FRK_MESSAGE_STOPPED all the same, and its children end before it does, each after what
 * is in its mailbox.
 *
 * Return: 0, also when it was told before; -ESTALE if it has stopped; -EINVAL.
 */
FRK_API int frk_system_halt_actor(struct frk_system *system, struct frk_pid pid);

/**
 * frk_system_run() - wait for the end of the system
 * @system: the system.
 *
 * Blocks until &frk_system_opts.run_ns have passed, frk_system_stop() was
 * called, or the driver stopped for good.  Then no actor runs and no tick is made.
 * Any thread but the system's own.
 *
 * Return: 0; -ESHUTDOWN if the driver stopped and the stop policy gave up; what
 * waiting for ticks failed with, likewise; -EDEADLK when called from an actor.
 */
FRK_API int frk_system_run(struct frk_system *system);

/**
 * frk_system_stop() - ask the system to shut down
 * @system: the system.
 *
 * Order: the actors of each &frk_actor_opts.stop_phase end, phase by phase, while all else
 * goes on; then no new actors and messages; actors get what is in their mailboxes
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
 * frk_system_get_timers() - what became of the actors' timers
 * @system: the system.
 * @ret_stats: the counts; not all of the same moment.
 *
 * Any thread, actors included, also after frk_system_run() returned.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_system_get_timers(struct frk_system *system,
				  struct frk_timer_stats *ret_stats);

/**
 * frk_system_get_actors() - what became of the actors
 * @system: the system.
 * @ret_stats: the counts; not all of the same moment.
 *
 * Any thread, actors included, also after frk_system_run() returned.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_system_get_actors(struct frk_system *system,
				  struct frk_actor_stats *ret_stats);

/**
 * frk_system_list_timers() - all timers there are, for who looks for a fault
 * @system: the system.
 * @ret_timers: room for @n, in the order of their due times; when there are more, not
 *	the first ones but any.
 * @n: how many at most; 0 only counts them.
 *
 * They are of one moment, between two turns of the system's thread: the caller waits
 * for that, unless he is an actor.  Any thread, also after frk_system_run() returned.
 *
 * Return: how many there are; -EINVAL.
 */
FRK_API int frk_system_list_timers(struct frk_system *system,
				   struct frk_timer_info *ret_timers, size_t n);

/**
 * frk_system_list_actors() - all actors that have begun and not ended
 * @system: the system.
 * @ret_actors: room for @n, the oldest first.
 * @n: how many at most; 0 only counts them.
 *
 * As frk_system_list_timers().
 *
 * Return: how many there are; -EINVAL.
 */
FRK_API int frk_system_list_actors(struct frk_system *system,
				   struct frk_actor_info *ret_actors, size_t n);

/**
 * frk_actor_print() - an actor as a line
 * @actor: the actor.
 * @stream: where to.
 *
 * "fraktor: actor INDEX.LIFE name=NAME parent=INDEX.LIFE policy=WORD max=N waiting=N
 * high=N stashed=N".
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_actor_print(const struct frk_actor_info *actor, FILE *stream);

/**
 * frk_timer_print() - a timer as a line
 * @timer: the timer.
 * @stream: where to.
 *
 * "fraktor: timer INDEX.LIFE actor=INDEX.LIFE name=NAME kind=N mode=WORD due_ns=N ...".
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_timer_print(const struct frk_timer_info *timer, FILE *stream);

/**
 * frk_system_get_dead_letters() - messages that reached nobody
 * @system: the system.
 * @ret_letters: the counts; not all of the same moment.
 *
 * Any thread, actors included, also after frk_system_run() returned.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_system_get_dead_letters(struct frk_system *system,
					struct frk_dead_letters *ret_letters);

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
 * frk_system_get_member() - one of the drivers that fill the system's feed
 * @system: the system.
 * @index: which; the first is 0, and its ticks have the driver 1.
 * @ret_info: its description.
 * @ret_metrics: how well it does by itself.
 *
 * Any thread.
 *
 * Return: 0; -ENOENT if there are not so many, or one driver fills it; -EINVAL.
 */
FRK_API int frk_system_get_member(struct frk_system *system, unsigned int index,
				  struct frk_driver_info *ret_info,
				  struct frk_metrics *ret_metrics);

/**
 * frk_system_get_worker() - the tick line of one of several workers
 * @system: the system.
 * @index: which; the first is 0, and its line is that of frk_system_get_driver() and
 *	frk_system_get_metrics().
 * @ret_info: the driver in effect.
 * @ret_metrics: how well its ticks arrive.
 *
 * Any thread, actors included, also after frk_system_run() returned.
 *
 * Return: 0; -ENOENT if there is no such worker, or it has no line of its own:
 * &frk_system_opts.worker_lines; -EINVAL.
 */
FRK_API int frk_system_get_worker(struct frk_system *system, unsigned int index,
				  struct frk_driver_info *ret_info,
				  struct frk_metrics *ret_metrics);

/**
 * frk_system_get_tried() - drivers that were tried in vain, and why they failed
 * @system: the system.
 * @ret_errors: room for @n, in the order in which they were tried.
 * @n: how many at most; 0 only counts them.
 *
 * Any thread.
 *
 * Return: how many there are; -EINVAL.
 */
FRK_API int frk_system_get_tried(struct frk_system *system,
				 struct frk_error *ret_errors, size_t n);

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
 * missed=... dropped=... lateness_ns p50=... p99=... max=..."; and where each of several
 * workers has a line, one for each of the others: "fraktor: worker=N driver=... ticks=...
 * drift_ppm=..." and the rest.
 *
 * Return: 0.
 */
FRK_API int frk_report_summary(struct frk_system *system, FILE *stream);

FRK_END_DECLS

#endif /* FRK_SYSTEM_H */

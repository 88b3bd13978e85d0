/* SPDX-License-Identifier: MIT */
/*
 * fraktor/event.h - what happens in a system, for whoever wants to know: drivers
 * that start, stop and change, how well the ticks come.
 *
 * Events are published into a ring of bounded size that everybody reads at his
 * own pace: a subscriber that is slow, or hangs, delays neither the system nor
 * another subscriber; what he has missed is counted for him.
 */
#ifndef FRK_EVENT_H
#define FRK_EVENT_H

#include <fraktor/actor.h>
#include <fraktor/tick.h>

FRK_BEGIN_DECLS

/* Keys of events; a subscription names the set of them that it wants. */
#define FRK_EVENT_TICK_METRICS (1U << 0)   /* .metrics, once a second of ticks */
#define FRK_EVENT_DRIFT_EXCEEDED (1U << 1) /* .drift: beyond the budget */
#define FRK_EVENT_DRIVER_STARTED (1U << 2) /* .driver: it ticks */
#define FRK_EVENT_DRIVER_STOPPED (1U << 3) /* .driver: why, and what comes now */
#define FRK_EVENT_DRIVER_CHANGED (1U << 4) /* .driver: another one ticks now */
#define FRK_EVENT_TIMERS_LATE (1U << 5)    /* .timers: some were, in a second of ticks */
#define FRK_EVENT_DEAD_LETTER (1U << 6)	   /* .dead_letter: a message reached nobody */
#define FRK_EVENT_LOG (1U << 7)		   /* .log: words for people: frk_event_log() */
#define FRK_EVENT_SOURCE (1U << 8)	   /* .source: what the kernel module says */
#define FRK_EVENT_ACTOR_FAILED (1U << 9)   /* .failure: of an actor, and what comes of it */
#define FRK_EVENT_ACTOR_BLOCKED (1U << 10) /* .blocked: in a handler for too long */
#define FRK_EVENT_USER (1U << 24)	   /* this bit and those above: the application's */
#define FRK_EVENT_ALL UINT32_MAX

/* What becomes of a system when its driver stops. */
enum frk_stop_policy {
	FRK_STOP_FAIL_FAST = 0, /* it shuts down */
	FRK_STOP_RETRY = 1,	/* the driver is started again, after a pause */
	FRK_STOP_FALLBACK = 2,	/* another driver takes over at once */
};

/* Why a driver stopped. */
enum frk_stop_reason {
	FRK_STOP_NONE = 0,   /* it has not */
	FRK_STOP_ASKED = 1,  /* the system shuts down */
	FRK_STOP_ENDED = 2,  /* by itself: .text says why if the driver did */
	FRK_STOP_BROKEN = 3, /* waiting for it failed: .code */
	FRK_STOP_SILENT = 4, /* it said nothing for too long */
	FRK_STOP_LYING = 5,  /* what it said cannot be: .text */
	FRK_STOP_DRIFT = 6,  /* beyond the budget, and that was to stop it */
	FRK_STOP_FAILED = 7, /* it did not start: .code, .text */
};

/* What the stop policy does next. */
enum frk_stop_then {
	FRK_THEN_NOTHING = 0,  /* it ticks, or others of the same feed do */
	FRK_THEN_SHUTDOWN = 1, /* the system shuts down */
	FRK_THEN_RETRY = 2,    /* the same driver again, after .delay_ns */
	FRK_THEN_FALLBACK = 3, /* another driver at once: .next */
};

/**
 * struct frk_event_driver - a driver that started, stopped or took over
 * @name: the driver.
 * @next: the driver that is to follow, or was before; empty for none.
 * @text: in words, one line; may be empty.
 * @kind: what it is.
 * @reason: why it stopped.
 * @then: what is done about it.
 * @code: the negative errno there was, or 0.
 * @attempt: how often it has been started again.
 * @member: 0 for the line; else the number of one of the drivers it is made of.
 * @delay_ns: how long until it is started again.
 * @worker: whose line it is, from 0; see &frk_system_opts.worker_lines.
 */
struct frk_event_driver {
	char name[32];
	char next[32];
	char text[96];
	enum frk_driver_kind kind;
	enum frk_stop_reason reason;
	enum frk_stop_then then;
	int32_t code;
	uint32_t attempt;
	uint32_t member;
	uint64_t delay_ns;
	uint32_t worker;
};

/**
 * struct frk_event_metrics - how well the ticks came
 * @name: the driver.
 * @metrics: the figures.
 * @member: 0 for the line; else the number of one of the drivers it is made of.
 * @worker: whose line it is, from 0.
 */
struct frk_event_metrics {
	char name[32];
	struct frk_metrics metrics;
	uint32_t member;
	uint32_t worker;
};

/**
 * struct frk_event_drift - ticks of the last second came too fast or too slowly
 * @name: the driver.
 * @drift_ppb: the drift, positive when the line is too slow.
 * @budget_ppb: what was allowed.
 * @stops: not 0: the driver is stopped for it.
 * @member: as in struct frk_event_metrics.
 * @worker: likewise.
 */
struct frk_event_drift {
	char name[32];
	int64_t drift_ppb;
	uint64_t budget_ppb;
	uint32_t stops;
	uint32_t member;
	uint32_t worker;
};

/**
 * struct frk_event_timers - timers were late, missed due times, or were too many
 * @since: how much of it since it was told last, or since the system began; the
 *	largest lateness is of all time.
 * @worker: on whose wheel they were, from 0.
 */
struct frk_event_timers {
	struct frk_timer_stats since;
	uint32_t worker;
};

/**
 * struct frk_event_dead_letter - a message that reached nobody, or many
 * @to: who was meant.
 * @sender: who sent it; .life 0 for none that is an actor.
 * @kind: its kind.
 * @reason: why.
 * @count: 1; or, where too many came in a second of ticks, how many more there were
 *	than were told one by one: then the other members are 0.
 */
struct frk_event_dead_letter {
	struct frk_pid to;
	struct frk_pid sender;
	uint32_t kind;
	enum frk_dead_reason reason;
	uint64_t count;
};

/**
 * struct frk_event_failure - an actor has failed, or many have
 * @actor: which; .life 0 where @count is of many.
 * @name: its name.
 * @error: the negative errno.
 * @directive: the enum frk_directive that its parent's supervision has for it.
 * @count: 1; or, where too many came in a second of ticks, how many more there were
 *	than were told one by one: then the other members are 0.
 */
struct frk_event_failure {
	struct frk_pid actor;
	char name[32];
	int32_t error;
	uint32_t directive;
	uint64_t count;
};

/**
 * struct frk_event_blocked - an actor is in one handler for too long
 * @actor: which.
 * @name: its name.
 * @worker: on which worker, from 0.
 * @over: 0: it has not returned; 1: it has, after it was told.
 * @ns: for how long so far, or in all: to a quarter of &frk_system_opts.handler_max_ns.
 * @path: as in struct frk_actor_info.
 */
struct frk_event_blocked {
	struct frk_pid actor;
	char name[32];
	uint32_t worker;
	uint32_t over;
	uint64_t ns;
	char path[FRK_ACTOR_PATH_SIZE];
};

/* How much a line of the log matters; the numbers are those of syslog(3). */
enum frk_log_level {
	FRK_LOG_ERROR = 3,
	FRK_LOG_WARNING = 4,
	FRK_LOG_INFO = 6,
	FRK_LOG_DEBUG = 7,
};

/**
 * struct frk_event_words - words for people
 * @level: how much it matters.
 * @reserved: 0.
 * @text: one line.
 */
struct frk_event_words {
	enum frk_log_level level;
	uint32_t reserved;
	char text[224];
};

/**
 * struct frk_event_source - something happened to a tick line of the kernel module
 * @type: what, in the words of frk_source_event_name(); "lost" if there were too many
 *	to be told, "gone" if the module was unloaded.
 * @name: name of the line.
 * @reason: why, in the words of frk_source_reason_name(); empty for no reason.
 * @id: of the line.
 * @cpu: its CPU, then.
 * @ticks: since its start, then.
 * @dropped: records that its readers had lost, then.
 * @period_ns: its period, then.
 * @drift_ppb: "drift": over the last second.
 * @behind: "reader-stalled": records the reader is behind.
 * @slept_ns: "resumed": how long the suspend took.
 * @reader_id: "reader-stalled", "reader-resumed": the reader.
 * @pid: of the reader, or of the owner that died, if you may know; else 0.
 */
struct frk_event_source {
	char type[24];
	char name[32];
	char reason[24];
	uint32_t id;
	uint32_t cpu;
	uint64_t ticks;
	uint64_t dropped;
	uint64_t period_ns;
	int64_t drift_ppb;
	uint64_t behind;
	uint64_t slept_ns;
	uint32_t reader_id;
	uint32_t pid;
};

/**
 * struct frk_event - something that happened
 * @seq: its number, from 1; numbers have gaps for a subscriber that does not want
 *	all keys.
 * @at_ns: when, on CLOCK_MONOTONIC.
 * @key: FRK_EVENT_*, one of them; says which member below is meant.
 * @reserved: 0.
 * @driver: of started, stopped, changed.
 * @metrics: of tick metrics.
 * @drift: of drift exceeded.
 * @timers: of timers late.
 * @dead_letter: of a dead letter.
 * @failure: of an actor that has failed.
 * @blocked: of one that is in a handler for too long.
 * @log: of the log.
 * @source: of what the kernel module says.
 * @word: room for what is to come, and the application's in its own events.
 */
struct frk_event {
	uint64_t seq;
	uint64_t at_ns;
	uint32_t key;
	uint32_t reserved;
	union {
		struct frk_event_driver driver;
		struct frk_event_metrics metrics;
		struct frk_event_drift drift;
		struct frk_event_timers timers;
		struct frk_event_dead_letter dead_letter;
		struct frk_event_failure failure;
		struct frk_event_blocked blocked;
		struct frk_event_words log;
		struct frk_event_source source;
		uint64_t word[29];
	};
};

struct frk_system;
struct frk_subscription;

/**
 * frk_event_publish() - tell the subscribers of a system
 * @system: the system.
 * @event: FRK_EVENT_LOG, FRK_EVENT_SOURCE or one of FRK_EVENT_USER and above; its seq
 *	is ignored, and at_ns 0 stands for now.
 *
 * Any thread, actors included; waits for nobody, allocates nothing.
 *
 * Return: 0; -EINVAL, also for a key that is the system's own and for several keys.
 */
FRK_API int frk_event_publish(struct frk_system *system, const struct frk_event *event);

/**
 * frk_event_log() - tell the subscribers in words
 * @system: the system.
 * @level: how much it matters.
 * @format: one line as for printf(3), without a newline; what is too long is cut.
 *
 * Any thread, actors included; waits for nobody, allocates nothing itself.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_event_log(struct frk_system *system, enum frk_log_level level,
			  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * frk_subscription_open() - want to know
 * @system: the system; close the subscription before it is freed.
 * @keys: FRK_EVENT_*, any number of them, or FRK_EVENT_ALL.
 * @replay: events of the past to begin with, at most; those that are still in the
 *	ring, of other keys too, are counted.
 * @ret_subscription: the subscription; close it.  Untouched on failure.
 *
 * Any thread.  Allocates.
 *
 * Return: 0; -EINVAL; -ENOMEM.
 */
FRK_API int frk_subscription_open(struct frk_system *system, uint32_t keys,
				  uint32_t replay,
				  struct frk_subscription **ret_subscription);

/**
 * frk_subscription_next() - the next event
 * @subscription: the subscription; one thread at a time.
 * @ret_event: the event; untouched if there is none.
 *
 * Never blocks.
 *
 * Return: 1; 0 for none now; -ESHUTDOWN for none any more; -EINVAL.
 */
FRK_API int frk_subscription_next(struct frk_subscription *subscription,
				  struct frk_event *ret_event);

/**
 * frk_subscription_wait() - sleep until there is an event
 * @subscription: the subscription; one thread at a time, and not an actor.
 * @timeout_ns: for so long at most; UINT64_MAX for ever.
 *
 * An event of any key ends the wait: look with frk_subscription_next().
 *
 * Return: 0; -ETIMEDOUT; -EINVAL.
 */
FRK_API int frk_subscription_wait(struct frk_subscription *subscription,
				  uint64_t timeout_ns);

/**
 * frk_subscription_lost() - events that came and went unseen
 * @subscription: the subscription.
 *
 * Counted whatever their key was: nobody knows any more.
 *
 * Return: how many since it was opened.
 */
FRK_API uint64_t frk_subscription_lost(const struct frk_subscription *subscription);

/**
 * frk_subscription_close() - want to know no more
 * @subscription: the subscription, or NULL.
 */
FRK_API void frk_subscription_close(struct frk_subscription *subscription);

/**
 * struct frk_logger_opts - a subscriber that writes lines; what is not named is zero
 * @size: sizeof of the caller's structure: use FRK_LOGGER_OPTS().
 * @stream: where to; flushed after each line.  May block: that delays nobody else.
 * @keys: FRK_EVENT_*, any number of them; 0 for all but FRK_EVENT_TICK_METRICS.
 * @replay: events of the past to begin with, at most.
 */
struct frk_logger_opts {
	size_t size;
	FILE *stream;
	uint32_t keys;
	uint32_t replay;
};

#define FRK_LOGGER_OPTS(...) { .size = sizeof(struct frk_logger_opts), __VA_ARGS__ }

struct frk_logger;

/**
 * frk_logger_open() - write events as lines, in a thread of its own
 * @system: the system; close the logger before it is freed.
 * @opts: the options; copied, the stream is borrowed.
 * @ret_logger: the logger; close it.  Untouched on failure.
 *
 * Lines as of frk_event_print(); where events came and went unseen because the
 * stream was too slow, a line "fraktor: SECONDS.NANOSECONDS lost count=N" says how
 * many.
 *
 * Return: 0; -EINVAL; -ENOMEM; -EAGAIN if there are too many threads.
 */
FRK_API int frk_logger_open(struct frk_system *system, const struct frk_logger_opts *opts,
			    struct frk_logger **ret_logger);

/**
 * frk_logger_close() - write what there is and no more
 * @logger: the logger, or NULL.
 *
 * Waits for its thread, so for its stream.
 */
FRK_API void frk_logger_close(struct frk_logger *logger);

/**
 * frk_event_print() - an event as a line of a log
 * @event: the event.
 * @stream: where to.
 *
 * "fraktor: SECONDS.NANOSECONDS KEY driver=NAME ..." and a newline; the rest are
 * words with = in them, and text=, which goes to the end of the line, is the last.
 * A control character in text= is printed as a question mark: an event is one line.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_event_print(const struct frk_event *event, FILE *stream);

FRK_END_DECLS

#endif /* FRK_EVENT_H */

/* SPDX-License-Identifier: MIT */
/*
 * fraktor/actor.h - an actor: a function that gets one message at a time, and
 * what it may do while it has one.
 *
 * The context is borrowed: it is valid inside receive, on the thread that
 * called receive, and nowhere else.
 */
#ifndef FRK_ACTOR_H
#define FRK_ACTOR_H

#include <fraktor/mailbox.h>
#include <fraktor/message.h>

FRK_BEGIN_DECLS

struct frk_context;
struct frk_system;

/**
 * typedef frk_receive_fn - handle one message
 * @context: what the actor may do now.
 * @message: the message, valid until the function returns.
 *
 * Runs on a worker thread, one message at a time for each actor.  It should
 * not block: a blocked actor delays the others of its worker, never the ticks.
 *
 * Return: 0, or a negative errno: the actor has failed, and its parent decides what
 * becomes of it; without a parent it is stopped.
 */
typedef int (*frk_receive_fn)(struct frk_context *context,
			      const struct frk_message *message);

/**
 * enum frk_directive - what becomes of a child that has failed
 * @FRK_DIRECTIVE_STOP: it is stopped; what is in its mailbox are dead letters.
 * @FRK_DIRECTIVE_RESUME: it goes on with its next message.
 * @FRK_DIRECTIVE_RESTART: it begins again: FRK_MESSAGE_RESTARTING, STARTED, and then what
 *	is in its mailbox.  The message it failed with is gone.
 * @FRK_DIRECTIVE_ESCALATE: it is stopped, and its parent has failed, with the same error.
 */
enum frk_directive {
	FRK_DIRECTIVE_STOP = 0,
	FRK_DIRECTIVE_RESUME = 1,
	FRK_DIRECTIVE_RESTART = 2,
	FRK_DIRECTIVE_ESCALATE = 3,
};

/**
 * enum frk_scope - to whom that happens
 * @FRK_ONE_FOR_ONE: to the child that has failed.
 * @FRK_ALL_FOR_ONE: to all children, where they are stopped or restarted.
 */
enum frk_scope {
	FRK_ONE_FOR_ONE = 0,
	FRK_ALL_FOR_ONE = 1,
};

/**
 * struct frk_supervision_rule - what a failure leads to
 * @error: the negative errno.
 * @directive: an enum frk_directive.
 */
struct frk_supervision_rule {
	int error;
	uint32_t directive;
};

/**
 * struct frk_supervision - how an actor treats its children; a const table
 * @size: sizeof(struct frk_supervision); FRK_SUPERVISION() sets it.
 * @scope: an enum frk_scope.
 * @rules: the first one whose error it is decides; NULL for none.
 * @rules_n: how many.
 * @otherwise: the enum frk_directive for all other errors; 0 stops.
 * @beyond: FRK_DIRECTIVE_STOP or FRK_DIRECTIVE_ESCALATE: instead of a restart beyond
 *	@restarts_max.
 * @restarts_max: of one child in @window_ns; 0 for 10; FRK_RESTARTS_UNLIMITED.
 * @window_ns: begins with the first restart that is counted in it; 0 for a second.
 * @backoff_ns: pause before a restart, doubled with each one until the child has lived
 *	for @window_ns; 0 for none.  Needs one of the system's timers: if none is left,
 *	there is no pause.
 * @backoff_max_ns: longest pause; 0 for 64 times @backoff_ns.
 * @jitter_percent: each pause is longer by up to so much, at most 100, so that what
 *	failed together does not come back together.
 */
struct frk_supervision {
	size_t size;
	uint32_t scope;
	uint32_t otherwise;
	const struct frk_supervision_rule *rules;
	size_t rules_n;
	uint32_t beyond;
	uint32_t restarts_max;
	uint64_t window_ns;
	uint64_t backoff_ns;
	uint64_t backoff_max_ns;
	uint32_t jitter_percent;
};

#define FRK_RESTARTS_UNLIMITED UINT32_MAX

#define FRK_SUPERVISION(...) \
	{ .size = sizeof(struct frk_supervision), __VA_ARGS__ }

/**
 * enum frk_mailbox_policy - what becomes of a message that finds a mailbox full
 * @FRK_MAILBOX_REJECT: sending returns -ENOBUFS; a dead letter, FRK_DEAD_FULL.
 * @FRK_MAILBOX_DROP_NEWEST: sending returns 0, and it is a dead letter,
 *	FRK_DEAD_DROPPED.  But a question is refused: who asks is to know.
 * @FRK_MAILBOX_DROP_OLDEST: it is accepted, and the one that has waited longest becomes
 *	a dead letter, FRK_DEAD_DISPLACED, when the actor has its next turn.  Until then
 *	more than &frk_actor_opts.mailbox_max may wait, up to the system's messages_max.
 * @FRK_MAILBOX_BLOCK: frk_system_send() waits for room, up to
 *	&frk_actor_opts.mailbox_wait_ns; then, and at once for who is an actor, as
 *	FRK_MAILBOX_REJECT.
 * @FRK_MAILBOX_UNBOUNDED: there is no bound but the system's messages_max, which is
 *	everybody's.
 *
 * Messages of the runtime are never dropped, and none of these is about them.
 */
enum frk_mailbox_policy {
	FRK_MAILBOX_REJECT = 0,
	FRK_MAILBOX_DROP_NEWEST = 1,
	FRK_MAILBOX_DROP_OLDEST = 2,
	FRK_MAILBOX_BLOCK = 3,
	FRK_MAILBOX_UNBOUNDED = 4,
};

/**
 * struct frk_actor_opts - a new actor
 * @size: sizeof of the caller's structure: use FRK_ACTOR_OPTS().
 * @name: for people; copied, and cut after 31 bytes; NULL for "actor".
 * @receive: its handler; required.
 * @state: handed out by frk_context_state(); the application owns it.  Not with @state_size.
 * @mailbox_max: messages from others that may wait for it, at most 2^20; 0 for
 *	256.  Messages of its own timers do not count: at most one for each.  Must be 0
 *	with FRK_MAILBOX_UNBOUNDED.
 * @supervision: what becomes of its children when they fail; borrowed as long as it
 *	lives; NULL: they are stopped.
 * @worker: the one worker that runs it, FRK_WORKER(n) with n below
 *	&frk_system_opts.workers; 0: whoever has time, and it may be another one each
 *	time.  The first one has the ticks.
 *	Where time is simulated, any n is the one worker there is.
 * @mailbox_policy: an enum frk_mailbox_policy: what happens when that many wait.
 * @mailbox_wait_ns: how long a thread that is no actor waits for room, on
 *	CLOCK_MONOTONIC; from 1, rounded up to microseconds, at most 2^32 - 1 of them;
 *	must be 0 but with FRK_MAILBOX_BLOCK.
 * @mailbox_level: messages come by their level, and in one level in the order of
 *	arrival; NULL for only that.  Not with FRK_MAILBOX_DROP_OLDEST.
 * @stash_max: messages that frk_context_stash() may put aside, at most 2^20; 0 for none.
 * @stop_phase: in which phase of frk_system_stop() it is to end, from 1 to
 *	FRK_STOP_PHASES: what is in its mailbox, then FRK_MESSAGE_STOPPED, while all actors
 *	of later phases go on; 0 for the end, with all that have none and all that have
 *	not ended in their phase.
 * @priority: for the dispatcher of the system, if that looks at it, as
 *	frk_dispatcher_priority does; 0, the lowest, to FRK_PRIORITY_MAX.
 * @mailbox_order: which message is next, and which is dropped; borrowed as long as it
 *	lives; NULL for the order of arrival.  Neither with @mailbox_level nor with
 *	FRK_MAILBOX_DROP_OLDEST.
 * @mailbox_state: for @mailbox_order, as it is: at least its state_size bytes, borrowed until
 *	the actor has FRK_MESSAGE_STOPPED; NULL for bytes of the library's.
 * @state_size: bytes of state that come with the actor instead, aligned for any type, at most
 *	&frk_system_opts.state_max: frk_context_state() hands them out.  They are zeroed before
 *	each FRK_MESSAGE_STARTED, that of a restart, too, and are gone after FRK_MESSAGE_STOPPED;
 *	0 for none.
 */
struct frk_actor_opts {
	size_t size;
	const char *name;
	frk_receive_fn receive;
	void *state;
	uint32_t mailbox_max;
	const struct frk_supervision *supervision;
	uint32_t worker;
	uint32_t mailbox_policy;
	uint32_t stash_max;
	uint64_t mailbox_wait_ns;
	frk_level_fn mailbox_level;
	uint32_t stop_phase;
	uint32_t priority;
	const struct frk_mailbox_ops *mailbox_order;
	void *mailbox_state;
	size_t state_size;
};

/* Phases of a shutdown before the end. */
#define FRK_STOP_PHASES 7U

#define FRK_WORKER(n) ((uint32_t)(n) + 1)

#define FRK_ACTOR_OPTS(...) \
	{ .size = sizeof(struct frk_actor_opts), __VA_ARGS__ }

/**
 * struct frk_timer_stats - what became of the timers of a system
 * @fired_total: how often they fired.
 * @late_total: of these, how often after the tick at which they should have: time
 *	had jumped, since ticks were missed, or there was too much to do.
 * @late_max_ticks: by how many ticks at most.
 * @missed_total: due times that passed together with a later one of the same timer:
 *	&frk_message.count jumped.
 * @carried_total: how often there was more to do than the actors could be kept
 *	waiting for, so that the rest was done in the next turn.
 */
struct frk_timer_stats {
	uint64_t fired_total;
	uint64_t late_total;
	uint64_t late_max_ticks;
	uint64_t missed_total;
	uint64_t carried_total;
};

/**
 * struct frk_actor_stats - what became of the actors of a system
 * @failures_total: how often one failed, parents by escalation included.
 * @restarts_total: how often one began again.
 */
struct frk_actor_stats {
	uint64_t failures_total;
	uint64_t restarts_total;
};

/**
 * struct frk_actor_info - an actor there is
 * @actor: its pid.
 * @parent: whose child it is; .life is 0 for nobody's.
 * @name: its name.
 * @mailbox_policy: an enum frk_mailbox_policy.
 * @mailbox_max: messages that may wait for it; 0 for FRK_MAILBOX_UNBOUNDED.
 * @mailbox_waiting: messages that do, those of its timers not counted.
 * @mailbox_high: most that did at once; more than @mailbox_max only where
 *	FRK_MAILBOX_DROP_OLDEST has accepted what it then dropped.
 * @stashed: messages that it has put aside.
 * @path: the names of those whose child it is, and its own: "/leader/pump"; where that is too
 *	long, "..." and the last ones.  For people: names need not be unique.
 */
struct frk_actor_info {
	struct frk_pid actor;
	struct frk_pid parent;
	char name[32];
	uint32_t mailbox_policy;
	uint32_t mailbox_max;
	uint32_t mailbox_waiting;
	uint32_t mailbox_high;
	uint32_t stashed;
	char path[FRK_ACTOR_PATH_SIZE];
};

/* Why a message reached nobody. */
enum frk_dead_reason {
	FRK_DEAD_STALE = 0,	/* there is no such actor (any more) */
	FRK_DEAD_FULL = 1,	/* its mailbox was full */
	FRK_DEAD_EXHAUSTED = 2, /* messages_max of the system are in flight */
	FRK_DEAD_ENDED = 3,	/* it was accepted, and its actor ended before it */
	FRK_DEAD_CLOSED = 4,	/* the system was shutting down */
	FRK_DEAD_LATE = 5,	/* an answer that nobody waits for any more */
	FRK_DEAD_REFUSED = 6,	/* by a filter for sending */
	FRK_DEAD_DROPPED = 7,	/* its mailbox was full and drops what comes then */
	FRK_DEAD_DISPLACED = 8, /* it was accepted, and a later one took its place */
};

#define FRK_DEAD_REASONS 9

/**
 * struct frk_dead_letters - messages that reached nobody, since the system began
 * @by_reason: how many, by enum frk_dead_reason.  All but FRK_DEAD_ENDED,
 *	FRK_DEAD_LATE, FRK_DEAD_DROPPED and FRK_DEAD_DISPLACED were told to their
 *	senders, too.
 */
struct frk_dead_letters {
	uint64_t by_reason[FRK_DEAD_REASONS];
};

/**
 * frk_context_system() - the system this actor lives in
 * @context: the context.
 *
 * Return: the system, borrowed.
 */
FRK_API struct frk_system *frk_context_system(struct frk_context *context);

/**
 * frk_context_self() - the actor's own pid
 * @context: the context.
 */
FRK_API struct frk_pid frk_context_self(const struct frk_context *context);

/**
 * frk_context_state() - &frk_actor_opts.state, or what came with the actor
 * @context: the context.
 */
FRK_API void *frk_context_state(const struct frk_context *context);

/**
 * frk_context_now_ns() - logical time of the system
 * @context: the context.
 *
 * Return: the latest tick's time on the system's clock; 0 before the first
 * tick.  Fixed while receive runs; read it instead of a clock where runs must
 * repeat.
 */
FRK_API uint64_t frk_context_now_ns(const struct frk_context *context);

/**
 * frk_context_send() - send a message, with this actor as its sender
 * @context: the context.
 * @to: the receiver.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * Never blocks, never allocates.
 *
 * Return: 0; -ESTALE if @to has stopped or was told to; -ENOBUFS if its
 * mailbox or the system's message pool is full; -ESHUTDOWN if the system is
 * stopping; -EMSGSIZE, -EINVAL for bad arguments.
 */
FRK_API int frk_context_send(struct frk_context *context, struct frk_pid to,
			     uint32_t kind, const void *payload, size_t size);

/**
 * frk_context_forward() - send on what came, as if its sender had
 * @context: the context.
 * @message: what came; of a kind from FRK_MESSAGE_USER up.
 * @to: the receiver.
 *
 * A question that is forwarded is answered by who has it then.
 *
 * Return: as frk_context_send().
 */
FRK_API int frk_context_forward(struct frk_context *context,
				const struct frk_message *message, struct frk_pid to);

/**
 * frk_context_ask() - send a question, and get one message for it
 * @context: the context.
 * @to: whom to ask.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 * @timeout_ns: how long an answer is waited for; from 1.
 * @ret_ask: name of the question; may be NULL.
 *
 * What comes has that name in &frk_message.ask: the answer, or FRK_MESSAGE_ASK_FAILED if
 * @to ends with the question in its mailbox, or FRK_MESSAGE_ASK_TIMEOUT.  An answer that
 * comes later is a dead letter.  frk_context_cancel() takes a question back: then nothing
 * comes.  Uses a timer of the system, allocates nothing.
 *
 * Return: as frk_context_send(), and then nothing comes; -ENOBUFS also if all timers are
 * in use; -ERANGE if @timeout_ns is beyond 2^63.
 */
FRK_API int frk_context_ask(struct frk_context *context, struct frk_pid to, uint32_t kind,
			    const void *payload, size_t size, uint64_t timeout_ns,
			    struct frk_timer *ret_ask);

/**
 * frk_context_then() - have what comes of a question handled by another function
 * @context: the context.
 * @ask: its name, from frk_context_ask().
 * @then: gets that one message, FRK_MESSAGE_ASK_FAILED and FRK_MESSAGE_ASK_TIMEOUT
 *	too, in place of the actor's handler, whatever that is by then; NULL to take this back.
 *
 * Other messages come in between.  What @then puts aside comes to the handler.  A restart
 * forgets the question, and so @then.
 *
 * Return: 0; -EINVAL; -ESTALE if nothing is to come of that question any more; -EPERM if
 * another actor has asked it.
 */
FRK_API int frk_context_then(struct frk_context *context, struct frk_timer ask,
			     frk_receive_fn then);

/**
 * frk_context_answer() - answer a question
 * @context: the context.
 * @question: it, or a copy for who answers later; its payload is not used.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * Return: as frk_context_send(); -EINVAL also if it is no question.
 */
FRK_API int frk_context_answer(struct frk_context *context,
			       const struct frk_message *question, uint32_t kind,
			       const void *payload, size_t size);

/**
 * frk_context_become() - handle messages with another function from the next one on
 * @context: the context.
 * @receive: the function; NULL for the one the actor was spawned with.
 *
 * Until it is changed again, or the actor is restarted.
 */
FRK_API void frk_context_become(struct frk_context *context, frk_receive_fn receive);

/* Behaviours that may be below the one that handles messages. */
#define FRK_BEHAVIOURS_MAX 8U

/**
 * struct frk_behaviours - those to come back to; in the actor's state
 * @n: how many; 0 to begin with.
 * @below: the last one is the next.
 */
struct frk_behaviours {
	uint32_t n;
	frk_receive_fn below[FRK_BEHAVIOURS_MAX];
};

/**
 * frk_context_push_behaviour() - frk_context_become(), and remember what was before
 * @context: the context.
 * @behaviours: where; the actor's, zeroed before FRK_MESSAGE_STARTED, after a restart, too.
 * @receive: the function; NULL for the one the actor was spawned with.
 *
 * Return: 0; -ENOBUFS if FRK_BEHAVIOURS_MAX are remembered; -EINVAL.
 */
FRK_API int frk_context_push_behaviour(struct frk_context *context,
				       struct frk_behaviours *behaviours,
				       frk_receive_fn receive);

/**
 * frk_context_pop_behaviour() - become what was before
 * @context: the context.
 * @behaviours: where that is.
 *
 * Return: 0; -ENOENT if there is none; -EINVAL.
 */
FRK_API int frk_context_pop_behaviour(struct frk_context *context,
				      struct frk_behaviours *behaviours);

/**
 * frk_context_set_receive_timeout() - be told that nothing is sent to this actor
 * @context: the context.
 * @ns: after how long, from now and from each message on; 0 for never, as at first.
 *
 * What others send counts, answers to questions, too; timers and what the runtime sends do
 * not.  Then the actor gets FRK_MESSAGE_RECEIVE_TIMEOUT, never early, at the first tick at
 * which so much logical time has passed since a message was handled; and again after as
 * long.  Off after a restart.  Uses a timer of the system.
 *
 * Return: 0; -ENOBUFS if all timers are in use, or trays_max of the system is reached; and
 * then it is off; -ERANGE if @ns is beyond 2^63; -ESTALE if the actor was told to stop;
 * -ESHUTDOWN if the system is stopping; -EINVAL.
 */
FRK_API int frk_context_set_receive_timeout(struct frk_context *context, uint64_t ns);

/**
 * frk_context_stash() - put the message of now aside
 * @context: the context.
 *
 * It comes again after frk_context_unstash_all(); a restart does that, too.  Until then it
 * is one of the messages_max of the system.  When the actor ends it is a dead letter.
 * A question can be answered later as it could be now.
 *
 * Return: 0; -ENOBUFS if stash_max are there; -EINVAL for a timer's message, one of the
 * runtime, or one that was put aside already.
 */
FRK_API int frk_context_stash(struct frk_context *context);

/**
 * frk_context_unstash_all() - have again what was put aside
 * @context: the context.
 *
 * After this message, before all that waits, in the order in which it was put aside.
 */
FRK_API void frk_context_unstash_all(struct frk_context *context);

/**
 * frk_context_every() - get a message again and again
 * @context: the context.
 * @kind: kind of the messages; FRK_MESSAGE_USER or more.
 * @interval_ns: from now on, this often; 0 for every tick.
 * @ret_timer: to cancel it with; may be NULL.
 *
 * Fixed rate: the n-th message is due n intervals after the call, whatever
 * happened in between, and is sent at the first tick that is not before that:
 * each due time is rounded up to a tick, the interval is not.  When the actor
 * lags, or the interval is shorter than a tick, what it missed is not sent in a
 * burst: a timer has one message in the mailbox at most, and
 * &frk_message.count jumps.  The timer ends with the actor.
 *
 * Return: 0; -ENOBUFS if all timers are in use; -EINVAL; -ERANGE if
 * @interval_ns is beyond 2^63; -ESTALE if the actor was told to stop;
 * -ESHUTDOWN if the system is stopping.
 */
FRK_API int frk_context_every(struct frk_context *context, uint32_t kind,
			      uint64_t interval_ns,
			      struct frk_timer *ret_timer);

/**
 * frk_context_after() - get a message once
 * @context: the context.
 * @kind: kind of the message; FRK_MESSAGE_USER or more.
 * @delay_ns: not before this much logical time has passed; rounded up to
 *	whole ticks; 0 for the next tick.
 * @ret_timer: to cancel it with; may be NULL.
 *
 * Return: as frk_context_every().
 */
FRK_API int frk_context_after(struct frk_context *context, uint32_t kind,
			      uint64_t delay_ns, struct frk_timer *ret_timer);

/**
 * enum frk_timer_mode - what happens after a timer has fired
 * @FRK_TIMER_ONCE: nothing.
 * @FRK_TIMER_SKIP: it fires again at the next due time to come; those that passed
 *	meanwhile are in &frk_message.count: frk_context_every().
 * @FRK_TIMER_RATE: a message for each due time, one after the other, until the
 *	actor has caught up.
 * @FRK_TIMER_DELAY: the interval begins when receive has returned.
 */
enum frk_timer_mode {
	FRK_TIMER_ONCE,
	FRK_TIMER_SKIP,
	FRK_TIMER_RATE,
	FRK_TIMER_DELAY,
};

/**
 * struct frk_timer_opts - a timer with all there is to choose
 * @size: sizeof(struct frk_timer_opts); FRK_TIMER_OPTS() sets it.
 * @kind: kind of the messages; FRK_MESSAGE_USER or more.
 * @mode: an enum frk_timer_mode.
 * @delay_ns: to the first due time; 0 for the next tick.
 * @interval_ns: from one due time to the next; 0 for as long as the delay.
 * @accuracy_ns: it may come later by up to this much, at a tick where other such
 *	timers do, so that there are fewer of these; 0 for no later than it must.
 */
struct frk_timer_opts {
	size_t size;
	uint32_t kind;
	uint32_t mode;
	uint64_t delay_ns;
	uint64_t interval_ns;
	uint64_t accuracy_ns;
};

/**
 * struct frk_timer_info - a timer that is armed
 * @timer: its name.
 * @actor: whose it is.
 * @actor_name: that actor's name.
 * @kind: kind of its messages.
 * @mode: an enum frk_timer_mode.
 * @due_ns: its next due time, on the driver's clock; 0 while the actor has its
 *	message and FRK_TIMER_DELAY or FRK_TIMER_RATE waits for that.
 * @interval_ns: from one due time to the next; 0 for once.
 * @count: due times that have passed.
 */
struct frk_timer_info {
	struct frk_timer timer;
	struct frk_pid actor;
	char actor_name[32];
	uint32_t kind;
	uint32_t mode;
	uint64_t due_ns;
	uint64_t interval_ns;
	uint64_t count;
};

/* struct frk_timer_opts with some fields set. */
#define FRK_TIMER_OPTS(...) \
	{ .size = sizeof(struct frk_timer_opts), __VA_ARGS__ }

/**
 * frk_context_schedule() - get messages at times
 * @context: the context.
 * @opts: which and when; copied.
 * @ret_timer: to cancel it with; may be NULL.
 *
 * No timer ends because its actor lags: what it missed is counted.
 *
 * Return: as frk_context_every(); -EINVAL also for an interval with
 * FRK_TIMER_ONCE.
 */
FRK_API int frk_context_schedule(struct frk_context *context,
				 const struct frk_timer_opts *opts,
				 struct frk_timer *ret_timer);

/**
 * frk_context_cancel() - cancel a timer of this actor
 * @context: the context.
 * @timer: the timer.
 *
 * A message of the timer that is in the mailbox already is still delivered.
 *
 * Return: 0; -ESTALE if it has fired for the last time or was cancelled;
 * -EPERM if it is another actor's.
 */
FRK_API int frk_context_cancel(struct frk_context *context,
			       struct frk_timer timer);

/**
 * frk_context_spawn() - start an actor that is this one's child
 * @context: the context.
 * @opts: the actor; copied, but for its supervision.
 * @ret_pid: its pid; may be NULL.
 *
 * When it fails, this actor's supervision decides.  An actor ends after its children:
 * before its FRK_MESSAGE_STOPPED, and before it is restarted, they are stopped, each
 * after what is in its mailbox.
 *
 * Return: 0; -EINVAL; -ENOBUFS if actors_max is reached; -ESTALE if this actor is
 * stopping; -ESHUTDOWN if the system is.
 */
FRK_API int frk_context_spawn(struct frk_context *context,
			      const struct frk_actor_opts *opts,
			      struct frk_pid *ret_pid);

/**
 * frk_context_parent() - whose child this actor is
 * @context: the context.
 *
 * Return: its pid; .life is 0 for nobody's.
 */
FRK_API struct frk_pid frk_context_parent(const struct frk_context *context);

/**
 * frk_context_fail() - this actor has failed, whatever receive returns
 * @context: the context.
 * @error: a negative errno.
 *
 * For where an error is found deep in a handler; receive goes on and should return.
 * The first one counts.
 */
FRK_API void frk_context_fail(struct frk_context *context, int error);

/**
 * frk_context_watch() - be told when another actor has ended
 * @context: the context.
 * @pid: the other actor.
 *
 * Whatever ended it, and also if it has ended already, this actor gets one
 * FRK_MESSAGE_TERMINATED from it, behind all that it sent before.  That ends the watch.
 * Watching an actor that is watched already changes nothing.
 *
 * Return: 0; -EINVAL, also for oneself; -ENOBUFS if watches_max of the system is reached;
 * -ESTALE if this actor is stopping.
 */
FRK_API int frk_context_watch(struct frk_context *context, struct frk_pid pid);

/**
 * frk_context_unwatch() - not be told any more
 * @context: the context.
 * @pid: the other actor.
 *
 * Not even if the message is in the mailbox already.
 *
 * Return: 0; -EINVAL; -ESTALE if it is not watched, or was told.
 */
FRK_API int frk_context_unwatch(struct frk_context *context, struct frk_pid pid);

/**
 * frk_context_get_room() - how many messages another actor has room for
 * @context: the context.
 * @pid: the other actor.
 * @ret_room: that number; UINT32_MAX less what waits for one that is unbounded.
 *
 * Others may fill it before this one sends.
 *
 * Return: 0; -EINVAL; -ESTALE if it has stopped or was told to.
 */
FRK_API int frk_context_get_room(struct frk_context *context, struct frk_pid pid,
				 uint32_t *ret_room);

/**
 * frk_context_watch_room() - be told when another actor has room again
 * @context: the context.
 * @pid: the other actor.
 *
 * One FRK_MESSAGE_ROOM from it, when its mailbox is no more than half full; at once if it
 * is not now; and if it ends, so that nobody waits in vain: sending then says -ESTALE.
 * That ends it.  A restart of this actor does, too.  Waiting twice changes nothing.
 *
 * Return: 0; -EINVAL, also for oneself; -ENOBUFS if watches_max of the system is reached;
 * -ESTALE if this actor is stopping.
 */
FRK_API int frk_context_watch_room(struct frk_context *context, struct frk_pid pid);

/**
 * frk_context_stop() - stop this actor
 * @context: the context.
 *
 * After receive returns, the actor gets FRK_MESSAGE_STOPPED and nothing more;
 * what others sent and it did not get is a dead letter.
 */
FRK_API void frk_context_stop(struct frk_context *context);

FRK_END_DECLS

#endif /* FRK_ACTOR_H */

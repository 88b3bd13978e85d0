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
 * Return: 0, or a negative errno: the actor has failed and is stopped.
 */
typedef int (*frk_receive_fn)(struct frk_context *context,
			      const struct frk_message *message);

/**
 * struct frk_actor_opts - a new actor
 * @size: sizeof of the caller's structure: use FRK_ACTOR_OPTS().
 * @name: for people; copied, and cut after 31 bytes; NULL for "actor".
 * @receive: its handler; required.
 * @state: handed out by frk_context_state(); the application owns it.
 * @mailbox_max: messages from others that may wait for it, at most 2^20; 0 for
 *	256.  Messages of its own timers do not count: at most one for each.
 */
struct frk_actor_opts {
	size_t size;
	const char *name;
	frk_receive_fn receive;
	void *state;
	uint32_t mailbox_max;
};

#define FRK_ACTOR_OPTS(...) \
	{ .size = sizeof(struct frk_actor_opts), __VA_ARGS__ }

/**
 * struct frk_timer - name of a timer, a value to copy
 * @index: slot of the timer in its system.
 * @life: which life of that slot, from 1; 0 names none.
 */
struct frk_timer {
	uint32_t index;
	uint32_t life;
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
 * frk_context_state() - the pointer given as &frk_actor_opts.state
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
 * @interval_ns is beyond 2^62; -ESTALE if the actor was told to stop;
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
 * frk_context_stop() - stop this actor
 * @context: the context.
 *
 * After receive returns, the actor gets FRK_MESSAGE_STOPPED and nothing more;
 * what others sent and it did not get is counted as undelivered.
 */
FRK_API void frk_context_stop(struct frk_context *context);

FRK_END_DECLS

#endif /* FRK_ACTOR_H */

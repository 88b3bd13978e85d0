/* SPDX-License-Identifier: MIT */
/*
 * fraktor/breaker.h - a circuit breaker: who has failed too often is not asked for a while,
 * so that those who need it are told at once and it has time to recover.
 *
 * It is memory of the actor that asks, and all of this is called while that one has a
 * message.  Nothing is allocated.
 */
#ifndef FRK_BREAKER_H
#define FRK_BREAKER_H

#include <fraktor/actor.h>

FRK_BEGIN_DECLS

/**
 * enum frk_breaker_state - does it let questions through?
 * @FRK_BREAKER_CLOSED: all of them.
 * @FRK_BREAKER_OPEN: none.
 * @FRK_BREAKER_HALF_OPEN: one, whose end decides.
 */
enum frk_breaker_state {
	FRK_BREAKER_CLOSED = 0,
	FRK_BREAKER_OPEN = 1,
	FRK_BREAKER_HALF_OPEN = 2,
};

/**
 * struct frk_breaker_opts - a circuit breaker
 * @size: sizeof(struct frk_breaker_opts); FRK_BREAKER_OPTS() sets it.
 * @failures_max: so many failures in @window_ns open it; 0 for 5.
 * @window_ns: begins with the first failure that is counted in it; 0 for ten seconds.
 * @timeout_ns: how long an answer is waited for; 0 for a second.
 * @reset_ns: how long it is open; 0 for 30 seconds.
 */
struct frk_breaker_opts {
	size_t size;
	uint32_t failures_max;
	uint64_t window_ns;
	uint64_t timeout_ns;
	uint64_t reset_ns;
};

#define FRK_BREAKER_OPTS(...) \
	{ .size = sizeof(struct frk_breaker_opts), __VA_ARGS__ }

/**
 * struct frk_breaker - a circuit breaker; its members are the library's
 * @opts: how it does.
 * @state: an enum frk_breaker_state.
 * @failures: in the window.
 * @since_ns: when the window began, it was opened, or the one question was asked.
 * @ask: that question.
 * @opened_total: how often it was opened.
 * @refused_total: questions that it has refused.
 */
struct frk_breaker {
	struct frk_breaker_opts opts;
	uint32_t state;
	uint32_t failures;
	uint64_t since_ns;
	struct frk_timer ask;
	uint64_t opened_total;
	uint64_t refused_total;
};

/**
 * frk_breaker_init() - a circuit breaker that is closed
 * @breaker: the breaker.
 * @opts: how it does; copied; NULL for what is usual.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_breaker_init(struct frk_breaker *breaker, const struct frk_breaker_opts *opts);

/**
 * frk_breaker_ask() - ask, if it lets that through
 * @breaker: the breaker.
 * @context: of the actor that asks.
 * @to: whom to ask.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 * @ret_ask: name of the question; may be NULL.
 *
 * What comes is told to it: frk_breaker_settle().
 *
 * Return: 0; -EHOSTDOWN: it is open; else as frk_context_ask(): -ESTALE and -ENOBUFS are
 * failures of who was to be asked.
 */
FRK_API int frk_breaker_ask(struct frk_breaker *breaker, struct frk_context *context,
			    struct frk_pid to, uint32_t kind, const void *payload, size_t size,
			    struct frk_timer *ret_ask);

/**
 * frk_breaker_settle() - what came for a question
 * @breaker: the breaker with which it was asked.
 * @context: of the actor that asked.
 * @message: the answer, FRK_MESSAGE_ASK_TIMEOUT or FRK_MESSAGE_ASK_FAILED.
 * @error: 0, or a negative errno if the answer is none that is any good.
 *
 * What comes for a question from before it was opened changes nothing.
 *
 * Return: 0; the negative errno of the failure that it was: @error, -ETIMEDOUT, or -ESTALE;
 * -EINVAL.
 */
FRK_API int frk_breaker_settle(struct frk_breaker *breaker, struct frk_context *context,
			       const struct frk_message *message, int error);

/**
 * frk_breaker_get_state() - does it let questions through?
 * @breaker: the breaker.
 * @context: of the actor that asks.
 *
 * Return: FRK_BREAKER_OPEN until the time is over; then FRK_BREAKER_HALF_OPEN until the one
 * question has come to its end.
 */
FRK_API enum frk_breaker_state frk_breaker_get_state(const struct frk_breaker *breaker,
							     const struct frk_context *context);

FRK_END_DECLS

#endif /* FRK_BREAKER_H */

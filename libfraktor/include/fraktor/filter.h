/* SPDX-License-Identifier: MIT */
/*
 * fraktor/filter.h - functions that see messages before actors do, and failures: for
 * traces, limits, rights.
 */
#ifndef FRK_FILTER_H
#define FRK_FILTER_H

#include <fraktor/actor.h>

FRK_BEGIN_DECLS

/**
 * typedef frk_receive_filter_fn - see a message before its actor does
 * @data: &frk_filters.data.
 * @context: the actor's.
 * @message: of a kind from FRK_MESSAGE_USER up; a timer's, too.
 *
 * The system's thread; must not block.
 *
 * Return: 0 to let it pass; a positive number to take it; a negative errno, with which
 * the actor fails.
 */
typedef int (*frk_receive_filter_fn)(void *data, struct frk_context *context,
				     const struct frk_message *message);

/**
 * typedef frk_send_filter_fn - see a message before it is on its way
 * @data: &frk_filters.data.
 * @from: who sends; .life 0 for none that is an actor.
 * @to: the receiver.
 * @kind: kind of the message.
 * @payload: what is in it.
 * @size: bytes of that.
 *
 * The thread that sends, several at once; must not block.  Timers send past it.
 *
 * Return: 0 to let it pass; a negative errno, which sending returns: the message is a
 * dead letter.
 */
typedef int (*frk_send_filter_fn)(void *data, struct frk_pid from, struct frk_pid to,
				  uint32_t kind, const void *payload, size_t size);

/**
 * typedef frk_failed_fn - hear that an actor has failed
 * @data: &frk_filters.data.
 * @actor: which.
 * @name: its name.
 * @error: the negative errno.
 * @directive: what becomes of it.
 *
 * The system's thread; must not block.
 */
typedef void (*frk_failed_fn)(void *data, struct frk_pid actor, const char *name, int error,
			      enum frk_directive directive);

/**
 * struct frk_filters - what sees messages before actors do; a const table
 * @size: sizeof(struct frk_filters); FRK_FILTERS() sets it.
 * @receive: asked in their order, until one does not return 0.
 * @receive_n: how many.
 * @send: asked in their order, until one refuses.
 * @send_n: how many.
 * @failed: told of each failure; NULL for nobody.
 * @data: for all of them.
 */
struct frk_filters {
	size_t size;
	const frk_receive_filter_fn *receive;
	size_t receive_n;
	const frk_send_filter_fn *send;
	size_t send_n;
	frk_failed_fn failed;
	void *data;
};

#define FRK_FILTERS(...) \
	{ .size = sizeof(struct frk_filters), __VA_ARGS__ }

FRK_END_DECLS

#endif /* FRK_FILTER_H */

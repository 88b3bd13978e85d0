/* SPDX-License-Identifier: MIT */
/*
 * filter.h - what the application's filters make of messages and failures.
 */
#ifndef FRKI_ACTOR_FILTER_H
#define FRKI_ACTOR_FILTER_H

#include <fraktor/filter.h>

#include "actor/cell.h"

/**
 * frki_filter_check() - can it be used?
 * @filters: a table; NULL can.
 *
 * Return: 0 or -EINVAL.
 */
int frki_filter_check(const struct frk_filters *filters);

/**
 * frki_filter_receive() - may the actor see it?
 * @filters: the table; NULL lets all pass.
 * @context: of the actor.
 * @message: the message.
 *
 * Return: 0; positive if not; a negative errno with which the actor fails.
 */
int frki_filter_receive(const struct frk_filters *filters, struct frk_context *context,
			const struct frk_message *message);

/**
 * frki_filter_send() - may it be sent?
 * @filters: the table; NULL lets all pass.
 * @post: what, from whom, to whom.
 *
 * Any thread.
 *
 * Return: 0 or a negative errno.
 */
int frki_filter_send(const struct frk_filters *filters, const struct frki_post *post);

/**
 * frki_filter_failed() - an actor has failed
 * @filters: the table, or NULL.
 * @failure: which, and what becomes of it.
 */
void frki_filter_failed(const struct frk_filters *filters, const struct frki_failure *failure);

#endif /* FRKI_ACTOR_FILTER_H */

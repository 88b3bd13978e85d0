// SPDX-License-Identifier: MIT
/*
 * filter.c - calls the application's filters; see filter.h.
 */
#include <errno.h>

#include "actor/filter.h"

int frki_filter_check(const struct frk_filters *filters)
{
	if (!filters)
		return 0;
	if (filters->size < sizeof(*filters) || (filters->receive_n && !filters->receive) ||
	    (filters->send_n && !filters->send))
		return -EINVAL;
	for (size_t i = 0; i < filters->receive_n; i++)
		if (!filters->receive[i])
			return -EINVAL;
	for (size_t i = 0; i < filters->send_n; i++)
		if (!filters->send[i])
			return -EINVAL;
	return 0;
}

int frki_filter_receive(const struct frk_filters *filters, struct frk_context *context,
			const struct frk_message *message)
{
	int ret = 0;

	/* Its life is between the runtime and the actor. */
	if (!filters || message->kind < FRK_MESSAGE_USER)
		return 0;
	for (size_t i = 0; i < filters->receive_n && !ret; i++)
		ret = filters->receive[i](filters->data, context, message);
	return ret;
}

int frki_filter_send(const struct frk_filters *filters, const struct frki_post *post)
{
	int ret = 0;

	if (!filters)
		return 0;
	for (size_t i = 0; i < filters->send_n && ret >= 0; i++)
		ret = filters->send[i](filters->data, post->sender, post->to, post->kind,
				       post->payload, post->size);
	return ret < 0 ? ret : 0;
}

void frki_filter_failed(const struct frk_filters *filters, const struct frki_failure *failure)
{
	if (filters && filters->failed)
		filters->failed(filters->data, failure->actor, failure->name, failure->error,
				failure->directive);
}

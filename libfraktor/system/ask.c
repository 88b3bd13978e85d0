// SPDX-License-Identifier: MIT
/*
 * ask.c - a question of a thread that is no actor: an actor asks it in its place and is
 * gone when the thread goes on.
 */
#include <errno.h>
#include <string.h>

#include "system/system.h"

/**
 * struct asker - what the actor is to do, on the stack of the thread that waits
 * @system: the system.
 * @to: whom to ask.
 * @kind: kind of the question.
 * @payload: its payload.
 * @size: bytes of it.
 * @timeout_ns: how long to wait.
 * @ask: name of the question.
 * @reply: where the answer goes.
 * @result: what becomes of it.
 * @gone: the actor has ended; under the system's lock.
 */
struct asker {
	struct frk_system *system;
	struct frk_pid to;
	uint32_t kind;
	const void *payload;
	size_t size;
	uint64_t timeout_ns;
	struct frk_timer ask;
	struct frk_reply *reply;
	int result;
	bool gone;
};

static void begin(struct asker *asker, struct frk_context *context)
{
	asker->result = frk_context_ask(context, asker->to, asker->kind, asker->payload,
					asker->size, asker->timeout_ns, &asker->ask);
	if (asker->result)
		frk_context_stop(context);
	else /* if it is ended before anything comes */
		asker->result = -ESHUTDOWN;
}

static int take(struct asker *asker, const struct frk_message *message)
{
	struct frk_reply *reply = asker->reply;

	if (message->kind == FRK_MESSAGE_ASK_TIMEOUT)
		return -ETIMEDOUT;
	if (message->kind == FRK_MESSAGE_ASK_FAILED)
		return -ESTALE;
	reply->sender = message->sender;
	reply->kind = message->kind;
	reply->size = message->size;
	reply->buffer = frk_buffer_ref(message->buffer);
	if (message->size && !reply->buffer)
		memcpy(reply->payload, message->payload, message->size);
	return 0;
}

/* Its last touch of the asker. */
static void end(struct asker *asker)
{
	struct frk_system *system = asker->system;

	pthread_mutex_lock(&system->lock);
	asker->gone = true;
	pthread_cond_broadcast(&system->ended);
	pthread_mutex_unlock(&system->lock);
}

static int receive(struct frk_context *context, const struct frk_message *message)
{
	struct asker *asker = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED) {
		begin(asker, context);
	} else if (message->kind == FRK_MESSAGE_STOPPED) {
		end(asker);
	} else if (message->ask.index == asker->ask.index &&
		   message->ask.life == asker->ask.life) {
		asker->result = take(asker, message);
		frk_context_stop(context);
	}
	return 0;
}

static int wait(struct asker *asker)
{
	struct frk_system *system = asker->system;

	pthread_mutex_lock(&system->lock);
	while (!asker->gone)
		pthread_cond_wait(&system->ended, &system->lock);
	pthread_mutex_unlock(&system->lock);
	return asker->result;
}

int frk_system_ask(struct frk_system *system, struct frk_pid to, uint32_t kind,
		   const void *payload, size_t size, uint64_t timeout_ns,
		   struct frk_reply *ret_reply)
{
	struct frk_reply reply = { 0 };
	struct asker asker = {
		.system = system,
		.to = to,
		.kind = kind,
		.payload = payload,
		.size = size,
		.timeout_ns = timeout_ns,
		.reply = &reply,
	};
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.name = "asker", .receive = receive, .state = &asker, .mailbox_max = 16);
	int ret;

	if (!system || !ret_reply)
		return -EINVAL;
	if (frki_worker_is_me(system))
		return -EDEADLK;
	ret = frk_system_spawn(system, &opts, NULL);
	if (!ret)
		ret = wait(&asker);
	if (!ret)
		*ret_reply = reply;
	return ret;
}

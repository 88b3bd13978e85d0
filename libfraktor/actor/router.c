// SPDX-License-Identifier: MIT
/*
 * router.c - the router of <fraktor/router.h>.  Knows of the actors what is public and
 * nothing else.
 */
#include <errno.h>
#include <stdbool.h>

#include <fraktor/router.h>

#include "base/opts.h"
#include "base/random.h"

/**
 * struct parcel - what is to be sent
 * @message: or sent on.
 * @payload: or its payload,
 * @size: size
 * @kind: and kind.
 */
struct parcel {
	const struct frk_message *message;
	const void *payload;
	size_t size;
	uint32_t kind;
};

static int hand_over(struct frk_context *context, const struct parcel *parcel,
		     struct frk_pid to)
{
	if (parcel->message)
		return frk_context_forward(context, parcel->message, to);
	return frk_context_send(context, to, parcel->kind, parcel->payload, parcel->size);
}

int frk_router_init(struct frk_router *router, const struct frk_router_opts *opts)
{
	size_t min = offsetof(struct frk_router_opts, routees_max) + sizeof(opts->routees_max);
	struct frk_router_opts checked;

	if (!router || frki_opts_copy(&checked, sizeof(checked), opts, min) ||
	    checked.routing > FRK_ROUTE_SMALLEST_MAILBOX || !checked.routees || !checked.routees_max)
		return -EINVAL;
	*router = (struct frk_router){
		.routees = checked.routees,
		.max = checked.routees_max,
		.routing = checked.routing,
		.random = checked.seed ? checked.seed : 1,
	};
	return 0;
}

static bool is_same(struct frk_pid a, struct frk_pid b)
{
	return a.index == b.index && a.life == b.life;
}

/* Return: its place; @router->n if it has none. */
static uint32_t find(const struct frk_router *router, struct frk_pid pid)
{
	uint32_t i = 0;

	while (i < router->n && !is_same(router->routees[i], pid))
		i++;
	return i;
}

int frk_router_add(struct frk_router *router, struct frk_pid pid)
{
	if (!router || !pid.life)
		return -EINVAL;
	if (find(router, pid) < router->n)
		return -EEXIST;
	if (router->n == router->max)
		return -ENOBUFS;
	router->routees[router->n++] = pid;
	return 0;
}

static void remove_at(struct frk_router *router, uint32_t place)
{
	router->n--;
	for (uint32_t i = place; i < router->n; i++)
		router->routees[i] = router->routees[i + 1];
	/* Whose turn it was has it still. */
	if (router->next > place)
		router->next--;
}

int frk_router_remove(struct frk_router *router, struct frk_pid pid)
{
	uint32_t place;

	if (!router)
		return -EINVAL;
	place = find(router, pid);
	if (place == router->n)
		return -ENOENT;
	remove_at(router, place);
	return 0;
}

/* The one whose hash with the key is the highest. */
static uint32_t highest(const struct frk_router *router, uint64_t key)
{
	uint64_t most = 0;
	uint32_t place = 0;

	for (uint32_t i = 0; i < router->n; i++) {
		struct frk_pid pid = router->routees[i];
		uint64_t hash = frki_random_mix(frki_random_mix(key) ^ ((uint64_t)pid.life << 32 | pid.index));

		if (!i || hash > most) {
			most = hash;
			place = i;
		}
	}
	return place;
}

static uint32_t next_one(const struct frk_router *router)
{
	return router->next < router->n ? router->next : 0;
}

/* The one with the most room, from the next one on. */
static uint32_t roomiest(const struct frk_router *router, struct frk_context *context)
{
	uint32_t place = next_one(router), best = place, most = 0;

	for (uint32_t i = 0; i < router->n; i++) {
		uint32_t room = 0;

		/* Who has ended has none; it is found out by sending. */
		(void)frk_context_get_room(context, router->routees[place], &room);
		if (room > most) {
			most = room;
			best = place;
		}
		place = place + 1 < router->n ? place + 1 : 0;
	}
	return best;
}

/* @router has somebody. */
static uint32_t choose(struct frk_router *router, struct frk_context *context, uint64_t key)
{
	switch (router->routing) {
	case FRK_ROUTE_SMALLEST_MAILBOX:
		return roomiest(router, context);
	case FRK_ROUTE_HASH:
		return highest(router, key);
	case FRK_ROUTE_RANDOM:
		return (uint32_t)(frki_random_any(&router->random) % router->n);
	default:
		return next_one(router);
	}
}

static int route(struct frk_router *router, struct frk_context *context, uint64_t key,
		 const struct parcel *parcel)
{
	uint32_t tries = 0, place;
	int ret = -ENOENT;

	if (!router->n)
		return ret;
	place = choose(router, context, key);
	while (router->n && tries < router->n) {
		ret = hand_over(context, parcel, router->routees[place]);
		if (ret == -ESTALE) {
			/* The one behind it has its place now; a key has another. */
			remove_at(router, place);
			ret = -ENOENT;
			if (router->routing == FRK_ROUTE_HASH && router->n)
				place = highest(router, key);
		} else {
			place++;
			tries++;
			if (ret != -ENOBUFS || router->routing == FRK_ROUTE_HASH)
				break;
		}
		if (place >= router->n)
			place = 0;
	}
	router->next = place;
	/* There were some, and they had no room. */
	return ret == -ENOENT && tries ? -ENOBUFS : ret;
}

int frk_router_send(struct frk_router *router, struct frk_context *context, uint64_t key,
		    uint32_t kind, const void *payload, size_t size)
{
	const struct parcel parcel = { NULL, payload, size, kind };

	return router && context ? route(router, context, key, &parcel) : -EINVAL;
}

int frk_router_forward(struct frk_router *router, struct frk_context *context, uint64_t key,
		       const struct frk_message *message)
{
	const struct parcel parcel = { .message = message };

	return router && context && message ? route(router, context, key, &parcel) : -EINVAL;
}

/* Would nobody else get it either? */
static bool is_hopeless(int ret)
{
	return ret == -EINVAL || ret == -EMSGSIZE || ret == -ERANGE || ret == -ESHUTDOWN;
}

int frk_router_broadcast(struct frk_router *router, struct frk_context *context, uint32_t kind,
			 const void *payload, size_t size)
{
	int sent = 0;

	if (!router || !context)
		return -EINVAL;
	for (uint32_t i = 0; i < router->n;) {
		int ret = frk_context_send(context, router->routees[i], kind, payload, size);

		if (is_hopeless(ret))
			return sent ? sent : ret;
		if (ret == -ESTALE) {
			remove_at(router, i);
			continue;
		}
		sent += !ret;
		i++;
	}
	return sent;
}

/* --- a question to all */

int frk_router_ask(struct frk_router *router, struct frk_context *context,
		   struct frk_scatter *scatter, uint32_t kind, const void *payload, size_t size,
		   uint64_t timeout_ns)
{
	int ret = -ENOENT;

	if (!router || !context || !scatter || !scatter->asks || !scatter->max)
		return -EINVAL;
	if (scatter->waiting)
		return -EBUSY;
	scatter->n = 0;
	scatter->timed_out = 0;
	for (uint32_t i = 0; i < router->n && scatter->n < scatter->max;) {
		ret = frk_context_ask(context, router->routees[i], kind, payload, size,
				      timeout_ns, &scatter->asks[scatter->n]);
		if (is_hopeless(ret))
			break;
		if (ret == -ESTALE) {
			remove_at(router, i);
			ret = -ENOENT;
			continue;
		}
		scatter->n += !ret;
		i++;
	}
	scatter->waiting = scatter->n;
	return scatter->n ? (int)scatter->n : ret;
}

/* Return: its place; @scatter->n if it is none of these, or over. */
static uint32_t find_ask(const struct frk_scatter *scatter, struct frk_timer ask)
{
	uint32_t i = 0;

	while (i < scatter->n && (scatter->asks[i].index != ask.index ||
				  scatter->asks[i].life != ask.life))
		i++;
	return i;
}

int frk_scatter_take(struct frk_scatter *scatter, struct frk_context *context,
		     const struct frk_message *message)
{
	uint32_t place;

	if (!scatter || !context || !message)
		return -EINVAL;
	/* Names of those that are over have no life, and nor has any other message's. */
	if (!scatter->waiting || !message->ask.life)
		return 0;
	place = find_ask(scatter, message->ask);
	if (place == scatter->n)
		return 0;
	scatter->asks[place].life = 0;
	scatter->waiting--;
	if (message->kind != FRK_MESSAGE_ASK_TIMEOUT &&
	    message->kind != FRK_MESSAGE_ASK_FAILED) {
		frk_scatter_cancel(scatter, context);
		return 1;
	}
	scatter->timed_out |= message->kind == FRK_MESSAGE_ASK_TIMEOUT;
	if (scatter->waiting)
		return -EAGAIN;
	return scatter->timed_out ? -ETIMEDOUT : -ESTALE;
}

void frk_scatter_cancel(struct frk_scatter *scatter, struct frk_context *context)
{
	if (!scatter || !context)
		return;
	for (uint32_t i = 0; i < scatter->n; i++)
		if (scatter->asks[i].life)
			(void)frk_context_cancel(context, scatter->asks[i]);
	scatter->n = 0;
	scatter->waiting = 0;
}

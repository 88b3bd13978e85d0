/* SPDX-License-Identifier: MIT */
/*
 * fraktor/router.h - one of several actors, or all of them: a list of pids from which each
 * message goes to one by a rule, to everybody, or to everybody for the first answer.
 *
 * A router is no actor: it is memory of the actor that uses it, and all of this is called
 * while that one has a message.  Nothing is allocated.
 */
#ifndef FRK_ROUTER_H
#define FRK_ROUTER_H

#include <fraktor/actor.h>

FRK_BEGIN_DECLS

/**
 * enum frk_routing - who gets a message
 * @FRK_ROUTE_ROUND_ROBIN: the next one, in the order in which they were added.
 * @FRK_ROUTE_RANDOM: any of them.
 * @FRK_ROUTE_HASH: the one that the key of frk_router_send() is for.  The same key has the
 *	same one, as long as he is there; when one comes or goes, no key changes but those
 *	that he gets or had (rendezvous hashing; asks each of them for each message).
 * @FRK_ROUTE_SMALLEST_MAILBOX: the one whose mailbox has the most room, which of equal
 *	bounds is the one that has the least to do; of those that have the same, the next
 *	one.  Asks each of them for each message, and others may send meanwhile.
 */
enum frk_routing {
	FRK_ROUTE_ROUND_ROBIN = 0,
	FRK_ROUTE_RANDOM = 1,
	FRK_ROUTE_HASH = 2,
	FRK_ROUTE_SMALLEST_MAILBOX = 3,
};

/**
 * struct frk_router_opts - a router
 * @size: sizeof(struct frk_router_opts); FRK_ROUTER_OPTS() sets it.
 * @routing: an enum frk_routing.
 * @seed: of FRK_ROUTE_RANDOM: the same one, the same choices; 0 for 1.
 * @routees: room for pids; borrowed as long as the router is used.
 * @routees_max: for how many, from 1.
 */
struct frk_router_opts {
	size_t size;
	uint32_t routing;
	uint32_t seed;
	struct frk_pid *routees;
	uint32_t routees_max;
};

#define FRK_ROUTER_OPTS(...) \
	{ .size = sizeof(struct frk_router_opts), __VA_ARGS__ }

/**
 * struct frk_router - a router; its members are the library's
 * @routees: whom it sends to.
 * @max: room for these.
 * @n: how many there are.
 * @next: whose turn it is.
 * @routing: an enum frk_routing.
 * @random: what was drawn last.
 */
struct frk_router {
	struct frk_pid *routees;
	uint32_t max;
	uint32_t n;
	uint32_t next;
	uint32_t routing;
	uint64_t random;
};

/**
 * frk_router_init() - a router that knows nobody
 * @router: the router.
 * @opts: how it chooses; copied.
 *
 * Return: 0 or -EINVAL.
 */
FRK_API int frk_router_init(struct frk_router *router, const struct frk_router_opts *opts);

/**
 * frk_router_add() - one more
 * @router: the router.
 * @pid: an actor.
 *
 * Return: 0; -EEXIST if it is there; -ENOBUFS if there is no room; -EINVAL.
 */
FRK_API int frk_router_add(struct frk_router *router, struct frk_pid pid);

/**
 * frk_router_remove() - one less
 * @router: the router.
 * @pid: an actor: of FRK_MESSAGE_TERMINATED, say.
 *
 * Those behind it keep their order.
 *
 * Return: 0; -ENOENT if it is not there; -EINVAL.
 */
FRK_API int frk_router_remove(struct frk_router *router, struct frk_pid pid);

/**
 * frk_router_send() - send to one of them
 * @router: the router.
 * @context: of the actor that uses it.
 * @key: of FRK_ROUTE_HASH; else not used.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * Who has ended is removed.  Then, and where a mailbox is full, the next one is tried; but a
 * key whose actor's mailbox is full has nobody else.
 *
 * Return: 0; -ENOENT if there is nobody (any more); -ENOBUFS if no one that was tried has
 * room; else as frk_context_send().
 */
FRK_API int frk_router_send(struct frk_router *router, struct frk_context *context,
			    uint64_t key, uint32_t kind, const void *payload, size_t size);

/**
 * frk_router_forward() - send on to one of them
 * @router: the router.
 * @context: of the actor that uses it.
 * @key: as for frk_router_send().
 * @message: as for frk_context_forward().
 *
 * Return: as frk_router_send().
 */
FRK_API int frk_router_forward(struct frk_router *router, struct frk_context *context,
			       uint64_t key, const struct frk_message *message);

/**
 * frk_router_broadcast() - send to all of them
 * @router: the router.
 * @context: of the actor that uses it.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * Who has ended is removed; a full mailbox is passed over.
 *
 * Return: how many it was sent to; -EINVAL, -EMSGSIZE, -ESHUTDOWN: to nobody.
 */
FRK_API int frk_router_broadcast(struct frk_router *router, struct frk_context *context,
				 uint32_t kind, const void *payload, size_t size);

/**
 * struct frk_scatter - a question to many; its members are the library's
 * @asks: the questions.
 * @max: room for these.
 * @n: how many were sent.
 * @waiting: how many of them may still be answered.
 * @timed_out: one of them was given no answer in time.
 */
struct frk_scatter {
	struct frk_timer *asks;
	uint32_t max;
	uint32_t n;
	uint32_t waiting;
	uint32_t timed_out;
};

/* A scatter with room for as many questions as the array, of struct frk_timer, has. */
#define FRK_SCATTER(array) { .asks = (array), .max = sizeof(array) / sizeof(*(array)) }

/**
 * frk_router_ask() - ask all of them, for the first answer
 * @router: the router.
 * @context: of the actor that uses it.
 * @scatter: what to remember; not in use: frk_scatter_take() has said that it is over, or
 *	frk_scatter_cancel() was called.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 * @timeout_ns: as for frk_context_ask().
 *
 * Uses a timer of the system for each.  Who has ended is removed; a full mailbox is passed
 * over, and so are those for whom there is no room in @scatter.
 *
 * Return: how many were asked, from 1; -ENOENT if there is nobody; -EBUSY if @scatter is in
 * use; else as frk_context_ask(), and then nobody was asked.
 */
FRK_API int frk_router_ask(struct frk_router *router, struct frk_context *context,
			   struct frk_scatter *scatter, uint32_t kind, const void *payload,
			   size_t size, uint64_t timeout_ns);

/**
 * frk_scatter_take() - is a message the answer?
 * @scatter: what was asked.
 * @context: of the actor that asked.
 * @message: what it has got.
 *
 * With the first answer the others are not wanted any more: they are late, dead letters.
 *
 * Return: 1 if it is the answer; -ETIMEDOUT or -ESTALE if with it all have failed, the first
 * if one of them because it took too long; -EAGAIN if one has failed, and others are waited
 * for; 0 if it has nothing to do with that; -EINVAL.
 */
FRK_API int frk_scatter_take(struct frk_scatter *scatter, struct frk_context *context,
			     const struct frk_message *message);

/**
 * frk_scatter_cancel() - want no answer any more
 * @scatter: what was asked.
 * @context: of the actor that asked.
 *
 * An actor that is restarted has asked nothing: there this is done, too.
 */
FRK_API void frk_scatter_cancel(struct frk_scatter *scatter, struct frk_context *context);

FRK_END_DECLS

#endif /* FRK_ROUTER_H */

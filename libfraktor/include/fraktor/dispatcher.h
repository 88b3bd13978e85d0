/* SPDX-License-Identifier: MIT */
/*
 * fraktor/dispatcher.h - which actor is next, of those that have something to do: by
 * priority, or by an order of the application's own.  For systems of one worker.
 */
#ifndef FRK_DISPATCHER_H
#define FRK_DISPATCHER_H

#include <fraktor/message.h>

FRK_BEGIN_DECLS

/* Priorities of actors: 0, the lowest, to this. */
#define FRK_PRIORITY_MAX 15U

/**
 * struct frk_turn - an actor that waits for its turn
 * @next: for whoever orders them, from push to pop; nobody else looks at it.
 */
struct frk_turn {
	struct frk_turn *next;
};

/**
 * struct frk_turn_info - whose turn it is
 * @actor: its pid.  Now and then of an actor that has just ended: it is taken out like
 *	others, and nothing comes of it.
 * @priority: &frk_actor_opts.priority.
 */
struct frk_turn_info {
	struct frk_pid actor;
	uint32_t priority;
};

/**
 * struct frk_dispatcher_ops - an order of turns; a const table
 * @size: sizeof(struct frk_dispatcher_ops).
 * @name: for people.
 * @state_size: bytes of @state that each system gets, zeroed and aligned for any type; at
 *	most 2^20.
 * @push: an actor has got something to do: keep it.  Never one that is kept already.
 * @pop: give up the one that is next; NULL if there is none.
 * @is_empty: is there none?
 *
 * All of them are called by the system's worker alone, one at a time, between two turns;
 * they must not block, and must not send.  What is pushed must be popped some time: a system
 * that shuts down waits for it.
 */
struct frk_dispatcher_ops {
	size_t size;
	const char *name;
	size_t state_size;
	void (*push)(void *state, struct frk_turn *turn, const struct frk_turn_info *info);
	struct frk_turn *(*pop)(void *state);
	int (*is_empty)(const void *state);
};

/*
 * The highest &frk_actor_opts.priority first, and of the same one who waits longest.  A turn is
 * not interrupted, but over after turn_messages and turn_max_ns of the system; who always
 * has something to do keeps those below from theirs.
 */
FRK_API extern const struct frk_dispatcher_ops frk_dispatcher_priority;

FRK_END_DECLS

#endif /* FRK_DISPATCHER_H */

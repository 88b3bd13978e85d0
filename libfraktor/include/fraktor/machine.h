/* SPDX-License-Identifier: MIT */
/*
 * fraktor/machine.h - a hierarchical state machine for an actor: states in states, as const
 * tables.  What a state does not handle the one around it may.
 *
 * A machine is memory of the actor that uses it, and all of this is called while that one
 * has a message.  Nothing is allocated.
 */
#ifndef FRK_MACHINE_H
#define FRK_MACHINE_H

#include <fraktor/actor.h>

FRK_BEGIN_DECLS

/* What a state returns for a message that is not for it. */
#define FRK_UNHANDLED 1

/* States in states, at most. */
#define FRK_STATES_DEPTH 16U

/**
 * typedef frk_state_fn - a state begins, or is over
 * @context: of the actor.
 *
 * May do what a handler may, but for frk_machine_go().
 */
typedef void (*frk_state_fn)(struct frk_context *context);

/**
 * struct frk_state - a state, a const table
 * @name: for people.
 * @parent: the state around it; NULL for none.
 * @initial: the state in it with which it begins; NULL if it has none.
 * @receive: handles messages; FRK_UNHANDLED gives one to @parent; NULL gives all.
 * @enter: it begins, after @parent; may be NULL.
 * @leave: it is over, before @parent; may be NULL.
 */
struct frk_state {
	const char *name;
	const struct frk_state *parent;
	const struct frk_state *initial;
	frk_receive_fn receive;
	frk_state_fn enter;
	frk_state_fn leave;
};

/**
 * struct frk_machine - a machine; its members are the library's
 * @first: where it begins.
 * @state: where it is, a state without others in it; NULL before the beginning and after
 *	the end.
 * @next: where it is to go when the message is handled; NULL for nowhere.
 * @moving: states begin and are over.
 */
struct frk_machine {
	const struct frk_state *first;
	const struct frk_state *state;
	const struct frk_state *next;
	int moving;
};

/**
 * frk_machine_init() - a machine that has not begun
 * @machine: the machine.
 * @first: the state in which it begins; borrowed, with all others.
 *
 * Return: 0; -EINVAL, also if states are in each other or more than FRK_STATES_DEPTH deep,
 * or @initial of one is not in it.
 */
FRK_API int frk_machine_init(struct frk_machine *machine, const struct frk_state *first);

/**
 * frk_machine_begin() - go to where it begins, from wherever it is
 * @machine: the machine.
 * @context: of the actor that uses it.
 *
 * For FRK_MESSAGE_STARTED, of a restart too: a machine that is somewhere is put down first,
 * without a word, since who was there has failed.
 *
 * Return: 0; -EINVAL.
 */
FRK_API int frk_machine_begin(struct frk_machine *machine, struct frk_context *context);

/**
 * frk_machine_receive() - have a message handled by the state, or by one around it
 * @machine: the machine.
 * @context: of the actor that uses it.
 * @message: the message.
 *
 * Then it goes where the handler wanted it to go.  What failed goes nowhere.
 *
 * Return: as the state that handled it; FRK_UNHANDLED if none did, which an actor may return,
 * too: it is no failure; -EINVAL, also before the beginning.
 */
FRK_API int frk_machine_receive(struct frk_machine *machine, struct frk_context *context,
				const struct frk_message *message);

/**
 * frk_machine_go() - go to another state when this message is handled
 * @machine: the machine, in frk_machine_receive().
 * @target: the state.  States that are not around it are over, the innermost first; then
 *	those begin that are around it and it was not in, the outermost first, it, and its
 *	@initial ones.  A state that it is in is over, and begins again.
 *
 * The last one of a message counts.
 *
 * Return: 0; -EINVAL, also for a state as frk_machine_init() refuses it; -EBUSY where a
 * state begins or is over.
 */
FRK_API int frk_machine_go(struct frk_machine *machine, const struct frk_state *target);

/**
 * frk_machine_end() - all states are over, the innermost first
 * @machine: the machine.
 * @context: of the actor that uses it.
 *
 * For FRK_MESSAGE_STOPPED.  One that is nowhere stays so.
 */
FRK_API void frk_machine_end(struct frk_machine *machine, struct frk_context *context);

/**
 * frk_machine_is_in() - is it in that state, or in one that is in it?
 * @machine: the machine.
 * @state: the state.
 *
 * Return: 1 or 0.
 */
FRK_API int frk_machine_is_in(const struct frk_machine *machine,
			      const struct frk_state *state);

FRK_END_DECLS

#endif /* FRK_MACHINE_H */

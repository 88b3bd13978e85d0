/* SPDX-License-Identifier: MIT */
/*
 * handler.h - a handler is called with somebody looking: the monitor knows since when
 * each worker is in which one (monitor.h), and one that crashes is caught.
 *
 * Only where one of the two was asked for: else the stage calls handlers itself.
 */
#ifndef FRKI_SYSTEM_HANDLER_H
#define FRKI_SYSTEM_HANDLER_H

#include <stdatomic.h>
#include <stdint.h>

#include <fraktor/actor.h>
#include <fraktor/system.h>

#include "actor/cell.h"

#define FRKI_HANDLER_NAME_WORDS (FRKI_CELL_NAME_SIZE / sizeof(uint64_t))
#define FRKI_HANDLER_PATH_WORDS (FRK_ACTOR_PATH_SIZE / sizeof(uint64_t))

/* Stack for the signal of a handler whose own is used up. */
#define FRKI_HANDLER_STACK 65536

/**
 * struct frki_handler - what a worker is in
 * @seq: odd while it is in a handler; goes up with each begin and each end.
 * @actor: pid of the actor, .life above .index.
 * @name: its name.
 * @path: its path.
 * @path_of: whose that is, as @actor; its thread's own.
 * @kind: of the message.
 */
struct frki_handler {
	_Atomic uint64_t seq;
	_Atomic uint64_t actor;
	_Atomic uint64_t name[FRKI_HANDLER_NAME_WORDS];
	_Atomic uint64_t path[FRKI_HANDLER_PATH_WORDS];
	uint64_t path_of;
	_Atomic uint32_t kind;
};

/**
 * struct frki_handler_view - a copy of that, of one moment
 * @seq: likewise; even: in none, and the rest says nothing.
 * @actor: the actor.
 * @name: its name.
 * @path: its path.
 */
struct frki_handler_view {
	uint64_t seq;
	struct frk_pid actor;
	char name[FRKI_CELL_NAME_SIZE];
	char path[FRK_ACTOR_PATH_SIZE];
};

/**
 * frki_handler_call() - &frki_stage_ops.call
 * @data: the system.
 * @receive: the handler.
 * @context: its context.
 * @message: its message.
 *
 * Only a worker, after frki_handler_join().
 *
 * Return: what the handler returned; -EFAULT if it crashed and that is a failure.
 */
int frki_handler_call(void *data, frk_receive_fn receive, struct frk_context *context,
		      const struct frk_message *message);

/**
 * frki_handler_join() - the caller's thread is a worker from now on
 * @handler: what it is in.
 * @stack: FRKI_HANDLER_STACK bytes for signals; NULL where crashes are not caught.
 */
void frki_handler_join(struct frki_handler *handler, void *stack);

/**
 * frki_handler_look() - what is a worker in?
 * @handler: its.
 * @ret_view: the answer.
 *
 * Any thread.
 */
void frki_handler_look(const struct frki_handler *handler,
		       struct frki_handler_view *ret_view);

/**
 * frki_handler_catch() - take the signals of crashes
 *
 * As often as one likes; each needs its frki_handler_release().  What comes from
 * elsewhere than a handler is left to whom it was left before.
 */
void frki_handler_catch(void);

/**
 * frki_handler_release() - give them back
 */
void frki_handler_release(void);

#endif /* FRKI_SYSTEM_HANDLER_H */

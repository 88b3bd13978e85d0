/* SPDX-License-Identifier: MIT */
/*
 * fraktor/mailbox.h - which message of those that wait an actor gets next, and which it
 * never gets: by levels, the latest reading only, or by an order of the application's own.
 */
#ifndef FRK_MAILBOX_H
#define FRK_MAILBOX_H

#include <fraktor/message.h>

FRK_BEGIN_DECLS

/* Levels of a mailbox that has any. */
#define FRK_MAILBOX_LEVELS 4U

/**
 * typedef frk_level_fn - which messages an actor gets first
 * @message: the message; any but FRK_MESSAGE_STARTED, RESTARTING and STOPPED.
 *
 * Called once for each message, on the thread that has the actor's turn; it must not block,
 * and the answer should only depend on the message.
 *
 * Return: its level: 0 comes first, FRK_MAILBOX_LEVELS - 1 and more last.
 */
typedef uint32_t (*frk_level_fn)(const struct frk_message *message);

/* Bytes of state that an order has from the library: &frk_mailbox_ops.state_size. */
#define FRK_MAILBOX_STATE_MAX 64U

/**
 * struct frk_mail - a message that waits
 * @next: for whoever orders them, from push to pop; nobody else looks at it.
 */
struct frk_mail {
	struct frk_mail *next;
};

/**
 * frk_mail_message() - the message itself
 * @mail: what push got.
 *
 * Return: what push was told, valid until the order gives it up; must not be changed.
 */
FRK_API const struct frk_message *frk_mail_message(const struct frk_mail *mail);

/**
 * frk_mail_is_letter() - was it sent by somebody, so that it may be dropped?
 * @mail: what push got.
 *
 * Return: 1; 0 if it is the runtime's: a timer's, or what the actor is told of others.
 */
FRK_API int frk_mail_is_letter(const struct frk_mail *mail);

/**
 * struct frk_mailbox_ops - an order of messages; a const table
 * @size: sizeof(struct frk_mailbox_ops).
 * @name: for people.
 * @state_size: bytes of @state.  Up to FRK_MAILBOX_STATE_MAX they come from the library, zeroed
 *	for each actor and aligned for any type; more need &frk_actor_opts.mailbox_state.
 * @push: one has come, the one that was sent first is first: keep it.  Returns NULL, or one
 *	to drop instead: any that is kept, or this one.
 * @pop: give up the one that is next.  NULL only if none is kept.
 *
 * Both are called by the thread that has the actor's turn, one at a time and never while
 * the actor handles a message; with several workers it may be another thread each time,
 * and sees what the last one did.  They must not block, and must not send.  Who sends never
 * calls them: what has come since is pushed before the next message is popped.
 *
 * What is dropped is a dead letter, FRK_DEAD_DISPLACED, and who asked is told.  What the
 * runtime sends is never dropped: one that push gives up is handled at once instead.  The
 * library counts what is kept.  An order that gives up what it does not have, or nothing
 * although it has some, is not asked again: the actor has failed, -EBADMSG, and gets what
 * was kept, in any order, then all else as it comes.
 *
 * A restart changes nothing in the order.  The last call is a pop before the actor has
 * FRK_MESSAGE_STOPPED.
 */
struct frk_mailbox_ops {
	size_t size;
	const char *name;
	size_t state_size;
	struct frk_mail *(*push)(void *state, struct frk_mail *mail,
				 const struct frk_message *message);
	struct frk_mail *(*pop)(void *state);
};

/*
 * As they came, but of one kind and one sender only the latest, at the place of the first:
 * those before it are dropped.  Threads that are no actors are one sender.  Questions, answers
 * and what the runtime sends stay: somebody waits for each.  It looks through what waits for
 * each message that comes: meant for tens of kinds and senders, not for thousands.
 */
FRK_API extern const struct frk_mailbox_ops frk_mailbox_latest;

FRK_END_DECLS

#endif /* FRK_MAILBOX_H */

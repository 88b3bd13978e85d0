/* SPDX-License-Identifier: MIT */
/*
 * fraktor/message.h - what actors send each other: a kind, a small payload,
 * who sent it.
 */
#ifndef FRK_MESSAGE_H
#define FRK_MESSAGE_H

#include <fraktor/base.h>

FRK_BEGIN_DECLS

/**
 * struct frk_pid - name of an actor, a value to copy and compare
 * @index: slot of the actor in its system.
 * @life: which life of that slot, from 1; 0 names nobody.
 *
 * The pid of a stopped actor stays invalid when its slot is used again:
 * sending to it returns -ESTALE.
 */
struct frk_pid {
	uint32_t index;
	uint32_t life;
};

/**
 * struct frk_timer - name of a timer or of a question, a value to copy
 * @index: slot of the timer in its system.
 * @life: which life of that slot, from 1; 0 names none.
 */
struct frk_timer {
	uint32_t index;
	uint32_t life;
};

/* Kinds below this are the runtime's; applications use this one and above. */
#define FRK_MESSAGE_USER 16U

/* First message of every actor. */
#define FRK_MESSAGE_STARTED 1U
/* Last message of every actor: free what receive allocated. */
#define FRK_MESSAGE_STOPPED 2U

/* An actor that was watched has ended: @sender says who.  See frk_context_watch(). */
#define FRK_MESSAGE_TERMINATED 3U

/*
 * The actor has failed and is to begin again: free what STARTED will allocate.  Its
 * timers and watches go then, its children end, its mailbox and its pid stay; STARTED
 * is next.  See struct frk_supervision.
 */
#define FRK_MESSAGE_RESTARTING 4U

/*
 * To who asked (frk_context_ask()), instead of an answer, with the question's name in
 * @ask: none came in time; or the actor has ended, @sender says who, and will give none.
 */
#define FRK_MESSAGE_ASK_TIMEOUT 5U
#define FRK_MESSAGE_ASK_FAILED 6U

/* There is room in a mailbox: @sender says whose.  See frk_context_watch_room(). */
#define FRK_MESSAGE_ROOM 7U

/*
 * Nothing was sent to the actor for as long as it said: frk_context_set_receive_timeout().
 * @count says how often in a row.
 */
#define FRK_MESSAGE_RECEIVE_TIMEOUT 8U

/* Bytes of payload a message carries by value; more than that: fraktor/buffer.h. */
#define FRK_MESSAGE_PAYLOAD_MAX 64U

/* Bytes of an actor's path, the final NUL among them. */
#define FRK_ACTOR_PATH_SIZE 128U

/**
 * struct frk_message - a message as receive gets it
 * @kind: FRK_MESSAGE_* or an application's number from FRK_MESSAGE_USER up.
 * @size: bytes at @payload.
 * @payload: a copy of what was sent, valid until receive returns, aligned for
 *	any type; NULL if @size is 0.
 * @sender: the actor that sent it, or that has ended; .life is 0 for other threads and timers.
 * @deadline_ns: a timer's message: when it was due, on the system's clock;
 *	else 0.
 * @count: a timer's message: 1 for its first, 2, 3, ...; else 0.  Counts
 *	periods, so a jump says how many were missed.
 * @ask: a question, an answer, or what comes instead of one: the question's name;
 *	else what @count says.
 * @buffer: where @payload is, if that is no copy: borrowed until receive returns,
 *	frk_buffer_ref() keeps it; else NULL.
 */
struct frk_message {
	uint32_t kind;
	uint32_t size;
	const void *payload;
	struct frk_pid sender;
	uint64_t deadline_ns;
	union {
		uint64_t count;
		struct frk_timer ask;
	};
	struct frk_buffer *buffer;
};

FRK_END_DECLS

#endif /* FRK_MESSAGE_H */

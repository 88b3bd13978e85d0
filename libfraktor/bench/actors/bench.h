/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what a program of the bench of actors is: one actor that sets up the others,
 * says when the work begins and when it has ended, and how many operations that were.
 * Against the public headers alone.  peer.cpp and bench_actors.erl do the same work, message by
 * message, with the names of here.
 */
#ifndef BENCH_ACTORS_H
#define BENCH_ACTORS_H

#include <stdbool.h>
#include <stdint.h>

#include <fraktor/fraktor.h>

/* So many messages are sent at once; then the receiver says that it has them: what is
 * unbounded with the peers and bounded with us holds as much with all. */
#define BENCH_BURST 100U

/**
 * struct bench_program - a work
 * @name: as on the command line.
 * @n: how much of it if nothing else is said.
 * @receive: the handler of the first actor.
 * @actors: actors that live at once, the first included.
 * @actors_percent: and so many more, in hundredths of @n.
 * @messages_percent: messages in flight beyond a few thousand, likewise.
 * @timers_percent: timers, likewise.
 * @detail: what there is to say beyond the time, as fields of JSON, each with a comma in
 *	front; NULL for nothing.
 */
struct bench_program {
	const char *name;
	uint64_t n;
	frk_receive_fn receive;
	uint32_t actors;
	uint32_t actors_percent;
	uint32_t messages_percent;
	uint32_t timers_percent;
	void (*detail)(struct frk_system *system);
};

extern const struct bench_program bench_ping_pong, bench_counting, bench_thread_ring,
	bench_fork_join, bench_big, bench_bank, bench_skynet, bench_fan_in, bench_spawn,
	bench_ask, bench_idle, bench_timers;

/* How much is to be done. */
extern uint64_t bench_n;

/* CLOCK_MONOTONIC, as the ticks. */
uint64_t bench_now_ns(void);

/* The next of a row of numbers that is the same with all runtimes. */
uint32_t bench_random(uint32_t *seed);

/* What cannot fail did: the program ends. */
void bench_must(int ret);

/* bench_must() of frk_context_send() and of frk_context_spawn(). */
void bench_send(struct frk_context *context, struct frk_pid to, uint32_t kind,
		const void *payload, size_t size);
struct frk_pid bench_spawn_actor(struct frk_context *context, frk_receive_fn receive,
				 void *state);

/* The work begins; it has ended with so many operations, as it should or not. */
void bench_begin(void);
void bench_end(struct frk_context *context, uint64_t ops, bool right);

#endif /* BENCH_ACTORS_H */

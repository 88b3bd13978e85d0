/* SPDX-License-Identifier: MIT */
/*
 * system_test.h - what the tests of this folder share: a system on the scripted
 * driver, an actor that counts, and a look at what a process has running.
 */
#ifndef FRKI_SYSTEM_SYSTEM_TEST_H
#define FRKI_SYSTEM_SYSTEM_TEST_H

#include <stdatomic.h>
#include <stdbool.h>

#include <fraktor/fraktor.h>

#define TICK FRK_MESSAGE_USER
#define PING (FRK_MESSAGE_USER + 1)

/* What an actor got; read it after frki_scripted_settle(). */
struct counter {
	atomic_uint started, ticks, pings, stopped;
	_Atomic uint64_t count;
	_Atomic uint64_t now_ns;
	/* Called for each message after it was counted; may be NULL. */
	frk_receive_fn then;
	void *data;
};

/* A receive that counts into its state and asks for a message every tick. */
int count(struct frk_context *context, const struct frk_message *message);

/* A system on the scripted driver; run_ns as in the options. */
struct frk_system *build_scripted(uint64_t run_ns);

/* An actor that counts. */
struct frk_pid spawn_counter(struct frk_system *system,
			     struct counter *counter);

/* Entries of /proc/self/task and /proc/self/fd. */
unsigned int threads(void);
unsigned int files(void);

/* Is that how many threads there are, at the latest after two seconds? */
bool threads_become(unsigned int n);

#endif /* FRKI_SYSTEM_SYSTEM_TEST_H */

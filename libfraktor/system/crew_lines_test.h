/* SPDX-License-Identifier: MIT */
/*
 * crew_lines_test.h - what the tests of workers with tick lines share: a system of two of
 * them on lines that a test leads (testing/led_driver.h).
 */
#ifndef FRKI_SYSTEM_CREW_LINES_TEST_H
#define FRKI_SYSTEM_CREW_LINES_TEST_H

#include <semaphore.h>

#include "system/system_test.h"

#define GO FRK_MESSAGE_USER
#define LINES 3

/* What is to be built, what was, and why not. */
extern struct frk_system_opts lines_opts;
extern struct frk_system *lines_system;
extern struct frk_error lines_error;

/* Rung by actors for lines_tell(). */
extern sem_t lines_passed;

/* Before each test, and after each system. */
void lines_setup(void);
void lines_build(void);
void lines_fini(void);

/* An actor; a message to one that rings then. */
struct frk_pid lines_spawn(frk_receive_fn receive, void *state, uint32_t worker);
void lines_tell(struct frk_pid pid, uint32_t kind);

/* A receive that rings for GO. */
int lines_pass(struct frk_context *context, const struct frk_message *message);

/* Ticks of a worker's line so far; wait for so many more; for something else. */
uint64_t lines_ticks_of(unsigned int worker);
void lines_pass_ticks(unsigned int worker, uint64_t n);
void lines_until(const atomic_uint *count, unsigned int n);

/* A CPU that this process may use, as FRK_CPU(). */
uint32_t lines_some_cpu(void);

#endif /* FRKI_SYSTEM_CREW_LINES_TEST_H */

/* SPDX-License-Identifier: MIT */
/*
 * scripted_driver.h - a tick driver that ticks when the test says so.  For the
 * tests of everything above the drivers: exact, repeatable, without a sleep.
 *
 * There is one script in a process, and the driver plays it, so that a test can
 * reach it without knowing where the system keeps its driver.  Its clock is
 * the script: the first deadline is FRKI_SCRIPTED_START_NS plus one period.
 * Never installed.
 */
#ifndef FRKI_TESTING_SCRIPTED_DRIVER_H
#define FRKI_TESTING_SCRIPTED_DRIVER_H

#include <stdint.h>

#include <fraktor/tick.h>

#define FRKI_SCRIPTED_START_NS 1000000000000ULL

/* The driver, named "scripted". */
extern const struct frk_driver_ops frki_scripted_driver;

/**
 * struct frki_scripted_faults - what is to go wrong; set before the build
 * @open: what open fails with; 0 for success.
 * @start: what start fails with.
 * @stop: what stop fails with; it stops all the same.
 * @idle: what idle fails with; it ticks on.
 */
struct frki_scripted_faults {
	int open;
	int start;
	int stop;
	int idle;
};
extern struct frki_scripted_faults frki_scripted_faults;

/**
 * struct frki_scripted_calls - how often the driver was called
 * @open: its open.
 * @start: its start.
 * @stop: its stop.
 * @close: its close.
 * @idle: its idle.
 */
struct frki_scripted_calls {
	unsigned int open;
	unsigned int start;
	unsigned int stop;
	unsigned int close;
	unsigned int idle;
};

/**
 * frki_scripted_calls() - how often the driver was called so far
 */
struct frki_scripted_calls frki_scripted_calls(void);

/**
 * frki_scripted_tick() - make one tick
 * @periods: periods it stands for, from 1; 0 for a driver that lies.
 */
void frki_scripted_tick(uint32_t periods);

/**
 * frki_scripted_ticks() - make ticks of one period each, and wait for their end
 * @n: how many.
 *
 * One after the other: before each, the reader has dealt with the one before,
 * and when it returns with the last one: see frki_scripted_settle().
 */
void frki_scripted_ticks(unsigned int n);

/**
 * frki_scripted_batch() - make ticks that the reader finds all at once
 * @n: how many.
 */
void frki_scripted_batch(unsigned int n);

/**
 * frki_scripted_put() - make any tick
 * @deadline_ns: when it was due.
 * @periods: periods it stands for.
 */
void frki_scripted_put(uint64_t deadline_ns, uint32_t periods);

/**
 * frki_scripted_note() - make a note: a record that stands for no period
 * @fired_ns: when it happened.
 * @flags: FRK_TICK_SUSPEND or FRK_TICK_RESUME.
 */
void frki_scripted_note(uint64_t fired_ns, uint16_t flags);

/**
 * frki_scripted_settle() - wait until the reader waits and has nothing to do
 *
 * Also returns when the driver was stopped.
 */
void frki_scripted_settle(void);

/**
 * frki_scripted_end() - the driver stops by itself
 */
void frki_scripted_end(void);

/**
 * frki_scripted_break() - waiting for ticks fails from now on
 * @code: with this negative errno.
 */
void frki_scripted_break(int code);

/**
 * frki_scripted_idle_ns() - until when no tick is needed, as the driver was told
 *
 * It is the script that ticks: what is not needed it may leave out, by a tick with
 * FRK_TICK_IDLE.
 *
 * Return: what idle was called with last; 0 before.
 */
uint64_t frki_scripted_idle_ns(void);

/**
 * frki_scripted_put_idle() - make the tick that ends an idle time
 * @deadline_ns: the last of its deadlines.
 *
 * It stands for all periods since the tick before.
 */
void frki_scripted_put_idle(uint64_t deadline_ns);

/**
 * frki_scripted_clock() - what time it is when idle is called
 * @now_ns: the time; 0 for no time of its own: then nothing has passed.
 *
 * Idle makes a tick for what has passed, as a driver does.
 */
void frki_scripted_clock(uint64_t now_ns);

/**
 * frki_scripted_left() - ticks in the feed
 */
unsigned int frki_scripted_left(void);

#endif /* FRKI_TESTING_SCRIPTED_DRIVER_H */

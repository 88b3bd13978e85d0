/* SPDX-License-Identifier: MIT */
/*
 * actor_test.h - a stage of static memory without a thread: the test is the
 * worker, and ticks by hand.  Shared by the tests of this folder.
 */
#ifndef FRKI_ACTOR_ACTOR_TEST_H
#define FRKI_ACTOR_ACTOR_TEST_H

#include "actor/cell.h"

#define PERIOD_NS 1000ULL
#define CELLS 4
#define LETTERS 16
#define WATCHES 2
#define ALARMS 4
#define TRAYS 2
#define STATE_MAX 64

/* What an actor saw, in order. */
struct seen {
	uint32_t kinds[64];
	uint64_t counts[64];
	uint64_t deadlines[64];
	unsigned int n;
	struct frk_pid self;
	struct frk_pid sender;
	struct frk_timer timer;
	/* Called for each message after it was noted; may be NULL. */
	frk_receive_fn then;
};

extern struct frki_stage stage;
extern unsigned int wakes;
/* The dead letter that came last. */
extern struct frki_dead_letter buried;

/* What the clock says by which turns are timed; a test lets it pass. */
extern uint64_t stage_clock_ns;

/* The failure that came last. */
extern struct frki_failure failed;

/* Start over. */
void stage_setup(void);

/* A receive that notes the message in its state, a struct seen. */
int see(struct frk_context *context, const struct frk_message *message);

/* An actor that sees. */
struct frk_pid spawn(struct seen *seen);

/* One that sees in an order. */
struct frk_pid spawn_ordered(struct seen *seen, const struct frk_mailbox_ops *order,
			     void *state);

/* Dead letters so far, for that reason. */
uint64_t stage_dead(enum frk_dead_reason reason);

/* One tick, its timers, and all that follows. */
void stage_tick(void);

/* The turn of one that waits for it, before those of the others; or none. */
void stage_turn_of(struct frk_pid pid);

/* All turns there are. */
void stage_settle(void);

/* Send without a sender or payload. */
int post(struct frk_pid to, uint32_t kind);

/* All memory is back where it came from. */
void stage_assert_no_leak(void);

#endif /* FRKI_ACTOR_ACTOR_TEST_H */

/* SPDX-License-Identifier: MIT */
/*
 * simulation.h - time for a stage without a driver, a thread or a clock: it jumps
 * from one expiry to the next, so that an hour of timers takes as long as their
 * work takes.  For tests; never installed.
 */
#ifndef FRKI_TESTING_SIMULATION_H
#define FRKI_TESTING_SIMULATION_H

#include "actor/stage.h"

/**
 * struct frki_simulation - simulated time of a stage
 * @stage: whose.
 * @tick: number of the last tick that was let happen; 0 for none.
 * @jumps: ticks that were let happen: the others had nothing to do.
 */
struct frki_simulation {
	struct frki_stage *stage;
	uint64_t tick;
	uint64_t jumps;
};

/**
 * frki_simulation_init() - begin before the first tick
 * @simulation: the simulation.
 * @stage: a stage whose time stands; the caller is its worker.
 */
void frki_simulation_init(struct frki_simulation *simulation, struct frki_stage *stage);

/**
 * frki_simulation_settle() - let actors run until none has anything to do
 * @simulation: the simulation.
 */
void frki_simulation_settle(struct frki_simulation *simulation);

/**
 * frki_simulation_run() - let time pass
 * @simulation: the simulation.
 * @ns: how much; whole periods of it.
 *
 * All that is due happens at its tick, in order, and what follows from it before
 * time goes on.
 */
void frki_simulation_run(struct frki_simulation *simulation, uint64_t ns);

/**
 * frki_simulation_repeat() - let the ticks of a log happen, and nothing else
 * @simulation: of a stage with the actors that were there; nothing has run yet.
 * @log: a log from which no record has gone.
 *
 * Actors have their turns between the same ticks as then.  Arms and cancels of the
 * log are not repeated: the actors do what they did.
 */
void frki_simulation_repeat(struct frki_simulation *simulation,
			    const struct frki_log *log);

#endif /* FRKI_TESTING_SIMULATION_H */

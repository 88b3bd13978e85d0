// SPDX-License-Identifier: MIT
/*
 * simulation.c - simulated time; see simulation.h.
 */
#include "testing/simulation.h"

void frki_simulation_init(struct frki_simulation *simulation, struct frki_stage *stage)
{
	simulation->stage = stage;
	simulation->tick = 0;
	simulation->jumps = 0;
}

void frki_simulation_settle(struct frki_simulation *simulation)
{
	bool worked;

	while (frki_stage_turn(simulation->stage, &worked))
		;
}

static void happen(struct frki_simulation *simulation, const struct frk_tick *tick)
{
	frki_scheduler_tick(&simulation->stage->scheduler, tick);
	simulation->jumps++;
}

/* The tick at which there is something to do, but not after @last. */
static uint64_t next_tick(const struct frki_simulation *simulation, uint64_t last)
{
	const struct frki_wheel *wheel = &simulation->stage->scheduler.wheel;
	uint64_t ticks = frki_wheel_next(wheel);

	if (ticks == FRKI_WHEEL_NEVER || ticks > last - wheel->now_ticks)
		return last;
	ticks += wheel->now_ticks;
	return ticks > simulation->tick ? ticks : simulation->tick + 1;
}

void frki_simulation_run(struct frki_simulation *simulation, uint64_t ns)
{
	uint64_t period_ns = simulation->stage->scheduler.period_ns;
	uint64_t last = simulation->tick + ns / period_ns;

	/* What was asked for before time began. */
	frki_simulation_settle(simulation);
	while (simulation->tick < last) {
		struct frk_tick tick = { .periods = 1 };

		/* The first one says when time begins. */
		simulation->tick = simulation->tick ? next_tick(simulation, last) : 1;
		tick.deadline_ns = simulation->tick * period_ns;
		tick.fired_ns = tick.deadline_ns;
		happen(simulation, &tick);
		frki_simulation_settle(simulation);
	}
}

void frki_simulation_repeat(struct frki_simulation *simulation,
			    const struct frki_log *log)
{
	for (uint64_t n = frki_log_first(log); n < log->total; n++) {
		const struct frki_log_record *record = frki_log_at(log, n);
		struct frk_tick tick = { .periods = record->id,
					 .deadline_ns = record->value[0],
					 .fired_ns = record->value[1] };
		bool worked;

		if (record->kind == FRKI_LOG_TICK)
			happen(simulation, &tick);
		else if (record->kind == FRKI_LOG_TURN)
			frki_stage_turn(simulation->stage, &worked);
	}
}

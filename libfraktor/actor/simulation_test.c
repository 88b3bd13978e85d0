// SPDX-License-Identifier: MIT
/*
 * simulation_test.c - actors in simulated time: an hour at once, and the same
 * again from nothing but its ticks.
 */
#include <criterion/criterion.h>

#include "actor/actor_test.h"
#include "actor/alarm.h"
#include "testing/simulation.h"

#define SECOND_NS 1000000000ULL
#define HOUR_NS (3600 * SECOND_NS)
#define TICK 30
#define RECORDS 100000

static struct frki_simulation simulation;
static uint64_t seed;

/* A periodic timer, and with each of its messages a one-shot at random. */
struct clerk {
	uint64_t interval_ns;
	uint64_t seen;
	uint64_t last_ns;
	uint64_t late;
};

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static int clerk(struct frk_context *context, const struct frk_message *message)
{
	struct clerk *self = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, TICK, self->interval_ns, NULL);
	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	self->seen++;
	self->last_ns = message->deadline_ns;
	self->late += frk_context_now_ns(context) != message->deadline_ns;
	if (message->kind == TICK && rnd() % 2)
		frk_context_after(context, TICK + 1, rnd() % SECOND_NS, NULL);
	return 0;
}

static void hire(struct clerk *clerks, unsigned int n)
{
	seed = 99;
	for (unsigned int i = 0; i < n; i++) {
		struct frk_actor_opts opts = { .size = sizeof(opts),
					       .receive = clerk,
					       .state = &clerks[i] };

		clerks[i].interval_ns = (i + 1) * SECOND_NS;
		cr_assert_eq(frki_stage_spawn(&stage, NULL, &opts, NULL), 0);
	}
}

static void setup(void)
{
	stage_setup();
	frki_simulation_init(&simulation, &stage);
}

TestSuite(simulation, .init = setup, .timeout = 60);

/* PERIOD_NS is a microsecond: 3.6 thousand million ticks, of which few happen. */
Test(simulation, r3_3_s2_an_hour_of_timers_is_as_long_as_their_work)
{
	struct clerk clerks[2] = { 0 };

	hire(clerks, 2);
	frki_simulation_run(&simulation, HOUR_NS);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&stage.scheduler), HOUR_NS / PERIOD_NS);
	cr_assert_geq(clerks[0].seen, 3600);
	cr_assert_geq(clerks[1].seen, 1800);
	cr_assert_eq(clerks[0].late + clerks[1].late, 0);
	cr_assert_lt(simulation.jumps, 3 * (clerks[0].seen + clerks[1].seen));
	cr_assert_eq(stage.scheduler.stats.late, 0);
}

Test(simulation, s2_idle_time_costs_nothing)
{
	frki_simulation_run(&simulation, HOUR_NS);
	cr_assert_leq(simulation.jumps, 2);
	cr_assert_eq(frki_scheduler_elapsed_ticks(&stage.scheduler), HOUR_NS / PERIOD_NS);
}

static uint32_t id_of(const struct frki_timer *timer, const void *data)
{
	const struct frki_stage *of = data;

	return frki_pool_index(&of->alarms,
			       frki_container_of(timer, struct frki_alarm, timer));
}

Test(simulation, s2_the_ticks_alone_give_the_same_order_byte_for_byte)
{
	static struct frki_log_record first[RECORDS], second[RECORDS];
	struct frki_log log = {
		.records = first, .capacity = RECORDS, .id_of = id_of, .data = &stage
	};
	struct frki_log again = log;
	struct clerk clerks[2] = { 0 }, others[2] = { 0 };

	stage.scheduler.log = &log;
	hire(clerks, 2);
	frki_simulation_run(&simulation, HOUR_NS / 4);
	cr_assert_eq(frki_log_first(&log), 0);
	setup();
	again.records = second;
	stage.scheduler.log = &again;
	hire(others, 2);
	frki_simulation_repeat(&simulation, &log);
	cr_assert(frki_log_equal(&log, &again));
	cr_assert_gt(log.total, 3000);
	cr_assert_eq(clerks[0].seen, others[0].seen);
	cr_assert_eq(clerks[1].last_ns, others[1].last_ns);
}

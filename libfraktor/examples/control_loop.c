/* SPDX-License-Identifier: MIT */
/*
 * control_loop.c - a loop at 1 kHz that keeps a tank at its level, with a sensor that
 * fails now and then and is supervised: the loop goes on with the last reading while the
 * sensor begins again, and closes the valve when it is without one for too long.
 *
 * Three actors: "leader" has the two others as children; "sensor" reads once in a
 * period; "controller" works once in a period, on the newest reading.  The tank is made
 * up.  Prints what happened, and fails if the level was not kept.
 */
#include <errno.h>
#include <string.h>

#include <fraktor/fraktor.h>

enum { READ = FRK_MESSAGE_USER, READING, CONTROL };

#define PERIOD_NS FRK_MS(1)
#define LEVEL_MM 500.0
/* The valve closes when the newest reading is older than so many periods. */
#define STALE_PERIODS 50

/* The world: what flows in by the valve, what flows out. */
struct tank {
	double level_mm;
	double valve; /* 0 to 1 */
};

struct sensor {
	struct tank *tank;
	struct frk_pid controller;
	uint64_t readings;
	unsigned int failures;
};

struct controller {
	struct tank *tank;
	double reading_mm;
	double sum_mm;
	unsigned int age;
	uint64_t periods, missed, closed;
	double worst_mm; /* off the level, once it was reached */
};

struct plant {
	struct tank tank;
	struct sensor sensor;
	struct controller controller;
};

static void flow(struct tank *tank, uint64_t periods)
{
	tank->level_mm += (double)periods * (tank->valve * 4.0 - tank->level_mm / 500.0);
}

static int sense(struct frk_context *context, const struct frk_message *message)
{
	struct sensor *sensor = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, READ, PERIOD_NS, NULL);
	if (message->kind != READ)
		return 0;
	if (++sensor->readings % 300 == 0) {
		sensor->failures++;
		return -EIO; /* whoever reads a bus knows these */
	}
	return frk_context_send(context, sensor->controller, READING,
				&sensor->tank->level_mm, sizeof(sensor->tank->level_mm));
}

/* Proportional and integral; without a reading, closed. */
static void control(struct controller *controller, uint64_t periods)
{
	double off_mm = LEVEL_MM - controller->reading_mm;

	controller->age += (unsigned int)periods;
	if (controller->age > STALE_PERIODS) {
		controller->tank->valve = 0;
		controller->closed++;
		return;
	}
	controller->sum_mm += off_mm * (double)periods;
	controller->tank->valve = 0.25 + off_mm * 0.01 + controller->sum_mm * 0.00002;
	if (controller->tank->valve < 0)
		controller->tank->valve = 0;
	if (controller->tank->valve > 1)
		controller->tank->valve = 1;
}

static void judge(struct controller *controller)
{
	double off_mm = controller->tank->level_mm - LEVEL_MM;

	if (off_mm < 0)
		off_mm = -off_mm;
	if (controller->periods > 1000 && off_mm > controller->worst_mm)
		controller->worst_mm = off_mm;
}

static int regulate(struct frk_context *context, const struct frk_message *message)
{
	struct controller *controller = frk_context_state(context);
	uint64_t periods;

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		return frk_context_every(context, CONTROL, PERIOD_NS, NULL);
	case READING:
		memcpy(&controller->reading_mm, message->payload,
		       sizeof(controller->reading_mm));
		controller->age = 0;
		return 0;
	case CONTROL:
		/* After a late tick, more than one: time is never lost. */
		periods = message->count - controller->periods;
		controller->missed += periods - 1;
		controller->periods = message->count;
		flow(controller->tank, periods);
		control(controller, periods);
		judge(controller);
		return 0;
	default:
		return 0;
	}
}

static int lead(struct frk_context *context, const struct frk_message *message)
{
	struct plant *plant = frk_context_state(context);
	struct frk_actor_opts controller = FRK_ACTOR_OPTS(
		.name = "controller", .receive = regulate, .state = &plant->controller);
	struct frk_actor_opts sensor =
		FRK_ACTOR_OPTS(.name = "sensor", .receive = sense, .state = &plant->sensor);
	int ret;

	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	ret = frk_context_spawn(context, &controller, &plant->sensor.controller);
	return ret ? ret : frk_context_spawn(context, &sensor, NULL);
}

/* A sensor that fails begins again after a moment; anything else ends the plant. */
static const struct frk_supervision_rule rules[] = {
	{ -EIO, FRK_DIRECTIVE_RESTART },
};

static const struct frk_supervision supervision = FRK_SUPERVISION(
	.rules = rules, .rules_n = 1, .otherwise = FRK_DIRECTIVE_ESCALATE,
	.restarts_max = 20, .beyond = FRK_DIRECTIVE_ESCALATE, .backoff_ns = FRK_MS(5),
	.backoff_max_ns = FRK_MS(20));

static int report(struct frk_system *system, const struct plant *plant)
{
	const struct controller *controller = &plant->controller;
	struct frk_actor_stats stats = { 0 };

	frk_system_get_actors(system, &stats);
	printf("control_loop: periods=%llu missed=%llu level_mm=%.1f worst_mm=%.1f failures=%u restarts=%llu closed=%llu\n",
	       (unsigned long long)controller->periods,
	       (unsigned long long)controller->missed, plant->tank.level_mm,
	       controller->worst_mm, plant->sensor.failures,
	       (unsigned long long)stats.restarts_total,
	       (unsigned long long)controller->closed);
	return frk_report_summary(system, stdout);
}

int main(void)
{
	struct plant plant = { .tank = { .level_mm = LEVEL_MM } };
	struct frk_error error = { 0 };
	struct frk_actor_opts leader = FRK_ACTOR_OPTS(
		.name = "leader", .receive = lead, .state = &plant,
		.supervision = &supervision);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.name = "control-loop", .driver_name = "auto", .period_ns = PERIOD_NS,
		.run_ns = FRK_S(3), .actors = &leader, .actors_n = 1, .env = 1,
		.latency = FRK_LATENCY_LOW, .stop_on_signals = 1, .error = &error);
	struct frk_system *system = NULL;

	plant.sensor.tank = plant.controller.tank = &plant.tank;
	if (frk_system_build(&opts, &system) || frk_system_run(system)) {
		frk_system_unref(system);
		return frk_error_print(&error, stderr);
	}
	report(system, &plant);
	frk_system_unref(system);
	return plant.controller.worst_mm > 100;
}

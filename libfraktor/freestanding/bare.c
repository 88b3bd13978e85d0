// SPDX-License-Identifier: MIT
/*
 * bare.c - the system of bare.h.  A sensor is woken every third tick and sends what it
 * has read to a filter, which answers every tenth reading; a timer that is once asks
 * for the end of the sensor.  No thread, no memory but these arrays.
 */
#include <stdbool.h>
#include <stdint.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "freestanding/bare.h"

#define PERIOD_NS 1000000ULL
#define TICKS 1000
#define STOP_TICK 901
#define READINGS ((STOP_TICK - 1) / 3)

#define CELLS 2
#define LETTERS 4
#define ALARMS 4

enum { WAKE = FRK_MESSAGE_USER, READING, ANSWER, END };

static struct frki_stage stage;
static struct frki_cell cells[CELLS];
static struct frki_letter letters[LETTERS];
static struct frki_alarm alarms[ALARMS];
static _Atomic uint32_t cell_links[CELLS], letter_links[LETTERS], alarm_links[ALARMS];

static struct frk_pid filter;
static unsigned int readings, answers, stopped, dead, failures;
static uint32_t sum;

static void wake(void *data)
{
	(void)data;
}

static void bury(void *data, const struct frki_dead_letter *letter)
{
	(void)data;
	(void)letter;
	dead++;
}

static void note_failure(void *data, const struct frki_failure *failure)
{
	(void)data;
	(void)failure;
	failures++;
}

static int sense(struct frk_context *context, const struct frk_message *message)
{
	uint32_t value = readings;
	int ret;

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		ret = frk_context_every(context, WAKE, 3 * PERIOD_NS, NULL);
		if (ret)
			return ret;
		return frk_context_after(context, END, STOP_TICK * PERIOD_NS, NULL);
	case WAKE:
		readings++;
		return frk_context_send(context, filter, READING, &value, sizeof(value));
	case ANSWER:
		answers++;
		return 0;
	case END:
		frk_context_stop(context);
		return 0;
	default:
		stopped += message->kind == FRK_MESSAGE_STOPPED;
		return 0;
	}
}

static int filtered(struct frk_context *context, const struct frk_message *message)
{
	static unsigned int n;

	stopped += message->kind == FRK_MESSAGE_STOPPED;
	if (message->kind != READING)
		return 0;
	sum += *(const uint32_t *)message->payload;
	if (++n % 10)
		return 0;
	return frk_context_send(context, message->sender, ANSWER, NULL, 0);
}

static void settle(void)
{
	while (frki_alarm_fire(&stage, ALARMS) || frki_stage_run(&stage, CELLS))
		;
}

static int begin(void)
{
	static const struct frki_stage_ops ops = {
		.wake = wake, .dead_letter = bury, .failed = note_failure
	};
	static const struct frki_stage_memory memory = {
		.cells = cells,
		.letters = letters,
		.alarms = alarms,
		.cell_links = cell_links,
		.letter_links = letter_links,
		.alarm_links = alarm_links,
		.cells_n = CELLS,
		.letters_n = LETTERS,
		.alarms_n = ALARMS,
	};
	static const struct frk_actor_opts filter_opts =
		FRK_ACTOR_OPTS(.name = "filter", .receive = filtered);
	static const struct frk_actor_opts sensor_opts =
		FRK_ACTOR_OPTS(.name = "sensor", .receive = sense);
	int ret;

	frki_stage_init(&stage, &memory, PERIOD_NS, &ops, NULL);
	ret = frki_stage_spawn(&stage, NULL, &filter_opts, &filter);
	return ret ? ret : frki_stage_spawn(&stage, NULL, &sensor_opts, NULL);
}

/* As SysTick would have it: it counts, and the loop does what is due. */
static void run(void)
{
	for (uint64_t i = 1; i <= TICKS; i++) {
		const struct frk_tick tick = {
			.seq = i,
			.deadline_ns = i * PERIOD_NS,
			.fired_ns = i * PERIOD_NS,
			.periods = 1,
		};

		frki_scheduler_tick(&stage.scheduler, &tick);
		settle();
	}
}

static void end(void)
{
	frki_stage_close(&stage);
	while (frki_stage_stop_youngest(&stage))
		settle();
}

int frki_bare_run(void)
{
	if (begin())
		return 1;
	/* They start before time does. */
	settle();
	run();
	if (stopped != 1)
		return 2;
	end();
	if (stopped != 2)
		return 3;
	if (readings != READINGS || answers != READINGS / 10)
		return 4;
	if (sum != READINGS * (READINGS - 1) / 2)
		return 5;
	return dead ? 6 : 0;
}

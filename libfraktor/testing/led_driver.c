// SPDX-License-Identifier: MIT
/*
 * led_driver.c - the driver timerfd, and what a test does with each of its lines.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "testing/led_driver.h"
#include "tick/line.h"

struct frki_led frki_led[FRKI_LED_LINES];
unsigned int frki_led_opened, frki_led_fails_at;

/**
 * struct led_state - private state
 * @inner: state of the driver inside.
 * @led: what becomes of the line.
 */
struct led_state {
	void *inner;
	struct frki_led *led;
};

static const struct frk_driver_ops *const inner = &frk_driver_timerfd;

static int led_open(void *data, const struct frk_driver_opts *opts, struct frk_error *error)
{
	struct led_state *state = data;
	int ret;

	if (frki_led_opened + 1 == frki_led_fails_at)
		return frki_error_set(error, -EIO, "led", "led_open", "no such luck");
	state->led = &frki_led[frki_led_opened++];
	strcpy(state->led->name, opts->name);
	state->led->cpu = opts->cpu;
	state->led->align = opts->align;
	state->inner = frki_line_new_state(inner);
	ret = state->inner ? inner->open(state->inner, opts, error) : -ENOMEM;
	if (ret)
		free(state->inner);
	return ret;
}

static int led_start(void *data, struct frk_error *error)
{
	struct led_state *state = data;

	return inner->start(state->inner, error);
}

static int led_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct led_state *state = data;

	if (state->led->ended)
		return -ESHUTDOWN;
	return state->led->held ? 0 : inner->drain(state->inner, ret_ticks, n);
}

static int led_wait(void *data)
{
	struct led_state *state = data;

	if (state->led->broken)
		return -EIO;
	/* It is not empty, and so would not wait. */
	if (state->led->held)
		return usleep(200);
	return inner->wait(state->inner);
}

static void led_wake(void *data)
{
	struct led_state *state = data;

	inner->wake(state->inner);
}

static int led_stop(void *data)
{
	struct led_state *state = data;

	return inner->stop(state->inner);
}

static void led_close(void *data)
{
	struct led_state *state = data;

	inner->close(state->inner);
	free(state->inner);
}

static void led_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct led_state *state = data;

	inner->info(state->inner, ret_info);
	strcpy(ret_info->name, "led");
	if (state->led->ended)
		strcpy(ret_info->stopped, "it was led away");
}

static uint64_t led_dropped(const void *data)
{
	const struct led_state *state = data;

	return inner->dropped(state->inner);
}

const struct frk_driver_ops frki_led_driver = {
	.size = sizeof(frki_led_driver),
	.name = "led",
	.kind = FRK_DRIVER_CUSTOM,
	.state_size = sizeof(struct led_state),
	.open = led_open,
	.start = led_start,
	.drain = led_drain,
	.wait = led_wait,
	.wake = led_wake,
	.stop = led_stop,
	.close = led_close,
	.info = led_info,
	.dropped = led_dropped,
};

/* SPDX-License-Identifier: MIT */
/*
 * faulty_driver.c - the driver nanosleep, and what becomes of its ticks.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "testing/faulty_driver.h"
#include "tick/clock.h"
#include "tick/line.h"

struct frki_faulty frki_faulty;

/**
 * struct faulty_state - private state
 * @inner: state of the driver inside.
 * @sound: this one does well.
 * @told: ticks handed out.
 * @wrong: the fault has begun; any thread may ask.
 */
struct faulty_state {
	void *inner;
	bool sound;
	unsigned int told;
	atomic_bool wrong;
};

static const struct frk_driver_ops *const inner_ops = &frk_driver_nanosleep;

static int faulty_open(void *data, const struct frk_driver_opts *opts,
		       struct frk_error *error)
{
	struct faulty_state *state = data;
	int err;

	state->sound = frki_faulty.opened++ >= frki_faulty.lives;
	state->inner = frki_line_new_state(inner_ops);
	err = state->inner ? inner_ops->open(state->inner, opts, error) : -ENOMEM;
	if (err)
		free(state->inner);
	return err;
}

static int faulty_start(void *data, struct frk_error *error)
{
	struct faulty_state *state = data;

	if (!state->sound && frki_faulty.opened > 1 &&
	    frki_faulty.fault == FRKI_FAULT_START)
		return frki_error_set(error, -ENODEV, "faulty", "faulty_start",
				      "it does not start");
	return inner_ops->start(state->inner, error);
}

static void go_wrong(struct faulty_state *state)
{
	if (!state->wrong && !frki_faulty.fault_ns)
		frki_faulty.fault_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	state->wrong = true;
}

static bool ends(void)
{
	return frki_faulty.fault == FRKI_FAULT_END ||
	       frki_faulty.fault == FRKI_FAULT_START;
}

static int spoil(struct frk_tick *tick)
{
	switch (frki_faulty.fault) {
	case FRKI_FAULT_END:
	case FRKI_FAULT_START:
		return -ESHUTDOWN;
	case FRKI_FAULT_SILENT:
	case FRKI_FAULT_BROKEN:
		return 0;
	case FRKI_FAULT_AHEAD:
		tick->deadline_ns += FRK_S(3600);
		tick->fired_ns += FRK_S(3600);
		return 1;
	case FRKI_FAULT_BACK:
		tick->deadline_ns -= FRK_S(1);
		tick->fired_ns -= FRK_S(1);
		return 1;
	case FRKI_FAULT_REPEAT:
		tick->seq--;
		return 1;
	default:
		return 1;
	}
}

/* One by one, whatever was asked for. */
static int faulty_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct faulty_state *state = data;
	int taken;

	(void)n;
	if (state->wrong && ends())
		return -ESHUTDOWN;
	taken = inner_ops->drain(state->inner, ret_ticks, 1);
	if (taken <= 0 || state->sound)
		return taken;
	if (state->told++ < frki_faulty.after) {
		frki_faulty.told_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
		return taken;
	}
	go_wrong(state);
	return spoil(ret_ticks);
}

static int faulty_wait(void *data)
{
	struct faulty_state *state = data;

	if (state->wrong && frki_faulty.fault == FRKI_FAULT_BROKEN)
		return -EIO;
	return inner_ops->wait(state->inner);
}

static void faulty_wake(void *data)
{
	struct faulty_state *state = data;

	inner_ops->wake(state->inner);
}

static int faulty_stop(void *data)
{
	struct faulty_state *state = data;

	return inner_ops->stop(state->inner);
}

static void faulty_close(void *data)
{
	struct faulty_state *state = data;

	inner_ops->close(state->inner);
	free(state->inner);
}

static void faulty_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct faulty_state *state = data;

	inner_ops->info(state->inner, ret_info);
	snprintf(ret_info->name, sizeof(ret_info->name), "faulty");
	ret_info->kind = FRK_DRIVER_CUSTOM;
	if (state->wrong && ends())
		snprintf(ret_info->stopped, sizeof(ret_info->stopped), "it had enough");
}

static uint64_t faulty_dropped(const void *data)
{
	const struct faulty_state *state = data;

	return inner_ops->dropped(state->inner);
}

const struct frk_driver_ops frki_faulty_driver = {
	.size = sizeof(frki_faulty_driver),
	.name = "faulty",
	.kind = FRK_DRIVER_CUSTOM,
	.state_size = sizeof(struct faulty_state),
	.open = faulty_open,
	.start = faulty_start,
	.drain = faulty_drain,
	.wait = faulty_wait,
	.wake = faulty_wake,
	.stop = faulty_stop,
	.close = faulty_close,
	.info = faulty_info,
	.dropped = faulty_dropped,
};

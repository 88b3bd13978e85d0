// SPDX-License-Identifier: MIT
/*
 * replay_driver.c - the driver "replay" of replay.h.  A worker takes ticks until it
 * has none or enough, then has its turn: so the log says, and so they are given.
 */
#include <errno.h>

#include "actor/stage.h"
#include "base/error.h"
#include "testing/replay.h"
#include "tick/describe.h"

/**
 * struct replay_state - private state
 * @log: what is to happen.
 * @next: number of the next record.
 * @given: ticks since the last turn.
 * @seq: ticks given at all.
 * @period_ns: of the line.
 * @stopped: was told to.
 */
struct replay_state {
	const struct frki_log *log;
	uint64_t next;
	uint32_t given;
	uint64_t seq;
	uint64_t period_ns;
	bool stopped;
};

static const struct frki_replay *current;

void frki_replay_set(const struct frki_replay *replay)
{
	current = replay;
}

static int refuse(struct frk_error *error, int err, const char *why)
{
	return frki_error_set(error, err, "replay", "replay_open", "%s", why);
}

static int replay_open(void *data, const struct frk_driver_opts *opts,
		       struct frk_error *error)
{
	struct replay_state *state = data;

	if (!current)
		return refuse(error, -ENOENT, "no log: call frki_replay_set()");
	if (frki_log_first(&current->log))
		return refuse(error, -ENODATA, "the beginning of the log has gone: give it more log_records");
	if (current->period_ns != opts->period_ns)
		return frki_error_set(error, -ERANGE, "replay", "replay_open",
				      "the log has a period of %llu ns, the system one of %llu",
				      (unsigned long long)current->period_ns,
				      (unsigned long long)opts->period_ns);
	state->log = &current->log;
	state->period_ns = opts->period_ns;
	return 0;
}

static int replay_start(void *data, struct frk_error *error)
{
	(void)data;
	(void)error;
	return 0;
}

/* After as many as a worker takes, it has its turn without asking for more. */
static void skip_full_turn(struct replay_state *state)
{
	if (state->given < FRKI_TURN_TICKS)
		return;
	state->given = 0;
	while (state->next < state->log->total &&
	       frki_log_at(state->log, state->next++)->kind != FRKI_LOG_TURN)
		;
}

static int replay_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct replay_state *state = data;

	(void)n; /* at least one */
	skip_full_turn(state);
	while (!state->stopped && state->next < state->log->total) {
		const struct frki_log_record *record = frki_log_at(state->log, state->next);

		state->next++;
		if (record->kind == FRKI_LOG_TURN) {
			state->given = 0;
			return 0;
		}
		if (record->kind != FRKI_LOG_TICK)
			continue;
		state->given++;
		*ret_ticks = (struct frk_tick){
			.deadline_ns = record->value[0],
			.fired_ns = record->value[1],
			.periods = record->id,
			.seq = ++state->seq,
			.flags = record->id > 1 ? FRK_TICK_MISSED : 0,
		};
		return 1;
	}
	return -ESHUTDOWN;
}

/* There is always something to do. */
static int replay_wait(void *data)
{
	(void)data;
	return 0;
}

static void replay_wake(void *data)
{
	(void)data;
}

static int replay_stop(void *data)
{
	struct replay_state *state = data;

	state->stopped = true;
	return 0;
}

static void replay_close(void *data)
{
	(void)data;
}

static void replay_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct replay_state *state = data;

	frki_describe(ret_info, "replay", FRK_DRIVER_CUSTOM, state->period_ns);
}

static uint64_t replay_dropped(const void *data)
{
	(void)data;
	return 0;
}

const struct frk_driver_ops frki_driver_replay = {
	.size = sizeof(frki_driver_replay),
	.name = "replay",
	.kind = FRK_DRIVER_CUSTOM,
	.state_size = sizeof(struct replay_state),
	.open = replay_open,
	.start = replay_start,
	.drain = replay_drain,
	.wait = replay_wait,
	.wake = replay_wake,
	.stop = replay_stop,
	.close = replay_close,
	.info = replay_info,
	.dropped = replay_dropped,
	.flags = FRK_DRIVER_SIMULATED,
};

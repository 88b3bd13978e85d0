/* SPDX-License-Identifier: MIT */
/*
 * driver_fused.c - several tick lines as one: each has a thread that reads it and
 * passes its ticks on, in the order in which they came, with the number of the line
 * in them.  Each is accounted for by itself; the whole runs as long as one of them
 * does.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "tick/clock.h"
#include "tick/describe.h"
#include "tick/doorbell.h"
#include "tick/period.h"
#include "tick/shared_ring.h"
#include "tick/thread.h"

#define FUSED_NAME "fused"
#define FUSED_BATCH 16
/* What a member holds while its thread is kept from running. */
#define FUSED_SLOTS 1024

struct fused_state;

/**
 * struct fused_member - one of the lines
 * @state: the whole.
 * @line: the line.
 * @id: its number, from 1.
 * @cpu: where its reader runs, as the driver's threads do.
 * @thread: its reader, if @running.
 * @running: it was started and not joined.
 * @broken: waiting for it failed.
 * @ended: it ended, and nobody had asked it to.
 */
struct fused_member {
	struct fused_state *state;
	struct frk_line *line;
	uint16_t id;
	uint32_t cpu;
	pthread_t thread;
	bool running;
	bool broken;
	bool ended;
};

/**
 * struct fused_state - private state
 * @ring: what the threads fill and the reader drains.
 * @slots: its memory.
 * @bell: wakes the reader.
 * @clockid: clock of its ticks.
 * @period_ns: what the whole says it is.
 * @rt_priority: as in the options.
 * @members: the lines.
 * @n: how many.
 * @left: threads that still pass ticks on.
 * @stopping: they are asked to end.
 */
struct fused_state {
	struct frki_shared_ring ring;
	struct frki_shared_slot *slots;
	struct frki_doorbell bell;
	clockid_t clockid;
	uint64_t period_ns;
	int rt_priority;
	struct fused_member members[FRK_MEMBERS_MAX];
	size_t n;
	uint32_t left;
	bool stopping;
};

/* --- the threads ---------------------------------------------------------------- */

static void fused_pass_on(struct fused_member *member, struct frk_tick *ticks, int n)
{
	for (int i = 0; i < n; i++) {
		ticks[i].driver = member->id;
		frki_shared_ring_push(&member->state->ring, &ticks[i]);
	}
	frki_doorbell_push(&member->state->bell);
}

/* The reader is told where it happened: among the ticks of the others. */
static void fused_note_end(struct fused_member *member, bool broken)
{
	struct fused_state *state = member->state;
	struct frk_tick note = { .driver = member->id, .flags = FRK_TICK_ENDED };

	if (__atomic_load_n(&state->stopping, __ATOMIC_ACQUIRE))
		return;
	__atomic_store_n(&member->broken, broken, __ATOMIC_RELAXED);
	/* Pairs with fused_member(). */
	__atomic_store_n(&member->ended, true, __ATOMIC_RELEASE);
	note.fired_ns = frki_clock_now_ns(state->clockid);
	note.deadline_ns = note.fired_ns;
	frki_shared_ring_push(&state->ring, &note);
}

static void *fused_run(void *data)
{
	struct fused_member *member = data;
	struct fused_state *state = member->state;
	struct frk_tick ticks[FUSED_BATCH];
	int n, err = 0;

	while (!err && (n = frk_line_drain(member->line, ticks, FUSED_BATCH)) >= 0) {
		if (n)
			fused_pass_on(member, ticks, n);
		else
			err = frk_line_wait(member->line);
		if (err == -EINTR)
			err = 0;
	}
	fused_note_end(member, err);
	/* Pairs with fused_over(): what was passed on is seen by then. */
	__atomic_sub_fetch(&state->left, 1, __ATOMIC_RELEASE);
	frki_doorbell_push(&state->bell);
	return NULL;
}

/* --- life --------------------------------------------------------------------------- */

static int fused_check(const struct frk_driver_opts *opts, struct frk_error *error)
{
	if (!opts->members || !opts->members_n || opts->members_n > FRK_MEMBERS_MAX)
		return frki_error_set(error, -EINVAL, FUSED_NAME, "open",
				      "%zu drivers to fuse: there must be 1 to %u in "
				      "members",
				      opts->members ? opts->members_n : 0,
				      FRK_MEMBERS_MAX);
	return frki_period_check(opts->period_ns, FUSED_NAME, "open", error);
}

static int fused_open_member(struct fused_state *state,
			     const struct frk_driver_opts *opts,
			     const struct frk_driver_member *wanted,
			     struct frk_error *error)
{
	struct fused_member *member = &state->members[state->n];
	char name[32];
	struct frk_driver_opts own = {
		.size = sizeof(own),
		.name = name,
		.period_ns = wanted->period_ns ? wanted->period_ns : opts->period_ns,
		.clockid = opts->clockid,
		.cpu = wanted->cpu ? wanted->cpu : opts->cpu,
		.slots = FUSED_SLOTS,
		.rt_priority = opts->rt_priority,
		.feed = wanted->feed,
	};
	int err;

	/* The module knows a line by its name. */
	snprintf(name, sizeof(name), "%.28s-%zu", opts->name, state->n + 1);
	err = frk_line_open(wanted->driver, &own, error, &member->line);
	if (err)
		return err;
	member->state = state;
	member->cpu = own.cpu;
	member->id = (uint16_t)++state->n;
	return 0;
}

static void fused_close_members(struct fused_state *state)
{
	while (state->n)
		frk_line_close(state->members[--state->n].line);
}

static int fused_open_ring(struct fused_state *state, uint32_t slots,
			   struct frk_error *error)
{
	int err;

	state->slots = calloc(slots, sizeof(*state->slots));
	if (!state->slots)
		return frki_error_set(error, -ENOMEM, FUSED_NAME, "malloc",
				      "no memory for %u slots", slots);
	frki_shared_ring_init(&state->ring, state->slots, slots);
	err = frki_doorbell_init(&state->bell);
	if (!err)
		return 0;
	free(state->slots);
	return frki_error_set(error, err, FUSED_NAME, "eventfd",
			      "no file descriptor to be woken by");
}

static void fused_close(void *data)
{
	struct fused_state *state = data;

	fused_close_members(state);
	frki_doorbell_fini(&state->bell);
	free(state->slots);
}

static int fused_open(void *data, const struct frk_driver_opts *opts,
		      struct frk_error *error)
{
	struct fused_state *state = data;
	int err = fused_check(opts, error);

	if (!err)
		err = fused_open_ring(state, opts->slots, error);
	if (err)
		return err;
	state->clockid = opts->clockid;
	state->period_ns = opts->period_ns;
	state->rt_priority = opts->rt_priority;
	for (size_t i = 0; i < opts->members_n && !err; i++)
		err = fused_open_member(state, opts, &opts->members[i], error);
	if (err)
		fused_close(state);
	return err;
}

static int fused_stop(void *data)
{
	struct fused_state *state = data;
	int err = 0;

	/* Pairs with fused_note_end(). */
	__atomic_store_n(&state->stopping, true, __ATOMIC_RELEASE);
	for (size_t i = 0; i < state->n; i++) {
		struct fused_member *member = &state->members[i];
		int ret = frk_line_stop(member->line);

		err = err ? err : ret;
		if (member->running && !ret) {
			pthread_join(member->thread, NULL);
			member->running = false;
		}
	}
	return err;
}

static int fused_start_member(struct fused_member *member, struct frk_error *error)
{
	char name[16];
	const struct frki_thread_opts opts = {
		.name = name,
		.driver = FUSED_NAME,
		.cpu = member->cpu,
		.rt_priority = member->state->rt_priority,
	};
	int err = frk_line_start(member->line, error);

	if (err)
		return err;
	snprintf(name, sizeof(name), "fraktor-fuse-%u", member->id % 10U);
	__atomic_add_fetch(&member->state->left, 1, __ATOMIC_RELAXED);
	err = frki_thread_start(&member->thread, &opts, fused_run, member, error);
	if (err)
		__atomic_sub_fetch(&member->state->left, 1, __ATOMIC_RELAXED);
	member->running = !err;
	return err;
}

static int fused_start(void *data, struct frk_error *error)
{
	struct fused_state *state = data;
	int err = 0;

	for (size_t i = 0; i < state->n && !err; i++)
		err = fused_start_member(&state->members[i], error);
	if (err)
		fused_stop(state);
	return err;
}

/* --- the reader ------------------------------------------------------------------------ */

/* Pairs with the release at the end of fused_run(). */
static bool fused_over(const void *data)
{
	const struct fused_state *state = data;

	return !__atomic_load_n(&state->left, __ATOMIC_ACQUIRE);
}

static int fused_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct fused_state *state = data;

	return frki_shared_ring_drain(&state->ring, fused_over, state, ret_ticks, n);
}

static bool fused_ready(const void *data)
{
	const struct fused_state *state = data;

	return frki_shared_ring_ready(&state->ring) || fused_over(state);
}

static int fused_wait(void *data)
{
	struct fused_state *state = data;

	return frki_doorbell_wait(&state->bell, fused_ready, state);
}

static void fused_wake(void *data)
{
	struct fused_state *state = data;

	frki_doorbell_wake(&state->bell);
}

/* --- any thread --------------------------------------------------------------------------- */

/* Not all drivers say why they ended; that they did is said all the same. */
static const char *fused_words(const struct fused_member *member, const char *said)
{
	if (__atomic_load_n(&member->broken, __ATOMIC_RELAXED))
		return "waiting for it failed";
	return *said ? said : "it ended and did not say why";
}

static int fused_member(const void *data, unsigned int index,
			struct frk_driver_info *ret_info, struct frk_metrics *ret_metrics)
{
	const struct fused_state *state = data;
	const struct fused_member *member;
	struct frk_driver_info info;
	bool ended;

	if (index >= state->n)
		return -ENOENT;
	member = &state->members[index];
	/* First: who has ended has said why by then.  Pairs with fused_note_end(). */
	ended = __atomic_load_n(&member->ended, __ATOMIC_ACQUIRE);
	frk_line_get_info(member->line, &info);
	frk_line_get_metrics(member->line, ret_metrics);
	*ret_info = info;
	if (ended)
		snprintf(ret_info->stopped, sizeof(ret_info->stopped), "%s",
			 fused_words(member, info.stopped));
	return 0;
}

static const char *fused_stopped(const struct fused_state *state,
				 struct frk_driver_info *info)
{
	struct frk_metrics metrics;

	for (unsigned int i = 0; fused_over(state) && i < state->n; i++)
		if (!fused_member(state, i, info, &metrics) && *info->stopped)
			return info->stopped;
	return "";
}

static void fused_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct fused_state *state = data;
	struct frk_driver_info member;

	frki_describe(ret_info, FUSED_NAME, FRK_DRIVER_FUSED, state->period_ns);
	snprintf(ret_info->path, sizeof(ret_info->path), "eventfd, %zu lines", state->n);
	snprintf(ret_info->stopped, sizeof(ret_info->stopped), "%s",
		 fused_stopped(state, &member));
}

static uint64_t fused_dropped(const void *data)
{
	const struct fused_state *state = data;
	uint64_t dropped = frki_shared_ring_dropped(&state->ring);
	struct frk_driver_info info;
	struct frk_metrics metrics;

	for (unsigned int i = 0; !fused_member(state, i, &info, &metrics); i++)
		dropped += metrics.dropped_total;
	return dropped;
}

const struct frk_driver_ops frk_driver_fused = {
	.size = sizeof(struct frk_driver_ops),
	.name = FUSED_NAME,
	.kind = FRK_DRIVER_FUSED,
	.state_size = sizeof(struct fused_state),
	.open = fused_open,
	.start = fused_start,
	.drain = fused_drain,
	.wait = fused_wait,
	.wake = fused_wake,
	.stop = fused_stop,
	.close = fused_close,
	.info = fused_info,
	.dropped = fused_dropped,
	.member = fused_member,
};

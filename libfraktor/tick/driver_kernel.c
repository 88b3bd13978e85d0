/* SPDX-License-Identifier: MIT */
/*
 * driver_kernel.c - the tick line of the kernel module: a source and its ring,
 * made over /dev/fraktor.  How the reader waits is drain.c's business, what
 * the ring holds is feed.c's, the ioctls are kernel_source.c's; here they
 * become one driver.
 */
#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "tick/drain.h"
#include "tick/feed.h"
#include "tick/kernel_source.h"
#include "tick/ring_map.h"

#define KERNEL_NAME "kernel"

/**
 * struct kernel_state - private state
 * @source: the line and its file.
 * @map: the ring in memory.
 * @feed: its reader's side.
 * @drain: how to wait.
 * @lead_ns: how early records come; the reader thread's.
 */
struct kernel_state {
	struct frki_kernel_source source;
	struct frki_ring_map map;
	struct frki_feed feed;
	struct frki_drain drain;
	uint64_t lead_ns;
};

static int kernel_map(struct kernel_state *state, struct frk_error *error)
{
	const char *why;
	int err;

	err = frki_ring_map_open(&state->map, state->source.fd, &why);
	if (err == -EPROTO)
		return frki_error_set(error, err, KERNEL_NAME, "mmap(meta)",
				      "the module's ring cannot be read: %s", why);
	if (err)
		return frki_error_set(error, err, KERNEL_NAME, why,
				      "cannot map the module's ring");
	return frki_feed_attach(&state->feed, state->map.meta, state->map.consumer,
				state->map.slots);
}

static int kernel_init_drain(struct kernel_state *state,
			     const struct frk_driver_opts *opts, struct frk_error *error)
{
	int err = frki_drain_init(&state->drain, state->source.fd,
				  state->source.info.features, opts);

	if (err)
		frki_error_set(error, err, KERNEL_NAME, "eventfd",
			       "no file descriptor to be woken by");
	return err;
}

static int kernel_open(void *data, const struct frk_driver_opts *opts,
		       struct frk_error *error)
{
	struct kernel_state *state = data;
	int err;

	err = frki_kernel_source_open(&state->source, opts, error);
	if (err)
		return err;
	err = kernel_map(state, error);
	if (err)
		goto err_source;
	err = kernel_init_drain(state, opts, error);
	if (err)
		goto err_map;
	state->lead_ns = opts->lead_ns;
	return 0;

err_map:
	frki_ring_map_close(&state->map);
err_source:
	frki_kernel_source_close(&state->source);
	return err;
}

static int kernel_start(void *data, struct frk_error *error)
{
	struct kernel_state *state = data;

	return frki_kernel_source_start(&state->source, error);
}

/* When the record after this one comes; of a note nothing follows. */
static void kernel_expect(struct kernel_state *state, const struct frk_tick *tick)
{
	const struct fraktor_meta *meta = state->map.meta;
	uint64_t period_ns = __atomic_load_n(&meta->period_ns, __ATOMIC_RELAXED);

	if (tick->periods)
		frki_drain_spin_expect(&state->drain.spin,
				       tick->deadline_ns + tick->periods * period_ns -
					       state->lead_ns);
}

static int kernel_drain(void *data, struct frk_tick *ret_ticks, size_t n)
{
	struct kernel_state *state = data;
	int taken = frki_feed_drain(&state->feed, ret_ticks, n);

	/* An idle time ends with its tick. */
	if (taken > 0)
		state->drain.polls = false;
	if (taken > 0 && state->drain.wait == FRK_WAIT_HYBRID)
		kernel_expect(state, &ret_ticks[taken - 1]);
	return taken;
}

static int kernel_wait(void *data)
{
	struct kernel_state *state = data;

	return frki_drain_wait(&state->drain, &state->feed);
}

static void kernel_wake(void *data)
{
	struct kernel_state *state = data;

	frki_drain_wake(&state->drain);
}

/* The module ends a wait in progress itself. */
static int kernel_stop(void *data)
{
	struct kernel_state *state = data;

	return frki_kernel_source_stop(&state->source);
}

/* The file is the last to go: with it goes the source. */
static void kernel_close(void *data)
{
	struct kernel_state *state = data;

	frki_drain_fini(&state->drain);
	frki_ring_map_close(&state->map);
	frki_kernel_source_close(&state->source);
}

static const char *kernel_stopped(const struct kernel_state *state)
{
	const struct fraktor_meta *meta = state->map.meta;

	/* The reason is written before the state; pairs with the module. */
	if (__atomic_load_n(&meta->state, __ATOMIC_ACQUIRE) == FRAKTOR_STATE_RUNNING)
		return "";
	return frki_kernel_source_why(__atomic_load_n(&meta->reason, __ATOMIC_RELAXED));
}

/* The period is asked of the ring: an administrator may change it. */
static void kernel_info(const void *data, struct frk_driver_info *ret_info)
{
	const struct kernel_state *state = data;

	*ret_info = (struct frk_driver_info){
		.name = KERNEL_NAME,
		.kind = FRK_DRIVER_KERNEL,
		.resolution_ns = __atomic_load_n(&state->map.meta->period_ns,
						 __ATOMIC_RELAXED),
		.accuracy_ns = state->source.info.accuracy_ns,
	};
	snprintf(ret_info->path, sizeof(ret_info->path), "%s",
		 frki_drain_path(&state->drain));
	snprintf(ret_info->version, sizeof(ret_info->version), "%s",
		 state->source.info.version);
	snprintf(ret_info->note, sizeof(ret_info->note), "%s", state->drain.note);
	snprintf(ret_info->stopped, sizeof(ret_info->stopped), "%s",
		 kernel_stopped(state));
}

static int kernel_set_lead(void *data, uint64_t lead_ns)
{
	struct kernel_state *state = data;
	int err = frki_kernel_source_lead(&state->source, lead_ns);

	if (!err)
		state->lead_ns = lead_ns;
	return err;
}

/*
 * Whoever spins pays for not sleeping.  A command that no one can cancel is bounded
 * in time, and ends as often where no tick ends it: poll(2) is not.
 */
static int kernel_idle(void *data, uint64_t until_ns)
{
	struct kernel_state *state = data;
	uint64_t features = state->source.info.features;

	if (state->drain.wait == FRK_WAIT_SPIN || state->drain.wait == FRK_WAIT_HYBRID)
		return -EOPNOTSUPP;
	state->drain.polls = until_ns && !(features & FRAKTOR_FEATURE_URING_CANCEL);
	return frki_kernel_source_idle(&state->source, until_ns);
}

static uint64_t kernel_dropped(const void *data)
{
	const struct kernel_state *state = data;

	return frki_feed_dropped(&state->feed);
}

const struct frk_driver_ops frk_driver_kernel = {
	.size = sizeof(struct frk_driver_ops),
	.name = KERNEL_NAME,
	.kind = FRK_DRIVER_KERNEL,
	.state_size = sizeof(struct kernel_state),
	.open = kernel_open,
	.start = kernel_start,
	.drain = kernel_drain,
	.wait = kernel_wait,
	.wake = kernel_wake,
	.stop = kernel_stop,
	.close = kernel_close,
	.info = kernel_info,
	.dropped = kernel_dropped,
	.set_lead = kernel_set_lead,
	.idle = kernel_idle,
};

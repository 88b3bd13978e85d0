// SPDX-License-Identifier: MIT
/*
 * system.c - the doors of <fraktor/system.h> for everybody who is not an actor.
 */
#include <errno.h>

#include "base/error.h"
#include "system/system.h"

int frk_system_build(const struct frk_system_opts *opts,
		     struct frk_system **ret_system)
{
	if (!ret_system)
		return -EINVAL;
	return frki_build_system(opts, &frki_platform_libc, ret_system);
}

int frk_system_spawn(struct frk_system *system,
		     const struct frk_actor_opts *opts, struct frk_pid *ret_pid)
{
	return system ? frki_stage_spawn(&system->stage, NULL, opts, ret_pid) :
			-EINVAL;
}

int frk_system_send(struct frk_system *system, struct frk_pid to,
		    uint32_t kind, const void *payload, size_t size)
{
	static const struct frk_pid nobody;

	if (!system)
		return -EINVAL;
	return frki_stage_send(&system->stage, nobody, to, kind, payload, size);
}

int frk_system_send_buffer(struct frk_system *system, struct frk_pid to, uint32_t kind,
			   struct frk_buffer *buffer)
{
	struct frki_post post = { .to = to, .kind = kind };

	if (!system || frki_post_set_buffer(&post, buffer))
		return -EINVAL;
	return frki_stage_post(&system->stage, &post);
}

int frk_system_stop_actor(struct frk_system *system, struct frk_pid pid)
{
	return system ? frki_stage_stop(&system->stage, pid) : -EINVAL;
}

int frk_system_halt_actor(struct frk_system *system, struct frk_pid pid)
{
	return system ? frki_stage_halt(&system->stage, pid) : -EINVAL;
}

static int report_failure(struct frk_system *system)
{
	struct frk_error *error = system->config.opts.error;
	struct frk_driver_info info;
	char whose[24] = "";

	frki_supply_get_info(frki_system_supply(system, system->failed_worker), &info);
	if (system->failed_worker)
		snprintf(whose, sizeof(whose), " of worker %u", system->failed_worker);
	if (system->result != -ESHUTDOWN)
		return frki_error_set(error, system->result, info.name,
				      system->failed_call,
				      "waiting for ticks%s failed", whose);
	return frki_error_set(error, system->result, info.name, system->failed_call,
			      "the tick driver%s stopped by itself%s%s", whose,
			      *info.stopped ? ": " : "", info.stopped);
}

int frk_system_run(struct frk_system *system)
{
	if (!system)
		return -EINVAL;
	if (frki_worker_is_me(system))
		return -EDEADLK;
	pthread_mutex_lock(&system->lock);
	while (!system->done)
		pthread_cond_wait(&system->ended, &system->lock);
	pthread_mutex_unlock(&system->lock);
	return system->result ? report_failure(system) : 0;
}

void frk_system_stop(struct frk_system *system)
{
	if (!system)
		return;
	/* Release: pairs with the worker's look before it sleeps. */
	if (frki_stage_has_phases(&system->stage))
		atomic_store_explicit(&system->stopping, true, memory_order_release);
	else
		frki_stage_close(&system->stage);
	frki_worker_wake(system);
}

struct frk_system *frk_system_unref(struct frk_system *system)
{
	frk_system_stop(system);
	/* An actor cannot wait for its own end; it can ask for it. */
	if (!system || frki_worker_is_me(system))
		return NULL;
	pthread_join(system->thread, NULL);
	frki_build_free(system);
	return NULL;
}

int frk_system_get_metrics(struct frk_system *system,
			   struct frk_metrics *ret_metrics)
{
	if (!system || !ret_metrics)
		return -EINVAL;
	frki_supply_get_metrics(&system->supply, ret_metrics);
	return 0;
}

int frk_system_get_driver(struct frk_system *system,
			  struct frk_driver_info *ret_info)
{
	if (!system || !ret_info)
		return -EINVAL;
	frki_supply_get_info(&system->supply, ret_info);
	return 0;
}

int frk_system_get_member(struct frk_system *system, unsigned int index,
			  struct frk_driver_info *ret_info,
			  struct frk_metrics *ret_metrics)
{
	if (!system || !ret_info || !ret_metrics)
		return -EINVAL;
	return frki_supply_get_member(&system->supply, index, ret_info, ret_metrics);
}

int frk_system_get_worker(struct frk_system *system, unsigned int index,
			  struct frk_driver_info *ret_info,
			  struct frk_metrics *ret_metrics)
{
	struct frki_supply *supply;

	if (!system || !ret_info || !ret_metrics)
		return -EINVAL;
	supply = frki_system_supply(system, index);
	if (!supply)
		return -ENOENT;
	frki_supply_get_info(supply, ret_info);
	frki_supply_get_metrics(supply, ret_metrics);
	return 0;
}

int frk_system_get_tried(struct frk_system *system, struct frk_error *ret_errors,
			 size_t n)
{
	if (!system || (n && !ret_errors))
		return -EINVAL;
	return (int)frki_supply_get_tried(&system->supply, ret_errors, n);
}

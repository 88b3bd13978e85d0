// SPDX-License-Identifier: MIT
/*
 * listing.c - the timers and actors of a system for whoever asks.  They are the
 * worker's: it is asked, and copies them between two turns into the memory of who asked.
 */
#include <errno.h>
#include <stdlib.h>

#include "actor/alarm.h"
#include "actor/post.h"
#include "system/system.h"

/**
 * struct frki_listing - a question
 * @timers: room for the answer.
 * @actors: likewise.
 * @about_actors: which of the two it is about.
 * @n: how much.
 * @found: how many there are.
 * @answered: it was; under the system's lock.
 */
struct frki_listing {
	struct frk_timer_info *timers;
	struct frk_actor_info *actors;
	bool about_actors;
	size_t n;
	size_t found;
	bool answered;
};

static void answer(struct frk_system *system, struct frki_listing *listing)
{
	frki_stage_lock(&system->stage);
	if (listing->about_actors)
		listing->found = frki_post_list(&system->stage, listing->actors,
						listing->n);
	else
		listing->found = frki_alarm_list(&system->stage, listing->timers,
						 listing->n);
	frki_stage_unlock(&system->stage);
	listing->answered = true;
}

bool frki_listing_is_asked(struct frk_system *system)
{
	/* Acquire: pairs with ask(). */
	return atomic_load_explicit(&system->listing, memory_order_acquire);
}

void frki_listing_answer(struct frk_system *system)
{
	struct frki_listing *listing;

	if (!frki_listing_is_asked(system))
		return;
	pthread_mutex_lock(&system->lock);
	listing = atomic_exchange(&system->listing, NULL);
	if (listing)
		answer(system, listing);
	pthread_cond_broadcast(&system->ended);
	pthread_mutex_unlock(&system->lock);
}

/* One question at a time; who has ended answers none, and needs not be asked. */
static void ask(struct frk_system *system, struct frki_listing *listing)
{
	pthread_mutex_lock(&system->lock);
	while (!system->done && frki_listing_is_asked(system))
		pthread_cond_wait(&system->ended, &system->lock);
	if (!system->done) {
		/* Pairs with frki_listing_is_asked(). */
		atomic_store_explicit(&system->listing, listing, memory_order_release);
		frki_worker_wake(system);
	}
	while (!system->done && !listing->answered)
		pthread_cond_wait(&system->ended, &system->lock);
	/* The worker has gone: what there is belongs to nobody else. */
	if (!listing->answered) {
		atomic_store(&system->listing, NULL);
		answer(system, listing);
	}
	pthread_mutex_unlock(&system->lock);
}

static void get(struct frk_system *system, struct frki_listing *listing)
{
	if (frki_worker_is_me(system))
		answer(system, listing);
	else
		ask(system, listing);
}

static int by_due(const void *a, const void *b)
{
	const struct frk_timer_info *one = a, *other = b;

	return (one->due_ns > other->due_ns) - (one->due_ns < other->due_ns);
}

int frk_system_list_timers(struct frk_system *system, struct frk_timer_info *ret_timers,
			   size_t n)
{
	struct frki_listing listing = { .timers = ret_timers, .n = n };

	if (!system || (n && !ret_timers))
		return -EINVAL;
	get(system, &listing);
	if (n)
		qsort(ret_timers, listing.found < n ? listing.found : n,
		      sizeof(*ret_timers), by_due);
	return (int)listing.found;
}

int frk_system_list_actors(struct frk_system *system, struct frk_actor_info *ret_actors,
			   size_t n)
{
	struct frki_listing listing = { .actors = ret_actors, .about_actors = true, .n = n };

	if (!system || (n && !ret_actors))
		return -EINVAL;
	get(system, &listing);
	return (int)listing.found;
}

static const char *policy_name(uint32_t policy)
{
	static const char *const names[] = {
		[FRK_MAILBOX_REJECT] = "reject",
		[FRK_MAILBOX_DROP_NEWEST] = "drop-newest",
		[FRK_MAILBOX_DROP_OLDEST] = "drop-oldest",
		[FRK_MAILBOX_BLOCK] = "block",
		[FRK_MAILBOX_UNBOUNDED] = "unbounded",
	};

	return policy < sizeof(names) / sizeof(*names) ? names[policy] : "unknown";
}

int frk_actor_print(const struct frk_actor_info *actor, FILE *stream)
{
	if (!actor || !stream)
		return -EINVAL;
	fprintf(stream,
		"fraktor: actor %u.%u name=%.*s path=%.*s parent=%u.%u policy=%s max=%u waiting=%u high=%u stashed=%u\n",
		actor->actor.index, actor->actor.life, (int)sizeof(actor->name), actor->name,
		(int)sizeof(actor->path), actor->path,
		actor->parent.index, actor->parent.life, policy_name(actor->mailbox_policy),
		actor->mailbox_max, actor->mailbox_waiting, actor->mailbox_high,
		actor->stashed);
	return 0;
}

static const char *mode_name(uint32_t mode)
{
	static const char *const names[] = {
		[FRK_TIMER_ONCE] = "once",
		[FRK_TIMER_SKIP] = "skip",
		[FRK_TIMER_RATE] = "rate",
		[FRK_TIMER_DELAY] = "delay",
	};

	return mode < sizeof(names) / sizeof(*names) ? names[mode] : "unknown";
}

int frk_timer_print(const struct frk_timer_info *timer, FILE *stream)
{
	if (!timer || !stream)
		return -EINVAL;
	fprintf(stream,
		"fraktor: timer %u.%u actor=%u.%u name=%.*s kind=%u mode=%s due_ns=%llu interval_ns=%llu count=%llu\n",
		timer->timer.index, timer->timer.life, timer->actor.index,
		timer->actor.life, (int)sizeof(timer->actor_name), timer->actor_name,
		timer->kind, mode_name(timer->mode), (unsigned long long)timer->due_ns,
		(unsigned long long)timer->interval_ns, (unsigned long long)timer->count);
	return 0;
}

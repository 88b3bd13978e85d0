// SPDX-License-Identifier: MIT
/*
 * watch.c - who is told of whose end; see watch.h.  Knows no clock, no thread.
 */
#include <errno.h>

#include "actor/watch.h"

static struct frki_watch *watch_of(const struct frki_envelope *envelope)
{
	return frki_container_of(envelope, struct frki_watch, envelope);
}

void frki_watch_init(struct frki_watch *watch)
{
	watch->envelope.owner = FRKI_ENVELOPE_WATCH;
	watch->watcher = NULL;
	watch->watched = NULL;
	frki_list_init(&watch->by_watcher);
	frki_list_init(&watch->by_target);
	watch->queued = false;
	watch->cancelled = false;
}

static void leave_target(struct frki_watch *watch)
{
	if (watch->watched)
		frki_ring_remove(&watch->watched->watchers, &watch->by_target);
	watch->watched = NULL;
}

static void put_back(struct frki_watch *watch, struct frki_stage *stage)
{
	frki_ring_remove(&watch->watcher->watches, &watch->by_watcher);
	leave_target(watch);
	frki_pool_put_alone(&stage->watches, watch);
}

static bool is_same(struct frk_pid a, struct frk_pid b)
{
	return a.index == b.index && a.life == b.life;
}

static struct frki_watch *find(const struct frki_cell *cell, struct frk_pid target,
			       uint32_t kind)
{
	const struct frki_list *link;

	for (link = cell->watches; link; link = frki_ring_next(cell->watches, link)) {
		struct frki_watch *watch =
			frki_container_of(link, struct frki_watch, by_watcher);

		if (is_same(watch->target, target) && !watch->cancelled &&
		    watch->envelope.message.kind == kind)
			return watch;
	}
	return NULL;
}

/* Its cell, if that life of it has not ended. */
static struct frki_cell *find_living(struct frki_stage *stage, struct frk_pid pid)
{
	struct frki_cell *cell = frki_pool_at(&stage->cells, pid.index);

	if (!cell || frki_mailbox_vacant(&cell->mailbox) ||
	    frki_mailbox_life(&cell->mailbox) != pid.life || frki_cell_has_ended(cell))
		return NULL;
	return cell;
}

static void tell(struct frki_watch *watch, struct frki_stage *stage)
{
	leave_target(watch);
	watch->queued = true;
	frki_cell_put(watch->watcher, stage, &watch->envelope);
}

/* @watched: NULL to tell at once. */
static int start(struct frki_cell *cell, struct frki_stage *stage, struct frk_pid target,
		 uint32_t kind, struct frki_cell *watched)
{
	struct frki_watch *watch;

	/* Once is enough, and is told once. */
	if (find(cell, target, kind))
		return 0;
	watch = frki_pool_get_alone(&stage->watches);
	if (!watch)
		return -ENOBUFS;
	watch->watcher = cell;
	watch->target = target;
	watch->queued = false;
	watch->cancelled = false;
	watch->envelope.message = (struct frk_message){
		.kind = kind,
		.sender = target,
	};
	frki_ring_push(&cell->watches, &watch->by_watcher);
	watch->watched = watched;
	if (watched)
		frki_ring_push(&watched->watchers, &watch->by_target);
	else
		tell(watch, stage);
	return 0;
}

int frki_watch_start(struct frki_cell *cell, struct frki_stage *stage,
		     struct frk_pid target)
{
	struct frki_cell *watched = find_living(stage, target);

	if (watched == cell)
		return -EINVAL;
	return start(cell, stage, target, FRK_MESSAGE_TERMINATED, watched);
}

/* --- room */

bool frki_watch_has_room(const struct frki_cell *cell)
{
	return frki_mailbox_count(&cell->mailbox) <= frki_mailbox_max(&cell->mailbox) / 2;
}

int frki_watch_start_room(struct frki_cell *cell, struct frki_stage *stage,
			  struct frk_pid target)
{
	struct frki_cell *watched = find_living(stage, target);
	int ret;

	if (watched == cell)
		return -EINVAL;
	/* Who has ended has no room, which sending tells. */
	if (!watched || frki_watch_has_room(watched))
		return start(cell, stage, target, FRK_MESSAGE_ROOM, NULL);
	ret = start(cell, stage, target, FRK_MESSAGE_ROOM, watched);
	if (ret)
		return ret;
	frki_cell_ask(watched, FRKI_CELL_AWAITED);
	/* It may have made room since that was looked at. */
	frki_cell_schedule(watched, stage);
	return 0;
}

void frki_watch_tell_room(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_list *link = cell->watchers;

	if (!frki_watch_has_room(cell))
		return;
	frki_cell_unask(cell, FRKI_CELL_AWAITED);
	while (link) {
		struct frki_watch *watch =
			frki_container_of(link, struct frki_watch, by_target);

		link = frki_ring_next(cell->watchers, link);
		if (watch->envelope.message.kind == FRK_MESSAGE_ROOM)
			tell(watch, stage);
	}
}

int frki_watch_get_room(struct frki_stage *stage, struct frk_pid target,
			uint32_t *ret_room)
{
	const struct frki_cell *cell = frki_pool_at(&stage->cells, target.index);
	uint32_t count, max;

	if (!cell || !frki_mailbox_accepts(&cell->mailbox, target.life))
		return -ESTALE;
	count = frki_mailbox_count(&cell->mailbox);
	max = frki_mailbox_max(&cell->mailbox);
	if (frki_mailbox_policy(&cell->mailbox) == FRKI_MAILBOX_UNBOUNDED)
		max = UINT32_MAX;
	*ret_room = max > count ? max - count : 0;
	return 0;
}

/* --- and back */

/* What waits in the mailbox cannot be taken out: it is passed over. */
static void cancel(struct frki_watch *watch, struct frki_stage *stage)
{
	watch->cancelled = true;
	if (!watch->queued)
		put_back(watch, stage);
}

int frki_watch_cancel(struct frki_cell *cell, struct frki_stage *stage,
		      struct frk_pid target)
{
	struct frki_watch *watch = find(cell, target, FRK_MESSAGE_TERMINATED);

	if (!watch)
		return -ESTALE;
	cancel(watch, stage);
	return 0;
}

void frki_watch_cancel_all(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_list *link = cell->watches;

	while (link) {
		struct frki_list *next = frki_ring_next(cell->watches, link);

		cancel(frki_container_of(link, struct frki_watch, by_watcher), stage);
		link = next;
	}
}

void frki_watch_end(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_watch_cancel_all(cell, stage);
	/* In the order in which they began to watch. */
	while (cell->watchers)
		tell(frki_container_of(cell->watchers, struct frki_watch, by_target), stage);
}

bool frki_watch_take(struct frki_envelope *envelope)
{
	struct frki_watch *watch = watch_of(envelope);
	bool wanted = !watch->cancelled;

	watch->cancelled = true;
	return wanted;
}

void frki_watch_delivered(struct frki_envelope *envelope, struct frki_stage *stage)
{
	put_back(watch_of(envelope), stage);
}

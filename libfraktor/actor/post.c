// SPDX-License-Identifier: MIT
/*
 * post.c - mailboxes as options have them; see post.h.
 */
#include <errno.h>
#include <string.h>

#include "actor/order.h"
#include "actor/post.h"

/* The same numbers inside and outside. */
_Static_assert((int)FRK_MAILBOX_REJECT == FRKI_MAILBOX_REJECT, "reject");
_Static_assert((int)FRK_MAILBOX_DROP_NEWEST == FRKI_MAILBOX_DROP_NEWEST, "drop newest");
_Static_assert((int)FRK_MAILBOX_DROP_OLDEST == FRKI_MAILBOX_DROP_OLDEST, "drop oldest");
_Static_assert((int)FRK_MAILBOX_BLOCK == FRKI_MAILBOX_BLOCK, "block");
_Static_assert((int)FRK_MAILBOX_UNBOUNDED == FRKI_MAILBOX_UNBOUNDED, "unbounded");

static int check_wait(const struct frk_actor_opts *opts)
{
	if (!opts->mailbox_wait_ns != (opts->mailbox_policy != FRK_MAILBOX_BLOCK))
		return -EINVAL;
	return opts->mailbox_wait_ns > UINT32_MAX * 1000ULL ? -ERANGE : 0;
}

int frki_post_check(struct frk_actor_opts *opts)
{
	if (opts->stash_max > FRKI_MAILBOX_MAX || frki_order_check(opts))
		return -EINVAL;
	switch (opts->mailbox_policy) {
	case FRK_MAILBOX_UNBOUNDED:
		return opts->mailbox_max ? -EINVAL : check_wait(opts);
	case FRK_MAILBOX_REJECT:
	case FRK_MAILBOX_DROP_NEWEST:
	case FRK_MAILBOX_DROP_OLDEST:
	case FRK_MAILBOX_BLOCK:
		break;
	default:
		return -EINVAL;
	}
	if (opts->mailbox_max > FRKI_MAILBOX_MAX)
		return -EINVAL;
	if (!opts->mailbox_max)
		opts->mailbox_max = 256;
	return check_wait(opts);
}

static struct frki_tray *take_tray(struct frki_cell *cell, struct frki_stage *stage,
				   uint32_t stash_max)
{
	struct frki_tray *tray = frki_pool_get(&stage->trays);

	if (!tray)
		return NULL;
	frki_tray_init(tray, stash_max);
	frki_mailbox_set_tray(&cell->mailbox, tray);
	return tray;
}

struct frki_tray *frki_post_take_tray(struct frki_cell *cell, struct frki_stage *stage)
{
	return take_tray(cell, stage, 0);
}

static uint32_t wait_us(const struct frk_actor_opts *opts)
{
	return (uint32_t)((opts->mailbox_wait_ns + 999) / 1000);
}

int frki_post_equip(struct frki_cell *cell, struct frki_stage *stage,
		    const struct frk_actor_opts *opts)
{
	struct frki_tray *tray;

	if (!opts->mailbox_level && !opts->mailbox_order && !opts->stash_max &&
	    !opts->mailbox_wait_ns)
		return 0;
	tray = take_tray(cell, stage, opts->stash_max);
	if (!tray)
		return -ENOBUFS;
	frki_order_equip(tray, stage, opts);
	atomic_store_explicit(&tray->wait_us, wait_us(opts), memory_order_relaxed);
	return 0;
}

void frki_post_strip(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_tray *tray = frki_post_tray(cell);

	if (!tray)
		return;
	frki_mailbox_set_tray(&cell->mailbox, NULL);
	frki_pool_put(&stage->trays, tray);
}

/**
 * struct attempt - a message that waits for room
 * @cell: whose mailbox.
 * @stage: the stage.
 * @envelope: the message.
 * @life: which life is meant.
 */
struct attempt {
	struct frki_cell *cell;
	struct frki_stage *stage;
	struct frki_envelope *envelope;
	uint32_t life;
};

static int try_again(void *data)
{
	struct attempt *attempt = data;

	if (frki_stage_closed(attempt->stage))
		return -ESHUTDOWN;
	return frki_mailbox_send(&attempt->cell->mailbox, attempt->life, attempt->envelope);
}

int frki_post_wait(struct frki_cell *cell, struct frki_stage *stage,
		   struct frki_envelope *envelope, const struct frki_post *post)
{
	struct attempt attempt = { cell, stage, envelope, post->to.life };
	/* May be of a later life; then there is no second attempt that counts. */
	struct frki_tray *tray = frki_post_tray(cell);
	uint64_t wait_ns;

	if (!tray || post->sender.life || !stage->ops->wait)
		return -EAGAIN;
	wait_ns = 1000ULL * atomic_load_explicit(&tray->wait_us, memory_order_relaxed);
	return stage->ops->wait(stage->data, wait_ns, try_again, &attempt);
}

void frki_post_room(struct frki_stage *stage)
{
	if (stage->ops->room)
		stage->ops->room(stage->data);
}

int frki_post_fail(const struct frki_envelope *envelope, int ret,
		   enum frk_dead_reason *ret_reason)
{
	if (ret > 0) {
		*ret_reason = FRK_DEAD_DROPPED;
		return envelope->role == FRKI_ENVELOPE_QUESTION ? -ENOBUFS : 0;
	}
	*ret_reason = ret == -ESTALE	? FRK_DEAD_STALE :
		      ret == -ESHUTDOWN ? FRK_DEAD_CLOSED :
					  FRK_DEAD_FULL;
	return ret == -EAGAIN ? -ENOBUFS : ret;
}

_Static_assert(sizeof(((struct frk_actor_info *)0)->name) == FRKI_CELL_NAME_SIZE, "names");

static void describe(const struct frki_stage *stage, const struct frki_cell *cell,
		     struct frk_actor_info *ret_actor)
{
	const struct frki_mailbox *mailbox = &cell->mailbox;
	enum frki_mailbox_policy policy = frki_mailbox_policy(mailbox);

	*ret_actor = (struct frk_actor_info){
		.actor = frki_cell_pid(cell, stage),
		.mailbox_policy = policy,
		.mailbox_max = policy == FRKI_MAILBOX_UNBOUNDED ?
				       0 : frki_mailbox_max(mailbox),
		.mailbox_waiting = frki_mailbox_count(mailbox),
		.mailbox_high = frki_mailbox_high(mailbox),
	};
	if (frki_post_tray(cell))
		ret_actor->stashed = frki_tray_aside_n(frki_post_tray(cell));
	if (cell->parent)
		ret_actor->parent = frki_cell_pid(cell->parent, stage);
	memcpy(ret_actor->name, cell->name, sizeof(cell->name));
	frki_cell_path(cell, ret_actor->path);
}

size_t frki_post_list(const struct frki_stage *stage, struct frk_actor_info *ret_actors,
		      size_t n)
{
	const struct frki_list *link;
	size_t found = 0;

	for (link = stage->live.next; link != &stage->live; link = link->next) {
		const struct frki_cell *cell =
			frki_container_of(link, const struct frki_cell, live);

		if (!frki_cell_has_started(cell) || frki_cell_has_ended(cell))
			continue;
		if (found < n)
			describe(stage, cell, &ret_actors[found]);
		found++;
	}
	return found;
}

// SPDX-License-Identifier: MIT
/*
 * stage.c - the stage of stage.h: finding actors by pid, and who has a turn.
 * Knows no thread, no clock; its memory is given.
 */
#include <errno.h>
#include <string.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "actor/filter.h"
#include "actor/post.h"
#include "actor/supervision.h"
#include "actor/watch.h"
#include "base/opts.h"

_Static_assert(FRK_STOP_PHASES < 16 && FRK_PRIORITY_MAX < 16, "both fit into a byte");

/* Of one turn: large enough to be worth the look at the feed, small enough that a tick
 * is not kept waiting by a crowd. */
#define TURN_TIMERS 256
#define TURN_ACTORS 32

static void init_pools(struct frki_stage *stage,
		       const struct frki_stage_memory *memory)
{
	for (uint32_t i = 0; i < memory->cells_n; i++)
		frki_cell_init(&memory->cells[i]);
	for (uint32_t i = 0; i < memory->alarms_n; i++)
		frki_alarm_init(&memory->alarms[i]);
	for (uint32_t i = 0; i < memory->watches_n; i++)
		frki_watch_init(&memory->watches[i]);
	frki_pool_init(&stage->cells, memory->cells, sizeof(*memory->cells),
		       memory->cell_links, memory->cells_n);
	frki_pool_init(&stage->letters, memory->letters,
		       sizeof(*memory->letters), memory->letter_links,
		       memory->letters_n);
	frki_pool_init(&stage->alarms, memory->alarms, sizeof(*memory->alarms),
		       memory->alarm_links, memory->alarms_n);
	frki_pool_init(&stage->watches, memory->watches, sizeof(*memory->watches),
		       memory->watch_links, memory->watches_n);
	frki_pool_init(&stage->trays, memory->trays, sizeof(*memory->trays),
		       memory->tray_links, memory->trays_n);
}

void frki_stage_init(struct frki_stage *stage,
		     const struct frki_stage_memory *memory,
		     uint64_t period_ns, const struct frki_stage_ops *ops,
		     void *data)
{
	init_pools(stage, memory);
	stage->states = memory->states;
	stage->state_max = memory->state_max;
	stage->dispatcher = &frki_dispatcher_fifo;
	frki_mpsc_init(&stage->ready);
	frki_hand_init(&stage->hand, memory->letters_n / FRKI_HAND_LETTERS_PART, ops->here);
	stage->order = NULL;
	stage->order_state = NULL;
	stage->workers = 1;
	stage->turn_messages = FRKI_TURN_MESSAGES;
	stage->turn_max_ns = 0;
	stage->seed = 1;
	stage->drawn_n = 0;
	atomic_init(&stage->gate, 0);
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		atomic_init(&stage->dead_letters[i], 0);
	atomic_init(&stage->failures, 0);
	atomic_init(&stage->restarts, 0);
	atomic_init(&stage->stashed, 0);
	for (uint32_t i = 0; i <= FRK_STOP_PHASES; i++)
		atomic_init(&stage->phased[i], 0);
	atomic_init(&stage->has_phases, false);
	stage->random = 1;
	stage->ops = ops;
	stage->data = data;
	stage->filters = NULL;
	stage->divert = NULL;
	frki_scheduler_init(&stage->scheduler, period_ns);
	stage->scheduler.wheel.most = memory->alarms_n;
	stage->others = NULL;
	stage->others_n = 0;
	stage->newest_ns = 0;
	frki_list_init(&stage->live);
}

static int check_actor(const struct frki_stage *stage, struct frk_actor_opts *ret_opts,
		       const struct frk_actor_opts *opts)
{
	size_t min = offsetof(struct frk_actor_opts, mailbox_max) +
		     sizeof(opts->mailbox_max);
	int ret = frki_opts_copy(ret_opts, sizeof(*ret_opts), opts, min);

	if (ret)
		return ret;
	if (!ret_opts->receive || ret_opts->worker > stage->workers ||
	    ret_opts->stop_phase > FRK_STOP_PHASES || ret_opts->priority > FRK_PRIORITY_MAX ||
	    ret_opts->state_size > stage->state_max || (ret_opts->state_size && ret_opts->state))
		return -EINVAL;
	ret = frki_post_check(ret_opts);
	return ret ? ret : frki_supervision_check(ret_opts->supervision);
}

/* Counted in before the look at the flag, so that after the flag is set and the
 * count was seen at 0 nobody is on the way in.  Pairs with frki_stage_close()
 * and frki_stage_quiet(). */
static bool enter(struct frki_stage *stage)
{
	uint32_t old = atomic_fetch_add_explicit(&stage->gate, 1,
						 memory_order_acq_rel);

	if (!(old & FRKI_GATE_CLOSED))
		return true;
	atomic_fetch_sub_explicit(&stage->gate, 1, memory_order_acq_rel);
	return false;
}

/* Release: pairs with the acquire in frki_stage_quiet(). */
static void leave(struct frki_stage *stage)
{
	atomic_fetch_sub_explicit(&stage->gate, 1, memory_order_release);
}

static void enter_phase(struct frki_stage *stage, uint32_t phase)
{
	if (!phase)
		return;
	/* Relaxed: who stops the system meanwhile may miss it; it ends then at the end. */
	atomic_fetch_add_explicit(&stage->phased[phase], 1, memory_order_relaxed);
	atomic_store_explicit(&stage->has_phases, true, memory_order_relaxed);
}

static void *own_state(const struct frki_stage *stage, const struct frki_cell *cell)
{
	return stage->states + frki_pool_index(&stage->cells, cell) * stage->state_max;
}

void frki_stage_renew_state(struct frki_stage *stage, const struct frki_cell *cell)
{
	if (stage->state_max && cell->state == own_state(stage, cell))
		memset(cell->state, 0, stage->state_max);
}

static int spawn(struct frki_stage *stage, struct frki_cell *parent,
		 const struct frk_actor_opts *opts, struct frk_pid *ret_pid)
{
	struct frki_cell *cell = frki_pool_get(&stage->cells);
	uint32_t life;
	int ret;

	if (!cell)
		return -ENOBUFS;
	ret = frki_post_equip(cell, stage, opts);
	if (ret) {
		frki_pool_put(&stage->cells, cell);
		return ret;
	}
	enter_phase(stage, opts->stop_phase);
	life = frki_cell_start(cell, opts, parent,
			       opts->state_size ? own_state(stage, cell) : opts->state);
	/* Here, where there is a lock anyway. */
	if (parent)
		frki_list_push(&stage->live, &cell->live);
	if (ret_pid) {
		ret_pid->index = frki_pool_index(&stage->cells, cell);
		ret_pid->life = life;
	}
	frki_cell_schedule(cell, stage);
	return 0;
}

int frki_stage_spawn(struct frki_stage *stage, struct frki_cell *parent,
		     const struct frk_actor_opts *opts,
		     struct frk_pid *ret_pid)
{
	struct frk_actor_opts checked;
	int ret = check_actor(stage, &checked, opts);

	if (ret)
		return ret;
	if (!enter(stage))
		return -ESHUTDOWN;
	ret = spawn(stage, parent, &checked, ret_pid);
	leave(stage);
	return ret;
}

static int check_message(const struct frki_post *post)
{
	if (post->kind < FRK_MESSAGE_USER || (post->size && !post->payload))
		return -EINVAL;
	return post->size > FRK_MESSAGE_PAYLOAD_MAX && !post->buffer ? -EMSGSIZE : 0;
}

/*
 * A pointer to nowhere is the sender's failure, which may be survived: it has to show before
 * a letter is in hand.  A payload that is copied is on two pages at most.
 */
static void touch_payload(const struct frki_post *post)
{
	const volatile unsigned char *payload = post->payload;

	if (!post->size || post->buffer)
		return;
	(void)payload[0];
	(void)payload[post->size - 1];
}

void frki_stage_bury(struct frki_stage *stage, const struct frki_dead_letter *letter)
{
	/* A statistic; pairs with nothing. */
	atomic_fetch_add_explicit(&stage->dead_letters[letter->reason], 1,
				  memory_order_relaxed);
	stage->ops->dead_letter(stage->data, letter);
}

void frki_stage_dead_letters(const struct frki_stage *stage,
			     struct frk_dead_letters *ret_letters)
{
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		ret_letters->by_reason[i] = atomic_load_explicit(
			&stage->dead_letters[i], memory_order_relaxed);
}

/* Off the fast path. */
static __attribute__((noinline, cold)) int
refuse(struct frki_stage *stage, const struct frki_post *post,
       enum frk_dead_reason reason, int ret)
{
	const struct frki_dead_letter letter = {
		.to = post->to, .sender = post->sender, .kind = post->kind, .reason = reason,
	};

	frki_stage_bury(stage, &letter);
	return ret;
}

static struct frki_letter *letter_of(struct frki_mpsc_node *node)
{
	return frki_envelope_letter(frki_container_of(node, struct frki_envelope, node));
}

static struct frki_letter *get_letter(struct frki_stage *stage)
{
	struct frki_mpsc_node *node = frki_hand_get_letter(stage);

	return node ? letter_of(node) : frki_pool_get(&stage->letters);
}

void frki_stage_put_letter_by(struct frki_stage *stage, struct frki_envelope *envelope,
			      bool own)
{
	struct frki_letter *letter = frki_envelope_letter(envelope);
	bool kept;

	frki_envelope_fini(letter);
	if (own) {
		frki_hand_take(&stage->hand);
		kept = frki_hand_keep_letter(&stage->hand, &envelope->node);
		frki_hand_release(&stage->hand);
	} else {
		kept = frki_hand_put_letter(stage, &envelope->node);
	}
	if (!kept)
		frki_pool_put(&stage->letters, letter);
}

void frki_stage_put_letter(struct frki_stage *stage, struct frki_envelope *envelope)
{
	frki_stage_put_letter_by(stage, envelope, false);
}

/* It was not taken at once. */
static __attribute__((noinline, cold)) int
deliver_late(struct frki_stage *stage, struct frki_cell *cell, const struct frki_post *post,
	     struct frki_envelope *envelope, int ret)
{
	enum frk_dead_reason reason;

	if (ret == -EAGAIN)
		ret = frki_post_wait(cell, stage, envelope, post);
	if (!ret) {
		frki_cell_schedule(cell, stage);
		return 0;
	}
	ret = frki_post_fail(envelope, ret, &reason);
	frki_stage_put_letter(stage, envelope);
	return refuse(stage, post, reason, ret);
}

/* As any thread. */
static int post_to(struct frki_stage *stage, struct frki_cell *cell,
		   const struct frki_post *post)
{
	struct frki_letter *letter = get_letter(stage);
	struct frki_envelope *envelope;
	int ret;

	if (!letter)
		return refuse(stage, post, FRK_DEAD_EXHAUSTED, -ENOBUFS);
	envelope = frki_envelope_init(letter, post);
	ret = frki_mailbox_send(&cell->mailbox, post->to.life, envelope);
	if (ret)
		return deliver_late(stage, cell, post, envelope, ret);
	frki_cell_schedule(cell, stage);
	return 0;
}

/* With what is at hand; @ret_envelope stays as it is if there is no letter. */
static int send_at_hand(struct frki_stage *stage, struct frki_cell *cell,
			const struct frki_post *post, struct frki_envelope **ret_envelope)
{
	struct frki_mpsc_node *node = frki_hand_pop_letter(&stage->hand);
	struct frki_letter *letter = node ? letter_of(node) : frki_pool_get(&stage->letters);
	int ret = 0;

	if (!letter)
		return 0;
	*ret_envelope = frki_envelope_init(letter, post);
	if (!frki_mailbox_send_own(&cell->mailbox, post->to.life, *ret_envelope))
		ret = frki_mailbox_send(&cell->mailbox, post->to.life, *ret_envelope);
	if (!ret && frki_stage_keeps_cells(stage))
		frki_hand_keep_cell(&stage->hand, &cell->at_hand);
	return ret;
}

/* As the thread that runs the actors: a signal handler comes before all of it, behind it,
 * or in between, as another thread. */
static int post_at_hand(struct frki_stage *stage, struct frki_cell *cell,
			const struct frki_post *post)
{
	struct frki_envelope *envelope = NULL;
	int ret;

	frki_hand_take(&stage->hand);
	ret = send_at_hand(stage, cell, post, &envelope);
	frki_hand_release(&stage->hand);
	if (!envelope)
		return refuse(stage, post, FRK_DEAD_EXHAUSTED, -ENOBUFS);
	if (ret)
		return deliver_late(stage, cell, post, envelope, ret);
	if (!frki_stage_keeps_cells(stage))
		frki_cell_schedule_by(cell, stage, true);
	return 0;
}

int frki_stage_post(struct frki_stage *stage, const struct frki_post *post)
{
	return frki_stage_post_by(stage, post, frki_hand_is_free(stage));
}

int frki_stage_post_by(struct frki_stage *stage, const struct frki_post *post, bool own)
{
	struct frki_cell *cell = frki_pool_at(&stage->cells, post->to.index);
	int ret = check_message(post);

	if (ret)
		return ret;
	if (frki_stage_closed(stage))
		return refuse(stage, post, FRK_DEAD_CLOSED, -ESHUTDOWN);
	if (stage->filters) {
		ret = frki_filter_send(stage->filters, post);
		if (ret)
			return refuse(stage, post, FRK_DEAD_REFUSED, ret);
	}
	/* A dead receiver is worth more to know than an empty pool. */
	if (!cell || !frki_mailbox_accepts(&cell->mailbox, post->to.life))
		return refuse(stage, post, FRK_DEAD_STALE, -ESTALE);
	if (stage->divert && stage->divert->divert(stage->divert, stage, post))
		return 0;
	touch_payload(post);
	return own ? post_at_hand(stage, cell, post) : post_to(stage, cell, post);
}

static int close(struct frki_stage *stage, struct frk_pid pid,
		 int (*how)(struct frki_mailbox *mailbox, uint32_t life))
{
	struct frki_cell *cell = frki_pool_at(&stage->cells, pid.index);
	int ret;

	if (!cell)
		return -ESTALE;
	ret = how(&cell->mailbox, pid.life);
	if (!ret)
		frki_cell_schedule(cell, stage);
	return ret;
}

int frki_stage_stop(struct frki_stage *stage, struct frk_pid pid)
{
	return close(stage, pid, frki_mailbox_stop);
}

int frki_stage_halt(struct frki_stage *stage, struct frk_pid pid)
{
	return close(stage, pid, frki_mailbox_halt);
}

bool frki_stage_has_phases(const struct frki_stage *stage)
{
	return atomic_load_explicit(&stage->has_phases, memory_order_relaxed);
}

void frki_stage_leave_phase(struct frki_stage *stage, uint32_t phase)
{
	/* Release: what it did; pairs with frki_stage_phased(). */
	if (phase)
		atomic_fetch_sub_explicit(&stage->phased[phase], 1, memory_order_release);
}

uint32_t frki_stage_phased(const struct frki_stage *stage, uint32_t phase)
{
	return atomic_load_explicit(&stage->phased[phase], memory_order_acquire);
}

void frki_stage_stop_phase(struct frki_stage *stage, uint32_t phase)
{
	struct frki_list *link;

	for (link = stage->live.prev; link != &stage->live; link = link->prev) {
		struct frki_cell *cell = frki_container_of(link, struct frki_cell, live);

		if (frki_cell_stop_phase(cell) != phase || frki_mailbox_stopping(&cell->mailbox))
			continue;
		frki_mailbox_stop(&cell->mailbox, frki_mailbox_life(&cell->mailbox));
		frki_cell_schedule(cell, stage);
	}
}

void frki_stage_close(struct frki_stage *stage)
{
	/* Pairs with enter() and frki_stage_closed(). */
	atomic_fetch_or_explicit(&stage->gate, FRKI_GATE_CLOSED,
				 memory_order_acq_rel);
}

bool frki_stage_quiet(const struct frki_stage *stage)
{
	/* Acquire: pairs with leave(): who was inside has queued its actor. */
	return atomic_load_explicit(&stage->gate, memory_order_acquire) ==
	       FRKI_GATE_CLOSED;
}

bool frki_stage_ready(const struct frki_stage *stage)
{
	return stage->dispatcher->ready(stage);
}

unsigned int frki_stage_run(struct frki_stage *stage, unsigned int turns)
{
	unsigned int n;

	for (n = 0; n < turns; n++) {
		struct frki_cell *cell = stage->dispatcher->pop(stage);

		if (!cell)
			break;
		frki_cell_run(cell, stage);
	}
	return n;
}

bool frki_stage_turn(struct frki_stage *stage, bool *ret_worked)
{
	bool more;

	frki_stage_lock(stage);
	more = frki_alarm_fire(stage, TURN_TIMERS);
	frki_stage_unlock(stage);
	*ret_worked = frki_stage_run(stage, TURN_ACTORS) != 0;
	return more || frki_stage_ready(stage);
}

bool frki_stage_stop_youngest(struct frki_stage *stage)
{
	struct frki_cell *cell;

	if (frki_list_empty(&stage->live))
		return false;
	cell = frki_container_of(stage->live.prev, struct frki_cell, live);
	frki_mailbox_stop(&cell->mailbox, frki_mailbox_life(&cell->mailbox));
	frki_cell_schedule(cell, stage);
	return true;
}

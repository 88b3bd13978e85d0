// SPDX-License-Identifier: MIT
/*
 * context.c - what <fraktor/actor.h> lets an actor do while it has a message.
 * Checks arguments and passes on.  Knows no thread, no clock.
 */
#include <errno.h>

#include <fraktor/buffer.h>

#include "actor/alarm.h"
#include "actor/ask.h"
#include "actor/receive_timeout.h"
#include "actor/stash.h"
#include "actor/time.h"
#include "actor/watch.h"
#include "base/opts.h"
#include "actor/cell.h"

struct frk_system *frk_context_system(struct frk_context *context)
{
	return context ? context->stage->data : NULL;
}

struct frk_pid frk_context_self(const struct frk_context *context)
{
	static const struct frk_pid nobody;

	return context ? frki_cell_pid(context->cell, context->stage) : nobody;
}

void *frk_context_state(const struct frk_context *context)
{
	return context ? context->cell->state : NULL;
}

uint64_t frk_context_now_ns(const struct frk_context *context)
{
	uint64_t now_ns;

	if (!context)
		return 0;
	frki_stage_lock(context->stage);
	now_ns = context->stage->scheduler.base_ns + frki_time_now_ns(context->stage);
	frki_stage_unlock(context->stage);
	return now_ns;
}

static int post(struct frk_context *context, struct frki_post *post)
{
	if (!context)
		return -EINVAL;
	post->sender = frki_cell_pid(context->cell, context->stage);
	return frki_stage_post_by(context->stage, post, frki_hand_is_mine(context->stage));
}

int frk_context_send(struct frk_context *context, struct frk_pid to,
		     uint32_t kind, const void *payload, size_t size)
{
	struct frki_post letter = { .to = to, .kind = kind, .payload = payload, .size = size };

	return post(context, &letter);
}

int frk_context_send_buffer(struct frk_context *context, struct frk_pid to, uint32_t kind,
			    struct frk_buffer *buffer)
{
	struct frki_post letter = { .to = to, .kind = kind };
	int ret = frki_post_set_buffer(&letter, buffer);

	return ret ? ret : post(context, &letter);
}

static int check_armable(const struct frk_context *context)
{
	if (frki_stage_closed(context->stage))
		return -ESHUTDOWN;
	if (frki_cell_has_ended(context->cell) ||
	    frki_mailbox_stopping(&context->cell->mailbox))
		return -ESTALE;
	return 0;
}

static int start_alarm(struct frk_context *context, uint32_t kind,
		       const struct frki_timer_opts *opts,
		       struct frk_timer *ret_timer)
{
	int ret;

	if (!context || (kind < FRK_MESSAGE_USER && kind != FRK_MESSAGE_ASK_TIMEOUT))
		return -EINVAL;
	ret = check_armable(context);
	if (ret)
		return ret;
	frki_stage_lock(context->stage);
	ret = frki_alarm_start(context->cell, context->stage, kind, opts,
			       ret_timer);
	frki_stage_unlock(context->stage);
	return ret;
}

int frk_context_forward(struct frk_context *context, const struct frk_message *message,
			struct frk_pid to)
{
	if (!context || !message)
		return -EINVAL;
	return frki_ask_forward(context->stage, message, to);
}

static int ask(struct frk_context *context, struct frki_post *question, uint64_t timeout_ns,
	       struct frk_timer *ret_ask)
{
	const struct frki_timer_opts opts = { .delay_ns = timeout_ns,
					      .mode = FRKI_TIMER_ONCE };
	int ret;

	if (!timeout_ns || question->kind < FRK_MESSAGE_USER)
		return -EINVAL;
	ret = start_alarm(context, FRK_MESSAGE_ASK_TIMEOUT, &opts, &question->ask);
	if (ret)
		return ret;
	question->role = FRKI_ENVELOPE_QUESTION;
	question->sender = frki_cell_pid(context->cell, context->stage);
	ret = frki_ask_send(context->stage, question);
	if (!ret && ret_ask)
		*ret_ask = question->ask;
	return ret;
}

int frk_context_ask(struct frk_context *context, struct frk_pid to, uint32_t kind,
		    const void *payload, size_t size, uint64_t timeout_ns,
		    struct frk_timer *ret_ask)
{
	struct frki_post question = { .to = to, .kind = kind, .payload = payload,
				      .size = size };

	return ask(context, &question, timeout_ns, ret_ask);
}

int frk_context_ask_buffer(struct frk_context *context, struct frk_pid to, uint32_t kind,
			   struct frk_buffer *buffer, uint64_t timeout_ns,
			   struct frk_timer *ret_ask)
{
	struct frki_post question = { .to = to, .kind = kind };
	int ret = frki_post_set_buffer(&question, buffer);

	return ret ? ret : ask(context, &question, timeout_ns, ret_ask);
}

int frk_context_then(struct frk_context *context, struct frk_timer ask, frk_receive_fn then)
{
	int ret;

	if (!context)
		return -EINVAL;
	frki_stage_lock(context->stage);
	ret = frki_ask_then(context->cell, context->stage, ask, then);
	frki_stage_unlock(context->stage);
	return ret;
}

static int answer(struct frk_context *context, const struct frk_message *question,
		  struct frki_post *letter)
{
	if (!question || !question->ask.life || !question->sender.life)
		return -EINVAL;
	letter->to = question->sender;
	letter->role = FRKI_ENVELOPE_ANSWER;
	letter->ask = question->ask;
	return post(context, letter);
}

int frk_context_answer(struct frk_context *context, const struct frk_message *question,
		       uint32_t kind, const void *payload, size_t size)
{
	struct frki_post letter = { .kind = kind, .payload = payload, .size = size };

	return answer(context, question, &letter);
}

int frk_context_answer_buffer(struct frk_context *context, const struct frk_message *question,
			      uint32_t kind, struct frk_buffer *buffer)
{
	struct frki_post letter = { .kind = kind };
	int ret = frki_post_set_buffer(&letter, buffer);

	return ret ? ret : answer(context, question, &letter);
}

int frk_context_set_receive_timeout(struct frk_context *context, uint64_t ns)
{
	int ret;

	if (!context)
		return -EINVAL;
	ret = check_armable(context);
	if (ret)
		return ret;
	frki_stage_lock(context->stage);
	ret = frki_receive_timeout_set(context->cell, context->stage, ns);
	frki_stage_unlock(context->stage);
	return ret;
}

int frk_context_stash(struct frk_context *context)
{
	int ret;

	if (!context)
		return -EINVAL;
	ret = frki_stash_push(context->cell, context->message);
	/* A statistic; pairs with nothing. */
	if (!ret)
		atomic_fetch_add_explicit(&context->stage->stashed, 1,
					  memory_order_relaxed);
	return ret;
}

void frk_context_unstash_all(struct frk_context *context)
{
	if (context)
		frki_stash_pop_all(context->cell);
}

int frk_context_every(struct frk_context *context, uint32_t kind,
		      uint64_t interval_ns, struct frk_timer *ret_timer)
{
	struct frki_timer_opts opts = { .delay_ns = interval_ns,
					.mode = FRKI_TIMER_SKIP };

	return start_alarm(context, kind, &opts, ret_timer);
}

int frk_context_after(struct frk_context *context, uint32_t kind,
		      uint64_t delay_ns, struct frk_timer *ret_timer)
{
	struct frki_timer_opts opts = { .delay_ns = delay_ns,
					.mode = FRKI_TIMER_ONCE };

	return start_alarm(context, kind, &opts, ret_timer);
}

/* The same numbers inside and outside. */
_Static_assert((int)FRK_TIMER_ONCE == FRKI_TIMER_ONCE, "once");
_Static_assert((int)FRK_TIMER_SKIP == FRKI_TIMER_SKIP, "skip");
_Static_assert((int)FRK_TIMER_RATE == FRKI_TIMER_RATE, "rate");
_Static_assert((int)FRK_TIMER_DELAY == FRKI_TIMER_DELAY, "delay");

int frk_context_schedule(struct frk_context *context,
			 const struct frk_timer_opts *opts,
			 struct frk_timer *ret_timer)
{
	struct frk_timer_opts checked;
	struct frki_timer_opts when;
	int ret = frki_opts_copy(&checked, sizeof(checked), opts,
				 sizeof(checked));

	if (ret)
		return ret;
	if (checked.mode > FRK_TIMER_DELAY ||
	    (checked.mode == FRK_TIMER_ONCE && checked.interval_ns))
		return -EINVAL;
	when = (struct frki_timer_opts){
		.delay_ns = checked.delay_ns,
		.interval_ns = checked.interval_ns,
		.accuracy_ns = checked.accuracy_ns,
		.mode = (enum frki_timer_mode)checked.mode,
	};
	return start_alarm(context, checked.kind, &when, ret_timer);
}

int frk_context_cancel(struct frk_context *context, struct frk_timer timer)
{
	int ret;

	if (!context)
		return -EINVAL;
	frki_stage_lock(context->stage);
	ret = frki_alarm_cancel(context->cell, context->stage, timer);
	frki_stage_unlock(context->stage);
	return ret;
}

int frk_context_spawn(struct frk_context *context, const struct frk_actor_opts *opts,
		      struct frk_pid *ret_pid)
{
	const struct frki_cell *cell;
	int ret;

	if (!context)
		return -EINVAL;
	cell = context->cell;
	if (frki_cell_has_ended(cell) ||
	    frki_cell_is_asked(cell, FRKI_CELL_STOP | FRKI_CELL_RESTART) ||
	    frki_mailbox_stopping(&cell->mailbox))
		return -ESTALE;
	frki_stage_lock(context->stage);
	ret = frki_stage_spawn(context->stage, context->cell, opts, ret_pid);
	frki_stage_unlock(context->stage);
	return ret;
}

struct frk_pid frk_context_parent(const struct frk_context *context)
{
	static const struct frk_pid nobody;

	if (!context || !context->cell->parent)
		return nobody;
	return frki_cell_pid(context->cell->parent, context->stage);
}

void frk_context_fail(struct frk_context *context, int error)
{
	if (context && error < 0 && !context->failure)
		context->failure = error;
}

static int watch(struct frk_context *context, struct frk_pid pid,
		 int (*start)(struct frki_cell *cell, struct frki_stage *stage,
			      struct frk_pid target))
{
	int ret;

	if (!context || !pid.life)
		return -EINVAL;
	if (frki_cell_has_ended(context->cell))
		return -ESTALE;
	frki_stage_lock(context->stage);
	ret = start(context->cell, context->stage, pid);
	frki_stage_unlock(context->stage);
	return ret;
}

int frk_context_watch(struct frk_context *context, struct frk_pid pid)
{
	return watch(context, pid, frki_watch_start);
}

int frk_context_unwatch(struct frk_context *context, struct frk_pid pid)
{
	int ret;

	if (!context)
		return -EINVAL;
	frki_stage_lock(context->stage);
	ret = frki_watch_cancel(context->cell, context->stage, pid);
	frki_stage_unlock(context->stage);
	return ret;
}

int frk_context_get_room(struct frk_context *context, struct frk_pid pid,
			 uint32_t *ret_room)
{
	if (!context || !ret_room)
		return -EINVAL;
	return frki_watch_get_room(context->stage, pid, ret_room);
}

int frk_context_watch_room(struct frk_context *context, struct frk_pid pid)
{
	return watch(context, pid, frki_watch_start_room);
}

void frk_context_stop(struct frk_context *context)
{
	if (context)
		frki_cell_ask(context->cell, FRKI_CELL_STOP);
}

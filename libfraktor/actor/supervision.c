// SPDX-License-Identifier: MIT
/*
 * supervision.c - directives and how they are carried out; see supervision.h.  Knows no
 * thread, no clock but the stage's time.
 */
#include <errno.h>

#include "actor/alarm.h"
#include "actor/filter.h"
#include "actor/supervision.h"
#include "actor/time.h"
#include "actor/watch.h"
#include "base/random.h"

#define RESTARTS_MAX 10
#define WINDOW_NS 1000000000ULL
#define TIME_MAX_NS (1ULL << 63)
/* Longest pause, in first ones, unless it is said. */
#define BACKOFF_MAX 64

int frki_supervision_check(const struct frk_supervision *supervision)
{
	const struct frk_supervision *s = supervision;

	if (!s)
		return 0;
	if (s->size < sizeof(*s) || s->scope > FRK_ALL_FOR_ONE ||
	    s->otherwise > FRK_DIRECTIVE_ESCALATE || (s->rules_n && !s->rules) ||
	    (s->beyond != FRK_DIRECTIVE_STOP && s->beyond != FRK_DIRECTIVE_ESCALATE) ||
	    s->jitter_percent > 100)
		return -EINVAL;
	for (size_t i = 0; i < s->rules_n; i++)
		if (s->rules[i].error >= 0 || s->rules[i].directive > FRK_DIRECTIVE_ESCALATE)
			return -EINVAL;
	return s->window_ns > TIME_MAX_NS || s->backoff_ns > TIME_MAX_NS ||
			       s->backoff_max_ns > TIME_MAX_NS ?
		       -ERANGE : 0;
}

static uint64_t window_ns(const struct frk_supervision *s)
{
	return s->window_ns ? s->window_ns : WINDOW_NS;
}

/* --- decide */

static enum frk_directive look_up(const struct frk_supervision *s, int error)
{
	for (size_t i = 0; i < s->rules_n; i++)
		if (s->rules[i].error == error)
			return (enum frk_directive)s->rules[i].directive;
	return (enum frk_directive)s->otherwise;
}

/* Counts one. */
static bool within_budget(struct frki_cell *cell, const struct frk_supervision *s,
			  uint64_t now_ns)
{
	uint32_t max = s->restarts_max ? s->restarts_max : RESTARTS_MAX;

	if (!cell->restarts || now_ns - cell->window_ns >= window_ns(s)) {
		cell->restarts = 0;
		cell->window_ns = now_ns;
	}
	if (max != FRK_RESTARTS_UNLIMITED && cell->restarts >= max)
		return false;
	cell->restarts++;
	return true;
}

static enum frk_directive decide(struct frki_cell *cell, struct frki_stage *stage, int error)
{
	const struct frk_supervision *s = cell->parent ? cell->parent->supervision : NULL;
	enum frk_directive directive;

	if (!s)
		return FRK_DIRECTIVE_STOP;
	directive = look_up(s, error);
	if (directive != FRK_DIRECTIVE_RESTART)
		return directive;
	/* Who is to end does not begin again. */
	if (frki_cell_is_asked(cell, FRKI_CELL_STOP) ||
	    frki_mailbox_stopping(&cell->mailbox) || frki_stage_closed(stage))
		return FRK_DIRECTIVE_STOP;
	if (!within_budget(cell, s, frki_time_now_ns(stage)))
		return (enum frk_directive)s->beyond;
	return directive;
}

/* --- carry out */

static void stop(struct frki_cell *cell, struct frki_stage *stage)
{
	frki_cell_ask(cell, FRKI_CELL_STOP);
	frki_cell_schedule(cell, stage);
}

static uint64_t pause_ns(struct frki_cell *cell, struct frki_stage *stage,
			 const struct frk_supervision *s)
{
	uint64_t ns = s->backoff_ns, max_ns = s->backoff_max_ns;
	uint64_t lived_ns = frki_time_now_ns(stage) - cell->restarted_ns;

	if (!ns)
		return 0;
	if (!max_ns)
		max_ns = ns > TIME_MAX_NS / BACKOFF_MAX ? TIME_MAX_NS : ns * BACKOFF_MAX;
	if (lived_ns >= window_ns(s))
		cell->pauses = 0;
	for (unsigned int i = 0; i < cell->pauses && ns < max_ns; i++)
		ns *= 2;
	if (cell->pauses < FRKI_PAUSES_MAX)
		cell->pauses++;
	if (ns > max_ns)
		ns = max_ns;
	/* A replay must have the same pauses. */
	ns += frki_random_below(&stage->random, ns / 100 * s->jitter_percent + 1);
	return ns < TIME_MAX_NS ? ns : TIME_MAX_NS;
}

static void begin_pause(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_timer_opts opts = {
		.delay_ns = pause_ns(cell, stage, cell->parent->supervision),
		.mode = FRKI_TIMER_ONCE,
	};

	if (opts.delay_ns)
		cell->pausing = !frki_alarm_start(cell, stage, FRKI_ALARM_PAUSE, &opts, NULL);
}

static void restart(struct frki_cell *cell, struct frki_stage *stage)
{
	/* Not yet at its beginning, at its end, or on its way already. */
	if (!frki_cell_has_started(cell) || frki_cell_has_ended(cell) ||
	    frki_cell_is_asked(cell, FRKI_CELL_STOP | FRKI_CELL_RESTART))
		return;
	frki_cell_ask(cell, FRKI_CELL_RESTART);
	cell->torn_down = false;
	frki_cell_schedule(cell, stage);
}

static void apply(struct frki_cell *cell, struct frki_stage *stage,
		  void (*what)(struct frki_cell *cell, struct frki_stage *stage))
{
	struct frki_list *link;

	if (!cell->parent || !cell->parent->supervision ||
	    cell->parent->supervision->scope == FRK_ONE_FOR_ONE) {
		what(cell, stage);
		return;
	}
	for (link = cell->parent->children; link;
	     link = frki_ring_next(cell->parent->children, link))
		what(frki_container_of(link, struct frki_cell, sibling), stage);
}

static bool is_over(const struct frki_cell *cell)
{
	return frki_cell_is_asked(cell, FRKI_CELL_STOP) || frki_cell_has_ended(cell);
}

static enum frk_directive decide_and_tell(struct frki_cell *cell, struct frki_stage *stage,
					   int error)
{
	const struct frki_failure failure = {
		.actor = frki_cell_pid(cell, stage),
		.name = cell->name,
		.error = error,
		.directive = decide(cell, stage, error),
	};

	/* A statistic; pairs with nothing. */
	atomic_fetch_add_explicit(&stage->failures, 1, memory_order_relaxed);
	stage->ops->failed(stage->data, &failure);
	/* The application's: it may take its time.  Nobody who is above ends before
	 * @cell does, and that is this worker's. */
	frki_stage_unlock(stage);
	frki_filter_failed(stage->filters, &failure);
	frki_stage_lock(stage);
	return failure.directive;
}

void frki_supervision_fail(struct frki_cell *cell, struct frki_stage *stage, int error)
{
	enum frk_directive directive = decide_and_tell(cell, stage, error);

	/* As far up as it goes: depth of the tree, not of the stack. */
	while (directive == FRK_DIRECTIVE_ESCALATE) {
		struct frki_cell *parent = cell->parent;

		stop(cell, stage);
		if (is_over(parent))
			return;
		cell = parent;
		directive = decide_and_tell(cell, stage, error);
	}
	if (directive == FRK_DIRECTIVE_STOP)
		apply(cell, stage, stop);
	else if (directive == FRK_DIRECTIVE_RESTART)
		apply(cell, stage, restart);
}

static void tear_down(struct frki_cell *cell, struct frki_stage *stage)
{
	static const struct frk_message restarting = { .kind = FRK_MESSAGE_RESTARTING };

	cell->torn_down = true;
	cell->pausing = false;
	/* It has failed already: no second failure of that. */
	frki_stage_unlock(stage);
	(void)frki_cell_tell(cell, stage, &restarting, NULL);
	frki_stage_lock(stage);
	/* Not before: what it armed and watched there is not for the next life. */
	frki_alarm_forget_all(cell, stage);
	frki_watch_cancel_all(cell, stage);
	begin_pause(cell, stage);
}

void frki_supervision_restart(struct frki_cell *cell, struct frki_stage *stage)
{
	if (!cell->torn_down)
		tear_down(cell, stage);
	if (!frki_supervision_is_childless(cell, stage) || cell->pausing ||
	    frki_cell_is_asked(cell, FRKI_CELL_STOP))
		return;
	frki_cell_unask(cell, FRKI_CELL_RESTART);
	cell->behaviour = NULL;
	cell->restarted_ns = frki_time_now_ns(stage);
	/* A statistic; pairs with nothing. */
	atomic_fetch_add_explicit(&stage->restarts, 1, memory_order_relaxed);
	frki_cell_begin(cell, stage);
}

void frki_supervision_go_on(struct frki_cell *cell, struct frki_stage *stage)
{
	cell->pausing = false;
	frki_cell_schedule(cell, stage);
}

bool frki_supervision_is_childless(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_list *link;

	for (link = cell->children; link; link = frki_ring_next(cell->children, link)) {
		struct frki_cell *child = frki_container_of(link, struct frki_cell, sibling);

		frki_mailbox_stop(&child->mailbox, frki_mailbox_life(&child->mailbox));
		frki_cell_schedule(child, stage);
	}
	return !cell->children;
}

bool frki_supervision_is_due(const struct frki_cell *cell)
{
	if (frki_cell_is_asked(cell, FRKI_CELL_RESTART) && !cell->torn_down)
		return true;
	if (cell->children)
		return false;
	return frki_cell_is_asked(cell, FRKI_CELL_STOP) || !cell->pausing ||
	       frki_mailbox_stopping(&cell->mailbox);
}

void frki_supervision_end(struct frki_cell *cell, struct frki_stage *stage)
{
	struct frki_cell *parent = cell->parent;

	if (!parent)
		return;
	frki_ring_remove(&parent->children, &cell->sibling);
	cell->parent = NULL;
	if (!parent->children && frki_cell_is_asked(parent, FRKI_CELL_STOP | FRKI_CELL_RESTART))
		frki_cell_schedule(parent, stage);
}

// SPDX-License-Identifier: MIT
/*
 * job.c - jobs and desks; see job.h.  Knows no thread, no clock.
 *
 * Whose the node of the inbox is.  It is pushed by who makes a job PENDING, and
 * once more by who takes it from SCHEDULED to CANCELLED; the worker makes it
 * SCHEDULED only after it has popped it.  So it is never pushed twice, and a
 * CANCELLED job is either in the inbox or on its way there: the worker lets go
 * of it when it comes out.
 */
#include <errno.h>

#include "sched/job.h"

static _Atomic uint32_t *state_of(struct frki_job *job)
{
	return &job->timer.node.state;
}

/* Release and acquire: who sees a state sees what was done before it. */
static bool change(struct frki_job *job, uint32_t from, uint32_t to)
{
	return atomic_compare_exchange_strong_explicit(
		state_of(job), &from, to, memory_order_acq_rel, memory_order_acquire);
}

/* For reports; pairs with frki_desk_stats(), orders nothing. */
static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void frki_desk_init(struct frki_desk *desk, struct frki_scheduler *scheduler,
		    uint32_t capacity, const struct frki_desk_ops *ops, void *data)
{
	desk->scheduler = scheduler;
	scheduler->wheel.most = capacity;
	frki_mpsc_init(&desk->inbox);
	atomic_init(&desk->room, capacity);
	desk->capacity = capacity;
	desk->ops = ops;
	desk->data = data;
	atomic_init(&desk->armed, 0);
	atomic_init(&desk->refused, 0);
	atomic_init(&desk->cancelled, 0);
	atomic_init(&desk->run, 0);
}

void frki_desk_stats(const struct frki_desk *desk, struct frki_desk_stats *ret_stats)
{
	ret_stats->armed = atomic_load_explicit(&desk->armed, memory_order_relaxed);
	ret_stats->refused = atomic_load_explicit(&desk->refused, memory_order_relaxed);
	ret_stats->cancelled =
		atomic_load_explicit(&desk->cancelled, memory_order_relaxed);
	ret_stats->run = atomic_load_explicit(&desk->run, memory_order_relaxed);
}

void frki_job_init(struct frki_job *job)
{
	frki_timer_init(&job->timer);
	atomic_init(state_of(job), FRKI_JOB_IDLE);
	atomic_init(&job->inbox.next, NULL);
}

enum frki_job_state frki_job_state(const struct frki_job *job)
{
	return (enum frki_job_state)atomic_load_explicit(&job->timer.node.state,
							 memory_order_acquire);
}

/* One place at the desk, if there is one.  Pairs with let_go(). */
static bool take_room(struct frki_desk *desk)
{
	uint32_t room = atomic_load_explicit(&desk->room, memory_order_relaxed);

	while (room)
		if (atomic_compare_exchange_weak_explicit(&desk->room, &room, room - 1,
							  memory_order_acquire,
							  memory_order_relaxed))
			return true;
	count(&desk->refused);
	return false;
}

/* The last thing the desk does with a job. */
static void let_go(struct frki_job *job, struct frki_desk *desk)
{
	atomic_fetch_add_explicit(&desk->room, 1, memory_order_release);
	/* Release: who arms it next comes after what was done here. */
	atomic_store_explicit(state_of(job), FRKI_JOB_IDLE, memory_order_release);
	desk->ops->release(job, desk->data);
}

static bool too_long(const struct frki_timer_opts *opts)
{
	return opts->delay_ns > FRKI_TIMER_MAX_NS ||
	       opts->interval_ns > FRKI_TIMER_MAX_NS ||
	       opts->accuracy_ns > FRKI_TIMER_MAX_NS;
}

/* Make it the desk's; @state is what nobody but the caller acts upon. */
static int take(struct frki_job *job, struct frki_desk *desk,
		const struct frki_timer_opts *opts)
{
	if (too_long(opts))
		return -ERANGE;
	if (frki_job_state(job) != FRKI_JOB_IDLE)
		return -EBUSY;
	if (!take_room(desk))
		return -ENOBUFS;
	count(&desk->armed);
	return 0;
}

int frki_job_arm(struct frki_job *job, struct frki_desk *desk,
		 const struct frki_timer_opts *opts)
{
	int ret = take(job, desk, opts);

	if (ret)
		return ret;
	/* Kept where the worker finds it when it takes the job. */
	job->timer.due_ns = opts->delay_ns;
	job->timer.interval_ns = opts->interval_ns;
	job->timer.count = opts->accuracy_ns;
	job->timer.node.mode = (uint8_t)opts->mode;
	/* Release: pairs with change() by a cancel; the worker is ordered by the
	 * inbox. */
	atomic_store_explicit(state_of(job), FRKI_JOB_PENDING, memory_order_release);
	frki_mpsc_push(&desk->inbox, &job->inbox);
	desk->ops->wake(desk->data);
	return 0;
}

int frki_job_arm_own(struct frki_job *job, struct frki_desk *desk,
		     const struct frki_timer_opts *opts)
{
	int ret = take(job, desk, opts);

	if (ret)
		return ret;
	frki_timer_arm(&job->timer, desk->scheduler, opts);
	/* Release: pairs with change() by a cancel. */
	atomic_store_explicit(state_of(job), FRKI_JOB_SCHEDULED, memory_order_release);
	return 0;
}

/* Who has won; FRKI_JOB_IDLE if nobody could. */
static enum frki_job_state try_cancel(struct frki_job *job)
{
	/* The worker moves it on at most once per look, or it is done. */
	for (;;) {
		enum frki_job_state state = frki_job_state(job);

		switch (state) {
		case FRKI_JOB_PENDING:
		case FRKI_JOB_SCHEDULED:
			if (change(job, state, FRKI_JOB_CANCELLED))
				return state;
			break;
		case FRKI_JOB_EXECUTING:
			if (change(job, state, FRKI_JOB_STOPPING))
				return state;
			break;
		default:
			return FRKI_JOB_IDLE;
		}
	}
}

static int answer(struct frki_desk *desk, enum frki_job_state was)
{
	if (was == FRKI_JOB_IDLE)
		return -ESTALE;
	if (was == FRKI_JOB_EXECUTING)
		return -EBUSY;
	count(&desk->cancelled);
	return 0;
}

int frki_job_cancel(struct frki_job *job, struct frki_desk *desk)
{
	enum frki_job_state was = try_cancel(job);
	int ret = answer(desk, was);

	/* A PENDING one is in the inbox already. */
	if (was == FRKI_JOB_SCHEDULED) {
		frki_mpsc_push(&desk->inbox, &job->inbox);
		desk->ops->wake(desk->data);
	}
	return ret;
}

int frki_job_cancel_own(struct frki_job *job, struct frki_desk *desk)
{
	enum frki_job_state was = try_cancel(job);
	int ret = answer(desk, was);

	if (was == FRKI_JOB_SCHEDULED) {
		frki_timer_cancel(&job->timer, desk->scheduler);
		let_go(job, desk);
	}
	return ret;
}

static void schedule(struct frki_job *job, struct frki_desk *desk)
{
	struct frki_timer_opts opts = {
		.delay_ns = job->timer.due_ns,
		.interval_ns = job->timer.interval_ns,
		.accuracy_ns = job->timer.count,
		.mode = (enum frki_timer_mode)job->timer.node.mode,
	};

	frki_timer_arm(&job->timer, desk->scheduler, &opts);
	/* From here on a cancel may push it into the inbox. */
	if (change(job, FRKI_JOB_PENDING, FRKI_JOB_SCHEDULED))
		return;
	frki_timer_cancel(&job->timer, desk->scheduler);
	let_go(job, desk);
}

static void take_inbox(struct frki_desk *desk, unsigned int *budget)
{
	struct frki_mpsc_node *node;

	while (*budget && (node = frki_mpsc_pop(&desk->inbox))) {
		struct frki_job *job = frki_container_of(node, struct frki_job, inbox);

		(*budget)--;
		if (frki_job_state(job) == FRKI_JOB_PENDING) {
			schedule(job, desk);
			continue;
		}
		/* CANCELLED: before it was taken, or while on the wheel. */
		frki_timer_cancel(&job->timer, desk->scheduler);
		let_go(job, desk);
	}
}

/* What comes after the callback. */
static void settle(struct frki_job *job, struct frki_desk *desk)
{
	bool again = job->timer.node.mode != FRKI_TIMER_ONCE;

	if (again) {
		frki_timer_done(&job->timer, desk->scheduler);
		if (change(job, FRKI_JOB_EXECUTING, FRKI_JOB_SCHEDULED))
			return;
		/* STOPPING. */
		frki_timer_cancel(&job->timer, desk->scheduler);
	}
	atomic_store_explicit(state_of(job), FRKI_JOB_DONE, memory_order_release);
	let_go(job, desk);
}

static void run(struct frki_job *job, struct frki_desk *desk,
		const struct frki_firing *firing)
{
	/* If not, a cancel has won, and the job is on its way to the inbox. */
	if (!change(job, FRKI_JOB_SCHEDULED, FRKI_JOB_EXECUTING))
		return;
	count(&desk->run);
	desk->ops->run(job, firing, desk->data);
	settle(job, desk);
}

bool frki_desk_run(struct frki_desk *desk, unsigned int *budget)
{
	/* Others may fill the inbox as fast as it is emptied. */
	unsigned int half = *budget / 2, rest = *budget - half;
	struct frki_firing firing;
	struct frki_timer *timer;

	take_inbox(desk, &half);
	rest += half;
	while ((timer = frki_timer_pop(desk->scheduler, &rest, &firing)))
		run(frki_container_of(timer, struct frki_job, timer), desk, &firing);
	take_inbox(desk, &rest);
	*budget = rest;
	return rest != 0;
}

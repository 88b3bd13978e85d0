/* SPDX-License-Identifier: MIT */
/*
 * job.h - a timer that any thread may arm and cancel, and the desk of the worker
 * whose wheel it lies on.
 *
 * Each worker has a wheel of its own, which nobody else touches.  Who arms a job
 * of another worker, or cancels one, leaves it in that worker's inbox and wakes
 * it: one exchange, no lock, no wait.  Who cancels a job of his own worker takes
 * it off the wheel at once.
 *
 * States, each entered by one compare-and-swap, so that of a cancel and a firing
 * that race exactly one wins:
 *
 *	IDLE       the caller's: not armed, or its desk has let go of it
 *	PENDING    armed, in the inbox
 *	SCHEDULED  on the wheel
 *	EXECUTING  the callback runs
 *	STOPPING   the callback runs for the last time: cancelled meanwhile
 *	CANCELLED  a cancel has won: the callback does not run any more
 *	DONE       it has run and will not again
 *
 *	IDLE -> PENDING -> SCHEDULED <-> EXECUTING -> DONE -> IDLE
 *	PENDING | SCHEDULED -> CANCELLED -> IDLE    EXECUTING -> STOPPING -> DONE
 *
 * A job is the desk's until release is called, in which it is IDLE again: its
 * memory may be used for something else, or it may be armed again.  Another
 * thread must learn that from release, since the state is IDLE a moment before.
 *
 * Knows no thread, no clock, no memory but what it is given.
 */
#ifndef FRKI_SCHED_JOB_H
#define FRKI_SCHED_JOB_H

#include "base/mpsc.h"
#include "sched/timer.h"

/* What a job may be in: see above. */
enum frki_job_state {
	FRKI_JOB_IDLE,
	FRKI_JOB_PENDING,
	FRKI_JOB_SCHEDULED,
	FRKI_JOB_EXECUTING,
	FRKI_JOB_STOPPING,
	FRKI_JOB_CANCELLED,
	FRKI_JOB_DONE,
};

/**
 * struct frki_job - the job
 * @timer: when; the state is in its node.
 * @inbox: in its desk's inbox.
 */
struct frki_job {
	struct frki_timer timer;
	struct frki_mpsc_node inbox;
};

/**
 * struct frki_desk_ops - what a desk asks of those above it
 * @run: the job is due.  Only the worker; may arm and cancel.
 * @release: the desk has let go of the job, after it has run for the last time
 *	or was cancelled.  Only the worker.
 * @wake: something is in the inbox.  Any thread, async-signal-safe.
 */
struct frki_desk_ops {
	void (*run)(struct frki_job *job, const struct frki_firing *firing, void *data);
	void (*release)(struct frki_job *job, void *data);
	void (*wake)(void *data);
};

/**
 * struct frki_desk_stats - what became of jobs, counted from the start
 * @armed: jobs that were taken.
 * @refused: jobs that were not, for want of room.
 * @cancelled: cancels that won.
 * @run: how often a callback ran.
 */
struct frki_desk_stats {
	uint64_t armed;
	uint64_t refused;
	uint64_t cancelled;
	uint64_t run;
};

/**
 * struct frki_desk - where a worker's jobs come in; must not move once in use
 * @scheduler: the worker's time and wheel.
 * @inbox: jobs that other threads armed or cancelled.
 * @room: jobs that may still be armed.
 * @capacity: jobs that may be armed at once.
 * @ops: upwards.
 * @data: for @ops.
 * @armed: see struct frki_desk_stats, as the next ones.
 * @refused: written by any thread.
 * @cancelled: written by any thread.
 * @run: written by the worker.
 */
struct frki_desk {
	struct frki_scheduler *scheduler;
	struct frki_mpsc inbox;
	_Atomic uint32_t room;
	uint32_t capacity;
	const struct frki_desk_ops *ops;
	void *data;
	_Atomic uint64_t armed;
	_Atomic uint64_t refused;
	_Atomic uint64_t cancelled;
	_Atomic uint64_t run;
};

/**
 * frki_desk_init() - a desk without jobs
 * @desk: the desk.
 * @scheduler: time and wheel; outlives the desk.
 * @capacity: jobs that may be armed at once.
 * @ops: callbacks, borrowed.
 * @data: handed to them.
 */
void frki_desk_init(struct frki_desk *desk, struct frki_scheduler *scheduler,
		    uint32_t capacity, const struct frki_desk_ops *ops, void *data);

/**
 * frki_desk_run() - take what is in the inbox, and run what is due
 * @desk: the desk.
 * @budget: jobs that may be taken, and as for frki_wheel_pop(); counted down.  From
 *	2 on neither keeps the other from being seen to: at first the inbox has
 *	half of it, and what is due the rest; what is left then is the inbox's.
 *
 * Only the worker.
 *
 * Return: false if @budget was used up: there may be more.
 */
bool frki_desk_run(struct frki_desk *desk, unsigned int *budget);

/**
 * frki_desk_stats() - read the counts
 * @desk: the desk.
 * @ret_stats: where to.
 *
 * Any thread.
 */
void frki_desk_stats(const struct frki_desk *desk, struct frki_desk_stats *ret_stats);

/**
 * frki_job_init() - make a job that is IDLE
 * @job: the job.
 */
void frki_job_init(struct frki_job *job);

/**
 * frki_job_state() - what the job is in
 * @job: the job; as long as nobody uses its memory for something else.
 *
 * Any thread; the next moment it may be in something else.
 */
enum frki_job_state frki_job_state(const struct frki_job *job);

/**
 * frki_job_arm() - set off a job of any worker
 * @job: IDLE.
 * @desk: whose wheel it comes to lie on.
 * @opts: when; counted from when the worker takes it, so that nothing is early.
 *
 * Any thread.
 *
 * Return: 0; -ERANGE as frki_timer_arm(); -ENOBUFS if the desk has no room;
 * -EBUSY if it is not IDLE.
 */
int frki_job_arm(struct frki_job *job, struct frki_desk *desk,
		 const struct frki_timer_opts *opts);

/**
 * frki_job_arm_own() - the same for a job of the calling worker
 * @job: IDLE.
 * @desk: the worker's own.
 * @opts: when, from the worker's time.
 */
int frki_job_arm_own(struct frki_job *job, struct frki_desk *desk,
		     const struct frki_timer_opts *opts);

/**
 * frki_job_cancel() - let a job of any worker not run any more
 * @job: armed, or it was; not released and used for something else since.
 * @desk: the desk it was armed at.
 *
 * Any thread.
 *
 * Return: 0: won, the callback does not run any more, and release follows;
 * -EBUSY: it is running and will not run again; -ESTALE: it was not armed, is
 * done or cancelled already.
 */
int frki_job_cancel(struct frki_job *job, struct frki_desk *desk);

/**
 * frki_job_cancel_own() - the same for a job of the calling worker
 * @job: as above.
 * @desk: the worker's own.
 *
 * A job that was on the wheel is released before this returns.
 */
int frki_job_cancel_own(struct frki_job *job, struct frki_desk *desk);

#endif /* FRKI_SCHED_JOB_H */

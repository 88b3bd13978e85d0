// SPDX-License-Identifier: MIT
/*
 * job_test.c - jobs and their desk, all threads being this one.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "sched/job.h"

#define P 1000ULL
#define ROOM 3

static struct frki_scheduler scheduler;
static struct frki_desk desk;
static struct frki_job jobs[ROOM + 1];
static unsigned int runs, releases, wakes;
static struct frki_firing last;

/* What the callback does besides. */
static int (*in_run)(struct frki_job *job, struct frki_desk *desk);
static int in_run_answer;

static void run(struct frki_job *job, const struct frki_firing *firing, void *data)
{
	cr_assert_eq(data, &desk);
	cr_assert_eq(frki_job_state(job), FRKI_JOB_EXECUTING);
	last = *firing;
	runs++;
	if (in_run)
		in_run_answer = in_run(job, &desk);
}

/* What happens when the desk lets go of one. */
static void (*in_release)(struct frki_job *job);

static void release(struct frki_job *job, void *data)
{
	cr_assert_eq(data, &desk);
	cr_assert_eq(frki_job_state(job), FRKI_JOB_IDLE);
	cr_assert_not(frki_timer_armed(&job->timer));
	releases++;
	if (in_release)
		in_release(job);
}

static void wake(void *data)
{
	cr_assert_eq(data, &desk);
	wakes++;
}

static const struct frki_desk_ops ops = {
	.run = run,
	.release = release,
	.wake = wake,
};

static void setup(void)
{
	frki_scheduler_init(&scheduler, P);
	frki_desk_init(&desk, &scheduler, ROOM, &ops, &desk);
	for (int i = 0; i < ROOM + 1; i++)
		frki_job_init(&jobs[i]);
}

TestSuite(job, .init = setup, .timeout = 60);

static void turn(void)
{
	unsigned int budget = 1000;

	cr_assert(frki_desk_run(&desk, &budget));
}

static void tick(uint64_t n)
{
	struct frk_tick one = { .deadline_ns = (1000 + n) * P, .periods = 1 };

	frki_scheduler_tick(&scheduler, &one);
	turn();
}

static const struct frki_timer_opts once = { .delay_ns = 2 * P };
static const struct frki_timer_opts every = { .delay_ns = P, .mode = FRKI_TIMER_SKIP };

Test(job, s2_of_another_worker_goes_through_the_inbox_and_all_states)
{
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_IDLE);
	cr_assert_eq(frki_job_arm(&jobs[0], &desk, &once), 0);
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_PENDING);
	cr_assert_eq(wakes, 1);
	tick(1);
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_SCHEDULED);
	tick(2);
	cr_assert_eq(runs, 0);
	tick(3);
	cr_assert_eq(runs, 1);
	cr_assert_eq(releases, 1);
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_IDLE);
}

Test(job, s2_of_the_own_worker_wakes_nobody)
{
	tick(1);
	cr_assert_eq(frki_job_arm_own(&jobs[0], &desk, &once), 0);
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_SCHEDULED);
	cr_assert_eq(frki_job_cancel_own(&jobs[0], &desk), 0);
	cr_assert_eq(releases, 1);
	cr_assert_eq(frki_job_arm_own(&jobs[0], &desk, &once), 0);
	tick(3);
	cr_assert_eq(runs, 1);
	cr_assert_eq(wakes, 0);
}

Test(job, s2_a_cancel_that_wins_means_it_does_not_run)
{
	/* In the inbox. */
	frki_job_arm(&jobs[0], &desk, &once);
	cr_assert_eq(frki_job_cancel(&jobs[0], &desk), 0);
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_CANCELLED);
	cr_assert_eq(frki_job_cancel(&jobs[0], &desk), -ESTALE);
	cr_assert_eq(frki_job_arm(&jobs[0], &desk, &once), -EBUSY);
	turn();
	cr_assert_eq(releases, 1);
	/* On the wheel, and due already when the desk hears of it. */
	frki_job_arm(&jobs[0], &desk, &once);
	tick(1);
	cr_assert_eq(frki_job_cancel(&jobs[0], &desk), 0);
	cr_assert_eq(releases, 1, "the worker lets go, not who cancels");
	tick(100);
	cr_assert_eq(releases, 2);
	cr_assert_eq(runs, 0);
	cr_assert(frki_wheel_empty(&scheduler.wheel));
	cr_assert_eq(frki_job_cancel(&jobs[0], &desk), -ESTALE);
}

Test(job, s2_a_cancel_while_it_runs_makes_it_the_last_time)
{
	in_run = frki_job_cancel;
	frki_job_arm_own(&jobs[0], &desk, &every);
	tick(1);
	cr_assert_eq(in_run_answer, -EBUSY);
	cr_assert_eq(runs, 1);
	cr_assert_eq(releases, 1);
	tick(5);
	cr_assert_eq(runs, 1);
}

Test(job, s2_a_periodic_one_goes_on_however_late)
{
	frki_job_arm_own(&jobs[0], &desk, &every);
	tick(1);
	tick(2);
	cr_assert_eq(last.count, 2);
	tick(5000);
	cr_assert_eq(runs, 3);
	cr_assert_eq(last.count, 5000);
	cr_assert_eq(last.missed, 4997);
	cr_assert_eq(frki_job_state(&jobs[0]), FRKI_JOB_SCHEDULED);
	tick(5001);
	cr_assert_eq(runs, 4);
	cr_assert_eq(releases, 0);
}

static int let_time_pass(struct frki_job *job, struct frki_desk *at)
{
	struct frk_tick one = { .deadline_ns = 1010 * P, .periods = 1 };

	(void)job;
	(void)at;
	in_run = NULL;
	frki_scheduler_tick(&scheduler, &one);
	return 0;
}

Test(job, s2_a_fixed_delay_begins_when_the_callback_has_returned)
{
	struct frki_timer_opts opts = { .delay_ns = 3 * P, .mode = FRKI_TIMER_DELAY };

	tick(1);
	in_run = let_time_pass;
	frki_job_arm_own(&jobs[0], &desk, &opts);
	tick(4);
	cr_assert_eq(runs, 1);
	tick(12);
	cr_assert_eq(runs, 1);
	tick(13);
	cr_assert_eq(runs, 2);
}

Test(job, s2_no_room_is_refused_and_counted)
{
	struct frki_desk_stats stats;

	tick(1);
	for (int i = 0; i < ROOM; i++)
		cr_assert_eq(frki_job_arm(&jobs[i], &desk, &once), 0);
	cr_assert_eq(frki_job_arm(&jobs[ROOM], &desk, &once), -ENOBUFS);
	cr_assert_eq(frki_job_arm_own(&jobs[ROOM], &desk, &once), -ENOBUFS);
	cr_assert_eq(frki_job_state(&jobs[ROOM]), FRKI_JOB_IDLE);
	frki_job_cancel(&jobs[0], &desk);
	turn();
	cr_assert_eq(frki_job_arm(&jobs[ROOM], &desk, &once), 0);
	turn();
	tick(10);
	frki_desk_stats(&desk, &stats);
	cr_assert_eq(stats.armed, ROOM + 1);
	cr_assert_eq(stats.refused, 2);
	cr_assert_eq(stats.cancelled, 1);
	cr_assert_eq(stats.run, ROOM);
	cr_assert_eq(desk.room, ROOM);
}

Test(job, s2_refuses_what_takes_too_long)
{
	struct frki_timer_opts opts = { .delay_ns = FRKI_TIMER_MAX_NS + 1 };

	cr_assert_eq(frki_job_arm(&jobs[0], &desk, &opts), -ERANGE);
	opts = (struct frki_timer_opts){ .interval_ns = FRKI_TIMER_MAX_NS + 1 };
	cr_assert_eq(frki_job_arm_own(&jobs[0], &desk, &opts), -ERANGE);
	cr_assert_eq(desk.room, ROOM);
}

Test(job, s2_a_budget_bounds_inbox_and_wheel_together)
{
	unsigned int budget = 2;

	for (int i = 0; i < ROOM; i++)
		frki_job_arm(&jobs[i], &desk, &once);
	cr_assert_not(frki_desk_run(&desk, &budget));
	cr_assert_eq(frki_job_state(&jobs[1]), FRKI_JOB_SCHEDULED);
	cr_assert_eq(frki_job_state(&jobs[2]), FRKI_JOB_PENDING);
	turn();
	cr_assert_eq(frki_job_state(&jobs[2]), FRKI_JOB_SCHEDULED);
}

/* Another worker that is never done: whatever the desk takes is there again. */
static void arm_and_cancel(struct frki_job *job)
{
	if (job != &jobs[1])
		return;
	frki_job_arm(job, &desk, &once);
	frki_job_cancel(job, &desk);
}

Test(job, s2_an_inbox_that_never_empties_keeps_nothing_from_running)
{
	tick(1);
	frki_job_arm_own(&jobs[0], &desk, &every);
	in_release = arm_and_cancel;
	arm_and_cancel(&jobs[1]);
	for (uint64_t n = 2; n < 100; n++) {
		struct frk_tick one = { .deadline_ns = (1000 + n) * P, .periods = 1 };
		unsigned int budget = 2 + n % 10;

		frki_scheduler_tick(&scheduler, &one);
		cr_assert_not(frki_desk_run(&desk, &budget));
		cr_assert_eq(runs, n - 1, "not at tick %lu", (unsigned long)n);
		cr_assert_eq(budget, 0, "the rest is for the inbox");
	}
	cr_assert_eq(last.missed, 0);
}

/* And the other way round. */
Test(job, s2_jobs_that_are_always_due_keep_nothing_in_the_inbox)
{
	unsigned int budget = 2;
	struct frki_timer_opts lags = { .delay_ns = P, .interval_ns = 1, .mode = FRKI_TIMER_RATE };

	tick(1);
	frki_job_arm_own(&jobs[0], &desk, &lags);
	for (int i = 1; i < ROOM; i++)
		frki_job_arm(&jobs[i], &desk, &once);
	frki_scheduler_tick(&scheduler, &(struct frk_tick){ .deadline_ns = 1002 * P, .periods = 1 });
	cr_assert_not(frki_desk_run(&desk, &budget));
	cr_assert_eq(runs, 1);
	cr_assert_eq(frki_job_state(&jobs[1]), FRKI_JOB_SCHEDULED);
	cr_assert_eq(frki_job_state(&jobs[2]), FRKI_JOB_PENDING);
}

Test(job, s2_takes_a_cache_line)
{
	cr_assert_leq(sizeof(struct frki_job), 64);
}

// SPDX-License-Identifier: MIT
/*
 * crew_test.c - several workers: actors run side by side, none twice at once, and one
 * that does not return keeps no other from running.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system.h"
#include "system/system_test.h"
#include "testing/manual_driver.h"

#define GO FRK_MESSAGE_USER
#define WORKERS 3
#define CROWD 60

TestSuite(crew, .timeout = 60);

static struct frk_system *build(uint32_t workers)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .period_ns = FRK_MS(1), .workers = workers,
		.messages_max = 4096, .error = &error);
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0, "%s", error.text);
	return system;
}

/* --- side by side */

static sem_t met, passed;

/* Returns when the other one is here, too. */
static int meet(struct frk_context *context, const struct frk_message *message)
{
	sem_t *const *both = frk_context_state(context);

	if (message->kind != GO)
		return 0;
	sem_post(both[0]);
	sem_wait(both[1]);
	sem_post(&passed);
	return 0;
}

Test(crew, s1_two_actors_run_at_the_same_time)
{
	struct frk_system *system = build(2);
	sem_t here, there;
	sem_t *one[] = { &here, &there }, *other[] = { &there, &here };
	const struct frk_actor_opts a = FRK_ACTOR_OPTS(.receive = meet, .state = one);
	const struct frk_actor_opts b = FRK_ACTOR_OPTS(.receive = meet, .state = other);
	struct frk_pid pid;

	sem_init(&here, 0, 0);
	sem_init(&there, 0, 0);
	sem_init(&passed, 0, 0);
	cr_assert_eq(frk_system_spawn(system, &a, &pid), 0);
	frk_system_send(system, pid, GO, NULL, 0);
	cr_assert_eq(frk_system_spawn(system, &b, &pid), 0);
	frk_system_send(system, pid, GO, NULL, 0);
	sem_wait(&passed);
	sem_wait(&passed);
	frk_system_unref(system);
}

/* --- one that does not return */

static struct frk_pid waker;

/* Gives another one a turn on its own worker, and then waits for it. */
static int wait_for_another(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != GO)
		return 0;
	frk_context_send(context, waker, GO, NULL, 0);
	sem_wait(&met);
	sem_post(&passed);
	return 0;
}

static int let_go(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == GO)
		sem_post(&met);
	return 0;
}

/* @pause_us: until all workers sleep, and not because somebody is in a turn. */
static void wait_behind(unsigned int pause_us)
{
	for (int i = 0; i < 5; i++) {
		struct frk_system *system = build(2);
		const struct frk_actor_opts a = FRK_ACTOR_OPTS(.receive = wait_for_another);
		const struct frk_actor_opts b = FRK_ACTOR_OPTS(.receive = let_go);
		struct frk_pid pid;

		sem_init(&met, 0, 0);
		sem_init(&passed, 0, 0);
		cr_assert_eq(frk_system_spawn(system, &b, &waker), 0);
		cr_assert_eq(frk_system_spawn(system, &a, &pid), 0);
		usleep(pause_us);
		frk_system_send(system, pid, GO, NULL, 0);
		sem_wait(&passed);
		frk_system_unref(system);
	}
}

Test(crew, s1_what_waits_behind_a_turn_that_does_not_end_is_taken_by_another_worker)
{
	wait_behind(0);
}

Test(crew, s1_so_it_is_by_a_worker_that_slept)
{
	wait_behind(50000);
}

static sem_t pushed;

static int push_and_wait(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != GO)
		return 0;
	frk_context_send(context, waker, GO, NULL, 0);
	sem_post(&pushed);
	sem_wait(&met);
	sem_post(&passed);
	return 0;
}

static int only_wait(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind != GO)
		return 0;
	sem_wait(&met);
	sem_post(&passed);
	return 0;
}

static int let_two_go(struct frk_context *context, const struct frk_message *message)
{
	let_go(context, message);
	return let_go(context, message);
}

/* Who looks after the first one gets something to do that does not end, too. */
Test(crew, s1_who_looks_after_a_long_turn_is_replaced)
{
	const struct frk_actor_opts opts[] = {
		FRK_ACTOR_OPTS(.receive = let_two_go),
		FRK_ACTOR_OPTS(.receive = push_and_wait),
		FRK_ACTOR_OPTS(.receive = only_wait),
	};

	for (int i = 0; i < 5; i++) {
		struct frk_system *system = build(3);
		struct frk_pid pids[3];

		sem_init(&met, 0, 0);
		sem_init(&passed, 0, 0);
		sem_init(&pushed, 0, 0);
		for (int j = 0; j < 3; j++)
			cr_assert_eq(frk_system_spawn(system, &opts[j], &pids[j]), 0);
		waker = pids[0];
		usleep(50000);
		frk_system_send(system, pids[1], GO, NULL, 0);
		sem_wait(&pushed);
		usleep(1500);
		frk_system_send(system, pids[2], GO, NULL, 0);
		sem_wait(&passed);
		sem_wait(&passed);
		frk_system_unref(system);
	}
}

/* --- theft */

static pthread_t first_thread;
static atomic_bool seen_another;

/* Has something to do until two threads have run one of its kind. */
static int roam(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != GO)
		return 0;
	if (!pthread_equal(first_thread, pthread_self()) && !atomic_exchange(&seen_another, true))
		sem_post(&passed);
	if (seen_another)
		return 0;
	return frk_context_send(context, frk_context_self(context), GO, NULL, 0);
}

static int gather(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = roam);
	struct frk_pid pid;

	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	first_thread = pthread_self();
	for (int i = 0; i < 8; i++) {
		cr_assert_eq(frk_context_spawn(context, &opts, &pid), 0);
		cr_assert_eq(frk_context_send(context, pid, GO, NULL, 0), 0);
	}
	return 0;
}

/* Turns are short, so that no worker looks stuck: they are taken from it all the same. */
Test(crew, s1_of_a_crowd_on_one_worker_another_one_takes_some)
{
	struct frk_system *system = build(2);
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = gather);

	seen_another = false;
	sem_init(&passed, 0, 0);
	cr_assert_eq(frk_system_spawn(system, &opts, NULL), 0);
	sem_wait(&passed);
	frk_system_unref(system);
}

/* --- pinned */

struct place {
	pthread_t thread;
	atomic_uint messages, elsewhere;
};

static int stay(struct frk_context *context, const struct frk_message *message)
{
	struct place *place = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		place->thread = pthread_self();
	/* At its end the others may be gone. */
	else if (message->kind >= FRK_MESSAGE_USER &&
		 !pthread_equal(place->thread, pthread_self()))
		place->elsewhere++;
	if (message->kind == GO && ++place->messages < 200)
		return frk_context_send(context, frk_context_self(context), GO, NULL, 0);
	if (message->kind == GO)
		sem_post(&passed);
	return 0;
}

Test(crew, s1_a_pinned_actor_stays_on_its_worker)
{
	struct frk_system *system = build(WORKERS);
	struct place places[CROWD] = { 0 };

	sem_init(&passed, 0, 0);
	for (unsigned int i = 0; i < CROWD; i++) {
		const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
			.receive = stay, .state = &places[i],
			.worker = FRK_WORKER(i % WORKERS));
		struct frk_pid pid;

		cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
		cr_assert_eq(frk_system_send(system, pid, GO, NULL, 0), 0);
	}
	for (unsigned int i = 0; i < CROWD; i++)
		sem_wait(&passed);
	for (unsigned int i = 0; i < CROWD; i++) {
		cr_assert_eq(places[i].elsewhere, 0);
		cr_assert(pthread_equal(places[i].thread, places[i % WORKERS].thread));
		if (i && i < WORKERS)
			cr_assert_not(pthread_equal(places[i].thread, places[0].thread));
	}
	frk_system_unref(system);
}

static int nod(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	(void)message;
	return 0;
}

Test(crew, s1_a_test_with_time_by_hand_has_room_for_pinned_actors)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = nod, .worker = FRK_WORKER(7));
	struct frk_system *one = build(1), *manual = build_scripted(0);

	cr_assert_eq(frk_system_spawn(one, &opts, NULL), -EINVAL);
	cr_assert_eq(frk_system_spawn(manual, &opts, NULL), 0);
	frk_system_unref(one);
	frk_system_unref(manual);
}

/* --- end */

static atomic_uint handled, stopped;

static int work(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	handled += message->kind == GO;
	stopped += message->kind == FRK_MESSAGE_STOPPED;
	return 0;
}

Test(crew, s1_s10_a_system_ends_with_every_mailbox_read_and_every_actor_stopped)
{
	const struct frk_actor_opts any = FRK_ACTOR_OPTS(.receive = work);
	unsigned int had_threads = threads(), sent = 0;

	for (uint32_t workers = 1; workers <= WORKERS; workers++) {
		struct frk_system *system = build(workers);

		handled = stopped = sent = 0;
		for (unsigned int i = 0; i < CROWD; i++) {
			struct frk_actor_opts opts = any;
			struct frk_pid pid;

			opts.worker = i % (workers + 1);
			cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
			for (int k = 0; k < 50; k++)
				sent += !frk_system_send(system, pid, GO, NULL, 0);
		}
		cr_assert_geq(threads(), had_threads + workers);
		frk_system_unref(system);
		cr_assert_eq(handled, sent);
		cr_assert_eq(stopped, CROWD);
		cr_assert(threads_become(had_threads));
	}
}

static int try_to_wait(struct frk_context *context, const struct frk_message *message)
{
	struct frk_system *system = frk_context_system(context);
	struct frk_timer_info timers[4];

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, GO, FRK_S(1000), NULL);
	if (message->kind != GO + 1)
		return 0;
	if (frk_system_run(system) == -EDEADLK &&
	    frk_system_list_timers(system, timers, 4) >= 1)
		handled++;
	sem_post(&passed);
	return 0;
}

Test(crew, s1_on_any_worker_an_actor_may_ask_but_not_wait_for_the_end)
{
	struct frk_system *system = build(WORKERS);

	handled = 0;
	sem_init(&passed, 0, 0);
	for (unsigned int i = 0; i < WORKERS; i++) {
		const struct frk_actor_opts opts = FRK_ACTOR_OPTS(
			.receive = try_to_wait, .worker = FRK_WORKER(i));
		struct frk_pid pid;

		cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
		cr_assert_eq(frk_system_send(system, pid, GO + 1, NULL, 0), 0);
	}
	for (unsigned int i = 0; i < WORKERS; i++)
		sem_wait(&passed);
	cr_assert_eq(handled, WORKERS);
	frk_system_unref(system);
}

/* --- bad input */

static void assert_refused(struct frk_system_opts opts, const char *word)
{
	struct frk_system *system = (void *)0x1;
	struct frk_error error = { 0 };

	opts.error = &error;
	cr_assert_eq(frk_system_build(&opts, &system), -EINVAL, "%s", word);
	cr_assert_not_null(strstr(error.text, word), "%s", error.text);
	cr_assert_eq(system, (void *)0x1);
}

/* What is at hand is one thread's. */
Test(crew, s1_only_a_system_of_one_worker_knows_its_thread)
{
	for (uint32_t workers = 1; workers <= 2; workers++) {
		struct frk_system *system = build(workers);

		cr_assert_eq(!system->stage.ops->here, workers > 1);
		frk_system_unref(system);
	}
}

Test(crew, s1_what_several_workers_cannot_do_is_refused_with_its_name)
{
	static const struct frk_worker_opts bad_cpu[2] = { { 0 }, { .cpu = 100000 } };
	static const struct frk_worker_opts bad_priority[2] = { { 0 }, { .rt_priority = 100 } };

	assert_refused((struct frk_system_opts)FRK_SYSTEM_OPTS(
			       .driver_name = "timerfd", .workers = FRK_WORKERS_MAX + 1),
		       "workers is 65");
	assert_refused((struct frk_system_opts)FRK_SYSTEM_OPTS(
			       .driver_name = "timerfd", .workers = 2, .seed = 1), "seed");
	assert_refused((struct frk_system_opts)FRK_SYSTEM_OPTS(
			       .driver_name = "timerfd", .workers = 2, .log_path = "/tmp/x"),
		       "log_path");
	assert_refused((struct frk_system_opts)FRK_SYSTEM_OPTS(
			       .driver = &frki_driver_manual, .workers = 2), "simulated");
	assert_refused((struct frk_system_opts)FRK_SYSTEM_OPTS(
			       .driver_name = "timerfd", .workers = 2, .worker_opts = bad_cpu),
		       "worker_opts[1].cpu");
	assert_refused((struct frk_system_opts)FRK_SYSTEM_OPTS(
			       .driver_name = "timerfd", .workers = 2,
			       .worker_opts = bad_priority), "worker_opts[1].rt_priority");
}

Test(crew, s1_a_worker_that_may_not_have_its_cpu_leaves_nothing_running)
{
	static const struct frk_worker_opts far[3] = { { 0 }, { 0 }, { .cpu = FRK_CPU(1000) } };
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "timerfd", .workers = 3,
						      .worker_opts = far, .error = &error);
	unsigned int had_threads = threads(), had_files = files();
	struct frk_system *system = NULL;

	cr_assert_lt(frk_system_build(&opts, &system), 0);
	cr_assert_null(system);
	cr_assert_not_null(strstr(error.text, "1000"), "%s", error.text);
	cr_assert(threads_become(had_threads));
	cr_assert_eq(files(), had_files);
}

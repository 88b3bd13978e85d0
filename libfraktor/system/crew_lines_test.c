// SPDX-License-Identifier: MIT
/*
 * crew_lines_test.c - several workers, each with a tick line and a wheel of its own: whose
 * timer fires where, what time it is for an actor that moves, and what becomes of a system
 * of which one line ends.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "actor/cell.h"
#include "system/system.h"
#include "system/system_test.h"
#include "testing/led_driver.h"
#include "testing/manual_driver.h"

#define GO FRK_MESSAGE_USER
#define BEAT (FRK_MESSAGE_USER + 1)
#define CANCEL (FRK_MESSAGE_USER + 2)
#define LINES 3

/* --- systems */

static struct frk_error error;
static struct frk_system *system_;
static sem_t passed;
static struct frk_system_opts opts;

static void setup(void)
{
	opts = (struct frk_system_opts)FRK_SYSTEM_OPTS(
		.name = "crew", .driver = &frki_led_driver, .workers = 2, .worker_lines = 1,
		.messages_max = 4096, .silent_periods = FRK_SILENT_NEVER, .error = &error);
	sem_init(&passed, 0, 0);
}

TestSuite(crew_lines, .init = setup, .timeout = 60);

static void build(void)
{
	cr_assert_eq(frk_system_build(&opts, &system_), 0, "%s", error.text);
}

static void fini(void)
{
	for (unsigned int i = 0; i < FRKI_LED_LINES; i++)
		frki_led[i].held = false;
	system_ = frk_system_unref(system_);
}

static struct frk_pid spawn(frk_receive_fn receive, void *state, uint32_t worker)
{
	const struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.receive = receive, .state = state, .worker = worker);
	struct frk_pid pid;

	cr_assert_eq(frk_system_spawn(system_, &actor, &pid), 0);
	return pid;
}

/* Nobody but a thief can do that to an actor, and it does not come when it is called.
 * What it does in its turn it does where it is. */
static void move(struct frk_pid pid, uint32_t worker)
{
	struct frki_cell *cell = frki_pool_at(&system_->stage.cells, pid.index);

	while (atomic_load(&cell->turn))
		usleep(200);
	atomic_store(&cell->worker, (uint8_t)worker);
}

static void tell(struct frk_pid pid, uint32_t kind)
{
	cr_assert_eq(frk_system_send(system_, pid, kind, NULL, 0), 0);
	sem_wait(&passed);
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * FRK_S(1) + (uint64_t)now.tv_nsec;
}

static uint64_t ticks_of(unsigned int worker)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	cr_assert_eq(frk_system_get_worker(system_, worker, &info, &metrics), 0);
	return metrics.ticks_total;
}

static void pass_ticks(unsigned int worker, uint64_t n)
{
	uint64_t until = ticks_of(worker) + n;

	while (ticks_of(worker) < until)
		usleep(500);
}

/* --- whose line */

static uint32_t some_cpu(void)
{
	unsigned int cpu = 0;
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	return FRK_CPU(cpu);
}

Test(crew_lines, s1_each_worker_has_a_line_of_its_own)
{
	const struct frk_worker_opts where[LINES] = { { 0 }, { .cpu = some_cpu() }, { 0 } };
	struct frk_driver_info info;
	struct frk_metrics metrics;

	opts.workers = LINES;
	opts.worker_opts = where;
	build();
	for (unsigned int i = 0; i < LINES; i++) {
		pass_ticks(i, 10);
		cr_assert_eq(frk_system_get_worker(system_, i, &info, &metrics), 0);
		cr_assert_str_eq(info.name, "led");
		cr_assert_eq(frki_led[i].cpu, where[i].cpu);
		cr_assert(frki_led[i].align);
	}
	cr_assert_str_eq(frki_led[0].name, "crew");
	cr_assert_str_eq(frki_led[1].name, "crew.1");
	cr_assert_str_eq(frki_led[2].name, "crew.2");
	cr_assert_eq(frki_led_opened, LINES);
	cr_assert_eq(frk_system_get_worker(system_, LINES, &info, &metrics), -ENOENT);
	cr_assert_eq(frk_system_get_worker(NULL, 0, &info, &metrics), -EINVAL);
	cr_assert_eq(frk_system_get_worker(system_, 0, NULL, &metrics), -EINVAL);
	cr_assert_eq(frk_system_get_worker(system_, 0, &info, NULL), -EINVAL);
	fini();
}

Test(crew_lines, s1_without_that_there_is_one_for_all)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	opts.worker_lines = 0;
	build();
	pass_ticks(0, 5);
	cr_assert_eq(frki_led_opened, 1);
	cr_assert_not(frki_led[0].align);
	cr_assert_eq(frk_system_get_worker(system_, 1, &info, &metrics), -ENOENT);
	fini();
}

/* The CPU of a system is that of its first line where its workers do not say. */
Test(crew_lines, s1_the_first_line_has_the_cpu_of_the_system)
{
	opts.cpu = some_cpu();
	build();
	cr_assert_eq(frki_led[0].cpu, opts.cpu);
	cr_assert_eq(frki_led[1].cpu, 0);
	fini();
}

/* --- timers */

struct beats {
	_Atomic uint64_t now_ns, deadline_ns;
	atomic_uint n, elsewhere;
	struct frk_timer timer;
	pthread_t thread;
	_Atomic int last;
	uint64_t every_ns;
	enum frk_timer_mode mode;
};

static void note(struct beats *beats, struct frk_context *context,
		 const struct frk_message *message)
{
	beats->elsewhere += !pthread_equal(beats->thread, pthread_self());
	beats->deadline_ns = message->deadline_ns;
	beats->now_ns = frk_context_now_ns(context);
	beats->n++;
}

static int beat(struct frk_context *context, const struct frk_message *message)
{
	struct beats *beats = frk_context_state(context);
	const struct frk_timer_opts when = FRK_TIMER_OPTS(
		.kind = BEAT, .mode = beats->mode, .delay_ns = beats->every_ns);

	switch (message->kind) {
	case FRK_MESSAGE_STARTED:
		beats->thread = pthread_self();
		return frk_context_schedule(context, &when, &beats->timer);
	case BEAT:
		note(beats, context, message);
		return 0;
	case GO:
		beats->thread = pthread_self();
		beats->now_ns = frk_context_now_ns(context);
		beats->last = frk_context_schedule(context, &when, NULL);
		break;
	case CANCEL:
		beats->thread = pthread_self();
		beats->last = frk_context_cancel(context, beats->timer);
		break;
	default:
		return 0;
	}
	sem_post(&passed);
	return 0;
}

static void until(const atomic_uint *count, unsigned int n)
{
	while (*count < n)
		usleep(500);
}

/* By its own line: that of the other worker does not make it fire. */
Test(crew_lines, s2_a_timer_fires_on_the_worker_that_armed_it)
{
	struct beats beats[LINES] = { 0 };
	unsigned int before;

	opts.workers = LINES;
	build();
	for (unsigned int i = 0; i < LINES; i++) {
		beats[i].mode = FRK_TIMER_SKIP;
		spawn(beat, &beats[i], FRK_WORKER(i));
	}
	for (unsigned int i = 0; i < LINES; i++)
		until(&beats[i].n, 20);
	frki_led[1].held = true;
	pass_ticks(0, 5);
	before = beats[1].n;
	pass_ticks(2, 20);
	cr_assert_eq(beats[1].n, before);
	frki_led[1].held = false;
	until(&beats[1].n, before + 5);
	for (unsigned int i = 0; i < LINES; i++)
		cr_assert_eq(beats[i].elsewhere, 0);
	fini();
}

Test(crew_lines, s2_a_timer_of_a_stolen_actor_can_be_cancelled)
{
	struct beats beats = { .every_ns = FRK_MS(50) };
	struct frk_timer_info left;
	pthread_t armed_by;
	struct frk_pid pid;

	build();
	pid = spawn(beat, &beats, FRK_WORKER(1));
	tell(pid, GO);
	armed_by = beats.thread;
	move(pid, FRK_WORKER(0));
	tell(pid, CANCEL);
	cr_assert_not(pthread_equal(armed_by, beats.thread));
	cr_assert_eq(beats.last, 0);
	/* That of GO is still there; and fires where it was armed. */
	cr_assert_eq(frk_system_list_timers(system_, &left, 1), 1);
	until(&beats.n, 1);
	pass_ticks(1, 60);
	cr_assert_eq(beats.n, 1);
	fini();
}

/* With its end timers of both wheels are free again. */
Test(crew_lines, s2_the_end_of_an_actor_cancels_its_timers_on_all_wheels)
{
	struct beats beats = { .every_ns = FRK_S(100), .mode = FRK_TIMER_SKIP };
	struct frk_pid pid;

	opts.timers_max = 2;
	build();
	for (int i = 0; i < 3; i++) {
		pid = spawn(beat, &beats, FRK_WORKER(1));
		move(pid, FRK_WORKER(0));
		tell(pid, GO);
		cr_assert_eq(beats.last, 0);
		cr_assert_eq(frk_system_list_timers(system_, NULL, 0), 2);
		move(pid, FRK_WORKER(i % 2));
		cr_assert_eq(frk_system_stop_actor(system_, pid), 0);
		while (frk_system_list_timers(system_, NULL, 0))
			usleep(500);
	}
	fini();
}

/* --- time */

Test(crew_lines, s2_time_does_not_go_back_when_an_actor_moves)
{
	struct beats beats = { .every_ns = FRK_S(100) };
	uint64_t ahead_ns;
	struct frk_pid pid;

	build();
	pid = spawn(beat, &beats, FRK_WORKER(1));
	pass_ticks(0, 5);
	frki_led[0].held = true;
	pass_ticks(1, 50);
	tell(pid, GO);
	ahead_ns = beats.now_ns;
	move(pid, FRK_WORKER(0));
	beats.every_ns = FRK_MS(5);
	tell(pid, GO);
	cr_assert_geq(beats.now_ns, ahead_ns);
	/* And what was armed by that time on a wheel that is behind is not early. */
	ahead_ns = beats.now_ns;
	cr_assert_eq(beats.n, 0);
	frki_led[0].held = false;
	until(&beats.n, 1);
	cr_assert_geq(beats.deadline_ns, ahead_ns + FRK_MS(5));
	cr_assert_geq(beats.now_ns, ahead_ns + FRK_MS(5));
	fini();
}

/* All begin with the first line. */
Test(crew_lines, s2_there_is_no_time_before_the_first_line_has_ticked)
{
	struct beats beats = { .every_ns = FRK_MS(1), .mode = FRK_TIMER_SKIP };
	struct frk_pid pid;

	frki_led[0].held = true;
	build();
	pid = spawn(beat, &beats, FRK_WORKER(1));
	pass_ticks(1, 20);
	tell(pid, GO);
	cr_assert_eq(beats.now_ns, 0);
	cr_assert_eq(beats.n, 0);
	frki_led[0].held = false;
	until(&beats.n, 10);
	cr_assert_leq(beats.now_ns, clock_ns());
	cr_assert_geq(beats.now_ns, clock_ns() - FRK_S(20));
	fini();
}

static atomic_uint early;

/* Armed again and again, now here, now there. */
static int watch_the_clock(struct frk_context *context, const struct frk_message *message)
{
	struct beats *beats = frk_context_state(context);
	uint64_t now_ns = frk_context_now_ns(context);

	if (message->kind == BEAT) {
		early += message->deadline_ns > clock_ns() || message->deadline_ns > now_ns ||
			 now_ns < beats->now_ns + beats->every_ns;
		beats->n++;
	}
	if (message->kind != BEAT && message->kind != FRK_MESSAGE_STARTED)
		return 0;
	beats->now_ns = now_ns;
	beats->every_ns = (beats->every_ns * 7 + 12345) % FRK_MS(3);
	return frk_context_after(context, BEAT, beats->every_ns, NULL);
}

Test(crew_lines, s2_nothing_is_early_on_any_wheel)
{
	static struct beats beats[30];

	opts.workers = LINES;
	opts.period_ns = FRK_US(500);
	build();
	for (unsigned int i = 0; i < 30; i++) {
		beats[i].every_ns = i * FRK_US(100);
		spawn(watch_the_clock, &beats[i], i % (LINES + 1));
	}
	for (unsigned int i = 0; i < 30; i++)
		until(&beats[i].n, 100);
	cr_assert_eq(early, 0);
	fini();
}

static int fall_silent(struct frk_context *context, const struct frk_message *message)
{
	struct beats *beats = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_set_receive_timeout(context, FRK_MS(200));
	if (message->kind == FRK_MESSAGE_RECEIVE_TIMEOUT) {
		beats->deadline_ns = frk_context_now_ns(context);
		beats->n++;
	}
	if (message->kind != GO)
		return 0;
	if (!beats->now_ns)
		beats->now_ns = frk_context_now_ns(context);
	sem_post(&passed);
	return 0;
}

Test(crew_lines, s5_silence_is_measured_by_one_time_wherever_the_actor_is)
{
	struct beats beats = { 0 };
	struct frk_pid pid;

	build();
	pid = spawn(fall_silent, &beats, FRK_WORKER(1));
	pass_ticks(0, 5);
	frki_led[0].held = true;
	move(pid, FRK_WORKER(0));
	for (int i = 0; i < 5; i++) {
		pass_ticks(1, 5);
		tell(pid, GO);
	}
	until(&beats.n, 1);
	/* From the last of five; a tick may have come before each was noticed. */
	cr_assert_geq(beats.deadline_ns, beats.now_ns + FRK_MS(200 + 4 * 4));
	fini();
}

/* --- sleep and wake */

static int pass(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == GO)
		sem_post(&passed);
	return 0;
}

/* Ticks are far apart: it is the message that ends the sleep, and so does the end. */
Test(crew_lines, s1_a_worker_that_sleeps_on_its_line_is_woken)
{
	uint64_t began_ns = clock_ns();

	opts.period_ns = FRK_S(30);
	build();
	for (uint32_t i = 0; i < 2; i++) {
		struct frk_pid pid = spawn(pass, NULL, FRK_WORKER(i));

		for (int k = 0; k < 20; k++) {
			usleep(1000);
			tell(pid, GO);
		}
	}
	fini();
	cr_assert_lt(clock_ns() - began_ns, FRK_S(20));
}

static struct frk_pid behind;
static sem_t met;

static int block(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind != GO)
		return 0;
	frk_context_send(context, behind, GO, NULL, 0);
	sem_wait(&met);
	sem_post(&passed);
	return 0;
}

static int unblock(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == GO)
		sem_post(&met);
	return 0;
}

/* From each worker, what waits behind its turn: the other one looks when its line ticks. */
Test(crew_lines, s1_what_waits_behind_a_turn_that_does_not_end_is_taken_by_another_worker)
{
	build();
	sem_init(&met, 0, 0);
	for (uint32_t i = 0; i < 2; i++) {
		behind = spawn(unblock, NULL, 0);
		usleep(20000);
		tell(spawn(block, NULL, FRK_WORKER(i)), GO);
	}
	fini();
}

/* --- the end */

Test(crew_lines, s1_the_first_line_says_when_the_run_is_over)
{
	struct frk_pid pid;

	opts.run_ns = FRK_MS(20);
	frki_led[0].held = true;
	build();
	pid = spawn(pass, NULL, FRK_WORKER(1));
	pass_ticks(1, 60);
	tell(pid, GO);
	frki_led[0].held = false;
	cr_assert_eq(frk_system_run(system_), 0);
	fini();
}

static void assert_ended_by_worker_1(int ret, enum frk_stop_reason reason)
{
	struct frk_subscription *events;
	struct frk_event event;

	cr_assert_eq(frk_subscription_open(system_, FRK_EVENT_DRIVER_STOPPED, 100, &events), 0);
	cr_assert_eq(frk_system_run(system_), ret);
	cr_assert_eq(error.code, ret);
	cr_assert_str_eq(error.driver, "led");
	cr_assert_not_null(strstr(error.text, "worker 1"), "%s", error.text);
	cr_assert_eq(frk_subscription_next(events, &event), 1);
	cr_assert_eq(event.driver.reason, reason);
	cr_assert_eq(event.driver.worker, 1);
	/* The other one was asked to. */
	cr_assert_eq(frk_subscription_next(events, &event), 1);
	cr_assert_eq(event.driver.reason, FRK_STOP_ASKED);
	cr_assert_eq(event.driver.worker, 0);
	cr_assert_eq(frk_subscription_next(events, &event), -ESHUTDOWN);
	frk_subscription_close(events);
}

Test(crew_lines, s1_a_line_that_ends_ends_the_system_and_its_worker_is_named)
{
	struct counter counter = { 0 };
	unsigned int had_threads = threads(), had_files = files();

	build();
	spawn(count, &counter, FRK_WORKER(1));
	until(&counter.ticks, 10);
	frki_led[1].ended = true;
	assert_ended_by_worker_1(-ESHUTDOWN, FRK_STOP_ENDED);
	cr_assert_not_null(strstr(error.text, "it was led away"), "%s", error.text);
	cr_assert_eq(counter.stopped, 1);
	fini();
	cr_assert(threads_become(had_threads));
	cr_assert_eq(files(), had_files);
}

Test(crew_lines, s1_so_does_one_that_breaks)
{
	build();
	pass_ticks(1, 5);
	frki_led[1].broken = true;
	assert_ended_by_worker_1(-EIO, FRK_STOP_BROKEN);
	fini();
}

/* Its worker goes on without it while the others end. */
Test(crew_lines, s1_s10_a_worker_without_its_line_runs_its_actors_to_the_end)
{
	const struct frk_actor_opts late = FRK_ACTOR_OPTS(
		.receive = pass, .worker = FRK_WORKER(1), .stop_phase = 1);
	struct frk_pid pid;

	build();
	cr_assert_eq(frk_system_spawn(system_, &late, &pid), 0);
	tell(pid, GO);
	frki_led[1].ended = true;
	cr_assert_eq(frk_system_run(system_), -ESHUTDOWN);
	fini();
}

Test(crew_lines, s1_the_stop_policy_is_for_each_line)
{
	opts.stop_policy = FRK_STOP_RETRY;
	opts.retry_backoff_ns = FRK_MS(2);
	build();
	pass_ticks(1, 5);
	frki_led[1].ended = true;
	while (frki_led_opened < 3)
		usleep(500);
	cr_assert_str_eq(frki_led[2].name, "crew.1");
	pass_ticks(1, 20);
	frk_system_stop(system_);
	cr_assert_eq(frk_system_run(system_), 0);
	fini();
}

/* --- what is told */

Test(crew_lines, s9_ticks_of_each_line_are_told_with_its_worker)
{
	struct frk_subscription *events;
	struct frk_event event = { 0 };
	bool told[2] = { 0 };

	build();
	cr_assert_eq(frk_subscription_open(system_, FRK_EVENT_TICK_METRICS, 0, &events), 0);
	while (!told[0] || !told[1]) {
		frk_subscription_wait(events, FRK_S(1));
		if (frk_subscription_next(events, &event) == 1)
			told[event.metrics.worker] = true;
	}
	frk_subscription_close(events);
	fini();
}

Test(crew_lines, s2_timers_of_all_wheels_are_counted_together)
{
	struct beats beats = { .mode = FRK_TIMER_SKIP };
	struct frk_timer_stats stats;

	build();
	spawn(beat, &beats, FRK_WORKER(1));
	until(&beats.n, 10);
	cr_assert_eq(frk_system_get_timers(system_, &stats), 0);
	cr_assert_geq(stats.fired_total, 10);
	fini();
}

Test(crew_lines, s1_the_summary_has_a_line_for_each_worker)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	build();
	pass_ticks(1, 5);
	cr_assert_eq(frk_report_summary(system_, stream), 0);
	fclose(stream);
	cr_assert_eq(strncmp(text, "fraktor: driver=led ", 20), 0, "%s", text);
	cr_assert_not_null(strstr(text, "\nfraktor: worker=1 driver=led ticks="), "%s", text);
	cr_assert_null(strstr(text, "worker=2"));
	free(text);
	fini();
}

/* --- what does not go */

static void assert_refused(const char *word)
{
	struct frk_system *none = (void *)0x1;

	cr_assert_eq(frk_system_build(&opts, &none), -EINVAL, "%s", word);
	cr_assert_not_null(strstr(error.text, word), "%s", error.text);
	cr_assert_eq(none, (void *)0x1);
	cr_assert_eq(frki_led_opened, 0);
	setup();
}

Test(crew_lines, s1_what_does_not_go_with_lines_is_refused_with_its_name)
{
	static const struct frk_driver_member member = { .driver = &frk_driver_timerfd };
	struct frk_tick_feed *feed;

	opts.workers = 1;
	assert_refused("worker_lines with one worker");
	opts.workers = 0;
	assert_refused("worker_lines with one worker");
	opts.driver = &frki_driver_manual;
	assert_refused("simulated");
	opts.seed = 1;
	assert_refused("seed");
	opts.log_path = "/tmp/x";
	assert_refused("log_path");
	opts.dispatcher = &frk_dispatcher_priority;
	assert_refused("dispatcher");
	opts.members = &member;
	opts.members_n = 1;
	assert_refused("worker_lines with members");
	opts.name = "twenty-nine bytes is too much";
	assert_refused("1 to 28 bytes with worker_lines");
	cr_assert_eq(frk_tick_feed_new(64, &feed), 0);
	opts.feed = feed;
	assert_refused("worker_lines with feed");
	frk_tick_feed_unref(feed);
}

Test(crew_lines, s1_a_line_that_cannot_be_had_leaves_nothing_running)
{
	const struct frk_worker_opts where[LINES] = { { 0 }, { 0 }, { .cpu = some_cpu() } };
	unsigned int had_threads = threads(), had_files = files();

	opts.workers = LINES;
	opts.worker_opts = where;
	for (frki_led_fails_at = 1; frki_led_fails_at <= LINES; frki_led_fails_at++) {
		char word[48] = "no such luck";

		frki_led_opened = 0;
		cr_assert_eq(frk_system_build(&opts, &system_), -EIO);
		cr_assert_eq(frki_led_opened, frki_led_fails_at - 1);
		if (frki_led_fails_at == LINES)
			snprintf(word, sizeof(word), "worker 2 on CPU %u: no such luck",
				 where[2].cpu - 1);
		else if (frki_led_fails_at > 1)
			snprintf(word, sizeof(word), "worker 1: no such luck");
		cr_assert_not_null(strstr(error.text, word), "%s", error.text);
		cr_assert(threads_become(had_threads));
		cr_assert_eq(files(), had_files);
	}
}

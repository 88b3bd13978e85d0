// SPDX-License-Identifier: MIT
/*
 * crew_lines_test.c - several workers, each with a tick line and a wheel of its own: whose
 * timer fires where, what time it is for an actor that moves, how a worker sleeps.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "actor/cell.h"
#include "system/crew_lines_test.h"
#include "system/system.h"
#include "testing/led_driver.h"

#define BEAT (FRK_MESSAGE_USER + 1)
#define CANCEL (FRK_MESSAGE_USER + 2)

TestSuite(crew_lines, .init = lines_setup, .timeout = 60);

/* --- what is shared: crew_lines_test.h */

struct frk_error lines_error;
struct frk_system *lines_system;
sem_t lines_passed;
struct frk_system_opts lines_opts;

void lines_setup(void)
{
	lines_opts = (struct frk_system_opts)FRK_SYSTEM_OPTS(
		.name = "crew", .driver = &frki_led_driver, .workers = 2, .worker_lines = 1,
		.messages_max = 4096, .silent_periods = FRK_SILENT_NEVER, .error = &lines_error);
	sem_init(&lines_passed, 0, 0);
}

void lines_build(void)
{
	cr_assert_eq(frk_system_build(&lines_opts, &lines_system), 0, "%s", lines_error.text);
}

void lines_fini(void)
{
	for (unsigned int i = 0; i < FRKI_LED_LINES; i++)
		frki_led[i].held = false;
	lines_system = frk_system_unref(lines_system);
}

struct frk_pid lines_spawn(frk_receive_fn receive, void *state, uint32_t worker)
{
	const struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.receive = receive, .state = state, .worker = worker);
	struct frk_pid pid;

	cr_assert_eq(frk_system_spawn(lines_system, &actor, &pid), 0);
	return pid;
}

void lines_tell(struct frk_pid pid, uint32_t kind)
{
	cr_assert_eq(frk_system_send(lines_system, pid, kind, NULL, 0), 0);
	sem_wait(&lines_passed);
}

uint64_t lines_ticks_of(unsigned int worker)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	cr_assert_eq(frk_system_get_worker(lines_system, worker, &info, &metrics), 0);
	return metrics.ticks_total;
}

void lines_pass_ticks(unsigned int worker, uint64_t n)
{
	uint64_t end = lines_ticks_of(worker) + n;

	while (lines_ticks_of(worker) < end)
		usleep(500);
}

void lines_until(const atomic_uint *count, unsigned int n)
{
	while (*count < n)
		usleep(500);
}

int lines_pass(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == GO)
		sem_post(&lines_passed);
	return 0;
}

uint32_t lines_some_cpu(void)
{
	unsigned int cpu = 0;
	cpu_set_t set;

	cr_assert_eq(sched_getaffinity(0, sizeof(set), &set), 0);
	while (!CPU_ISSET(cpu, &set))
		cpu++;
	return FRK_CPU(cpu);
}

/* --- whose line */

Test(crew_lines, s1_each_worker_has_a_line_of_its_own)
{
	const struct frk_worker_opts where[LINES] = { { 0 }, { .cpu = lines_some_cpu() }, { 0 } };
	struct frk_driver_info info;
	struct frk_metrics metrics;

	lines_opts.workers = LINES;
	lines_opts.worker_opts = where;
	lines_build();
	for (unsigned int i = 0; i < LINES; i++) {
		lines_pass_ticks(i, 10);
		cr_assert_eq(frk_system_get_worker(lines_system, i, &info, &metrics), 0);
		cr_assert_str_eq(info.name, "led");
		cr_assert_eq(frki_led[i].cpu, where[i].cpu);
		cr_assert(frki_led[i].align);
	}
	cr_assert_str_eq(frki_led[0].name, "crew");
	cr_assert_str_eq(frki_led[1].name, "crew.1");
	cr_assert_str_eq(frki_led[2].name, "crew.2");
	cr_assert_eq(frki_led_opened, LINES);
	cr_assert_eq(frk_system_get_worker(lines_system, LINES, &info, &metrics), -ENOENT);
	cr_assert_eq(frk_system_get_worker(NULL, 0, &info, &metrics), -EINVAL);
	cr_assert_eq(frk_system_get_worker(lines_system, 0, NULL, &metrics), -EINVAL);
	cr_assert_eq(frk_system_get_worker(lines_system, 0, &info, NULL), -EINVAL);
	lines_fini();
}

Test(crew_lines, s1_without_that_there_is_one_for_all)
{
	struct frk_driver_info info;
	struct frk_metrics metrics;

	lines_opts.worker_lines = 0;
	lines_build();
	lines_pass_ticks(0, 5);
	cr_assert_eq(frki_led_opened, 1);
	cr_assert_not(frki_led[0].align);
	cr_assert_eq(frk_system_get_worker(lines_system, 1, &info, &metrics), -ENOENT);
	lines_fini();
}

/* The CPU of a system is that of its first line where its workers do not say. */
Test(crew_lines, s1_the_first_line_has_the_cpu_of_the_system)
{
	lines_opts.cpu = lines_some_cpu();
	lines_build();
	cr_assert_eq(frki_led[0].cpu, lines_opts.cpu);
	cr_assert_eq(frki_led[1].cpu, 0);
	lines_fini();
}

/* --- timers */

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * FRK_S(1) + (uint64_t)now.tv_nsec;
}

/* Nobody but a thief can do that to an actor, and it does not come when it is called.
 * What it does in its turn it does where it is. */
static void move(struct frk_pid pid, uint32_t worker)
{
	struct frki_cell *cell = frki_pool_at(&lines_system->stage.cells, pid.index);

	while (atomic_load(&cell->turn))
		usleep(200);
	atomic_store(&cell->worker, (uint8_t)worker);
}

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
	sem_post(&lines_passed);
	return 0;
}

/* By its own line: that of the other worker does not make it fire. */
Test(crew_lines, s2_a_timer_fires_on_the_worker_that_armed_it)
{
	struct beats beats[LINES] = { 0 };
	unsigned int before;

	lines_opts.workers = LINES;
	lines_build();
	for (unsigned int i = 0; i < LINES; i++) {
		beats[i].mode = FRK_TIMER_SKIP;
		lines_spawn(beat, &beats[i], FRK_WORKER(i));
	}
	for (unsigned int i = 0; i < LINES; i++)
		lines_until(&beats[i].n, 20);
	frki_led[1].held = true;
	lines_pass_ticks(0, 5);
	before = beats[1].n;
	lines_pass_ticks(2, 20);
	cr_assert_eq(beats[1].n, before);
	frki_led[1].held = false;
	lines_until(&beats[1].n, before + 5);
	for (unsigned int i = 0; i < LINES; i++)
		cr_assert_eq(beats[i].elsewhere, 0);
	lines_fini();
}

/* A tick of the wheel is one of the line, and both are multiples of the period. */
Test(crew_lines, s2_due_times_are_on_the_grid_of_all_lines)
{
	static const char *const names[] = { "timerfd", "nanosleep" };

	lines_opts.driver = NULL;
	for (int i = 0; i < 2; i++) {
		struct beats beats = { .mode = FRK_TIMER_SKIP };

		lines_opts.driver_name = names[i];
		lines_build();
		lines_spawn(beat, &beats, FRK_WORKER(1));
		lines_until(&beats.n, 5);
		cr_assert_eq(beats.deadline_ns % FRK_MS(1), 0);
		lines_fini();
	}
}

Test(crew_lines, s2_a_timer_of_a_stolen_actor_can_be_cancelled)
{
	struct beats beats = { .every_ns = FRK_MS(50) };
	struct frk_timer_info left;
	pthread_t armed_by;
	struct frk_pid pid;

	lines_build();
	pid = lines_spawn(beat, &beats, FRK_WORKER(1));
	lines_tell(pid, GO);
	armed_by = beats.thread;
	move(pid, FRK_WORKER(0));
	lines_tell(pid, CANCEL);
	cr_assert_not(pthread_equal(armed_by, beats.thread));
	cr_assert_eq(beats.last, 0);
	/* That of GO is still there; and fires where it was armed. */
	cr_assert_eq(frk_system_list_timers(lines_system, &left, 1), 1);
	lines_until(&beats.n, 1);
	lines_pass_ticks(1, 60);
	cr_assert_eq(beats.n, 1);
	lines_fini();
}

/* With its end timers of both wheels are free again. */
Test(crew_lines, s2_the_end_of_an_actor_cancels_its_timers_on_all_wheels)
{
	struct beats beats = { .every_ns = FRK_S(100), .mode = FRK_TIMER_SKIP };
	struct frk_pid pid;

	lines_opts.timers_max = 2;
	lines_build();
	for (int i = 0; i < 3; i++) {
		pid = lines_spawn(beat, &beats, FRK_WORKER(1));
		move(pid, FRK_WORKER(0));
		lines_tell(pid, GO);
		cr_assert_eq(beats.last, 0);
		cr_assert_eq(frk_system_list_timers(lines_system, NULL, 0), 2);
		move(pid, FRK_WORKER(i % 2));
		cr_assert_eq(frk_system_stop_actor(lines_system, pid), 0);
		while (frk_system_list_timers(lines_system, NULL, 0))
			usleep(500);
	}
	lines_fini();
}

Test(crew_lines, s2_timers_of_all_wheels_are_counted_together)
{
	struct beats beats = { .mode = FRK_TIMER_SKIP };
	struct frk_timer_stats stats;

	lines_build();
	lines_spawn(beat, &beats, FRK_WORKER(1));
	lines_until(&beats.n, 10);
	cr_assert_eq(frk_system_get_timers(lines_system, &stats), 0);
	cr_assert_geq(stats.fired_total, 10);
	lines_fini();
}

/* --- time */

Test(crew_lines, s2_time_does_not_go_back_when_an_actor_moves)
{
	struct beats beats = { .every_ns = FRK_S(100) };
	uint64_t ahead_ns;
	struct frk_pid pid;

	lines_build();
	pid = lines_spawn(beat, &beats, FRK_WORKER(1));
	lines_pass_ticks(0, 5);
	frki_led[0].held = true;
	lines_pass_ticks(1, 50);
	lines_tell(pid, GO);
	ahead_ns = beats.now_ns;
	move(pid, FRK_WORKER(0));
	beats.every_ns = FRK_MS(5);
	lines_tell(pid, GO);
	cr_assert_geq(beats.now_ns, ahead_ns);
	/* And what was armed by that time on a wheel that is behind is not early. */
	ahead_ns = beats.now_ns;
	cr_assert_eq(beats.n, 0);
	frki_led[0].held = false;
	lines_until(&beats.n, 1);
	cr_assert_geq(beats.deadline_ns, ahead_ns + FRK_MS(5));
	cr_assert_geq(beats.now_ns, ahead_ns + FRK_MS(5));
	lines_fini();
}

/* All begin with the first line. */
Test(crew_lines, s2_there_is_no_time_before_the_first_line_has_ticked)
{
	struct beats beats = { .every_ns = FRK_MS(1), .mode = FRK_TIMER_SKIP };
	struct frk_pid pid;

	frki_led[0].held = true;
	lines_build();
	pid = lines_spawn(beat, &beats, FRK_WORKER(1));
	lines_pass_ticks(1, 20);
	lines_tell(pid, GO);
	cr_assert_eq(beats.now_ns, 0);
	cr_assert_eq(beats.n, 0);
	frki_led[0].held = false;
	lines_until(&beats.n, 10);
	cr_assert_leq(beats.now_ns, clock_ns());
	cr_assert_geq(beats.now_ns, clock_ns() - FRK_S(20));
	lines_fini();
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

	lines_opts.workers = LINES;
	lines_opts.period_ns = FRK_US(500);
	lines_build();
	for (unsigned int i = 0; i < 30; i++) {
		beats[i].every_ns = i * FRK_US(100);
		lines_spawn(watch_the_clock, &beats[i], i % (LINES + 1));
	}
	for (unsigned int i = 0; i < 30; i++)
		lines_until(&beats[i].n, 100);
	cr_assert_eq(early, 0);
	lines_fini();
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
	sem_post(&lines_passed);
	return 0;
}

Test(crew_lines, s5_silence_is_measured_by_one_time_wherever_the_actor_is)
{
	struct beats beats = { 0 };
	struct frk_pid pid;

	lines_build();
	pid = lines_spawn(fall_silent, &beats, FRK_WORKER(1));
	lines_pass_ticks(0, 5);
	frki_led[0].held = true;
	move(pid, FRK_WORKER(0));
	for (int i = 0; i < 5; i++) {
		lines_pass_ticks(1, 5);
		lines_tell(pid, GO);
	}
	lines_until(&beats.n, 1);
	/* From the last of five; a tick may have come before each was noticed. */
	cr_assert_geq(beats.deadline_ns, beats.now_ns + FRK_MS(200 + 4 * 4));
	lines_fini();
}

/* --- sleep and wake */

/* Ticks are far apart: it is the message that ends the sleep, and so does the end. */
Test(crew_lines, s1_a_worker_that_sleeps_on_its_line_is_woken)
{
	uint64_t began_ns = clock_ns();

	lines_opts.period_ns = FRK_S(30);
	lines_build();
	for (uint32_t i = 0; i < 2; i++) {
		struct frk_pid pid = lines_spawn(lines_pass, NULL, FRK_WORKER(i));

		for (int k = 0; k < 20; k++) {
			usleep(1000);
			lines_tell(pid, GO);
		}
	}
	lines_fini();
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
	sem_post(&lines_passed);
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
	lines_build();
	sem_init(&met, 0, 0);
	for (uint32_t i = 0; i < 2; i++) {
		behind = lines_spawn(unblock, NULL, 0);
		usleep(20000);
		lines_tell(lines_spawn(block, NULL, FRK_WORKER(i)), GO);
	}
	lines_fini();
}

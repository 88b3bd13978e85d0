// SPDX-License-Identifier: MIT
/*
 * idle_test.c - a system with nothing to do for a while: its driver is told until
 * when, and time is right whatever ends that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

#define START FRKI_SCRIPTED_START_NS
/* Ticks with nothing to do before it is worth it, and one to find that out. */
#define CALM 20

static struct frk_system *system_;
static struct frk_system_opts opts;

static void setup(void)
{
	struct frk_system_opts fresh = FRK_SYSTEM_OPTS(.driver = &frki_scripted_driver);

	opts = fresh;
}

static void teardown(void)
{
	frk_system_unref(system_);
}

TestSuite(idle, .init = setup, .fini = teardown, .timeout = 60);

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void build(void)
{
	cr_assert_eq(frk_system_build(&opts, &system_), 0);
	frki_scripted_settle();
}

/* Ticks until no more are needed. */
static void calm_down(void)
{
	for (int i = 0; i < CALM && !frki_scripted_idle_ns(); i++)
		frki_scripted_ticks(1);
	cr_assert_neq(frki_scripted_idle_ns(), 0);
}

static uint64_t after_ns;
static _Atomic uint64_t now_ns, fired_ns;

/* Asks for a message after a while: when it starts, if @state, and when it gets PING. */
static int ask(struct frk_context *context, const struct frk_message *message)
{
	now_ns = frk_context_now_ns(context);
	if (message->kind == TICK)
		fired_ns = now_ns;
	if (message->kind == PING ||
	    (message->kind == FRK_MESSAGE_STARTED && frk_context_state(context)))
		return frk_context_after(context, TICK, after_ns, NULL);
	return 0;
}

static struct frk_pid spawn(bool asks_first)
{
	struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.receive = ask, .state = asks_first ? &now_ns : NULL);
	struct frk_pid pid;

	cr_assert_eq(frk_system_spawn(system_, &actor, &pid), 0);
	frki_scripted_settle();
	return pid;
}

Test(idle, s2_without_a_timer_no_tick_is_needed)
{
	build();
	calm_down();
	cr_assert_eq(frki_scripted_idle_ns(), UINT64_MAX);
	cr_assert_eq(frki_scripted_calls().idle, 1);
}

Test(idle, s2_the_driver_is_armed_for_the_next_timer)
{
	build();
	frki_scripted_ticks(1);
	after_ns = FRK_MS(500);
	spawn(true);
	calm_down();
	/* Asked for behind the first tick: due at the tick after 500 more. */
	cr_assert_geq(frki_scripted_idle_ns(), START + FRK_MS(501));
	cr_assert_leq(frki_scripted_idle_ns(), START + FRK_MS(502));
	frki_scripted_put_idle(frki_scripted_idle_ns());
	frki_scripted_settle();
	cr_assert_geq(fired_ns, START + FRK_MS(501));
	cr_assert_leq(fired_ns, START + FRK_MS(502));
}

Test(idle, s2_a_timer_that_is_soon_is_not_worth_it)
{
	build();
	frki_scripted_ticks(1);
	after_ns = FRK_MS(10);
	spawn(true);
	frki_scripted_ticks(9);
	cr_assert_eq(frki_scripted_calls().idle, 0);
}

Test(idle, r1_4_a_system_that_works_never_idles)
{
	struct counter counter = { 0 };

	build();
	spawn_counter(system_, &counter);
	frki_scripted_ticks(10 * CALM);
	cr_assert_eq(frki_scripted_calls().idle, 0);
}

Test(idle, r1_2_it_can_be_forbidden)
{
	opts.never_idle = 1;
	build();
	frki_scripted_ticks(10 * CALM);
	cr_assert_eq(frki_scripted_calls().idle, 0);
}

Test(idle, s2_a_message_finds_the_time_as_it_is)
{
	struct frk_pid pid;

	build();
	pid = spawn(false);
	calm_down();
	cr_assert_eq(frki_scripted_idle_ns(), UINT64_MAX);
	frki_scripted_clock(START + FRK_MS(700) + 10);
	after_ns = FRK_MS(5);
	now_ns = 0;
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
	while (!now_ns)
		sleep_ms(1);
	frki_scripted_settle();
	cr_assert_eq(now_ns, START + FRK_MS(700), "%lld", (long long)(now_ns - START));
	cr_assert_eq(frki_scripted_idle_ns(), 0);
	/* Never early: counted from now, not from the last tick before. */
	frki_scripted_ticks(4);
	cr_assert_eq(fired_ns, 0);
	frki_scripted_ticks(1);
	cr_assert_eq(fired_ns, START + FRK_MS(705));
}

/* A tick that was made before the driver knew is none that ends the idle time. */
Test(idle, s2_a_tick_that_was_on_its_way_does_not_end_it)
{
	struct frk_pid pid;

	build();
	pid = spawn(false);
	calm_down();
	frki_scripted_ticks(1);
	/* Taken for the end, the driver would go on idling, and time would stand. */
	cr_assert_eq(frki_scripted_idle_ns(), 0, "the driver was not asked again");
	calm_down();
	frki_scripted_clock(START + FRK_MS(900) + 10);
	now_ns = 0;
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
	while (!now_ns)
		sleep_ms(1);
	cr_assert_eq(now_ns, START + FRK_MS(900));
}

Test(idle, s2_a_run_ends_when_it_was_to)
{
	opts.run_ns = FRK_S(3);
	build();
	calm_down();
	cr_assert_eq(frki_scripted_idle_ns(), START + FRK_S(3));
	frki_scripted_put_idle(START + FRK_S(3));
	cr_assert_eq(frk_system_run(system_), 0);
}

Test(idle, s2_a_driver_that_refuses_is_asked_again_later)
{
	frki_scripted_faults.idle = -EBUSY;
	build();
	frki_scripted_ticks(100);
	cr_assert_geq(frki_scripted_calls().idle, 2);
	cr_assert_leq(frki_scripted_calls().idle, 100 / 16 + 1);
	frki_scripted_faults.idle = 0;
	calm_down();
	cr_assert_eq(frki_scripted_idle_ns(), UINT64_MAX);
}

Test(idle, s9_what_is_to_be_told_is_told_before)
{
	static const struct frk_pid nobody = { .index = 1, .life = 9 };
	struct frk_subscription *events;
	struct frk_event event;
	uint64_t told = 0;

	build();
	frk_subscription_open(system_, FRK_EVENT_DEAD_LETTER, 0, &events);
	for (int i = 0; i < 50; i++)
		frk_system_send(system_, nobody, PING, NULL, 0);
	calm_down();
	cr_assert_eq(frki_scripted_idle_ns(), UINT64_MAX);
	while (frk_subscription_next(events, &event) > 0)
		told += event.dead_letter.count;
	cr_assert_eq(told, 50);
	frk_subscription_close(events);
}

/* --- on a clock ------------------------------------------------------------------ */

TestSuite(idle_clock, .init = setup, .fini = teardown, .timeout = 60);

static void build_on(const char *driver)
{
	opts.driver = NULL;
	opts.driver_name = driver;
	opts.silent_periods = 1000;
	cr_assert_eq(frk_system_build(&opts, &system_), 0);
}

static uint64_t ticks_total(void)
{
	struct frk_metrics metrics;

	cr_assert_eq(frk_system_get_metrics(system_, &metrics), 0);
	return metrics.ticks_total;
}

/* Until it ticks no more. */
static void settle(void)
{
	uint64_t before = 0;

	for (int i = 0; i < 100 && (!before || ticks_total() != before); i++) {
		before = ticks_total();
		sleep_ms(100);
	}
	cr_assert_eq(ticks_total(), before, "it never idles");
}

/* How often the threads of this process went to sleep, but for the calling one. */
static uint64_t sleeps(void)
{
	char line[256], path[64];
	uint64_t sum = 0;
	FILE *tasks = popen("ls /proc/$PPID/task", "r");
	FILE *status;

	cr_assert_not_null(tasks);
	while (fgets(line, sizeof(line), tasks)) {
		if (atoi(line) == gettid())
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/status", atoi(line));
		status = fopen(path, "r");
		while (status && fgets(line, sizeof(line), status))
			if (!strncmp(line, "voluntary_ctxt_switches:", 24))
				sum += strtoull(line + 24, NULL, 10);
		if (status)
			fclose(status);
	}
	pclose(tasks);
	return sum;
}

static void assert_no_wakeup(const char *driver)
{
	uint64_t before, woke = 1;

	build_on(driver);
	settle();
	/* A thread that has still to fall asleep is let do so; one that wakes up does
	 * it every time. */
	for (int i = 0; i < 10 && woke; i++) {
		before = sleeps();
		sleep_ms(300);
		woke = sleeps() - before;
	}
	cr_assert_eq(woke, 0, "%s: threads woke up", driver);
}

Test(idle_clock, s2_no_thread_wakes_up_timerfd)
{
	assert_no_wakeup("timerfd");
}

Test(idle_clock, s2_no_thread_wakes_up_nanosleep)
{
	assert_no_wakeup("nanosleep");
}

static void assert_fires(const char *driver)
{
	struct frk_subscription *events;
	struct frk_event event;
	struct frk_pid pid;

	build_on(driver);
	frk_subscription_open(system_, FRK_EVENT_DRIVER_STOPPED, 100, &events);
	settle();
	/* Twice the silence that is too long. */
	after_ns = FRK_S(2);
	{
		struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = ask);

		cr_assert_eq(frk_system_spawn(system_, &actor, &pid), 0);
	}
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
	while (!fired_ns)
		sleep_ms(1);
	cr_assert_geq(fired_ns - now_ns, 0);
	cr_assert_lt(frk_subscription_next(events, &event), 1, "it was taken for silent");
	frk_subscription_close(events);
}

Test(idle_clock, r2_3_an_idle_line_is_not_silent_timerfd)
{
	assert_fires("timerfd");
}

Test(idle_clock, r2_3_an_idle_line_is_not_silent_nanosleep)
{
	assert_fires("nanosleep");
}

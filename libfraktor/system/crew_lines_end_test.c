// SPDX-License-Identifier: MIT
/*
 * crew_lines_end_test.c - workers with tick lines: what becomes of a system of which one
 * line ends, what is told of lines, and what is refused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/crew_lines_test.h"
#include "testing/led_driver.h"
#include "testing/manual_driver.h"

TestSuite(crew_lines_end, .init = lines_setup, .timeout = 60);

/* --- the end */

Test(crew_lines_end, s1_the_first_line_says_when_the_run_is_over)
{
	struct frk_pid pid;

	lines_opts.run_ns = FRK_MS(20);
	frki_led[0].held = true;
	lines_build();
	pid = lines_spawn(lines_pass, NULL, FRK_WORKER(1));
	lines_pass_ticks(1, 60);
	lines_tell(pid, GO);
	frki_led[0].held = false;
	cr_assert_eq(frk_system_run(lines_system), 0);
	lines_fini();
}

static void assert_ended_by_worker_1(int ret, enum frk_stop_reason reason)
{
	struct frk_subscription *events;
	struct frk_event event;

	cr_assert_eq(frk_subscription_open(lines_system, FRK_EVENT_DRIVER_STOPPED, 100, &events), 0);
	cr_assert_eq(frk_system_run(lines_system), ret);
	cr_assert_eq(lines_error.code, ret);
	cr_assert_str_eq(lines_error.driver, "led");
	cr_assert_not_null(strstr(lines_error.text, "worker 1"), "%s", lines_error.text);
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

Test(crew_lines_end, s1_a_line_that_ends_ends_the_system_and_its_worker_is_named)
{
	struct counter counter = { 0 };
	unsigned int had_threads = threads(), had_files = files();

	lines_build();
	lines_spawn(count, &counter, FRK_WORKER(1));
	lines_until(&counter.ticks, 10);
	frki_led[1].ended = true;
	assert_ended_by_worker_1(-ESHUTDOWN, FRK_STOP_ENDED);
	cr_assert_not_null(strstr(lines_error.text, "it was led away"), "%s", lines_error.text);
	cr_assert_eq(counter.stopped, 1);
	lines_fini();
	cr_assert(threads_become(had_threads));
	cr_assert_eq(files(), had_files);
}

Test(crew_lines_end, s1_so_does_one_that_breaks)
{
	lines_build();
	lines_pass_ticks(1, 5);
	frki_led[1].broken = true;
	assert_ended_by_worker_1(-EIO, FRK_STOP_BROKEN);
	lines_fini();
}

/* Its worker goes on without it while the others end. */
Test(crew_lines_end, s1_s10_a_worker_without_its_line_runs_its_actors_to_the_end)
{
	const struct frk_actor_opts late = FRK_ACTOR_OPTS(
		.receive = lines_pass, .worker = FRK_WORKER(1), .stop_phase = 1);
	struct frk_pid pid;

	lines_build();
	cr_assert_eq(frk_system_spawn(lines_system, &late, &pid), 0);
	lines_tell(pid, GO);
	frki_led[1].ended = true;
	cr_assert_eq(frk_system_run(lines_system), -ESHUTDOWN);
	lines_fini();
}

Test(crew_lines_end, s1_the_stop_policy_is_for_each_line)
{
	lines_opts.stop_policy = FRK_STOP_RETRY;
	lines_opts.retry_backoff_ns = FRK_MS(2);
	lines_build();
	lines_pass_ticks(1, 5);
	frki_led[1].ended = true;
	while (frki_led_opened < 3)
		usleep(500);
	lines_pass_ticks(1, 20);
	cr_assert_str_eq(frki_led[2].name, "crew.1");
	frk_system_stop(lines_system);
	cr_assert_eq(frk_system_run(lines_system), 0);
	lines_fini();
}

/* --- what is told */

Test(crew_lines_end, s9_ticks_of_each_line_are_told_with_its_worker)
{
	struct frk_subscription *events;
	struct frk_event event = { 0 };
	bool told[2] = { 0 };

	lines_build();
	cr_assert_eq(frk_subscription_open(lines_system, FRK_EVENT_TICK_METRICS, 0, &events), 0);
	while (!told[0] || !told[1]) {
		frk_subscription_wait(events, FRK_S(1));
		if (frk_subscription_next(events, &event) == 1)
			told[event.metrics.worker] = true;
	}
	frk_subscription_close(events);
	lines_fini();
}

Test(crew_lines_end, s1_the_summary_has_a_line_for_each_worker)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	lines_build();
	lines_pass_ticks(1, 5);
	cr_assert_eq(frk_report_summary(lines_system, stream), 0);
	fclose(stream);
	cr_assert_eq(strncmp(text, "fraktor: driver=led ", 20), 0, "%s", text);
	cr_assert_not_null(strstr(text, "\nfraktor: worker=1 driver=led ticks="), "%s", text);
	cr_assert_null(strstr(text, "worker=2"));
	free(text);
	lines_fini();
}

/* --- what does not go */

static void assert_refused(const char *word)
{
	struct frk_system *none = (void *)0x1;

	cr_assert_eq(frk_system_build(&lines_opts, &none), -EINVAL, "%s", word);
	cr_assert_not_null(strstr(lines_error.text, word), "%s", lines_error.text);
	cr_assert_eq(none, (void *)0x1);
	cr_assert_eq(frki_led_opened, 0);
	lines_setup();
}

Test(crew_lines_end, s1_what_does_not_go_with_lines_is_refused_with_its_name)
{
	static const struct frk_driver_member member = { .driver = &frk_driver_timerfd };
	struct frk_tick_feed *feed;

	lines_opts.workers = 1;
	assert_refused("worker_lines with one worker");
	lines_opts.workers = 0;
	assert_refused("worker_lines with one worker");
	lines_opts.driver = &frki_driver_manual;
	assert_refused("simulated");
	lines_opts.seed = 1;
	assert_refused("seed");
	lines_opts.log_path = "/tmp/x";
	assert_refused("log_path");
	lines_opts.dispatcher = &frk_dispatcher_priority;
	assert_refused("dispatcher");
	lines_opts.members = &member;
	lines_opts.members_n = 1;
	assert_refused("worker_lines with members");
	lines_opts.name = "twenty-nine bytes is too much";
	assert_refused("1 to 28 bytes with worker_lines");
	cr_assert_eq(frk_tick_feed_new(64, &feed), 0);
	lines_opts.feed = feed;
	assert_refused("worker_lines with feed");
	frk_tick_feed_unref(feed);
}

Test(crew_lines_end, s1_a_line_that_cannot_be_had_leaves_nothing_running)
{
	const struct frk_worker_opts where[LINES] = { { 0 }, { 0 }, { .cpu = lines_some_cpu() } };
	unsigned int had_threads = threads(), had_files = files();

	lines_opts.workers = LINES;
	lines_opts.worker_opts = where;
	for (frki_led_fails_at = 1; frki_led_fails_at <= LINES; frki_led_fails_at++) {
		char word[48] = "no such luck";

		frki_led_opened = 0;
		cr_assert_eq(frk_system_build(&lines_opts, &lines_system), -EIO);
		cr_assert_eq(frki_led_opened, frki_led_fails_at - 1);
		if (frki_led_fails_at == LINES)
			snprintf(word, sizeof(word), "worker 2 on CPU %u: no such luck",
				 where[2].cpu - 1);
		else if (frki_led_fails_at > 1)
			snprintf(word, sizeof(word), "worker 1: no such luck");
		cr_assert_not_null(strstr(lines_error.text, word), "%s", lines_error.text);
		cr_assert(threads_become(had_threads));
		cr_assert_eq(files(), had_files);
	}
}

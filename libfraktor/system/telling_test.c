// SPDX-License-Identifier: MIT
/*
 * telling_test.c - what a system says about its timers and its messages.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/scripted_driver.h"

TestSuite(timers, .timeout = 30);

static atomic_int gate;

static int wait_at_gate(struct frk_context *context,
			const struct frk_message *message)
{
	(void)context;
	if (message->kind == PING)
		while (!gate)
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	return 0;
}

Test(timers, s2_late_and_missed_ones_are_counted_and_told)
{
	struct counter counter = { .then = wait_at_gate };
	struct frk_system *system = build_scripted(0);
	struct frk_pid pid = spawn_counter(system, &counter);
	struct frk_timer_stats stats;

	frki_scripted_settle();
	frki_scripted_ticks(10);
	frki_scripted_settle();
	cr_assert_eq(frk_system_get_timers(system, &stats), 0);
	cr_assert_eq(stats.fired_total, 10);
	cr_assert_eq(stats.late_total, 0);
	frk_system_send(system, pid, PING, NULL, 0);
	while (!counter.pings)
		;
	frki_scripted_batch(100);
	gate = 1;
	frki_scripted_settle();
	cr_assert_eq(frk_system_get_timers(system, &stats), 0);
	cr_assert_eq(stats.fired_total, 11);
	cr_assert_eq(stats.late_total, 1);
	cr_assert_eq(stats.late_max_ticks, 99);
	cr_assert_eq(stats.missed_total, 99);
	frk_system_unref(system);
}

Test(timers, s2_late_ones_are_told_once_in_a_second_of_ticks)
{
	struct counter counter = { 0 };
	struct frk_system *system = build_scripted(0);
	struct frk_subscription *events;
	struct frk_event event;
	char text[200] = "";
	FILE *stream = fmemopen(text, sizeof(text), "w");

	cr_assert_eq(frk_subscription_open(system, FRK_EVENT_TIMERS_LATE, 0, &events),
		     0);
	spawn_counter(system, &counter);
	frki_scripted_settle();
	frki_scripted_ticks(10);
	frki_scripted_settle();
	/* One tick for fifty, then the rest of a second. */
	frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_MS(11), 50);
	frki_scripted_settle();
	cr_assert_eq(frk_subscription_next(events, &event), 0);
	frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_MS(1100), 1);
	frki_scripted_settle();
	cr_assert_eq(frk_subscription_next(events, &event), 1);
	cr_assert_eq(event.key, FRK_EVENT_TIMERS_LATE);
	cr_assert_geq(event.timers.since.late_total, 1);
	cr_assert_geq(event.timers.since.missed_total, 49);
	cr_assert_eq(frk_event_print(&event, stream), 0);
	fclose(stream);
	cr_assert_not_null(strstr(text, " timers-late fired="), "%s", text);
	/* Nothing new: nothing told. */
	for (uint64_t ms = 1101; ms <= 2300; ms++) {
		frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_MS(ms), 1);
		frki_scripted_settle();
	}
	cr_assert_eq(frk_subscription_next(events, &event), 0);
	frk_subscription_close(events);
	frk_system_unref(system);
}

Test(timers, refuse_null)
{
	struct frk_timer_stats stats;

	cr_assert_eq(frk_system_get_timers(NULL, &stats), -EINVAL);
}

/* --- dead letters */

TestSuite(dead_letters, .timeout = 30);

static const struct frk_pid nobody = { .index = 5, .life = 77 };

static uint64_t dead(struct frk_system *system, enum frk_dead_reason reason)
{
	struct frk_dead_letters letters;

	cr_assert_eq(frk_system_get_dead_letters(system, &letters), 0);
	return letters.by_reason[reason];
}

Test(dead_letters, s9_each_is_counted_and_told_with_its_reason)
{
	struct frk_system *system = build_scripted(0);
	struct frk_subscription *events;
	struct frk_event event;

	frk_subscription_open(system, FRK_EVENT_DEAD_LETTER, 0, &events);
	cr_assert_eq(frk_system_send(system, nobody, PING, NULL, 0), -ESTALE);
	cr_assert_eq(dead(system, FRK_DEAD_STALE), 1);
	cr_assert_eq(frk_subscription_next(events, &event), 1);
	cr_assert_eq(event.dead_letter.to.life, 77);
	cr_assert_eq(event.dead_letter.sender.life, 0);
	cr_assert_eq(event.dead_letter.kind, PING);
	cr_assert_eq(event.dead_letter.reason, FRK_DEAD_STALE);
	cr_assert_eq(event.dead_letter.count, 1);
	frk_subscription_close(events);
	frk_system_unref(system);
}

Test(dead_letters, s9_a_flood_is_told_a_few_times_and_then_counted)
{
	struct frk_system *system = build_scripted(0);
	struct frk_subscription *events;
	struct frk_event event;
	uint64_t told = 0, n = 0;

	frk_subscription_open(system, FRK_EVENT_DEAD_LETTER, 0, &events);
	for (int i = 0; i < 1000; i++)
		frk_system_send(system, nobody, PING, NULL, 0);
	cr_assert_eq(dead(system, FRK_DEAD_STALE), 1000);
	frki_scripted_put(FRKI_SCRIPTED_START_NS, 1);
	frki_scripted_put(FRKI_SCRIPTED_START_NS + FRK_S(1), 1000);
	frki_scripted_settle();
	for (; frk_subscription_next(events, &event) == 1; n++)
		told += event.dead_letter.count;
	cr_assert_eq(told, 1000);
	cr_assert_leq(n, 10);
	/* And told again in the next second. */
	frk_system_send(system, nobody, PING, NULL, 0);
	cr_assert_eq(frk_subscription_next(events, &event), 1);
	cr_assert_eq(event.dead_letter.kind, PING);
	frk_subscription_close(events);
	frk_system_unref(system);
}

Test(dead_letters, s9_what_was_held_back_is_told_at_the_end)
{
	struct frk_system *system = build_scripted(0);
	struct frk_subscription *events;
	struct frk_event event;
	uint64_t told = 0;

	frk_subscription_open(system, FRK_EVENT_DEAD_LETTER, 0, &events);
	for (int i = 0; i < 100; i++)
		frk_system_send(system, nobody, PING, NULL, 0);
	frk_system_stop(system);
	frk_system_run(system);
	while (frk_subscription_next(events, &event) == 1)
		told += event.dead_letter.count;
	cr_assert_eq(told, 100);
	frk_subscription_close(events);
	frk_system_unref(system);
}

Test(dead_letters, refuse_null)
{
	struct frk_dead_letters letters;

	cr_assert_eq(frk_system_get_dead_letters(NULL, &letters), -EINVAL);
}

// SPDX-License-Identifier: MIT
/*
 * testing_test.c - a system whose time is the test's: it passes when it is told to, by as
 * much, and whatever happens in it happens at its time.
 */
#include "testing/testing_test.h"

TestSuite(testing, .init = build, .fini = done, .timeout = 60);

#define BEATS_MAX 128

static uint64_t at_ns[BEATS_MAX], first_ns;
static unsigned int beats;

/* Beats as often as @state says, and notes when. */
static int beat(struct frk_context *context, const struct frk_message *message)
{
	const uint64_t *interval_ns = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STARTED)
		return frk_context_every(context, BEAT, *interval_ns, NULL);
	if (message->kind == BEAT && beats < BEATS_MAX)
		at_ns[beats++] = frk_context_now_ns(context);
	return 0;
}

static void spawn_beat(uint64_t *interval_ns)
{
	struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.name = "beat", .receive = beat, .state = interval_ns);

	beats = 0;
	cr_assert_eq(frk_system_spawn(frk_testing_system(testing), &actor, NULL), 0);
	frk_testing_settle(testing);
}

Test(testing, r3_3_time_stands_until_the_test_says_so)
{
	uint64_t interval_ns = FRK_MS(1);
	struct frk_driver_info info = { 0 };

	spawn_beat(&interval_ns);
	cr_assert_eq(beats, 0);
	cr_assert_eq(frk_testing_passed_ns(testing), 0);
	cr_assert_eq(frk_testing_ticks(testing, 3), 0);
	cr_assert_eq(beats, 3);
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(3));
	frk_system_get_driver(frk_testing_system(testing), &info);
	cr_assert_str_eq(info.name, "scripted");
}

Test(testing, r3_3_an_hour_passes_from_one_timer_to_the_next)
{
	uint64_t interval_ns = FRK_S(60);
	struct frk_timer_stats stats = { 0 };

	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	spawn_beat(&interval_ns);
	first_ns = frk_testing_passed_ns(testing);
	cr_assert_eq(frk_testing_pass(testing, FRK_S(3600)), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), first_ns + FRK_S(3600));
	cr_assert_eq(beats, 60);
	for (unsigned int i = 1; i < beats; i++)
		cr_assert_eq(at_ns[i] - at_ns[i - 1], FRK_S(60));
	frk_system_get_timers(frk_testing_system(testing), &stats);
	cr_assert_eq(stats.late_total, 0);
	cr_assert_eq(stats.missed_total, 0);
}

Test(testing, r3_3_time_before_the_first_tick_counts)
{
	uint64_t interval_ns = FRK_MS(10);

	spawn_beat(&interval_ns);
	cr_assert_eq(frk_testing_pass(testing, FRK_MS(100)), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(100));
	cr_assert_eq(beats, 10);
}

Test(testing, r3_3_part_of_a_period_is_a_whole_one)
{
	cr_assert_eq(frk_testing_pass(testing, 0), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), 0);
	cr_assert_eq(frk_testing_pass(testing, 1), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(1));
	cr_assert_eq(frk_testing_pass(testing, FRK_MS(1) + 1), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(3));
}

Test(testing, r3_3_days_without_a_timer_pass_at_once)
{
	cr_assert_eq(frk_testing_pass(testing, FRK_S(86400) * 365), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_S(86400) * 365);
}

Test(testing, r3_3_a_system_that_has_ended_has_no_time)
{
	assert_fine(frk_testing_stop(testing));
	cr_assert_eq(frk_testing_ticks(testing, 1), -ESHUTDOWN);
	cr_assert_eq(frk_testing_pass(testing, 1), -ESHUTDOWN);
	cr_assert_eq(frk_testing_passed_ns(testing), 0);
}

Test(testing, r3_3_a_run_ends_when_its_time_has_passed)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "auto", .period_ns = FRK_MS(1), .run_ns = FRK_MS(5));

	done();
	cr_assert_eq(frk_testing_build(&opts, &testing), 0);
	cr_assert_eq(frk_testing_ticks(testing, 5), 0);
	cr_assert_eq(frk_testing_ticks(testing, 1), -ESHUTDOWN);
	cr_assert_eq(frk_system_run(frk_testing_system(testing)), 0);
}

Test(testing, r3_3_one_such_system_at_a_time)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "auto");
	struct frk_testing *other = NULL;

	cr_assert_eq(frk_testing_build(&opts, &other), -EBUSY);
	cr_assert_null(other);
	done();
	cr_assert_eq(frk_testing_build(&opts, &other), 0);
	frk_testing_unref(other);
}

Test(testing, r3_3_the_machine_and_its_environment_do_not_count)
{
	struct frk_driver_entry none = { 0 };
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "nothing of that name", .cpu = FRK_CPU(4095),
				.rt_priority = 99, .env = 1, .drivers = &none, .drivers_n = 1);

	done();
	setenv("FRAKTOR_PERIOD_US", "7", 1);
	cr_assert_eq(frk_testing_build(&opts, &testing), 0);
	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	cr_assert_eq(frk_testing_passed_ns(testing), FRK_MS(1));
}

static unsigned int received, sent;

static int see_received(void *data, struct frk_context *context,
			const struct frk_message *message)
{
	(void)data;
	(void)context;
	received++;
	return message->kind == NOTE;
}

static int see_sent(void *data, struct frk_pid from, struct frk_pid to, uint32_t kind,
		    const void *payload, size_t size)
{
	(void)data;
	(void)from;
	(void)to;
	(void)payload;
	(void)size;
	sent++;
	return kind == QUIT ? -EPERM : 0;
}

Test(testing, r3_3_filters_of_the_application_are_asked)
{
	static const frk_receive_filter_fn receive[] = { see_received };
	static const frk_send_filter_fn send[] = { see_sent };
	static const struct frk_filters filters = FRK_FILTERS(
		.receive = receive, .receive_n = 1, .send = send, .send_n = 1);
	struct frk_system *system;

	done();
	build_with(&filters);
	system = frk_testing_system(testing);
	cr_assert_eq(frk_system_send(system, keeper, NOTE, NULL, 0), 0);
	cr_assert_eq(frk_system_send(system, keeper, QUIT, NULL, 0), -EPERM);
	frk_testing_settle(testing);
	cr_assert_eq(received, 1);
	cr_assert_eq(sent, 2);
	assert_fine(frk_testing_check(testing));
}

Test(testing, r3_3_bad_arguments)
{
	static const struct frk_filters wrong = FRK_FILTERS(.receive_n = 1);
	struct frk_system_opts opts =
		FRK_SYSTEM_OPTS(.driver_name = "auto", .filters = &wrong);
	struct frk_testing *other = NULL;

	cr_assert_eq(frk_testing_build(NULL, &other), -EINVAL);
	cr_assert_eq(frk_testing_build(&opts, NULL), -EINVAL);
	done();
	cr_assert_eq(frk_testing_build(&opts, &other), -EINVAL);
	opts.filters = NULL;
	opts.size = 1;
	cr_assert_eq(frk_testing_build(&opts, &other), -EINVAL);
	cr_assert_null(other);
	cr_assert_eq(frk_testing_ticks(NULL, 1), -EINVAL);
	cr_assert_eq(frk_testing_pass(NULL, 1), -EINVAL);
	cr_assert_eq(frk_testing_stop(NULL), -EINVAL);
	cr_assert_eq(frk_testing_check(NULL), -EINVAL);
	cr_assert_eq(frk_testing_passed_ns(NULL), 0);
	cr_assert_null(frk_testing_system(NULL));
	cr_assert_str_eq(frk_testing_text(NULL), "");
	frk_testing_settle(NULL);
	frk_testing_mark(NULL);
	frk_testing_heal(NULL);
	cr_assert_null(frk_testing_unref(NULL));
}

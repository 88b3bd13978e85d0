// SPDX-License-Identifier: MIT
/*
 * config_test.c - the builder's options: defaults, bad ones, and the
 * environment over them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/config.h"
#include "testing/scripted_driver.h"

static struct frk_error error;
static struct frki_config config;
static struct frk_system_opts opts;

static void setup(void)
{
	struct frk_system_opts fresh =
		FRK_SYSTEM_OPTS(.driver_name = "timerfd", .error = &error);

	opts = fresh;
	memset(&error, 0, sizeof(error));
	memset(&config, 0xff, sizeof(config));
}

TestSuite(config, .init = setup);
TestSuite(environment, .init = setup);

static void assert_refused(const char *word)
{
	cr_assert_eq(frki_config_init(&config, &opts), -EINVAL);
	cr_assert_eq(error.code, -EINVAL);
	cr_assert_not_null(strstr(error.text, word), "\"%s\" lacks %s",
			   error.text, word);
	cr_assert_str_eq(error.call, "frk_system_build");
	/* Untouched on failure. */
	cr_assert_eq(((unsigned char *)&config)[0], 0xff);
	setup();
}

Test(config, fills_in_what_is_left_open)
{
	char name[32];

	snprintf(name, sizeof(name), "fraktor-%d", getpid());
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frk_driver_timerfd);
	cr_assert_eq(config.opts.period_ns, FRK_MS(1));
	cr_assert_eq(config.opts.clockid, CLOCK_MONOTONIC);
	cr_assert_eq(config.opts.feed_slots, 1024);
	cr_assert_eq(config.opts.actors_max, 64);
	cr_assert_eq(config.opts.messages_max, 1024);
	cr_assert_eq(config.opts.timers_max, 256);
	cr_assert_eq(config.opts.watches_max, 128);
	cr_assert_eq(config.opts.trays_max, 64);
	cr_assert_eq(config.run_ticks, 0);
	cr_assert_str_eq(config.opts.name, name);
	cr_assert_eq(error.code, 0);
}

Test(config, s1_turns_that_are_timed_do_not_repeat)
{
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.turn_messages, 16);
	cr_assert_eq(config.opts.turn_max_ns, 0);
	setup();
	opts.turn_max_ns = FRK_US(50);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	setup();
	opts.turn_max_ns = UINT64_MAX;
	assert_refused("turn_max_ns");
	opts.turn_messages = UINT32_MAX;
	assert_refused("turn_messages");
	opts.turn_max_ns = 1;
	opts.seed = 1;
	assert_refused("turn_max_ns");
	opts.turn_max_ns = 1;
	opts.log_path = "/dev/shm/none";
	assert_refused("turn_max_ns");
	opts.turn_max_ns = 1;
	opts.driver_name = NULL;
	opts.driver = &frki_scripted_driver;
	assert_refused("turn_max_ns");
}

Test(config, s12_a_dispatcher_is_whole_and_has_one_worker)
{
	struct frk_dispatcher_ops half = frk_dispatcher_priority;

	opts.dispatcher = &frk_dispatcher_priority;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	setup();
	half.pop = NULL;
	opts.dispatcher = &half;
	assert_refused("dispatcher");
	half = frk_dispatcher_priority;
	half.size = 8;
	opts.dispatcher = &half;
	assert_refused("dispatcher");
	half = frk_dispatcher_priority;
	half.state_size = SIZE_MAX;
	opts.dispatcher = &half;
	assert_refused("dispatcher");
	opts.dispatcher = &frk_dispatcher_priority;
	opts.workers = 2;
	assert_refused("dispatcher");
	opts.dispatcher = &frk_dispatcher_priority;
	opts.seed = 7;
	assert_refused("dispatcher");
}

Test(config, s5_a_crowd_does_not_get_a_tray_each_unless_that_is_asked_for)
{
	opts.actors_max = 10000;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.trays_max, 256);
	opts.trays_max = 10000;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.trays_max, 10000);
}

Test(config, rounds_the_run_up_to_whole_periods)
{
	opts.run_ns = FRK_S(10);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.run_ticks, 10000);
	opts.run_ns = FRK_MS(1) + 1;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.run_ticks, 2);
	opts.run_ns = 1;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.run_ticks, 1);
}

Test(config, r2_2_the_feed_is_as_large_as_the_timers_need)
{
	static const struct {
		uint32_t timers, slots;
	} sizes[] = {
		{ 1, 1024 }, { 10240, 1024 }, { 10241, 4096 },
		{ 25600, 4096 }, { 25601, 65536 }, { 1 << 20, 65536 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		opts.timers_max = sizes[i].timers;
		cr_assert_eq(frki_config_init(&config, &opts), 0);
		cr_assert_eq(config.opts.feed_slots, sizes[i].slots);
	}
	opts.feed_slots = 64;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.feed_slots, 64);
}

Test(config, needs_exactly_one_driver)
{
	opts.driver_name = NULL;
	assert_refused("no tick driver");
	opts.driver = &frki_scripted_driver;
	assert_refused("two tick drivers");
	opts.driver_name = "sundial";
	assert_refused("\"sundial\"");
	opts.driver_name = "";
	assert_refused("unknown tick driver");
	opts.driver_name = NULL;
	opts.driver = &frki_scripted_driver;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frki_scripted_driver);
}

Test(config, names_the_driver_that_does_not_exist)
{
	opts.driver_name = "sundial";
	cr_assert_eq(frki_config_init(&config, &opts), -EINVAL);
	cr_assert_str_eq(error.driver, "sundial");
}

Test(config, r3_2_the_manual_driver_is_not_for_production)
{
	opts.driver_name = "manual";
	cr_assert_eq(frki_config_init(&config, &opts), -EOPNOTSUPP);
	cr_assert_str_eq(error.driver, "manual");
	setenv("FRAKTOR_DRIVER", "manual", 1);
	opts.driver_name = "timerfd";
	opts.env = 1;
	cr_assert_eq(frki_config_init(&config, &opts), -EOPNOTSUPP);
}

Test(config, r2_1_drivers_of_the_application_have_names_like_any_other)
{
	const struct frk_driver_entry mine[] = { { &frki_scripted_driver, 1000 } };

	opts.drivers = mine;
	opts.drivers_n = 1;
	opts.driver_name = "scripted";
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frki_scripted_driver);
	setenv("FRAKTOR_DRIVER", "scripted", 1);
	opts.driver_name = "timerfd";
	opts.env = 1;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frki_scripted_driver);
}

Test(config, r2_1_what_is_wrong_with_drivers_is_said)
{
	const struct frk_driver_entry mine[] = { { &frki_scripted_driver, 1000 } };

	opts.drivers = mine;
	opts.drivers_n = 1;
	opts.driver_name = "sundial";
	assert_refused("\"auto\", \"scripted\", \"kernel\"");
	opts.drivers_n = 1;
	assert_refused("drivers");
}

Test(config, r3_4_auto_leaves_the_driver_open)
{
	opts.driver_name = "auto";
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_null(config.driver);
	cr_assert_str_eq(frki_config_driver_name(&config), "auto");
}

Test(config, refuses_what_makes_no_sense)
{
	opts.period_ns = (1ULL << 62) + 1;
	assert_refused("period_ns");
	opts.run_ns = UINT64_MAX;
	assert_refused("run_ns");
	opts.clockid = CLOCK_PROCESS_CPUTIME_ID;
	assert_refused("clockid");
	opts.cpu = FRK_CPU(1024);
	assert_refused("cpu");
	opts.cpu = UINT32_MAX;
	assert_refused("cpu");
	opts.rt_priority = 100;
	assert_refused("rt_priority");
	opts.rt_priority = -1;
	assert_refused("rt_priority");
	opts.feed_slots = 1000;
	assert_refused("feed_slots");
	opts.feed_slots = 1U << 21;
	assert_refused("feed_slots");
	opts.actors_max = UINT32_MAX;
	assert_refused("actors_max");
	opts.messages_max = UINT32_MAX;
	assert_refused("messages_max");
	opts.timers_max = UINT32_MAX;
	assert_refused("timers_max");
	opts.name = "";
	assert_refused("name");
	opts.name = "a name of more bytes than a tick line may have";
	assert_refused("name");
}

Test(config, r2_3_the_default_is_to_fail_fast_after_a_second_of_silence)
{
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.stop_policy, FRK_STOP_FAIL_FAST);
	cr_assert_eq(config.silent_ns, FRK_S(1));
	cr_assert_eq(config.opts.drift_budget_ppb, 50000000);
	opts.period_ns = FRK_S(1);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.silent_ns, FRK_S(8));
	opts.silent_periods = 3;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.silent_ns, FRK_S(3));
	opts.silent_periods = FRK_SILENT_NEVER;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.silent_ns, 0);
}

Test(config, r2_3_policies_that_cannot_be_are_refused)
{
	opts.stop_policy = 3;
	assert_refused("stop_policy");
	opts.fallback_name = "sundial";
	assert_refused("fallback_name");
	opts.retry_backoff_ns = FRK_S(61);
	assert_refused("retry_backoff_ns");
	opts.events_max = 100;
	assert_refused("events_max");
	opts.members_n = 9;
	assert_refused("members_n");
	opts.members_n = 1;
	assert_refused("members");
}

Test(config, refuses_structures_of_no_plausible_size)
{
	opts.size = 0;
	cr_assert_eq(frki_config_init(&config, &opts), -EINVAL);
	cr_assert_eq(frki_config_init(&config, NULL), -EINVAL);
}

Test(config, works_without_an_error_record)
{
	opts.error = NULL;
	opts.driver_name = "sundial";
	cr_assert_eq(frki_config_init(&config, &opts), -EINVAL);
}

Test(environment, is_not_looked_at_without_env)
{
	setenv("FRAKTOR_DRIVER", "sundial", 1);
	setenv("FRAKTOR_PERIOD_US", "0", 1);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.period_ns, FRK_MS(1));
}

Test(environment, overrides_every_option)
{
	setenv("FRAKTOR_DRIVER", "kernel", 1);
	setenv("FRAKTOR_PERIOD_US", "250", 1);
	setenv("FRAKTOR_DURATION_S", "1.5", 1);
	setenv("FRAKTOR_CPU", "1", 1);
	setenv("FRAKTOR_RT_PRIORITY", "99", 1);
	setenv("FRAKTOR_LATENCY", "lowest", 1);
	setenv("FRAKTOR_STOP_POLICY", "fallback", 1);
	setenv("FRAKTOR_FALLBACK", "nanosleep", 1);
	setenv("FRAKTOR_SILENT_PERIODS", "20", 1);
	opts.env = 1;
	opts.period_ns = FRK_MS(10);
	opts.run_ns = FRK_S(10);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frk_driver_kernel);
	cr_assert_eq(config.opts.period_ns, FRK_US(250));
	cr_assert_eq(config.opts.run_ns, FRK_MS(1500));
	cr_assert_eq(config.run_ticks, 6000);
	cr_assert_eq(config.opts.cpu, FRK_CPU(1));
	cr_assert_eq(config.opts.rt_priority, 99);
	cr_assert_eq(config.opts.latency, FRK_LATENCY_LOWEST);
	cr_assert_eq(config.opts.stop_policy, FRK_STOP_FALLBACK);
	cr_assert_eq(config.fallback, &frk_driver_nanosleep);
	cr_assert_eq(config.silent_ns, FRK_MS(5));
}

Test(environment, replaces_a_driver_given_by_its_table)
{
	setenv("FRAKTOR_DRIVER", "timerfd", 1);
	opts.env = 1;
	opts.driver_name = NULL;
	opts.driver = &frki_scripted_driver;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frk_driver_timerfd);
}

Test(environment, that_is_empty_changes_nothing)
{
	setenv("FRAKTOR_DRIVER", "", 1);
	setenv("FRAKTOR_PERIOD_US", "", 1);
	opts.env = 1;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.driver, &frk_driver_timerfd);
}

Test(environment, that_is_malformed_is_named_with_its_value)
{
	static const char *const bad[][2] = {
		{ "FRAKTOR_DRIVER", "sundial" },
		{ "FRAKTOR_PERIOD_US", "0" },
		{ "FRAKTOR_PERIOD_US", "-1" },
		{ "FRAKTOR_PERIOD_US", "1ms" },
		{ "FRAKTOR_PERIOD_US", "1.5" },
		{ "FRAKTOR_PERIOD_US", " 1" },
		{ "FRAKTOR_PERIOD_US", "0x10" },
		{ "FRAKTOR_PERIOD_US", "3600000001" },
		{ "FRAKTOR_PERIOD_US", "99999999999999999999999999" },
		{ "FRAKTOR_DURATION_S", "ten" },
		{ "FRAKTOR_DURATION_S", "1." },
		{ "FRAKTOR_DURATION_S", ".5" },
		{ "FRAKTOR_DURATION_S", "1.0000000001" },
		{ "FRAKTOR_DURATION_S", "1.5s" },
		{ "FRAKTOR_DURATION_S", "1000000001" },
		{ "FRAKTOR_CPU", "1024" },
		{ "FRAKTOR_CPU", "any" },
		{ "FRAKTOR_RT_PRIORITY", "100" },
		{ "FRAKTOR_RT_PRIORITY", "+5" },
		{ "FRAKTOR_LATENCY", "Low" },
		{ "FRAKTOR_LATENCY", "4" },
		{ "FRAKTOR_STOP_POLICY", "panic" },
		{ "FRAKTOR_SILENT_PERIODS", "-1" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "%s is \"%s\"", bad[i][0],
			 bad[i][1]);
		setenv(bad[i][0], bad[i][1], 1);
		opts.env = 1;
		assert_refused(quoted);
		unsetenv(bad[i][0]);
	}
}

Test(environment, takes_decimals_of_a_duration)
{
	setenv("FRAKTOR_DURATION_S", "0.25", 1);
	opts.env = 1;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.run_ns, FRK_MS(250));
	setenv("FRAKTOR_DURATION_S", "2.000000001", 1);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.run_ns, FRK_S(2) + 1);
	setenv("FRAKTOR_DURATION_S", "0", 1);
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.run_ticks, 0);
}

Test(config, s3_state_of_actors_is_bounded_and_aligned)
{
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_eq(config.opts.state_max, 0);
	opts.state_max = 17;
	cr_assert_eq(frki_config_init(&config, &opts), 0);
	cr_assert_geq(config.opts.state_max, 17);
	cr_assert_eq(config.opts.state_max % _Alignof(max_align_t), 0);
	opts.state_max = (1U << 20) + 1;
	cr_assert_eq(frki_config_init(&config, &opts), -EINVAL);
	cr_assert_not_null(strstr(error.text, "state_max"), "%s", error.text);
	opts.state_max = UINT32_MAX;
	cr_assert_eq(frki_config_init(&config, &opts), -EINVAL);
}

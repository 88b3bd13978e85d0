// SPDX-License-Identifier: MIT
/*
 * config_fuzz_test.c - options of any kind: what is accepted can be built from, and what is
 * not is refused with a reason, and with nothing written.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <criterion/criterion.h>
#include <fraktor/dispatcher.h>

#include "base/random.h"
#include "system/config.h"

#define RUNS 100000
/* Behind the structure: what a caller who is newer than the library has. */
#define TAIL 64
#define COUNT_MAX (1U << 20)

static uint64_t seed;
static unsigned int accepted;

static uint64_t draw(uint64_t n)
{
	return frki_random_below(&seed, n);
}

static uint32_t draw_word(void)
{
	static const uint32_t edges[] = { 0, 0, 0, 0, 1, 2, 3, 16, 64, 1000, 1U << 20,
					  (1U << 20) + 1, 1U << 31, UINT32_MAX };

	switch (draw(8)) {
	case 0: return (uint32_t)frki_random_any(&seed);
	case 1: return 1U << draw(32);
	default: return edges[draw(sizeof(edges) / sizeof(*edges))];
	}
}

/* What points somewhere points to something. */
static void point(struct frk_system_opts *opts, struct frk_error *error)
{
	static const char *const names[] = { NULL, NULL, "", "fuzz", "a/b", "with a blank",
		"a-name-that-is-longer-than-any-name-of-a-line-may-ever-be" };
	static const char *const drivers[] = { NULL, "auto", "timerfd", "timerfd", "nanosleep",
					       "kernel", "none", "" };
	static const struct frk_dispatcher_ops no_pop = { .size = sizeof(no_pop) };
	static const struct frk_worker_opts workers[FRK_WORKERS_MAX];
	static const struct frk_filters filters;

	opts->name = names[draw(sizeof(names) / sizeof(*names))];
	opts->driver_name = drivers[draw(sizeof(drivers) / sizeof(*drivers))];
	opts->fallback_name = drivers[draw(sizeof(drivers) / sizeof(*drivers))];
	opts->driver = NULL;
	opts->feed = NULL;
	opts->drivers = NULL;
	opts->members = NULL;
	opts->actors = NULL;
	opts->actors_pids = NULL;
	opts->log_path = draw(8) ? NULL : "/nonexistent/log";
	opts->filters = draw(8) ? NULL : &filters;
	opts->worker_opts = draw(4) ? NULL : workers;
	opts->dispatcher = draw(4) ? NULL : draw(2) ? &no_pop : &frk_dispatcher_priority;
	opts->error = error;
	/* The environment is the machine's. */
	opts->env = 0;
}

/* Each field alone is right more often than not: else all are refused for the first. */
static void fill(unsigned char *bytes, struct frk_error *error)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(0);
	size_t size = sizeof(opts);

	for (size_t at = 0; at + 4 <= size; at += 4) {
		uint32_t word = draw(24) ? 0 : draw_word();

		memcpy((unsigned char *)&opts + at, &word, sizeof(word));
	}
	point(&opts, error);
	/* Not in the middle of a pointer: no release ended there. */
	opts.size = draw(16) ? size : (size_t)draw((size + TAIL) / 8) * 8;
	memcpy(bytes, &opts, size);
	for (size_t i = size; i < size + TAIL; i++)
		bytes[i] = (unsigned char)(draw(400) ? 0 : draw(256));
}

static void assert_usable(const struct frki_config *config)
{
	const struct frk_system_opts *opts = &config->opts;

	cr_assert_gt(opts->period_ns, 0);
	cr_assert(opts->actors_max >= 1 && opts->actors_max <= COUNT_MAX);
	cr_assert(opts->messages_max >= 1 && opts->messages_max <= COUNT_MAX);
	cr_assert(opts->timers_max >= 1 && opts->timers_max <= COUNT_MAX);
	cr_assert(opts->watches_max >= 1 && opts->watches_max <= COUNT_MAX);
	cr_assert_leq(opts->trays_max, COUNT_MAX);
	cr_assert_leq(opts->state_max, COUNT_MAX);
	cr_assert(opts->turn_messages >= 1 && opts->turn_messages <= COUNT_MAX);
	cr_assert(opts->workers >= 1 && opts->workers <= FRK_WORKERS_MAX);
	cr_assert_eq(opts->feed_slots & (opts->feed_slots - 1), 0);
	cr_assert_eq(opts->events_max & (opts->events_max - 1), 0);
	cr_assert(!opts->worker_lines || opts->workers > 1);
	cr_assert(opts->workers == 1 || (!opts->dispatcher && !opts->seed && !opts->log_path));
	cr_assert(opts->name && strlen(opts->name) < sizeof(config->name));
	cr_assert(!opts->drivers_n && !opts->members_n && !opts->actors_n);
}

static void try(void)
{
	_Alignas(max_align_t) unsigned char bytes[sizeof(struct frk_system_opts) + TAIL];
	struct frki_config config, untouched;
	struct frk_error error = { 0 };
	int ret;

	fill(bytes, &error);
	memset(&config, 0xff, sizeof(config));
	untouched = config;
	ret = frki_config_init(&config, (const struct frk_system_opts *)bytes);
	if (!ret) {
		assert_usable(&config);
		accepted++;
		return;
	}
	cr_assert(ret < 0 && ret > -4096, "%d", ret);
	cr_assert_eq(memcmp(&config, &untouched, sizeof(config)), 0);
	/* Of a structure of the wrong size not even the error can be found. */
	if (error.code) {
		cr_assert_eq(error.code, ret);
		cr_assert_neq(*error.text, '\0');
	}
}

static void run(uint64_t number)
{
	seed = number;
	accepted = 0;
	for (int i = 0; i < RUNS; i++)
		try();
	/* Both happen. */
	cr_assert_gt(accepted, RUNS / 1000);
	cr_assert_lt(accepted, RUNS - RUNS / 10);
}

Test(config_fuzz, s12_options_of_any_kind_are_accepted_or_refused)
{
	for (uint64_t number = 1; number <= 3; number++)
		run(number);
}

Test(config_fuzz, s12_and_with_a_seed_of_its_own)
{
	uint64_t number = (uint64_t)time(NULL);

	fprintf(stderr, "config_fuzz_test: seed %llu\n", (unsigned long long)number);
	run(number);
}

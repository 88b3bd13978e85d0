// SPDX-License-Identifier: MIT
/*
 * log_file_test.c - the log a system writes: its timers happen again in the same
 * order, to a scheduler of their own and to the same actors.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system_test.h"
#include "testing/replay.h"
#include "testing/scripted_driver.h"

/* More than have a turn between two looks at the feed. */
#define DANCERS 40
#define STEP (FRK_MESSAGE_USER + 10)
#define PASS (FRK_MESSAGE_USER + 11)

static char folder[] = "/tmp/fraktor-log-XXXXXX";
static char first[64], second[64];

static void setup(void)
{
	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	cr_assert_neq(mkdtemp(folder), NULL);
	snprintf(first, sizeof(first), "%s/first.log", folder);
	snprintf(second, sizeof(second), "%s/second.log", folder);
}

static void teardown(void)
{
	unlink(first);
	unlink(second);
	rmdir(folder);
	frki_replay_set(NULL);
}

TestSuite(log_file, .init = setup, .fini = teardown, .timeout = 60);

/* An actor that arms and cancels by a number that only its messages change. */
struct dancer {
	uint64_t random;
	uint64_t steps;
	struct frk_timer last;
	struct frk_pid *pids;
	uint32_t self;
};

static uint64_t draw(struct dancer *dancer, uint64_t n)
{
	dancer->random = dancer->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (dancer->random >> 33) % n;
}

static int arm_one(struct frk_context *context, struct dancer *dancer)
{
	const struct frk_timer_opts opts = FRK_TIMER_OPTS(
		.kind = STEP, .mode = (uint32_t)draw(dancer, 4),
		.delay_ns = FRK_US(1000 + draw(dancer, 20000)),
		.accuracy_ns = draw(dancer, 2) * FRK_MS(4));
	int ret = frk_context_schedule(context, &opts, &dancer->last);

	return ret == -ENOBUFS ? 0 : ret;
}

/* Long enough that ticks come while it works, without a look at a clock. */
static void work(unsigned int rounds)
{
	for (volatile unsigned int i = 0; i < rounds; i++)
		;
}

static int dance(struct frk_context *context, const struct frk_message *message)
{
	struct dancer *dancer = frk_context_state(context);

	if (message->kind == FRK_MESSAGE_STOPPED)
		return 0;
	dancer->steps++;
	dancer->random += message->count + message->deadline_ns;
	work((unsigned int)draw(dancer, 20000));
	/* And several of them. */
	if (dancer->steps == 10)
		work(3000000);
	if (!draw(dancer, 3))
		frk_context_cancel(context, dancer->last);
	if (message->kind == STEP && dancer->pids)
		frk_context_send(context, dancer->pids[(dancer->self + 7) % DANCERS],
				 PASS, NULL, 0);
	return arm_one(context, dancer);
}

static void choreograph(struct dancer *dancers, struct frk_actor_opts *actors,
			struct frk_pid *pids)
{
	for (uint32_t i = 0; i < DANCERS; i++) {
		dancers[i] = (struct dancer){ .random = i, .pids = pids, .self = i };
		actors[i] = (struct frk_actor_opts)FRK_ACTOR_OPTS(
			.name = "dancer", .receive = dance, .state = &dancers[i]);
	}
}

static void run(const char *driver_name, const struct frk_driver_ops *driver,
		const char *path, struct dancer *dancers)
{
	struct frk_actor_opts actors[DANCERS];
	struct frk_pid pids[DANCERS];
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = driver_name, .driver = driver, .run_ns = FRK_MS(400),
		.actors = actors, .actors_n = DANCERS, .actors_pids = pids,
		.log_path = path, .error = &error);
	struct frk_system *system;

	choreograph(dancers, actors, pids);
	cr_assert_eq(frk_system_build(&opts, &system), 0, "%s", error.text);
	cr_assert_eq(frk_system_run(system), 0, "%s", error.text);
	frk_system_unref(system);
}

/* So that a failure says where. */
static void assert_same(const struct frki_replay *a, const struct frki_replay *b)
{
	uint64_t parts = frki_replay_parts(&a->log, &b->log);

	if (parts < a->log.total) {
		frki_replay_print(frki_log_at(&a->log, parts), stderr);
		frki_replay_print(frki_log_at(&b->log, parts), stderr);
	}
	cr_assert_eq(parts, a->log.total, "they part at record %llu of %llu",
		     (unsigned long long)parts, (unsigned long long)a->log.total);
	cr_assert_eq(b->log.total, a->log.total);
	cr_assert(frki_log_equal(&a->log, &b->log));
}

/* The most ticks that were taken at once. */
static unsigned int longest_queue(const struct frki_log *log)
{
	unsigned int longest = 0, ticks = 0;

	for (uint64_t i = 0; i < log->total; i++) {
		enum frki_log_kind kind = frki_log_at(log, i)->kind;

		if (kind == FRKI_LOG_TURN)
			ticks = 0;
		else if (kind == FRKI_LOG_TICK && ++ticks > longest)
			longest = ticks;
	}
	return longest;
}

Test(log_file, s2_a_scheduler_does_again_what_a_real_system_did)
{
	static struct dancer dancers[DANCERS];
	struct frki_replay replay;

	run("timerfd", NULL, first, dancers);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	/* Thousands, unless the machine is so busy that most ticks come together. */
	cr_assert_gt(replay.log.total, 100);
	cr_assert_eq(frki_replay_scheduler(&replay), (int64_t)replay.log.total);
	frki_replay_close(&replay);
}

Test(log_file, s2_a_real_system_on_its_log_does_the_same_byte_for_byte)
{
	static struct dancer dancers[DANCERS], again[DANCERS];
	struct frki_replay replay, replayed;

	run("timerfd", NULL, first, dancers);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	cr_assert_gt(longest_queue(&replay.log), 1);
	frki_replay_set(&replay);
	run(NULL, &frki_driver_replay, second, again);
	cr_assert_eq(frki_replay_open(&replayed, second, NULL), 0);
	assert_same(&replay, &replayed);
	for (int i = 0; i < DANCERS; i++) {
		cr_assert_eq(dancers[i].random, again[i].random);
		cr_assert_eq(dancers[i].steps, again[i].steps);
	}
	frki_replay_close(&replay);
	frki_replay_close(&replayed);
}

static atomic_bool go_on;

/* Gets in the way of the first tick until it may go on. */
static int hold(struct frk_context *context, const struct frk_message *message)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	while (message->kind == FRK_MESSAGE_STARTED && !atomic_load(&go_on))
		nanosleep(&pause, NULL);
	return message->kind == FRK_MESSAGE_STARTED ?
		       frk_context_every(context, TICK, FRK_MS(3), NULL) : 0;
}

/* The first one stands for three periods. */
static void script(uint32_t periods)
{
	frki_scripted_tick(3);
	frki_scripted_batch(periods - 3);
}

static void run_held(const struct frk_driver_ops *driver, const char *path, uint32_t ticks)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = hold);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = driver, .actors = &actor, .actors_n = 1, .log_path = path,
		.run_ns = FRK_MS(ticks));
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	if (driver == &frki_scripted_driver)
		script(ticks);
	atomic_store(&go_on, true);
	cr_assert_eq(frk_system_run(system), 0);
	frk_system_unref(system);
}

/* A worker has its turn after so many, however many there are. */
Test(log_file, s2_more_ticks_at_once_than_a_worker_takes)
{
	struct frki_replay replay, replayed;

	run_held(&frki_scripted_driver, first, 1000);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	cr_assert_eq(longest_queue(&replay.log), 256);
	frki_replay_set(&replay);
	run_held(&frki_driver_replay, second, 1000);
	cr_assert_eq(frki_replay_open(&replayed, second, NULL), 0);
	assert_same(&replay, &replayed);
	frki_replay_close(&replay);
	frki_replay_close(&replayed);
}

/* The check itself: other actors, another log. */
Test(log_file, s2_where_two_runs_part_is_told)
{
	static struct dancer dancers[DANCERS];
	struct frki_replay replay, replayed;
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = dance, .state = dancers);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_driver_replay, .actors = &actor, .actors_n = 1,
		.log_path = second);
	struct frk_system *system;

	run("timerfd", NULL, first, dancers);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	frki_replay_set(&replay);
	dancers[0] = (struct dancer){ .random = 99 };
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	/* The log ends, and with it the driver. */
	cr_assert_eq(frk_system_run(system), -ESHUTDOWN);
	frk_system_unref(system);
	cr_assert_eq(frki_replay_open(&replayed, second, NULL), 0);
	cr_assert_lt(frki_replay_parts(&replay.log, &replayed.log), replay.log.total);
	cr_assert_not(frki_log_equal(&replay.log, &replayed.log));
	frki_replay_close(&replay);
	frki_replay_close(&replayed);
}

static void live_until_killed(void)
{
	static struct dancer dancer;
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = dance, .state = &dancer);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .actors = &actor, .actors_n = 1,
		.log_path = first);
	struct frk_system *system;

	if (!frk_system_build(&opts, &system))
		frk_system_run(system);
	_exit(1);
}

Test(log_file, s2_what_a_killed_process_did_is_there)
{
	struct frki_replay replay;
	pid_t child = fork();

	if (!child)
		live_until_killed();
	for (;;) {
		usleep(10000);
		if (frki_replay_open(&replay, first, NULL))
			continue;
		if (replay.log.total > 200)
			break;
		frki_replay_close(&replay);
	}
	kill(child, SIGKILL);
	cr_assert_eq(waitpid(child, NULL, 0), child);
	/* While it was written, and when nobody writes any more. */
	cr_assert_eq(frki_replay_scheduler(&replay), (int64_t)replay.log.total);
	frki_replay_close(&replay);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	cr_assert_eq(frki_replay_scheduler(&replay), (int64_t)replay.log.total);
	frki_replay_close(&replay);
}

Test(log_file, s2_what_does_not_fit_goes_and_is_told)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .log_path = first, .log_records = 16);
	struct frk_error error = { 0 };
	struct frki_replay replay;
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frki_scripted_ticks(50);
	frki_scripted_settle();
	frk_system_unref(system);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	cr_assert_gt(replay.log.total, 50);
	cr_assert_eq(frki_log_first(&replay.log), replay.log.total - 16);
	cr_assert_eq(frki_replay_scheduler(&replay), -ENODATA);
	frki_replay_set(&replay);
	opts.driver = &frki_driver_replay;
	opts.log_path = NULL;
	opts.error = &error;
	cr_assert_eq(frk_system_build(&opts, &system), -ENODATA);
	cr_assert_neq(strstr(error.text, "log_records"), NULL, "%s", error.text);
	frki_replay_close(&replay);
}

Test(log_file, s2_a_log_is_of_one_period)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver = &frki_scripted_driver,
						      .log_path = first, .error = &error);
	struct frki_replay replay;
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frk_system_unref(system);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	frki_replay_set(&replay);
	opts.driver = &frki_driver_replay;
	opts.log_path = second;
	opts.period_ns = FRK_MS(2);
	cr_assert_eq(frk_system_build(&opts, &system), -ERANGE);
	cr_assert_neq(strstr(error.text, "1000000 ns"), NULL, "%s", error.text);
	frki_replay_close(&replay);
}

static void assert_no_log(const char *path, int err, const char *word)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver = &frki_scripted_driver,
						      .log_path = path, .error = &error);
	struct frk_system *system = NULL;
	unsigned int running = threads(), open = files();

	cr_assert_eq(frk_system_build(&opts, &system), err, "%s: %d %s", path, err,
		     error.text);
	cr_assert_eq(system, NULL);
	cr_assert_neq(strstr(error.text, word), NULL, "%s", error.text);
	cr_assert_eq(threads(), running);
	cr_assert_eq(files(), open);
}

Test(log_file, s2_a_path_that_cannot_be_is_told_and_nothing_runs)
{
	assert_no_log("/nowhere/at/all", -ENOENT, "/nowhere/at/all");
	assert_no_log(folder, -EEXIST, "no file");
	assert_no_log("/dev/null", -EEXIST, "no file");
	assert_no_log("", -EINVAL, "log_path");
}

Test(log_file, s2_more_records_than_the_limit)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .log_path = first,
		.log_records = (1U << 26) + 1, .error = &error);
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), -EINVAL);
	cr_assert_neq(strstr(error.text, "log_records"), NULL, "%s", error.text);
}

static void assert_unreadable(const char *path, int err)
{
	struct frk_error error = { 0 };
	struct frki_replay replay;

	cr_assert_eq(frki_replay_open(&replay, path, &error), err, "%s", path);
	cr_assert_neq(error.text[0], '\0');
}

Test(log_file, s2_what_is_no_log_is_told)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .log_path = first, .log_records = 100);
	struct frk_system *system;
	FILE *file;

	assert_unreadable("/nowhere", -ENOENT);
	assert_unreadable(folder, -EBADMSG);
	assert_unreadable("/proc/self/exe", -EBADMSG);
	file = fopen(second, "w");
	fclose(file);
	assert_unreadable(second, -EBADMSG);
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frk_system_unref(system);
	cr_assert_eq(truncate(first, 1000), 0);
	assert_unreadable(first, -EBADMSG);
}

/* A log that is there and read goes on being what it was. */
Test(log_file, s2_an_older_log_keeps_its_readers)
{
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver = &frki_scripted_driver, .log_path = first);
	struct frki_replay replay;
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frki_scripted_ticks(3);
	frki_scripted_settle();
	frk_system_unref(system);
	cr_assert_eq(frki_replay_open(&replay, first, NULL), 0);
	opts.log_records = 10;
	cr_assert_eq(frk_system_build(&opts, &system), 0);
	frk_system_unref(system);
	cr_assert_eq(frki_log_at(&replay.log, replay.log.total - 1)->kind, FRKI_LOG_TURN);
	cr_assert_eq(frki_replay_scheduler(&replay), (int64_t)replay.log.total);
	frki_replay_close(&replay);
}

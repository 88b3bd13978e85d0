// SPDX-License-Identifier: MIT
/*
 * handler_test.c - handlers that do not return, and handlers that crash.
 */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "system/system_test.h"

#define GO FRK_MESSAGE_USER

TestSuite(handler, .timeout = 60);

static sem_t in, out;
static atomic_uint starts, restarts, handled;

static struct frk_system *build(struct frk_system_opts opts)
{
	struct frk_error error = { 0 };
	struct frk_system *system;

	opts.driver_name = "timerfd";
	opts.error = &error;
	cr_assert_eq(frk_system_build(&opts, &system), 0, "%s", error.text);
	return system;
}

static void await(struct frk_subscription *events, struct frk_event *ret_event)
{
	while (!frk_subscription_next(events, ret_event))
		cr_assert_eq(frk_subscription_wait(events, UINT64_MAX), 0);
}

/* --- does not return */

static int hang(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind != GO)
		return 0;
	sem_post(&in);
	sem_wait(&out);
	return 0;
}

static void assert_noticed(uint32_t workers, uint32_t worker)
{
	struct frk_system *system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(
		.workers = workers, .handler_max_ns = FRK_MS(20)));
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.name = "pump", .receive = hang,
							  .worker = FRK_WORKER(worker));
	struct frk_subscription *events;
	struct frk_event event;
	struct frk_pid pid;

	sem_init(&in, 0, 0);
	sem_init(&out, 0, 0);
	cr_assert_eq(frk_subscription_open(system, FRK_EVENT_ACTOR_BLOCKED, 0, &events), 0);
	cr_assert_eq(frk_system_spawn(system, &opts, &pid), 0);
	cr_assert_eq(frk_system_send(system, pid, GO, NULL, 0), 0);
	sem_wait(&in);
	await(events, &event);
	cr_assert_str_eq(event.blocked.name, "pump");
	cr_assert_str_eq(event.blocked.path, "/pump");
	cr_assert_eq(event.blocked.actor.index, pid.index);
	cr_assert_eq(event.blocked.actor.life, pid.life);
	cr_assert_eq(event.blocked.worker, worker);
	cr_assert_eq(event.blocked.over, 0);
	cr_assert_geq(event.blocked.ns, FRK_MS(20));
	sem_post(&out);
	await(events, &event);
	cr_assert_eq(event.blocked.over, 1);
	cr_assert_str_eq(event.blocked.name, "pump");
	frk_subscription_close(events);
	frk_system_unref(system);
}

Test(handler, s1_s9_one_that_does_not_return_is_told_and_so_is_that_it_has)
{
	assert_noticed(1, 0);
	assert_noticed(3, 0);
	assert_noticed(3, 2);
}

static int lead_one_that_hangs(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.name = "pump", .receive = hang);
	struct frk_pid pid;

	if (message->kind == FRK_MESSAGE_STARTED &&
	    !frk_context_spawn(context, &opts, &pid))
		return frk_context_send(context, pid, GO, NULL, 0);
	return 0;
}

Test(handler, s1_s4_one_that_does_not_return_is_told_by_its_path)
{
	struct frk_system *system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(
		.handler_max_ns = FRK_MS(20)));
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.name = "plant",
							  .receive = lead_one_that_hangs);
	struct frk_subscription *events;
	struct frk_event event;

	sem_init(&in, 0, 0);
	sem_init(&out, 0, 0);
	cr_assert_eq(frk_subscription_open(system, FRK_EVENT_ACTOR_BLOCKED, 0, &events), 0);
	cr_assert_eq(frk_system_spawn(system, &opts, NULL), 0);
	sem_wait(&in);
	await(events, &event);
	cr_assert_str_eq(event.blocked.path, "/plant/pump");
	sem_post(&out);
	frk_subscription_close(events);
	frk_system_unref(system);
}

static int nod(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	handled += message->kind == GO;
	return 0;
}

/* Longer than any of them, all together not. */
Test(handler, s1_those_that_return_are_not_told)
{
	struct frk_system *system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(
		.handler_max_ns = FRK_S(30)));
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = nod);
	struct frk_subscription *events;
	struct frk_event event;
	struct frk_pid pid;

	handled = 0;
	frk_subscription_open(system, FRK_EVENT_ACTOR_BLOCKED, 0, &events);
	frk_system_spawn(system, &opts, &pid);
	for (unsigned int sent = 0; sent < 1000;)
		sent += !frk_system_send(system, pid, GO, NULL, 0);
	frk_system_stop(system);
	frk_system_run(system);
	cr_assert_eq(handled, 1000);
	cr_assert_neq(frk_subscription_next(events, &event), 1, "%s", event.blocked.name);
	frk_subscription_close(events);
	frk_system_unref(system);
}

/* --- crashes */

static int touch(void)
{
	volatile char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return *page;
}

/* Every message of the application but the third one is the last of a life. */
static int crash(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	starts += message->kind == FRK_MESSAGE_STARTED;
	restarts += message->kind == FRK_MESSAGE_RESTARTING;
	switch (message->kind) {
	case GO:
		return touch();
	case GO + 1:
		__builtin_trap();
	case GO + 2:
		handled++;
		sem_post(&out);
		return 0;
	default:
		return 0;
	}
}

static struct frk_pid child;

static int lead(struct frk_context *context, const struct frk_message *message)
{
	const struct frk_actor_opts *opts = frk_context_state(context);

	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	frk_context_spawn(context, opts, &child);
	sem_post(&in);
	return 0;
}

static void assert_supervised(uint32_t workers)
{
	static const struct frk_supervision again = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = FRK_RESTARTS_UNLIMITED);
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.name = "wild", .receive = crash);
	const struct frk_actor_opts leader = FRK_ACTOR_OPTS(
		.receive = lead, .state = &opts, .supervision = &again);
	struct frk_system *system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(
		.workers = workers, .on_crash = FRK_CRASH_FAILS));
	struct frk_subscription *events;
	struct frk_event event;

	starts = restarts = handled = 0;
	sem_init(&in, 0, 0);
	sem_init(&out, 0, 0);
	frk_subscription_open(system, FRK_EVENT_ACTOR_FAILED, 0, &events);
	cr_assert_eq(frk_system_spawn(system, &leader, NULL), 0);
	sem_wait(&in);
	for (int i = 0; i < 3; i++) {
		frk_system_send(system, child, GO, NULL, 0);
		frk_system_send(system, child, GO + 1, NULL, 0);
	}
	frk_system_send(system, child, GO + 2, NULL, 0);
	sem_wait(&out);
	await(events, &event);
	cr_assert_eq(event.failure.error, -EFAULT);
	cr_assert_str_eq(event.failure.name, "wild");
	frk_subscription_close(events);
	frk_system_unref(system);
	cr_assert_eq(restarts, 6);
	cr_assert_eq(starts, 7);
	cr_assert_eq(handled, 1);
}

Test(handler, s4_one_that_crashes_is_a_failure_for_its_parent)
{
	assert_supervised(1);
	assert_supervised(3);
}

/* Each message but those of a life's beginning and end. */
static int send_from_nowhere(struct frk_context *context, const struct frk_message *message)
{
	static void *page;

	if (message->kind == FRK_MESSAGE_STARTED)
		sem_post(&in);
	if (message->kind != GO)
		return 0;
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return frk_context_send(context, frk_context_self(context), GO, page, 8);
}

static void assert_nothing_is_lost(uint32_t workers)
{
	static const struct frk_supervision again = FRK_SUPERVISION(
		.otherwise = FRK_DIRECTIVE_RESTART, .restarts_max = FRK_RESTARTS_UNLIMITED);
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = send_from_nowhere);
	const struct frk_actor_opts leader = FRK_ACTOR_OPTS(
		.receive = lead, .state = &opts, .supervision = &again);
	struct frk_system *system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(
		.workers = workers, .on_crash = FRK_CRASH_FAILS, .messages_max = 16));

	sem_init(&in, 0, 0);
	cr_assert_eq(frk_system_spawn(system, &leader, NULL), 0);
	/* That of the leader, and the first beginning. */
	sem_wait(&in);
	for (int i = 0; i < 40; i++) {
		sem_wait(&in);
		cr_assert_eq(frk_system_send(system, child, GO, NULL, 0), 0, "after %d", i);
	}
	frk_system_unref(system);
}

Test(handler, s4_s6_one_that_crashes_while_it_sends_takes_no_message_with_it)
{
	assert_nothing_is_lost(1);
	assert_nothing_is_lost(2);
}

/* Ends, but not on a stack. */
static int sink(volatile char *below, unsigned int depth)
{
	volatile char room[4096];

	room[0] = *below;
	return depth ? sink(room, depth - 1) + room[0] : 0;
}

static int overflow(struct frk_context *context, const struct frk_message *message)
{
	char start = 0;

	(void)context;
	if (message->kind == GO)
		return sink(&start, UINT32_MAX);
	if (message->kind == FRK_MESSAGE_STOPPED)
		sem_post(&out);
	return 0;
}

Test(handler, s4_one_that_uses_up_its_stack_is_stopped_like_others)
{
	struct frk_system *system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(
		.on_crash = FRK_CRASH_FAILS));
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = overflow);
	struct frk_pid pid;

	sem_init(&out, 0, 0);
	frk_system_spawn(system, &opts, &pid);
	frk_system_send(system, pid, GO, NULL, 0);
	sem_wait(&out);
	frk_system_unref(system);
}

/* Nobody but the system is to see a crash. */
static void forget_handlers(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		signal(numbers[i], SIG_DFL);
}

/* What a child process says on stderr before it dies. */
static void die(enum frk_crash on_crash, char *ret_text, size_t size)
{
	int ends[2], status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.name = "wild",
								  .receive = crash);
		struct frk_system *system;
		struct frk_pid actor;

		forget_handlers();
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(.on_crash = on_crash));
		frk_system_spawn(system, &opts, &actor);
		frk_system_send(system, actor, GO, NULL, 0);
		frk_system_run(system);
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], ret_text + n, size - 1 - n)) > 0)
		n += (size_t)got;
	ret_text[n] = '\0';
	close(ends[0]);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "status %#x", status);
}

Test(handler, s4_where_it_is_to_be_told_a_crash_ends_the_process_with_the_actors_name)
{
	char text[65536];

	die(FRK_CRASH_TELLS, text, sizeof(text));
	cr_assert_not_null(strstr(text, "fraktor: handler crashed: signal=SIGSEGV address=0x"),
			   "%s", text);
	cr_assert_not_null(strstr(text, " kind=1"), "%s", text);
	cr_assert_not_null(strstr(text, " name=wild path=/wild\n"), "%s", text);
	die(FRK_CRASH_DIES, text, sizeof(text));
	cr_assert_null(strstr(text, "handler crashed"), "%s", text);
}

/* --- whose signals they are */

static atomic_uint others;

static void note(int number)
{
	(void)number;
	others++;
}

static int send_itself(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	if (message->kind == GO) {
		raise(SIGSEGV);
		handled++;
		sem_post(&out);
	}
	return 0;
}

Test(handler, s4_a_signal_that_somebody_sends_is_no_crash_and_goes_where_it_went_before)
{
	const struct sigaction mine = { .sa_handler = note };
	const struct frk_actor_opts opts = FRK_ACTOR_OPTS(.receive = send_itself);
	struct sigaction now;
	struct frk_system *system;
	struct frk_pid pid;

	others = handled = 0;
	sem_init(&out, 0, 0);
	sigaction(SIGSEGV, &mine, NULL);
	system = build((struct frk_system_opts)FRK_SYSTEM_OPTS(.on_crash = FRK_CRASH_FAILS));
	frk_system_spawn(system, &opts, &pid);
	for (int i = 0; i < 2; i++) {
		frk_system_send(system, pid, GO, NULL, 0);
		sem_wait(&out);
	}
	frk_system_unref(system);
	cr_assert_eq(others, 2);
	cr_assert_eq(handled, 2);
	sigaction(SIGSEGV, NULL, &now);
	cr_assert_eq(now.sa_handler, note);
}

Test(handler, s1_s4_bad_options_are_refused_with_their_names)
{
	struct frk_error error = { 0 };
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "timerfd", .handler_max_ns = UINT64_MAX, .error = &error);
	struct frk_system *system;

	cr_assert_eq(frk_system_build(&opts, &system), -EINVAL);
	cr_assert_not_null(strstr(error.text, "handler_max_ns"));
	opts.handler_max_ns = 0;
	opts.on_crash = (enum frk_crash)3;
	cr_assert_eq(frk_system_build(&opts, &system), -EINVAL);
	cr_assert_not_null(strstr(error.text, "on_crash is 3"));
}

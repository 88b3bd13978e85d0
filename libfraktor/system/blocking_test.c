// SPDX-License-Identifier: MIT
/*
 * blocking_test.c - threads that wait for room in a mailbox.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include <criterion/criterion.h>

#include "system/system.h"
#include "system/system_test.h"
#include "testing/scripted_driver.h"
#include "tick/clock.h"

TestSuite(blocking, .timeout = 60);

#define LONG_NS FRK_S(3600)

/* An actor that has its message as long as the test wants. */
struct busy {
	sem_t began, go_on;
	int sent;
};

static struct frk_system *system_;
static struct frk_pid pid;

static int be_busy(struct frk_context *context, const struct frk_message *message)
{
	struct busy *busy = frk_context_state(context);

	if (message->kind < FRK_MESSAGE_USER)
		return 0;
	sem_post(&busy->began);
	sem_wait(&busy->go_on);
	return 0;
}

/* One message is being handled, and one waits: the mailbox is full. */
static void fill(struct busy *busy, uint64_t wait_ns)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = be_busy, .state = busy, .mailbox_max = 1,
		.mailbox_policy = FRK_MAILBOX_BLOCK, .mailbox_wait_ns = wait_ns);

	sem_init(&busy->began, 0, 0);
	sem_init(&busy->go_on, 0, 0);
	system_ = build_scripted(0);
	cr_assert_eq(frk_system_spawn(system_, &opts, &pid), 0);
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
	sem_wait(&busy->began);
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), 0);
}

static uint64_t full(void)
{
	struct frk_dead_letters letters;

	cr_assert_eq(frk_system_get_dead_letters(system_, &letters), 0);
	return letters.by_reason[FRK_DEAD_FULL];
}

Test(blocking, s5_ends_at_its_deadline_and_not_before)
{
	struct busy busy;
	uint64_t began_ns;

	fill(&busy, FRK_MS(20));
	began_ns = frki_clock_now_ns(CLOCK_MONOTONIC);
	cr_assert_eq(frk_system_send(system_, pid, PING, NULL, 0), -ENOBUFS);
	cr_assert_geq(frki_clock_now_ns(CLOCK_MONOTONIC) - began_ns, FRK_MS(20));
	cr_assert_eq(full(), 1);
	sem_post(&busy.go_on);
	sem_post(&busy.go_on);
	frk_system_unref(system_);
}

static void *send_one(void *data)
{
	struct busy *busy = data;

	busy->sent = frk_system_send(system_, pid, PING, NULL, 0);
	return NULL;
}

/* A thread that waits, or is about to. */
static pthread_t begin(struct busy *busy)
{
	pthread_t thread;

	busy->sent = 1;
	cr_assert_eq(pthread_create(&thread, NULL, send_one, busy), 0);
	while (!atomic_load(&system_->blocked))
		;
	return thread;
}

Test(blocking, s5_ends_when_there_is_room)
{
	struct busy busy;
	pthread_t thread;

	fill(&busy, LONG_NS);
	thread = begin(&busy);
	for (int i = 0; i < 3; i++)
		sem_post(&busy.go_on);
	pthread_join(thread, NULL);
	cr_assert_eq(busy.sent, 0);
	cr_assert_eq(full(), 0);
	frk_system_unref(system_);
}

Test(blocking, s5_ends_with_the_actor)
{
	struct busy busy;
	pthread_t thread;

	fill(&busy, LONG_NS);
	thread = begin(&busy);
	cr_assert_eq(frk_system_stop_actor(system_, pid), 0);
	sem_post(&busy.go_on);
	sem_post(&busy.go_on);
	pthread_join(thread, NULL);
	cr_assert_eq(busy.sent, -ESTALE);
	cr_assert_eq(full(), 0);
	frk_system_unref(system_);
}

Test(blocking, s5_ends_with_the_system)
{
	struct busy busy;
	pthread_t thread;

	fill(&busy, LONG_NS);
	thread = begin(&busy);
	frk_system_stop(system_);
	sem_post(&busy.go_on);
	sem_post(&busy.go_on);
	pthread_join(thread, NULL);
	cr_assert_eq(busy.sent, -ESHUTDOWN);
	cr_assert_eq(full(), 0);
	frk_system_unref(system_);
}

/* What an actor sent to itself until it could not, in either way. */
static int results[2];

static int send_to_self(struct frk_context *context, const struct frk_message *message)
{
	struct frk_pid self = frk_context_self(context);

	if (message->kind != FRK_MESSAGE_STARTED)
		return 0;
	frk_context_send(context, self, PING, NULL, 0);
	results[0] = frk_context_send(context, self, PING, NULL, 0);
	results[1] = frk_system_send(frk_context_system(context), self, PING, NULL, 0);
	return 0;
}

Test(blocking, s5_is_not_for_actors)
{
	struct frk_actor_opts opts = FRK_ACTOR_OPTS(
		.receive = send_to_self, .mailbox_max = 1,
		.mailbox_policy = FRK_MAILBOX_BLOCK, .mailbox_wait_ns = LONG_NS);

	system_ = build_scripted(0);
	cr_assert_eq(frk_system_spawn(system_, &opts, NULL), 0);
	frki_scripted_settle();
	frk_system_stop(system_);
	frk_system_run(system_);
	cr_assert_eq(results[0], -ENOBUFS);
	cr_assert_eq(results[1], -ENOBUFS);
	cr_assert_eq(full(), 2);
	frk_system_unref(system_);
}

/* SPDX-License-Identifier: MIT */
/*
 * user_test.h - an actor that runs functions of a test, in simulated time, among probes.
 * For what is called from inside an actor.
 */
#ifndef FRKI_TESTING_USER_TEST_H
#define FRKI_TESTING_USER_TEST_H

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <fraktor/testing.h>

enum { RUN = FRK_MESSAGE_USER, WORK, ASKED, ANSWER };

static struct frk_testing *testing;
static struct frk_pid user;
static void (*todo)(struct frk_context *context);
/* For all that is no RUN; may be NULL. */
static void (*on_message)(struct frk_context *context, const struct frk_message *message);

static inline int use(struct frk_context *context, const struct frk_message *message)
{
	if (message->kind == RUN)
		todo(context);
	else if (on_message)
		on_message(context, message);
	return 0;
}

static inline void user_setup(void)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = "user", .receive = use);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "auto", .period_ns = FRK_MS(1), .actors = &actor,
		.actors_n = 1, .actors_pids = &user);

	cr_assert_eq(frk_testing_build(&opts, &testing), 0);
	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
}

static inline void user_teardown(void)
{
	testing = frk_testing_unref(testing);
}

/* Let the actor do that now. */
static inline void run(void (*function)(struct frk_context *context))
{
	todo = function;
	cr_assert_eq(frk_system_send(frk_testing_system(testing), user, RUN, NULL, 0), 0);
	frk_testing_settle(testing);
}

static inline struct frk_probe *new_probe(const char *name)
{
	struct frk_probe *probe = NULL;

	cr_assert_eq(frk_probe_new(testing, name, &probe), 0);
	return probe;
}

/* Its actor ends. */
static inline void end_probe(const struct frk_probe *probe)
{
	cr_assert_eq(frk_system_stop_actor(frk_testing_system(testing), frk_probe_pid(probe)), 0);
	frk_testing_settle(testing);
}

#endif /* FRKI_TESTING_USER_TEST_H */

/* SPDX-License-Identifier: MIT */
/*
 * testing_test.h - what the tests of <fraktor/testing.h> share: a system, and an actor
 * that does what messages say.
 */
#ifndef FRKI_TESTING_TESTING_TEST_H
#define FRKI_TESTING_TESTING_TEST_H

#include <errno.h>
#include <string.h>

#include <criterion/criterion.h>

#include <fraktor/testing.h>

enum { PING = FRK_MESSAGE_USER, PONG, BEAT, ARM, WATCH, QUIT, ASKED, NOTE };

static struct frk_testing *testing;
static struct frk_pid keeper;

/* Answers PING, and does the rest. */
static inline int help(struct frk_context *context, const struct frk_message *message)
{
	switch (message->kind) {
	case PING:
		return frk_context_send(context, message->sender, PONG, message->payload,
					message->size) == -EINVAL;
	case ARM:
		return frk_context_every(context, BEAT, FRK_MS(10), NULL);
	case WATCH:
		return frk_context_watch(context, message->sender);
	case ASKED:
		return frk_context_answer(context, message, PONG, NULL, 0);
	case QUIT:
		frk_context_stop(context);
		return 0;
	default:
		return 0;
	}
}

static inline void build_with(const struct frk_filters *filters)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.name = "keeper", .receive = help);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(
		.driver_name = "kernel", .period_ns = FRK_MS(1), .actors = &actor,
		.actors_n = 1, .actors_pids = &keeper, .filters = filters);

	cr_assert_eq(frk_testing_build(&opts, &testing), 0);
}

static inline void build(void)
{
	build_with(NULL);
}

static inline void done(void)
{
	testing = frk_testing_unref(testing);
}

static inline struct frk_probe *new_probe(const char *name)
{
	struct frk_probe *probe = NULL;

	cr_assert_eq(frk_probe_new(testing, name, &probe), 0);
	return probe;
}

/* What was wrong has these words. */
#define assert_said(words) \
	cr_assert_not_null(strstr(frk_testing_text(testing), (words)), "%s", \
			   frk_testing_text(testing))

/* The call found nothing wrong. */
#define assert_fine(call) \
	do { \
		int ret_ = (call); \
 \
		cr_assert_eq(ret_, 0, "%d: %s", ret_, frk_testing_text(testing)); \
	} while (0)

#endif /* FRKI_TESTING_TESTING_TEST_H */

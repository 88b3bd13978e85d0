/* SPDX-License-Identifier: MIT */
/*
 * template_testing.c - a program to copy: a test of an actor.  Time passes when the test
 * says so, an hour of it in a moment, the same on every machine; a probe stands for the
 * actor on the other side, and messages are lost where the test wants it.
 *
 * Tests have libfraktor-testing.a, programs do not.
 */
#include <stdlib.h>
#include <string.h>

#include <fraktor/testing.h>

/* --- what is tested: an actor that reports its count once a second, until that is seen */

enum { COUNT = FRK_MESSAGE_USER, REPORT, SEEN, TELL };

struct counter {
	struct frk_pid to;
	uint64_t count;
	struct frk_timer timer;
};

static int count(struct frk_context *context, const struct frk_message *message)
{
	struct counter *counter = frk_context_state(context);

	switch (message->kind) {
	case COUNT:
		counter->count++;
		if (counter->timer.life)
			return 0;
		return frk_context_every(context, TELL, FRK_S(1), &counter->timer);
	case TELL:
		return frk_context_send(context, counter->to, REPORT, &counter->count,
					sizeof(counter->count));
	case SEEN:
		if (counter->timer.life)
			frk_context_cancel(context, counter->timer);
		counter->timer.life = 0;
		return 0;
	default:
		return 0;
	}
}

/* --- the test */

static struct frk_testing *testing;
static struct frk_probe *probe;
static struct counter counter;
static struct frk_pid pid;

/* Where a test fails, it says why. */
static void ok(int ret, const char *what)
{
	if (!ret)
		return;
	fprintf(stderr, "template_testing: %s: %s: %s\n", what, strerror(-ret),
		frk_testing_text(testing));
	exit(1);
}

static void equal(uint64_t is, uint64_t wanted, const char *what)
{
	if (is == wanted)
		return;
	fprintf(stderr, "template_testing: %s: %llu, not %llu\n", what,
		(unsigned long long)is, (unsigned long long)wanted);
	exit(1);
}

static void begin(void)
{
	struct frk_actor_opts actor =
		FRK_ACTOR_OPTS(.name = "counter", .receive = count, .state = &counter);
	struct frk_system_opts opts = FRK_SYSTEM_OPTS(.driver_name = "auto");

	counter = (struct counter){ 0 };
	ok(frk_testing_build(&opts, &testing), "build");
	ok(frk_probe_new(testing, "log", &probe), "probe");
	counter.to = frk_probe_pid(probe);
	ok(frk_system_spawn(frk_testing_system(testing), &actor, &pid), "spawn");
	frk_testing_mark(testing);
}

static void end(void)
{
	ok(frk_testing_check(testing), "something is left");
	ok(frk_testing_stop(testing), "something is left in the end");
	testing = frk_testing_unref(testing);
}

static void reports_once_a_second_until_seen(void)
{
	const struct frk_message *message;

	begin();
	ok(frk_probe_expect_none(probe, FRK_S(3600)), "nothing is counted");
	ok(frk_probe_send(probe, pid, COUNT, NULL, 0), "send");
	for (int i = 0; i < 3; i++)
		ok(frk_probe_expect(probe, REPORT, FRK_S(1), &message), "a report");
	equal(*(const uint64_t *)message->payload, 1, "count");
	equal(frk_testing_passed_ns(testing), FRK_S(3603), "time");
	ok(frk_probe_answer(probe, SEEN, NULL, 0), "answer");
	ok(frk_probe_expect_none(probe, FRK_S(3600)), "it was seen");
	end();
}

static void goes_on_while_nobody_hears(void)
{
	struct frk_fault lost =
		FRK_FAULT(.effect = FRK_FAULT_DROP, .kind = SEEN, .times = 2);
	int fault;

	begin();
	fault = frk_testing_inject(testing, &lost);
	ok(frk_probe_send(probe, pid, COUNT, NULL, 0), "send");
	for (int i = 0; i < 3; i++) {
		ok(frk_probe_expect(probe, REPORT, FRK_S(1), NULL), "a report");
		ok(frk_probe_answer(probe, SEEN, NULL, 0), "answer");
	}
	equal(frk_testing_hits(testing, fault), 2, "lost");
	ok(frk_probe_expect_none(probe, FRK_S(3600)), "the third was seen");
	end();
}

int main(void)
{
	reports_once_a_second_until_seen();
	goes_on_while_nobody_hears();
	puts("template_testing: ok");
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * machine_test.c - in which order states of a machine begin and are over, and who of them
 * handles a message.
 */
#include <fraktor/machine.h>

#include "testing/user_test.h"

/*
 * on: a { a1, a2 { deep } }, b { b1 }.
 */
static struct frk_machine machine;
static char said[256];
static const struct frk_state *target;
static int answer, went;

static void say(const char *what, const char *name)
{
	size_t used = strlen(said);

	snprintf(said + used, sizeof(said) - used, "%s%s%s", used ? " " : "", what, name);
}

#define SAYS(id)                                                                  \
	static void enter_##id(struct frk_context *context)                       \
	{                                                                         \
		(void)context;                                                    \
		say("+", #id);                                                    \
	}                                                                         \
	static void leave_##id(struct frk_context *context)                       \
	{                                                                         \
		(void)context;                                                    \
		say("-", #id);                                                    \
	}

SAYS(a)
SAYS(a1)
SAYS(a2)
SAYS(deep)
SAYS(b)
SAYS(b1)

static int pass(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	(void)message;
	say("?", "pass");
	return FRK_UNHANDLED;
}

static int handle(struct frk_context *context, const struct frk_message *message)
{
	(void)context;
	(void)message;
	say("!", "handle");
	if (target)
		went = frk_machine_go(&machine, target);
	return answer;
}

static const struct frk_state a, a2, b;

static const struct frk_state a1 = {
	.name = "a1", .parent = &a, .receive = pass, .enter = enter_a1, .leave = leave_a1,
};
static const struct frk_state deep = {
	.name = "deep", .parent = &a2, .enter = enter_deep, .leave = leave_deep,
};
static const struct frk_state a2 = {
	.name = "a2", .parent = &a, .initial = &deep, .receive = pass, .enter = enter_a2,
	.leave = leave_a2,
};
static const struct frk_state a = {
	.name = "a", .initial = &a1, .receive = handle, .enter = enter_a, .leave = leave_a,
};
static const struct frk_state b1 = {
	.name = "b1", .parent = &b, .enter = enter_b1, .leave = leave_b1,
};
static const struct frk_state b = {
	.name = "b", .initial = &b1, .receive = handle, .enter = enter_b, .leave = leave_b,
};

static void begin(struct frk_context *context)
{
	cr_assert_eq(frk_machine_begin(&machine, context), 0);
}

static void setup(void)
{
	user_setup();
	answer = 0;
	target = NULL;
	cr_assert_eq(frk_machine_init(&machine, &a), 0);
	run(begin);
}

TestSuite(machine, .init = setup, .fini = user_teardown, .timeout = 60);

static int received;

static void receive(struct frk_context *context)
{
	const struct frk_message message = { .kind = WORK };

	received = frk_machine_receive(&machine, context, &message);
}

/* It is handled by the outermost, which goes there. */
static void go(const struct frk_state *to, const char *expected)
{
	*said = '\0';
	target = to;
	run(receive);
	cr_assert_eq(went, 0);
	cr_assert_str_eq(said, expected);
	target = NULL;
}

Test(machine, s3_begins_from_the_outermost_to_the_initial_one)
{
	cr_assert_str_eq(said, "+a +a1");
	cr_assert_eq(machine.state, &a1);
	cr_assert(frk_machine_is_in(&machine, &a));
	cr_assert(frk_machine_is_in(&machine, &a1));
	cr_assert_not(frk_machine_is_in(&machine, &a2));
	cr_assert_not(frk_machine_is_in(&machine, &b));
}

Test(machine, s3_what_a_state_does_not_handle_the_one_around_it_may)
{
	*said = '\0';
	run(receive);
	cr_assert_str_eq(said, "?pass !handle");
	cr_assert_eq(received, 0);
	answer = FRK_UNHANDLED;
	*said = '\0';
	run(receive);
	cr_assert_str_eq(said, "?pass !handle");
	cr_assert_eq(received, FRK_UNHANDLED);
	cr_assert_eq(machine.state, &a1);
}

Test(machine, s3_goes_by_way_of_what_is_around_both)
{
	go(&a2, "?pass !handle -a1 +a2 +deep");
	/* One without a handler passes on; then out of all, and in. */
	go(&b, "?pass !handle -deep -a2 -a +b +b1");
	go(&deep, "!handle -b1 -b +a +a2 +deep");
	go(&a1, "?pass !handle -deep -a2 +a1");
}

Test(machine, s3_a_state_that_it_is_in_begins_again)
{
	go(&a1, "?pass !handle -a1 +a1");
	go(&a, "?pass !handle -a1 -a +a +a1");
	go(&deep, "?pass !handle -a1 +a2 +deep");
	go(&a2, "?pass !handle -deep -a2 +a2 +deep");
}

Test(machine, s3_who_fails_goes_nowhere)
{
	*said = '\0';
	target = &b;
	answer = -EIO;
	run(receive);
	cr_assert_eq(received, -EIO);
	cr_assert_str_eq(said, "?pass !handle");
	cr_assert_eq(machine.state, &a1);
	target = NULL;
	answer = 0;
	*said = '\0';
	run(receive);
	cr_assert_str_eq(said, "?pass !handle", "and not later either");
}

static void finish(struct frk_context *context)
{
	frk_machine_end(&machine, context);
	frk_machine_end(&machine, context);
}

Test(machine, s3_ends_from_the_innermost)
{
	go(&deep, "?pass !handle -a1 +a2 +deep");
	*said = '\0';
	run(finish);
	cr_assert_str_eq(said, "-deep -a2 -a");
	cr_assert_null(machine.state);
	run(receive);
	cr_assert_eq(received, -EINVAL);
	/* A restart begins anew, and says nothing of before. */
	*said = '\0';
	run(begin);
	run(begin);
	cr_assert_str_eq(said, "+a +a1 +a +a1");
}

/* In each other. */
static const struct frk_state loop;
static const struct frk_state inner = { .parent = &loop };
static const struct frk_state loop = { .parent = &inner };

static int tried;

static void try_to_go(struct frk_context *context)
{
	const struct frk_message message = { .kind = WORK };

	tried = frk_machine_go(&machine, &b);
	cr_assert_eq(frk_machine_receive(&machine, context, &message), -EINVAL);
}

Test(machine, s3_misuse_is_refused)
{
	static const struct frk_state strange = { .initial = &a1 };
	static const struct frk_state trap = { .enter = try_to_go };
	static struct frk_state tower[FRK_STATES_DEPTH + 1];
	struct frk_machine other;

	cr_assert_eq(frk_machine_init(NULL, &a), -EINVAL);
	cr_assert_eq(frk_machine_init(&other, NULL), -EINVAL);
	cr_assert_eq(frk_machine_init(&other, &loop), -EINVAL);
	cr_assert_eq(frk_machine_init(&other, &strange), -EINVAL);
	for (unsigned int i = 1; i <= FRK_STATES_DEPTH; i++) {
		tower[i].parent = &tower[i - 1];
		cr_assert_eq(frk_machine_init(&other, &tower[i]),
			     i < FRK_STATES_DEPTH ? 0 : -EINVAL);
	}
	cr_assert_eq(frk_machine_begin(NULL, NULL), -EINVAL);
	cr_assert_eq(frk_machine_go(&machine, NULL), -EINVAL);
	cr_assert_eq(frk_machine_init(&other, &a), 0);
	cr_assert_eq(frk_machine_go(&other, &a), -EINVAL, "it has not begun");
	go(&trap, "?pass !handle -a1 -a");
	cr_assert_eq(tried, -EBUSY);
}

/* The deepest there may be. */
Test(machine, s3_as_deep_as_it_may_be)
{
	static struct frk_state tower[FRK_STATES_DEPTH];

	tower[0].enter = enter_b;
	for (unsigned int i = 1; i < FRK_STATES_DEPTH; i++) {
		tower[i].parent = &tower[i - 1];
		tower[i].enter = enter_b;
		tower[i].leave = leave_b1;
	}
	go(&tower[FRK_STATES_DEPTH - 1],
	   "?pass !handle -a1 -a +b +b +b +b +b +b +b +b +b +b +b +b +b +b +b +b");
	*said = '\0';
	run(finish);
	cr_assert_str_eq(said, "-b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1 -b1");
}

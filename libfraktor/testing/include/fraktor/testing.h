/* SPDX-License-Identifier: MIT */
/*
 * fraktor/testing.h - for tests of actors: a system whose time passes when the test says
 * so, probes that stand for the actors around the one that is tested, faults between
 * actors, and a look at what is left in the end.
 *
 * Of libfraktor-testing.a, which is installed by itself (make install-testing, the package
 * libfraktor-testing-dev) and linked by tests, never by programs.
 *
 * Nothing here looks at a clock: all times are those of the system's ticks, and a test
 * does the same on every machine.  One thread of the test calls these functions, and no
 * actor does; functions that let time pass return when no actor has anything to do.
 * Other threads may send to the system between these calls, but not during one: what the
 * system does then would depend on the machine.
 */
#ifndef FRK_TESTING_H
#define FRK_TESTING_H

#include <fraktor/fraktor.h>

FRK_BEGIN_DECLS

struct frk_testing;
struct frk_probe;

/**
 * frk_testing_build() - build a system that ticks when the test says so
 * @opts: as for frk_system_build(), and like the application's own: what names a driver, a
 *	CPU or a priority, and the environment, does not count.
 * @ret_testing: the test's; unref it.  Untouched on failure.
 *
 * Its actors have had FRK_MESSAGE_STARTED, and time stands.  What there is now is no leak:
 * frk_testing_mark().  Allocates.
 *
 * Return: as frk_system_build(); -EBUSY if the process has such a system already.
 */
FRK_API int frk_testing_build(const struct frk_system_opts *opts,
			      struct frk_testing **ret_testing);

/**
 * frk_testing_unref() - stop the system and free it, its probes too
 * @testing: the test's, or NULL.
 *
 * Return: NULL.
 */
FRK_API struct frk_testing *frk_testing_unref(struct frk_testing *testing);

/**
 * frk_testing_system() - the system
 * @testing: the test's.
 *
 * Return: borrowed; for frk_system_spawn(), frk_system_send() and their like.  Not for
 * frk_system_ask(), which waits for time to pass: ask by a probe.
 */
FRK_API struct frk_system *frk_testing_system(struct frk_testing *testing);

/**
 * frk_testing_text() - what was wrong
 * @testing: the test's.
 *
 * Return: in words, a line for each thing: what was expected and what came instead; empty
 * if the last call found nothing wrong.  Valid until the next call.
 */
FRK_API const char *frk_testing_text(const struct frk_testing *testing);

/**
 * frk_testing_settle() - let actors run until none has anything to do
 * @testing: the test's.
 *
 * No time passes.  Actors that send each other messages for ever settle never.
 */
FRK_API void frk_testing_settle(struct frk_testing *testing);

/**
 * frk_testing_ticks() - let ticks come, one by one
 * @testing: the test's.
 * @n: how many, each of one period.
 *
 * Actors settle after each.
 *
 * Return: 0; -ESHUTDOWN if the system has ended: then time stands.
 */
FRK_API int frk_testing_ticks(struct frk_testing *testing, uint64_t n);

/**
 * frk_testing_pass() - let time pass
 * @testing: the test's.
 * @ns: how much, rounded up to whole periods.
 *
 * From one time at which there is something to do to the next: an hour takes as long as
 * what happens in it.  No timer is late for that, and none misses anything.
 *
 * Return: as frk_testing_ticks().
 */
FRK_API int frk_testing_pass(struct frk_testing *testing, uint64_t ns);

/**
 * frk_testing_passed_ns() - how much time has passed
 * @testing: the test's.
 *
 * Return: whole periods, since frk_testing_build().
 */
FRK_API uint64_t frk_testing_passed_ns(const struct frk_testing *testing);

/**
 * frk_probe_new() - an actor whose messages the test takes
 * @testing: the test's; frees it.
 * @name: for people; copied; NULL for "probe".
 * @ret_probe: the probe.
 *
 * Keeps 256 messages that nobody has taken; what comes then is lost, and
 * frk_testing_check() says so.  Is no leak.
 *
 * Return: 0; as frk_system_spawn(); -ENOMEM.
 */
FRK_API int frk_probe_new(struct frk_testing *testing, const char *name,
			  struct frk_probe **ret_probe);

/**
 * frk_probe_pid() - where to send to
 * @probe: the probe.
 */
FRK_API struct frk_pid frk_probe_pid(const struct frk_probe *probe);

/**
 * frk_probe_take() - the next message, whatever it is
 * @probe: the probe.
 * @timeout_ns: let so much time pass at most until it comes; 0 for none.
 * @ret_message: the message, valid until the next call for this probe.
 *
 * Return: 0; -ENOMSG if none came; -ESHUTDOWN if none can come any more.
 */
FRK_API int frk_probe_take(struct frk_probe *probe, uint64_t timeout_ns,
			   const struct frk_message **ret_message);

/**
 * frk_probe_expect() - the next message is of that kind
 * @probe: the probe.
 * @kind: FRK_MESSAGE_TERMINATED, too.
 * @timeout_ns: as for frk_probe_take().
 * @ret_message: the message, valid until the next call for this probe; may be NULL.
 *
 * Return: as frk_probe_take(); -EBADMSG if another one came, which is taken.
 */
FRK_API int frk_probe_expect(struct frk_probe *probe, uint32_t kind, uint64_t timeout_ns,
			     const struct frk_message **ret_message);

/**
 * frk_probe_await() - the next message of that kind, whatever comes before
 * @probe: the probe.
 * @kind: as for frk_probe_expect().
 * @timeout_ns: for all of it.
 * @ret_message: the message, valid until the next call for this probe; may be NULL.
 *
 * What comes before is taken.
 *
 * Return: as frk_probe_take().
 */
FRK_API int frk_probe_await(struct frk_probe *probe, uint32_t kind, uint64_t timeout_ns,
			    const struct frk_message **ret_message);

/**
 * frk_probe_expect_sequence() - the next messages are of these kinds, in this order
 * @probe: the probe.
 * @kinds: the kinds.
 * @n: how many.
 * @timeout_ns: for all of them.
 *
 * Return: as frk_probe_expect(), for the first that does not come.
 */
FRK_API int frk_probe_expect_sequence(struct frk_probe *probe, const uint32_t *kinds,
				      size_t n, uint64_t timeout_ns);

/**
 * frk_probe_expect_none() - no message comes for a while
 * @probe: the probe.
 * @ns: for how long; all of it passes, unless one comes.
 *
 * Return: 0; -EBADMSG if one came, or is there already, which is not taken.
 */
FRK_API int frk_probe_expect_none(struct frk_probe *probe, uint64_t ns);

/**
 * frk_probe_send() - send a message, with the probe as its sender
 * @probe: the probe.
 * @to: the receiver.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * Return: as frk_context_send().
 */
FRK_API int frk_probe_send(struct frk_probe *probe, struct frk_pid to, uint32_t kind,
			   const void *payload, size_t size);

/**
 * frk_probe_ask() - ask a question, with the probe as who asks
 * @probe: the probe.
 * @to: whom.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most 32 bytes here.
 * @timeout_ns: as for frk_context_ask().
 *
 * What comes for it, the answer, FRK_MESSAGE_ASK_FAILED or FRK_MESSAGE_ASK_TIMEOUT, is
 * taken like any other message.
 *
 * Return: as frk_context_ask(); -EMSGSIZE also for more than 32 bytes.
 */
FRK_API int frk_probe_ask(struct frk_probe *probe, struct frk_pid to, uint32_t kind,
			  const void *payload, size_t size, uint64_t timeout_ns);

/**
 * frk_probe_answer() - answer the message that was taken last
 * @probe: the probe.
 * @kind: FRK_MESSAGE_USER or more.
 * @payload: @size bytes, copied; may be NULL if @size is 0.
 * @size: at most FRK_MESSAGE_PAYLOAD_MAX.
 *
 * If it was no question, its sender gets a message.
 *
 * Return: as frk_context_send(); -EINVAL also if no message was taken, or if it was
 * nobody's.
 */
FRK_API int frk_probe_answer(struct frk_probe *probe, uint32_t kind, const void *payload,
			     size_t size);

/**
 * frk_probe_watch() - get FRK_MESSAGE_TERMINATED when an actor has ended
 * @probe: the probe.
 * @pid: the actor.
 *
 * Return: as frk_context_watch().
 */
FRK_API int frk_probe_watch(struct frk_probe *probe, struct frk_pid pid);

/* What becomes of a message. */
enum frk_fault_effect {
	FRK_FAULT_DROP = 0,	 /* it is lost; its sender is told that it was sent */
	FRK_FAULT_DELAY = 1,	 /* it comes later, by .delay_ns */
	FRK_FAULT_DUPLICATE = 2, /* it comes twice */
	FRK_FAULT_REFUSE = 3,	 /* sending it returns .error; it is a dead letter */
};

/**
 * struct frk_fault - messages that go wrong
 * @size: sizeof(struct frk_fault); FRK_FAULT() sets it.
 * @effect: an enum frk_fault_effect.
 * @kind: of messages of this kind; 0 for any.
 * @from: from this sender; .life 0 for anyone.
 * @to: to this receiver; .life 0 for anyone.
 * @ppm: of a million such messages so many, at random; 0 for all.
 * @seed: the same one has the same messages go wrong; 0 for 1.
 * @skip: but the first so many pass.
 * @times: and after so many nothing goes wrong any more; 0 for no end.
 * @error: of FRK_FAULT_REFUSE: a negative errno.
 * @delay_ns: of FRK_FAULT_DELAY, from 1: rounded up to the next tick; then it is sent as if
 *	it were sent then.
 *
 * Messages of timers, of watches and of the runtime never go wrong; questions and answers
 * do.
 */
struct frk_fault {
	size_t size;
	uint32_t effect;
	uint32_t kind;
	struct frk_pid from;
	struct frk_pid to;
	uint32_t ppm;
	uint32_t seed;
	uint32_t skip;
	uint32_t times;
	int error;
	uint64_t delay_ns;
};

#define FRK_FAULT(...) \
	{ .size = sizeof(struct frk_fault), __VA_ARGS__ }

/* Faults that there may be at once. */
#define FRK_FAULTS_MAX 16

/**
 * frk_testing_inject() - let messages go wrong from now on
 * @testing: the test's.
 * @fault: which, and how; copied.
 *
 * Faults are looked at in the order in which they came: the first one that is for a
 * message decides.
 *
 * Return: the number of the fault, from 0; -EINVAL; -ENOBUFS if there are FRK_FAULTS_MAX.
 */
FRK_API int frk_testing_inject(struct frk_testing *testing, const struct frk_fault *fault);

/**
 * frk_testing_hits() - how many messages have gone wrong by a fault
 * @testing: the test's.
 * @fault: its number, also after frk_testing_heal().
 *
 * Return: how many; 0 for no such fault.
 */
FRK_API uint64_t frk_testing_hits(struct frk_testing *testing, int fault);

/**
 * frk_testing_heal() - let no more messages go wrong
 * @testing: the test's.
 *
 * Those that are delayed still come.  Numbers of faults begin again at 0 with the next
 * frk_testing_inject().
 */
FRK_API void frk_testing_heal(struct frk_testing *testing);

/**
 * struct frk_account - what became of the messages of a system
 * @sent: messages of actors and of other threads that filters let pass and the system was
 *	open for; those by FRK_FAULT_DUPLICATE, too.
 * @handled: of these, came to an actor.
 * @dead: reached nobody: struct frk_dead_letters, without those that are not in @sent.
 * @dropped: lost by FRK_FAULT_DROP.
 * @held: delayed by FRK_FAULT_DELAY, and not yet sent.
 * @left: are in a mailbox.
 *
 * @sent is the sum of the others.
 */
struct frk_account {
	uint64_t sent;
	uint64_t handled;
	uint64_t dead;
	uint64_t dropped;
	uint64_t held;
	uint64_t left;
};

/**
 * frk_testing_get_account() - settle, and count
 * @testing: the test's.
 * @ret_account: the counts.
 */
FRK_API void frk_testing_get_account(struct frk_testing *testing,
				     struct frk_account *ret_account);

/**
 * frk_testing_mark() - what there is now is no leak
 * @testing: the test's.
 *
 * Actors, timers and watches; settles first.
 */
FRK_API void frk_testing_mark(struct frk_testing *testing);

/**
 * frk_testing_check() - is anything left that was not there at the mark?
 * @testing: the test's.
 *
 * Settles first.  Actors that live, timers that are armed, questions that wait, watches,
 * messages in mailboxes and delayed ones, messages that a probe has lost, and an account
 * that does not balance.
 *
 * Return: 0; -EBUSY: frk_testing_text() names all of it.
 */
FRK_API int frk_testing_check(struct frk_testing *testing);

/**
 * frk_testing_stop() - shut the system down, and see that nothing of it is left
 * @testing: the test's.
 *
 * In the order of frk_system_stop().  Delayed messages are dropped.
 *
 * Return: 0; -EBUSY: frk_testing_text() says what is left.
 */
FRK_API int frk_testing_stop(struct frk_testing *testing);

FRK_END_DECLS

#endif /* FRK_TESTING_H */

/* SPDX-License-Identifier: MIT */
/*
 * testing.h - what the files behind <fraktor/testing.h> share.  testing.c has the system
 * and its time, probe.c the probes, fault.c what goes wrong, leak.c what is left.
 */
#ifndef FRKI_TESTING_TESTING_H
#define FRKI_TESTING_TESTING_H

#include <pthread.h>
#include <stdatomic.h>

#include <fraktor/testing.h>

#include "system/system.h"

#define FRKI_TESTING_TEXT 4096

struct frki_held;

/**
 * struct frki_faults - what goes wrong
 * @divert: how the stage calls it.
 * @lock: senders are several threads.
 * @fault: in their order.
 * @random: of each.
 * @seen: messages each was for, those that it let pass included.
 * @hits: those that went wrong by it.
 * @n: how many.
 * @held: delayed messages, the next one first.
 * @held_n: how many.
 * @dropped: messages that were lost.
 */
struct frki_faults {
	struct frki_divert divert;
	pthread_mutex_t lock;
	struct frk_fault fault[FRK_FAULTS_MAX];
	uint64_t random[FRK_FAULTS_MAX];
	uint64_t seen[FRK_FAULTS_MAX];
	uint64_t hits[FRK_FAULTS_MAX];
	int n;
	struct frki_held *held;
	uint64_t held_n;
	uint64_t dropped;
};

/**
 * struct frki_marks - what there was, so that it is no leak
 * @cells: life of each actor; 0 for none.
 * @alarms: of each timer.
 * @watches: whom each watch is about; .life 0 for nobody.
 */
struct frki_marks {
	uint32_t *cells;
	uint32_t *alarms;
	struct frk_pid *watches;
};

/**
 * struct frk_testing - a system whose time is the test's
 * @system: the system.
 * @filters: its filters; they ask those of the application.
 * @theirs: these; all zero for none.
 * @faults: what goes wrong.
 * @marks: what is no leak.
 * @probes: its probes.
 * @sent: messages that were let pass.
 * @handled: of these, came to an actor.
 * @ticks: periods that have passed.
 * @over: nothing is left that could be looked at but the system.
 * @said: bytes of @text.
 * @text: what was wrong.
 */
struct frk_testing {
	struct frk_system *system;
	struct frk_filters filters;
	struct frk_filters theirs;
	struct frki_faults faults;
	struct frki_marks marks;
	struct frki_list probes;
	_Atomic uint64_t sent;
	_Atomic uint64_t handled;
	uint64_t ticks;
	bool over;
	size_t said;
	char text[FRKI_TESTING_TEXT];
};

/* Kind of the messages that tell a probe what to do; no application's. */
#define FRKI_PROBE_DO UINT32_MAX

/**
 * struct frki_probe_slot - a message that a probe got
 * @message: the message; its payload is the one here, or in its buffer.
 * @question: it wants an answer.
 * @payload: its payload.
 */
struct frki_probe_slot {
	struct frk_message message;
	bool question;
	alignas(max_align_t) unsigned char payload[FRK_MESSAGE_PAYLOAD_MAX];
};

#define FRKI_PROBE_SLOTS 256

/**
 * struct frk_probe - an actor whose messages the test takes
 * @testing: whose.
 * @link: on &frk_testing.probes.
 * @pid: the actor.
 * @name: for people.
 * @slots: its messages.
 * @head: how many came.
 * @tail: how many were taken.
 * @lost: how many found no room.
 * @last: the one that was taken last; .message.kind 0 for none.
 * @result: of the last thing that it was told to do.
 */
struct frk_probe {
	struct frk_testing *testing;
	struct frki_list link;
	struct frk_pid pid;
	char name[32];
	struct frki_probe_slot slots[FRKI_PROBE_SLOTS];
	uint64_t head;
	uint64_t tail;
	uint64_t lost;
	struct frki_probe_slot last;
	int result;
};

/**
 * frki_testing_stage() - the stage of its system
 * @testing: the test's.
 */
static inline struct frki_stage *frki_testing_stage(const struct frk_testing *testing)
{
	return &testing->system->stage;
}

/**
 * frki_testing_now_ns() - what time it is on the driver's clock
 * @testing: the test's.
 */
uint64_t frki_testing_now_ns(const struct frk_testing *testing);

/**
 * frki_testing_step() - let time pass until there is something to do
 * @testing: the test's, settled.
 * @most: periods at most, not 0.
 *
 * Settles.
 *
 * Return: periods that have passed; 0 if time stands.
 */
uint64_t frki_testing_step(struct frk_testing *testing, uint64_t most);

/**
 * frki_testing_periods() - how many periods that is, rounded up
 * @testing: the test's.
 * @ns: how long.
 */
uint64_t frki_testing_periods(const struct frk_testing *testing, uint64_t ns);

/**
 * frki_testing_hush() - nothing was wrong so far
 * @testing: the test's.
 */
void frki_testing_hush(struct frk_testing *testing);

/**
 * frki_testing_say() - that was wrong
 * @testing: the test's.
 * @format: as of printf(3).
 */
void frki_testing_say(struct frk_testing *testing, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * frki_faults_init() - nothing goes wrong
 * @faults: the faults.
 */
void frki_faults_init(struct frki_faults *faults);

/**
 * frki_faults_fini() - drop what is delayed, and free
 * @faults: the faults.
 */
void frki_faults_fini(struct frki_faults *faults);

/**
 * frki_faults_drop_held() - what is delayed is lost
 * @faults: the faults.
 */
void frki_faults_drop_held(struct frki_faults *faults);

/**
 * frki_faults_refuse() - is sending that to fail?
 * @testing: the test's.
 * @from: who sends.
 * @to: the receiver.
 * @kind: kind of the message.
 *
 * Return: 0, or the negative errno.
 */
int frki_faults_refuse(struct frk_testing *testing, struct frk_pid from, struct frk_pid to,
		       uint32_t kind);

/**
 * frki_faults_is_again() - is a message being sent that was seen before?
 *
 * By the calling thread: one that was delayed, or the second of two.
 */
bool frki_faults_is_again(void);

/**
 * frki_faults_next_ns() - when the next delayed message is due
 * @faults: the faults.
 *
 * Return: UINT64_MAX for never.
 */
uint64_t frki_faults_next_ns(struct frki_faults *faults);

/**
 * frki_faults_release() - send what was delayed until now
 * @testing: the test's.
 *
 * Return: how many.
 */
unsigned int frki_faults_release(struct frk_testing *testing);

/**
 * frki_marks_init() - room for marks
 * @testing: the test's, with its system.
 *
 * Return: 0 or -ENOMEM.
 */
int frki_marks_init(struct frk_testing *testing);

/**
 * frki_marks_fini() - free it
 * @testing: the test's.
 */
void frki_marks_fini(struct frk_testing *testing);

/**
 * frki_probe_free_all() - free all probes
 * @testing: the test's; its system is gone.
 */
void frki_probe_free_all(struct frk_testing *testing);

#endif /* FRKI_TESTING_TESTING_H */

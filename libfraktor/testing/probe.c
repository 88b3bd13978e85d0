// SPDX-License-Identifier: MIT
/*
 * probe.c - an actor whose messages the test takes.  It writes them down, on the worker;
 * the test reads them while the system is settled.  What only an actor may do it is told
 * in a message of the test's.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "testing/testing.h"

enum what { ASK, WATCH };

/**
 * struct order - what a probe is to do
 * @what: that.
 * @kind: of a question.
 * @pid: with whom.
 * @timeout_ns: of a question.
 * @payload: of a question.
 */
struct order {
	uint32_t what;
	uint32_t kind;
	struct frk_pid pid;
	uint64_t timeout_ns;
	unsigned char payload[32];
	uint32_t size;
};

_Static_assert(sizeof(struct order) <= FRK_MESSAGE_PAYLOAD_MAX, "an order is a message");

static int obey(struct frk_context *context, const struct order *order)
{
	if (order->what == WATCH)
		return frk_context_watch(context, order->pid);
	return frk_context_ask(context, order->pid, order->kind, order->payload, order->size,
			       order->timeout_ns, NULL);
}

/* Does its sender wait for an answer? */
static bool is_question(struct frk_context *context, const struct frk_message *message)
{
	const struct frki_alarm *alarm;

	if (!message->sender.life || message->kind < FRK_MESSAGE_USER)
		return false;
	alarm = frki_alarm_find(context->stage, message->ask);
	return alarm && alarm->envelope.message.kind == FRK_MESSAGE_ASK_TIMEOUT &&
	       frki_pool_index(&context->stage->cells, alarm->cell) == message->sender.index;
}

static void keep(struct frki_probe_slot *slot, const struct frk_message *message)
{
	slot->message = *message;
	if (frk_buffer_ref(message->buffer))
		return;
	if (message->size)
		memcpy(slot->payload, message->payload, message->size);
}

static void free_probe(struct frk_probe *probe)
{
	frk_buffer_unref(probe->last.message.buffer);
	for (; probe->tail != probe->head; probe->tail++)
		frk_buffer_unref(
			probe->slots[probe->tail % FRKI_PROBE_SLOTS].message.buffer);
	free(probe);
}

static int receive(struct frk_context *context, const struct frk_message *message)
{
	struct frk_probe *probe = frk_context_state(context);
	struct frki_probe_slot *slot = &probe->slots[probe->head % FRKI_PROBE_SLOTS];

	if (message->kind == FRK_MESSAGE_STARTED || message->kind == FRK_MESSAGE_STOPPED)
		return 0;
	if (message->kind == FRKI_PROBE_DO) {
		probe->result = obey(context, message->payload);
		return 0;
	}
	if (probe->head - probe->tail == FRKI_PROBE_SLOTS) {
		probe->lost++;
		return 0;
	}
	keep(slot, message);
	slot->question = is_question(context, message);
	probe->head++;
	return 0;
}

int frk_probe_new(struct frk_testing *testing, const char *name, struct frk_probe **ret_probe)
{
	struct frk_actor_opts actor = FRK_ACTOR_OPTS(.receive = receive);
	struct frk_probe *probe;
	int ret;

	if (!testing || !ret_probe)
		return -EINVAL;
	probe = calloc(1, sizeof(*probe));
	if (!probe)
		return -ENOMEM;
	snprintf(probe->name, sizeof(probe->name), "%s", name ? name : "probe");
	probe->testing = testing;
	actor.name = probe->name;
	actor.state = probe;
	actor.mailbox_max = FRKI_PROBE_SLOTS;
	ret = frk_system_spawn(testing->system, &actor, &probe->pid);
	if (ret) {
		free(probe);
		return ret;
	}
	frki_list_push(&testing->probes, &probe->link);
	frk_testing_settle(testing);
	*ret_probe = probe;
	return 0;
}

void frki_probe_free_all(struct frk_testing *testing)
{
	while (!frki_list_empty(&testing->probes)) {
		struct frki_list *link = testing->probes.next;

		frki_list_remove(link);
		free_probe(frki_container_of(link, struct frk_probe, link));
	}
}

struct frk_pid frk_probe_pid(const struct frk_probe *probe)
{
	static const struct frk_pid nobody;

	return probe ? probe->pid : nobody;
}

/* --- words */

static const char *kind_name(uint32_t kind, char *buffer, size_t size)
{
	static const char *const names[FRK_MESSAGE_USER] = {
		[FRK_MESSAGE_TERMINATED] = "TERMINATED",
		[FRK_MESSAGE_ASK_TIMEOUT] = "ASK_TIMEOUT",
		[FRK_MESSAGE_ASK_FAILED] = "ASK_FAILED",
	};

	if (kind < FRK_MESSAGE_USER && names[kind])
		return names[kind];
	snprintf(buffer, size, "kind %u", kind);
	return buffer;
}

static void print_sender(const struct frk_probe *probe, struct frk_pid pid, char *buffer,
			 size_t size)
{
	const struct frki_cell *cell =
		frki_pool_at(&frki_testing_stage(probe->testing)->cells, pid.index);

	if (!pid.life)
		snprintf(buffer, size, "no actor");
	else if (cell && frki_mailbox_life(&cell->mailbox) == pid.life)
		snprintf(buffer, size, "\"%s\" %u.%u", cell->name, pid.index, pid.life);
	else
		snprintf(buffer, size, "%u.%u, which has ended", pid.index, pid.life);
}

static void print_came(const struct frk_probe *probe, const struct frk_message *message,
		       char *buffer, size_t size)
{
	char kind[24], sender[64];

	print_sender(probe, message->sender, sender, sizeof(sender));
	snprintf(buffer, size, "%s of %u bytes from %s",
		 kind_name(message->kind, kind, sizeof(kind)), message->size, sender);
}

/* "probe "x": expected WHAT, got WHAT, after 5000000 ns" */
static int complain(struct frk_probe *probe, const char *wanted,
		    const struct frk_message *message, int ret)
{
	unsigned long long at_ns = frk_testing_passed_ns(probe->testing);
	char came[128] = "nothing";

	if (message)
		print_came(probe, message, came, sizeof(came));
	frki_testing_say(probe->testing, "probe \"%s\": expected %s, got %s%s; at %llu ns",
			 probe->name, wanted, came,
			 ret == -ESHUTDOWN ? ": the system has ended" : "", at_ns);
	return ret;
}

/* --- taking */

/* Time until which to wait, in periods since the beginning. */
static uint64_t end_of(const struct frk_probe *probe, uint64_t timeout_ns)
{
	uint64_t end, ticks = probe->testing->ticks;
	uint64_t periods = frki_testing_periods(probe->testing, timeout_ns);

	return __builtin_add_overflow(ticks, periods, &end) ? UINT64_MAX : end;
}

/* Return: the next message, not taken; NULL: none came until @end, see *ret_why. */
static const struct frki_probe_slot *wait_until(struct frk_probe *probe, uint64_t end,
						int *ret_why)
{
	struct frk_testing *testing = probe->testing;

	frk_testing_settle(testing);
	while (probe->head == probe->tail) {
		*ret_why = -ENOMSG;
		if (testing->ticks >= end)
			return NULL;
		*ret_why = -ESHUTDOWN;
		if (!frki_testing_step(testing, end - testing->ticks))
			return NULL;
	}
	return &probe->slots[probe->tail % FRKI_PROBE_SLOTS];
}

/* The slot may be filled again: the test gets a copy that stays. */
static const struct frk_message *take(struct frk_probe *probe)
{
	frk_buffer_unref(probe->last.message.buffer);
	probe->last = probe->slots[probe->tail++ % FRKI_PROBE_SLOTS];
	if (probe->last.message.size && !probe->last.message.buffer)
		probe->last.message.payload = probe->last.payload;
	return &probe->last.message;
}

static int take_until(struct frk_probe *probe, uint64_t end, const char *wanted,
		      const struct frk_message **ret_message)
{
	int ret = 0;

	if (!wait_until(probe, end, &ret))
		return complain(probe, wanted, NULL, ret);
	*ret_message = take(probe);
	return 0;
}

int frk_probe_take(struct frk_probe *probe, uint64_t timeout_ns,
		   const struct frk_message **ret_message)
{
	if (!probe || !ret_message)
		return -EINVAL;
	frki_testing_hush(probe->testing);
	return take_until(probe, end_of(probe, timeout_ns), "a message", ret_message);
}

static int expect_until(struct frk_probe *probe, uint32_t kind, uint64_t end,
			const char *wanted, const struct frk_message **ret_message)
{
	const struct frk_message *message = NULL;
	int ret = take_until(probe, end, wanted, &message);

	if (ret)
		return ret;
	if (message->kind != kind)
		return complain(probe, wanted, message, -EBADMSG);
	if (ret_message)
		*ret_message = message;
	return 0;
}

int frk_probe_expect(struct frk_probe *probe, uint32_t kind, uint64_t timeout_ns,
		     const struct frk_message **ret_message)
{
	char wanted[24];

	if (!probe)
		return -EINVAL;
	frki_testing_hush(probe->testing);
	return expect_until(probe, kind, end_of(probe, timeout_ns),
			    kind_name(kind, wanted, sizeof(wanted)), ret_message);
}

int frk_probe_await(struct frk_probe *probe, uint32_t kind, uint64_t timeout_ns,
		    const struct frk_message **ret_message)
{
	const struct frk_message *message = NULL;
	char wanted[24];
	uint64_t end;
	int ret;

	if (!probe)
		return -EINVAL;
	frki_testing_hush(probe->testing);
	end = end_of(probe, timeout_ns);
	do
		ret = take_until(probe, end, kind_name(kind, wanted, sizeof(wanted)), &message);
	while (!ret && message->kind != kind);
	if (!ret && ret_message)
		*ret_message = message;
	return ret;
}

int frk_probe_expect_sequence(struct frk_probe *probe, const uint32_t *kinds, size_t n,
			      uint64_t timeout_ns)
{
	uint64_t end;

	if (!probe || (n && !kinds))
		return -EINVAL;
	frki_testing_hush(probe->testing);
	end = end_of(probe, timeout_ns);
	for (size_t i = 0; i < n; i++) {
		char kind[24], wanted[96];
		int ret;

		snprintf(wanted, sizeof(wanted), "%s as number %zu of %zu",
			 kind_name(kinds[i], kind, sizeof(kind)), i + 1, n);
		ret = expect_until(probe, kinds[i], end, wanted, NULL);
		if (ret)
			return ret;
	}
	return 0;
}

int frk_probe_expect_none(struct frk_probe *probe, uint64_t ns)
{
	const struct frki_probe_slot *slot;
	int ret = 0;

	if (!probe)
		return -EINVAL;
	frki_testing_hush(probe->testing);
	slot = wait_until(probe, end_of(probe, ns), &ret);
	return slot ? complain(probe, "nothing", &slot->message, -EBADMSG) : 0;
}

/* --- doing */

int frk_probe_send(struct frk_probe *probe, struct frk_pid to, uint32_t kind,
		   const void *payload, size_t size)
{
	if (!probe || kind == FRKI_PROBE_DO)
		return -EINVAL;
	return frki_stage_send(frki_testing_stage(probe->testing), probe->pid, to, kind,
			       payload, size);
}

int frk_probe_answer(struct frk_probe *probe, uint32_t kind, const void *payload, size_t size)
{
	struct frki_post post = { .kind = kind, .payload = payload, .size = size };
	const struct frki_probe_slot *last;

	if (!probe || !probe->last.message.kind || !probe->last.message.sender.life)
		return -EINVAL;
	last = &probe->last;
	post.sender = probe->pid;
	post.to = last->message.sender;
	if (last->question) {
		post.role = FRKI_ENVELOPE_ANSWER;
		post.ask = last->message.ask;
	}
	return frki_stage_post(frki_testing_stage(probe->testing), &post);
}

static int tell(struct frk_probe *probe, const struct order *order)
{
	int ret;

	frk_testing_settle(probe->testing);
	ret = frk_system_send(probe->testing->system, probe->pid, FRKI_PROBE_DO, order,
			      sizeof(*order));
	if (ret)
		return ret;
	frk_testing_settle(probe->testing);
	return probe->result;
}

int frk_probe_ask(struct frk_probe *probe, struct frk_pid to, uint32_t kind,
		  const void *payload, size_t size, uint64_t timeout_ns)
{
	struct order order = { .what = ASK, .kind = kind, .pid = to,
			       .timeout_ns = timeout_ns, .size = (uint32_t)size };

	if (!probe || (size && !payload) || kind == FRKI_PROBE_DO)
		return -EINVAL;
	if (size > sizeof(order.payload))
		return -EMSGSIZE;
	if (size)
		memcpy(order.payload, payload, size);
	return tell(probe, &order);
}

int frk_probe_watch(struct frk_probe *probe, struct frk_pid pid)
{
	const struct order order = { .what = WATCH, .pid = pid };

	return probe ? tell(probe, &order) : -EINVAL;
}

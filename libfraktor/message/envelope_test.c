// SPDX-License-Identifier: MIT
/*
 * envelope_test.c - messages from a pool.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "message/envelope.h"

static struct frki_pool pool;
static struct frki_letter letters[2];
static _Atomic uint32_t links[2];
static const struct frk_pid sender = { .index = 3, .life = 4 };

static void setup(void)
{
	frki_pool_init(&pool, letters, sizeof(*letters), links, 2);
}

TestSuite(envelope, .init = setup);

Test(envelope, carries_a_copy_aligned_for_any_type)
{
	char text[FRK_MESSAGE_PAYLOAD_MAX] = "payload";
	struct frki_envelope *envelope =
		frki_envelope_new(&pool, 17, text, sizeof(text), sender);
	const struct frk_message *message = &envelope->message;

	text[0] = 'x';
	cr_assert_eq(message->kind, 17);
	cr_assert_eq(message->size, sizeof(text));
	cr_assert_str_eq(message->payload, "payload");
	cr_assert_eq((uintptr_t)message->payload % alignof(max_align_t), 0);
	cr_assert_eq(message->sender.index, 3);
	cr_assert_eq(message->sender.life, 4);
	cr_assert_eq(message->count, 0);
	cr_assert_eq(message->deadline_ns, 0);
}

Test(envelope, without_payload_has_none)
{
	struct frki_envelope *envelope =
		frki_envelope_new(&pool, 17, NULL, 0, sender);

	cr_assert_null(envelope->message.payload);
	cr_assert_eq(envelope->message.size, 0);
}

Test(envelope, comes_from_the_pool_and_goes_back)
{
	struct frki_envelope *a = frki_envelope_new(&pool, 17, NULL, 0, sender);
	struct frki_envelope *b = frki_envelope_new(&pool, 18, NULL, 0, sender);

	cr_assert_not_null(b);
	cr_assert_null(frki_envelope_new(&pool, 19, NULL, 0, sender));
	frki_envelope_unref(a, &pool);
	cr_assert_eq(frki_envelope_new(&pool, 20, NULL, 0, sender), a);
}

// SPDX-License-Identifier: MIT
/*
 * envelope_test.c - letters that are filled.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "message/envelope.h"

static struct frki_letter letters[2];
static const struct frk_pid sender = { .index = 3, .life = 4 };

Test(envelope, carries_a_copy_aligned_for_any_type)
{
	char text[FRK_MESSAGE_PAYLOAD_MAX] = "payload";
	struct frki_envelope *envelope =
		frki_envelope_init(&letters[0], &(struct frki_post){
			.sender = sender, .kind = 17, .payload = text, .size = sizeof(text) });
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
		frki_envelope_init(&letters[0], &(struct frki_post){ .sender = sender, .kind = 17 });

	cr_assert_null(envelope->message.payload);
	cr_assert_eq(envelope->message.size, 0);
}

Test(envelope, knows_its_letter)
{
	cr_assert_eq(frki_envelope_letter(&letters[1].envelope), &letters[1]);
}

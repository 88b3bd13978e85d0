// SPDX-License-Identifier: MIT
/*
 * buffer_test.c - references to a buffer, and letters that carry one.
 */
#include <errno.h>

#include <criterion/criterion.h>

#include "message/envelope.h"

static struct frki_letter letter;
static struct frk_buffer buffer;
static unsigned char bytes[4096];
static unsigned int released;

static void count(struct frk_buffer *gone)
{
	cr_assert_eq(gone, &buffer);
	cr_assert_eq(gone->owner, bytes);
	released++;
}

static void setup(void)
{
	released = 0;
	cr_assert_eq(frk_buffer_init(&buffer, bytes, sizeof(bytes), count, bytes), 0);
}

TestSuite(buffer, .init = setup);

Test(buffer, s6_the_last_one_releases_it)
{
	cr_assert_not(frk_buffer_is_shared(&buffer));
	cr_assert_eq(frk_buffer_ref(&buffer), &buffer);
	cr_assert(frk_buffer_is_shared(&buffer));
	cr_assert_null(frk_buffer_unref(&buffer));
	cr_assert_not(frk_buffer_is_shared(&buffer));
	cr_assert_eq(released, 0);
	frk_buffer_unref(&buffer);
	cr_assert_eq(released, 1);
}

Test(buffer, s6_one_that_stays_needs_no_release)
{
	cr_assert_eq(frk_buffer_init(&buffer, bytes, 1, NULL, NULL), 0);
	cr_assert_null(frk_buffer_unref(&buffer));
	cr_assert_eq(released, 0);
}

Test(buffer, s6_bad_arguments)
{
	cr_assert_eq(frk_buffer_init(NULL, bytes, 1, count, NULL), -EINVAL);
	cr_assert_eq(frk_buffer_init(&buffer, NULL, 1, count, NULL), -EINVAL);
	cr_assert_eq(frk_buffer_init(&buffer, bytes, (size_t)UINT32_MAX + 1, count, NULL),
		     -EMSGSIZE);
	/* Nothing has become of it. */
	cr_assert_eq(buffer.size, sizeof(bytes));
	cr_assert_eq(frk_buffer_init(&buffer, NULL, 0, NULL, NULL), 0);
	cr_assert_null(frk_buffer_ref(NULL));
	cr_assert_null(frk_buffer_unref(NULL));
	cr_assert_not(frk_buffer_is_shared(NULL));
}

Test(buffer, s6_a_letter_has_a_reference_and_no_copy)
{
	const struct frki_post post = { .kind = 17, .buffer = &buffer,
					.payload = bytes, .size = sizeof(bytes) };
	const struct frk_message *message = &frki_envelope_init(&letter, &post)->message;

	cr_assert_eq(message->payload, bytes);
	cr_assert_eq(message->size, sizeof(bytes));
	cr_assert_eq(message->buffer, &buffer);
	cr_assert(frk_buffer_is_shared(&buffer));
	frki_envelope_fini(&letter);
	cr_assert_not(frk_buffer_is_shared(&buffer));
	cr_assert_eq(released, 0);
}

Test(buffer, s6_an_empty_one_is_a_reference_too)
{
	const struct frki_post post = { .kind = 17, .buffer = &buffer };
	const struct frk_message *message = &frki_envelope_init(&letter, &post)->message;

	cr_assert_null(message->payload);
	cr_assert_eq(message->size, 0);
	cr_assert(frk_buffer_is_shared(&buffer));
	frki_envelope_fini(&letter);
}

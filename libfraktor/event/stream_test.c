// SPDX-License-Identifier: MIT
/*
 * stream_test.c - events: order, keys, replay, and readers that do not come.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "event/stream.h"

#define SLOTS 8

static struct frki_event_slot slots[SLOTS];
static struct frki_event_stream stream;
static struct frki_event_reader reader;
static struct frk_event event;
static unsigned int published;

static void on_published(void *data)
{
	(*(unsigned int *)data)++;
}

static const struct frki_event_ops ops = { .published = on_published };

static void setup(void)
{
	frki_event_stream_init(&stream, slots, SLOTS, &ops, &published);
	frki_event_reader_init(&reader, &stream, FRK_EVENT_ALL, 0);
}

TestSuite(event, .init = setup, .timeout = 60);

static void publish(uint32_t key, uint64_t n)
{
	struct frk_event made = { .at_ns = n, .key = key };

	made.word[0] = n;
	made.word[28] = ~n;
	frki_event_stream_publish(&stream, &made);
}

static void assert_next(struct frki_event_reader *from, uint64_t n)
{
	cr_assert(frki_event_reader_next(from, &stream, &event));
	cr_assert_eq(event.at_ns, n);
	cr_assert_eq(event.word[0], n);
	cr_assert_eq(event.word[28], ~n);
}

Test(event, s9_they_come_in_order_to_everybody)
{
	struct frki_event_reader other = reader;

	for (uint64_t n = 1; n <= 5; n++)
		publish(FRK_EVENT_DRIVER_STARTED, n);
	cr_assert_eq(published, 5);
	for (uint64_t n = 1; n <= 5; n++)
		assert_next(&reader, n);
	cr_assert_not(frki_event_reader_next(&reader, &stream, &event));
	for (uint64_t n = 1; n <= 5; n++)
		assert_next(&other, n);
}

Test(event, s9_a_reader_gets_the_keys_he_wants)
{
	reader.keys = FRK_EVENT_DRIVER_STOPPED | FRK_EVENT_DRIFT_EXCEEDED;
	publish(FRK_EVENT_TICK_METRICS, 1);
	publish(FRK_EVENT_DRIVER_STOPPED, 2);
	publish(FRK_EVENT_TICK_METRICS, 3);
	publish(FRK_EVENT_DRIFT_EXCEEDED, 4);
	assert_next(&reader, 2);
	cr_assert_eq(event.key, FRK_EVENT_DRIVER_STOPPED);
	cr_assert_eq(event.seq, 2);
	assert_next(&reader, 4);
	cr_assert_not(frki_event_reader_next(&reader, &stream, &event));
	cr_assert_eq(reader.lost, 0);
}

Test(event, s9_the_past_is_replayed_as_far_as_it_is_kept)
{
	for (uint64_t n = 1; n <= 20; n++)
		publish(FRK_EVENT_TICK_METRICS, n);
	frki_event_reader_init(&reader, &stream, FRK_EVENT_ALL, 3);
	assert_next(&reader, 18);
	frki_event_reader_init(&reader, &stream, FRK_EVENT_ALL, 1000);
	assert_next(&reader, 13);
	frki_event_reader_init(&reader, &stream, FRK_EVENT_ALL, 0);
	cr_assert_not(frki_event_reader_next(&reader, &stream, &event));
}

Test(event, s9_what_a_slow_reader_missed_is_counted_for_him_alone)
{
	struct frki_event_reader quick = reader;

	for (uint64_t n = 1; n <= SLOTS + 5; n++) {
		publish(FRK_EVENT_TICK_METRICS, n);
		assert_next(&quick, n);
	}
	for (uint64_t n = 6; n <= SLOTS + 5; n++)
		assert_next(&reader, n);
	cr_assert_eq(reader.lost, 5);
	cr_assert_eq(quick.lost, 0);
}

/* A publisher that was stopped between its number and its slot. */
Test(event, s9_an_event_in_the_making_holds_up_nobody_but_those_behind_it)
{
	struct frki_event_slot *slot;

	stream.head++;
	slot = &slots[1];
	slot->seq = 1 | FRKI_EVENT_BUSY;
	publish(FRK_EVENT_TICK_METRICS, 2);
	cr_assert_not(frki_event_reader_next(&reader, &stream, &event));
	for (uint64_t n = 3; n <= SLOTS + 2; n++)
		publish(FRK_EVENT_TICK_METRICS, n);
	/* 1 and 2 were overwritten or held; 9 met the one in the making. */
	for (uint64_t n = 3; n <= SLOTS; n++)
		assert_next(&reader, n);
	assert_next(&reader, SLOTS + 2);
	cr_assert_eq(reader.lost, 3);
}

/* --- several threads ------------------------------------------------------- */

#define EACH 20000

static void *publish_many(void *data)
{
	for (uint64_t n = 1; n <= EACH; n++)
		publish(1U << *(int *)data, n);
	return NULL;
}

Test(event, s9_published_is_read_plus_lost)
{
	static const int key[] = { 0, 1 };
	uint64_t got = 0, last[2] = { 0 };
	pthread_t thread[2];

	stream.ops = NULL;
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, publish_many, (void *)&key[i]);
	while (reader.seq < 2 * EACH) {
		if (!frki_event_reader_next(&reader, &stream, &event))
			continue;
		got++;
		cr_assert_eq(event.word[28], ~event.word[0]);
		cr_assert_gt(event.word[0], last[event.key >> 1]);
		last[event.key >> 1] = event.word[0];
	}
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	cr_assert_eq(got + reader.lost, 2 * EACH);
}

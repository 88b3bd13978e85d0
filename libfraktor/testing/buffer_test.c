// SPDX-License-Identifier: MIT
/*
 * buffer_test.c - probes that get buffers, and buffers whose messages go wrong.
 */
#include "testing/testing_test.h"

static struct frk_buffer_pool *pool;
static struct frk_buffer *buffer;

static void set_up(void)
{
	build();
	cr_assert_eq(frk_buffer_pool_new(500, 4, &pool), 0);
	cr_assert_eq(frk_buffer_pool_get(pool, &buffer), 0);
	memset(buffer->data, 'b', 500);
}

static void tear_down(void)
{
	done();
	cr_assert_not(frk_buffer_is_shared(buffer));
	frk_buffer_unref(buffer);
	cr_assert_eq(frk_buffer_pool_in_use(pool), 0);
	frk_buffer_pool_unref(pool);
}

TestSuite(buffers, .init = set_up, .fini = tear_down, .timeout = 60);

static void send(struct frk_probe *to)
{
	struct frk_system *system = frk_testing_system(testing);

	cr_assert_eq(frk_system_send_buffer(system, frk_probe_pid(to), NOTE, buffer), 0);
	frk_testing_settle(testing);
}

static void assert_whole(const struct frk_message *message)
{
	cr_assert_eq(message->size, 500);
	cr_assert_eq(message->payload, buffer->data);
	cr_assert_eq(message->buffer, buffer);
}

Test(buffers, r3_7_a_probe_has_it_until_its_next_message)
{
	struct frk_probe *probe = new_probe("probe");
	const struct frk_message *message = NULL;

	send(probe);
	send(probe);
	assert_fine(frk_probe_expect(probe, NOTE, 0, &message));
	assert_whole(message);
	cr_assert_eq(buffer->refs, 3);
	assert_fine(frk_probe_expect(probe, NOTE, 0, &message));
	assert_whole(message);
	cr_assert_eq(buffer->refs, 2);
	/* One that nobody takes goes with the test. */
	send(probe);
}

Test(buffers, r3_7_delayed_lost_and_doubled_ones_go_back)
{
	struct frk_probe *probe = new_probe("probe");
	const struct frk_message *message = NULL;
	struct frk_fault late = FRK_FAULT(.effect = FRK_FAULT_DELAY, .delay_ns = FRK_MS(5),
					  .times = 1);
	struct frk_fault lost = FRK_FAULT(.effect = FRK_FAULT_DROP, .times = 1);
	struct frk_fault twice = FRK_FAULT(.effect = FRK_FAULT_DUPLICATE, .times = 1);

	cr_assert_eq(frk_testing_ticks(testing, 1), 0);
	cr_assert_geq(frk_testing_inject(testing, &late), 0);
	send(probe);
	cr_assert_eq(buffer->refs, 2);
	assert_fine(frk_probe_expect(probe, NOTE, FRK_S(1), &message));
	assert_whole(message);
	frk_testing_heal(testing);
	cr_assert_geq(frk_testing_inject(testing, &lost), 0);
	send(probe);
	assert_fine(frk_probe_expect_none(probe, 0));
	frk_testing_heal(testing);
	cr_assert_geq(frk_testing_inject(testing, &twice), 0);
	send(probe);
	assert_fine(frk_probe_expect(probe, NOTE, 0, &message));
	assert_fine(frk_probe_expect(probe, NOTE, 0, &message));
	assert_whole(message);
	/* And one that is still on its way when the test is over. */
	frk_testing_heal(testing);
	cr_assert_geq(frk_testing_inject(testing, &late), 0);
	send(probe);
}

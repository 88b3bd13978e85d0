// SPDX-License-Identifier: MIT
/*
 * leak.c - what is left of a test: actors, timers, watches, messages.  Looks at the
 * stage, which is settled or has ended.
 */
#include <errno.h>
#include <stdlib.h>

#include "actor/alarm.h"
#include "actor/cell.h"
#include "actor/watch.h"
#include "testing/testing.h"

/* Objects of a pool that are in use, while nobody takes or gives any. */
static uint32_t pool_used(const struct frki_pool *pool)
{
	uint32_t index = (uint32_t)atomic_load(&pool->head), free_n = 0;

	for (; index != UINT32_MAX; free_n++)
		index = atomic_load(&pool->links[index]);
	return pool->n - free_n;
}

/* --- marks */

int frki_marks_init(struct frk_testing *testing)
{
	const struct frki_stage *stage = frki_testing_stage(testing);
	struct frki_marks *marks = &testing->marks;

	marks->cells = calloc(stage->cells.n, sizeof(*marks->cells));
	marks->alarms = calloc(stage->alarms.n, sizeof(*marks->alarms));
	marks->watches = calloc(stage->watches.n, sizeof(*marks->watches));
	return marks->cells && marks->alarms && marks->watches ? 0 : -ENOMEM;
}

void frki_marks_fini(struct frk_testing *testing)
{
	free(testing->marks.cells);
	free(testing->marks.alarms);
	free(testing->marks.watches);
}

/**
 * struct look - at all there is
 * @testing: whose.
 * @cell: an actor; NULL for not wanted.
 * @alarm: a timer that is to fire, or that a question waits with.
 * @watch: a watch.
 */
struct look {
	struct frk_testing *testing;
	void (*cell)(const struct look *look, const struct frki_cell *cell);
	void (*alarm)(const struct look *look, const struct frki_alarm *alarm, uint32_t index);
	void (*watch)(const struct look *look, const struct frki_watch *watch, uint32_t index);
};

static void look_at(const struct look *look, const struct frki_cell *cell)
{
	const struct frki_stage *stage = frki_testing_stage(look->testing);
	const struct frki_list *link;

	look->cell(look, cell);
	for (link = cell->alarms; link; link = frki_ring_next(cell->alarms, link)) {
		const struct frki_alarm *alarm =
			frki_container_of(link, const struct frki_alarm, link);

		if (!alarm->cancelled)
			look->alarm(look, alarm, frki_pool_index(&stage->alarms, alarm));
	}
	for (link = cell->watches; link; link = frki_ring_next(cell->watches, link)) {
		const struct frki_watch *watch =
			frki_container_of(link, const struct frki_watch, by_watcher);

		if (!watch->cancelled)
			look->watch(look, watch, frki_pool_index(&stage->watches, watch));
	}
}

static void look_at_all(const struct look *look)
{
	const struct frki_list *all = &frki_testing_stage(look->testing)->live, *live;

	for (live = all->next; live != all; live = live->next)
		look_at(look, frki_container_of(live, const struct frki_cell, live));
}

static void mark_cell(const struct look *look, const struct frki_cell *cell)
{
	struct frk_pid pid = frki_cell_pid(cell, frki_testing_stage(look->testing));

	look->testing->marks.cells[pid.index] = pid.life;
}

static void mark_alarm(const struct look *look, const struct frki_alarm *alarm, uint32_t index)
{
	look->testing->marks.alarms[index] = alarm->life;
}

static void mark_watch(const struct look *look, const struct frki_watch *watch, uint32_t index)
{
	look->testing->marks.watches[index] = watch->target;
}

void frk_testing_mark(struct frk_testing *testing)
{
	const struct look mark = { testing, mark_cell, mark_alarm, mark_watch };
	const struct frki_stage *stage;

	if (!testing)
		return;
	frk_testing_settle(testing);
	stage = frki_testing_stage(testing);
	for (uint32_t i = 0; i < stage->cells.n; i++)
		testing->marks.cells[i] = 0;
	for (uint32_t i = 0; i < stage->alarms.n; i++)
		testing->marks.alarms[i] = 0;
	for (uint32_t i = 0; i < stage->watches.n; i++)
		testing->marks.watches[i].life = 0;
	look_at_all(&mark);
}

/* --- what is left */

static bool is_probe(const struct frk_testing *testing, const struct frki_cell *cell)
{
	const struct frki_list *link;

	for (link = testing->probes.next; link != &testing->probes; link = link->next)
		if (frki_container_of(link, const struct frk_probe, link) == cell->state)
			return true;
	return false;
}

static void leak_cell(const struct look *look, const struct frki_cell *cell)
{
	struct frk_testing *testing = look->testing;
	struct frk_pid pid = frki_cell_pid(cell, frki_testing_stage(testing));

	if (is_probe(testing, cell))
		return;
	if (testing->marks.cells[pid.index] != pid.life)
		frki_testing_say(testing, "actor \"%s\" %u.%u lives", cell->name, pid.index,
				 pid.life);
	if (!frki_mailbox_drained(&cell->mailbox))
		frki_testing_say(testing, "actor \"%s\" %u.%u has messages in its mailbox",
				 cell->name, pid.index, pid.life);
}

static void leak_alarm(const struct look *look, const struct frki_alarm *alarm, uint32_t index)
{
	const struct frk_message *message = &alarm->envelope.message;
	struct frk_testing *testing = look->testing;
	struct frk_pid pid = frki_cell_pid(alarm->cell, frki_testing_stage(testing));

	if (testing->marks.alarms[index] == alarm->life)
		return;
	if (message->kind == FRK_MESSAGE_ASK_TIMEOUT)
		frki_testing_say(testing, "actor \"%s\" %u.%u waits for an answer",
				 alarm->cell->name, pid.index, pid.life);
	else
		frki_testing_say(testing, "actor \"%s\" %u.%u has a timer of kind %u",
				 alarm->cell->name, pid.index, pid.life, message->kind);
}

static void leak_watch(const struct look *look, const struct frki_watch *watch, uint32_t index)
{
	struct frk_testing *testing = look->testing;
	const struct frki_stage *stage = frki_testing_stage(testing);
	const struct frk_pid *mark = &testing->marks.watches[index], *target = &watch->target;
	const struct frki_cell *other = frki_pool_at(&stage->cells, target->index);
	struct frk_pid pid = frki_cell_pid(watch->watcher, stage);

	if (is_probe(testing, watch->watcher) ||
	    (mark->index == target->index && mark->life == target->life))
		return;
	frki_testing_say(testing, "actor \"%s\" %u.%u watches \"%s\" %u.%u",
			 watch->watcher->name, pid.index, pid.life, other->name, target->index,
			 target->life);
}

static void leak_probes(struct frk_testing *testing)
{
	const struct frki_list *link;

	for (link = testing->probes.next; link != &testing->probes; link = link->next) {
		const struct frk_probe *probe =
			frki_container_of(link, const struct frk_probe, link);

		if (probe->lost)
			frki_testing_say(testing,
					 "probe \"%s\" has lost %llu messages: it keeps %u",
					 probe->name, (unsigned long long)probe->lost,
					 FRKI_PROBE_SLOTS);
	}
}

/* --- the account */

/* Some are out of the pool, and at hand for the next message. */
static uint32_t letters_used(const struct frki_stage *stage)
{
	return pool_used(&stage->letters) - stage->hand.letters_n;
}

static void count(struct frk_testing *testing, struct frk_account *ret_account)
{
	const struct frki_stage *stage = frki_testing_stage(testing);
	struct frki_faults *faults = &testing->faults;
	struct frk_dead_letters letters;

	frki_stage_dead_letters(stage, &letters);
	*ret_account = (struct frk_account){
		.sent = atomic_load(&testing->sent),
		/* What is put aside will come once more, or be a dead letter. */
		.handled = atomic_load(&testing->handled) -
			   atomic_load(&stage->stashed),
		.left = letters_used(stage),
	};
	for (int i = 0; i < FRK_DEAD_REASONS; i++)
		if (i != FRK_DEAD_CLOSED && i != FRK_DEAD_REFUSED)
			ret_account->dead += letters.by_reason[i];
	pthread_mutex_lock(&faults->lock);
	ret_account->dropped = faults->dropped;
	ret_account->held = faults->held_n;
	pthread_mutex_unlock(&faults->lock);
}

void frk_testing_get_account(struct frk_testing *testing, struct frk_account *ret_account)
{
	if (!testing || !ret_account)
		return;
	frk_testing_settle(testing);
	count(testing, ret_account);
}

static void leak_messages(struct frk_testing *testing)
{
	struct frk_account account;

	count(testing, &account);
	if (account.held)
		frki_testing_say(testing, "%llu messages are delayed",
				 (unsigned long long)account.held);
	if (account.sent != account.handled + account.dead + account.dropped + account.held +
				    account.left)
		frki_testing_say(
			testing,
			"%llu messages sent are not %llu handled + %llu dead + %llu dropped + %llu delayed + %llu left",
			(unsigned long long)account.sent, (unsigned long long)account.handled,
			(unsigned long long)account.dead, (unsigned long long)account.dropped,
			(unsigned long long)account.held, (unsigned long long)account.left);
}

int frk_testing_check(struct frk_testing *testing)
{
	const struct look leak = { testing, leak_cell, leak_alarm, leak_watch };

	if (!testing)
		return -EINVAL;
	frki_testing_hush(testing);
	frk_testing_settle(testing);
	look_at_all(&leak);
	leak_probes(testing);
	leak_messages(testing);
	return testing->said ? -EBUSY : 0;
}

static void leak_objects(struct frk_testing *testing, uint32_t n, const char *what)
{
	if (n)
		frki_testing_say(testing, "%u %s are left of a system that has ended", n, what);
}

int frk_testing_stop(struct frk_testing *testing)
{
	const struct frki_stage *stage;

	if (!testing)
		return -EINVAL;
	frki_testing_hush(testing);
	frk_testing_settle(testing);
	frk_system_stop(testing->system);
	(void)frk_system_run(testing->system);
	testing->over = true;
	frki_faults_drop_held(&testing->faults);
	stage = frki_testing_stage(testing);
	leak_objects(testing, pool_used(&stage->cells), "actors");
	leak_objects(testing, pool_used(&stage->alarms), "timers");
	leak_objects(testing, pool_used(&stage->watches), "watches");
	leak_objects(testing, letters_used(stage), "messages");
	leak_probes(testing);
	leak_messages(testing);
	return testing->said ? -EBUSY : 0;
}

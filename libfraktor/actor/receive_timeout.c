// SPDX-License-Identifier: MIT
/*
 * receive_timeout.c - nothing was sent for a while; see receive_timeout.h.  Knows no
 * clock but the stage's time.
 */
#include <errno.h>

#include "actor/post.h"
#include "actor/receive_timeout.h"
#include "actor/time.h"

static void set_off(struct frki_cell *cell, struct frki_stage *stage, struct frki_tray *tray)
{
	struct frki_alarm *alarm = frki_alarm_find(stage, tray->timeout);

	if (alarm && alarm->cell == cell &&
	    alarm->envelope.message.kind == FRK_MESSAGE_RECEIVE_TIMEOUT)
		frki_alarm_forget(alarm, stage);
	tray->timeout = (struct frk_timer){ 0 };
}

static int arm(struct frki_cell *cell, struct frki_stage *stage, struct frki_tray *tray,
	       uint64_t ns)
{
	const struct frki_timer_opts opts = { .delay_ns = ns, .mode = FRKI_TIMER_DELAY };

	return frki_alarm_start(cell, stage, FRK_MESSAGE_RECEIVE_TIMEOUT, &opts,
				&tray->timeout);
}

int frki_receive_timeout_set(struct frki_cell *cell, struct frki_stage *stage, uint64_t ns)
{
	struct frki_tray *tray = frki_post_tray(cell);

	if (tray)
		set_off(cell, stage, tray);
	if (!ns)
		return 0;
	if (!tray)
		tray = frki_post_take_tray(cell, stage);
	if (!tray)
		return -ENOBUFS;
	frki_receive_timeout_hear(cell, stage);
	return arm(cell, stage, tray, ns);
}

/* Relaxed: nothing else is told by it. */
void frki_receive_timeout_hear(struct frki_cell *cell, struct frki_stage *stage)
{
	atomic_store_explicit(&frki_post_tray(cell)->heard_ns, frki_time_now_ns(stage),
			      memory_order_relaxed);
}

bool frki_receive_timeout_is_due(struct frki_cell *cell, struct frki_stage *stage,
				 struct frki_envelope *envelope)
{
	struct frki_alarm *alarm = frki_container_of(envelope, struct frki_alarm, envelope);
	struct frki_timer_opts opts = { .interval_ns = alarm->timer.interval_ns,
					.mode = FRKI_TIMER_DELAY };
	uint64_t silent_ns;

	silent_ns = frki_time_now_ns(stage) -
		    atomic_load_explicit(&frki_post_tray(cell)->heard_ns,
					 memory_order_relaxed);
	if (silent_ns >= opts.interval_ns)
		return true;
	opts.delay_ns = opts.interval_ns - silent_ns;
	if (!alarm->cancelled)
		(void)frki_alarm_arm(alarm, stage, &opts);
	return false;
}

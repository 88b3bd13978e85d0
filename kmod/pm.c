// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume.  CLOCK_MONOTONIC stands still in between, so a reader
 * could not know: notes in the ring, the clock block and events tell.
 */
#include <linux/ktime.h>
#include <linux/notifier.h>
#include <linux/suspend.h>

#include "fraktor.h"

static u64 pm_suspended_ns;
static s64 pm_boottime_offset_ns;

/* Returns what the source wants to be done in a suspend. */
static u32 pm_note(struct fraktor_source *source, u16 flag, u32 event)
{
	unsigned long flags;
	u32 wanted;

	fraktor_tick_remark(source, flag);
	raw_spin_lock_irqsave(&source->lock, flags);
	if (source->state == FRAKTOR_STATE_RUNNING)
		fraktor_source_note(source, event);
	wanted = source->tuning.flags;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return wanted;
}

static void pm_going(void)
{
	struct fraktor_source *source;
	u32 id;

	pm_suspended_ns = ktime_get_ns();
	pm_boottime_offset_ns = fraktor_clock_boottime_offset_ns();
	for (id = 1; (source = fraktor_registry_next(&id)); id++) {
		if (pm_note(source, FRAKTOR_TICK_F_SUSPEND,
			    FRAKTOR_EVENT_SUSPENDED) &
		    FRAKTOR_SOURCE_F_SUSPEND_STOPS)
			fraktor_source_stop(source, FRAKTOR_REASON_SUSPEND);
		fraktor_source_unref(source);
	}
}

static int pm_resume_reader(struct fraktor_reader *reader, void *data)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&reader->lock, flags);
	fraktor_clock_resumed(reader->ring.meta, pm_suspended_ns, *(u64 *)data);
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	return 0;
}

static void pm_resume_source(struct fraktor_source *source, u64 slept_ns)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	source->suspends++;
	source->slept_ns = slept_ns;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	pm_note(source, FRAKTOR_TICK_F_RESUME, FRAKTOR_EVENT_RESUMED);
}

/* The clock block first: who sees the note finds it there. */
static void pm_back(void)
{
	u64 slept_ns = fraktor_clock_boottime_offset_ns() - pm_boottime_offset_ns;
	struct fraktor_source *source;
	u32 id = 0;

	fraktor_reader_each(&id, pm_resume_reader, &slept_ns);
	for (id = 1; (source = fraktor_registry_next(&id)); id++) {
		pm_resume_source(source, slept_ns);
		fraktor_source_unref(source);
	}
}

static int pm_notify(struct notifier_block *block, unsigned long event,
		     void *data)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
		pm_going();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
		pm_back();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block pm_block = { .notifier_call = pm_notify };

int fraktor_pm_init(void)
{
	return register_pm_notifier(&pm_block);
}

void fraktor_pm_exit(void)
{
	unregister_pm_notifier(&pm_block);
}

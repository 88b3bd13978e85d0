// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs that go and come.  The kernel moves a pinned timer off a dying CPU
 * without a word and never back; here the line moves first, says so, and
 * returns when its CPU does.
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/sched/isolation.h>

#include "fraktor.h"
#include "trace.h"

static enum cpuhp_state hotplug_state;

/* A CPU that is not kept free of timers, if there is one. */
static u32 hotplug_refuge(u32 leaving)
{
	u32 cpu;

	for_each_cpu_and(cpu, cpu_online_mask,
			 housekeeping_cpumask(HK_TYPE_TIMER))
		if (cpu != leaving)
			return cpu;
	return cpumask_any_but(cpu_online_mask, leaving);
}

static void hotplug_note_move(struct fraktor_source *source, u32 cpu)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&source->lock, flags);
	source->cpu = cpu;
	source->moves++;
	source->flags |= FRAKTOR_TICK_F_MOVED;
	source->plain_ns = 0;
	fraktor_link_publish_all(source);
	fraktor_source_note(source, FRAKTOR_EVENT_MOVED);
	raw_spin_unlock_irqrestore(&source->lock, flags);
}

/* The flag is there before a tick on the new CPU can be. */
static int hotplug_move(struct fraktor_source *source, u32 cpu)
{
	u32 from = source->cpu;
	int err;

	lockdep_assert_held(&source->mutex);
	err = fraktor_limits_get_rate(cpu, source->rate_ns);
	if (err)
		return err;
	source->driver->stop(source);
	hotplug_note_move(source, cpu);
	source->driver->move(source, cpu);
	fraktor_limits_put_rate(from, source->rate_ns);
	trace_fraktor_migrate(source->id, from, cpu);
	return 0;
}

static bool hotplug_concerns(const struct fraktor_source *source)
{
	return source->armed && source->driver->move &&
	       READ_ONCE(source->state) == FRAKTOR_STATE_RUNNING;
}

static void hotplug_leave(struct fraktor_source *source, void *data)
{
	u32 cpu = *(u32 *)data;
	bool stays = false;

	mutex_lock(&source->mutex);
	if (hotplug_concerns(source) && source->cpu == cpu)
		stays = source->tuning.flags & FRAKTOR_SOURCE_F_CPU_STRICT ||
			hotplug_move(source, hotplug_refuge(cpu));
	mutex_unlock(&source->mutex);
	if (stays)
		fraktor_source_stop_held(source, FRAKTOR_REASON_CPU_GONE);
}

static void hotplug_return(struct fraktor_source *source, void *data)
{
	u32 cpu = *(u32 *)data;

	mutex_lock(&source->mutex);
	/* If the CPU has its fill of ticks by now, the line stays away. */
	if (hotplug_concerns(source) && source->cpu != cpu &&
	    source->home_cpu == cpu)
		hotplug_move(source, cpu);
	mutex_unlock(&source->mutex);
}

static int hotplug_offline(unsigned int cpu)
{
	fraktor_registry_each(hotplug_leave, &cpu);
	return 0;
}

static int hotplug_online(unsigned int cpu)
{
	fraktor_registry_each(hotplug_return, &cpu);
	return 0;
}

int fraktor_hotplug_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN,
					      "fraktor:online", hotplug_online,
					      hotplug_offline);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void fraktor_hotplug_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
}

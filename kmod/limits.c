// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users may ask for, and what they are charged.  Bounds are refused,
 * never adjusted: a program that asks for 1 us and silently gets 100 us is
 * worse off than one that is told.
 */
#include <linux/atomic.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <linux/string.h>
#include <linux/time64.h>

#include "fraktor.h"

static unsigned int min_period_us = 100;
module_param(min_period_us, uint, 0644);
MODULE_PARM_DESC(min_period_us,
		 "shortest period without CAP_SYS_RESOURCE, in us (default 100)");

static unsigned int max_sources = 256;
module_param(max_sources, uint, 0644);
MODULE_PARM_DESC(max_sources, "sources that may exist at once (default 256)");

static unsigned int max_slots = 65536;
module_param(max_slots, uint, 0644);
MODULE_PARM_DESC(max_slots, "slots of one ring (default 65536)");

static unsigned int max_rate = 200000;
module_param(max_rate, uint, 0644);
MODULE_PARM_DESC(max_rate,
		 "ticks per second that one CPU may be asked for (default 200000)");

static atomic_t limits_sources = ATOMIC_INIT(0);

static DEFINE_MUTEX(limits_rate_mutex);
static DEFINE_PER_CPU(u64, limits_rate);

static u32 limits_slots_max(void)
{
	return min(READ_ONCE(max_slots), FRAKTOR_SLOTS_CEILING);
}

static u32 limits_sources_max(void)
{
	/* Ids have 16 bits. */
	return min_t(u32, READ_ONCE(max_sources), U16_MAX);
}

static u64 limits_period_min_ns(void)
{
	return max_t(u64, FRAKTOR_PERIOD_FLOOR_NS,
		     (u64)READ_ONCE(min_period_us) * NSEC_PER_USEC);
}

int fraktor_limits_check_period(u64 period_ns)
{
	if (period_ns < FRAKTOR_PERIOD_FLOOR_NS ||
	    period_ns > FRAKTOR_PERIOD_MAX_NS)
		return -EINVAL;
	if (period_ns < limits_period_min_ns() && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

int fraktor_limits_check_slots(u32 slots)
{
	if (!is_power_of_2(slots) || slots < FRAKTOR_SLOTS_MIN ||
	    slots > limits_slots_max())
		return -EINVAL;
	return 0;
}

/**
 * fraktor_limits_get_source() - may there be one source more?
 *
 * Return: 0, to be given back by fraktor_limits_put_source(), or -ENOSPC.
 */
int fraktor_limits_get_source(void)
{
	int now = atomic_read(&limits_sources);

	do {
		if (now >= limits_sources_max())
			return -ENOSPC;
	} while (!atomic_try_cmpxchg(&limits_sources, &now, now + 1));
	return 0;
}

void fraktor_limits_put_source(void)
{
	atomic_dec(&limits_sources);
}

static u64 limits_rate_of(u64 period_ns)
{
	return DIV64_U64_ROUND_UP(NSEC_PER_SEC, period_ns);
}

/**
 * fraktor_limits_get_rate() - may a CPU take a line of this period more?
 * @cpu: the CPU.
 * @period_ns: the period.
 *
 * Each line is bounded by its period; this bounds their sum.
 *
 * Return: 0, to be given back by fraktor_limits_put_rate(), or -ENOSPC.
 */
int fraktor_limits_get_rate(u32 cpu, u64 period_ns)
{
	u64 *rate = per_cpu_ptr(&limits_rate, cpu);
	int err = -ENOSPC;

	mutex_lock(&limits_rate_mutex);
	if (*rate + limits_rate_of(period_ns) <= READ_ONCE(max_rate)) {
		*rate += limits_rate_of(period_ns);
		err = 0;
	}
	mutex_unlock(&limits_rate_mutex);
	return err;
}

void fraktor_limits_put_rate(u32 cpu, u64 period_ns)
{
	mutex_lock(&limits_rate_mutex);
	*per_cpu_ptr(&limits_rate, cpu) -= limits_rate_of(period_ns);
	mutex_unlock(&limits_rate_mutex);
}

void fraktor_limits_info(struct fraktor_info *info)
{
	info->abi_version = FRAKTOR_ABI_VERSION;
	info->features = FRAKTOR_FEATURES;
	info->period_floor_ns = FRAKTOR_PERIOD_FLOOR_NS;
	info->period_min_ns = limits_period_min_ns();
	info->period_max_ns = FRAKTOR_PERIOD_MAX_NS;
	info->slots_min = FRAKTOR_SLOTS_MIN;
	info->slots_max = limits_slots_max();
	info->sources_max = limits_sources_max();
	info->readers_max = FRAKTOR_READERS_MAX;
	strscpy(info->version, FRAKTOR_VERSION, sizeof(info->version));
}

/**
 * fraktor_limits_charge() - charge pages that stay in memory to the caller
 * @bytes: whole pages.
 * @ret_user: who was charged, for fraktor_limits_uncharge(); NULL for nobody.
 *
 * The pages count against RLIMIT_MEMLOCK in the user's account, together
 * with those of io_uring and of BPF.
 *
 * Return: 0 or -ENOMEM.
 */
int fraktor_limits_charge(size_t bytes, struct user_struct **ret_user)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	unsigned long pages = bytes >> PAGE_SHIFT;
	struct user_struct *user;
	unsigned long used;

	if (capable(CAP_IPC_LOCK)) {
		*ret_user = NULL;
		return 0;
	}
	user = get_uid(current_user());
	used = atomic_long_add_return(pages, &user->locked_vm);
	if (used > limit) {
		atomic_long_sub(pages, &user->locked_vm);
		free_uid(user);
		return -ENOMEM;
	}
	*ret_user = user;
	return 0;
}

void fraktor_limits_uncharge(size_t bytes, struct user_struct *user)
{
	if (!user)
		return;
	atomic_long_sub(bytes >> PAGE_SHIFT, &user->locked_vm);
	free_uid(user);
}

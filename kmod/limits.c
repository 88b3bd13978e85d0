// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users may ask for, and what they are charged.  Bounds are refused,
 * never adjusted: a program that asks for 1 us and silently gets 100 us is
 * worse off than one that is told.
 */
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
#include <linux/slab.h>
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

static unsigned int max_sources_per_user = 64;
module_param(max_sources_per_user, uint, 0644);
MODULE_PARM_DESC(max_sources_per_user,
		 "sources of one user without CAP_SYS_RESOURCE (default 64)");

static unsigned int max_slots = 65536;
module_param(max_slots, uint, 0644);
MODULE_PARM_DESC(max_slots, "slots of one ring (default 65536)");

static unsigned int max_rate = 200000;
module_param(max_rate, uint, 0644);
MODULE_PARM_DESC(max_rate,
		 "ticks per second that one CPU may be asked for (default 200000)");

static unsigned int max_load = 50;
module_param(max_load, uint, 0644);
MODULE_PARM_DESC(max_load,
		 "share of a CPU that tick interrupts may take, in percent (default 50)");

/**
 * struct limits_user - a user that has sources
 * @node: in limits_users.
 * @uid: who.
 * @sources: how many.
 */
struct limits_user {
	struct list_head node;
	kuid_t uid;
	u32 sources;
};

static DEFINE_MUTEX(limits_mutex);
static LIST_HEAD(limits_users);
static u32 limits_sources;

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

static struct limits_user *limits_find_user(kuid_t uid)
{
	struct limits_user *user;

	lockdep_assert_held(&limits_mutex);
	list_for_each_entry(user, &limits_users, node)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

static struct limits_user *limits_get_user(kuid_t uid)
{
	struct limits_user *user = limits_find_user(uid);

	if (user)
		return user;
	user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	if (!user)
		return NULL;
	user->uid = uid;
	list_add(&user->node, &limits_users);
	return user;
}

static void limits_put_user(struct limits_user *user)
{
	if (user->sources)
		return;
	list_del(&user->node);
	kfree(user);
}

static int limits_get_source(kuid_t uid, bool privileged)
{
	struct limits_user *user;

	if (limits_sources >= limits_sources_max())
		return -ENOSPC;
	user = limits_get_user(uid);
	if (!user)
		return -ENOMEM;
	if (!privileged && user->sources >= READ_ONCE(max_sources_per_user)) {
		limits_put_user(user);
		return -ENOSPC;
	}
	user->sources++;
	limits_sources++;
	return 0;
}

/**
 * fraktor_limits_get_source() - may there be one source more?
 * @uid: whose it would be.
 * @privileged: more than one user's share is fine.
 *
 * Return: 0, to be given back by fraktor_limits_put_source(), -ENOSPC or
 * -ENOMEM.
 */
int fraktor_limits_get_source(kuid_t uid, bool privileged)
{
	int err;

	mutex_lock(&limits_mutex);
	err = limits_get_source(uid, privileged);
	mutex_unlock(&limits_mutex);
	return err;
}

void fraktor_limits_put_source(kuid_t uid)
{
	struct limits_user *user;

	mutex_lock(&limits_mutex);
	limits_sources--;
	user = limits_find_user(uid);
	user->sources--;
	limits_put_user(user);
	mutex_unlock(&limits_mutex);
}

u32 fraktor_limits_max_load(void)
{
	return clamp(READ_ONCE(max_load), 1U, 100U);
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

/**
 * fraktor_limits_change_rate() - may a line tick at another period?
 * @cpu: its CPU.
 * @old_ns: its period, accounted for.
 * @period_ns: the period wanted.
 *
 * Return: 0, and then @period_ns is accounted for, or -ENOSPC.
 */
int fraktor_limits_change_rate(u32 cpu, u64 old_ns, u64 period_ns)
{
	u64 *rate = per_cpu_ptr(&limits_rate, cpu);
	int err = 0;
	u64 wanted;

	mutex_lock(&limits_rate_mutex);
	wanted = *rate - limits_rate_of(old_ns) + limits_rate_of(period_ns);
	/* Less is always fine, also after max_rate was lowered. */
	if (wanted > *rate && wanted > READ_ONCE(max_rate))
		err = -ENOSPC;
	else
		*rate = wanted;
	mutex_unlock(&limits_rate_mutex);
	return err;
}

void fraktor_limits_info(struct fraktor_info *info)
{
	info->abi_version = FRAKTOR_ABI_VERSION;
	info->features = fraktor_uring_features();
	info->period_floor_ns = FRAKTOR_PERIOD_FLOOR_NS;
	info->period_min_ns = limits_period_min_ns();
	info->period_max_ns = FRAKTOR_PERIOD_MAX_NS;
	info->slots_min = FRAKTOR_SLOTS_MIN;
	info->slots_max = limits_slots_max();
	info->sources_max = limits_sources_max();
	info->sources_max_user = READ_ONCE(max_sources_per_user);
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

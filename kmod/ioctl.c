// SPDX-License-Identifier: GPL-2.0-only
/*
 * ioctl(2) on /dev/fraktor: the structures of every length that programs of
 * every age have, checked, and then what readers and sources do with them.
 */
#include <linux/fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fraktor.h"
#include "tests/manual.h"

static struct fraktor_source *ioctl_first_source(struct fraktor_reader *reader)
{
	struct fraktor_link *link;

	if (reader->own)
		return reader->own;
	link = list_first_entry_or_null(&reader->links, struct fraktor_link,
					reader_node);
	return link ? link->source : NULL;
}

static void ioctl_describe(struct fraktor_source *source,
			   struct fraktor_info *info)
{
	const struct fraktor_driver *driver = source->driver;

	fraktor_tick_settle(source);
	info->source = source->id;
	strscpy(info->name, source->name, sizeof(info->name));
	strscpy(info->driver, driver->name, sizeof(info->driver));
	info->resolution_ns = driver->resolution_ns ? driver->resolution_ns() : 0;
	info->period_ns = source->grid.period_ns;
	info->clockid = source->clockid;
	info->cpu = source->cpu;
	info->home_cpu = source->home_cpu;
	info->state = source->state;
	info->reason = source->reason;
	info->started_ns = source->started_ns;
	info->ticks = source->stats.ticks;
	info->missed = source->tuning.missed;
	info->phase_ns = source->tuning.phase_ns;
	info->late_ns = fraktor_tune_late_ns(source);
	info->drift_ppb = source->tuning.drift_ppb;
	info->flags = source->tuning.flags;
	info->stall_periods = source->tuning.stall_periods;
	info->lead_ns = source->tuning.lead_ns;
	info->accuracy_ns = source->tuning.accuracy_ns;
}

static long ioctl_info(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_info *info = arg;
	struct fraktor_source *source;
	unsigned long flags;

	memset(info, 0, sizeof(*info));
	fraktor_limits_info(info);
	/* The mutex keeps the ring's sources. */
	mutex_lock(&reader->mutex);
	if (reader->ready)
		info->slots = reader->ring.mask + 1;
	info->owner = !!reader->own;
	info->nr_members = reader->nr_links;
	source = ioctl_first_source(reader);
	if (source) {
		raw_spin_lock_irqsave(&source->lock, flags);
		ioctl_describe(source, info);
		raw_spin_unlock_irqrestore(&source->lock, flags);
	}
	mutex_unlock(&reader->mutex);
	return 0;
}

static long ioctl_create(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_create *create = arg;

	if (create->source || create->reserved)
		return -EINVAL;
	return fraktor_reader_create(reader, create);
}

static long ioctl_attach(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_attach *attach = arg;

	if (attach->reserved || attach->flags & ~FRAKTOR_ATTACH_F_LEAD ||
	    strnlen(attach->name, sizeof(attach->name)) == sizeof(attach->name))
		return -EINVAL;
	return fraktor_reader_attach(reader, attach);
}

static long ioctl_detach(struct fraktor_reader *reader, void *arg)
{
	const struct fraktor_detach *detach = arg;

	if (detach->reserved)
		return -EINVAL;
	return fraktor_reader_detach(reader, detach);
}

/* Start, stop and change belong to the file that made the source. */
static long ioctl_own(struct fraktor_reader *reader,
		      struct fraktor_source **ret_source)
{
	struct fraktor_source *own = READ_ONCE(reader->own);

	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	if (!own)
		return -EPERM;
	*ret_source = own;
	return 0;
}

static long ioctl_start(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_source *source;
	long err = ioctl_own(reader, &source);

	return err ? err : fraktor_source_start(source);
}

static long ioctl_stop(struct fraktor_reader *reader, void *arg)
{
	struct fraktor_source *source;
	long err = ioctl_own(reader, &source);

	return err ? err : fraktor_source_stop(source, FRAKTOR_REASON_ASKED);
}

static long ioctl_set(struct fraktor_reader *reader, void *arg)
{
	const struct fraktor_set *set = arg;
	struct fraktor_source *source;
	long err = ioctl_own(reader, &source);

	if (err)
		return err;
	if (set->what & FRAKTOR_SET_LEAD)
		fraktor_reader_lead(reader);
	return fraktor_tune_set(source, set);
}

static long ioctl_wait(struct fraktor_reader *reader, void *arg)
{
	return fraktor_reader_is_ready(reader) ? fraktor_wait_sleep(reader) :
						 -ENOTCONN;
}

static long ioctl_wake(struct fraktor_reader *reader, void *arg)
{
	if (!fraktor_reader_is_ready(reader))
		return -ENOTCONN;
	fraktor_wait_release(reader);
	return 0;
}

static long ioctl_idle(struct fraktor_reader *reader, void *arg)
{
	const struct fraktor_idle *idle = arg;
	struct fraktor_source *source;
	long err = ioctl_own(reader, &source);

	if (idle->reserved)
		return -EINVAL;
	return err ? err : fraktor_idle_set(source, idle->until_ns);
}

/*
 * Each ioctl by its number; the size in the command is the caller's idea of
 * the structure.  @size_ver0 is the structure of the first release: nobody
 * can know a shorter one.
 */
static const struct ioctl_entry {
	unsigned int dir;
	size_t size;
	size_t size_ver0;
	long (*fn)(struct fraktor_reader *reader, void *arg);
} ioctl_table[] = {
	[_IOC_NR(FRAKTOR_IOC_INFO)] = {
		_IOC_READ, sizeof(struct fraktor_info), 160, ioctl_info
	},
	[_IOC_NR(FRAKTOR_IOC_CREATE)] = {
		_IOC_READ | _IOC_WRITE, sizeof(struct fraktor_create), 72,
		ioctl_create
	},
	[_IOC_NR(FRAKTOR_IOC_ATTACH)] = {
		_IOC_READ | _IOC_WRITE, sizeof(struct fraktor_attach), 48,
		ioctl_attach
	},
	[_IOC_NR(FRAKTOR_IOC_START)] = { _IOC_NONE, 0, 0, ioctl_start },
	[_IOC_NR(FRAKTOR_IOC_STOP)] = { _IOC_NONE, 0, 0, ioctl_stop },
	[_IOC_NR(FRAKTOR_IOC_SET)] = {
		_IOC_WRITE, sizeof(struct fraktor_set), 56, ioctl_set
	},
	[_IOC_NR(FRAKTOR_IOC_DETACH)] = {
		_IOC_WRITE, sizeof(struct fraktor_detach), 8, ioctl_detach
	},
	[_IOC_NR(FRAKTOR_IOC_WAIT)] = { _IOC_NONE, 0, 0, ioctl_wait },
	[_IOC_NR(FRAKTOR_IOC_WAKE)] = { _IOC_NONE, 0, 0, ioctl_wake },
	[_IOC_NR(FRAKTOR_IOC_IDLE)] = {
		_IOC_WRITE, sizeof(struct fraktor_idle), 16, ioctl_idle
	},
};

union ioctl_arg {
	struct fraktor_info info;
	struct fraktor_create create;
	struct fraktor_attach attach;
	struct fraktor_detach detach;
	struct fraktor_set set;
	struct fraktor_idle idle;
};

static noinline long ioctl_by_table(struct file *file, unsigned int cmd,
				    unsigned long user_arg)
{
	void __user *user = (void __user *)user_arg;
	const struct ioctl_entry *entry;
	size_t user_size = _IOC_SIZE(cmd);
	union ioctl_arg arg;
	long ret;

	if (_IOC_TYPE(cmd) != FRAKTOR_IOC_MAGIC)
		return -ENOTTY;
	if (_IOC_NR(cmd) >= ARRAY_SIZE(ioctl_table))
		return fraktor_manual_ioctl(file->private_data, cmd, user_arg);
	entry = &ioctl_table[_IOC_NR(cmd)];
	if (_IOC_DIR(cmd) != entry->dir)
		return -ENOTTY;
	if (user_size < entry->size_ver0 || (!entry->size && user_size))
		return -EINVAL;
	if (entry->dir & _IOC_WRITE) {
		ret = copy_struct_from_user(&arg, entry->size, user, user_size);
		if (ret)
			return ret;
		/* Nothing is made whose answer could not be told. */
		if (entry->dir & _IOC_READ &&
		    copy_to_user(user, &arg, min(entry->size, user_size)))
			return -EFAULT;
	}
	ret = entry->fn(file->private_data, &arg);
	if (ret || !(entry->dir & _IOC_READ))
		return ret;
	if (copy_to_user(user, &arg, min(entry->size, user_size)))
		return -EFAULT;
	if (user_size > entry->size &&
	    clear_user(user + entry->size, user_size - entry->size))
		return -EFAULT;
	return 0;
}

/* A wait has nothing to copy, and ends on the way from a tick to its reader. */
long fraktor_ioctl(struct file *file, unsigned int cmd, unsigned long user_arg)
{
	if (cmd == FRAKTOR_IOC_WAIT)
		return ioctl_wait(file->private_data, NULL);
	return ioctl_by_table(file, cmd, user_arg);
}

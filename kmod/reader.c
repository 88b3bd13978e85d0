// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers: an open file, its ring, the sources that fill it.
 */
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "fraktor.h"

static DEFINE_MUTEX(reader_registry_mutex);
static DEFINE_XARRAY_ALLOC1(reader_registry);
static u32 reader_next_id;

struct fraktor_reader *fraktor_reader_new(void)
{
	struct fraktor_reader *reader;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return NULL;
	raw_spin_lock_init(&reader->lock);
	INIT_LIST_HEAD(&reader->links);
	mutex_init(&reader->mutex);
	mutex_init(&reader->read_mutex);
	fraktor_wait_init(reader);
	return reader;
}

/* Is this the process that made the ring, on its way out? */
static bool reader_owner_exits(const struct fraktor_reader *reader)
{
	return (current->flags & PF_EXITING) &&
	       task_tgid(current) == reader->pid;
}

/**
 * fraktor_reader_flush() - a process closes a descriptor of the file
 * @reader: the reader.
 *
 * A process that dies closes its descriptors before io_uring gives up its
 * ring: its wait ends here.  Another holder of the file only waits again.
 */
void fraktor_reader_flush(struct fraktor_reader *reader)
{
	struct fraktor_source *own;

	if (!fraktor_reader_is_ready(reader))
		return;
	fraktor_uring_release(reader);
	own = READ_ONCE(reader->own);
	if (own && reader_owner_exits(reader) && !xchg(&own->owner_died, true))
		fraktor_event_send(own, FRAKTOR_EVENT_OWNER_DIED);
}

static void reader_free_links(struct fraktor_reader *reader)
{
	struct fraktor_link *link, *next;

	list_for_each_entry_safe(link, next, &reader->links, reader_node)
		fraktor_link_free(link);
}

static void reader_unregister(struct fraktor_reader *reader)
{
	mutex_lock(&reader_registry_mutex);
	xa_erase(&reader_registry, reader->id);
	mutex_unlock(&reader_registry_mutex);
}

static void reader_kill_own(struct fraktor_reader *reader)
{
	struct fraktor_source *own = reader->own;

	/* The last holder may be a mapping, which no flush told of. */
	if (reader_owner_exits(reader) && !xchg(&own->owner_died, true))
		fraktor_event_send(own, FRAKTOR_EVENT_OWNER_DIED);
	fraktor_source_kill(own, own->owner_died ? FRAKTOR_REASON_OWNER_DIED :
						   FRAKTOR_REASON_OWNER_CLOSED);
}

/**
 * fraktor_reader_free() - the last close of a file
 * @reader: no call on it is in progress and no command is pending: each holds
 *	the file.
 */
void fraktor_reader_free(struct fraktor_reader *reader)
{
	if (reader->id)
		reader_unregister(reader);
	if (reader->own)
		reader_kill_own(reader);
	reader_free_links(reader);
	if (reader->own)
		fraktor_source_unref(reader->own);
	fraktor_wait_fini(reader);
	fraktor_area_fini(&reader->area);
	put_pid(reader->pid);
	kfree(reader);
}

/**
 * fraktor_reader_is_ready() - does the file have a ring?
 * @reader: the reader.
 *
 * Return: whether it does; then it has one until its end.
 */
bool fraktor_reader_is_ready(struct fraktor_reader *reader)
{
	/* Pairs with the release in reader_publish(): the ring is there. */
	return smp_load_acquire(&reader->ready);
}

/* --- create, attach, detach -------------------------------------------- */

static int reader_check_slots(struct fraktor_reader *reader, u32 slots)
{
	if (!reader->ready)
		return fraktor_limits_check_slots(slots);
	return slots ? -EBUSY : 0;
}

/* The ring, if the file has none yet; nobody sees it before it is published. */
static int reader_prepare(struct fraktor_reader *reader,
			  const struct fraktor_source *source, u32 slots)
{
	struct fraktor_meta *meta;
	int err;

	if (reader->ready)
		return reader->ring.meta->clockid == source->clockid ? 0 : -EINVAL;
	err = fraktor_area_init(&reader->area, slots);
	if (err)
		return err;
	fraktor_area_ring(&reader->area, &reader->ring, slots);
	meta = reader->ring.meta;
	meta->features = fraktor_uring_features();
	meta->clockid = source->clockid;
	meta->nr_members = FRAKTOR_MEMBERS_MAX;
	fraktor_clock_init(meta);
	return 0;
}

/* An id, which nobody finds yet: after the link nothing may fail any more. */
static int reader_reserve(struct fraktor_reader *reader)
{
	int err;

	if (reader->ready)
		return 0;
	mutex_lock(&reader_registry_mutex);
	err = xa_alloc_cyclic(&reader_registry, &reader->id, NULL,
			      xa_limit_31b, &reader_next_id, GFP_KERNEL);
	mutex_unlock(&reader_registry_mutex);
	return min(err, 0);
}

static void reader_publish(struct fraktor_reader *reader)
{
	if (reader->ready)
		return;
	reader->pid = get_pid(task_tgid(current));
	reader->uid = current_uid();
	reader->watched_ns = ktime_get_ns();
	mutex_lock(&reader_registry_mutex);
	/* The entry is there already: this needs no memory. */
	xa_store(&reader_registry, reader->id, reader, GFP_KERNEL);
	mutex_unlock(&reader_registry_mutex);
	/* Pairs with the acquire in fraktor_reader_is_ready(). */
	smp_store_release(&reader->ready, true);
}

static void reader_unprepare(struct fraktor_reader *reader)
{
	if (reader->ready)
		return;
	if (reader->id)
		reader_unregister(reader);
	reader->id = 0;
	/* Who polls a file without a ring may have been about to be woken. */
	fraktor_waker_sync(reader);
	fraktor_area_fini(&reader->area);
}

/* Takes a reference of its own to @source. */
static int reader_join(struct fraktor_reader *reader,
		       struct fraktor_source *source, u32 slots, bool led)
{
	int err;

	err = reader_prepare(reader, source, slots);
	if (err)
		return err;
	err = reader_reserve(reader);
	if (err)
		goto err_reserve;
	kref_get(&source->ref);
	err = fraktor_link_new(source, reader, led);
	if (err)
		goto err_link;
	/* From here on there are ticks: nothing may fail any more. */
	reader_publish(reader);
	return 0;

err_link:
	fraktor_source_unref(source);
err_reserve:
	reader_unprepare(reader);
	return err;
}

static int reader_create(struct fraktor_reader *reader,
			 struct fraktor_create *create)
{
	struct fraktor_source *source;
	int err;

	if (reader->own)
		return -EBUSY;
	err = reader_check_slots(reader, create->slots);
	if (err)
		return err;
	source = fraktor_source_new(create);
	if (IS_ERR(source))
		return PTR_ERR(source);
	err = reader_join(reader, source, create->slots, create->lead_ns);
	if (err) {
		fraktor_source_kill(source, FRAKTOR_REASON_OWNER_CLOSED);
		fraktor_source_unref(source);
		return err;
	}
	WRITE_ONCE(reader->own, source);
	create->source = source->id;
	create->cpu = source->cpu;
	strscpy(create->name, source->name, sizeof(create->name));
	fraktor_source_publish(source);
	return 0;
}

/**
 * fraktor_reader_create() - FRAKTOR_IOC_CREATE
 * @reader: the file.
 * @create: in and out.
 *
 * Return: 0 or the errno of the ioctl.
 */
int fraktor_reader_create(struct fraktor_reader *reader,
			  struct fraktor_create *create)
{
	int err;

	mutex_lock(&reader->mutex);
	err = reader_create(reader, create);
	mutex_unlock(&reader->mutex);
	return err;
}

static int reader_attach(struct fraktor_reader *reader,
			 struct fraktor_attach *attach)
{
	struct fraktor_source *source;
	int err;

	err = reader_check_slots(reader, attach->slots);
	if (err)
		return err;
	source = fraktor_registry_get(attach->name, attach->source);
	if (!source)
		return -ENOENT;
	if (fraktor_link_find(reader, source, 0))
		err = -EALREADY;
	else
		err = reader_join(reader, source, attach->slots,
				  attach->flags & FRAKTOR_ATTACH_F_LEAD);
	if (!err)
		attach->source = source->id;
	fraktor_source_unref(source);
	return err;
}

/**
 * fraktor_reader_attach() - FRAKTOR_IOC_ATTACH
 * @reader: the file.
 * @attach: in and out; its name is terminated.
 *
 * Return: 0 or the errno of the ioctl.
 */
int fraktor_reader_attach(struct fraktor_reader *reader,
			  struct fraktor_attach *attach)
{
	int err;

	mutex_lock(&reader->mutex);
	err = reader_attach(reader, attach);
	mutex_unlock(&reader->mutex);
	return err;
}

/**
 * fraktor_reader_detach() - FRAKTOR_IOC_DETACH
 * @reader: the file.
 * @detach: in.
 *
 * Return: 0 or the errno of the ioctl.
 */
int fraktor_reader_detach(struct fraktor_reader *reader,
			  const struct fraktor_detach *detach)
{
	struct fraktor_link *link;
	int err = 0;

	mutex_lock(&reader->mutex);
	link = fraktor_link_find(reader, NULL, detach->source);
	if (!link)
		err = -ENOTCONN;
	else if (link->source == reader->own)
		err = -EPERM;
	else
		fraktor_link_free(link);
	mutex_unlock(&reader->mutex);
	return err;
}

/**
 * fraktor_reader_lead() - the file holds early records of its own source back
 * @reader: it made a source.
 */
void fraktor_reader_lead(struct fraktor_reader *reader)
{
	mutex_lock(&reader->mutex);
	fraktor_link_lead(fraktor_link_find(reader, reader->own, 0));
	mutex_unlock(&reader->mutex);
}

/* --- records ----------------------------------------------------------- */

/**
 * fraktor_reader_pop() - take records out, oldest first
 * @reader: it is ready.
 * @ret_ticks: where to.
 * @n: how many at most; a handful, for interrupts are off.
 *
 * Return: how many; a record that came early is not taken before it is due.
 */
ssize_t fraktor_reader_pop(struct fraktor_reader *reader,
			   struct fraktor_tick *ret_ticks, size_t n)
{
	unsigned long flags;
	size_t i;

	raw_spin_lock_irqsave(&reader->lock, flags);
	for (i = 0; i < n; i++)
		if ((reader->led && fraktor_hold_is_early(reader)) ||
		    !fraktor_ring_pop(&reader->ring, &ret_ticks[i]))
			break;
	raw_spin_unlock_irqrestore(&reader->lock, flags);
	return i;
}

/**
 * fraktor_reader_each() - call a function for each reader; may sleep
 * @id: in: the smallest id wanted; out: the id of the reader at which @fn
 *	ended the walk.
 * @fn: the function; not 0 ends the walk.
 * @data: for it.
 *
 * Return: what @fn returned last; 0 for the end of the walk.
 */
int fraktor_reader_each(u32 *id, int (*fn)(struct fraktor_reader *reader, void *data),
			void *data)
{
	struct fraktor_reader *reader;
	unsigned long index;
	int err = 0;

	mutex_lock(&reader_registry_mutex);
	xa_for_each_start(&reader_registry, index, reader, *id) {
		err = fn(reader, data);
		if (err)
			break;
	}
	mutex_unlock(&reader_registry_mutex);
	if (err)
		*id = index;
	return err;
}

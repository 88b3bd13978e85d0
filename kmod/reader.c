// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers: an open file, its ring, the one source it belongs to.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fraktor.h"

struct fraktor_reader *fraktor_reader_new(void)
{
	struct fraktor_reader *reader;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return NULL;
	INIT_LIST_HEAD(&reader->node);
	mutex_init(&reader->mutex);
	mutex_init(&reader->read_mutex);
	fraktor_wait_init(reader);
	return reader;
}

/**
 * fraktor_reader_free() - the last close of a file
 * @reader: no call on it is in progress and no command is pending: each holds
 *	the file.
 */
void fraktor_reader_free(struct fraktor_reader *reader)
{
	struct fraktor_source *source = reader->source;

	if (source && reader->owner)
		fraktor_source_kill(source);
	if (source)
		fraktor_source_detach(source, reader);
	fraktor_wait_fini(reader);
	fraktor_area_fini(&reader->area);
	if (source)
		fraktor_source_unref(source);
	kfree(reader);
}

/**
 * fraktor_reader_source() - the source of a file
 * @reader: the reader.
 *
 * Return: the source, which stays as long as the reader, or NULL if it has
 * none yet.
 */
struct fraktor_source *fraktor_reader_source(struct fraktor_reader *reader)
{
	/* Pairs with the release in fraktor_source_attach(): the ring is there. */
	return smp_load_acquire(&reader->source);
}

static void reader_describe(struct fraktor_reader *reader,
			    const struct fraktor_source *source)
{
	struct fraktor_meta *meta = reader->ring.meta;

	meta->features = FRAKTOR_FEATURES;
	meta->period_ns = source->period_ns;
	meta->clockid = source->clockid;
	meta->source = source->id;
}

/* The caller's reference to @source becomes the reader's, on success only. */
static int reader_join(struct fraktor_reader *reader,
		       struct fraktor_source *source, u32 slots)
{
	int err;

	err = fraktor_area_init(&reader->area, slots);
	if (err)
		return err;
	fraktor_area_ring(&reader->area, &reader->ring, slots);
	reader_describe(reader, source);
	err = fraktor_source_attach(source, reader);
	if (err)
		fraktor_area_fini(&reader->area);
	return err;
}

static int reader_create(struct fraktor_reader *reader,
			 struct fraktor_create *create)
{
	struct fraktor_source *source;
	int err;

	if (reader->source)
		return -EBUSY;
	err = fraktor_limits_check_slots(create->slots);
	if (err)
		return err;
	source = fraktor_source_new(create);
	if (IS_ERR(source))
		return PTR_ERR(source);

	err = reader_join(reader, source, create->slots);
	if (err) {
		fraktor_source_kill(source);
		fraktor_source_unref(source);
		return err;
	}
	reader->owner = true;
	create->source = source->id;
	create->cpu = source->cpu;
	strscpy(create->name, source->name, sizeof(create->name));
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

	if (reader->source)
		return -EBUSY;
	err = fraktor_limits_check_slots(attach->slots);
	if (err)
		return err;
	source = fraktor_source_get(attach->name, attach->source);
	if (!source)
		return -ENOENT;
	err = reader_join(reader, source, attach->slots);
	if (err) {
		fraktor_source_unref(source);
		return err;
	}
	attach->source = source->id;
	return 0;
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
 * fraktor_reader_state() - what a wait on this file comes to now
 * @reader: it has a source.
 *
 * Return: the number of records there are, -ESHUTDOWN if there is none and
 * none will come, 0 if it is worth waiting.
 */
int fraktor_reader_state(struct fraktor_reader *reader)
{
	/*
	 * The state first: a source that stops after this has put its last
	 * record in before.  Pairs with the release in source.c.
	 */
	u32 state = smp_load_acquire(&reader->ring.meta->state);
	u64 available = fraktor_ring_available(&reader->ring);

	if (available)
		return min_t(u64, available, INT_MAX);
	return state == FRAKTOR_STATE_RUNNING ? 0 : -ESHUTDOWN;
}

/**
 * fraktor_reader_pop() - take records out, oldest first
 * @reader: it has a source.
 * @ret_ticks: where to.
 * @n: how many at most; a handful, for interrupts are off.
 *
 * Return: how many.
 */
ssize_t fraktor_reader_pop(struct fraktor_reader *reader,
			   struct fraktor_tick *ret_ticks, size_t n)
{
	struct fraktor_source *source = reader->source;
	unsigned long flags;
	size_t i;

	raw_spin_lock_irqsave(&source->lock, flags);
	for (i = 0; i < n; i++)
		if (!fraktor_ring_pop(&reader->ring, &ret_ticks[i]))
			break;
	raw_spin_unlock_irqrestore(&source->lock, flags);
	return i;
}

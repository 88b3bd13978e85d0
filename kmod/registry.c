// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which sources exist: their names and ids.  A source is here from its making
 * until its owner is gone; nobody finds it before its owner has all of it, so
 * that making one cannot fail for what others do with it.
 */
#include <linux/ctype.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "fraktor.h"

/* Ids fit the 16 bits of a record; 0 means none. */
#define REGISTRY_ID_LIMIT	XA_LIMIT(1, U16_MAX)

static DEFINE_MUTEX(registry_mutex);
static DEFINE_XARRAY_ALLOC1(registry);
static u32 registry_next_id;

/**
 * fraktor_registry_name_is_valid() - is this a name for a source?
 * @name: FRAKTOR_NAME_LEN bytes; empty is fine.
 *
 * Names go into logs, file names and netlink: keep to what is safe there.
 *
 * Return: whether it is.
 */
bool fraktor_registry_name_is_valid(const char *name)
{
	size_t len = strnlen(name, FRAKTOR_NAME_LEN);

	if (len == FRAKTOR_NAME_LEN)
		return false;
	for (; *name; name++)
		if (!isascii(*name) || (!isalnum(*name) && !strchr("._-", *name)))
			return false;
	return true;
}

static struct fraktor_source *registry_find(const char *name)
{
	struct fraktor_source *source;
	unsigned long id;

	lockdep_assert_held(&registry_mutex);
	xa_for_each(&registry, id, source)
		if (!strcmp(source->name, name))
			return source;
	return NULL;
}

/* Name and id are settled together: "tick<id>" must not collide either. */
static int registry_add(struct fraktor_source *source)
{
	int err;

	if (*source->name && registry_find(source->name))
		return -EEXIST;
	err = xa_alloc_cyclic(&registry, &source->id, NULL, REGISTRY_ID_LIMIT,
			      &registry_next_id, GFP_KERNEL);
	if (err < 0)
		return err == -EBUSY ? -ENOSPC : err;
	if (!*source->name)
		snprintf(source->name, sizeof(source->name), "tick%u",
			 source->id);
	if (registry_find(source->name)) {
		xa_erase(&registry, source->id);
		return -EEXIST;
	}
	/* The entry is there already: this needs no memory. */
	xa_store(&registry, source->id, source, GFP_KERNEL);
	return 0;
}

/**
 * fraktor_registry_add() - settle id and name of a source; may sleep
 * @source: its id is set here, and its name if it is empty.
 *
 * Nobody finds it before fraktor_registry_show().
 *
 * Return: 0, -EEXIST (the name), -ENOSPC (no id is left) or -ENOMEM.
 */
int fraktor_registry_add(struct fraktor_source *source)
{
	int err;

	mutex_lock(&registry_mutex);
	err = registry_add(source);
	mutex_unlock(&registry_mutex);
	return err;
}

/**
 * fraktor_registry_show() - let a source be found; may sleep
 * @source: was added.
 */
void fraktor_registry_show(struct fraktor_source *source)
{
	mutex_lock(&registry_mutex);
	source->shown = true;
	mutex_unlock(&registry_mutex);
}

void fraktor_registry_remove(struct fraktor_source *source)
{
	mutex_lock(&registry_mutex);
	xa_erase(&registry, source->id);
	mutex_unlock(&registry_mutex);
}

/**
 * fraktor_registry_get() - a living source by name or, if that is empty, by id
 * @name: its name, terminated.
 * @id: its id.
 *
 * Return: the source with a reference, or NULL.
 */
struct fraktor_source *fraktor_registry_get(const char *name, u32 id)
{
	struct fraktor_source *source;

	mutex_lock(&registry_mutex);
	source = *name ? registry_find(name) : xa_load(&registry, id);
	if (source && !source->shown)
		source = NULL;
	if (source)
		kref_get(&source->ref);
	mutex_unlock(&registry_mutex);
	return source;
}

/**
 * fraktor_registry_next() - walk the living sources
 * @id: in: the smallest id wanted; out: the id of the source returned.
 *
 * Return: the source with a reference, or NULL at the end.
 */
struct fraktor_source *fraktor_registry_next(u32 *id)
{
	struct fraktor_source *source;
	unsigned long index;

	mutex_lock(&registry_mutex);
	xa_for_each_start(&registry, index, source, *id)
		if (source->shown)
			break;
	if (source)
		kref_get(&source->ref);
	mutex_unlock(&registry_mutex);
	*id = index;
	return source;
}

/**
 * fraktor_registry_each() - call a function for each living source
 * @fn: the function; may sleep and take the source's mutex, but not make,
 *	remove or unref one.
 * @data: for it.
 */
void fraktor_registry_each(void (*fn)(struct fraktor_source *source, void *data),
			   void *data)
{
	struct fraktor_source *source;
	unsigned long id;

	mutex_lock(&registry_mutex);
	xa_for_each(&registry, id, source)
		fn(source, data);
	mutex_unlock(&registry_mutex);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory that a reader maps: a page that describes it and is read-only, a
 * page that the reader writes, the slots, read-only again.  It knows nothing
 * of what stands in them.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "fraktor.h"

static size_t area_len(const struct fraktor_area *area)
{
	return area->meta_len + area->consumer_len + area->data_len;
}

/**
 * fraktor_area_init() - get the memory, charged to the caller
 * @area: the area.
 * @slots: slots of the ring.
 *
 * Return: 0 or -ENOMEM.
 */
int fraktor_area_init(struct fraktor_area *area, u32 slots)
{
	int err;

	area->meta_len = PAGE_ALIGN(sizeof(struct fraktor_meta));
	area->consumer_len = PAGE_ALIGN(sizeof(struct fraktor_consumer));
	area->data_len = PAGE_ALIGN((size_t)slots * sizeof(struct fraktor_tick));

	err = fraktor_limits_charge(area_len(area), &area->user);
	if (err)
		return err;
	area->base = vmalloc_user(area_len(area));
	if (!area->base) {
		fraktor_limits_uncharge(area_len(area), area->user);
		return -ENOMEM;
	}
	return 0;
}

void fraktor_area_fini(struct fraktor_area *area)
{
	if (!area->base)
		return;
	vfree(area->base);
	fraktor_limits_uncharge(area_len(area), area->user);
	area->base = NULL;
}

/**
 * fraktor_area_ring() - lay an empty ring into the memory
 * @area: the area.
 * @ring: the ring.
 * @slots: as given to fraktor_area_init().
 */
void fraktor_area_ring(struct fraktor_area *area, struct fraktor_ring *ring,
		       u32 slots)
{
	struct fraktor_meta *meta = area->base;
	struct fraktor_consumer *consumer = area->base + area->meta_len;
	struct fraktor_tick *data = (void *)consumer + area->consumer_len;

	fraktor_ring_init(ring, meta, consumer, data, slots);
	meta->meta_len = area->meta_len;
	meta->consumer_len = area->consumer_len;
	meta->data_len = area->data_len;
}

/*
 * The kernel's own writes are all a reader may see change in a read-only
 * part: without VM_MAYWRITE mprotect() cannot open it later.
 */
static int area_protect(struct vm_area_struct *vma, bool writable)
{
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	vm_flags_clear(vma, VM_MAYEXEC);
	if (writable)
		return 0;
	if (vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_clear(vma, VM_MAYWRITE);
	return 0;
}

/**
 * fraktor_area_mmap() - map one of the three parts
 * @area: the area.
 * @vma: names the part by its offset, and must have its length.
 *
 * The mapping holds the file, and the file the memory.
 *
 * Return: 0, -EINVAL, or -EACCES for more access than the part grants.
 */
int fraktor_area_mmap(struct fraktor_area *area, struct vm_area_struct *vma)
{
	size_t start, len;
	bool writable = false;
	int err;

	switch ((u64)vma->vm_pgoff << PAGE_SHIFT) {
	case FRAKTOR_MMAP_META:
		start = 0;
		len = area->meta_len;
		break;
	case FRAKTOR_MMAP_CONSUMER:
		start = area->meta_len;
		len = area->consumer_len;
		writable = true;
		break;
	case FRAKTOR_MMAP_DATA:
		start = area->meta_len + area->consumer_len;
		len = area->data_len;
		break;
	default:
		return -EINVAL;
	}
	if (vma->vm_end - vma->vm_start != len)
		return -EINVAL;
	err = area_protect(vma, writable);
	if (err)
		return err;
	return remap_vmalloc_range(vma, area->base, start >> PAGE_SHIFT);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The three parts of a ring: mapped, mapped wrongly, protected otherwise,
 * moved, unmapped in pieces, read and scribbled into.
 *
 * Mappings that stay lie in the worker's arena and are only ever replaced, so
 * that an address that another thread got is never touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib.h"
#include "judge.h"
#include "ops.h"

static const unsigned long parts[] = {
	FRAKTOR_MMAP_META, FRAKTOR_MMAP_CONSUMER, FRAKTOR_MMAP_DATA,
};

/* The right length of a part of this file's ring, or 0. */
static size_t map_length(int fd, unsigned long part, unsigned int *ret_slots)
{
	struct fraktor_info info;

	*ret_slots = 0;
	if (part != FRAKTOR_MMAP_DATA)
		return PAGE;
	if (t_info(fd, &info) || !info.slots)
		return 0;
	*ret_slots = info.slots;
	return (info.slots * sizeof(struct fraktor_tick) + PAGE - 1) & -PAGE;
}

/*
 * A mapping of the device.  Another thread may have closed a shared file since,
 * and its number be an io_uring's by now, whose mappings cannot be moved.
 */
static void *map_device(int fd, size_t len, int prot, unsigned long part)
{
	int held = fcntl(fd, F_DUPFD_CLOEXEC, 0), err;
	void *p = MAP_FAILED;
	struct stat st;

	if (held < 0)
		return p;
	errno = EBADF;
	if (!fstat(held, &st) && S_ISCHR(st.st_mode))
		p = mmap(NULL, len, prot, MAP_SHARED, held, part);
	err = errno;
	close(held);
	errno = err;
	return p;
}

/*
 * Mapped elsewhere first and moved then: a mapping that is refused would leave
 * a hole in the arena, where another thread's mappings would come to lie.
 */
static int map_put(struct worker *w, struct place *place, int fd, size_t len,
		   int prot, unsigned long part)
{
	void *at = worker_place_at(w, place);
	void *p = map_device(fd, len, prot, part);
	int err;

	if (p == MAP_FAILED)
		return -errno;
	place->len = 0;
	place->slots = 0;
	if (mremap(p, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, at) == MAP_FAILED) {
		err = -errno;
		munmap(p, len);
		return err;
	}
	place->len = len;
	place->part = part;
	place->head = 0;
	return 0;
}

static int map_right(struct worker *w, struct place *place, int fd,
		     unsigned long part)
{
	int prot = PROT_READ, ret;
	unsigned int slots;
	size_t len = map_length(fd, part, &slots);

	if (!len || len > PLACE_LEN)
		return IDLE;
	if (part == FRAKTOR_MMAP_CONSUMER)
		prot |= PROT_WRITE;
	say(w, "fd %d part %#lx len %zu", fd, part, len);
	ret = map_put(w, place, fd, len, prot, part);
	/* Between the two calls others may have made it another file. */
	if (!ret && w->own)
		place->slots = slots;
	return ret;
}

int map_part(struct worker *w)
{
	struct place *place = worker_place(w);
	unsigned long part = rnd_of(&w->rnd, parts);
	int fd = worker_file(w);

	return fd < 0 ? fd : map_right(w, place, fd, part);
}

/* A whole ring, as a reader has it. */
int map_ring(struct worker *w)
{
	unsigned int i, at = rnd_below(&w->rnd, WORKER_PLACES);
	int fd = worker_file(w), ret = 0;

	if (fd < 0)
		return fd;
	for (i = 0; i < 3 && ret >= 0; i++)
		ret = map_right(w, &w->places[(at + i) % WORKER_PLACES], fd,
				parts[i]);
	return ret;
}

int map_wrong(struct worker *w)
{
	struct place *place = worker_place(w);
	unsigned long part = rnd_of(&w->rnd, parts);
	size_t len = PAGE * (1 + rnd_below(&w->rnd, 4));
	int fd = worker_file(w), prot = rnd_below(&w->rnd, 8);
	int flags = MAP_SHARED;
	void *p;

	if (fd < 0)
		return fd;
	if (rnd_one_in(&w->rnd, 2))
		part = rnd_one_in(&w->rnd, 2) ? part + PAGE :
						rnd_odd(&w->rnd) & -PAGE;
	if (rnd_one_in(&w->rnd, 3))
		flags = rnd_one_in(&w->rnd, 2) ? MAP_PRIVATE :
						 MAP_SHARED_VALIDATE | MAP_SYNC;
	if (rnd_one_in(&w->rnd, 4))
		flags |= MAP_POPULATE | MAP_LOCKED;
	say(w, "fd %d part %#lx len %zu prot %d flags %#x", fd, part, len, prot,
	    flags);
	if (flags == MAP_SHARED)
		return map_put(w, place, fd, len, prot, part);
	p = mmap(NULL, len, prot, flags, fd, part);
	if (p == MAP_FAILED)
		return -errno;
	munmap(p, len);
	return 0;
}

/* Some pages of what is mapped go. */
int map_drop(struct worker *w)
{
	struct place *place = worker_mapped(w, ANY_PART);
	size_t pages, first, n;
	void *p;

	if (!place)
		return IDLE;
	pages = place->len / PAGE;
	first = rnd_below(&w->rnd, pages);
	n = 1 + rnd_below(&w->rnd, pages - first);
	say(w, "pages %zu to %zu of %zu", first, first + n, pages);
	p = mmap(worker_place_at(w, place) + first * PAGE, n * PAGE, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
	if (!first)
		place->len = 0;
	else
		place->len = first * PAGE;
	return p == MAP_FAILED ? -errno : 0;
}

/* What was mapped read-only must never become writable. */
int map_protect(struct worker *w)
{
	struct place *place = worker_mapped(w, ANY_PART);
	int prot = rnd_below(&w->rnd, 8), ret;

	if (!place)
		return IDLE;
	say(w, "part %#lx prot %d", place->part, prot);
	ret = mprotect(worker_place_at(w, place), place->len, prot) ? -errno : 0;
	if (!ret && (prot & PROT_WRITE) && place->part != FRAKTOR_MMAP_CONSUMER)
		fault(w, "mprotect made part %#lx writable", place->part);
	if (!ret && (prot & PROT_EXEC))
		fault(w, "mprotect made part %#lx executable", place->part);
	return ret;
}

/* A mapping of its own, moved, grown and cut, and gone at the end. */
int map_remap(struct worker *w)
{
	unsigned long part = rnd_of(&w->rnd, parts);
	int fd = worker_file(w), ret = 0;
	unsigned int slots;
	size_t len, to;
	void *p, *q;

	if (fd < 0)
		return fd;
	len = map_length(fd, part, &slots);
	if (!len)
		return IDLE;
	p = mmap(NULL, len, PROT_READ, MAP_SHARED, fd, part);
	if (p == MAP_FAILED)
		return -errno;
	to = PAGE * (1 + rnd_below(&w->rnd, len / PAGE + 2));
	say(w, "fd %d part %#lx from %zu to %zu", fd, part, len, to);
	q = mremap(p, len, to, rnd_one_in(&w->rnd, 2) ? MREMAP_MAYMOVE : 0);
	if (q == MAP_FAILED) {
		ret = -errno;
		munmap(p, len);
		return ret;
	}
	if (to > len)
		fault(w, "mremap grew part %#lx", part);
	*(volatile unsigned char *)q;
	munmap(q, to);
	return 0;
}

/* Nothing that would give a child holes in its arena. */
int map_advise(struct worker *w)
{
	static const int advices[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_FREE, MADV_REMOVE,
		MADV_MERGEABLE, MADV_HUGEPAGE, MADV_DODUMP, MADV_COLD,
		MADV_PAGEOUT, MADV_POPULATE_READ, MADV_POPULATE_WRITE,
	};
	struct place *place = worker_mapped(w, ANY_PART);
	int advice = rnd_of(&w->rnd, advices), ret;
	void *p;

	if (!place)
		return IDLE;
	p = worker_place_at(w, place);
	say(w, "part %#lx advice %d", place->part, advice);
	switch (rnd_below(&w->rnd, 6)) {
	case 0:
		ret = msync(p, place->len, MS_SYNC);
		break;
	case 1:
		ret = mlock(p, place->len);
		break;
	default:
		ret = madvise(p, place->len, advice);
		break;
	}
	return ret ? -errno : 0;
}

/* Reads what is mapped, if it still is; a fault ends the operation. */
int map_look(struct worker *w)
{
	struct place *place = worker_mapped(w, FRAKTOR_MMAP_META);
	const struct fraktor_meta *meta;
	const char *wrong;

	if (!place)
		return IDLE;
	meta = (void *)worker_place_at(w, place);
	wrong = judge_meta(meta);
	if (!wrong)
		wrong = judge_head(meta, &place->head);
	if (wrong)
		fault(w, "%s", wrong);
	return 0;
}

int map_look_slots(struct worker *w)
{
	struct place *place = worker_mapped(w, FRAKTOR_MMAP_DATA);
	const char *wrong;

	if (!place || !place->slots)
		return IDLE;
	wrong = judge_slots((void *)worker_place_at(w, place), place->slots,
			    place->len);
	if (wrong)
		fault(w, "%s", wrong);
	return 0;
}

static void map_scribble_once(struct worker *w, unsigned char *page)
{
	struct fraktor_consumer *consumer = (void *)page;
	uint64_t value = rnd_odd(&w->rnd), *tail = (uint64_t *)&consumer->tail;
	uint64_t now = __atomic_load_n(tail, __ATOMIC_RELAXED);

	switch (rnd_below(&w->rnd, 6)) {
	case 0:
		__atomic_store_n(tail, value, __ATOMIC_RELAXED);
		break;
	case 1:		/* torn */
		*(volatile uint32_t *)page = value;
		sched_yield();
		*(volatile uint32_t *)(page + 4) = value >> 32;
		break;
	case 2:
		__atomic_store_n(tail, now + rnd_below(&w->rnd, 40) - 20,
				 __ATOMIC_RELAXED);
		break;
	case 3:
		__atomic_fetch_add(tail, 1, __ATOMIC_RELAXED);
		break;
	case 4:
		memset(page, value, PAGE);
		break;
	default:
		memcpy(page + rnd_below(&w->rnd, PAGE - 8), &value, 8);
		break;
	}
}

int map_scribble(struct worker *w)
{
	struct place *place = worker_mapped(w, FRAKTOR_MMAP_CONSUMER);
	unsigned int i, n = 1 + rnd_below(&w->rnd, 200);

	if (!place)
		return IDLE;
	say(w, "%u times", n);
	for (i = 0; i < n; i++)
		map_scribble_once(w, worker_place_at(w, place));
	return 0;
}

// SPDX-License-Identifier: MIT
/*
 * A reader of the mapped ring as Documentation/ring.rst has it, which is never
 * woken: whoever records looks often enough.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/fraktor.h>

#include "common/text.h"
#include "record/attach.h"

#define ATTACH_DEVICE		"/dev/fraktor"
#define ATTACH_SLOTS_LEAST	1024U
#define ATTACH_SLOTS_MOST	65536U

struct attach {
	int fd;
	uint32_t source;
	const struct fraktor_meta *meta;
	size_t meta_len;
	struct fraktor_consumer *consumer;
	const struct fraktor_tick *slots;
};

static void attach_explain(const struct frk_source *source, const char *what)
{
	char name[sizeof(source->name)];
	int error = errno;

	text_clean(name, sizeof(name), source->name);
	fprintf(stderr, "fraktor: cannot %s of \"%s\": ", what, name);
	switch (error) {
	case EACCES:
		fputs("no permission for " ATTACH_DEVICE ": your user is not in the group \"fraktor\"\n",
		      stderr);
		return;
	case ENXIO:
	case ENODEV:
		fputs("there is no " ATTACH_DEVICE ": modprobe fraktor\n", stderr);
		return;
	case ENOENT:
		fputs("it is gone, or there is no " ATTACH_DEVICE " in this container\n", stderr);
		return;
	case EUSERS:
		fputs("it has its fill of readers: end one, see fraktor readers\n", stderr);
		return;
	case ENOMEM:
		fputs("no memory for a ring: raise ulimit -l\n", stderr);
		return;
	default:
		fprintf(stderr, "%s\n", strerror(error));
	}
}

/* A power of two that holds a second, within what is allowed. */
static uint32_t attach_slots(uint64_t period_ns, const struct fraktor_info *limits)
{
	uint64_t wanted = period_ns ? 1000000000 / period_ns : 0;
	uint32_t slots = ATTACH_SLOTS_LEAST;

	while (slots < wanted && slots < ATTACH_SLOTS_MOST)
		slots *= 2;
	while (slots > limits->slots_max)
		slots /= 2;
	while (slots < limits->slots_min)
		slots *= 2;
	return slots;
}

static void attach_describe(const struct fraktor_info *info, struct record_header *ret_header)
{
	*ret_header = (struct record_header){
		.abi_version = info->abi_version,
		.clockid = info->clockid,
		.source = info->source,
		.cpu = (uint32_t)info->cpu,
		.slots = info->slots,
		.period_ns = info->period_ns,
		.late_ns = info->late_ns,
	};
	memcpy(ret_header->name, info->name, sizeof(ret_header->name));
	memcpy(ret_header->driver, info->driver, sizeof(ret_header->driver));
	memcpy(ret_header->module, info->version, sizeof(ret_header->module));
}

static int attach_join(struct attach *attach, const struct frk_source *source,
		       struct record_header *ret_header)
{
	/* What comes early is written down, not acted on: so it is held back. */
	struct fraktor_attach request = { .source = source->id, .flags = FRAKTOR_ATTACH_F_LEAD };
	struct fraktor_info info = { 0 };

	attach->fd = open(ATTACH_DEVICE, O_RDWR | O_CLOEXEC);
	if (attach->fd < 0 || ioctl(attach->fd, FRAKTOR_IOC_INFO, &info))
		return -errno;
	request.slots = attach_slots(source->period_ns, &info);
	if (ioctl(attach->fd, FRAKTOR_IOC_ATTACH, &request) ||
	    ioctl(attach->fd, FRAKTOR_IOC_INFO, &info))
		return -errno;
	attach->source = request.source;
	attach_describe(&info, ret_header);
	return 0;
}

static void *attach_map_part(const struct attach *attach, size_t len, int prot, off_t part)
{
	void *area = mmap(NULL, len, prot, MAP_SHARED, attach->fd, part);

	return area == MAP_FAILED ? NULL : area;
}

static int attach_map(struct attach *attach)
{
	attach->meta_len = (size_t)sysconf(_SC_PAGESIZE);
	attach->meta = attach_map_part(attach, attach->meta_len, PROT_READ, FRAKTOR_MMAP_META);
	if (!attach->meta)
		return -errno;
	attach->consumer = attach_map_part(attach, attach->meta->consumer_len,
					   PROT_READ | PROT_WRITE, FRAKTOR_MMAP_CONSUMER);
	if (!attach->consumer)
		return -errno;
	attach->slots = attach_map_part(attach, attach->meta->data_len, PROT_READ,
					FRAKTOR_MMAP_DATA);
	return attach->slots ? 0 : -errno;
}

struct attach *attach_open(const struct frk_source *source, struct record_header *ret_header)
{
	struct attach *attach = calloc(1, sizeof(*attach));

	if (!attach)
		return NULL;
	attach->fd = -1;
	if (attach_join(attach, source, ret_header)) {
		attach_explain(source, "have the ticks");
		goto err;
	}
	if (attach_map(attach)) {
		attach_explain(source, "map the ring");
		goto err;
	}
	return attach;

err:
	attach_close(attach);
	return NULL;
}

/* Return: whether the slot held a whole record of that number. */
static bool attach_copy(const struct attach *attach, uint64_t seq, struct fraktor_tick *ret_tick)
{
	const struct fraktor_tick *slot = (const void *)((const char *)attach->slots +
		(seq & (attach->meta->slots - 1)) * attach->meta->record_size);

	if (__atomic_load_n(&slot->seq, __ATOMIC_ACQUIRE) != seq)
		return false;
	*ret_tick = *(const volatile struct fraktor_tick *)slot;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&slot->seq, __ATOMIC_RELAXED) == seq;
}

size_t attach_take(struct attach *attach, struct record_tick *ret_ticks, size_t n)
{
	/* Pairs with the kernel's release of the tail, when it drops. */
	__u64 tail = __atomic_load_n(&attach->consumer->tail, __ATOMIC_ACQUIRE);
	struct fraktor_tick tick;
	size_t count = 0;
	bool whole;

	/* Pairs with the kernel's release of the head. */
	while (count < n && tail != __atomic_load_n(&attach->meta->head, __ATOMIC_ACQUIRE)) {
		whole = attach_copy(attach, tail + 1, &tick);
		/* Pairs with the kernel's: who moves the tail has the record. */
		if (!__atomic_compare_exchange_n(&attach->consumer->tail, &tail, tail + 1, false,
						 __ATOMIC_RELEASE, __ATOMIC_ACQUIRE))
			continue;
		tail++;
		if (!whole)
			continue;
		ret_ticks[count++] = (struct record_tick){
			.seq = tick.seq, .deadline_ns = tick.deadline_ns,
			.fired_ns = tick.fired_ns, .periods = tick.periods,
			.flags = tick.flags,
		};
	}
	return count;
}

uint64_t attach_dropped(const struct attach *attach)
{
	return __atomic_load_n(&attach->meta->dropped_total, __ATOMIC_RELAXED);
}

static const struct fraktor_member *attach_member(const struct attach *attach)
{
	for (size_t i = 0; i < FRAKTOR_MEMBERS_MAX; i++)
		if (attach->meta->members[i].source == attach->source)
			return &attach->meta->members[i];
	return NULL;
}

uint64_t attach_period_ns(const struct attach *attach)
{
	const struct fraktor_member *member = attach_member(attach);

	return member ? __atomic_load_n(&member->period_ns, __ATOMIC_RELAXED) :
			attach->meta->period_ns;
}

bool attach_is_dead(const struct attach *attach)
{
	/* Pairs with the kernel's release: the state is written last. */
	return __atomic_load_n(&attach->meta->state, __ATOMIC_ACQUIRE) == FRAKTOR_STATE_DEAD;
}

void attach_close(struct attach *attach)
{
	if (!attach)
		return;
	if (attach->slots)
		munmap((void *)attach->slots, attach->meta->data_len);
	if (attach->consumer)
		munmap(attach->consumer, attach->meta->consumer_len);
	if (attach->meta)
		munmap((void *)attach->meta, attach->meta_len);
	if (attach->fd >= 0)
		close(attach->fd);
	free(attach);
}

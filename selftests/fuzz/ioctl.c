// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's ioctls: granted ones, ones that are wrong in one place, and
 * noise of every size.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../lib.h"
#include "ops.h"
#include "valid.h"

/* Of this size or a bit more: an older or a newer program's structure. */
static unsigned long ioctl_resize(struct worker *w, unsigned long cmd,
				  size_t *len)
{
	static const int steps[] = { -32, -8, -4, -1, 1, 4, 8, 64, 512 };
	int size = (int)*len + rnd_of(&w->rnd, steps);

	if (size < 0)
		size = 0;
	if (size > (int)PAD_LEN)
		size = PAD_LEN;
	*len = size;
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size);
}

/* Something of this structure is not what it should be. */
static void ioctl_spoil(struct worker *w, void *arg, size_t len)
{
	uint64_t odd = rnd_odd(&w->rnd);
	size_t word = rnd_below(&w->rnd, len / 4) * 4;
	size_t width = rnd_one_in(&w->rnd, 2) && word + 8 <= len ? 8 : 4;

	memcpy((char *)arg + word, &odd, width);
}

/*
 * Call with @arg's contents.  The copy lies where it ends with good memory or
 * not; what a longer structure has beyond is mostly zero.
 */
static int ioctl_call(struct worker *w, int fd, unsigned long cmd, void *arg,
		      size_t len)
{
	bool spoil = rnd_one_in(&w->rnd, 6), resize = rnd_one_in(&w->rnd, 10);
	size_t known = len;
	void *memory;
	int ret;

	if (spoil && len)
		ioctl_spoil(w, arg, len);
	if (resize)
		cmd = ioctl_resize(w, cmd, &len);
	memory = spoil || resize ? worker_memory(w, len) :
				   worker_good_memory(w, len);
	memset(w->pad, rnd_one_in(&w->rnd, 2) ? 0 : 0xa5, PAD_LEN);
	memset(w->pad + PAD_LEN - len, 0, len);
	memcpy(w->pad + PAD_LEN - len, arg, len < known ? len : known);
	say(w, "fd %d cmd %#lx at %p", fd, cmd, memory);
	ret = t_ioctl(fd, cmd, memory);
	if (!ret && !resize)
		memcpy(arg, w->pad + PAD_LEN - len, len);
	return ret;
}

/* Half of the time with a file that nothing was done with yet. */
static int ioctl_fresh(struct worker *w)
{
	bool fresh = rnd_one_in(&w->rnd, 2);
	int *slot = worker_slot(w);
	int fd = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

	if (fd >= 0 && !fresh)
		return fd;
	fd = t_open(O_RDWR | (rnd_one_in(&w->rnd, 2) ? O_NONBLOCK : 0));
	if (fd >= 0)
		worker_put(slot, fd);
	return fd;
}

int ioctl_create(struct worker *w)
{
	struct fraktor_create create;
	int fd = ioctl_fresh(w), ret;

	if (fd < 0)
		return fd;
	valid_create(w, &create);
	say(w, "period %llu slots %u flags %#x cpu %d clock %u name %.31s",
	    (unsigned long long)create.period_ns, create.slots, create.flags,
	    create.cpu, create.clockid, create.name);
	ret = ioctl_call(w, fd, FRAKTOR_IOC_CREATE, &create, sizeof(create));
	if (!ret && create.source)
		worker_publish(w, create.source);
	return ret;
}

/* What everything else needs: a source that ticks. */
int ioctl_line(struct worker *w)
{
	struct fraktor_create create;
	int *slot = worker_slot(w);
	int fd = t_open(O_RDWR | (rnd_one_in(&w->rnd, 2) ? O_NONBLOCK : 0));
	int ret;

	if (fd < 0)
		return fd;
	worker_put(slot, fd);
	valid_create(w, &create);
	create.cpu = FRAKTOR_CPU_CURRENT;
	ret = t_ioctl(fd, FRAKTOR_IOC_CREATE, &create);
	if (ret)
		return ret;
	worker_publish(w, create.source);
	say(w, "fd %d source %u", fd, create.source);
	return t_start(fd);
}

int ioctl_attach(struct worker *w)
{
	struct fraktor_attach attach;
	int fd = ioctl_fresh(w), ret;
	uint32_t id;

	if (fd < 0)
		return fd;
	valid_attach(w, fd, &attach);
	id = attach.source;
	say(w, "source %u slots %u name %.31s", attach.source, attach.slots,
	    attach.name);
	ret = ioctl_call(w, fd, FRAKTOR_IOC_ATTACH, &attach, sizeof(attach));
	if (ret == -ENOENT)
		worker_forget(w, id);
	return ret;
}

/* One ring, as many sources as there are. */
int ioctl_fuse(struct worker *w)
{
	struct fraktor_attach attach = {
		.slots = valid_slots(w),
		.flags = FRAKTOR_ATTACH_F_LEAD,
	};
	unsigned int i, n = 2 + rnd_below(&w->rnd, FRAKTOR_MEMBERS_MAX);
	int *slot = worker_slot(w);
	int fd = t_open(O_RDWR), ret = -ENOENT, got = 0;

	if (fd < 0)
		return fd;
	worker_put(slot, fd);
	for (i = 0; i < n; i++) {
		memset(attach.name, 0, sizeof(attach.name));
		attach.source = worker_id(w);
		ret = t_ioctl(fd, FRAKTOR_IOC_ATTACH, &attach);
		if (ret == -ENOENT)
			worker_forget(w, attach.source);
		if (!ret) {
			got++;
			attach.slots = 0;
		}
	}
	say(w, "fd %d has %d sources", fd, got);
	return got > 1 ? got : ret ? ret : -ENOENT;
}

int ioctl_detach(struct worker *w)
{
	struct fraktor_detach detach = { .source = worker_id(w) };
	bool first = rnd_below(&w->rnd, 4);
	int fd = worker_file(w);
	struct fraktor_info info;

	if (fd < 0)
		return fd;
	if (first && !t_info(fd, &info) && info.source)
		detach.source = info.source;
	return ioctl_call(w, fd, FRAKTOR_IOC_DETACH, &detach, sizeof(detach));
}

int ioctl_start(struct worker *w)
{
	int fd = worker_file(w);

	say(w, "fd %d", fd);
	return fd < 0 ? fd : t_start(fd);
}

int ioctl_stop(struct worker *w)
{
	int fd = worker_file(w);

	say(w, "fd %d", fd);
	return fd < 0 ? fd : t_stop(fd);
}

int ioctl_set(struct worker *w)
{
	struct fraktor_set set;
	int fd = worker_file(w);

	if (fd < 0)
		return fd;
	valid_set(w, &set);
	say(w, "what %#llx period %llu flags %#x", (unsigned long long)set.what,
	    (unsigned long long)set.period_ns, set.flags);
	return ioctl_call(w, fd, FRAKTOR_IOC_SET, &set, sizeof(set));
}

int ioctl_idle(struct worker *w)
{
	struct fraktor_idle idle = { 0 };
	int fd = worker_file(w);

	if (fd < 0)
		return fd;
	if (rnd_below(&w->rnd, 4))
		idle.until_ns = t_now() + rnd_below(&w->rnd, 50) * T_MS;
	else if (rnd_below(&w->rnd, 2))
		idle.until_ns = rnd_u64(&w->rnd);
	say(w, "until %llu", (unsigned long long)idle.until_ns);
	return ioctl_call(w, fd, FRAKTOR_IOC_IDLE, &idle, sizeof(idle));
}

int ioctl_sleep(struct worker *w)
{
	int fd = worker_file(w);

	say(w, "fd %d", fd);
	return fd < 0 ? fd : t_ioctl(fd, FRAKTOR_IOC_WAIT, NULL);
}

int ioctl_wake(struct worker *w)
{
	int fd = worker_file(w);

	say(w, "fd %d", fd);
	return fd < 0 ? fd : t_ioctl(fd, FRAKTOR_IOC_WAKE, NULL);
}

int ioctl_info(struct worker *w)
{
	struct fraktor_info info;
	int fd = worker_file(w), ret;

	if (fd < 0)
		return fd;
	memset(&info, 0, sizeof(info));
	ret = ioctl_call(w, fd, FRAKTOR_IOC_INFO, &info, sizeof(info));
	if (!ret && info.source && info.abi_version == FRAKTOR_ABI_VERSION)
		worker_publish(w, info.source);
	return ret;
}

int ioctl_garbage(struct worker *w)
{
	int fd = worker_file(w);
	unsigned int nr = rnd_below(&w->rnd, rnd_one_in(&w->rnd, 4) ? 256 : 11);
	unsigned int len = rnd_below(&w->rnd, rnd_one_in(&w->rnd, 4) ? 16384 : 320);
	unsigned int type = rnd_one_in(&w->rnd, 8) ? rnd_below(&w->rnd, 256) :
						     FRAKTOR_IOC_MAGIC;
	unsigned long cmd = _IOC(rnd_below(&w->rnd, 4), type, nr, len);

	if (fd < 0)
		return fd;
	rnd_bytes(&w->rnd, w->pad, PAD_LEN);
	say(w, "fd %d cmd %#lx", fd, cmd);
	return t_ioctl(fd, cmd, worker_memory(w, len));
}

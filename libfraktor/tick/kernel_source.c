/* SPDX-License-Identifier: MIT */
/*
 * kernel_source.c - the file, its ioctls, and sentences for what goes wrong
 * with them.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/error.h"
#include "tick/kernel_source.h"

#define SOURCE_DRIVER "kernel"
#define SOURCE_DEVICE "/dev/fraktor"
/* source_fail(error, err, call, format, ...) */
#define source_fail(error, err, ...) \
	frki_error_set(error, err, SOURCE_DRIVER, __VA_ARGS__)

#define SOURCE_CREATE "ioctl(FRAKTOR_IOC_CREATE)"

static const char *source_open_text(int err)
{
	switch (err) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return "no " SOURCE_DEVICE ": load the module "
		       "(modprobe fraktor) or use the timerfd driver";
	case -EACCES:
	case -EPERM:
		return "no permission for " SOURCE_DEVICE ": run as root or "
		       "join the group 'fraktor'";
	default:
		return "cannot open " SOURCE_DEVICE;
	}
}

static int source_open_device(struct frki_kernel_source *source, struct frk_error *error)
{
	int err;

	source->fd = open(SOURCE_DEVICE, O_RDWR | O_CLOEXEC);
	if (source->fd >= 0)
		return 0;
	err = -errno;
	return source_fail(error, err, "open(" SOURCE_DEVICE ")", "%s",
			   source_open_text(err));
}

static int source_get_info(struct frki_kernel_source *source, struct frk_error *error)
{
	static const char call[] = "ioctl(FRAKTOR_IOC_INFO)";
	struct fraktor_info *info = &source->info;

	if (ioctl(source->fd, FRAKTOR_IOC_INFO, info))
		return source_fail(error, -errno, call,
				   "%s does not answer like the fraktor "
				   "module",
				   SOURCE_DEVICE);
	if (info->abi_version != FRAKTOR_ABI_VERSION)
		return source_fail(error, -EPROTO, call,
				   "the loaded module speaks ABI %u, this "
				   "library %u: install the same release "
				   "of both",
				   info->abi_version, FRAKTOR_ABI_VERSION);
	info->version[sizeof(info->version) - 1] = '\0';
	return 0;
}

/* The module says only EINVAL; the limits tell which argument it means. */
static int source_check_limits(const struct fraktor_info *info,
			       const struct frk_driver_opts *opts,
			       struct frk_error *error)
{
	if (opts->period_ns < info->period_floor_ns ||
	    opts->period_ns > (uint64_t)info->period_max_ns)
		return source_fail(error, -ERANGE, SOURCE_CREATE,
				   "a period of %" PRIu64 " ns is out of "
				   "limits: %llu to %llu ns",
				   opts->period_ns,
				   (unsigned long long)info->period_floor_ns,
				   (unsigned long long)info->period_max_ns);
	if (opts->slots < info->slots_min || opts->slots > info->slots_max)
		return source_fail(error, -EINVAL, SOURCE_CREATE,
				   "a feed of %u slots is out of limits: "
				   "%u to %u",
				   opts->slots, info->slots_min, info->slots_max);
	if (strlen(opts->name) >= FRAKTOR_NAME_LEN)
		return source_fail(error, -EINVAL, SOURCE_CREATE,
				   "the name '%s' is longer than %d bytes", opts->name,
				   FRAKTOR_NAME_LEN - 1);
	return 0;
}

static int source_create_failed(const struct fraktor_info *info,
				const struct fraktor_create *create, int err,
				struct frk_error *error)
{
	unsigned long long period = create->period_ns;
	unsigned long long min = info->period_min_ns;

	switch (err) {
	case -EPERM:
		return source_fail(error, err, SOURCE_CREATE,
				   "a period of %llu ns needs "
				   "CAP_SYS_RESOURCE; without it the limit "
				   "is %llu ns",
				   period, min);
	case -EEXIST:
		return source_fail(error, err, SOURCE_CREATE,
				   "a tick line named '%s' exists already", create->name);
	case -ENOSPC:
		return source_fail(error, err, SOURCE_CREATE,
				   "no room for another tick line: at most %u "
				   "exist at once, %u of one user without "
				   "CAP_SYS_RESOURCE",
				   info->sources_max, info->sources_max_user);
	case -ENODEV:
		return source_fail(error, err, SOURCE_CREATE, "CPU %d is offline",
				   create->cpu);
	case -ENOMEM:
		return source_fail(error, err, SOURCE_CREATE,
				   "no memory for %u slots: raise "
				   "RLIMIT_MEMLOCK (ulimit -l) or ask for "
				   "fewer",
				   create->slots);
	case -EINVAL:
		return source_fail(error, err, SOURCE_CREATE,
				   "the module refuses name '%s', clock %u, "
				   "CPU %d, the lead or the accuracy",
				   create->name, create->clockid, create->cpu);
	default:
		return source_fail(error, err, SOURCE_CREATE,
				   "the module cannot make a tick line");
	}
}

static int source_create(struct frki_kernel_source *source,
			 const struct frk_driver_opts *opts, struct frk_error *error)
{
	struct fraktor_create create = {
		.period_ns = opts->period_ns,
		.clockid = (uint32_t)opts->clockid,
		.cpu = opts->cpu ? (int32_t)(opts->cpu - 1) : FRAKTOR_CPU_CURRENT,
		.missed = FRAKTOR_MISSED_DELAY,
		.flags = opts->align ? FRAKTOR_SOURCE_F_ALIGN : 0,
		.slots = opts->slots,
		.lead_ns = opts->lead_ns,
		.accuracy_ns = opts->accuracy_ns,
	};
	int err;

	err = source_check_limits(&source->info, opts, error);
	if (err)
		return err;
	memcpy(create.name, opts->name, strlen(opts->name));
	if (!ioctl(source->fd, FRAKTOR_IOC_CREATE, &create)) {
		source->info.period_ns = create.period_ns;
		source->info.accuracy_ns = create.accuracy_ns;
		return 0;
	}
	return source_create_failed(&source->info, &create, -errno, error);
}

int frki_kernel_source_open(struct frki_kernel_source *source,
			    const struct frk_driver_opts *opts, struct frk_error *error)
{
	int err;

	err = source_open_device(source, error);
	if (err)
		return err;
	err = source_get_info(source, error);
	if (!err)
		err = source_create(source, opts, error);
	if (err)
		close(source->fd);
	return err;
}

const char *frki_kernel_source_why(uint32_t reason)
{
	switch (reason) {
	case FRAKTOR_REASON_NONE:
	case FRAKTOR_REASON_ASKED:
		return "";
	case FRAKTOR_REASON_OWNER_CLOSED:
		return "the file that made it was closed";
	case FRAKTOR_REASON_OWNER_DIED:
		return "the process that made it is gone";
	case FRAKTOR_REASON_CPU_GONE:
		return "its CPU went offline";
	case FRAKTOR_REASON_SUSPEND:
		return "the system was suspended";
	case FRAKTOR_REASON_DRIFT:
		return "its drift went beyond the budget";
	case FRAKTOR_REASON_DRIVER_FAULT:
		return "its device failed or fell silent";
	case FRAKTOR_REASON_OVERLOAD:
		return "its CPU had too much of ticks";
	case FRAKTOR_REASON_UNUSED:
		return "its last reader left";
	case FRAKTOR_REASON_DRIVER_GONE:
		return "the module of its device was unloaded";
	case FRAKTOR_REASON_ADMIN:
		return "an administrator stopped it (fraktor stop)";
	default:
		return "the module gives a reason this library does not know";
	}
}

int frki_kernel_source_start(struct frki_kernel_source *source, struct frk_error *error)
{
	const char *text = "the tick line does not start";
	int err;

	if (!ioctl(source->fd, FRAKTOR_IOC_START))
		return 0;
	err = -errno;
	/* An administrator was faster. */
	if (err == -EALREADY)
		return 0;
	if (err == -ENOSPC)
		text = "the CPU has all the ticks per second it may have";
	else if (err == -ENODEV)
		text = "the CPU is offline";
	return source_fail(error, err, "ioctl(FRAKTOR_IOC_START)", "%s", text);
}

int frki_kernel_source_stop(struct frki_kernel_source *source)
{
	if (!ioctl(source->fd, FRAKTOR_IOC_STOP) || errno == EALREADY)
		return 0;
	return -errno;
}

int frki_kernel_source_lead(struct frki_kernel_source *source, uint64_t lead_ns)
{
	struct fraktor_set set = { .what = FRAKTOR_SET_LEAD, .lead_ns = lead_ns };

	return ioctl(source->fd, FRAKTOR_IOC_SET, &set) ? -errno : 0;
}

int frki_kernel_source_idle(struct frki_kernel_source *source, uint64_t until_ns)
{
	struct fraktor_idle idle = { .until_ns = until_ns };

	if (!(source->info.features & FRAKTOR_FEATURE_IDLE))
		return -EOPNOTSUPP;
	return ioctl(source->fd, FRAKTOR_IOC_IDLE, &idle) ? -errno : 0;
}

void frki_kernel_source_close(struct frki_kernel_source *source)
{
	close(source->fd);
}

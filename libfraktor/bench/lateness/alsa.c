/* SPDX-License-Identifier: MIT */
/*
 * alsa.c - the sound system's high-resolution timer, by its device.  It keeps
 * its grid from its start, a moment of the kernel's that no call tells; the
 * deadlines here are counted from before the call, so the first part of that
 * call is in every lateness.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sound/asound.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"

static int alsa_open(uint64_t period_ns)
{
	struct snd_timer_select select = {
		.id = { .dev_class = SNDRV_TIMER_CLASS_GLOBAL,
			.dev_sclass = SNDRV_TIMER_SCLASS_NONE,
			.card = -1,
			.device = SNDRV_TIMER_GLOBAL_HRTIMER },
	};
	struct snd_timer_params params = { .flags = SNDRV_TIMER_PSFLG_AUTO,
					   .queue_size = 128 };
	struct snd_timer_info info = { 0 };
	int fd = open("/dev/snd/timer", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (!ioctl(fd, SNDRV_TIMER_IOCTL_SELECT, &select) &&
	    !ioctl(fd, SNDRV_TIMER_IOCTL_INFO, &info) && info.resolution) {
		params.ticks = (unsigned int)(period_ns / info.resolution);
		if (!ioctl(fd, SNDRV_TIMER_IOCTL_PARAMS, &params))
			return fd;
	}
	close(fd);
	return errno ? -errno : -ENODEV;
}

static int alsa_ticks(int fd, struct bench_run *run)
{
	uint64_t deadline = bench_now_ns() + run->period_ns;
	struct snd_timer_read got;

	if (ioctl(fd, SNDRV_TIMER_IOCTL_START))
		return -errno;
	while (bench_more(run)) {
		if (read(fd, &got, sizeof(got)) != (ssize_t)sizeof(got))
			return -errno;
		bench_hold(run, deadline, bench_now_ns());
		deadline += (uint64_t)got.ticks * got.resolution;
	}
	return 0;
}

/*
 * It spins until a callback is over, which PREEMPT_RT runs in a thread of less
 * priority than ours: for ever, if we kept it.
 */
static void alsa_close(int fd)
{
	struct sched_param param, low = { 0 };
	int policy = sched_getscheduler(0);

	sched_getparam(0, &param);
	sched_setscheduler(0, SCHED_OTHER, &low);
	ioctl(fd, SNDRV_TIMER_IOCTL_STOP);
	close(fd);
	sched_setscheduler(0, policy, &param);
}

int bench_run_alsa(struct bench_run *run)
{
	int fd = alsa_open(run->period_ns);
	int err;

	if (fd == -ENOENT)
		return bench_fail(
			run, fd,
			"no /dev/snd/timer: the module snd-hrtimer is not loaded");
	if (fd == -EINVAL && run->period_ns < 1000000)
		return bench_fail(run, fd, "its shortest period is 1 ms");
	if (fd < 0)
		return bench_fail(run, fd, "/dev/snd/timer");
	err = alsa_ticks(fd, run);
	alsa_close(fd);
	return err ? bench_fail(run, err, "/dev/snd/timer") : 0;
}

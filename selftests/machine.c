// SPDX-License-Identifier: GPL-2.0-only
/*
 * lib.h, the part about the machine: the module and its parameters, who one
 * is, CPUs, the TAI clock.  It knows nothing of rings.
 */
#include "lib.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <linux/capability.h>

/* --- the module */

static int t_read_int(const char *path)
{
	FILE *f = fopen(path, "re");
	int value;

	if (!f)
		return -errno;
	if (fscanf(f, "%d", &value) != 1)
		value = -EIO;
	fclose(f);
	return value;
}

int t_refcnt(void)
{
	return t_read_int("/sys/module/fraktor/refcnt");
}

int t_refcnt_back(int base, unsigned int ms)
{
	uint64_t start = t_now();

	for (;;) {
		int refcnt = t_refcnt();

		if (refcnt <= base)
			return 0;
		if (t_ms_since(start) > ms)
			return refcnt;
		usleep(2000);
	}
}

int t_refcnt_settle(void)
{
	t_refcnt_back(0, 1000);
	return t_refcnt();
}

static void t_param_path(char *path, size_t len, const char *name)
{
	snprintf(path, len, "/sys/module/fraktor/parameters/%s", name);
}

int t_param_get(const char *name, unsigned int *ret_value)
{
	char path[128];
	int value;

	t_param_path(path, sizeof(path), name);
	value = t_read_int(path);
	if (value < 0)
		return value;
	*ret_value = value;
	return 0;
}

int t_param_set(const char *name, unsigned int value)
{
	char path[128];
	int fd, ret = 0;

	t_param_path(path, sizeof(path), name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "%u\n", value) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* --- who one is, and what one may */

int t_cap_drop(unsigned int cap)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	data[cap / 32].effective &= ~(1U << (cap % 32));
	data[cap / 32].permitted &= ~(1U << (cap % 32));
	data[cap / 32].inheritable &= ~(1U << (cap % 32));
	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

int t_become(unsigned int uid)
{
	struct stat st;

	if (stat(T_DEVICE, &st))
		return -errno;
	if (setgroups(0, NULL) || setresgid(st.st_gid, st.st_gid, st.st_gid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int t_node_mode(unsigned int mode)
{
	struct stat st;

	if (stat(T_DEVICE, &st) || chmod(T_DEVICE, mode))
		return -errno;
	return st.st_mode & 07777;
}

int t_nofile_max(unsigned int wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = wanted;
	if (limit.rlim_max < wanted)
		limit.rlim_max = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

/* --- CPUs and clocks */

static void t_cpu_path(char *path, size_t len, unsigned int cpu)
{
	snprintf(path, len, "/sys/devices/system/cpu/cpu%u/online", cpu);
}

int t_cpu_online(unsigned int cpu)
{
	char path[64];

	t_cpu_path(path, sizeof(path), cpu);
	return t_read_int(path);
}

int t_cpu_set_online(unsigned int cpu, bool online)
{
	char path[64];
	int fd, ret = 0;

	t_cpu_path(path, sizeof(path), cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, online ? "1" : "0", 1) != 1)
		ret = -errno;
	close(fd);
	return ret;
}

int t_pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

bool t_kernel_is_rt(void)
{
	struct utsname name;

	/* /sys/kernel/realtime is not there on 7.x. */
	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

int t_tai_get(void)
{
	struct timex timex = { 0 };

	return adjtimex(&timex) < 0 ? -errno : timex.tai;
}

int t_tai_set(int seconds)
{
	struct timex timex = { .modes = ADJ_TAI, .constant = seconds };

	return adjtimex(&timex) < 0 ? -errno : 0;
}

// SPDX-License-Identifier: MIT
/*
 * fraktor's own module and device.  What the module says of itself is asked
 * through the library, as an application would.
 */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <fraktor/tick.h>

#include "doctor/doctor.h"

#define MODULE_DIR	"/sys/module/fraktor"
#define MODULE_DEVICE	"/dev/fraktor"
#define MODULE_ABSENT	"the module is not loaded"

static enum doctor_verdict module_look_loaded(const struct host *host, char *text)
{
	return host_has(host, MODULE_DIR) ? DOCTOR_FINE :
	       doctor_say(text, DOCTOR_FOUND, "the kernel module fraktor is not loaded");
}

static enum doctor_verdict module_look_version(const struct host *host, char *text)
{
	char version[32];

	if (!host_has(host, MODULE_DIR))
		return doctor_say(text, DOCTOR_UNKNOWN, MODULE_ABSENT);
	host_read(host, MODULE_DIR "/version", version, sizeof(version));
	if (!strcmp(version, frk_version()))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "the module is %s, the library %s",
			  *version ? version : "of an unknown version", frk_version());
}

static enum doctor_verdict module_look_device(const struct host *host, char *text)
{
	if (!host_has(host, MODULE_DIR))
		return doctor_say(text, DOCTOR_UNKNOWN, MODULE_ABSENT);
	return host_has(host, MODULE_DEVICE) ? DOCTOR_FINE :
	       doctor_say(text, DOCTOR_FOUND, "there is no " MODULE_DEVICE);
}

static enum doctor_verdict module_look_access(const struct host *host, char *text)
{
	char path[HOST_PATH_SIZE];
	struct group *group;
	struct stat stat_;

	host_path(host, MODULE_DEVICE, path);
	if (stat(path, &stat_))
		return doctor_say(text, DOCTOR_UNKNOWN, "there is no " MODULE_DEVICE);
	if (!access(path, R_OK | W_OK))
		return DOCTOR_FINE;
	group = getgrgid(stat_.st_gid);
	return doctor_say(text, DOCTOR_FOUND,
			  "this user may not open " MODULE_DEVICE " (group %s, mode %04o)",
			  group ? group->gr_name : "?", (unsigned int)stat_.st_mode & 07777);
}

/* Opens a line that is never started, and asks what became of it. */
static int module_open(struct frk_driver_info *ret_info, struct frk_error *error)
{
	struct frk_driver_opts opts = {
		.size = sizeof(opts),
		.period_ns = FRK_S(1),
		.clockid = CLOCK_MONOTONIC,
		.slots = 64,
	};
	struct frk_line *line;
	char name[32];
	int err;

	snprintf(name, sizeof(name), "doctor-%d", (int)getpid());
	opts.name = name;
	err = frk_line_open(&frk_driver_kernel, &opts, error, &line);
	if (err)
		return err;
	frk_line_get_info(line, ret_info);
	frk_line_close(line);
	return 0;
}

static enum doctor_verdict module_look_line(const struct host *host, char *text)
{
	struct frk_driver_info info = { 0 };
	struct frk_error error = { 0 };

	if (!host_is_live(host))
		return doctor_say(text, DOCTOR_UNKNOWN, "it can be tried on the host itself only");
	if (access(MODULE_DEVICE, R_OK | W_OK))
		return doctor_say(text, DOCTOR_UNKNOWN, MODULE_DEVICE " cannot be opened");
	if (!module_open(&info, &error))
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "%s", error.text);
}

static enum doctor_verdict module_look_path(const struct host *host, char *text)
{
	struct frk_driver_info info = { 0 };
	struct frk_error error = { 0 };

	if (!host_is_live(host))
		return doctor_say(text, DOCTOR_UNKNOWN, "it can be tried on the host itself only");
	if (access(MODULE_DEVICE, R_OK | W_OK) || module_open(&info, &error))
		return doctor_say(text, DOCTOR_UNKNOWN, MODULE_DEVICE " cannot be used");
	if (!*info.note)
		return DOCTOR_FINE;
	return doctor_say(text, DOCTOR_FOUND, "readers wait by %s: %s", info.path, info.note);
}

const struct doctor_check doctor_module[] = {
	{
		.id = "module-loaded",
		.severity = DOCTOR_PROBLEM,
		.why = "Ticks come from a timer of user space instead of a hard interrupt; on PREEMPT_RT they are several times later.",
		.remedy = "modprobe fraktor; if there is none, install fraktor-dkms and the headers of the running kernel.",
		.look = module_look_loaded,
	},
	{
		.id = "module-version",
		.severity = DOCTOR_WARNING,
		.why = "One may know what the other does not, and the library then does without.",
		.remedy = "Install both of one release, then modprobe -r fraktor && modprobe fraktor.",
		.look = module_look_version,
	},
	{
		.id = "device-missing",
		.severity = DOCTOR_PROBLEM,
		.why = "Tick lines are made and read through that device.",
		.remedy = "Give the container the device (--device /dev/fraktor); on the host: udevadm trigger, or mount devtmpfs on /dev.",
		.look = module_look_device,
	},
	{
		.id = "device-access",
		.severity = DOCTOR_PROBLEM,
		.why = "Only that group and root may make ticks, because they cost time in interrupts.",
		.remedy = "usermod --append --groups GROUP USER with the group above (normally fraktor), then log in again.",
		.look = module_look_access,
	},
	{
		.id = "module-line",
		.severity = DOCTOR_PROBLEM,
		.why = "A tick line that an ordinary program would make, once a second, cannot be made.",
		.remedy = "As it says; an ABI that differs means a module and a library of different releases.",
		.look = module_look_line,
	},
	{
		.id = "module-path",
		.severity = DOCTOR_WARNING,
		.why = "Another way to wait is nearer to the deadline, but this kernel, or what it allows, does not have it.",
		.remedy = "See the table of Documentation/waiting.rst for what each kernel can do; unset FRAKTOR_NO_URING.",
		.look = module_look_path,
	},
	{ 0 },
};

// SPDX-License-Identifier: MIT
/*
 * Which versions of what are here.  The module's version is for everyone to
 * read; its interface is asked of the device, which must not be opened where
 * no module is: that would load it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fraktor/base.h>
#include <linux/fraktor.h>

#include "common/device.h"

#define DEVICE_MODULE	"/sys/module/fraktor"
#define DEVICE_NODE	"/dev/fraktor"

static void device_read_version(char *out, size_t size)
{
	FILE *file = fopen(DEVICE_MODULE "/version", "re");

	*out = '\0';
	if (!file)
		return;
	if (fgets(out, (int)size, file))
		out[strcspn(out, "\n")] = '\0';
	fclose(file);
}

static int device_ask_abi(uint32_t *ret_abi)
{
	struct fraktor_info info = { 0 };
	int fd = open(DEVICE_NODE, O_RDWR | O_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	rc = ioctl(fd, FRAKTOR_IOC_INFO, &info) ? -errno : 0;
	close(fd);
	*ret_abi = info.abi_version;
	return rc;
}

void device_get_versions(struct device_versions *ret_versions)
{
	struct device_versions versions = {
		.tool = FRK_VERSION,
		.library = frk_version(),
		.loaded = !access(DEVICE_MODULE, F_OK),
		.abi_known = FRAKTOR_ABI_VERSION,
	};

	if (versions.loaded) {
		device_read_version(versions.module, sizeof(versions.module));
		versions.abi_error = device_ask_abi(&versions.abi_module);
	}
	*ret_versions = versions;
}

bool device_misfit(const struct device_versions *versions, char *out, size_t size)
{
	if (strcmp(versions->tool, versions->library)) {
		snprintf(out, size, "this program is %s and its library %s",
			 versions->tool, versions->library);
		return true;
	}
	if (!versions->loaded)
		return false;
	if (versions->abi_module && versions->abi_module != versions->abi_known) {
		snprintf(out, size, "the module speaks ABI %u and this program ABI %u",
			 versions->abi_module, versions->abi_known);
		return true;
	}
	if (strcmp(versions->module, versions->tool)) {
		snprintf(out, size, "the module is %s and this program %s",
			 *versions->module ? versions->module : "of an unknown version",
			 versions->tool);
		return true;
	}
	return false;
}

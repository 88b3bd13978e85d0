// SPDX-License-Identifier: MIT
/*
 * fraktor version - of the program, its library, the module and the interface
 * between them, and whether they fit.  Must not know where that stands.
 */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/command.h"
#include "common/device.h"
#include "common/json.h"
#include "common/option.h"
#include "common/text.h"

static const struct argp version_argp = {
	.options = option_json_alone,
	.parser = option_parse_json_alone,
	.doc = "Shows the versions of this program, its library, the kernel module and the interface between them.\v"
	       "Exit status 1 if they do not fit.  Loads no module.",
};

static const char *version_abi_words(const struct device_versions *versions)
{
	switch (versions->abi_error) {
	case -EACCES:
		return "unknown: /dev/fraktor is for the group \"fraktor\"";
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return "unknown: there is no /dev/fraktor here";
	default:
		return "unknown: the module does not say";
	}
}

static void version_print(const struct device_versions *versions)
{
	char module[sizeof(versions->module)];

	text_clean(module, sizeof(module), versions->module);
	printf("program  %s, for ABI %u\nlibrary  %s\n", versions->tool,
	       versions->abi_known, versions->library);
	if (!versions->loaded)
		puts("module   not loaded: modprobe fraktor");
	else
		printf("module   %s\n", *module ? module : "of an unknown version");
	if (versions->loaded && versions->abi_module)
		printf("ABI      %u\n", versions->abi_module);
	else if (versions->loaded)
		printf("ABI      %s\n", version_abi_words(versions));
}

static void version_print_json(const struct device_versions *versions, bool fits)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "program", versions->tool);
	json_string(&json, "library", versions->library);
	json_bool(&json, "loaded", versions->loaded);
	json_string(&json, "module", versions->module);
	json_unsigned(&json, "abi_program", versions->abi_known);
	json_unsigned(&json, "abi_module", versions->abi_module);
	json_bool(&json, "fits", fits);
	json_close(&json, '}');
	putchar('\n');
}

static int version_run(int argc, char **argv)
{
	struct device_versions versions;
	bool json = false, misfit;
	char what[128];

	if (argp_parse(&version_argp, argc, argv, 0, NULL, &json))
		return COMMAND_MISUSED;
	device_get_versions(&versions);
	misfit = device_misfit(&versions, what, sizeof(what));
	if (json)
		version_print_json(&versions, !misfit);
	else
		version_print(&versions);
	if (!misfit)
		return 0;
	fprintf(stderr, "fraktor: %s: install both of one release, then modprobe -r fraktor && modprobe fraktor\n",
		what);
	return COMMAND_FAILED;
}

const struct command command_version = {
	.name = "version",
	.summary = "of program, library, module and ABI, and whether they fit",
	.run = version_run,
};

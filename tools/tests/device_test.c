// SPDX-License-Identifier: MIT
/*
 * Which versions fit.
 */
#include <string.h>

#include <criterion/criterion.h>

#include "common/device.h"

TestSuite(device, .timeout = 10);

static const struct device_versions same = {
	.tool = "0.1.0", .library = "0.1.0", .module = "0.1.0", .loaded = true,
	.abi_known = 1, .abi_module = 1,
};

static void expect(const struct device_versions *versions, const char *words)
{
	char what[128] = "";

	cr_expect_eq(device_misfit(versions, what, sizeof(what)), words != NULL);
	cr_expect(!words || strstr(what, words), "\"%s\" in \"%s\"", words, what);
}

Test(device, r3_6_one_release_fits)
{
	struct device_versions versions = same;

	expect(&same, NULL);
	/* Who may not ask for the interface has the versions still. */
	versions.abi_module = 0;
	expect(&versions, NULL);
	versions.loaded = false;
	*versions.module = '\0';
	expect(&versions, NULL);
}

Test(device, r3_6_what_does_not_fit_is_named)
{
	struct device_versions versions = same;

	strcpy(versions.module, "0.2.0");
	expect(&versions, "the module is 0.2.0 and this program 0.1.0");
	*versions.module = '\0';
	expect(&versions, "the module is of an unknown version");
	versions = same;
	versions.abi_module = 2;
	expect(&versions, "the module speaks ABI 2 and this program ABI 1");
	versions = same;
	versions.library = "0.0.9";
	expect(&versions, "this program is 0.1.0 and its library 0.0.9");
}

Test(device, r3_6_this_one_was_built_of_one_release)
{
	struct device_versions versions;

	device_get_versions(&versions);
	cr_expect_str_eq(versions.tool, versions.library);
	cr_expect_gt(versions.abi_known, 0);
}

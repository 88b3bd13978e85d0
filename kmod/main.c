// SPDX-License-Identifier: GPL-2.0-only
/*
 * fraktor.ko - tick lines for user space: load and unload, nothing else.
 */
#include <linux/init.h>
#include <linux/module.h>
#include <net/genetlink.h>

#include "fraktor.h"

static int __init fraktor_init(void)
{
	int err;

	err = fraktor_event_init();
	if (err)
		goto err_event;
	err = fraktor_hotplug_init();
	if (err)
		goto err_hotplug;
	err = fraktor_pm_init();
	if (err)
		goto err_pm;
	err = fraktor_waker_init();
	if (err)
		goto err_waker;
	err = fraktor_genl_init();
	if (err)
		goto err_genl;
	/* Last: from here on there may be files, hence sources and events. */
	err = fraktor_chardev_init();
	if (err)
		goto err_chardev;
	return 0;

err_chardev:
	fraktor_genl_exit();
err_genl:
	fraktor_waker_exit();
err_waker:
	fraktor_pm_exit();
err_pm:
	fraktor_hotplug_exit();
err_hotplug:
	fraktor_event_exit();
err_event:
	return err;
}

static void __exit fraktor_exit(void)
{
	fraktor_chardev_exit();
	fraktor_watch_exit();
	fraktor_genl_exit();
	fraktor_waker_exit();
	fraktor_pm_exit();
	fraktor_hotplug_exit();
	fraktor_event_exit();
}

module_init(fraktor_init);
module_exit(fraktor_exit);

MODULE_AUTHOR("fraktor developers");
MODULE_DESCRIPTION("Tick lines: hard interrupt timers into mapped rings");
MODULE_LICENSE("GPL");
MODULE_VERSION(FRAKTOR_VERSION);
MODULE_ALIAS_GENL_FAMILY(FRAKTOR_GENL_NAME);

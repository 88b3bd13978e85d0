/* SPDX-License-Identifier: MIT */
/*
 * bridge.h - an event of the module in the words of a system's event stream.
 */
#ifndef FRKI_NETLINK_BRIDGE_H
#define FRKI_NETLINK_BRIDGE_H

#include <fraktor/event.h>
#include <fraktor/netlink.h>

/**
 * frki_bridge_translate() - say it in the other language
 * @event: as the module told it.
 * @ret_event: as subscribers get it.
 */
void frki_bridge_translate(const struct frk_source_event *event,
			   struct frk_event *ret_event);

#endif /* FRKI_NETLINK_BRIDGE_H */

/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: the connection, its requests, and the
 * parsers.  Not for anyone outside the folder.  (A header here must not be
 * called like one of libnl's: <netlink/attr.h> would find it.)
 */
#ifndef FRKI_NETLINK_CONNECTION_H
#define FRKI_NETLINK_CONNECTION_H

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include <fraktor/netlink.h>

struct frk_netlink {
	struct nl_sock *sock;
	int family;
};

/**
 * frki_netlink_errno() - libnl's error code as a negative errno
 * @code: what a function of libnl returned, of either sign.
 */
int frki_netlink_errno(int code);

/**
 * frki_netlink_message() - the payload of a message from the kernel
 * @netlink: the connection.
 * @msg: the message.
 * @cmd: the command it must carry.
 *
 * Return: its header, or NULL if it is something else: another family,
 * command or sender.
 */
struct nlmsghdr *frki_netlink_message(const struct frk_netlink *netlink,
				      struct nl_msg *msg, uint8_t cmd);

/**
 * frki_source_parse() - a source from a message
 * @header: a message of FRAKTOR_CMD_SOURCE_GET from the kernel.
 * @ret_source: the source; what the message lacks is zero.
 *
 * Return: 0 or -EBADMSG.
 */
int frki_source_parse(struct nlmsghdr *header, struct frk_source *ret_source);

/**
 * frki_event_parse() - an event from a message
 * @header: a message of FRAKTOR_CMD_EVENT.
 * @ret_event: the event; what the message lacks is zero.
 *
 * Return: 0 or -EBADMSG.
 */
int frki_event_parse(struct nlmsghdr *header,
		     struct frk_source_event *ret_event);

#endif /* FRKI_NETLINK_CONNECTION_H */

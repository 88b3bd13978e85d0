/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share: the connection, its requests, its
 * groups, and the parsers.  Not for anyone outside the folder.  (A header here
 * must not be called like one of libnl's: <netlink/attr.h> would find it.)
 */
#ifndef FRKI_NETLINK_CONNECTION_H
#define FRKI_NETLINK_CONNECTION_H

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/socket.h>

#include <fraktor/netlink.h>

/**
 * struct frk_netlink - a connection
 * @sock: its socket.
 * @family: number of the module's family.
 * @hears_processes: events about a process come a second time, with its pid.
 */
struct frk_netlink {
	struct nl_sock *sock;
	int family;
	bool hears_processes;
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
 * struct frki_request - one question and its answers
 * @netlink: the connection.
 * @cmd: the command, of the question and of its answers.
 * @answer: called for each answer; another value than 0 ends the request; NULL
 *	if only success is of interest.
 * @data: handed to @answer.
 * @result: what @answer returned, or the kernel's own errno.
 * @done: the kernel has said all.
 * @words: what the kernel said of a failure; empty if nothing.
 */
struct frki_request {
	struct frk_netlink *netlink;
	uint8_t cmd;
	int (*answer)(struct nlmsghdr *header, void *data);
	void *data;
	int result;
	bool done;
	char words[160];
};

/**
 * frki_request_new() - a question without attributes
 * @request: with @netlink and @cmd.
 * @flags: NLM_F_DUMP or 0.
 *
 * Return: a message for frki_request_run(), or NULL without memory.
 */
struct nl_msg *frki_request_new(const struct frki_request *request, int flags);

/**
 * frki_request_run() - ask, and wait for all answers
 * @request: the request.
 * @msg: the question, which is freed; NULL is -ENOMEM.
 *
 * Return: 0, what @answer returned, or a negative errno.
 */
int frki_request_run(struct frki_request *request, struct nl_msg *msg);

/**
 * frki_request_blame() - whether the thing is missing, or the module
 * @netlink: the connection.
 * @code: what a request returned.
 *
 * The kernel says ENOENT for a missing thing and for a missing family, and
 * EOPNOTSUPP for a command that a family does not know, which may be another
 * one by now.
 *
 * Return: @code, or -ENODEV if the module is not there any more.
 */
int frki_request_blame(struct frk_netlink *netlink, int code);

/**
 * frki_listen_join() - from now on hear a group
 * @netlink: the connection; no good for requests afterwards.
 * @group: its name.
 * @more: another one, to be heard too if there is one and one may; or NULL.
 * @ret_more: whether it is; NULL if @more is.
 *
 * Return: 0; -ENOENT if the family has no such group; -ENODEV if there is no
 * family; a negative errno.
 */
int frki_listen_join(struct frk_netlink *netlink, const char *group,
		     const char *more, bool *ret_more);

/**
 * frki_listen_receive() - handle the messages that are there
 * @netlink: a connection that has joined a group.
 * @cmd: the command they carry.
 * @hear: called for each; another value than 0 ends it and is returned.
 * @data: handed to @hear.
 *
 * Blocks for the first message if there is none.
 *
 * Return: 0, what @hear returned, -EINTR, -ENOBUFS, -ENODEV when the family
 * has gone, or a negative errno.
 */
int frki_listen_receive(struct frk_netlink *netlink, uint8_t cmd,
			int (*hear)(struct nlmsghdr *header, void *data),
			void *data);

/**
 * frki_source_parse() - a source from a message
 * @header: a message of FRAKTOR_CMD_SOURCE_GET or _METRICS from the kernel.
 * @ret_source: the source; what the message lacks is zero.
 *
 * Return: 0 or -EBADMSG.
 */
int frki_source_parse(struct nlmsghdr *header, struct frk_source *ret_source);

/**
 * frki_reader_parse() - a reader from a message
 * @header: a message of FRAKTOR_CMD_READER_GET from the kernel.
 * @ret_reader: the reader; what the message lacks is zero.
 *
 * Return: 0 or -EBADMSG.
 */
int frki_reader_parse(struct nlmsghdr *header, struct frk_reader *ret_reader);

/**
 * frki_event_parse() - an event from a message
 * @header: a message of FRAKTOR_CMD_EVENT.
 * @ret_event: the event; what the message lacks is zero.
 *
 * Return: 0 or -EBADMSG.
 */
int frki_event_parse(struct nlmsghdr *header,
		     struct frk_source_event *ret_event);

/**
 * frki_event_comes_again() - whether the group "processes" has it with a pid
 * @event: as it came.
 */
bool frki_event_comes_again(const struct frk_source_event *event);

/**
 * frki_change_put() - the attributes of a change
 * @msg: a message of FRAKTOR_CMD_SOURCE_SET.
 * @change: of the library's own size.
 *
 * Return: 0, or a negative code of libnl if there is no room.
 */
int frki_change_put(struct nl_msg *msg, const struct frk_source_change *change);

#endif /* FRKI_NETLINK_CONNECTION_H */

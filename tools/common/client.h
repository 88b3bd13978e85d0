/* SPDX-License-Identifier: MIT */
/*
 * Asking the module, and saying in full what went wrong: the thing, the
 * cause, the remedy.  Knows no options and no format.
 */
#ifndef TOOL_CLIENT_H
#define TOOL_CLIENT_H

#include <stddef.h>

#include <fraktor/netlink.h>

struct client_sources {
	struct frk_source *source;
	size_t count, room;
};

/* Return: a connection, or NULL and the reason has been told. */
struct frk_netlink *client_open(void);

struct client_readers {
	struct frk_reader *reader;
	size_t count, room;
};

/**
 * client_read_readers() - all readers, in the order of ids
 * @netlink: the connection.
 * @ret_readers: overwritten; its memory is kept for the next call.
 *
 * Return: 0, or a negative errno and the reason has been told.
 */
int client_read_readers(struct frk_netlink *netlink,
			struct client_readers *ret_readers);

void client_free_readers(struct client_readers *readers);

/**
 * client_missing() - say that there is no source of a name, and which there are
 * @netlink: the connection.
 * @name: the name.
 */
void client_missing(struct frk_netlink *netlink, const char *name);

/**
 * client_read() - one source or all, in the order of ids
 * @netlink: the connection.
 * @name: name of the one, or NULL.
 * @ret_sources: overwritten; its memory is kept for the next call.
 *
 * Return: 0, or a negative errno and the reason has been told.
 */
int client_read(struct frk_netlink *netlink, const char *name,
		struct client_sources *ret_sources);

/**
 * client_choose() - the source of a name, or the only one
 * @netlink: the connection.
 * @name: its name, or NULL.
 * @ret_source: the source.
 *
 * Return: 0, or a negative errno and the reason has been told.
 */
int client_choose(struct frk_netlink *netlink, const char *name,
		  struct frk_source *ret_source);

/**
 * client_fetch(), client_fetch_readers() - all of them, and say nothing
 * @netlink: the connection.
 * @ret_sources, @ret_readers: overwritten; the memory is kept.
 *
 * For who cannot print now.  Return: 0 or a negative errno for
 * client_explain().
 */
int client_fetch(struct frk_netlink *netlink, struct client_sources *ret_sources);
int client_fetch_readers(struct frk_netlink *netlink,
			 struct client_readers *ret_readers);

void client_free(struct client_sources *sources);

/* Tells why nothing can be had from @netlink any more; @code is an errno. */
void client_explain(int code);

#endif /* TOOL_CLIENT_H */

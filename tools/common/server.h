/* SPDX-License-Identifier: MIT */
/*
 * One page over HTTP, made anew for each request, without a thread of its
 * own: it is served when the caller has time.  Knows nothing of what is on it.
 */
#ifndef TOOL_SERVER_H
#define TOOL_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct server;

/*
 * Whether @where looks like "ADDRESS:PORT", "[ADDRESS]:PORT" or, for all
 * addresses, ":PORT".
 */
bool server_is_address(const char *where);

/* Writes the page. */
typedef void (*server_page_fn)(FILE *out, void *data);

/**
 * server_open() - listen
 * @where: as typed, an address as above; port 0 for one that is free.
 * @path: of the page, "/metrics".
 * @page: makes it; called from server_run().
 * @data: handed to @page.
 *
 * Return: a server, or NULL and the reason has been told.
 */
struct server *server_open(const char *where, const char *path,
			   server_page_fn page, void *data);

/* "http://127.0.0.1:9123/metrics" */
const char *server_url(const struct server *server);

/* A descriptor to wait for, and when to call server_run() at the latest. */
int server_fd(const struct server *server);
uint64_t server_until_ns(const struct server *server);

/* Does what there is to do; never waits for a client. */
void server_run(struct server *server);

void server_close(struct server *server);

#endif /* TOOL_SERVER_H */

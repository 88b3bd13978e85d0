// SPDX-License-Identifier: MIT
/*
 * HTTP by libmicrohttpd, in its mode without threads.  Connections are few and
 * short: whoever opens more, or says nothing, is shown the door.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/server.h"
#include "common/waiting.h"

#define SERVER_CONNECTIONS	32U
#define SERVER_PATIENCE_S	10U

struct server {
	struct MHD_Daemon *daemon;
	int fd;			/* libmicrohttpd's, to be waited for */
	const char *path;
	server_page_fn page;
	void *data;
	char url[128];
};

/* --- answering ----------------------------------------------------------- */

static enum MHD_Result server_send(struct MHD_Connection *connection, unsigned int status,
				   const char *type, const char *text, size_t size)
{
	struct MHD_Response *response;
	enum MHD_Result result;

	response = MHD_create_response_from_buffer(size, (void *)text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result server_say(struct MHD_Connection *connection, unsigned int status,
				  const char *text)
{
	return server_send(connection, status, "text/plain; charset=utf-8", text, strlen(text));
}

static enum MHD_Result server_send_page(struct server *server,
					struct MHD_Connection *connection)
{
	enum MHD_Result result;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	out = open_memstream(&text, &size);
	if (!out)
		return MHD_NO;
	server->page(out, server->data);
	if (fclose(out) || !text)
		result = server_say(connection, MHD_HTTP_INTERNAL_SERVER_ERROR,
				    "no memory\n");
	else
		result = server_send(connection, MHD_HTTP_OK,
				     "text/plain; version=0.0.4; charset=utf-8", text, size);
	free(text);
	return result;
}

static enum MHD_Result server_answer(void *data, struct MHD_Connection *connection,
				     const char *url, const char *method,
				     const char *version, const char *upload,
				     size_t *upload_size, void **state)
{
	struct server *server = data;

	(void)version;
	(void)upload;
	/* First there is only the head: a body would have to be taken. */
	if (!*state) {
		*state = server;
		return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return server_say(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
				  "only GET and HEAD\n");
	if (!strcmp(url, server->path))
		return server_send_page(server, connection);
	return server_say(connection, MHD_HTTP_NOT_FOUND, "the metrics are at /metrics\n");
}

/* --- listening ----------------------------------------------------------- */

/* Splits at the last colon; brackets are those of an IPv6 address. */
static int server_split(const char *where, char *host, size_t size, const char **ret_port)
{
	const char *colon = strrchr(where, ':');
	size_t len;

	if (!colon || !colon[1])
		return -EINVAL;
	*ret_port = colon + 1;
	if (colon > where && *where == '[' && colon[-1] == ']') {
		where++;
		len = (size_t)(colon - 1 - where);
	} else {
		len = (size_t)(colon - where);
		if (memchr(where, ':', len))
			return -EINVAL;
	}
	if (len >= size)
		return -EINVAL;
	memcpy(host, where, len);
	host[len] = '\0';
	return 0;
}

bool server_is_address(const char *where)
{
	const char *port;
	char host[256];

	return !server_split(where, host, sizeof(host), &port);
}

static int server_bind(const struct addrinfo *address)
{
	int fd, one = 1, rc;

	fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    address->ai_protocol);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address->ai_addr, address->ai_addrlen) || listen(fd, SERVER_CONNECTIONS)) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static void server_name(struct server *server, int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);
	char host[64] = "?", port[8] = "?";
	bool six;

	getsockname(fd, (struct sockaddr *)&address, &len);
	getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port, sizeof(port),
		    NI_NUMERICHOST | NI_NUMERICSERV);
	six = address.ss_family == AF_INET6;
	snprintf(server->url, sizeof(server->url), "http://%s%s%s:%s%.32s",
		 six ? "[" : "", host, six ? "]" : "", port, server->path);
}

static int server_listen(const char *where)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *list = NULL;
	const char *port = NULL;
	char host[256];
	int fd = -EINVAL, rc;

	if (server_split(where, host, sizeof(host), &port))
		return -EINVAL;
	rc = getaddrinfo(*host ? host : NULL, port, &hints, &list);
	if (rc) {
		fprintf(stderr, "fraktor: --listen=%s: there is no such address: %s\n", where,
			gai_strerror(rc));
		return -EINVAL;
	}
	for (struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
		fd = server_bind(at);
	freeaddrinfo(list);
	if (fd == -EADDRINUSE)
		fprintf(stderr, "fraktor: --listen=%s: another program listens there: stop it or take another port\n",
			where);
	else if (fd < 0)
		fprintf(stderr, "fraktor: --listen=%s: cannot listen: %s\n", where, strerror(-fd));
	return fd;
}

struct server *server_open(const char *where, const char *path,
			   server_page_fn page, void *data)
{
	struct server *server;
	const union MHD_DaemonInfo *info;
	int fd;

	server = calloc(1, sizeof(*server));
	if (!server)
		return NULL;
	server->path = path;
	server->page = page;
	server->data = data;
	fd = server_listen(where);
	if (fd < 0)
		goto err_free;
	server_name(server, fd);
	server->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, server_answer, server,
					  MHD_OPTION_LISTEN_SOCKET, fd,
					  MHD_OPTION_CONNECTION_LIMIT, SERVER_CONNECTIONS,
					  MHD_OPTION_CONNECTION_TIMEOUT, SERVER_PATIENCE_S,
					  MHD_OPTION_END);
	if (!server->daemon)
		goto err_close;
	info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	server->fd = info ? info->epoll_fd : -1;
	return server;

err_close:
	fprintf(stderr, "fraktor: --listen=%s: libmicrohttpd cannot start\n", where);
	close(fd);
err_free:
	free(server);
	return NULL;
}

const char *server_url(const struct server *server)
{
	return server->url;
}

int server_fd(const struct server *server)
{
	return server->fd;
}

uint64_t server_until_ns(const struct server *server)
{
	MHD_UNSIGNED_LONG_LONG left_ms;

	if (MHD_get_timeout(server->daemon, &left_ms) != MHD_YES)
		return WAITING_FOR_EVER;
	return waiting_now_ns() + left_ms * 1000000;
}

void server_run(struct server *server)
{
	MHD_run(server->daemon);
}

void server_close(struct server *server)
{
	if (!server)
		return;
	MHD_stop_daemon(server->daemon);
	free(server);
}

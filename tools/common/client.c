// SPDX-License-Identifier: MIT
/*
 * Asking the module.  Every message on standard error begins with
 * "fraktor: " and ends with what to do about it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/client.h"
#include "common/text.h"

/* So many names are listed when the one asked for is missing. */
#define CLIENT_NAMES_MAX 12

struct frk_netlink *client_open(void)
{
	struct frk_netlink *netlink = NULL;
	struct frk_error error = { 0 };

	if (!frk_netlink_open(&netlink, &error))
		return netlink;
	frk_error_print(&error, stderr);
	return NULL;
}

void client_explain(int code)
{
	if (code == -ENODEV)
		fputs("fraktor: the kernel module was unloaded: modprobe fraktor loads it again\n",
		      stderr);
	else if (code == -EOPNOTSUPP)
		fputs("fraktor: the kernel module is too old to say: install the module and the tools of one release\n",
		      stderr);
	else if (code == -EBADMSG)
		fputs("fraktor: the kernel module's answer is malformed: install the module and the tools of one release\n",
		      stderr);
	else
		fprintf(stderr, "fraktor: cannot read from the kernel module: %s\n",
			strerror(-code));
}

/* Room for one more of @size bytes in an array. */
static int client_grow(void **array, size_t count, size_t *room, size_t size)
{
	size_t wanted = *room ? 2 * *room : 16;
	void *grown;

	if (count < *room)
		return 0;
	grown = reallocarray(*array, wanted, size);
	if (!grown)
		return -ENOMEM;
	*array = grown;
	*room = wanted;
	return 0;
}

static int client_add(const struct frk_source *source, void *data)
{
	struct client_sources *sources = data;
	void *array = sources->source;
	int rc = client_grow(&array, sources->count, &sources->room, sizeof(*source));

	sources->source = array;
	if (!rc)
		sources->source[sources->count++] = *source;
	return rc;
}

static int client_add_reader(const struct frk_reader *reader, void *data)
{
	struct client_readers *readers = data;
	void *array = readers->reader;
	int rc = client_grow(&array, readers->count, &readers->room, sizeof(*reader));

	readers->reader = array;
	if (!rc)
		readers->reader[readers->count++] = *reader;
	return rc;
}

static void client_list_names(const struct client_sources *sources)
{
	char name[sizeof(sources->source->name)];

	for (size_t i = 0; i < sources->count && i < CLIENT_NAMES_MAX; i++) {
		text_clean(name, sizeof(name), sources->source[i].name);
		fprintf(stderr, "%s%s", i ? ", " : "", name);
	}
	if (sources->count > CLIENT_NAMES_MAX)
		fprintf(stderr, " and %zu more",
			sources->count - CLIENT_NAMES_MAX);
}

static void client_explain_name(const char *asked,
				const struct client_sources *sources)
{
	char name[256];

	text_clean(name, sizeof(name), asked);
	fprintf(stderr, "fraktor: there is no source \"%s\"; ", name);
	if (!sources->count) {
		fputs("there is none at all: start a program that makes one\n",
		      stderr);
		return;
	}
	fputs(sources->count == 1 ? "there is " : "there are ", stderr);
	client_list_names(sources);
	putc('\n', stderr);
}

int client_fetch(struct frk_netlink *netlink, struct client_sources *ret_sources)
{
	ret_sources->count = 0;
	return frk_netlink_dump(netlink, client_add, ret_sources);
}

int client_fetch_readers(struct frk_netlink *netlink,
			 struct client_readers *ret_readers)
{
	ret_readers->count = 0;
	return frk_netlink_dump_readers(netlink, client_add_reader, ret_readers);
}

static int client_fetch_one(struct frk_netlink *netlink, const char *name,
			    struct client_sources *ret_sources)
{
	struct frk_source one = { .size = sizeof(one) };
	int rc = frk_netlink_get(netlink, name, &one);

	ret_sources->count = 0;
	return rc ? rc : client_add(&one, ret_sources);
}

int client_read(struct frk_netlink *netlink, const char *name,
		struct client_sources *ret_sources)
{
	int rc = name ? client_fetch_one(netlink, name, ret_sources) :
			client_fetch(netlink, ret_sources);

	if (rc != -ENOENT) {
		if (rc)
			client_explain(rc);
		return rc;
	}
	client_missing(netlink, name);
	return rc;
}

void client_missing(struct frk_netlink *netlink, const char *name)
{
	struct client_sources sources = { 0 };
	int rc = frk_netlink_dump(netlink, client_add, &sources);

	if (rc)
		client_explain(rc);
	else
		client_explain_name(name, &sources);
	client_free(&sources);
}

int client_choose(struct frk_netlink *netlink, const char *name,
		  struct frk_source *ret_source)
{
	struct client_sources sources = { 0 };
	int rc = client_read(netlink, name, &sources);

	if (!rc && sources.count == 1) {
		*ret_source = sources.source[0];
	} else if (!rc && !sources.count) {
		fputs("fraktor: there is no source: start a program that makes one\n", stderr);
		rc = -ENOENT;
	} else if (!rc) {
		fprintf(stderr, "fraktor: there are %zu sources: say which, see fraktor stat\n",
			sources.count);
		rc = -EINVAL;
	}
	client_free(&sources);
	return rc;
}

int client_read_readers(struct frk_netlink *netlink,
			struct client_readers *ret_readers)
{
	int rc = client_fetch_readers(netlink, ret_readers);

	if (rc)
		client_explain(rc);
	return rc;
}

void client_free_readers(struct client_readers *readers)
{
	free(readers->reader);
}

void client_free(struct client_sources *sources)
{
	free(sources->source);
}

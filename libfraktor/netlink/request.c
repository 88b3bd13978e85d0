// SPDX-License-Identifier: MIT
/*
 * A question to the module and its answers, with the errno and the words that
 * the kernel refuses with.  Must not know what is asked for.
 */
#include <errno.h>
#include <string.h>

#include <netlink/errno.h>
#include <netlink/genl/genl.h>

#include <linux/fraktor_netlink.h>
#include <linux/netlink.h>

#include "connection.h"

struct nl_msg *frki_request_new(const struct frki_request *request, int flags)
{
	struct nl_msg *msg = nlmsg_alloc();

	if (msg && genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ,
			       request->netlink->family, 0, flags, request->cmd,
			       FRAKTOR_GENL_VERSION))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/*
 * After the caller's function has had enough the rest of a dump is still
 * taken from the socket: the next request must not find it there.
 */
static int request_valid(struct nl_msg *msg, void *arg)
{
	struct frki_request *request = arg;
	struct nlmsghdr *header = frki_netlink_message(request->netlink, msg,
						       request->cmd);

	if (!header || request->result || !request->answer)
		return NL_SKIP;
	request->result = request->answer(header, request->data);
	return NL_OK;
}

static int request_done(struct nl_msg *msg, void *arg)
{
	struct frki_request *request = arg;

	(void)msg;
	request->done = true;
	return NL_STOP;
}

/* Things came or went during a dump: a list of what was seen is good enough. */
static int request_interrupted(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

/* The attributes of a refusal follow the question it repeats, if it does. */
static void request_keep_words(struct frki_request *request,
			       const struct nlmsgerr *refusal)
{
	const struct nlmsghdr *header =
		(const void *)((const char *)refusal - NLMSG_HDRLEN);
	size_t skip = NLMSG_ALIGN(sizeof(*refusal));
	struct nlattr *words;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(refusal->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (header->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	words = nla_find((const void *)((const char *)refusal + skip),
			 (int)(header->nlmsg_len - NLMSG_HDRLEN - skip),
			 NLMSGERR_ATTR_MSG);
	if (words)
		nla_strlcpy(request->words, words, sizeof(request->words));
}

/* libnl folds errnos into fewer codes of its own: look before it does. */
static int request_refused(struct sockaddr_nl *from, struct nlmsgerr *refusal,
			   void *arg)
{
	struct frki_request *request = arg;

	if (from->nl_pid != 0)
		return NL_SKIP;
	if (!request->result)
		request->result = refusal->error;
	request_keep_words(request, refusal);
	request->done = true;
	return NL_STOP;
}

static void request_listen(struct nl_sock *sock, struct frki_request *request)
{
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, request_valid, request);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_CUSTOM, request_done, request);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_CUSTOM, request_done, request);
	nl_socket_modify_cb(sock, NL_CB_DUMP_INTR, NL_CB_CUSTOM,
			    request_interrupted, NULL);
	nl_socket_modify_err_cb(sock, NL_CB_CUSTOM, request_refused, request);
}

/* Nothing of a request that is over may be called by what comes later. */
static void request_forget(struct nl_sock *sock)
{
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	nl_socket_modify_cb(sock, NL_CB_FINISH, NL_CB_DEFAULT, NULL, NULL);
	nl_socket_modify_cb(sock, NL_CB_ACK, NL_CB_DEFAULT, NULL, NULL);
	nl_socket_modify_err_cb(sock, NL_CB_DEFAULT, NULL, NULL);
}

int frki_request_run(struct frki_request *request, struct nl_msg *msg)
{
	struct nl_sock *sock = request->netlink->sock;
	bool dump;
	int rc;

	if (!msg)
		return -ENOMEM;
	dump = nlmsg_hdr(msg)->nlmsg_flags & NLM_F_DUMP;
	rc = nl_send_auto(sock, msg);
	nlmsg_free(msg);
	request_listen(sock, request);
	while (rc >= 0 && !request->done)
		rc = nl_recvmsgs_default(sock);
	request_forget(sock);
	/* How the kernel refuses a dump while the module is being unloaded. */
	if (dump && request->result == -EPROTONOSUPPORT)
		request->result = -ENODEV;
	return rc < 0 && !request->result ? frki_netlink_errno(rc) : request->result;
}

/* No source can be missing from a dump: what is missing then is the family. */
int frki_request_blame(struct frk_netlink *netlink, int code)
{
	struct frki_request request = { .netlink = netlink,
					.cmd = FRAKTOR_CMD_SOURCE_GET };
	int rc;

	if (code != -ENOENT && code != -EOPNOTSUPP)
		return code;
	rc = frki_request_run(&request, frki_request_new(&request, NLM_F_DUMP));
	return rc == -ENOENT || rc == -EOPNOTSUPP ? -ENODEV : code;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the netlink family share.
 */
#ifndef FRAKTOR_GENL_H
#define FRAKTOR_GENL_H

#include <linux/types.h>
#include <linux/uidgid.h>

struct fraktor_source;
struct genl_info;
struct netlink_callback;
struct sk_buff;

enum {
	GENL_GROUP_EVENTS,
	GENL_GROUP_METRICS,
	GENL_GROUP_PROCESSES,
};

/**
 * struct genl_asker - who asks, and for which request
 * @portid: of the socket.
 * @seq: of the request.
 * @uid: the user.
 * @privileged: may know of other users' processes.
 */
struct genl_asker {
	u32 portid;
	u32 seq;
	kuid_t uid;
	bool privileged;
};

/**
 * fraktor_genl_ask() - find out who asks
 * @asker: filled in.
 * @skb: the request.
 * @seq: its number.
 */
void fraktor_genl_ask(struct genl_asker *asker, struct sk_buff *skb, u32 seq);

/**
 * fraktor_genl_may_know() - may the asker know of this user's processes?
 * @asker: who asks.
 * @uid: the user.
 *
 * Return: whether it may.
 */
bool fraktor_genl_may_know(const struct genl_asker *asker, kuid_t uid);

/* genl_source.c */
int fraktor_genl_source_get(struct sk_buff *skb, struct genl_info *info);
int fraktor_genl_source_dump(struct sk_buff *skb, struct netlink_callback *cb);
int fraktor_genl_source_set(struct sk_buff *skb, struct genl_info *info);
struct fraktor_source *fraktor_genl_source_find(struct genl_info *info);

/* genl_control.c */
int fraktor_genl_source_start(struct sk_buff *skb, struct genl_info *info);
int fraktor_genl_source_stop(struct sk_buff *skb, struct genl_info *info);

/* genl_reader.c */
int fraktor_genl_reader_get(struct sk_buff *skb, struct genl_info *info);
int fraktor_genl_reader_dump(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* FRAKTOR_GENL_H */

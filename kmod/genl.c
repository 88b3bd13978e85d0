// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its commands, their policies, its groups.
 * uapi/fraktor.yaml specifies it.  Host-wide, so in the initial network
 * namespace only.
 */
#include <linux/capability.h>
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "fraktor.h"
#include "genl.h"

void fraktor_genl_ask(struct genl_asker *asker, struct sk_buff *skb, u32 seq)
{
	*asker = (struct genl_asker) {
		.portid = NETLINK_CB(skb).portid,
		.seq = seq,
		.uid = NETLINK_CB(skb).creds.uid,
		.privileged = netlink_capable(skb, CAP_SYS_PTRACE),
	};
}

bool fraktor_genl_may_know(const struct genl_asker *asker, kuid_t uid)
{
	return asker->privileged || uid_eq(asker->uid, uid);
}

static const struct nla_policy genl_one_source_policy[FRAKTOR_A_SOURCE_NAME + 1] = {
	[FRAKTOR_A_SOURCE_ID] = { .type = NLA_U32 },
	[FRAKTOR_A_SOURCE_NAME] = { .type = NLA_NUL_STRING,
				    .len = FRAKTOR_NAME_LEN - 1 },
};

static const struct nla_policy genl_set_policy[FRAKTOR_A_SOURCE_ACCURACY_NS + 1] = {
	[FRAKTOR_A_SOURCE_ID] = { .type = NLA_U32 },
	[FRAKTOR_A_SOURCE_NAME] = { .type = NLA_NUL_STRING,
				    .len = FRAKTOR_NAME_LEN - 1 },
	[FRAKTOR_A_SOURCE_PERIOD_NS] = { .type = NLA_U64 },
	[FRAKTOR_A_SOURCE_FLAGS] = { .type = NLA_U32 },
	[FRAKTOR_A_SOURCE_MISSED] = NLA_POLICY_MAX(NLA_U32, FRAKTOR_MISSED_BURST),
	[FRAKTOR_A_SOURCE_PHASE_NS] = { .type = NLA_U64 },
	[FRAKTOR_A_SOURCE_LATE_NS] = { .type = NLA_U64 },
	[FRAKTOR_A_SOURCE_DRIFT_PPB] = { .type = NLA_U64 },
	[FRAKTOR_A_SOURCE_STALL_PERIODS] = { .type = NLA_U32 },
	[FRAKTOR_A_SOURCE_LEAD_NS] = { .type = NLA_U64 },
	[FRAKTOR_A_SOURCE_ACCURACY_NS] = { .type = NLA_U64 },
};

static const struct nla_policy genl_reader_get_policy[FRAKTOR_A_READER_ID + 1] = {
	[FRAKTOR_A_READER_ID] = { .type = NLA_U32 },
};

static const struct genl_ops genl_ops[] = {
	{
		.cmd = FRAKTOR_CMD_SOURCE_GET,
		.policy = genl_one_source_policy,
		.maxattr = ARRAY_SIZE(genl_one_source_policy) - 1,
		.doit = fraktor_genl_source_get,
		.dumpit = fraktor_genl_source_dump,
	},
	{
		.cmd = FRAKTOR_CMD_SOURCE_SET,
		.policy = genl_set_policy,
		.maxattr = ARRAY_SIZE(genl_set_policy) - 1,
		.flags = GENL_ADMIN_PERM,
		.doit = fraktor_genl_source_set,
	},
	{
		.cmd = FRAKTOR_CMD_READER_GET,
		.policy = genl_reader_get_policy,
		.maxattr = ARRAY_SIZE(genl_reader_get_policy) - 1,
		.doit = fraktor_genl_reader_get,
		.dumpit = fraktor_genl_reader_dump,
	},
	{
		.cmd = FRAKTOR_CMD_SOURCE_START,
		.policy = genl_one_source_policy,
		.maxattr = ARRAY_SIZE(genl_one_source_policy) - 1,
		.flags = GENL_ADMIN_PERM,
		.doit = fraktor_genl_source_start,
	},
	{
		.cmd = FRAKTOR_CMD_SOURCE_STOP,
		.policy = genl_one_source_policy,
		.maxattr = ARRAY_SIZE(genl_one_source_policy) - 1,
		.flags = GENL_ADMIN_PERM,
		.doit = fraktor_genl_source_stop,
	},
};

static const struct genl_multicast_group genl_groups[] = {
	[GENL_GROUP_EVENTS] = { .name = FRAKTOR_GENL_MCGRP_EVENTS },
	[GENL_GROUP_METRICS] = { .name = FRAKTOR_GENL_MCGRP_METRICS },
	[GENL_GROUP_PROCESSES] = {
		.name = FRAKTOR_GENL_MCGRP_PROCESSES,
		.flags = GENL_MCAST_CAP_SYS_ADMIN,
	},
};

struct genl_family fraktor_genl_family __ro_after_init = {
	.name = FRAKTOR_GENL_NAME,
	.version = FRAKTOR_GENL_VERSION,
	.module = THIS_MODULE,
	.netnsok = false,
	.parallel_ops = true,
	.ops = genl_ops,
	.n_ops = ARRAY_SIZE(genl_ops),
	.mcgrps = genl_groups,
	.n_mcgrps = ARRAY_SIZE(genl_groups),
};

int fraktor_genl_init(void)
{
	return genl_register_family(&fraktor_genl_family);
}

void fraktor_genl_exit(void)
{
	genl_unregister_family(&fraktor_genl_family);
}

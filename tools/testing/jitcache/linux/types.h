/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_TYPES_H
#define _JITCACHE_TEST_TYPES_H

#include_next <linux/types.h>

/* Nothing uses the members. struct jit_extent has one in a union with its rb_node. */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

#endif /* _JITCACHE_TEST_TYPES_H */

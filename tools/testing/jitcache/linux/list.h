/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_LIST_H
#define _JITCACHE_TEST_LIST_H

#include_next <linux/list.h>

/* Walks load pointers with READ_ONCE(), as under RCU, so ThreadSanitizer follows them. */
#undef list_entry
#define list_entry(ptr, type, member)	container_of(READ_ONCE(ptr), type, member)

static inline int list_is_first(const struct list_head *list, const struct list_head *head)
{
	return head->next == list;
}

#endif /* _JITCACHE_TEST_LIST_H */

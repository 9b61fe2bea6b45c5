/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_RCULIST_H
#define _JITCACHE_TEST_RCULIST_H

#include <linux/list.h>
#include <linux/poison.h>
#include <linux/rcupdate.h>

static inline void list_add_rcu(struct list_head *entry, struct list_head *head)
{
	struct list_head *next = head->next;

	entry->next = next;
	entry->prev = head;
	next->prev = entry;
	rcu_assign_pointer(head->next, entry);
}

/*
 * Keeps entry->next, so that readers on @entry can go on. In the kernel, the unlock/lock
 * between an add and a later delete orders initialization before reachability through a
 * deleted neighbour. There is no lock here, so the store has release semantics instead.
 */
static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	/* Pairs with list_for_each_entry_from_rcu(). */
	smp_store_release(&entry->prev->next, entry->next);
	entry->prev = LIST_POISON2;
}

/* See list_entry(). */
#define list_for_each_entry_from_rcu	list_for_each_entry_from

#endif /* _JITCACHE_TEST_RCULIST_H */

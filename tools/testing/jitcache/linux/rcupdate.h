/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_RCUPDATE_H
#define _JITCACHE_TEST_RCUPDATE_H

#include <linux/compiler.h>

#include <asm/barrier.h>

/* Pairs with the address dependency in readers; see READ_ONCE(). */
#define rcu_assign_pointer(p, v)	smp_store_release(&(p), v)

#endif /* _JITCACHE_TEST_RCUPDATE_H */

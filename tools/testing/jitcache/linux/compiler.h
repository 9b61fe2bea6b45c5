/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_COMPILER_H
#define _JITCACHE_TEST_COMPILER_H

#include_next <linux/compiler.h>

/*
 * By atomics of the compiler, since ThreadSanitizer knows them, and takes volatile
 * accesses for races. Consumed is what the dependency of addresses orders.
 */
#undef READ_ONCE
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_CONSUME)

#undef WRITE_ONCE
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), val, __ATOMIC_RELAXED)

#endif /* _JITCACHE_TEST_COMPILER_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_COMPILER_H
#define _JITCACHE_TEST_COMPILER_H

#include_next <linux/compiler.h>

/*
 * Use compiler atomics: ThreadSanitizer follows them, but reports volatile accesses as
 * races. __ATOMIC_CONSUME stands for the kernel's ordering by address dependency.
 */
#undef READ_ONCE
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_CONSUME)

#undef WRITE_ONCE
#define WRITE_ONCE(x, val)	__atomic_store_n(&(x), val, __ATOMIC_RELAXED)

#endif /* _JITCACHE_TEST_COMPILER_H */

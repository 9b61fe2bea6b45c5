/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _JITCACHE_TEST_BARRIER_H
#define _JITCACHE_TEST_BARRIER_H

/*
 * Compiler atomics, which ThreadSanitizer follows; see READ_ONCE(). It does not support
 * the fence, hence -Wno-tsan. Each user says what its barrier pairs with.
 */
#define smp_mb()			__atomic_thread_fence(__ATOMIC_SEQ_CST)
/* See above. */
#define smp_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
/* See above. */
#define smp_store_release(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif /* _JITCACHE_TEST_BARRIER_H */

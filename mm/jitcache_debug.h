/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debugging of jit_cache: reports of misuse, and what CONFIG_DEBUG_JITCACHE and
 * CONFIG_FAIL_JITCACHE add.
 */
#ifndef _MM_JITCACHE_DEBUG_H
#define _MM_JITCACHE_DEBUG_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct jit_cache;
struct jit_extent;
struct jit_pool;

/**
 * enum jit_misuse - what a caller can do wrong
 * @JIT_MISUSE_NONE: nothing
 * @JIT_BAD_CACHE: define a cache with arguments that jit_cache_create() refuses
 * @JIT_BAD_SIZE: allocate nothing, or more than JIT_SIZE_MAX
 * @JIT_BAD_STAGE: stage in a cache that is not of type JIT_TEXT, or trim to no size
 * @JIT_BAD_FLUSH: set a flush of a cache that was not created for it
 * @JIT_BAD_SEAL: seal what cannot be sealed
 * @JIT_DESTROY_STATIC: destroy a cache that was defined
 * @JIT_DESTROY_BUSY: destroy a cache that has objects
 * @JIT_FREE_UNKNOWN: free what is not an object, or not any more
 * @JIT_FREE_INTERIOR: free an address in the middle of an object
 * @JIT_FREE_FOREIGN: free an object of another cache
 * @JIT_FREE_VFREE: free memory of a cache with vfree()
 * @JIT_OVERRUN: write past the end of an object
 * @NR_JIT_MISUSES: how many there are
 */
enum jit_misuse {
	JIT_MISUSE_NONE,
	JIT_BAD_CACHE,
	JIT_BAD_SIZE,
	JIT_BAD_STAGE,
	JIT_BAD_FLUSH,
	JIT_BAD_SEAL,
	JIT_DESTROY_STATIC,
	JIT_DESTROY_BUSY,
	JIT_FREE_UNKNOWN,
	JIT_FREE_INTERIOR,
	JIT_FREE_FOREIGN,
	JIT_FREE_VFREE,
	JIT_OVERRUN,
	NR_JIT_MISUSES,
};

__printf(5, 6)
void jit_report(enum jit_misuse misuse, const struct jit_cache *cache, const void *addr,
		unsigned long caller, const char *fmt, ...);

#ifdef CONFIG_JITCACHE_KUNIT_TEST
/* While it is set, it is called with what would have been reported. */
extern void (*jit_report_hook)(enum jit_misuse misuse);
#endif

bool jit_traps(const void *addr, size_t len);

#ifdef CONFIG_DEBUG_JITCACHE

/* Bytes after an object that it may not write to. */
#define JIT_REDZONE	ARCH_JIT_ALIGN

/* How many freed extents of a pool wait until the first one is free. */
#define JIT_DELAY	64

void jit_redzone_set(struct jit_extent *extent, unsigned long caller);
void jit_redzone_check(const struct jit_extent *extent, const struct jit_cache *owner,
		       unsigned long caller);
struct jit_extent *jit_delay(struct jit_pool *pool, struct jit_extent *extent);
bool jit_undelay(struct jit_pool *pool);

#else /* !CONFIG_DEBUG_JITCACHE */

#define JIT_REDZONE	0

static inline void jit_redzone_set(struct jit_extent *extent, unsigned long caller)
{
}

static inline void jit_redzone_check(const struct jit_extent *extent,
				     const struct jit_cache *owner, unsigned long caller)
{
}

static inline struct jit_extent *jit_delay(struct jit_pool *pool, struct jit_extent *extent)
{
	return extent;
}

static inline bool jit_undelay(struct jit_pool *pool)
{
	return false;
}

#endif

#ifdef CONFIG_FAIL_JITCACHE
extern struct fault_attr jit_fault_attr;

/* Should the next fallible operation be made to fail? */
bool jit_fault(void);
#else
static inline bool jit_fault(void)
{
	return false;
}
#endif

#endif /* _MM_JITCACHE_DEBUG_H */

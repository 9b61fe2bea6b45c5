/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the KUnit suites of jit_cache share: caches in a range that nothing else uses, looking
 * at how memory is mapped, and operations that are made to fail.
 */
#ifndef _MM_JITCACHE_KUNIT_H
#define _MM_JITCACHE_KUNIT_H

#include <kunit/test.h>
#include <linux/align.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/jitcache.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/workqueue.h>

#include "jitcache.h"
#include "text_kunit.h"

/*
 * vmalloc() begins at the other end of its space, and alloc_percpu() at this one:
 * neither gets here.
 */
#define TEST_SIZE	SZ_64M
#define TEST_SPACE							\
	ALIGN_DOWN(VMALLOC_END - (IS_ENABLED(CONFIG_64BIT) ? SZ_2G : SZ_128M), SZ_64M)

/* Does this architecture have caches of text? */
#define HAS_TEXT	(CAN_PROTECT && text_has_trap())

static inline void need_text(struct kunit *test, enum jit_type type)
{
	if (type == JIT_TEXT && !HAS_TEXT)
		kunit_skip(test, "no text without ARCH_HAS_SET_MEMORY and a trap");
}

/* The largest object that @size bytes of text have room for: there are traps around it. */
static inline size_t text_room(size_t size)
{
	return size - ARCH_JIT_ALIGN - ALIGN(max_t(size_t, JIT_GRANULE, JIT_REDZONE),
					     ARCH_JIT_ALIGN);
}

/* A cache for @size bytes of the test range from @offset on. */
static inline struct jit_cache *make(struct kunit *test, enum jit_type type,
				     unsigned long offset, unsigned long size,
				     unsigned int flags)
{
	struct jit_cache *cache;

	need_text(test, type);
	cache = jit_cache_create(test->name, type, TEST_SPACE + offset,
				 TEST_SPACE + offset + size, 0, flags);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(cache), "error %ld", PTR_ERR(cache));
	return cache;
}

static inline struct jit_cache *make_text(struct kunit *test)
{
	return make(test, JIT_TEXT, 0, TEST_SIZE, 0);
}

static inline void *alloc(struct kunit *test, struct jit_cache *cache, size_t size)
{
	void *addr = jit_cache_alloc(cache, size);

	KUNIT_ASSERT_NOT_NULL_MSG(test, addr, "%zu bytes", size);
	KUNIT_EXPECT_GE(test, (unsigned long)addr, cache->start);
	KUNIT_EXPECT_LE(test, (unsigned long)addr + size, cache->end);
	KUNIT_EXPECT_EQ(test, (unsigned long)addr % cache->align, 0UL);
	return addr;
}

static inline void *make_function(struct jit_cache *cache, size_t size, u32 value)
{
	struct jit_stage stage;

	if (jit_stage_begin(&stage, cache, size))
		return NULL;
	emit_return(stage.rw, value);
	return jit_stage_commit(&stage);
}

static inline struct jit_chunk *chunk_of(const void *addr)
{
	struct jit_chunk *chunk;

	rcu_read_lock();
	chunk = jit_chunk_find_any_rcu((unsigned long)addr, true);
	rcu_read_unlock();
	return chunk;
}

/*
 * Grace periods have no upper bound, so this is generous. The worker is done, too, or a cache
 * that is destroyed would leave its pool to it, and to the next test.
 */
static inline void wait_until_none_waits(struct kunit *test, const struct jit_cache *cache)
{
	unsigned int i;

	for (i = 0; i < 3000 && READ_ONCE(cache->stat[JIT_CACHE_WAITING]); i++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, READ_ONCE(cache->stat[JIT_CACHE_WAITING]), 0UL);
	for (i = 0; i < NR_JIT_WAITS; i++)
		flush_work(&cache->pool->batches[i].work);
}

/* So that nothing is left in the range of the tests. */
static inline void destroy_and_wait(struct kunit *test, struct jit_cache *cache)
{
	wait_until_none_waits(test, cache);
	jit_cache_destroy(cache);
}

static inline void check_mapping(struct kunit *test, const void *addr, bool write,
				 bool exec)
{
	bool huge;
	pte_t pte = read_leaf(addr, &huge);

	KUNIT_ASSERT_TRUE(test, pte_present(pte));
	if (!CAN_PROTECT)
		return;
	KUNIT_EXPECT_EQ(test, (bool)pte_is_writable(pte), write);
	KUNIT_EXPECT_EQ(test, (bool)pte_is_exec(pte), exec || !can_forbid_exec());
}

#ifdef CONFIG_FAIL_JITCACHE
/* Let the next @n fallible operations succeed, and the one after them fail. */
static inline void fail_after(unsigned int n)
{
	jit_fault_attr.verbose = 0;
	jit_fault_attr.interval = 1;
	jit_fault_attr.probability = 100;
	atomic_set(&jit_fault_attr.space, n + 1);
	atomic_set(&jit_fault_attr.times, 1);
}

/* Stop that. Returns true if one failed. */
static inline bool fail_no_more(void)
{
	jit_fault_attr.probability = 0;
	return !atomic_read(&jit_fault_attr.times);
}
#endif

#endif /* _MM_JITCACHE_KUNIT_H */

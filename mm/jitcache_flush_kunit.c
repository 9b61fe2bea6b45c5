// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache: what is flushed before used memory is reused, and which memory
 * is preferred to flush less.
 */

#include <kunit/test.h>
#include <linux/jitcache.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include "jitcache.h"
#include "jitcache_kunit.h"

static unsigned int flushes;
static void *free_in_flush;

static void count_flush(void)
{
	might_sleep();
	flushes++;
	jit_free(free_in_flush);
	free_in_flush = NULL;
}

static struct jit_cache *make_flushing(struct kunit *test, unsigned long size)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, size, JIT_CACHE_FLUSH);

	flushes = 0;
	jit_cache_set_flush(cache, count_flush);
	return cache;
}

/* Fresh memory is dirty, and one flush is for all of it. */
static void test_fresh_memory(struct kunit *test)
{
	struct jit_cache *cache = make_flushing(test, TEST_SIZE);
	void *first = alloc(test, cache, 100), *second;

	KUNIT_EXPECT_EQ(test, flushes, 1U);
	second = alloc(test, cache, 100);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	jit_cache_free(cache, first);
	jit_cache_free(cache, second);
	jit_cache_destroy(cache);
}

/* Until there is a callback, nothing is called, and what is freed stays dirty. */
static void test_callback_comes_late(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_FLUSH);
	size_t size = text_room(PAGE_SIZE);
	unsigned int i;

	flushes = 0;
	for (i = 0; i < 2; i++)
		jit_cache_free(cache, alloc(test, cache, size));
	KUNIT_EXPECT_EQ(test, flushes, 0U);
	jit_cache_set_flush(cache, count_flush);
	jit_cache_free(cache, alloc(test, cache, size));
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	jit_cache_set_flush(cache, NULL);
	jit_cache_free(cache, alloc(test, cache, size));
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	jit_cache_destroy(cache);
}

/* It does not matter which owner freed the memory. The range has room for one object. */
static void test_other_owners_free(struct kunit *test)
{
	static const unsigned int flags[] = { 0, JIT_CACHE_FREE_RCU };
	struct jit_cache *cache = make_flushing(test, PAGE_SIZE), *other;
	size_t size = text_room(PAGE_SIZE);
	struct jit_stage stage;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		other = make(test, JIT_TEXT, 0, PAGE_SIZE, flags[i]);
		jit_cache_free(other, alloc(test, other, size));
		wait_until_none_waits(test, other);
		KUNIT_EXPECT_EQ(test, flushes, i);
		KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, size), 0);
		KUNIT_EXPECT_EQ(test, flushes, i + 1);
		/* It stays clean until the other cache frees it. */
		jit_stage_abort(&stage);
		jit_cache_destroy(other);
	}
	jit_cache_destroy(cache);
}

/* What was never written is as clean as it was. */
static void test_unwritten_stays_clean(struct kunit *test)
{
	struct jit_cache *cache = make_flushing(test, PAGE_SIZE);
	size_t size = text_room(PAGE_SIZE);
	struct jit_stage stage;
	void *text;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, size), 0);
	jit_stage_abort(&stage);
	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, size), 0);
	jit_stage_trim(&stage, size / 4);
	text = jit_stage_commit(&stage);
	jit_cache_free(cache, alloc(test, cache, size / 2));
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	jit_cache_free(cache, text);
	jit_cache_free(cache, alloc(test, cache, size));
	KUNIT_EXPECT_EQ(test, flushes, 2U);
	jit_cache_destroy(cache);
}

/**
 * struct holes - a page full of objects, but for two holes that do not adjoin
 * @cache: a cache with a flush
 * @other: a cache with none, of all objects
 * @objs: the objects; NULL where the holes are
 * @clean: the hole that was flushed
 * @dirty: the hole that was freed after that
 */
struct holes {
	struct jit_cache *cache;
	struct jit_cache *other;
	void *objs[16];
	void *clean;
	void *dirty;
};

#define HOLE	(PAGE_SIZE / 16)

static void free_obj(struct holes *holes, unsigned int i)
{
	jit_cache_free(holes->other, holes->objs[i]);
	holes->objs[i] = NULL;
	/* Reuse is not delayed any more. */
	jit_cache_shrink(holes->other);
}

/*
 * The first object has a random place, and each of the others comes next to those before it,
 * above or below, so objects 1 and 3 are not adjacent. Of two holes of equal size, the lower
 * one is taken if none is preferred.
 */
static void make_holes(struct kunit *test, struct holes *holes, bool clean_is_lower)
{
	unsigned int clean = 1, dirty = 3, i;
	struct jit_stage stage;
	bool lower;

	holes->cache = make_flushing(test, PAGE_SIZE);
	holes->other = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_NO_WARN);
	for (i = 0; i < ARRAY_SIZE(holes->objs); i++)
		holes->objs[i] = jit_cache_alloc(holes->other, HOLE);
	KUNIT_ASSERT_NOT_NULL(test, holes->objs[dirty]);
	KUNIT_ASSERT_NULL(test, jit_cache_alloc(holes->other, HOLE));
	lower = holes->objs[clean] < holes->objs[dirty];
	if (lower != clean_is_lower)
		swap(clean, dirty);
	holes->clean = holes->objs[clean];
	holes->dirty = holes->objs[dirty];

	free_obj(holes, clean);
	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, holes->cache, HOLE), 0);
	KUNIT_ASSERT_PTR_EQ(test, stage.addr, holes->clean);
	jit_stage_abort(&stage);
	jit_cache_shrink(holes->other);
	KUNIT_ASSERT_EQ(test, flushes, 1U);
	free_obj(holes, dirty);
}

static void destroy_holes(struct holes *holes)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(holes->objs); i++)
		jit_cache_free(holes->other, holes->objs[i]);
	jit_cache_destroy(holes->other);
	jit_cache_destroy(holes->cache);
}

static void test_clean_is_preferred(struct kunit *test)
{
	struct holes holes;
	void *first, *second;

	make_holes(test, &holes, false);
	first = alloc(test, holes.cache, HOLE);
	KUNIT_EXPECT_PTR_EQ(test, first, holes.clean);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	second = alloc(test, holes.cache, HOLE);
	KUNIT_EXPECT_PTR_EQ(test, second, holes.dirty);
	KUNIT_EXPECT_EQ(test, flushes, 2U);
	jit_cache_free(holes.cache, first);
	jit_cache_free(holes.cache, second);
	destroy_holes(&holes);
}

static void test_others_prefer_dirty(struct kunit *test)
{
	struct holes holes;
	void *first, *second;

	make_holes(test, &holes, true);
	first = alloc(test, holes.other, HOLE);
	KUNIT_EXPECT_PTR_EQ(test, first, holes.dirty);
	/* They take what is clean before they fail, though. */
	second = alloc(test, holes.other, HOLE);
	KUNIT_EXPECT_PTR_EQ(test, second, holes.clean);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	jit_cache_free(holes.other, first);
	jit_cache_free(holes.other, second);
	destroy_holes(&holes);
}

/* The end of the chunk is clean, however many holes there are in front of it. */
static void test_many_without_flush(struct kunit *test)
{
	struct jit_cache *cache = make_flushing(test, PAGE_SIZE * 64);
	struct jit_cache *other = make(test, JIT_TEXT, 0, PAGE_SIZE * 64, 0);
	const unsigned int n = 40;
	void **objs = kunit_kcalloc(test, n, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	jit_cache_prepare(cache, text_room(PAGE_SIZE * 64));
	for (i = 0; i < n; i++)
		objs[i] = alloc(test, i % 2 ? cache : other, HOLE);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	/* The first one has a random place, next to the end. */
	for (i = 2; i < n; i += 2)
		jit_cache_free(other, objs[i]);
	jit_cache_shrink(other);
	for (i = 2; i < n; i += 2)
		objs[i] = alloc(test, cache, HOLE);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	for (i = 0; i < n; i++)
		jit_free(objs[i]);
	jit_cache_destroy(cache);
	jit_cache_destroy(other);
}

/* More than half of a page: what is that large takes some of the same memory again. */
#define HALF	(text_room(PAGE_SIZE) / 2 + 64)

/* What is freed while the callback runs may have been executed after it. */
static void test_free_in_flush(struct kunit *test)
{
	struct jit_cache *cache = make_flushing(test, PAGE_SIZE);
	struct jit_cache *other = make(test, JIT_TEXT, 0, PAGE_SIZE, 0);
	void *kept, *half;

	free_in_flush = alloc(test, other, HALF);
	kept = alloc(test, cache, 16);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	KUNIT_EXPECT_NULL(test, free_in_flush);
	half = alloc(test, cache, HALF);
	KUNIT_EXPECT_EQ(test, flushes, 2U);
	jit_cache_free(cache, half);
	jit_cache_free(cache, kept);
	jit_cache_destroy(other);
	jit_cache_destroy(cache);
}

/* What waits for a grace period may be executed after a flush. */
static void test_flush_in_grace_period(struct kunit *test)
{
	struct jit_cache *cache = make_flushing(test, PAGE_SIZE);
	struct jit_cache *other = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_FREE_RCU);
	void *kept, *half;
	bool waits;

	jit_cache_free(other, alloc(test, other, HALF));
	kept = alloc(test, cache, 16);
	KUNIT_EXPECT_EQ(test, flushes, 1U);
	waits = READ_ONCE(other->stat[JIT_CACHE_WAITING]);
	wait_until_none_waits(test, other);
	half = alloc(test, cache, HALF);
	/* A grace period rarely is as short as that. */
	if (waits)
		KUNIT_EXPECT_EQ(test, flushes, 2U);
	jit_cache_free(cache, half);
	jit_cache_free(cache, kept);
	destroy_and_wait(test, other);
	jit_cache_destroy(cache);
}

static struct kunit_case jitcache_flush_cases[] = {
	KUNIT_CASE(test_fresh_memory),
	KUNIT_CASE(test_callback_comes_late),
	KUNIT_CASE(test_other_owners_free),
	KUNIT_CASE(test_unwritten_stays_clean),
	KUNIT_CASE(test_clean_is_preferred),
	KUNIT_CASE(test_others_prefer_dirty),
	KUNIT_CASE(test_many_without_flush),
	KUNIT_CASE(test_free_in_flush),
	KUNIT_CASE(test_flush_in_grace_period),
	{}
};

static struct kunit_suite jitcache_flush_suite = {
	.name = "jitcache_flush",
	.test_cases = jitcache_flush_cases,
};

kunit_test_suite(jitcache_flush_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache: what it refuses. Each misuse is reported once, of the
 * right kind, and changes nothing.
 */

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/jitcache.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>

#include "jitcache.h"
#include "jitcache_kunit.h"
#include "text_kunit.h"

static enum jit_misuse last_misuse;
static unsigned int misuses;

static void count_misuse(enum jit_misuse misuse)
{
	last_misuse = misuse;
	misuses++;
}

static void expect_misuse(void)
{
	misuses = 0;
	jit_report_hook = count_misuse;
}

/* Has there been one misuse since expect_misuse(), of that kind? */
static void check_misuse(struct kunit *test, enum jit_misuse misuse)
{
	jit_report_hook = NULL;
	KUNIT_EXPECT_EQ(test, misuses, 1U);
	KUNIT_EXPECT_EQ(test, last_misuse, misuse);
}

/* === Refusals ============================================================= */

/**
 * struct bad_case - arguments that jit_cache_create() refuses
 * @name: for the report
 * @type: of the cache
 * @offset: of the range in the test range, in bytes
 * @size: of the range, in bytes
 * @align: of objects
 * @flags: of the cache
 */
struct bad_case {
	const char *name;
	enum jit_type type;
	unsigned long offset;
	unsigned long size;
	unsigned int align;
	unsigned int flags;
};

static const struct bad_case bad_cases[] = {
	{ "empty", JIT_TEXT, 0, 0, 0, 0 },
	{ "wraps", JIT_TEXT, 0, -PAGE_SIZE, 0, 0 },
	{ "start unaligned", JIT_TEXT, 8, PAGE_SIZE - 8, 0, 0 },
	{ "end unaligned", JIT_TEXT, 0, PAGE_SIZE + 8, 0, 0 },
	{ "leaves vmalloc space", JIT_TEXT, 0, 3UL * SZ_1G, 0, 0 },
	{ "unknown type", NR_JIT_TYPES, 0, TEST_SIZE, 0, 0 },
	{ "negative type", -1, 0, TEST_SIZE, 0, 0 },
	{ "unknown flag", JIT_TEXT, 0, TEST_SIZE, 0, 0x8000 },
	{ "flush of data", JIT_DATA, 0, TEST_SIZE, 0, JIT_CACHE_FLUSH },
	{ "alignment no power of two", JIT_TEXT, 0, TEST_SIZE, 24, 0 },
	{ "alignment of two pages", JIT_TEXT, 0, TEST_SIZE, 2 * PAGE_SIZE, 0 },
};

static void bad_case_desc(const struct bad_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_cases, bad_case_desc);

static void test_create_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;
	unsigned long start = TEST_SPACE + c->offset;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(jit_cache_create("bad", c->type, start,
							       start + c->size, c->align,
							       c->flags)), -EINVAL);
}

static long create_error(const char *name, unsigned long start)
{
	return PTR_ERR_OR_ZERO(jit_cache_create(name, JIT_TEXT, start, start + PAGE_SIZE,
						0, 0));
}

static void test_create_refused_elsewhere(struct kunit *test)
{
	const unsigned long starts[] = {
		0, PAGE_SIZE, SZ_1G, PAGE_OFFSET, 1UL << (BITS_PER_LONG - 2), -PAGE_SIZE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		/* sparc64 has its modules, and m68k vmalloc space, at low addresses. */
		if (!is_vmalloc_or_module_addr((void *)starts[i]))
			KUNIT_EXPECT_EQ_MSG(test, create_error("bad", starts[i]), -EINVAL,
					    "%lx", starts[i]);
	}
	KUNIT_EXPECT_EQ(test, create_error(NULL, TEST_SPACE), -EINVAL);
	KUNIT_EXPECT_EQ(test, create_error("two words", TEST_SPACE), -EINVAL);
}

DEFINE_STATIC_JIT_CACHE(bad_static, "bad_static", JIT_TEXT, 0x1000, 0x2000, 0, 0);

static void test_static_refused(struct kunit *test)
{
	expect_misuse();
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(&bad_static, 1));
	check_misuse(test, JIT_BAD_CACHE);
}

static void test_alloc_refused(struct kunit *test)
{
	static const size_t sizes[] = { 0, JIT_SIZE_MAX + 1, SIZE_MAX };
	struct jit_cache *cache = make(test, JIT_TEXT, 0, 2 * PAGE_SIZE, 0);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		expect_misuse();
		KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, sizes[i]));
		check_misuse(test, JIT_BAD_SIZE);
	}
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_FAILS], ARRAY_SIZE(sizes));
	jit_cache_destroy(cache);
}

/* The owner may have a second range, so this is not misuse. It is logged if it has none. */
static void test_alloc_larger_than_range(struct kunit *test)
{
	static const unsigned int flags[] = { 0, JIT_CACHE_NO_WARN };
	struct jit_cache *cache;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		cache = make(test, JIT_TEXT, 0, 2 * PAGE_SIZE, flags[i]);
		KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, 2 * PAGE_SIZE + 1));
		KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, JIT_SIZE_MAX));
		KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_FAILS], 2UL);
		KUNIT_EXPECT_EQ(test, cache->told, !flags[i]);
		jit_cache_destroy(cache);
	}
}

static void refuse_free(struct kunit *test, struct jit_cache *cache, void *addr,
			enum jit_misuse misuse)
{
	expect_misuse();
	if (cache)
		jit_cache_free(cache, addr);
	else
		jit_free(addr);
	check_misuse(test, misuse);
}

static void test_free_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test), *other = make_text(test);
	void *func = make_function(cache, 200, 99), *freed = alloc(test, cache, 200);

	KUNIT_ASSERT_NOT_NULL(test, func);
	refuse_free(test, other, func, JIT_FREE_FOREIGN);
	refuse_free(test, cache, func + 8, JIT_FREE_INTERIOR);
	refuse_free(test, NULL, func + 199, JIT_FREE_INTERIOR);
	refuse_free(test, NULL, func + SZ_2M, JIT_FREE_UNKNOWN);
	refuse_free(test, NULL, test, JIT_FREE_UNKNOWN);
	refuse_free(test, NULL, (void *)TEST_SPACE - 1, JIT_FREE_UNKNOWN);
	refuse_free(test, NULL, (void *)-8UL, JIT_FREE_UNKNOWN);
	jit_free(freed);
	refuse_free(test, NULL, freed, JIT_FREE_UNKNOWN);
	refuse_free(test, cache, freed, JIT_FREE_UNKNOWN);

	KUNIT_EXPECT_EQ(test, call_function(func), 99U);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], 1UL);
	jit_free(func);
	jit_cache_shrink(cache);
	refuse_free(test, cache, func, JIT_FREE_UNKNOWN);
	jit_cache_destroy(cache);
	jit_cache_destroy(other);
}

static void test_destroy_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *func = make_function(cache, 64, 3);

	expect_misuse();
	jit_cache_destroy(&bad_static);
	check_misuse(test, JIT_DESTROY_STATIC);
	expect_misuse();
	jit_cache_destroy(cache);
	check_misuse(test, JIT_DESTROY_BUSY);
	KUNIT_EXPECT_EQ(test, call_function(func), 3U);
	jit_free(func);
	jit_cache_destroy(cache);
	jit_cache_destroy(NULL);
}

static void test_seal_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *addr = alloc(test, cache, 64);

	expect_misuse();
	KUNIT_EXPECT_EQ(test, jit_seal(addr), -EINVAL);
	check_misuse(test, JIT_BAD_SEAL);
	expect_misuse();
	KUNIT_EXPECT_EQ(test, jit_seal(test), -EINVAL);
	check_misuse(test, JIT_BAD_SEAL);
	jit_free(addr);
	jit_cache_destroy(cache);
}

/* A flush that is never called would protect nothing. */
static void test_flush_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);

	expect_misuse();
	jit_cache_set_flush(cache, jit_reap_doomed);
	check_misuse(test, JIT_BAD_FLUSH);
	KUNIT_EXPECT_NULL(test, cache->flush);
	jit_cache_destroy(cache);
}

static void test_stage_refused(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_DATA, 0, TEST_SIZE, 0);
	struct jit_stage stage;

	expect_misuse();
	KUNIT_EXPECT_EQ(test, jit_stage_begin(&stage, cache, 64), -EINVAL);
	check_misuse(test, JIT_BAD_STAGE);
	jit_stage_abort(&stage);
	jit_cache_destroy(cache);
}

static void test_trim_refused(struct kunit *test)
{
	static const size_t sizes[] = { 0, 65, SIZE_MAX };
	struct jit_cache *cache = make_text(test);
	struct jit_stage stage;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, 64), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		expect_misuse();
		jit_stage_trim(&stage, sizes[i]);
		check_misuse(test, JIT_BAD_STAGE);
	}
	KUNIT_EXPECT_EQ(test, stage.size, 64UL);
	jit_stage_abort(&stage);
	jit_cache_destroy(cache);
}

#ifdef CONFIG_MMU
/* What has an area to itself is gone then, and its cache knows. The address is reused. */
static void test_vfree_of_raw(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_RAW, 0, 4 * PAGE_SIZE, 0);
	void *old = alloc(test, cache, PAGE_SIZE), *addr;

	expect_misuse();
	vfree(old);
	check_misuse(test, JIT_FREE_VFREE);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], 0UL);
	KUNIT_EXPECT_EQ(test, cache->pool->bytes, 0UL);
	KUNIT_EXPECT_EQ(test, jit_size(old), 0UL);
	refuse_free(test, NULL, old, JIT_FREE_UNKNOWN);

	addr = alloc(test, cache, 3 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, addr, old);
	KUNIT_EXPECT_EQ(test, jit_size(addr), 3 * PAGE_SIZE);
	jit_free(addr);
	KUNIT_EXPECT_NULL(test, chunk_of(addr));
	jit_cache_destroy(cache);
}

/* What others share stays. */
static void test_vfree_of_text(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *func = make_function(cache, 64, 8);

	KUNIT_ASSERT_NOT_NULL(test, func);
	expect_misuse();
	vfree(jit_chunk_addr(chunk_of(func)));
	check_misuse(test, JIT_FREE_VFREE);
	KUNIT_EXPECT_EQ(test, call_function(func), 8U);
	jit_free(func);
	jit_cache_destroy(cache);
}
#endif

/* === Debugging ============================================================ */

#ifdef CONFIG_DEBUG_JITCACHE
static void test_redzone(struct kunit *test)
{
	static const enum jit_type types[] = { JIT_TEXT, JIT_DATA };
	struct jit_cache *cache;
	unsigned int i;
	void *addr;

	for (i = HAS_TEXT ? 0 : 1; i < ARRAY_SIZE(types); i++) {
		cache = make(test, types[i], 0, TEST_SIZE, 0);
		addr = alloc(test, cache, 100);
		KUNIT_EXPECT_TRUE(test, text_poke_copy(addr + 100, "overrun", 1));
		expect_misuse();
		jit_cache_free(cache, addr);
		check_misuse(test, JIT_OVERRUN);
		jit_cache_destroy(cache);
	}
}
#endif

static struct kunit_case jitcache_misuse_cases[] = {
	KUNIT_CASE_PARAM(test_create_refused, bad_gen_params),
	KUNIT_CASE(test_create_refused_elsewhere),
	KUNIT_CASE(test_static_refused),
	KUNIT_CASE(test_alloc_refused),
	KUNIT_CASE(test_alloc_larger_than_range),
	KUNIT_CASE(test_free_refused),
	KUNIT_CASE(test_destroy_refused),
	KUNIT_CASE(test_seal_refused),
	KUNIT_CASE(test_flush_refused),
	KUNIT_CASE(test_stage_refused),
	KUNIT_CASE(test_trim_refused),
#ifdef CONFIG_MMU
	KUNIT_CASE(test_vfree_of_raw),
	KUNIT_CASE(test_vfree_of_text),
#endif
#ifdef CONFIG_DEBUG_JITCACHE
	KUNIT_CASE(test_redzone),
#endif
	{}
};

static struct kunit_suite jitcache_misuse_suite = {
	.name = "jitcache_misuse",
	.test_cases = jitcache_misuse_cases,
};

kunit_test_suite(jitcache_misuse_suite);

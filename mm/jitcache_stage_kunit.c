// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache: text that is staged, written and executed.
 */

#include <kunit/test.h>
#include <linux/jitcache.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/text_patching.h>

#include "jitcache.h"
#include "jitcache_kunit.h"
#include "text_kunit.h"

static void test_stage_commit(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	struct jit_stage stage;
	void *func, *addr;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, 300), 0);
	addr = stage.addr;
	KUNIT_EXPECT_TRUE(test, jit_traps(stage.rw, 300));
	emit_return(stage.rw, 12345);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, 300));
	func = jit_stage_commit(&stage);
	KUNIT_ASSERT_PTR_EQ(test, func, addr);
	check_mapping(test, func, false, true);
	KUNIT_EXPECT_EQ(test, call_function(func), 12345U);
	KUNIT_EXPECT_TRUE(test, jit_traps(func + MAX_FUNC_SIZE, 300 - MAX_FUNC_SIZE));
	jit_free(func);
	KUNIT_EXPECT_TRUE(test, jit_traps(func, 300));
	jit_cache_destroy(cache);
}

#ifdef CONFIG_FAIL_JITCACHE
/* Text that cannot be written is freed, and the stage is cleared. */
static void test_stage_commit_fails(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	struct jit_stage stage;
	void *addr;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, 300), 0);
	addr = stage.addr;
	fail_after(0);
	KUNIT_EXPECT_NULL(test, jit_stage_commit(&stage));
	KUNIT_EXPECT_TRUE(test, fail_no_more());
	KUNIT_EXPECT_NULL(test, stage.addr);
	KUNIT_EXPECT_EQ(test, jit_size(addr), 0);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], 0);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, 300));
	jit_cache_destroy(cache);
}
#endif

/* Code that is generated may depend on its place in a page. */
static void test_stage_is_congruent(struct kunit *test)
{
	static const size_t sizes[] = { 1, 100, 4000, PAGE_SIZE, 2 * PAGE_SIZE + 8, SZ_1M };
	struct jit_cache *cache = make_text(test);
	struct jit_stage stages[ARRAY_SIZE(sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_ASSERT_EQ(test, jit_stage_begin(&stages[i], cache, sizes[i]), 0);
		KUNIT_EXPECT_EQ(test, offset_in_page(stages[i].rw),
				offset_in_page(stages[i].addr));
		memset(stages[i].rw, i, sizes[i]);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *text = jit_stage_commit(&stages[i]);

		KUNIT_ASSERT_NOT_NULL(test, text);
		KUNIT_EXPECT_NULL(test, memchr_inv(text, i, sizes[i]));
		jit_free(text);
	}
	jit_cache_destroy(cache);
}

/* What was cut off can be given out again, and traps. */
static void test_stage_trim(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, 0);
	size_t room = text_room(PAGE_SIZE);
	struct jit_stage stage;
	void *func, *rest;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, room), 0);
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, 1));
	emit_return(stage.rw, 77);
	jit_stage_trim(&stage, MAX_FUNC_SIZE);
	KUNIT_EXPECT_EQ(test, stage.size, (size_t)MAX_FUNC_SIZE);
	KUNIT_EXPECT_EQ(test, jit_size(stage.addr), (size_t)MAX_FUNC_SIZE);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_ASKED], (unsigned long)MAX_FUNC_SIZE);
	KUNIT_EXPECT_LE(test, cache->stat[JIT_CACHE_GIVEN], 64UL);
	rest = alloc(test, cache, room - 200);
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, stage.addr + MAX_FUNC_SIZE));
	func = jit_stage_commit(&stage);
	KUNIT_ASSERT_NOT_NULL(test, func);
	KUNIT_EXPECT_EQ(test, call_function(func), 77U);
	KUNIT_EXPECT_TRUE(test, jit_traps(rest, room - 200));
	jit_free(rest);
	jit_free(func);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_GIVEN], 0UL);
	/* Nothing is lost. */
	jit_free(alloc(test, cache, room));
	jit_cache_destroy(cache);
}

/* A store that others may read meanwhile. Here, none does. */
static void test_word(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	unsigned long word = ~0UL / 3, *text = alloc(test, cache, 64);

	KUNIT_EXPECT_NOT_NULL(test, text_poke_copy(text + 1, &word, sizeof(word)));
	KUNIT_EXPECT_NOT_NULL(test, text_poke_copy((void *)text + 33, &word, sizeof(word)));
	KUNIT_EXPECT_EQ(test, text[1], word);
	KUNIT_EXPECT_EQ(test, memcmp((void *)text + 33, &word, sizeof(word)), 0);
	KUNIT_EXPECT_TRUE(test, jit_traps(text, sizeof(word)));
	KUNIT_EXPECT_TRUE(test, jit_traps(text + 2, 33 - 2 * sizeof(word)));
	jit_free(text);
	jit_cache_destroy(cache);
}

/* What comes after a failed begin may be an abort, which must not free anything. */
static void test_stage_begin_fails(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, 0);
	void *addr = alloc(test, cache, text_room(PAGE_SIZE));
	struct jit_stage stage;

	memset(&stage, 0xff, sizeof(stage));
	KUNIT_EXPECT_EQ(test, jit_stage_begin(&stage, cache, 64), -ENOMEM);
	KUNIT_EXPECT_NULL(test, stage.addr);
	KUNIT_EXPECT_NULL(test, stage.rw);
	KUNIT_EXPECT_NULL(test, stage.cache);
	jit_stage_abort(&stage);
	KUNIT_EXPECT_EQ(test, jit_size(addr), text_room(PAGE_SIZE));
	jit_free(addr);
	jit_cache_destroy(cache);
}

static void test_stage_abort(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	struct jit_stage stage;
	void *addr;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, 300), 0);
	addr = stage.addr;
	emit_return(stage.rw, 12345);
	jit_stage_abort(&stage);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, 300));
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], 0UL);
	jit_cache_destroy(cache);
}

/* As kprobes does. Lockdep checks the order of locks. */
static void test_under_text_mutex(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU);
	struct jit_stage stage;
	u8 code[64] = {};
	void *func, *written;

	emit_return(code, 7);
	mutex_lock(&text_mutex);
	func = jit_cache_alloc(cache, sizeof(code));
	written = func ? text_poke_copy_locked(func, code, sizeof(code)) : NULL;
	if (written)
		KUNIT_EXPECT_EQ(test, call_function(func), 7U);
	KUNIT_EXPECT_NOT_NULL(test, written);
	jit_cache_free(cache, func);
	KUNIT_EXPECT_EQ(test, jit_stage_begin(&stage, cache, 64), 0);
	jit_stage_abort(&stage);
	jit_cache_free(cache, NULL);
	mutex_unlock(&text_mutex);
	destroy_and_wait(test, cache);
}

static struct kunit_case jitcache_stage_cases[] = {
	KUNIT_CASE(test_stage_commit),
	KUNIT_CASE(test_stage_begin_fails),
#ifdef CONFIG_FAIL_JITCACHE
	KUNIT_CASE(test_stage_commit_fails),
#endif
	KUNIT_CASE(test_stage_abort),
	KUNIT_CASE(test_stage_is_congruent),
	KUNIT_CASE(test_stage_trim),
	KUNIT_CASE(test_word),
	KUNIT_CASE(test_under_text_mutex),
	{}
};

static struct kunit_suite jitcache_stage_suite = {
	.name = "jitcache_stage",
	.test_cases = jitcache_stage_cases,
};

kunit_test_suite(jitcache_stage_suite);

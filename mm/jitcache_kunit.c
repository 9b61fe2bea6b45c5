// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache: what its objects are and do. Staging, misuse and grace periods
 * have suites of their own, in jitcache_stage_kunit.c, jitcache_misuse_kunit.c and
 * jitcache_wait_kunit.c, and extents have a test in user space, in tools/testing/jitcache.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/jitcache.h>
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/set_memory.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "jitcache.h"
#include "jitcache_kunit.h"
#include "text_kunit.h"

/* === Chunks =============================================================== */

/* What a pool without huge pages begins with. */
#define FIRST_STEP							\
	max_t(unsigned long, PAGE_SIZE, min_t(unsigned long, SZ_64K, JIT_CHUNK_SIZE))

static unsigned long pool_chunks(const struct jit_cache *cache)
{
	unsigned long chunks = 0;
	struct jit_chunk *chunk;

	list_for_each_entry(chunk, &cache->pool->chunks, list)
		chunks++;
	return chunks;
}

/* === Protections ========================================================== */

/**
 * struct type_case - how objects of a type are mapped
 * @name: for the report
 * @type: of the cache
 * @write: writable when they come
 * @exec: executable
 * @seals: jit_seal() makes them read-only
 * @alias_write: the direct map is writable when they come
 */
struct type_case {
	const char *name;
	enum jit_type type;
	bool write;
	bool exec;
	bool seals;
	bool alias_write;
};

static const struct type_case type_cases[] = {
	{ "text", JIT_TEXT, .exec = true },
	{ "data", JIT_DATA, .write = true, .alias_write = true },
	{ "rodata", JIT_RODATA, .write = true, .seals = true, .alias_write = true },
	{ "ro_after_init", JIT_RO_AFTER_INIT, .write = true, .seals = true,
	  .alias_write = true },
	{ "raw", JIT_RAW, .write = true, .alias_write = true },
};

static void type_case_desc(const struct type_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(type, type_cases, type_case_desc);

/* Only where read_leaf() knows the page sizes of the direct map. */
static void check_alias(struct kunit *test, const struct page *page, bool write,
			bool exec)
{
	if (ALIAS_FOLLOWS)
		check_mapping(test, page_address(page), write, exec && ALIAS_IS_EXEC);
}

/* Raw memory is mapped as the architecture says. */
static bool is_exec(const struct type_case *c)
{
	return c->type == JIT_RAW ? pte_is_exec(pfn_pte(0, ARCH_JIT_RAW)) : c->exec;
}

static void test_protection(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	struct jit_cache *cache = make(test, c->type, 0, TEST_SIZE, 0);
	void *addr = alloc(test, cache, 100);

	check_mapping(test, addr, c->write, is_exec(c));
	check_alias(test, vmalloc_to_page(addr), c->alias_write, c->exec);
	if (c->write)
		memset(addr, 0x11, 100);
	if (c->seals) {
		KUNIT_EXPECT_EQ(test, jit_seal(addr), 0);
		KUNIT_EXPECT_EQ(test, jit_seal(addr), 0);
		check_mapping(test, addr, false, false);
		KUNIT_EXPECT_EQ(test, *(u8 *)addr, 0x11);
	}
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* Permissions of a part of an object change there alone, in the direct map too. */
static void test_part_of_an_object(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_RAW, 0, TEST_SIZE, 0);
	u8 *addr = alloc(test, cache, 3 * PAGE_SIZE);
	bool exec = pte_is_exec(pfn_pte(0, ARCH_JIT_RAW));
	unsigned int i;

	KUNIT_EXPECT_EQ(test, set_memory_ro((unsigned long)addr + PAGE_SIZE, 1), 0);
	for (i = 0; i < 3; i++) {
		check_mapping(test, addr + i * PAGE_SIZE, i != 1, exec);
		check_alias(test, vmalloc_to_page(addr + i * PAGE_SIZE), i != 1, false);
	}
	KUNIT_EXPECT_EQ(test, set_memory_rw((unsigned long)addr + PAGE_SIZE, 1), 0);
	for (i = 0; i < 3; i++)
		check_alias(test, vmalloc_to_page(addr + i * PAGE_SIZE), true, false);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* The pages of text are writable again when its chunk has been freed. */
static void test_pages_are_writable_again(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	struct jit_cache *cache = make(test, c->type, 0, TEST_SIZE, 0);
	void *addr = alloc(test, cache, 100);
	struct page *page = vmalloc_to_page(addr);

	get_page(page);
	if (c->seals)
		KUNIT_EXPECT_EQ(test, jit_seal(addr), 0);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
	flush_scheduled_work();
	check_alias(test, page, true, false);
	put_page(page);
}

/* Is there memory for a huge page? */
static bool huge_page_is_free(void)
{
	unsigned int order = get_order(JIT_CHUNK_SIZE);
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_NOWARN, order);

	if (page)
		__free_pages(page, order);
	return page;
}

static void test_huge(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *addr = alloc(test, cache, 1);
	bool huge;

	read_leaf(addr, &huge);
	KUNIT_EXPECT_EQ(test, huge, chunk_of(addr)->huge);
	KUNIT_EXPECT_EQ(test, chunk_of(addr)->size, huge ? JIT_CHUNK_SIZE : FIRST_STEP);
	if (huge)
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)jit_chunk_addr(chunk_of(addr)),
						   JIT_CHUNK_SIZE));
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
	/* Not on arm64 with PTDUMP_DEBUGFS, see <asm/vmalloc.h>. */
	if (huge || (huge_page_is_free() && !strstr(saved_command_line, "nohugevmalloc")))
		KUNIT_EXPECT_EQ(test, huge, JIT_CHUNK_HUGE);
}

/* Without huge pages, and for data, a pool takes memory as it needs it. */
static void grow_in_steps(struct kunit *test, struct jit_cache *cache)
{
	void *objs[20];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = alloc(test, cache, 3 * FIRST_STEP / 4);
		KUNIT_EXPECT_LE(test, cache->pool->bytes, (2 * i + 3) * FIRST_STEP);
		KUNIT_EXPECT_FALSE(test, chunk_of(objs[i])->huge);
	}
	KUNIT_EXPECT_EQ(test, chunk_of(objs[0])->size, FIRST_STEP);
	KUNIT_EXPECT_LT(test, pool_chunks(cache), 12UL);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		jit_cache_free(cache, objs[i]);
	jit_cache_destroy(cache);
}

static void test_data_grows_in_steps(struct kunit *test)
{
	grow_in_steps(test, make(test, JIT_DATA, 0, TEST_SIZE, 0));
}

/* In a range without room for a huge page, as without a free one. */
static void test_text_grows_in_steps(struct kunit *test)
{
	grow_in_steps(test, make(test, JIT_TEXT, SZ_64K, SZ_2M - SZ_64K, 0));
}

/* Growth need not happen under the lock of a caller. */
static void test_prepare(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	unsigned long bytes;
	void *addr;

	jit_cache_prepare(cache, SZ_4K);
	bytes = cache->pool->bytes;
	KUNIT_EXPECT_GE(test, bytes, (unsigned long)SZ_4K);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_ALLOCS], 0UL);
	jit_cache_prepare(cache, SZ_4K);
	addr = alloc(test, cache, SZ_4K);
	KUNIT_EXPECT_EQ(test, cache->pool->bytes, bytes);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* === Sizes, alignment, ranges ============================================= */

static void test_sizes(struct kunit *test)
{
	static const size_t sizes[] = {
		1, 2, 7, 8, 9, 63, 64, 65, 448, 4095, 4096, 4097, 65536,
		SZ_2M - 64, SZ_2M - 8, SZ_2M, SZ_2M + 1, 5 * SZ_1M,
	};
	struct jit_cache *cache = make_text(test);
	void *objs[ARRAY_SIZE(sizes)];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		objs[i] = alloc(test, cache, sizes[i]);
		KUNIT_EXPECT_EQ(test, jit_size(objs[i]), sizes[i]);
		KUNIT_EXPECT_TRUE(test, jit_traps(objs[i], sizes[i]));
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_TRUE(test, objs[i] + sizes[i] <= objs[j] ||
					  objs[j] + sizes[j] <= objs[i]);
	}
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], ARRAY_SIZE(sizes));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		jit_free(objs[i]);
		KUNIT_EXPECT_EQ(test, jit_size(objs[i]), 0UL);
	}
	for (i = JIT_CACHE_OBJECTS; i <= JIT_CACHE_GIVEN; i++)
		KUNIT_EXPECT_EQ(test, cache->stat[i], 0UL);
	jit_cache_destroy(cache);
}

static void test_alignment(struct kunit *test)
{
	struct jit_cache *cache;
	unsigned int align, i;
	void *objs[8];

	need_text(test, JIT_TEXT);
	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		cache = jit_cache_create("align", JIT_TEXT, TEST_SPACE,
					 TEST_SPACE + TEST_SIZE, align, 0);
		KUNIT_ASSERT_FALSE(test, IS_ERR(cache));
		for (i = 0; i < ARRAY_SIZE(objs); i++) {
			objs[i] = alloc(test, cache, align + i);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)objs[i], align));
		}
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			jit_cache_free(cache, objs[i]);
		jit_cache_destroy(cache);
	}
}

/* An object that fills the range. */
static void test_exact_fit(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	unsigned int pages, round;
	struct jit_cache *cache;
	size_t size;
	void *addr;

	for (pages = 1; pages <= 3; pages++) {
		size = pages * PAGE_SIZE;
		cache = make(test, c->type, SZ_2M - PAGE_SIZE, size, 0);
		if (c->type == JIT_TEXT)
			size = text_room(size);
		for (round = 0; round < 2; round++) {
			addr = alloc(test, cache, size);
			KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, 1));
			jit_cache_free(cache, addr);
			if (round == 0)
				jit_cache_shrink(cache);
		}
		KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_FAILS], 2UL);
		jit_cache_destroy(cache);
	}
}

/* As for vmalloc(), unless the object fills its range. */
static void test_guard_page(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_RAW, 0, 3 * PAGE_SIZE, 0);
	void *addr = alloc(test, cache, 2 * PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, find_vm_area(addr)->size, 3 * PAGE_SIZE);
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, PAGE_SIZE));
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* People see in /proc/vmallocinfo which code has how much memory. */
static void test_caller(struct kunit *test)
{
	char name[KSYM_SYMBOL_LEN];
	struct jit_cache *cache;
	void *addr;

	if (!IS_ENABLED(CONFIG_KALLSYMS))
		kunit_skip(test, "no CONFIG_KALLSYMS");
	cache = make(test, JIT_RAW, 0, PAGE_SIZE, 0);
	addr = jit_cache_alloc(cache, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, addr);
	sprint_symbol_no_offset(name, (unsigned long)find_vm_area(addr)->caller);
	/* Where functions have descriptors, code has a dot in front of its name. */
	KUNIT_EXPECT_STREQ(test, name + (name[0] == '.'), __func__);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* What runs past an object, or reads in front of it, finds a trap and no other object. */
static void test_traps_between(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, SZ_64K, 0);
	unsigned int i, n;
	u8 **objs;

	objs = kunit_kcalloc(test, SZ_64K / 64, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (n = 0; (objs[n] = jit_cache_alloc(cache, 40 + n % 64)); n++)
		KUNIT_ASSERT_NOT_NULL(test, text_poke_copy(objs[n], page_address(ZERO_PAGE(0)),
							   40 + n % 64));
	KUNIT_EXPECT_GT(test, n, 100U);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_TRUE(test, jit_traps(objs[i] - 8, 8));
		KUNIT_EXPECT_TRUE(test, jit_traps(objs[i] + 40 + i % 64, 8));
		KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, objs[i] - 1));
	}
	while (n--)
		jit_free(objs[n]);
	jit_cache_destroy(cache);
}

/* A range is used up to its last object, whatever their size. */
static void test_full(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, PAGE_SIZE, 3 * PAGE_SIZE, 0);
	unsigned int i, n = 3 * PAGE_SIZE / 64, given = 64;
	void **objs = kunit_kcalloc(test, n + 1, sizeof(*objs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i <= n; i++) {
		objs[i] = jit_cache_alloc(cache, 64);
		if (!objs[i])
			break;
	}
	KUNIT_EXPECT_LE(test, i, n);
	if (i)
		given = cache->stat[JIT_CACHE_GIVEN] / i;
	KUNIT_EXPECT_GT(test, cache->stat[JIT_CACHE_GIVEN], 3 * (PAGE_SIZE - 2 * given));
	while (i--)
		jit_cache_free(cache, objs[i]);
	jit_cache_destroy(cache);
}

/* Free memory of another range is never used. */
static void test_other_ranges(struct kunit *test)
{
	struct jit_cache *low = make(test, JIT_TEXT, 0, SZ_4M, 0);
	struct jit_cache *high = make(test, JIT_TEXT, SZ_4M, SZ_4M, 0);
	struct jit_cache *both = make(test, JIT_TEXT, 0, SZ_8M, 0);
	void *a = alloc(test, low, 64), *b = alloc(test, high, 64);
	void *c = alloc(test, both, SZ_2M - PAGE_SIZE);
	void *d = alloc(test, both, SZ_2M - PAGE_SIZE);

	KUNIT_EXPECT_PTR_NE(test, chunk_of(a), chunk_of(b));
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(both, SZ_2M));
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(low, SZ_2M));
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(high, SZ_2M));
	jit_free(alloc(test, low, SZ_1M - SZ_4K));
	jit_free(alloc(test, high, SZ_1M - SZ_4K));

	jit_free(a);
	jit_free(b);
	jit_free(c);
	jit_free(d);
	jit_cache_destroy(low);
	jit_cache_destroy(high);
	jit_cache_destroy(both);
}

/* Other code has mapped the middle of the range. */
static void test_occupied_range(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, SZ_4M, 0);
	unsigned long taken = TEST_SPACE + SZ_2M;
	void *objs[2], *other;

	other = __vmalloc_node_range(PAGE_SIZE, 1, taken, taken + SZ_1M, GFP_KERNEL,
				     PAGE_KERNEL, 0, NUMA_NO_NODE,
				     __builtin_return_address(0));
	KUNIT_ASSERT_NOT_NULL(test, other);
	objs[0] = alloc(test, cache, SZ_2M - PAGE_SIZE);
	objs[1] = alloc(test, cache, SZ_1M);
	KUNIT_EXPECT_TRUE(test, objs[1] > other);
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, SZ_2M));
	jit_free(objs[0]);
	jit_free(objs[1]);
	vfree(other);
	jit_cache_destroy(cache);
}

/* === Sharing ============================================================== */

static void test_sharing(struct kunit *test)
{
	struct jit_cache *a = make_text(test), *b = make_text(test);
	void *in_a = alloc(test, a, 64), *in_b = alloc(test, b, 64);

	KUNIT_EXPECT_EQ(test, a->pool == b->pool, !jit_nomerge);
	KUNIT_EXPECT_EQ(test, chunk_of(in_a) == chunk_of(in_b), !jit_nomerge);
	KUNIT_EXPECT_TRUE(test, jit_cache_owns(a, in_a));
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(b, in_a));
	jit_free(in_a);
	jit_cache_destroy(a);
	KUNIT_EXPECT_TRUE(test, jit_traps(in_b, 64));
	jit_free(in_b);
	jit_cache_destroy(b);
}

static void test_not_sharing(struct kunit *test)
{
	struct jit_cache *caches[] = {
		make_text(test),
		make(test, JIT_DATA, 0, TEST_SIZE, 0),
		make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_NO_MERGE),
		make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_NO_MERGE),
		make(test, JIT_TEXT, 0, TEST_SIZE / 2, 0),
	};
	void *objs[ARRAY_SIZE(caches)];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		objs[i] = alloc(test, caches[i], 64);
		for (j = 0; j < i; j++)
			KUNIT_EXPECT_PTR_NE(test, chunk_of(objs[i]), chunk_of(objs[j]));
	}
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		jit_cache_free(caches[i], objs[i]);
		jit_cache_destroy(caches[i]);
	}
}

/* The address of the first object of a chunk is random. */
static void test_placement_is_random(struct kunit *test)
{
	unsigned long offsets[8], same = 0;
	struct jit_cache *cache;
	unsigned int i;
	void *addr;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		cache = make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_NO_MERGE);
		addr = alloc(test, cache, 64);
		offsets[i] = (unsigned long)addr % JIT_CHUNK_SIZE;
		same += offsets[i] == offsets[0];
		jit_free(addr);
		jit_cache_destroy(cache);
	}
	KUNIT_EXPECT_LT(test, same, ARRAY_SIZE(offsets) / 2);
}

/* === Looking up =========================================================== */

static void test_owns(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	char *addr = alloc(test, cache, 100);
	int i;

	for (i = -8; i < 0; i++)
		KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, addr + i));
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_TRUE(test, jit_cache_owns(cache, addr + i));
	for (i = 100; i < 128; i++)
		KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, addr + i));
	KUNIT_EXPECT_EQ(test, jit_size(addr + 1), 0UL);
	KUNIT_EXPECT_PTR_EQ(test, jit_start(addr), (void *)addr);
	KUNIT_EXPECT_PTR_EQ(test, jit_start(addr + 99), (void *)addr);
	KUNIT_EXPECT_NULL(test, jit_start(addr + 100));
	KUNIT_EXPECT_NULL(test, jit_start(addr - 1));
	KUNIT_EXPECT_EQ(test, jit_size(test), 0UL);
	KUNIT_EXPECT_EQ(test, jit_size(NULL), 0UL);
	jit_cache_free(cache, addr);
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, addr));
	jit_cache_destroy(cache);
}

static void test_next(struct kunit *test)
{
	struct jit_cache *cache = make_text(test), *other = make_text(test);
	void *objs[16], *others[16], *addr = NULL, *last;
	unsigned int i, n = 0;

	KUNIT_EXPECT_NULL(test, jit_cache_next(cache, NULL));
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = alloc(test, cache, i % 5 ? 40 : SZ_1M);
		others[i] = alloc(test, other, 3000);
	}
	while ((addr = jit_cache_next(cache, addr))) {
		KUNIT_EXPECT_TRUE(test, jit_cache_owns(cache, addr));
		last = addr;
		addr += jit_size(addr);
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, ARRAY_SIZE(objs));
	KUNIT_EXPECT_PTR_EQ(test, jit_cache_next(cache, last), last);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		jit_free(objs[i]);
		jit_free(others[i]);
	}
	jit_cache_destroy(cache);
	jit_cache_destroy(other);
}

/* Objects that have a chunk each are found in order, too. */
static void test_next_own(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_RAW, 0, TEST_SIZE, 0);
	void *objs[8], *addr = NULL, *last = NULL;
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = alloc(test, cache, PAGE_SIZE);
	/* The lowest address is free again, and given out last. */
	jit_free(objs[0]);
	objs[0] = alloc(test, cache, PAGE_SIZE);
	while ((addr = jit_cache_next(cache, addr))) {
		KUNIT_EXPECT_GT(test, (unsigned long)addr, (unsigned long)last);
		last = addr;
		addr += PAGE_SIZE;
		n++;
	}
	KUNIT_EXPECT_EQ(test, n, ARRAY_SIZE(objs));
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		jit_free(objs[i]);
	jit_cache_destroy(cache);
}

/* === Reuse ================================================================ */

static void test_reuse_at_once(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, 0);
	size_t size = text_room(PAGE_SIZE);
	void *addr = alloc(test, cache, size);

	KUNIT_ASSERT_TRUE(test, text_poke_copy(addr, "not a trap", 10));
	jit_cache_free(cache, addr);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, size), addr);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, size));
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* One empty chunk stays until the cache is shrunk. */
static void test_shrink(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *objs[4];
	unsigned int i;
	int pages[4];

	if (IS_ENABLED(CONFIG_DEBUG_JITCACHE)) {
		jit_cache_destroy(cache);
		kunit_skip(test, "what is freed is delayed");
	}
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), 0);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = alloc(test, cache, SZ_1M + 1);
		pages[i] = chunk_of(objs[i])->size >> PAGE_SHIFT;
	}
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 4UL);
	for (i = 0; i < ARRAY_SIZE(objs) - 1; i++)
		jit_free(objs[i]);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 2UL);
	KUNIT_EXPECT_EQ(test, cache->pool->idle, 1U);
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), pages[0]);
	KUNIT_EXPECT_NULL(test, chunk_of(objs[0]));
	KUNIT_EXPECT_NOT_NULL(test, chunk_of(objs[3]));
	jit_free(objs[3]);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 1UL);
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), pages[3]);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 0UL);
	jit_cache_destroy(cache);
}

/* === Debugging ============================================================ */

/* Freed memory is reused late, but it is reused if there is no other. */
static void test_delayed(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *other = alloc(test, cache, 100), *addr = alloc(test, cache, 100), *next;

	jit_cache_free(cache, addr);
	next = alloc(test, cache, 100);
	KUNIT_EXPECT_EQ(test, next != addr, IS_ENABLED(CONFIG_DEBUG_JITCACHE));
	jit_cache_free(cache, next);
	jit_cache_free(cache, other);
	jit_cache_destroy(cache);
}

#ifdef CONFIG_FAIL_JITCACHE
/* Everything that allocates: a cache, objects of it, staged text. */
static bool do_all(enum jit_type type)
{
	struct jit_stage stage;
	struct jit_cache *cache;
	bool staged = true;
	void *a, *b;

	cache = jit_cache_create("oom", type, TEST_SPACE, TEST_SPACE + TEST_SIZE, 0, 0);
	if (IS_ERR(cache))
		return false;
	a = jit_cache_alloc(cache, 100);
	b = jit_cache_alloc(cache, SZ_4M);
	if (type == JIT_TEXT) {
		staged = !jit_stage_begin(&stage, cache, 100);
		if (staged)
			jit_stage_abort(&stage);
	}
	jit_cache_free(cache, a);
	jit_cache_free(cache, b);
	jit_cache_destroy(cache);
	return a && b && staged;
}

/*
 * Each place that can fail, fails once. Either the operation succeeds all the same, or
 * the caller gets an error and no memory is lost.
 */
static void test_out_of_memory(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	unsigned int n, told = 0;
	bool failed, done;

	need_text(test, c->type);
	for (n = 0; n < 100; n++) {
		fail_after(n);
		done = do_all(c->type);
		failed = fail_no_more();
		KUNIT_EXPECT_TRUE(test, done || failed);
		told += !done;
		KUNIT_ASSERT_NULL(test, chunk_of((void *)TEST_SPACE));
		if (!failed)
			break;
	}
	/* The cache, the extents and the chunks are indispensable. */
	KUNIT_EXPECT_GE(test, told, 3U);
	KUNIT_EXPECT_LT(test, n, 100U);
	KUNIT_EXPECT_TRUE(test, do_all(c->type));
}
#endif

/* === Early during boot ===================================================== */

DEFINE_STATIC_JIT_CACHE(early_cache, "kunit_early", JIT_TEXT, TEST_SPACE + SZ_32M,
			TEST_SPACE + TEST_SIZE, 0, 0);
static void *early_object;

static int __init use_early(void)
{
	if (HAS_TEXT && kunit_enabled())
		early_object = jit_cache_alloc(&early_cache, 64);
	return 0;
}
early_initcall(use_early);

static void test_early(struct kunit *test)
{
	u8 code[MAX_FUNC_SIZE];
	size_t size = emit_return(code, 4711);

	need_text(test, early_cache.type);
	KUNIT_ASSERT_NOT_NULL(test, early_object);
	check_mapping(test, early_object, false, true);
	KUNIT_ASSERT_NOT_NULL(test, text_poke_copy(early_object, code, size));
	KUNIT_EXPECT_EQ(test, call_function(early_object), 4711U);
}

/* === All CPUs at once ======================================================= */

#define STRESS_ROUNDS	400
#define STRESS_OBJECTS	32

struct stress {
	struct jit_cache *cache;
	struct task_struct *task;
	unsigned int seed;
	unsigned int failures;
	struct completion done;
};

static int stress_worker(void *data)
{
	void *funcs[STRESS_OBJECTS] = {};
	u32 values[STRESS_OBJECTS];
	struct stress *s = data;
	struct rnd_state rnd;
	unsigned int i, n;

	prandom_seed_state(&rnd, s->seed);
	for (i = 0; i < STRESS_ROUNDS; i++) {
		n = prandom_u32_state(&rnd) % STRESS_OBJECTS;
		if (funcs[n]) {
			s->failures += !jit_cache_owns(s->cache, funcs[n]) ||
				       call_function(funcs[n]) != values[n];
			jit_cache_free(s->cache, funcs[n]);
			funcs[n] = NULL;
			continue;
		}
		values[n] = prandom_u32_state(&rnd);
		funcs[n] = make_function(s->cache, MAX_FUNC_SIZE + values[n] % 5000,
					 values[n]);
		s->failures += !funcs[n] || call_function(funcs[n]) != values[n];
	}
	for (n = 0; n < STRESS_OBJECTS; n++) {
		s->failures += funcs[n] && call_function(funcs[n]) != values[n];
		jit_cache_free(s->cache, funcs[n]);
	}
	complete(&s->done);
	return 0;
}

static void test_stress(struct kunit *test)
{
	struct jit_cache *caches[] = {
		make_text(test),
		make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU),
		make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU_TASKS),
	};
	unsigned int i, workers = 2 * num_online_cpus();
	struct stress *stress;

	stress = kunit_kcalloc(test, workers, sizeof(*stress), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stress);
	for (i = 0; i < workers; i++) {
		stress[i].cache = caches[i % ARRAY_SIZE(caches)];
		stress[i].seed = i + 1;
		init_completion(&stress[i].done);
		stress[i].task = kthread_run(stress_worker, &stress[i], "jit_stress/%u", i);
		KUNIT_EXPECT_FALSE(test, IS_ERR(stress[i].task));
	}
	for (i = 0; i < workers; i++) {
		if (IS_ERR(stress[i].task))
			continue;
		wait_for_completion(&stress[i].done);
		KUNIT_EXPECT_EQ(test, stress[i].failures, 0U);
	}
	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		KUNIT_EXPECT_EQ(test, caches[i]->stat[JIT_CACHE_OBJECTS], 0UL);
		destroy_and_wait(test, caches[i]);
	}
}

static struct kunit_case jitcache_cases[] = {
	KUNIT_CASE_PARAM(test_protection, type_gen_params),
	KUNIT_CASE(test_part_of_an_object),
	KUNIT_CASE_PARAM(test_pages_are_writable_again, type_gen_params),
	KUNIT_CASE(test_huge),
	KUNIT_CASE(test_data_grows_in_steps),
	KUNIT_CASE(test_text_grows_in_steps),
	KUNIT_CASE(test_prepare),
	KUNIT_CASE(test_sizes),
	KUNIT_CASE(test_alignment),
	KUNIT_CASE_PARAM(test_exact_fit, type_gen_params),
	KUNIT_CASE(test_guard_page),
	KUNIT_CASE(test_caller),
	KUNIT_CASE(test_traps_between),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_other_ranges),
	KUNIT_CASE(test_occupied_range),
	KUNIT_CASE(test_sharing),
	KUNIT_CASE(test_not_sharing),
	KUNIT_CASE(test_placement_is_random),
	KUNIT_CASE(test_owns),
	KUNIT_CASE(test_next),
	KUNIT_CASE(test_next_own),
	KUNIT_CASE(test_reuse_at_once),
	KUNIT_CASE(test_shrink),
	KUNIT_CASE(test_delayed),
#ifdef CONFIG_FAIL_JITCACHE
	KUNIT_CASE_PARAM(test_out_of_memory, type_gen_params),
#endif
	KUNIT_CASE(test_early),
	KUNIT_CASE(test_stress),
	{}
};

static struct kunit_suite jitcache_suite = {
	.name = "jitcache",
	.test_cases = jitcache_cases,
};

kunit_test_suite(jitcache_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache.
 *
 * The extents have a test of their own, in tools/testing/jitcache: here is what
 * takes a kernel.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/fault-inject.h>
#include <linux/jitcache.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "jitcache.h"
#include "text_kunit.h"

/* === Ranges and caches ==================================================== */

/*
 * Space that vmalloc() doesn't come to, which begins at the other end, nor
 * alloc_percpu(), which begins at this one.
 */
#define TEST_SIZE	SZ_64M
#define TEST_SPACE							\
	ALIGN_DOWN(VMALLOC_END - (IS_ENABLED(CONFIG_64BIT) ? SZ_2G : SZ_128M), SZ_64M)

/* Where text can be had at all. */
#define HAS_TEXT	(CAN_PROTECT && HAS_TRAP)

static void need_text(struct kunit *test, unsigned int flags)
{
	if ((flags & JIT_CACHE_TYPE) == JIT_CACHE_TEXT && !HAS_TEXT)
		kunit_skip(test, "no text without ARCH_HAS_SET_MEMORY and a trap");
}

static struct jit_cache *make(struct kunit *test, unsigned long offset,
			      unsigned long size, unsigned int flags)
{
	struct jit_cache *cache;

	need_text(test, flags);
	cache = jit_cache_create(test->name, TEST_SPACE + offset,
				 TEST_SPACE + offset + size, 0, flags);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(cache), "error %ld", PTR_ERR(cache));
	return cache;
}

static struct jit_cache *make_text(struct kunit *test)
{
	return make(test, 0, TEST_SIZE, JIT_CACHE_TEXT);
}

static void *alloc(struct kunit *test, struct jit_cache *cache, size_t size)
{
	void *addr = jit_cache_alloc(cache, size);

	KUNIT_ASSERT_NOT_NULL_MSG(test, addr, "%zu bytes", size);
	KUNIT_EXPECT_GE(test, (unsigned long)addr, cache->start);
	KUNIT_EXPECT_LE(test, (unsigned long)addr + size, cache->end);
	KUNIT_EXPECT_EQ(test, (unsigned long)addr % cache->align, 0UL);
	return addr;
}

static struct jit_chunk *chunk_of(const void *addr)
{
	struct jit_chunk *chunk;

	rcu_read_lock();
	chunk = jit_chunk_find((unsigned long)addr);
	rcu_read_unlock();
	return chunk;
}

static unsigned long pool_chunks(const struct jit_cache *cache)
{
	unsigned long chunks = 0;
	struct jit_chunk *chunk;

	list_for_each_entry(chunk, &cache->pool->chunks, list)
		chunks++;
	return chunks;
}

static unsigned int expect_misuse(void)
{
	jit_misuse_expected = true;
	return jit_misuses;
}

/* Was there misuse, once, since expect_misuse() returned @before? */
static void check_misuse(struct kunit *test, unsigned int before)
{
	jit_misuse_expected = false;
	KUNIT_EXPECT_EQ(test, jit_misuses, before + 1);
}

/* === Protections ========================================================== */

/**
 * struct type_case - how objects of a type are mapped
 * @name: for the report
 * @flags: of the cache
 * @write: writable when they come
 * @exec: executable
 * @seals: jit_seal() makes them read-only
 * @alias_write: the direct map is writable when they come
 */
struct type_case {
	const char *name;
	unsigned int flags;
	bool write;
	bool exec;
	bool seals;
	bool alias_write;
};

static const struct type_case type_cases[] = {
	{ "text", JIT_CACHE_TEXT, .exec = true },
	{ "data", JIT_CACHE_DATA, .write = true, .alias_write = true },
	{ "rodata", JIT_CACHE_RODATA, .write = true, .seals = true, .alias_write = true },
	{ "ro_after_init", JIT_CACHE_RO_AFTER_INIT, .write = true, .seals = true,
	  .alias_write = true },
	{ "raw", JIT_CACHE_RAW, .write = true, .alias_write = true },
};

static void type_case_desc(const struct type_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(type, type_cases, type_case_desc);

static void check_mapping(struct kunit *test, const void *addr, bool write, bool exec)
{
	bool huge;
	pte_t pte = read_leaf(addr, &huge);

	KUNIT_ASSERT_TRUE(test, pte_present(pte));
	if (!CAN_PROTECT)
		return;
	KUNIT_EXPECT_EQ(test, (bool)pte_is_writable(pte), write);
	KUNIT_EXPECT_EQ(test, (bool)pte_is_exec(pte), exec);
}

/* The direct map may be of pages larger than those that read_leaf() knows. */
static void check_alias(struct kunit *test, const struct page *page, bool write)
{
	if (ALIAS_FOLLOWS)
		check_mapping(test, page_address(page), write, false);
}

/* Raw memory is as its architecture has it. */
static bool is_exec(const struct type_case *c)
{
	return c->flags == JIT_CACHE_RAW ? pte_is_exec(pfn_pte(0, ARCH_JIT_RAW)) : c->exec;
}

static void test_protection(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	struct jit_cache *cache = make(test, 0, TEST_SIZE, c->flags);
	void *addr = alloc(test, cache, 100);

	check_mapping(test, addr, c->write, is_exec(c));
	check_alias(test, vmalloc_to_page(addr), c->alias_write);
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

/* What was text is ordinary memory again when its chunk has gone. */
static void test_pages_are_writable_again(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	struct jit_cache *cache = make(test, 0, TEST_SIZE, c->flags);
	void *addr = alloc(test, cache, 100);
	struct page *page = vmalloc_to_page(addr);

	get_page(page);
	if (c->seals)
		KUNIT_EXPECT_EQ(test, jit_seal(addr), 0);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
	flush_scheduled_work();
	check_alias(test, page, true);
	put_page(page);
}

static void test_huge(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *addr = alloc(test, cache, 1);
	bool huge;

	read_leaf(addr, &huge);
	KUNIT_EXPECT_EQ(test, huge, chunk_of(addr)->huge);
	KUNIT_EXPECT_EQ(test, chunk_of(addr)->size, JIT_CHUNK_SIZE);
	KUNIT_EXPECT_EQ(test, (unsigned long)chunk_of(addr)->addr % JIT_CHUNK_SIZE, 0UL);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
	/* arm64 has it without PTDUMP_DEBUGFS only, see <asm/vmalloc.h>. */
	KUNIT_EXPECT_EQ(test, huge, ARCH_JIT_HUGE && arch_vmap_pmd_supported(PAGE_KERNEL));
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

	need_text(test, JIT_CACHE_TEXT);
	for (align = 1; align <= PAGE_SIZE; align *= 2) {
		cache = jit_cache_create("align", TEST_SPACE, TEST_SPACE + TEST_SIZE, align,
					 JIT_CACHE_TEXT);
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

/* An object as large as the range, with not a byte of room at either end. */
static void test_exact_fit(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	unsigned int pages, round;
	struct jit_cache *cache;
	void *addr;

	for (pages = 1; pages <= 3; pages++) {
		cache = make(test, SZ_2M - PAGE_SIZE, pages * PAGE_SIZE, c->flags);
		for (round = 0; round < 2; round++) {
			addr = alloc(test, cache, pages * PAGE_SIZE);
			KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, 1));
			jit_cache_free(cache, addr);
			if (round == 0)
				jit_cache_shrink(cache);
		}
		KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_FAILS], 2UL);
		jit_cache_destroy(cache);
	}
}

/* A range is used to its last byte, whatever the sizes. */
static void test_full(struct kunit *test)
{
	struct jit_cache *cache = make(test, PAGE_SIZE, 3 * PAGE_SIZE, JIT_CACHE_TEXT);
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
	/* Bytes behind the last object of a chunk may be kept as a trap. */
	KUNIT_EXPECT_GT(test, cache->stat[JIT_CACHE_GIVEN], 3 * (PAGE_SIZE - 2 * given));
	while (i--)
		jit_cache_free(cache, objs[i]);
	jit_cache_destroy(cache);
}

/* Free memory of other ranges is of no use, however much there is of it. */
static void test_other_ranges(struct kunit *test)
{
	struct jit_cache *low = make(test, 0, SZ_4M, JIT_CACHE_TEXT);
	struct jit_cache *high = make(test, SZ_4M, SZ_4M, JIT_CACHE_TEXT);
	struct jit_cache *both = make(test, 0, SZ_8M, JIT_CACHE_TEXT);
	void *a = alloc(test, low, 64), *b = alloc(test, high, 64);
	void *c = alloc(test, both, SZ_2M - PAGE_SIZE);
	void *d = alloc(test, both, SZ_2M - PAGE_SIZE);

	KUNIT_EXPECT_PTR_NE(test, chunk_of(a), chunk_of(b));
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(both, SZ_2M));
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(low, SZ_2M));
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(high, SZ_2M));
	jit_free(alloc(test, low, SZ_1M));
	jit_free(alloc(test, high, SZ_1M));

	jit_free(a);
	jit_free(b);
	jit_free(c);
	jit_free(d);
	jit_cache_destroy(low);
	jit_cache_destroy(high);
	jit_cache_destroy(both);
}

/* Somebody else has mapped the middle of the range. */
static void test_occupied_range(struct kunit *test)
{
	struct jit_cache *cache = make(test, 0, SZ_4M, JIT_CACHE_TEXT);
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
		make(test, 0, TEST_SIZE, JIT_CACHE_DATA),
		make(test, 0, TEST_SIZE, JIT_CACHE_TEXT | JIT_CACHE_NO_MERGE),
		make(test, 0, TEST_SIZE, JIT_CACHE_TEXT | JIT_CACHE_NO_MERGE),
		make(test, 0, TEST_SIZE / 2, JIT_CACHE_TEXT),
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

/* The first object of a chunk can't be guessed. */
static void test_placement_is_random(struct kunit *test)
{
	unsigned long offsets[8], same = 0;
	struct jit_cache *cache;
	unsigned int i;
	void *addr;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		cache = make(test, 0, TEST_SIZE, JIT_CACHE_TEXT | JIT_CACHE_NO_MERGE);
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

/* === Staging and execution ================================================ */

static void *make_function(struct jit_cache *cache, size_t size, u32 value)
{
	struct jit_stage stage;

	if (jit_stage_begin(&stage, cache, size))
		return NULL;
	emit_return(stage.rw, value);
	return jit_stage_commit(&stage);
}

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

/* What couldn't be written is freed, and nothing is left of the stage. */
static void test_stage_commit_fails(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	struct jit_stage stage;
	void *addr, *rw;

	KUNIT_ASSERT_EQ(test, jit_stage_begin(&stage, cache, 300), 0);
	addr = stage.addr;
	rw = stage.rw;
	stage.rw = NULL;
	KUNIT_EXPECT_NULL(test, jit_stage_commit(&stage));
	kvfree(rw);
	KUNIT_EXPECT_NULL(test, stage.addr);
	KUNIT_EXPECT_EQ(test, jit_size(addr), 0);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], 0);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, 300));
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

/* As kprobes do, which lockdep watches. */
static void test_under_text_mutex(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	struct jit_stage stage;
	void *func = NULL;

	mutex_lock(&text_mutex);
	if (!jit_stage_begin(&stage, cache, 64)) {
		emit_return(stage.rw, 7);
		func = jit_stage_commit_locked(&stage);
	}
	if (func)
		KUNIT_EXPECT_EQ(test, call_function(func), 7U);
	KUNIT_EXPECT_NOT_NULL(test, func);
	jit_cache_free_locked(cache, func);
	KUNIT_EXPECT_EQ(test, jit_stage_begin(&stage, cache, 64), 0);
	jit_stage_abort(&stage);
	jit_cache_free_locked(cache, NULL);
	mutex_unlock(&text_mutex);
	jit_cache_destroy(cache);
}

/* === Reuse ================================================================ */

static int hold_rcu(void *data)
{
	struct completion *held = data;

	rcu_read_lock();
	complete(held);
	while (!kthread_should_stop())
		cpu_relax();
	rcu_read_unlock();
	return 0;
}

/* In a range that has room for one object only. */
static void test_reuse_waits_for_rcu(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(held);
	struct task_struct *reader;
	struct jit_cache *cache;
	void *addr, *again;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes a second CPU");
	cache = make(test, 0, PAGE_SIZE, JIT_CACHE_TEXT | JIT_CACHE_REUSE_RCU);
	addr = alloc(test, cache, PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, text_poke_copy(addr, "not a trap", 10));
	reader = kthread_run_on_cpu(hold_rcu, &held,
				    cpumask_any_but(cpu_online_mask, raw_smp_processor_id()),
				    "hold_rcu/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(reader));
	wait_for_completion(&held);

	jit_cache_free(cache, addr);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, addr));
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), 0);
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, PAGE_SIZE));

	kthread_stop(reader);
	rcu_barrier();
	again = alloc(test, cache, PAGE_SIZE);
	jit_cache_free(cache, again);
	jit_cache_destroy(cache);
}

static void test_reuse_waits_for_rcu_tasks(struct kunit *test)
{
	struct jit_cache *cache = make(test, 0, PAGE_SIZE,
				       JIT_CACHE_TEXT | JIT_CACHE_REUSE_RCU_TASKS);
	void *addr = alloc(test, cache, PAGE_SIZE);

	jit_cache_free(cache, addr);
	jit_barrier_tasks();
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, PAGE_SIZE), addr);
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

static void test_reuse_at_once(struct kunit *test)
{
	struct jit_cache *cache = make(test, 0, PAGE_SIZE, JIT_CACHE_TEXT);
	void *addr = alloc(test, cache, PAGE_SIZE);

	KUNIT_ASSERT_TRUE(test, text_poke_copy(addr, "not a trap", 10));
	jit_cache_free(cache, addr);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, PAGE_SIZE), addr);
	KUNIT_EXPECT_TRUE(test, jit_traps(addr, PAGE_SIZE));
	jit_cache_free(cache, addr);
	jit_cache_destroy(cache);
}

/* Of the empty chunks one stays, until somebody wants it gone. */
static void test_shrink(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	/* A chunk may be smaller than an object. */
	int chunk_pages = round_up(SZ_1M + 1, JIT_CHUNK_SIZE) >> PAGE_SHIFT;
	void *objs[4];
	unsigned int i;

	if (IS_ENABLED(CONFIG_DEBUG_JITCACHE)) {
		jit_cache_destroy(cache);
		kunit_skip(test, "what is freed is delayed");
	}
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), 0);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = alloc(test, cache, SZ_1M + 1);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 4UL);
	for (i = 0; i < ARRAY_SIZE(objs) - 1; i++)
		jit_free(objs[i]);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 2UL);
	KUNIT_EXPECT_EQ(test, cache->pool->idle, 1U);
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), chunk_pages);
	KUNIT_EXPECT_NULL(test, chunk_of(objs[0]));
	KUNIT_EXPECT_NOT_NULL(test, chunk_of(objs[3]));
	jit_free(objs[3]);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 1UL);
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), chunk_pages);
	KUNIT_EXPECT_EQ(test, pool_chunks(cache), 0UL);
	jit_cache_destroy(cache);
}

/* === Refusals ============================================================= */

struct bad_case {
	const char *name;
	unsigned long start;
	unsigned long size;
	unsigned int align;
	unsigned int flags;
};

static const struct bad_case bad_cases[] = {
	{ "empty", 0, 0, 0, JIT_CACHE_TEXT },
	{ "wraps", 0, -PAGE_SIZE, 0, JIT_CACHE_TEXT },
	{ "start unaligned", 8, PAGE_SIZE - 8, 0, JIT_CACHE_TEXT },
	{ "end unaligned", 0, PAGE_SIZE + 8, 0, JIT_CACHE_TEXT },
	{ "leaves vmalloc space", 0, 3UL * SZ_1G, 0, JIT_CACHE_TEXT },
	{ "no type", 0, TEST_SIZE, 0, 0 },
	{ "unknown type", 0, TEST_SIZE, 0, JIT_CACHE_TYPE },
	{ "unknown flag", 0, TEST_SIZE, 0, JIT_CACHE_TEXT | 0x8000 },
	{ "alignment no power of two", 0, TEST_SIZE, 24, JIT_CACHE_TEXT },
	{ "alignment of two pages", 0, TEST_SIZE, 2 * PAGE_SIZE, JIT_CACHE_TEXT },
};

static void bad_case_desc(const struct bad_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad, bad_cases, bad_case_desc);

static void test_create_refused(struct kunit *test)
{
	const struct bad_case *c = test->param_value;
	unsigned long start = TEST_SPACE + c->start;

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(jit_cache_create("bad", start, start + c->size,
							       c->align, c->flags)), -EINVAL);
}

static long create_error(const char *name, unsigned long start)
{
	return PTR_ERR_OR_ZERO(jit_cache_create(name, start, start + PAGE_SIZE, 0,
						JIT_CACHE_TEXT));
}

static void test_create_refused_elsewhere(struct kunit *test)
{
	const unsigned long starts[] = {
		0, PAGE_SIZE, SZ_1G, PAGE_OFFSET, 1UL << (BITS_PER_LONG - 2), -PAGE_SIZE,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		/* sparc64 has its modules among the low addresses. */
		if (!jit_range_is_modules(starts[i], starts[i]))
			KUNIT_EXPECT_EQ_MSG(test, create_error("bad", starts[i]), -EINVAL,
					    "%lx", starts[i]);
	}
	KUNIT_EXPECT_EQ(test, create_error(NULL, TEST_SPACE), -EINVAL);
}

DEFINE_STATIC_JIT_CACHE(bad_static, "bad_static", 0x1000, 0x2000, JIT_CACHE_TEXT);

static void test_static_refused(struct kunit *test)
{
	unsigned int before = expect_misuse();

	KUNIT_EXPECT_NULL(test, jit_cache_alloc(&bad_static, 1));
	check_misuse(test, before);
}

static void test_alloc_refused(struct kunit *test)
{
	static const size_t sizes[] = { 0, 2 * PAGE_SIZE + 1, SZ_1G, JIT_SIZE_MAX + 1, SIZE_MAX };
	struct jit_cache *cache = make(test, 0, 2 * PAGE_SIZE, JIT_CACHE_TEXT);
	unsigned int i, before;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		before = expect_misuse();
		KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, sizes[i]));
		check_misuse(test, before);
	}
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_FAILS], ARRAY_SIZE(sizes));
	jit_cache_destroy(cache);
}

static void refuse_free(struct kunit *test, struct jit_cache *cache, void *addr)
{
	unsigned int before = expect_misuse();

	if (cache)
		jit_cache_free(cache, addr);
	else
		jit_free(addr);
	check_misuse(test, before);
}

static void test_free_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test), *other = make_text(test);
	void *func = make_function(cache, 200, 99), *freed = alloc(test, cache, 200);

	KUNIT_ASSERT_NOT_NULL(test, func);
	refuse_free(test, other, func);
	refuse_free(test, cache, func + 8);
	refuse_free(test, NULL, func + 199);
	refuse_free(test, NULL, func + SZ_2M);
	refuse_free(test, NULL, test);
	refuse_free(test, NULL, (void *)TEST_SPACE - 1);
	refuse_free(test, NULL, (void *)-8UL);
	jit_free(freed);
	refuse_free(test, NULL, freed);
	refuse_free(test, cache, freed);

	KUNIT_EXPECT_EQ(test, call_function(func), 99U);
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_OBJECTS], 1UL);
	jit_free(func);
	jit_cache_shrink(cache);
	refuse_free(test, cache, func);
	jit_cache_destroy(cache);
	jit_cache_destroy(other);
}

static void test_destroy_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *func = make_function(cache, 64, 3);
	unsigned int before = expect_misuse();

	jit_cache_destroy(cache);
	check_misuse(test, before);
	KUNIT_EXPECT_EQ(test, call_function(func), 3U);
	jit_free(func);
	jit_cache_destroy(cache);
	jit_cache_destroy(NULL);
}

static void test_seal_refused(struct kunit *test)
{
	struct jit_cache *cache = make_text(test);
	void *addr = alloc(test, cache, 64);
	unsigned int before = expect_misuse();

	KUNIT_EXPECT_EQ(test, jit_seal(addr), -EINVAL);
	check_misuse(test, before);
	before = expect_misuse();
	KUNIT_EXPECT_EQ(test, jit_seal(test), -EINVAL);
	check_misuse(test, before);
	jit_free(addr);
	jit_cache_destroy(cache);
}

static void test_stage_refused(struct kunit *test)
{
	struct jit_cache *cache = make(test, 0, TEST_SIZE, JIT_CACHE_DATA);
	unsigned int before = expect_misuse();
	struct jit_stage stage;

	KUNIT_EXPECT_EQ(test, jit_stage_begin(&stage, cache, 64), -EINVAL);
	check_misuse(test, before);
	jit_cache_destroy(cache);
}

/* === Debugging ============================================================ */

#ifdef CONFIG_DEBUG_JITCACHE
static void test_redzone(struct kunit *test)
{
	static const unsigned int flags[] = { JIT_CACHE_TEXT, JIT_CACHE_DATA };
	struct jit_cache *cache;
	unsigned int i, before;
	void *addr;

	for (i = HAS_TEXT ? 0 : 1; i < ARRAY_SIZE(flags); i++) {
		cache = make(test, 0, TEST_SIZE, flags[i]);
		addr = alloc(test, cache, 100);
		KUNIT_EXPECT_TRUE(test, text_poke_copy(addr + 100, "overrun", 1));
		before = expect_misuse();
		jit_cache_free(cache, addr);
		check_misuse(test, before);
		jit_cache_destroy(cache);
	}
}

#endif

/* Freed memory comes back late, but does when there is no other. */
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
/* Have the call after the next @n fail that can. */
static void fail_after(unsigned int n)
{
	jit_fault_attr.verbose = 0;
	jit_fault_attr.interval = 1;
	jit_fault_attr.probability = 100;
	atomic_set(&jit_fault_attr.space, n + 1);
	atomic_set(&jit_fault_attr.times, 1);
}

/* Returns whether one failed. */
static bool fail_no_more(void)
{
	jit_fault_attr.probability = 0;
	return !atomic_read(&jit_fault_attr.times);
}

/* A cache, an object of each type, staged text: all that allocates. */
static bool do_all(unsigned int flags)
{
	struct jit_stage stage;
	struct jit_cache *cache;
	bool staged = true;
	void *a, *b;

	cache = jit_cache_create("oom", TEST_SPACE, TEST_SPACE + TEST_SIZE, 0, flags);
	if (IS_ERR(cache))
		return false;
	a = jit_cache_alloc(cache, 100);
	b = jit_cache_alloc(cache, SZ_4M);
	if (flags == JIT_CACHE_TEXT) {
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
 * Each place that can fail, fails once. Either there is another way, or the caller
 * is told, and then all memory is back where it came from.
 */
static void test_out_of_memory(struct kunit *test)
{
	const struct type_case *c = test->param_value;
	unsigned int n, told = 0;
	bool failed, done;

	need_text(test, c->flags);
	for (n = 0; n < 100; n++) {
		fail_after(n);
		done = do_all(c->flags);
		failed = fail_no_more();
		KUNIT_EXPECT_TRUE(test, done || failed);
		told += !done;
		KUNIT_ASSERT_NULL(test, chunk_of((void *)TEST_SPACE));
		if (!failed)
			break;
	}
	/* The cache, the extents and the chunks have no other way. */
	KUNIT_EXPECT_GE(test, told, 3U);
	KUNIT_EXPECT_LT(test, n, 100U);
	KUNIT_EXPECT_TRUE(test, do_all(c->flags));
}
#endif

/* === Before there is a user space, and before the first initcall ========== */

DEFINE_STATIC_JIT_CACHE(early_cache, "kunit_early", TEST_SPACE + SZ_32M,
			TEST_SPACE + TEST_SIZE, JIT_CACHE_TEXT);
static void *early_object;

static int __init use_early(void)
{
	if (HAS_TEXT)
		early_object = jit_cache_alloc(&early_cache, 64);
	return 0;
}
early_initcall(use_early);

static void test_early(struct kunit *test)
{
	u8 code[MAX_FUNC_SIZE];
	size_t size = emit_return(code, 4711);

	need_text(test, early_cache.flags);
	KUNIT_ASSERT_NOT_NULL(test, early_object);
	check_mapping(test, early_object, false, true);
	KUNIT_ASSERT_NOT_NULL(test, text_poke_copy(early_object, code, size));
	KUNIT_EXPECT_EQ(test, call_function(early_object), 4711U);
}

/* === Everybody at once ==================================================== */

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
		make(test, 0, TEST_SIZE, JIT_CACHE_TEXT | JIT_CACHE_REUSE_RCU),
		make(test, 0, TEST_SIZE, JIT_CACHE_TEXT | JIT_CACHE_REUSE_RCU_TASKS),
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
		jit_cache_destroy(caches[i]);
	}
}

static struct kunit_case jitcache_cases[] = {
	KUNIT_CASE_PARAM(test_protection, type_gen_params),
	KUNIT_CASE_PARAM(test_pages_are_writable_again, type_gen_params),
	KUNIT_CASE(test_huge),
	KUNIT_CASE(test_sizes),
	KUNIT_CASE(test_alignment),
	KUNIT_CASE_PARAM(test_exact_fit, type_gen_params),
	KUNIT_CASE(test_full),
	KUNIT_CASE(test_other_ranges),
	KUNIT_CASE(test_occupied_range),
	KUNIT_CASE(test_sharing),
	KUNIT_CASE(test_not_sharing),
	KUNIT_CASE(test_placement_is_random),
	KUNIT_CASE(test_owns),
	KUNIT_CASE(test_next),
	KUNIT_CASE(test_stage_commit),
	KUNIT_CASE(test_stage_commit_fails),
	KUNIT_CASE(test_stage_abort),
	KUNIT_CASE(test_under_text_mutex),
	KUNIT_CASE(test_reuse_waits_for_rcu),
	KUNIT_CASE(test_reuse_waits_for_rcu_tasks),
	KUNIT_CASE(test_reuse_at_once),
	KUNIT_CASE(test_shrink),
	KUNIT_CASE_PARAM(test_create_refused, bad_gen_params),
	KUNIT_CASE(test_create_refused_elsewhere),
	KUNIT_CASE(test_static_refused),
	KUNIT_CASE(test_alloc_refused),
	KUNIT_CASE(test_free_refused),
	KUNIT_CASE(test_destroy_refused),
	KUNIT_CASE(test_seal_refused),
	KUNIT_CASE(test_stage_refused),
#ifdef CONFIG_DEBUG_JITCACHE
	KUNIT_CASE(test_redzone),
#endif
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

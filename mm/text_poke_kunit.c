// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of text_poke_copy(), text_poke_set() and text_poke_fill().
 *
 * Run it twice: the second time with "text_poke=generic" on the command line.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/kasan.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/text_patching.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <asm/hardirq.h>
#include <asm/sections.h>

#include "internal.h"
#include "text_kunit.h"

/* === What depends on the architecture ====================================== */

/* Through what the primitive wrote to @dst, can anything still be written or executed? */
#if defined(CONFIG_X86)

static bool native_alias_is_left(const void *dst)
{
	int i;

	for (i = 0; i < ARCH_TEXT_POKE_PAGES; i++) {
		if (!pte_none(read_mm_pte(poking_mm, poking_addr + i * PAGE_SIZE)))
			return true;
	}
	return false;
}

#elif defined(CONFIG_ARM64)

#include <asm/fixmap.h>

static bool native_alias_is_left(const void *dst)
{
	return !pte_none(read_pte((void *)__fix_to_virt(FIX_TEXT_POKE0)));
}

#elif defined(CONFIG_ARM) || defined(CONFIG_RISCV)

#include <asm/fixmap.h>

static bool native_alias_is_left(const void *dst)
{
	return !pte_none(read_pte((void *)__fix_to_virt(FIX_TEXT_POKE0))) ||
	       !pte_none(read_pte((void *)__fix_to_virt(FIX_TEXT_POKE1)));
}

#elif defined(CONFIG_S390)

/* The identity map stays, and can be written. But text must not have a second address. */
static bool native_alias_is_left(const void *dst)
{
	return alias_is_exec(page_address(vmalloc_to_page(dst)));
}

#elif defined(CONFIG_PPC) && defined(CONFIG_ARCH_HAS_TEXT_POKE)

#include <asm/code-patching.h>

static bool native_alias_is_left(const void *dst)
{
	unsigned int cpu, i;

	for_each_online_cpu(cpu) {
		for (i = 0; i < PATCH_LEVELS; i++) {
			if (!pte_none(read_pte(per_cpu(text_poke_area, cpu)->addr + i * PAGE_SIZE)))
				return true;
		}
	}
	return false;
}

#elif !defined(CONFIG_ARCH_HAS_TEXT_POKE)

static bool native_alias_is_left(const void *dst)
{
	return false;
}

#else
#error "Tell the test how functions and page tables look on this architecture"
#endif

/* === Memory to poke ======================================================= */

#define TARGET_PAGES	6
#define TARGET_SIZE	(TARGET_PAGES * PAGE_SIZE)

/* Fills what is not poked. Not a byte of a trap. */
#define BACKGROUND	0x5a

/**
 * struct target - memory as a JIT uses it
 * @mem: TARGET_SIZE bytes, executable, and read-only if memory can be
 * @expect: TARGET_SIZE bytes, writable: what should be in @mem
 * @src: TARGET_SIZE bytes to copy from
 */
struct target {
	u8 *mem;
	u8 *expect;
	u8 *src;
};

static int text_poke_test_init(struct kunit *test)
{
	struct target *t;
	size_t i;

	t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;

	t->expect = kunit_kmalloc(test, TARGET_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->expect);
	memset(t->expect, BACKGROUND, TARGET_SIZE);

	t->src = kunit_kmalloc(test, TARGET_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->src);
	for (i = 0; i < TARGET_SIZE; i++)
		t->src[i] = i % 251;

	t->mem = alloc_text(TARGET_SIZE, BACKGROUND);
	KUNIT_ASSERT_NOT_NULL(test, t->mem);
	return 0;
}

static void text_poke_test_exit(struct kunit *test)
{
	struct target *t = test->priv;

	if (t)
		vfree(t->mem);
}

/* === The operations, with one signature =================================== */

/**
 * struct poke_case - an operation
 * @name: for the report
 * @poke: applies it to @len bytes of the target at @off
 * @locked: the same for callers that hold text_mutex
 * @model: does the same to ordinary memory of equal alignment
 */
struct poke_case {
	const char *name;
	void *(*poke)(void *dst, const void *src, size_t len);
	void *(*locked)(void *dst, const void *src, size_t len);
	void (*model)(u8 *dst, const u8 *src, size_t len, unsigned long addr);
};

#define SET_BYTE	0xa7

static void *set(void *dst, const void *src, size_t len)
{
	return text_poke_set(dst, SET_BYTE, len);
}

static void *set_locked(void *dst, const void *src, size_t len)
{
	return text_poke_set_locked(dst, SET_BYTE, len);
}

static void *fill(void *dst, const void *src, size_t len)
{
	return text_poke_fill(dst, len);
}

static void *fill_locked(void *dst, const void *src, size_t len)
{
	return text_poke_fill_locked(dst, len);
}

static void model_copy(u8 *dst, const u8 *src, size_t len, unsigned long addr)
{
	memcpy(dst, src, len);
}

static void model_set(u8 *dst, const u8 *src, size_t len, unsigned long addr)
{
	memset(dst, SET_BYTE, len);
}

#ifdef ARCH_TEXT_POKE_TRAP
static void model_fill(u8 *dst, const u8 *src, size_t len, unsigned long addr)
{
	const arch_text_poke_trap_t trap = ARCH_TEXT_POKE_TRAP;
	size_t i;

	for (i = 0; i < len; i++)
		dst[i] = ((const u8 *)&trap)[(addr + i) % sizeof(trap)];
}
#endif

static const struct poke_case poke_cases[] = {
	{ "copy", text_poke_copy, text_poke_copy_locked, model_copy },
	{ "set", set, set_locked, model_set },
#ifdef ARCH_TEXT_POKE_TRAP
	{ "fill", fill, fill_locked, model_fill },
#endif
};

static void poke_case_desc(const struct poke_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(poke, poke_cases, poke_case_desc);

/* === Contents ============================================================= */

/* Distances from a boundary: up to the length of an instruction, and more. */
#define AROUND	5

static void check_poke(struct kunit *test, size_t off, size_t len)
{
	const struct poke_case *c = test->param_value;
	struct target *t = test->priv;
	u8 *dst = t->mem + off;

	c->model(t->expect + off, t->src + off % 7, len, (unsigned long)dst);
	KUNIT_ASSERT_PTR_EQ_MSG(test, c->poke(dst, t->src + off % 7, len), (void *)dst,
				"offset %zu, length %zu", off, len);
	KUNIT_ASSERT_EQ_MSG(test, memcmp(t->mem, t->expect, TARGET_SIZE), 0,
			    "offset %zu, length %zu", off, len);
}

/* Starts and ends at, before and after every boundary, zero to four pages long. */
static void test_boundaries(struct kunit *test)
{
	size_t start, off, pages, len;

	for (start = PAGE_SIZE - AROUND; start <= PAGE_SIZE + AROUND; start++) {
		for (len = 0; len <= AROUND; len++)
			check_poke(test, start, len);
		for (pages = 1; pages <= 4; pages++) {
			off = pages * PAGE_SIZE;
			for (len = off - AROUND; len <= off + AROUND; len++)
				check_poke(test, start, len);
		}
	}
}

static void test_whole_area(struct kunit *test)
{
	check_poke(test, 0, TARGET_SIZE);
	check_poke(test, 0, 1);
	check_poke(test, TARGET_SIZE - 1, 1);
}

static void test_locked(struct kunit *test)
{
	const struct poke_case *c = test->param_value;
	struct target *t = test->priv;
	size_t off = PAGE_SIZE - 3;
	void *ret;

	c->model(t->expect + off, t->src, PAGE_SIZE, (unsigned long)t->mem + off);

	mutex_lock(&text_mutex);
	ret = c->locked(t->mem + off, t->src, PAGE_SIZE);
	mutex_unlock(&text_mutex);

	KUNIT_EXPECT_PTR_EQ(test, ret, (void *)(t->mem + off));
	KUNIT_EXPECT_EQ(test, memcmp(t->mem, t->expect, TARGET_SIZE), 0);
}

static void test_huge_mapping(struct kunit *test)
{
	const struct poke_case *c = test->param_value;
	struct target *t = test->priv;
	size_t off;
	u8 *mem;

	if (2 * PMD_SIZE / PAGE_SIZE > totalram_pages() / 4)
		kunit_skip(test, "two huge pages of %lu MiB are too much", PMD_SIZE / SZ_1M);
	mem = vmalloc_huge(2 * PMD_SIZE, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, mem);

	off = PMD_SIZE - PAGE_SIZE - 1;
	c->model(t->expect, t->src, 2 * PAGE_SIZE, (unsigned long)mem + off);
	KUNIT_EXPECT_PTR_EQ(test, c->poke(mem + off, t->src, 2 * PAGE_SIZE),
			    (void *)(mem + off));
	KUNIT_EXPECT_EQ(test, memcmp(mem + off, t->expect, 2 * PAGE_SIZE), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(mem, 0, off));
	KUNIT_EXPECT_NULL(test, memchr_inv(mem + off + 2 * PAGE_SIZE, 0,
					   2 * PMD_SIZE - off - 2 * PAGE_SIZE));
	vfree(mem);
}

/* === Protections ========================================================== */

static void test_protections(struct kunit *test)
{
	const struct poke_case *c = test->param_value;
	struct target *t = test->priv;

	if (!CAN_PROTECT)
		kunit_skip(test, "no ARCH_HAS_SET_MEMORY");
	KUNIT_ASSERT_TRUE(test, all_read_only_exec(t->mem, TARGET_SIZE));
	KUNIT_EXPECT_NOT_NULL(test, c->poke(t->mem + 100, t->src, 3 * PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, all_read_only_exec(t->mem, TARGET_SIZE));
}

static void test_alias_is_gone(struct kunit *test)
{
	const struct poke_case *c = test->param_value;
	struct target *t = test->priv;

	KUNIT_EXPECT_NOT_NULL(test, c->poke(t->mem + 100, t->src, 3 * PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, native_alias_is_left(t->mem + 100));
	if (text_poke_alias)
		KUNIT_EXPECT_TRUE(test, pte_none(read_pte(text_poke_alias->addr)));
}

/* === Refusals ============================================================= */

static int image_data[16];
static const int image_rodata[16] = { 1 };

/**
 * struct refused_case - a range that must not be written
 * @name: for the report
 * @dst: returns the address; may use the target
 * @len: bytes
 * @undo: undoes what @dst did
 */
struct refused_case {
	const char *name;
	void *(*dst)(struct target *t);
	size_t len;
	void (*undo)(const void *dst);
};

static void *at_null(struct target *t)
{
	return NULL;
}

static void *at_start(struct target *t)
{
	return t->mem;
}

static void *at_last_byte(struct target *t)
{
	return t->mem + TARGET_SIZE - 1;
}

static void *at_guard_page(struct target *t)
{
	return t->mem + TARGET_SIZE;
}

static void *at_user_address(struct target *t)
{
	return (void *)(PAGE_SIZE * 16);
}

static void *at_image_text(struct target *t)
{
	return dereference_function_descriptor(text_poke_copy);
}

static void *at_image_data(struct target *t)
{
	return image_data;
}

static void *at_image_rodata(struct target *t)
{
	return (void *)image_rodata;
}

static void *at_linear_map(struct target *t)
{
	return t->expect;
}

static void *at_last_address(struct target *t)
{
	return (void *)-4UL;
}

static void *at_freed_area(struct target *t)
{
	void *mem = vmalloc(PAGE_SIZE);

	vfree(mem);
	return mem;
}

static void *at_hole(struct target *t)
{
	struct vm_struct *area = get_vm_area(PAGE_SIZE, VM_ALLOC);

	return area ? area->addr : NULL;
}

static void undo_hole(const void *dst)
{
	free_vm_area(find_vm_area(dst));
}

static void *at_vmap(struct target *t)
{
	struct page *page = virt_to_page(t->expect);

	return vmap(&page, 1, VM_MAP, PAGE_KERNEL);
}

static const struct refused_case refused_cases[] = {
	{ "NULL", at_null, 1 },
	{ "length wraps", at_start, SIZE_MAX },
	{ "length wraps to zero", at_last_address, 4 + 1 },
	{ "end of the address space", at_last_address, 4 },
	{ "text of the kernel image", at_image_text, 1 },
	{ "data of the kernel image", at_image_data, sizeof(image_data) },
	{ "rodata of the kernel image", at_image_rodata, sizeof(image_rodata) },
	{ "linear map", at_linear_map, 1 },
	{ "user address", at_user_address, 1 },
	{ "one byte too long", at_start, TARGET_SIZE + 1 },
	{ "last byte and the next", at_last_byte, 2 },
	{ "far too long", at_start, SZ_1G },
	{ "guard page", at_guard_page, 1 },
	{ "freed area", at_freed_area, 1 },
	{ "area without pages", at_hole, 1, undo_hole },
	{ "mapped, not allocated", at_vmap, 1, vunmap },
};

static void refused_case_desc(const struct refused_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(refused, refused_cases, refused_case_desc);

/* The readable bytes of @dst, and zeroes for the others. */
static void snapshot(u8 *buf, const void *dst)
{
	size_t i;

	memset(buf, 0, MAX_FUNC_SIZE);
	for (i = 0; i < MAX_FUNC_SIZE; i++)
		copy_from_kernel_nofault(buf + i, dst + i, 1);
}

static void test_refused(struct kunit *test)
{
	const struct refused_case *r = test->param_value;
	u8 before[MAX_FUNC_SIZE], after[MAX_FUNC_SIZE];
	struct target *t = test->priv;
	void *dst = r->dst(t);
	size_t i;

	if (r->dst != at_null)
		KUNIT_ASSERT_NOT_NULL(test, dst);

	snapshot(before, dst);
	for (i = 0; i < ARRAY_SIZE(poke_cases); i++) {
		KUNIT_EXPECT_NULL(test, poke_cases[i].poke(dst, t->src, r->len));
		mutex_lock(&text_mutex);
		KUNIT_EXPECT_NULL(test, poke_cases[i].locked(dst, t->src, r->len));
		mutex_unlock(&text_mutex);
		KUNIT_EXPECT_PTR_EQ(test, poke_cases[i].poke(dst, t->src, 0), dst);
	}
	snapshot(after, dst);

	KUNIT_EXPECT_EQ(test, memcmp(before, after, sizeof(before)), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(t->mem, BACKGROUND, TARGET_SIZE));
	if (r->undo)
		r->undo(dst);
}

static void test_no_source(struct kunit *test)
{
	struct target *t = test->priv;

	KUNIT_EXPECT_NULL(test, text_poke_copy(t->mem, NULL, 1));
	KUNIT_EXPECT_NULL(test, memchr_inv(t->mem, BACKGROUND, TARGET_SIZE));
}

#ifndef ARCH_TEXT_POKE_TRAP
/* Refused, not filled with zeroes or another valid instruction. */
static void test_no_trap(struct kunit *test)
{
	struct target *t = test->priv;

	KUNIT_EXPECT_NULL(test, fill(t->mem, NULL, PAGE_SIZE));
	mutex_lock(&text_mutex);
	KUNIT_EXPECT_NULL(test, fill_locked(t->mem, NULL, PAGE_SIZE));
	mutex_unlock(&text_mutex);
	KUNIT_EXPECT_NULL(test, memchr_inv(t->mem, BACKGROUND, TARGET_SIZE));
}
#endif

/* === Execution ============================================================ */

#define ROUNDS	3000

static bool poke_function(void *dst, u32 value)
{
	u8 code[MAX_FUNC_SIZE];
	size_t size = emit_return(code, value);

	return text_poke_copy(dst, code, size);
}

struct call_all {
	const void *func;
	u32 value;
	atomic_t wrong;
};

static void call_on_this_cpu(void *data)
{
	struct call_all *c = data;

	if (call_function(c->func) != c->value)
		atomic_inc(&c->wrong);
}

/*
 * After a poke every CPU runs the new code, even if it has fetched the old code before.
 * In every other round the function crosses a page boundary.
 */
static void test_every_cpu_fetches_new_code(struct kunit *test)
{
	struct target *t = test->priv;
	struct call_all c = { .wrong = ATOMIC_INIT(0) };
	u8 *func;

	for (c.value = 0; c.value < ROUNDS * 0x10001U; c.value += 0x10001U) {
		func = t->mem + PAGE_SIZE - (c.value & 1 ? 8 : 64);
		KUNIT_ASSERT_TRUE(test, poke_function(func, c.value));
		c.func = func;
		on_each_cpu(call_on_this_cpu, &c, 1);
		KUNIT_ASSERT_EQ_MSG(test, atomic_read(&c.wrong), 0, "round %u",
				    c.value & 0xffff);
	}
}

/* A caller that holds text_mutex must not keep it for long. */
static void test_long(struct kunit *test)
{
	const size_t len = 3 * TEXT_POKE_LOCKED_MAX;
	u8 *mem = vzalloc(len);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	mutex_lock(&text_mutex);
	KUNIT_EXPECT_NULL(test, text_poke_set_locked(mem, 1, len));
	KUNIT_EXPECT_NULL(test, memchr_inv(mem, 0, len));
	KUNIT_EXPECT_NOT_NULL(test, text_poke_set_locked(mem, 1, TEXT_POKE_LOCKED_MAX));
	mutex_unlock(&text_mutex);
	KUNIT_EXPECT_NOT_NULL(test, text_poke_set(mem, 2, len));
	KUNIT_EXPECT_NULL(test, memchr_inv(mem, 2, len));
	vfree(mem);
}

#if defined(CONFIG_X86) && defined(CONFIG_SMP)
static unsigned int function_calls(void)
{
	unsigned int cpu, calls = 0;

	for_each_online_cpu(cpu)
		calls += per_cpu(irq_stat, cpu).irq_call_count;
	return calls;
}

/* Isolated CPUs notice interrupts. The fallback has to flush TLBs. */
static void test_no_broadcast(struct kunit *test)
{
	struct target *t = test->priv;
	unsigned int i, calls;

	if (text_poke_alias)
		kunit_skip(test, "the fallback flushes its alias");
	if (num_online_cpus() < 2)
		kunit_skip(test, "takes a second CPU");

	calls = function_calls();
	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_NOT_NULL(test, text_poke_copy(t->mem, t->src, 64));
		KUNIT_ASSERT_NOT_NULL(test, text_poke_fill(t->mem, 64));
	}
	KUNIT_EXPECT_LT(test, function_calls() - calls, 50U);
}
#endif

/**
 * struct worker - a thread on a CPU of its own
 * @task: the thread
 * @mem: the page it works in
 * @id: number of the worker, from 0
 * @rounds: how many times it has done its work
 * @called: the last published function that it has called
 * @failures: how many times that failed
 */
struct worker {
	struct task_struct *task;
	u8 *mem;
	int id;
	unsigned long rounds;
	u32 called;
	unsigned long failures;
};

/* Start a thread on every CPU, and wait until each has run. */
static struct worker *start_workers(struct kunit *test, int (*fn)(void *data))
{
	struct target *t = test->priv;
	struct worker *workers;
	int cpu;

	workers = kunit_kcalloc(test, nr_cpu_ids, sizeof(*workers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, workers);

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct worker *w = &workers[cpu];

		w->mem = t->mem;
		w->id = cpu;
		w->task = kthread_run_on_cpu(fn, w, cpu, "text_poke/%u");
		KUNIT_EXPECT_FALSE(test, IS_ERR(w->task));
		/* The test itself needs one of the CPUs. */
		if (!IS_ERR(w->task))
			set_user_nice(w->task, MAX_NICE);
	}
	cpus_read_unlock();

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct worker *w = &workers[cpu];

		while (!IS_ERR_OR_NULL(w->task) && !READ_ONCE(w->rounds))
			schedule_timeout_uninterruptible(1);
	}
	return workers;
}

static void stop_workers(struct kunit *test, struct worker *workers)
{
	int cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct worker *w = &workers[cpu];

		if (IS_ERR_OR_NULL(w->task))
			continue;
		kthread_stop(w->task);
		KUNIT_EXPECT_EQ(test, w->failures, 0);
	}
}

#define FUNC_BEFORE	(PAGE_SIZE / 2 - MAX_FUNC_SIZE)
#define FUNC_AFTER	(PAGE_SIZE / 2 + MAX_FUNC_SIZE)
#define VALUE_BEFORE	0x12345678U
#define VALUE_AFTER	0x9abcdef0U

/* Runs the code on both sides and checks that the page is not writable. */
static void call_neighbours(struct worker *w)
{
	w->failures += call_function(w->mem + FUNC_BEFORE) != VALUE_BEFORE;
	w->failures += call_function(w->mem + FUNC_AFTER) != VALUE_AFTER;
	w->failures += CAN_PROTECT && pte_is_writable(read_pte(w->mem));
}

static int run_neighbours(void *data)
{
	struct worker *w = data;
	int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < 100; i++)
			call_neighbours(w);
		WRITE_ONCE(w->rounds, w->rounds + 1);
		cond_resched();
	}
	return 0;
}

static void poke_neighbours(struct kunit *test)
{
	struct target *t = test->priv;

	KUNIT_ASSERT_TRUE(test, poke_function(t->mem + FUNC_BEFORE, VALUE_BEFORE));
	KUNIT_ASSERT_TRUE(test, poke_function(t->mem + FUNC_AFTER, VALUE_AFTER));
}

static void test_neighbours_execute(struct kunit *test)
{
	const struct poke_case *c = test->param_value;
	struct target *t = test->priv;
	struct worker *workers;
	u8 *dst = t->mem + PAGE_SIZE / 2;
	int i;

	poke_neighbours(test);
	workers = start_workers(test, run_neighbours);
	for (i = 0; i < ROUNDS / 10; i++) {
		if (!c->poke(dst, t->src + i % 100, MAX_FUNC_SIZE))
			break;
		cond_resched();
	}
	stop_workers(test, workers);
	KUNIT_EXPECT_EQ(test, i, ROUNDS / 10);
}

static unsigned int seconds = 1;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long one CPU writes functions that all CPUs call");

/* The last function that was written, by the value that it returns. */
static u32 published;

/* Two places, in turn: what is called is in one of them, and the other can be written. */
static u8 *published_func(u8 *mem, u32 value)
{
	return mem + FUNC_AFTER + (1 + value % 2) * MAX_FUNC_SIZE;
}

static int call_published(void *data)
{
	struct worker *w = data;
	u32 value;

	while (!kthread_should_stop()) {
		/* Pairs with smp_store_release() in publish(). */
		value = smp_load_acquire(&published);
		w->failures += call_function(published_func(w->mem, value)) != value;
		call_neighbours(w);
		/* Pairs with smp_load_acquire() in all_have_called(). */
		smp_store_release(&w->called, value);
		WRITE_ONCE(w->rounds, w->rounds + 1);
		cond_resched();
		cpu_relax();
	}
	return 0;
}

static bool all_have_called(struct worker *workers, u32 value)
{
	int cpu;

	for_each_online_cpu(cpu) {
		/* Pairs with smp_store_release() in call_published(). */
		if (smp_load_acquire(&workers[cpu].called) != value)
			return false;
	}
	return true;
}

static bool publish(u8 *mem, u32 value)
{
	if (!poke_function(published_func(mem, value), value))
		return false;
	/* CPUs that have called what was in this place may hold its instructions. */
	kick_all_cpus_sync();
	/* Pairs with smp_load_acquire() in call_published(). */
	smp_store_release(&published, value);
	return true;
}

/* One CPU writes, and all CPUs call what it wrote, and what stands beside. */
static void test_all_call_what_one_writes(struct kunit *test)
{
	struct target *t = test->priv;
	struct worker *workers;
	unsigned long end, pokes = 0;
	bool written = true;
	u32 value = 1;
	int i;

	poke_neighbours(test);
	KUNIT_ASSERT_TRUE(test, publish(t->mem, value));
	workers = start_workers(test, call_published);
	end = jiffies + seconds * HZ;
	while (written && (time_before(jiffies, end) || value < 10)) {
		for (i = 0; i < 10 && written; i++, pokes++)
			written = text_poke_set(t->mem + PAGE_SIZE / 2, i, MAX_FUNC_SIZE);
		if (written && all_have_called(workers, value))
			written = publish(t->mem, ++value);
		schedule_timeout_uninterruptible(1);
	}
	stop_workers(test, workers);
	KUNIT_EXPECT_TRUE(test, written);
	kunit_info(test, "%lu pokes, %u functions, %u seconds", pokes, value, seconds);
}

#define SLOT_SIZE	64

static int poke_own_slot(void *data)
{
	struct worker *w = data;
	u8 *slot = w->mem + (w->id * SLOT_SIZE) % PAGE_SIZE;

	while (!kthread_should_stop()) {
		u32 value = w->rounds;

		if (!poke_function(slot, value) || call_function(slot) != value)
			w->failures++;
		WRITE_ONCE(w->rounds, w->rounds + 1);
		cond_resched();
	}
	return 0;
}

/* Writers of one page, each on a CPU of its own, do not disturb each other. */
static void test_every_cpu_pokes(struct kunit *test)
{
	struct worker *workers;
	int cpu;

	if (nr_cpu_ids > PAGE_SIZE / SLOT_SIZE)
		kunit_skip(test, "more CPUs than slots in a page");

	workers = start_workers(test, poke_own_slot);
	for_each_online_cpu(cpu) {
		while (READ_ONCE(workers[cpu].rounds) < ROUNDS / 10)
			schedule_timeout_uninterruptible(1);
	}
	stop_workers(test, workers);
}

#ifdef CONFIG_S390
/* The last byte is the test's, the others are the workers'. */
static int write_same_doubleword(void *data)
{
	struct worker *w = data;
	u8 *byte = w->mem + w->id;

	while (!kthread_should_stop()) {
		u8 value = w->rounds;

		s390_kernel_write(byte, &value, 1);
		w->failures += READ_ONCE(*byte) != value;
		WRITE_ONCE(w->rounds, w->rounds + 1);
		cond_resched();
	}
	return 0;
}

/* s390_kernel_write() writes all of a doubleword, and its callers need no text_mutex. */
static void test_same_doubleword(struct kunit *test)
{
	struct target *t = test->priv;
	struct worker *workers;
	unsigned int i;
	u8 *byte = t->mem + sizeof(u64) - 1;
	u8 value;

	if (text_poke_alias)
		kunit_skip(test, "the fallback does not know the lock");
	if (nr_cpu_ids > sizeof(u64) - 1)
		kunit_skip(test, "more CPUs than bytes");

	workers = start_workers(test, write_same_doubleword);
	for (i = 0; i < 10 * ROUNDS; i++) {
		value = i;
		if (!text_poke_copy(byte, &value, 1) || READ_ONCE(*byte) != value)
			break;
		cond_resched();
	}
	stop_workers(test, workers);
	KUNIT_EXPECT_EQ(test, i, 10 * ROUNDS);
}
#endif

static struct kunit_case text_poke_test_cases[] = {
	KUNIT_CASE_PARAM(test_boundaries, poke_gen_params),
	KUNIT_CASE_PARAM(test_whole_area, poke_gen_params),
	KUNIT_CASE_PARAM(test_locked, poke_gen_params),
	KUNIT_CASE_PARAM(test_huge_mapping, poke_gen_params),
	KUNIT_CASE_PARAM(test_protections, poke_gen_params),
	KUNIT_CASE_PARAM(test_alias_is_gone, poke_gen_params),
	KUNIT_CASE_PARAM(test_refused, refused_gen_params),
	KUNIT_CASE(test_no_source),
#ifndef ARCH_TEXT_POKE_TRAP
	KUNIT_CASE(test_no_trap),
#endif
	KUNIT_CASE(test_long),
#if defined(CONFIG_X86) && defined(CONFIG_SMP)
	KUNIT_CASE(test_no_broadcast),
#endif
	KUNIT_CASE(test_every_cpu_fetches_new_code),
	KUNIT_CASE_PARAM(test_neighbours_execute, poke_gen_params),
	KUNIT_CASE(test_all_call_what_one_writes),
	KUNIT_CASE(test_every_cpu_pokes),
#ifdef CONFIG_S390
	KUNIT_CASE(test_same_doubleword),
#endif
	{}
};

static struct kunit_suite text_poke_test_suite = {
	.name = "text_poke",
	.init = text_poke_test_init,
	.exit = text_poke_test_exit,
	.test_cases = text_poke_test_cases,
};

kunit_test_suite(text_poke_test_suite);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit suite of jit_cache: freed objects that wait for a grace period. A task blocks
 * grace periods meanwhile.
 */

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/jitcache.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "jitcache.h"
#include "jitcache_kunit.h"
#include "text_kunit.h"

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

/*
 * The reports of such tasks from the field: a loop in a kthread, that a CPU is given to.
 * Without CONFIG_TASKS_RCU it holds nothing: call_rcu_tasks() is call_rcu() then, and a
 * tick in the loop can be a quiescent state.
 */
static int hold_rcu_tasks(void *data)
{
	struct completion *held = data;

	if (!IS_ENABLED(CONFIG_TASKS_RCU))
		return hold_rcu(data);
	complete(held);
	while (!kthread_should_stop())
		cpu_relax();
	return 0;
}

static void need_two_cpus(struct kunit *test)
{
	if (num_online_cpus() < 2)
		kunit_skip(test, "takes a second CPU");
}

/* Block grace periods until the task that is returned is stopped. */
static struct task_struct *block(struct kunit *test, int (*hold)(void *data),
				 struct completion *held)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	struct task_struct *reader;

	reader = kthread_run_on_cpu(hold, held, cpu, "hold_rcu/%u");
	KUNIT_ASSERT_FALSE(test, IS_ERR(reader));
	wait_for_completion(held);
	return reader;
}

/*
 * A reader may execute the object until the grace period has passed. The range has room
 * for one object.
 */
static void test_free_waits_for_rcu(struct kunit *test)
{
	size_t size = text_room(PAGE_SIZE);
	DECLARE_COMPLETION_ONSTACK(held);
	struct task_struct *reader;
	struct jit_cache *cache;
	void *func;

	need_two_cpus(test);
	cache = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_FREE_RCU);
	func = make_function(cache, size, 31);
	KUNIT_ASSERT_NOT_NULL(test, func);
	reader = block(test, hold_rcu, &held);
	jit_cache_free(cache, func);
	KUNIT_EXPECT_EQ(test, call_function(func), 31U);
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, func));
	KUNIT_EXPECT_GT(test, cache->stat[JIT_CACHE_WAITING], size);
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), 0);
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, size));

	kthread_stop(reader);
	wait_until_none_waits(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, size), func);
	KUNIT_EXPECT_TRUE(test, jit_traps(func, size));
	jit_cache_free(cache, func);
	destroy_and_wait(test, cache);
}

static void test_free_waits_for_rcu_tasks(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_FREE_RCU_TASKS);
	size_t size = text_room(PAGE_SIZE);
	void *func = make_function(cache, size, 32);

	KUNIT_ASSERT_NOT_NULL(test, func);
	jit_cache_free(cache, func);
	wait_until_none_waits(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, size), func);
	KUNIT_EXPECT_TRUE(test, jit_traps(func, size));
	jit_cache_free(cache, func);
	destroy_and_wait(test, cache);
}

/* Where call_rcu() could be called: under a spinlock and under text_mutex. */
static void test_free_does_not_sleep(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU);
	void *func = make_function(cache, 64, 33);

	KUNIT_ASSERT_NOT_NULL(test, func);
	mutex_lock(&text_mutex);
	preempt_disable();
	jit_cache_free(cache, func);
	preempt_enable();
	mutex_unlock(&text_mutex);
	destroy_and_wait(test, cache);
}

/* The last object that waits takes the cache and its pool along. */
static void test_destroy_does_not_wait(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(held);
	struct task_struct *reader;
	struct jit_cache *cache;
	unsigned int i;
	void *func;

	need_two_cpus(test);
	cache = make(test, JIT_TEXT, SZ_32M, SZ_4M, JIT_CACHE_FREE_RCU);
	func = make_function(cache, 100, 34);
	KUNIT_ASSERT_NOT_NULL(test, func);
	reader = block(test, hold_rcu, &held);
	jit_cache_free(cache, func);
	jit_cache_destroy(cache);
	KUNIT_EXPECT_EQ(test, call_function(func), 34U);
	kthread_stop(reader);
	for (i = 0; i < 3000 && chunk_of(func); i++)
		msleep(20);
	KUNIT_EXPECT_NULL(test, chunk_of(func));
}

/**
 * struct kind_case - a kind of grace period
 * @name: for the report
 * @flag: of a cache
 * @hold: keeps it from ending
 */
struct kind_case {
	const char *name;
	unsigned int flag;
	int (*hold)(void *data);
};

static const struct kind_case kind_cases[] = {
	{ "RCU", JIT_CACHE_FREE_RCU, hold_rcu },
	{ "RCU tasks", JIT_CACHE_FREE_RCU_TASKS, hold_rcu_tasks },
};

static void kind_case_desc(const struct kind_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kind_cases, kind_case_desc);

/* A grace period that does not end holds up no cache but those that name it. */
static void test_waiting_is_bounded(struct kunit *test)
{
	const struct kind_case *c = test->param_value;
	DECLARE_COMPLETION_ONSTACK(held);
	struct jit_cache *cache, *other;
	struct task_struct *holder;
	unsigned int n;
	void *addr;

	need_two_cpus(test);
	cache = make(test, JIT_TEXT, 0, TEST_SIZE, c->flag);
	other = make_text(test);
	holder = block(test, c->hold, &held);
	for (n = 0; n < 20000; n++) {
		addr = jit_cache_alloc(cache, 1000);
		if (!addr)
			break;
		jit_cache_free(cache, addr);
		/* A grace period that can end does. */
		if (n == 1000)
			msleep(200);
	}
	KUNIT_EXPECT_LT(test, n, 17000U);
	KUNIT_EXPECT_GT(test, cache->stat[JIT_CACHE_WAITING], JIT_WAITING_MAX);
	KUNIT_EXPECT_LE(test, cache->stat[JIT_CACHE_WAITING], JIT_WAITING_MAX + SZ_64K);
	jit_cache_free(other, alloc(test, other, 100));
	jit_cache_shrink(other);

	kthread_stop(holder);
	wait_until_none_waits(test, cache);
	jit_cache_free(cache, alloc(test, cache, SZ_64K));
	destroy_and_wait(test, cache);
	jit_cache_destroy(other);
}

/* Adjacent objects are filled at once: none is left out, and none besides. */
static void test_fill_of_neighbours(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU);
	struct jit_cache *other = make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU_TASKS);
	const unsigned int n = 300;
	void **objs = kunit_kcalloc(test, 2 * n, sizeof(*objs), GFP_KERNEL);
	void **kept = objs + n;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < n; i++) {
		objs[i] = make_function(i % 3 ? cache : other, 40 + i * 7, i);
		kept[i] = i % 5 ? NULL : make_function(cache, 40 + i, i);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
		KUNIT_ASSERT_TRUE(test, i % 5 || kept[i]);
	}
	for (i = 0; i < n; i++)
		jit_free(objs[i * 7 % n]);
	wait_until_none_waits(test, cache);
	wait_until_none_waits(test, other);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_TRUE(test, jit_traps(objs[i], 40 + i * 7));
		if (kept[i])
			KUNIT_EXPECT_EQ(test, call_function(kept[i]), i);
		jit_free(kept[i]);
	}
	destroy_and_wait(test, cache);
	destroy_and_wait(test, other);
}

static struct kunit_case jitcache_wait_cases[] = {
	KUNIT_CASE(test_free_waits_for_rcu),
	KUNIT_CASE(test_free_waits_for_rcu_tasks),
	KUNIT_CASE(test_free_does_not_sleep),
	KUNIT_CASE(test_destroy_does_not_wait),
	KUNIT_CASE_PARAM(test_waiting_is_bounded, kind_gen_params),
	KUNIT_CASE(test_fill_of_neighbours),
	{}
};

static struct kunit_suite jitcache_wait_suite = {
	.name = "jitcache_wait",
	.test_cases = jitcache_wait_cases,
};

kunit_test_suite(jitcache_wait_suite);

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

/* Block grace periods of RCU until the task that is returned is stopped. */
static struct task_struct *block_rcu(struct kunit *test, struct completion *held)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	struct task_struct *reader;

	if (num_online_cpus() < 2)
		kunit_skip(test, "takes a second CPU");
	reader = kthread_run_on_cpu(hold_rcu, held, cpu, "hold_rcu/%u");
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
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_FREE_RCU);
	void *func = make_function(cache, PAGE_SIZE, 31);
	DECLARE_COMPLETION_ONSTACK(held);
	struct task_struct *reader;

	KUNIT_ASSERT_NOT_NULL(test, func);
	reader = block_rcu(test, &held);
	jit_cache_free(cache, func);
	KUNIT_EXPECT_EQ(test, call_function(func), 31U);
	KUNIT_EXPECT_FALSE(test, jit_cache_owns(cache, func));
	KUNIT_EXPECT_EQ(test, cache->stat[JIT_CACHE_WAITING], PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, jit_cache_shrink(cache), 0);
	KUNIT_EXPECT_NULL(test, jit_cache_alloc(cache, PAGE_SIZE));

	kthread_stop(reader);
	wait_until_none_waits(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, PAGE_SIZE), func);
	KUNIT_EXPECT_TRUE(test, jit_traps(func, PAGE_SIZE));
	jit_cache_free(cache, func);
	destroy_and_wait(test, cache);
}

static void test_free_waits_for_rcu_tasks(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, PAGE_SIZE, JIT_CACHE_FREE_RCU_TASKS);
	void *func = make_function(cache, PAGE_SIZE, 32);

	KUNIT_ASSERT_NOT_NULL(test, func);
	jit_cache_free(cache, func);
	wait_until_none_waits(test, cache);
	KUNIT_EXPECT_PTR_EQ(test, alloc(test, cache, PAGE_SIZE), func);
	KUNIT_EXPECT_TRUE(test, jit_traps(func, PAGE_SIZE));
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
	struct jit_cache *cache = make(test, JIT_TEXT, SZ_32M, SZ_4M, JIT_CACHE_FREE_RCU);
	void *func = make_function(cache, 100, 34);
	DECLARE_COMPLETION_ONSTACK(held);
	struct task_struct *reader;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, func);
	reader = block_rcu(test, &held);
	jit_cache_free(cache, func);
	jit_cache_destroy(cache);
	KUNIT_EXPECT_EQ(test, call_function(func), 34U);
	kthread_stop(reader);
	for (i = 0; i < 3000 && chunk_of(func); i++)
		msleep(20);
	KUNIT_EXPECT_NULL(test, chunk_of(func));
}

/* A grace period that does not end holds up no cache but those that name it. */
static void test_waiting_is_bounded(struct kunit *test)
{
	struct jit_cache *cache = make(test, JIT_TEXT, 0, TEST_SIZE, JIT_CACHE_FREE_RCU);
	struct jit_cache *other = make_text(test);
	DECLARE_COMPLETION_ONSTACK(held);
	struct task_struct *reader;
	unsigned int n;
	void *addr;

	reader = block_rcu(test, &held);
	for (n = 0; n < 4 * JIT_WAITING_MAX / SZ_64K; n++) {
		addr = jit_cache_alloc(cache, SZ_64K - 64);
		if (!addr)
			break;
		jit_cache_free(cache, addr);
	}
	KUNIT_EXPECT_LT(test, n, 2 * JIT_WAITING_MAX / SZ_64K);
	KUNIT_EXPECT_GT(test, cache->stat[JIT_CACHE_WAITING], JIT_WAITING_MAX);
	KUNIT_EXPECT_LE(test, cache->stat[JIT_CACHE_WAITING], JIT_WAITING_MAX + SZ_64K);
	jit_cache_free(other, alloc(test, other, 100));
	jit_cache_shrink(other);

	kthread_stop(reader);
	wait_until_none_waits(test, cache);
	jit_cache_free(cache, alloc(test, cache, SZ_64K));
	destroy_and_wait(test, cache);
	jit_cache_destroy(other);
}

static struct kunit_case jitcache_wait_cases[] = {
	KUNIT_CASE(test_free_waits_for_rcu),
	KUNIT_CASE(test_free_waits_for_rcu_tasks),
	KUNIT_CASE(test_free_does_not_sleep),
	KUNIT_CASE(test_destroy_does_not_wait),
	KUNIT_CASE(test_waiting_is_bounded),
	{}
};

static struct kunit_suite jitcache_wait_suite = {
	.name = "jitcache_wait",
	.test_cases = jitcache_wait_cases,
};

kunit_test_suite(jitcache_wait_suite);

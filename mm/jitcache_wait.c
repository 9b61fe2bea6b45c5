// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freed objects that wait for a grace period, of caches that name one. They stay as they
 * are until it has passed. Then a worker makes them trap and gives their memory back to
 * the pool, all that have waited for the same grace period in one pass.
 *
 * A pool has a batch for each kind of grace period, so that one which does not end holds
 * up no objects but those that wait for its kind.
 */

#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "jitcache.h"

static struct jit_batch *jit_batch_of(struct jit_pool *pool, const struct jit_cache *cache)
{
	if (cache->flags & JIT_CACHE_FREE_RCU_TASKS)
		return &pool->batches[JIT_WAIT_RCU_TASKS];
	if (cache->flags & JIT_CACHE_FREE_RCU)
		return &pool->batches[JIT_WAIT_RCU];
	return NULL;
}

/* In softirq or in a kthread of RCU, neither of which should fill text. */
static void jit_batch_passed(struct rcu_head *rcu)
{
	struct jit_batch *batch = container_of(rcu, struct jit_batch, rcu);

	queue_work(system_unbound_wq, &batch->work);
}

/* Request a grace period for all extents that were freed since the last one. */
static void jit_batch_close(struct jit_batch *batch)
{
	lockdep_assert_held(&batch->pool->lock);

	batch->closed = batch->open;
	batch->open = NULL;
	if (!batch->closed)
		return;
	if (batch == &batch->pool->batches[JIT_WAIT_RCU_TASKS])
		call_rcu_tasks(&batch->rcu, jit_batch_passed);
	else
		call_rcu(&batch->rcu, jit_batch_passed);
}

/* An extent does not wait any more. Its cache may have been destroyed meanwhile. */
static void jit_batch_count(struct jit_batch *batch, const struct jit_extent *extent,
			    struct list_head *unused)
{
	struct jit_cache *cache = extent->freed_by;

	lockdep_assert_held(&batch->pool->lock);

	batch->bytes -= extent->size;
	cache->stat[JIT_CACHE_WAITING] -= extent->size;
	if (cache->destroyed && !cache->stat[JIT_CACHE_WAITING])
		list_add(&cache->list, unused);
}

static void jit_batch_work(struct work_struct *work)
{
	struct jit_batch *batch = container_of(work, struct jit_batch, work);
	struct jit_extent *extent, *next_extent;
	struct jit_pool *pool = batch->pool;
	struct jit_cache *cache, *next;
	LIST_HEAD(unused);
	bool filled;

	for (extent = batch->closed; extent; extent = next_extent) {
		next_extent = extent->next;
		filled = jit_fill(extent, 0, extent->freed_from);
		spin_lock(&pool->lock);
		jit_batch_count(batch, extent, &unused);
		/* What does not trap must not become another object. It is leaked. */
		if (filled)
			jit_pool_free_locked(pool, extent);
		spin_unlock(&pool->lock);
		cond_resched();
	}

	spin_lock(&pool->lock);
	jit_batch_close(batch);
	spin_unlock(&pool->lock);

	/* The last cache that is released takes the pool along, and the batch. */
	list_for_each_entry_safe(cache, next, &unused, list)
		jit_cache_release(cache);
}

/**
 * jit_wait_init() - nothing waits yet
 * @pool: a new pool
 */
void jit_wait_init(struct jit_pool *pool)
{
	unsigned int i;

	for (i = 0; i < NR_JIT_WAITS; i++) {
		pool->batches[i].pool = pool;
		INIT_WORK(&pool->batches[i].work, jit_batch_work);
	}
}

/**
 * jit_wait_free() - let an extent wait, if its cache names a grace period
 * @extent: an extent in state JIT_EXTENT_WAITING
 * @cache: the cache that it belonged to
 * @caller: return address of the call that frees the object
 *
 * Context: Caller holds jit_pool.lock.
 * Return: true if it waits; false if the caller makes it free.
 */
bool jit_wait_free(struct jit_extent *extent, struct jit_cache *cache,
		   unsigned long caller)
{
	struct jit_pool *pool = jit_extent_pool(extent);
	struct jit_batch *batch = jit_batch_of(pool, cache);

	lockdep_assert_held(&pool->lock);

	if (!batch)
		return false;
	extent->freed_by = cache;
	extent->freed_from = caller;
	extent->next = batch->open;
	batch->open = extent;
	batch->bytes += extent->size;
	cache->stat[JIT_CACHE_WAITING] += extent->size;
	if (!batch->closed)
		jit_batch_close(batch);
	return true;
}

/**
 * jit_wait_is_full() - must a cache not allocate, since too much waits?
 * @pool: the pool of the cache
 * @cache: the cache
 *
 * A single answer may be late: the limit is there for a grace period that never ends.
 *
 * Context: Any.
 * Return: true if so.
 */
bool jit_wait_is_full(struct jit_pool *pool, const struct jit_cache *cache)
{
	struct jit_batch *batch = jit_batch_of(pool, cache);

	if (!batch || READ_ONCE(batch->bytes) <= JIT_WAITING_MAX)
		return false;
	pr_warn_ratelimited("jit_cache: %s: no allocation, %lu bytes wait for a grace period\n",
			    cache->name, batch->bytes);
	return true;
}

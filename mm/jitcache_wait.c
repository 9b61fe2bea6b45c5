// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freed objects that wait for a grace period, of caches that name one. They stay as they
 * are until it has passed. Then a worker makes them trap, adjacent ones at once, and gives
 * their memory back to the pool.
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

	batch->busy = !list_empty(&batch->open);
	if (!batch->busy)
		return;
	list_splice_init(&batch->open, &batch->closed);
	if (batch == &batch->pool->batches[JIT_WAIT_RCU_TASKS])
		call_rcu_tasks(&batch->rcu, jit_batch_passed);
	else
		call_rcu(&batch->rcu, jit_batch_passed);
}

/* === The worker =========================================================== */

/* Bytes to fill at once, during which the lock of the pool is not held. */
#define JIT_RUN_MAX	SZ_16K

/* Tell the extents that the worker is to fill from others in the list of the arena. */
static void jit_batch_mark(struct jit_batch *batch)
{
	struct jit_extent *extent;

	spin_lock(&batch->pool->lock);
	list_for_each_entry(extent, &batch->closed, batch) {
		extent->state = JIT_EXTENT_PASSED;
		/* Only the worker changes what is closed while it runs. */
		cond_resched_lock(&batch->pool->lock);
	}
	spin_unlock(&batch->pool->lock);
}

/* Can @extent be filled along with @bytes next to it? */
static bool jit_batch_wants(struct jit_batch *batch, const struct jit_extent *extent,
			    size_t bytes)
{
	return extent->state == JIT_EXTENT_PASSED &&
	       jit_batch_of(batch->pool, extent->freed_by) == batch &&
	       bytes + extent->size <= JIT_RUN_MAX;
}

/* Some adjacent extents to fill. Returns the first, and sets @bytes of all. */
static struct jit_extent *jit_batch_run(struct jit_batch *batch, size_t *bytes)
{
	struct jit_extent *extent, *first, *pos;

	lockdep_assert_held(&batch->pool->lock);

	extent = list_first_entry(&batch->closed, struct jit_extent, batch);
	*bytes = extent->size;
	first = extent;
	pos = extent;
	list_for_each_entry_continue_reverse(pos, &extent->arena->extents, list) {
		if (!jit_batch_wants(batch, pos, *bytes))
			break;
		*bytes += pos->size;
		first = pos;
	}
	pos = extent;
	list_for_each_entry_continue(pos, &extent->arena->extents, list) {
		if (!jit_batch_wants(batch, pos, *bytes))
			break;
		*bytes += pos->size;
	}
	return first;
}

/* An extent does not wait any more. */
static void jit_batch_remove(struct jit_batch *batch, struct jit_extent *extent)
{
	lockdep_assert_held(&batch->pool->lock);

	list_del(&extent->batch);
	extent->state = JIT_EXTENT_WAITING;
	batch->bytes -= extent->size;
	extent->freed_by->stat[JIT_CACHE_WAITING] -= extent->size;
}

/* Make one extent of the @bytes that begin with @first. The others go to @gone. */
static void jit_batch_join(struct jit_batch *batch, struct jit_extent *first, size_t bytes,
			   struct list_head *gone)
{
	struct jit_extent *next;

	lockdep_assert_held(&batch->pool->lock);

	jit_batch_remove(batch, first);
	while (first->size < bytes) {
		next = list_next_entry(first, list);
		jit_batch_remove(batch, next);
		jit_extent_join(&batch->pool->space, first, next);
		list_add(&next->batch, gone);
	}
}

/* Readers may still look at these. To wait once costs less than a kfree_rcu() for each. */
static void jit_batch_free_gone(struct list_head *gone)
{
	struct jit_extent *extent, *next;

	if (list_empty(gone))
		return;
	synchronize_rcu();
	list_for_each_entry_safe(extent, next, gone, batch)
		kfree(extent);
}

/* Destroyed caches of which nothing waits any more go to @unused. */
static void jit_batch_end(struct jit_batch *batch, struct list_head *unused)
{
	struct jit_cache *cache, *next;

	spin_lock(&batch->pool->lock);
	list_for_each_entry_safe(cache, next, &batch->destroyed, list) {
		if (!cache->stat[JIT_CACHE_WAITING])
			list_move(&cache->list, unused);
	}
	jit_batch_close(batch);
	spin_unlock(&batch->pool->lock);
}

static void jit_batch_work(struct work_struct *work)
{
	struct jit_batch *batch = container_of(work, struct jit_batch, work);
	struct jit_pool *pool = batch->pool;
	struct jit_cache *cache, *next;
	struct jit_extent *first;
	struct jit_chunk *chunk;
	LIST_HEAD(unused);
	LIST_HEAD(gone);
	size_t bytes;
	bool filled;

	jit_batch_mark(batch);
	while (!list_empty(&batch->closed)) {
		spin_lock(&pool->lock);
		first = jit_batch_run(batch, &bytes);
		spin_unlock(&pool->lock);

		filled = jit_fill(pool, first->start, bytes, first->freed_from);

		spin_lock(&pool->lock);
		jit_batch_join(batch, first, bytes, &gone);
		/* What does not trap must not become another object. It is leaked. */
		chunk = filled ? jit_pool_free_locked(pool, first, true) : NULL;
		spin_unlock(&pool->lock);
		if (chunk)
			jit_chunk_destroy(chunk);
		cond_resched();
	}

	jit_batch_free_gone(&gone);
	jit_batch_end(batch, &unused);

	/* The last cache that is released takes the pool along, and the batch. */
	list_for_each_entry_safe(cache, next, &unused, list)
		jit_cache_release(cache);
}

/* === What the pool calls ================================================== */

/**
 * jit_wait_init() - nothing waits yet
 * @pool: a new pool
 */
void jit_wait_init(struct jit_pool *pool)
{
	unsigned int i;

	for (i = 0; i < NR_JIT_WAITS; i++) {
		pool->batches[i].pool = pool;
		INIT_LIST_HEAD(&pool->batches[i].open);
		INIT_LIST_HEAD(&pool->batches[i].closed);
		INIT_LIST_HEAD(&pool->batches[i].destroyed);
		INIT_WORK(&pool->batches[i].work, jit_batch_work);
	}
}

/**
 * jit_wait_free() - let an extent wait
 * @extent: an extent in state JIT_EXTENT_WAITING
 * @cache: the cache that it belonged to, which names a grace period
 * @caller: return address of the call that frees the object
 *
 * Context: Caller holds jit_pool.lock.
 */
void jit_wait_free(struct jit_extent *extent, struct jit_cache *cache,
		   unsigned long caller)
{
	struct jit_pool *pool = jit_extent_pool(extent);
	struct jit_batch *batch = jit_batch_of(pool, cache);

	lockdep_assert_held(&pool->lock);

	extent->freed_by = cache;
	extent->freed_from = caller;
	list_add_tail(&extent->batch, &batch->open);
	batch->bytes += extent->size;
	cache->stat[JIT_CACHE_WAITING] += extent->size;
	if (!batch->busy)
		jit_batch_close(batch);
}

/**
 * jit_wait_destroy() - leave a destroyed cache to the worker
 * @cache: the cache, which is in no list any more
 *
 * Context: Process context, does not sleep.
 * Return: true if the worker releases it; false if the caller does, since none is busy with
 * caches that name the same kind of grace period.
 */
bool jit_wait_destroy(struct jit_cache *cache)
{
	struct jit_batch *batch = jit_batch_of(cache->pool, cache);
	bool busy;

	if (!batch)
		return false;
	spin_lock(&cache->pool->lock);
	busy = batch->busy;
	if (busy)
		list_add(&cache->list, &batch->destroyed);
	spin_unlock(&cache->pool->lock);
	return busy;
}

/**
 * jit_wait_is_full() - must a cache not allocate, since too much waits?
 * @pool: the pool of the cache
 * @cache: the cache, which names a grace period
 *
 * A single answer may be late: the limit is there for a grace period that never ends.
 *
 * Context: Any.
 * Return: true if so.
 */
bool jit_wait_is_full(struct jit_pool *pool, const struct jit_cache *cache)
{
	struct jit_batch *batch = jit_batch_of(pool, cache);

	if (READ_ONCE(batch->bytes) <= JIT_WAITING_MAX)
		return false;
	pr_warn_ratelimited("jit_cache: %s: no allocation, %lu bytes wait for a grace period\n",
			    cache->name, batch->bytes);
	return true;
}

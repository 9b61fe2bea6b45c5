// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools: the chunks that caches of equal range and type share, how they grow, and how
 * they give memory back. See jitcache.c for the order of the locks.
 */

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "jitcache.h"

/* === Data ================================================================= */

LIST_HEAD(jit_pools);

const struct jit_traits jit_traits[] = {
	[JIT_TEXT]		= { "text", .packed = true, .text = true },
	[JIT_DATA]		= { "data", .packed = true },
	[JIT_RODATA]		= { "rodata", .seals = true },
	[JIT_RO_AFTER_INIT]	= { "ro_after_init", .seals = true },
	[JIT_RAW]		= { "raw", .raw = true },
};

static_assert(ARRAY_SIZE(jit_traits) == NR_JIT_TYPES);

bool jit_nomerge __ro_after_init;

static int __init jit_nomerge_param(char *arg)
{
	jit_nomerge = true;
	return 0;
}
early_param("jitcache_nomerge", jit_nomerge_param);

/*
 * Empty chunks that have left their pool. Unmapping sleeps, which code that holds the
 * lock of the pool cannot.
 */
static LIST_HEAD(jit_doomed);
static DEFINE_SPINLOCK(jit_doomed_lock);

/*
 * Held while doomed chunks are destroyed. Acquiring this after dooming a chunk
 * guarantees that it has been destroyed.
 */
static DEFINE_MUTEX(jit_reap_mutex);

/* Pages of all empty chunks that are still in a pool: what the shrinker can get. */
static atomic_long_t jit_idle_pages;

/* === Empty chunks ========================================================= */

static void jit_chunk_set_idle(struct jit_chunk *chunk)
{
	lockdep_assert_held(&chunk->pool->lock);

	chunk->pool->idle++;
	atomic_long_add(chunk->size >> PAGE_SHIFT, &jit_idle_pages);
}

static void jit_chunk_clear_idle(struct jit_chunk *chunk)
{
	lockdep_assert_held(&chunk->pool->lock);

	chunk->pool->idle--;
	atomic_long_sub(chunk->size >> PAGE_SHIFT, &jit_idle_pages);
}

/**
 * jit_reap_doomed() - destroy all doomed chunks
 *
 * Context: Process context, may sleep. Takes jit_reap_mutex.
 */
void jit_reap_doomed(void)
{
	struct jit_chunk *chunk, *next;
	LIST_HEAD(doomed);

	mutex_lock(&jit_reap_mutex);
	spin_lock(&jit_doomed_lock);
	list_splice_init(&jit_doomed, &doomed);
	spin_unlock(&jit_doomed_lock);

	list_for_each_entry_safe(chunk, next, &doomed, doomed)
		jit_chunk_destroy(chunk);
	mutex_unlock(&jit_reap_mutex);
}

static void jit_reap_work(struct work_struct *work)
{
	jit_reap_doomed();
}

static DECLARE_WORK(jit_reaper, jit_reap_work);

/**
 * jit_pool_forget() - a chunk is no part of the pool any more
 * @pool: the pool
 * @chunk: a chunk that has no object
 *
 * Context: Caller holds jit_pool.lock.
 */
void jit_pool_forget(struct jit_pool *pool, struct jit_chunk *chunk)
{
	lockdep_assert_held(&pool->lock);

	list_del_rcu(&chunk->list);
	pool->bytes -= chunk->size;
}

/* Take a chunk that has no object out of its pool. Returns its pages. */
static unsigned long jit_chunk_doom(struct jit_chunk *chunk)
{
	lockdep_assert_held(&chunk->pool->lock);

	jit_pool_forget(chunk->pool, chunk);
	spin_lock(&jit_doomed_lock);
	list_add_tail(&chunk->doomed, &jit_doomed);
	spin_unlock(&jit_doomed_lock);
	schedule_work(&jit_reaper);
	return chunk->size >> PAGE_SHIFT;
}

/**
 * jit_pool_shrink() - doom empty chunks
 * @pool: the pool
 * @pages: stop when they have that many pages
 *
 * Context: Process context, does not sleep.
 * Return: the number of pages of the doomed chunks.
 */
unsigned long jit_pool_shrink(struct jit_pool *pool, unsigned long pages)
{
	struct jit_chunk *chunk, *next;
	unsigned long done = 0;

	spin_lock(&pool->lock);
	jit_undelay(pool);
	list_for_each_entry_safe(chunk, next, &pool->chunks, list) {
		if (!pool->idle || done >= pages)
			break;
		if (!jit_arena_is_empty(&chunk->arena))
			continue;
		jit_chunk_clear_idle(chunk);
		jit_arena_exit(&pool->space, &chunk->arena);
		done += jit_chunk_doom(chunk);
	}
	spin_unlock(&pool->lock);
	return done;
}

static unsigned long jit_shrink_count(struct shrinker *shrinker,
				      struct shrink_control *sc)
{
	return atomic_long_read(&jit_idle_pages) ?: SHRINK_EMPTY;
}

/* Reclaim may run inside an allocation under jit_mutex, so this must not wait for it. */
static unsigned long jit_shrink_scan(struct shrinker *shrinker,
				     struct shrink_control *sc)
{
	unsigned long done = 0;
	struct jit_pool *pool;

	if (!mutex_trylock(&jit_mutex))
		return SHRINK_STOP;
	list_for_each_entry(pool, &jit_pools, list) {
		if (done >= sc->nr_to_scan)
			break;
		done += jit_pool_shrink(pool, sc->nr_to_scan - done);
	}
	mutex_unlock(&jit_mutex);
	return done;
}

static struct shrinker jit_shrinker = {
	.count_objects = jit_shrink_count,
	.scan_objects = jit_shrink_scan,
	.seeks = DEFAULT_SEEKS,
};

static int __init jit_cache_init(void)
{
	return register_shrinker(&jit_shrinker, "jit_cache");
}
subsys_initcall(jit_cache_init);

/* === Pools ================================================================ */

static bool jit_cache_merges(const struct jit_cache *cache)
{
	return !(cache->flags & JIT_CACHE_NO_MERGE) && !jit_nomerge;
}

/* Lockdep shows these names, and workqueues have a pool->lock too. */
static void jit_pool_init_locks(struct jit_pool *jit_pool)
{
	mutex_init(&jit_pool->grow);
	spin_lock_init(&jit_pool->lock);
}

static struct jit_pool *jit_pool_create(const struct jit_cache *cache)
{
	struct jit_pool *pool;

	pool = jit_fault() ? NULL : kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->start = cache->start;
	pool->end = cache->end;
	pool->traits = &jit_traits[cache->type];
	pool->shared = jit_cache_merges(cache);
	pool->space.free = RB_ROOT;
	jit_wait_init(pool);
	jit_pool_init_locks(pool);
	INIT_LIST_HEAD(&pool->chunks);
	INIT_LIST_HEAD(&pool->spares);
	list_add_tail(&pool->list, &jit_pools);
	return pool;
}

static bool jit_pool_suits(const struct jit_pool *pool, const struct jit_cache *cache)
{
	return pool->shared && pool->start == cache->start && pool->end == cache->end &&
	       pool->traits == &jit_traits[cache->type];
}

/**
 * jit_pool_get() - the pool for a cache, created with the first cache that needs it
 * @cache: the cache
 *
 * Context: Process context, may sleep. Caller holds jit_mutex.
 * Return: the pool, or NULL if there is no memory.
 */
struct jit_pool *jit_pool_get(const struct jit_cache *cache)
{
	struct jit_pool *pool;

	lockdep_assert_held(&jit_mutex);

	if (jit_cache_merges(cache)) {
		list_for_each_entry(pool, &jit_pools, list) {
			if (jit_pool_suits(pool, cache))
				goto found;
		}
	}
	pool = jit_pool_create(cache);
	if (!pool)
		return NULL;
found:
	pool->users++;
	return pool;
}

/**
 * jit_pool_release() - a cache does not use the pool any more
 * @pool: what jit_pool_get() returned
 *
 * No object of the cache waits for a grace period any more.
 *
 * Context: Process context, may sleep. Caller holds jit_mutex.
 */
void jit_pool_release(struct jit_pool *pool)
{
	struct jit_extent *extent, *next;

	lockdep_assert_held(&jit_mutex);

	if (--pool->users)
		return;
	list_del(&pool->list);
	jit_pool_shrink(pool, ULONG_MAX);
	jit_reap_doomed();
	list_for_each_entry_safe(extent, next, &pool->spares, list)
		kfree(extent);
	/* Leaked text keeps its chunk, which points to the pool. */
	if (WARN_ON_ONCE(!list_empty(&pool->chunks)))
		return;
	/* jit_free() of an invalid pointer may have found a chunk of the pool. */
	kfree_rcu(pool, rcu);
}

/**
 * jit_pool_add() - a chunk becomes a part of the pool
 * @pool: the pool
 * @chunk: what jit_chunk_create() returned
 *
 * Chunks that objects share are kept in the order of their addresses. There is one for
 * each 2 MiB, so the list is short. Objects that have their own can be many.
 *
 * Context: Caller holds jit_pool.lock.
 */
void jit_pool_add(struct jit_pool *pool, struct jit_chunk *chunk)
{
	struct list_head *pos = &pool->chunks;
	struct jit_chunk *other;

	lockdep_assert_held(&pool->lock);

	list_for_each_entry(other, &pool->chunks, list) {
		if (!pool->traits->packed)
			break;
		if (other->arena.start > chunk->arena.start) {
			pos = &other->list;
			break;
		}
	}
	list_add_tail_rcu(&chunk->list, pos);
	pool->bytes += chunk->size;
}

/**
 * jit_pool_chunk_above() - the first chunk that ends above an address
 * @pool: the pool
 * @at: the address
 * @owner: leave out the chunks that objects of other caches have to themselves
 *
 * Context: Process context, under RCU, so that the chunk stays.
 * Return: the chunk, or NULL.
 */
struct jit_chunk *jit_pool_chunk_above(struct jit_pool *pool, unsigned long at,
				       const struct jit_cache *owner)
{
	struct jit_chunk *chunk, *lowest = NULL;

	spin_lock(&pool->lock);
	list_for_each_entry(chunk, &pool->chunks, list) {
		if (chunk->arena.start + chunk->arena.size <= at)
			continue;
		if (!pool->traits->packed && chunk->first.owner != owner)
			continue;
		if (!lowest || chunk->arena.start < lowest->arena.start)
			lowest = chunk;
		/* Chunks that objects share are in order. */
		if (pool->traits->packed)
			break;
	}
	spin_unlock(&pool->lock);
	return lowest;
}

/**
 * jit_pool_put() - make an extent free
 * @pool: the pool that it belongs to, whose objects share chunks
 * @extent: an extent in state JIT_EXTENT_WAITING
 *
 * When the last object of a chunk is freed, the chunk is empty. A pool keeps one empty
 * chunk: otherwise, an owner that allocates and frees a single object again and again
 * would map and unmap 2 MiB each time.
 *
 * Context: Caller holds jit_pool.lock.
 */
void jit_pool_put(struct jit_pool *pool, struct jit_extent *extent)
{
	struct jit_chunk *chunk = jit_extent_chunk(extent);
	struct jit_extent *merged[JIT_MAX_SPLITS];
	unsigned int i;

	lockdep_assert_held(&pool->lock);

	jit_extent_put(&pool->space, extent, merged);
	for (i = 0; i < ARRAY_SIZE(merged); i++) {
		if (merged[i])
			kfree_rcu(merged[i], rcu);
	}
	if (!jit_arena_is_empty(&chunk->arena))
		return;
	if (!pool->idle) {
		if (pool->traits->text)
			chunk->arena.seed = get_random_u32();
		jit_chunk_set_idle(chunk);
	} else {
		jit_arena_exit(&pool->space, &chunk->arena);
		jit_chunk_doom(chunk);
	}
}

/* === Allocating and freeing =============================================== */

static struct jit_extent *jit_extent_alloc(void)
{
	return jit_fault() ? NULL : kmalloc(sizeof(struct jit_extent), GFP_KERNEL);
}

/* Has the pool what one jit_extent_take() may need? */
static bool jit_pool_is_stocked(const struct jit_pool *pool)
{
	static_assert(JIT_MAX_SPLITS == 2);
	return !list_empty(&pool->spares) && !list_is_singular(&pool->spares);
}

static struct jit_extent *__jit_pool_take(struct jit_pool *pool, u32 size, u32 align,
					  unsigned int fit)
{
	struct jit_extent *extent;

	lockdep_assert_held(&pool->lock);

	extent = jit_extent_take(&pool->space, size, align, fit, &pool->spares);
	if (!extent && jit_undelay(pool))
		extent = jit_extent_take(&pool->space, size, align, fit, &pool->spares);
	if (extent && extent->arena->busy == 1)
		jit_chunk_clear_idle(jit_extent_chunk(extent));
	return extent;
}

/* An extent from the chunks that there are; NULL if none fits, or an error. */
static struct jit_extent *jit_pool_take(struct jit_pool *pool, u32 size, u32 align,
					unsigned int fit)
{
	struct jit_extent *extent, *spare = NULL;

	for (;;) {
		spin_lock(&pool->lock);
		if (spare)
			list_add(&spare->list, &pool->spares);
		if (jit_pool_is_stocked(pool))
			break;
		spin_unlock(&pool->lock);

		spare = jit_extent_alloc();
		if (!spare)
			return ERR_PTR(-ENOMEM);
	}
	extent = __jit_pool_take(pool, size, align, fit);
	spin_unlock(&pool->lock);
	return extent;
}

/* Add a chunk with room for @size bytes that are aligned. */
static bool jit_pool_grow(struct jit_pool *pool, size_t size, u32 align,
			  unsigned long caller)
{
	struct jit_chunk *chunk;

	lockdep_assert_held(&pool->grow);

	/* The first object of a chunk stands behind a trap. */
	if (pool->traits->text)
		size += max_t(u32, align, ARCH_JIT_ALIGN);
	chunk = jit_chunk_create(pool, size, caller);
	if (!chunk)
		return false;
	spin_lock(&pool->lock);
	/* In this order, for those that find the chunk under RCU. */
	jit_arena_init(&pool->space, &chunk->arena, &chunk->first);
	jit_pool_add(pool, chunk);
	jit_chunk_set_idle(chunk);
	spin_unlock(&pool->lock);
	return true;
}

/* An extent of a chunk that objects of many caches share. */
static struct jit_extent *jit_pool_alloc_packed(struct jit_pool *pool, u32 size, u32 align,
						unsigned int fit, unsigned long caller)
{
	struct jit_extent *extent;

	/* 1. Nearly all allocations end here. */
	extent = jit_pool_take(pool, size, align, fit);
	if (extent)
		return extent;

	/*
	 * 2. Another task may have added a chunk while this one waited, and others may
	 * have used up the new chunk before this one gets to it.
	 */
	mutex_lock(&pool->grow);
	do {
		extent = jit_pool_take(pool, size, align, fit);
	} while (!extent && jit_pool_grow(pool, size, align, caller));

	/* 3. The range is full, or memory is: the search may take its time. */
	if (!extent)
		extent = jit_pool_take(pool, size, align, fit | JIT_FIT_EXHAUSTIVE);
	mutex_unlock(&pool->grow);
	return extent;
}

static bool jit_pool_fits(struct jit_pool *pool, u32 size, u32 align)
{
	bool fits;

	spin_lock(&pool->lock);
	fits = jit_extent_fits(&pool->space, size, align);
	spin_unlock(&pool->lock);
	return fits;
}

/**
 * jit_pool_prepare() - make sure that there is an extent to take
 * @pool: the pool
 * @size: bytes, a multiple of @align
 * @align: a power of two, at least JIT_GRANULE
 * @caller: return address of the call that wants it
 *
 * Context: Process context, may sleep.
 */
void jit_pool_prepare(struct jit_pool *pool, u32 size, u32 align, unsigned long caller)
{
	if (!pool->traits->packed || jit_pool_fits(pool, size, align))
		return;
	mutex_lock(&pool->grow);
	/* Another task may have added a chunk while this one waited. */
	if (!jit_pool_fits(pool, size, align))
		jit_pool_grow(pool, size, align, caller);
	mutex_unlock(&pool->grow);
}

/**
 * jit_pool_trim() - shorten an object
 * @pool: the pool that it belongs to
 * @extent: an extent in use
 * @size: bytes to leave, a multiple of JIT_GRANULE
 * @asked: bytes that its owner requests now, at most what it requested
 *
 * The end that is cut off was never written. It stays if there is no memory.
 *
 * Context: Process context, may sleep. The caller owns the object.
 */
void jit_pool_trim(struct jit_pool *pool, struct jit_extent *extent, u32 size, u32 asked)
{
	struct jit_extent *spare, *rest = NULL;
	u32 given = extent->size;

	spare = size < given ? jit_extent_alloc() : NULL;
	spin_lock(&pool->lock);
	if (spare) {
		list_add(&spare->list, &pool->spares);
		rest = jit_extent_trim(extent, size, &pool->spares);
	}
	extent->owner->stat[JIT_CACHE_ASKED] -= extent->asked - asked;
	extent->owner->stat[JIT_CACHE_GIVEN] -= given - extent->size;
	WRITE_ONCE(extent->asked, asked);
	spin_unlock(&pool->lock);

	/* See jitcache_extent.c for why the lock is taken again. */
	if (rest)
		jit_pool_free(pool, rest, false);
}

/* An extent that has a chunk to itself, which the caller adds to the pool. */
static struct jit_extent *jit_pool_alloc_own(struct jit_pool *pool, u32 size,
					     unsigned long caller)
{
	struct jit_chunk *chunk = jit_chunk_create(pool, size, caller);

	return chunk ? &chunk->first : NULL;
}

/* Call @flush if an extent that is on its way to an owner is dirty. It is clean then. */
static void jit_pool_flush(struct jit_pool *pool, const struct jit_extent *extent,
			   void (*flush)(void))
{
	u32 begun;

	spin_lock(&pool->lock);
	if (!jit_extent_is_dirty(&pool->space, extent)) {
		spin_unlock(&pool->lock);
		return;
	}
	begun = jit_flush_begin(&pool->space);
	spin_unlock(&pool->lock);

	flush();

	spin_lock(&pool->lock);
	jit_flush_end(&pool->space, begun);
	spin_unlock(&pool->lock);
}

/**
 * jit_pool_alloc() - take an extent for an object
 * @pool: the pool
 * @cache: the cache of the object
 * @size: bytes, a multiple of the alignment of @cache
 * @caller: return address of the call that allocates the object
 *
 * Context: Process context, may sleep.
 * Return: an extent in state JIT_EXTENT_WAITING, or NULL. If objects of the pool do not
 * share chunks, the caller has to add its chunk to the pool.
 */
struct jit_extent *jit_pool_alloc(struct jit_pool *pool, const struct jit_cache *cache,
				  u32 size, unsigned long caller)
{
	struct jit_extent *extent;
	void (*flush)(void);

	if (!pool->traits->packed)
		return jit_pool_alloc_own(pool, size, caller);
	/* It may be set meanwhile, and concerns later allocations. */
	flush = READ_ONCE(cache->flush);
	extent = jit_pool_alloc_packed(pool, size, cache->align,
				       flush ? JIT_FIT_CLEAN : JIT_FIT_QUICK, caller);
	if (IS_ERR_OR_NULL(extent))
		return NULL;
	if (flush)
		jit_pool_flush(pool, extent, flush);
	return extent;
}

/**
 * jit_pool_free_locked() - make an extent free, now or after JIT_DELAY more
 * @pool: the pool that it belongs to
 * @extent: an extent in state JIT_EXTENT_WAITING
 * @written: an owner may have written and executed it
 *
 * What was written is dirty as of now, not as of when its owner freed it: until it trapped, it
 * could be executed after a flush. A flush while it is delayed counts, since it traps.
 *
 * Context: Caller holds jit_pool.lock.
 * Return: NULL, or a chunk that the object had to itself, for jit_chunk_destroy() without
 * the lock.
 */
struct jit_chunk *jit_pool_free_locked(struct jit_pool *pool, struct jit_extent *extent,
				       bool written)
{
	if (!pool->traits->packed) {
		jit_pool_forget(pool, jit_extent_chunk(extent));
		return jit_extent_chunk(extent);
	}
	if (written)
		jit_extent_set_dirty(&pool->space, extent);
	extent = jit_delay(pool, extent);
	if (extent)
		jit_pool_put(pool, extent);
	return NULL;
}

/**
 * jit_pool_free() - make an extent free, now or after JIT_DELAY more
 * @pool: the pool that it belongs to
 * @extent: an extent in state JIT_EXTENT_WAITING
 * @written: an owner may have written and executed it
 *
 * An object that has a chunk to itself is unmapped when this returns, as by vfree(). Its
 * chunk is not a part of the pool any more.
 *
 * Context: Process context, may sleep.
 */
void jit_pool_free(struct jit_pool *pool, struct jit_extent *extent, bool written)
{
	if (!pool->traits->packed) {
		jit_chunk_destroy(jit_extent_chunk(extent));
		return;
	}
	spin_lock(&pool->lock);
	jit_pool_free_locked(pool, extent, written);
	spin_unlock(&pool->lock);
}

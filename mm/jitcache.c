// SPDX-License-Identifier: GPL-2.0-only
/*
 * jit_cache: executable memory as objects. The interface and its contract are in
 * include/linux/jitcache.h.
 *
 * A cache is a range of addresses, a type and an alignment. Its memory comes from a
 * pool (jitcache_pool.c), which all caches of that range and type share. A pool has
 * chunks (jitcache_chunk.c): areas of vmalloc() that have one protection each. A type
 * whose objects are whole pages has a chunk for each object. For the others, the pool
 * keeps track of the free extents (jitcache_extent.c) of its chunks.
 *
 * Locks, outermost first:
 *
 *   text_mutex		callers may hold it, but not to free an object of text whose
 *			cache names no grace period
 *   jit_mutex		the lists of caches and pools, the users of a pool, sealing
 *   jit_pool.grow	adding a chunk to a pool
 *   jit_reap_mutex	destroying doomed chunks; not nested with jit_pool.grow
 *   jit_pool.lock	extents and chunks of a pool, counters of its caches
 *   jit_doomed_lock	the list of doomed chunks
 *
 * jit_chunk_tree_lock serializes changes of the tree of chunks. It nests in
 * jit_pool.grow and in jit_reap_mutex, and no other lock is taken under it.
 *
 * Objects are found by address under RCU alone.
 */

#include <linux/err.h>
#include <linux/kasan.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/text_patching.h>

#include "internal.h"
#include "jitcache.h"

/* === Data ================================================================= */

/* Protects what mm/jitcache.h says. */
DEFINE_MUTEX(jit_mutex);
LIST_HEAD(jit_caches);

/* === Caches =============================================================== */

/*
 * Is the range address space that vmalloc() hands out? The module area can be a part
 * of vmalloc space, apart from it, or, on arm64, begin below it and end in it.
 */
static bool jit_cache_range_valid(const struct jit_cache *cache)
{
	unsigned long start = cache->start, end = cache->end;

	return jit_range_contains(JIT_ANY_START, JIT_ANY_END, start, end) ||
	       jit_range_contains(JIT_MODULES_START, JIT_MODULES_END, start, end) ||
	       jit_range_contains(JIT_MODULES_FAR_START, JIT_MODULES_FAR_END, start, end) ||
	       jit_range_is_modules(start, end);
}

static bool jit_cache_valid(const struct jit_cache *cache)
{
	unsigned int known = JIT_CACHE_NO_MERGE | JIT_CACHE_FREE_RCU |
			     JIT_CACHE_FREE_RCU_TASKS | JIT_CACHE_NO_WARN |
			     JIT_CACHE_FLUSH;

	if (cache->type >= NR_JIT_TYPES || cache->flags & ~known)
		return false;
	if (cache->flags & JIT_CACHE_FLUSH && cache->type != JIT_TEXT)
		return false;
	/* debugfs separates columns by spaces. */
	if (!cache->name || strpbrk(cache->name, " \t\n"))
		return false;
	/* Chunks are whole pages. */
	if (cache->start >= cache->end || !PAGE_ALIGNED(cache->start) ||
	    !PAGE_ALIGNED(cache->end) || !jit_cache_range_valid(cache))
		return false;
	/* The smallest chunk is a page, and objects are placed relative to its start. */
	return !cache->align ||
	       (is_power_of_2(cache->align) && cache->align <= PAGE_SIZE);
}

static bool jit_cache_supported(const struct jit_cache *cache)
{
	/* Without page tables, memory is writable and executable. */
	if (!IS_ENABLED(CONFIG_MMU) && cache->type != JIT_RAW)
		return false;
	/* Freed text has to trap, and be read-only. */
	if (cache->type == JIT_TEXT &&
	    (!text_has_trap() || !IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY)))
		return false;
	/* The owner forgot to select TASKS_RCU. */
	if (cache->flags & JIT_CACHE_FREE_RCU_TASKS && IS_ENABLED(CONFIG_PREEMPTION) &&
	    !IS_ENABLED(CONFIG_TASKS_RCU))
		return false;
	return true;
}

static void jit_cache_set_align(struct jit_cache *cache)
{
	const struct jit_traits *traits = &jit_traits[cache->type];

	if (!traits->packed)
		cache->align = PAGE_SIZE;
	else if (!cache->align)
		cache->align = traits->text ? ARCH_JIT_ALIGN : JIT_GRANULE;
	cache->align = max_t(unsigned int, cache->align, JIT_GRANULE);
}

static int jit_cache_setup(struct jit_cache *cache)
{
	struct jit_pool *pool;

	lockdep_assert_held(&jit_mutex);

	if (!jit_cache_valid(cache))
		return -EINVAL;
	if (!jit_cache_supported(cache))
		return -EOPNOTSUPP;
	if (!slab_is_available())
		return -ENOMEM;
	jit_cache_set_align(cache);
	pool = jit_pool_get(cache);
	if (!pool)
		return -ENOMEM;
	list_add_tail(&cache->list, &jit_caches);
	/* Pairs with jit_cache_pool(): all else is seen before the pool is. */
	smp_store_release(&cache->pool, pool);
	return 0;
}

/* A defined cache gets its range and its pool at first use. */
static struct jit_pool *jit_cache_pool(struct jit_cache *cache, unsigned long caller)
{
	/* Pairs with jit_cache_setup(). */
	struct jit_pool *pool = smp_load_acquire(&cache->pool);
	int err = 0;

	if (likely(pool))
		return pool;

	mutex_lock(&jit_mutex);
	if (!cache->pool) {
		cache->range(cache);
		err = jit_cache_setup(cache);
	}
	pool = cache->pool;
	mutex_unlock(&jit_mutex);

	if (err && err != -ENOMEM)
		jit_report(JIT_BAD_CACHE, cache, NULL, caller,
			   "[%lx, %lx) type %u align %u flags %x: error %d", cache->start,
			   cache->end, cache->type, cache->align, cache->flags, err);
	return pool;
}

static void jit_cache_count_alloc(struct jit_cache *cache, const struct jit_extent *extent)
{
	cache->stat[JIT_CACHE_OBJECTS]++;
	cache->stat[JIT_CACHE_ASKED] += extent->asked;
	cache->stat[JIT_CACHE_GIVEN] += extent->size;
	cache->stat[JIT_CACHE_ALLOCS]++;
}

static void jit_cache_count_free(struct jit_cache *cache, const struct jit_extent *extent)
{
	cache->stat[JIT_CACHE_OBJECTS]--;
	cache->stat[JIT_CACHE_ASKED] -= extent->asked;
	cache->stat[JIT_CACHE_GIVEN] -= extent->size;
	cache->stat[JIT_CACHE_FREES]++;
}

/*
 * Bytes that an object occupies. A trap stands behind text, for what runs past its end or
 * reads in front of the next object. A red zone stands behind data, unless that would keep
 * it from filling its range. Other objects are whole pages.
 */
static size_t jit_object_size(const struct jit_cache *cache, const struct jit_pool *pool,
			      size_t size)
{
	size_t zone = pool->traits->packed ? JIT_REDZONE : 0;

	if (pool->traits->text)
		zone = max(zone, JIT_GRANULE);
	else if (ALIGN(size + zone, cache->align) > jit_pool_bytes(pool))
		zone = 0;
	return ALIGN(size + zone, cache->align);
}

/* What failed for good is told once for each cache. */
static void jit_warn_full(struct jit_cache *cache, const struct jit_pool *pool, size_t size,
			  unsigned long caller)
{
	if (cache->flags & JIT_CACHE_NO_WARN || cache->told)
		return;
	cache->told = true;
	pr_warn("jit_cache: %s: no %zu bytes for %pS: of the range of %lu KiB, %lu KiB are in use\n",
		cache->name, size, (void *)caller, jit_pool_bytes(pool) / SZ_1K,
		READ_ONCE(pool->bytes) / SZ_1K);
}

/* jit_cache_alloc() on behalf of @caller. */
void *__jit_alloc(struct jit_cache *cache, size_t size, unsigned long caller)
{
	struct jit_extent *extent = NULL;
	struct jit_pool *pool;
	bool full = false;

	might_sleep();
	pool = jit_cache_pool(cache, caller);
	if (!pool)
		return NULL;

	/* An object that is larger than its range may fit in the owner's next one. */
	if (!size || size > JIT_SIZE_MAX) {
		jit_report(JIT_BAD_SIZE, cache, NULL, caller, "%zu bytes", size);
	} else if (!jit_cache_waits(cache) || !jit_wait_is_full(pool, cache)) {
		if (size <= jit_pool_bytes(pool))
			extent = jit_pool_alloc(pool, cache,
						jit_object_size(cache, pool, size), caller);
		full = !extent;
	}

	spin_lock(&pool->lock);
	if (extent) {
		if (!pool->traits->packed)
			jit_pool_add(pool, jit_extent_chunk(extent));
		jit_extent_use(extent, size, cache);
		jit_redzone_set(extent, caller);
		jit_cache_count_alloc(cache, extent);
	} else {
		cache->stat[JIT_CACHE_FAILS]++;
	}
	spin_unlock(&pool->lock);
	if (full)
		jit_warn_full(cache, pool, size, caller);
	return extent ? (void *)extent->start : NULL;
}

/* === Finding objects ====================================================== */

static unsigned long jit_address(const void *addr)
{
	return (unsigned long)kasan_reset_tag(addr);
}

/* The object that an address belongs to. Call under RCU or the lock of the pool. */
static struct jit_extent *jit_chunk_object(struct jit_chunk *chunk, unsigned long at)
{
	RCU_LOCKDEP_WARN(!rcu_read_lock_held() && !lockdep_is_held(&chunk->pool->lock),
			 "extents of jit_cache read without protection");

	if (at - chunk->arena.start >= chunk->arena.size)
		return NULL;
	return jit_arena_find(&chunk->arena, at);
}

/* Objects that share chunks are found in any context, the others in process context. */
static struct jit_extent *jit_object_rcu(unsigned long at, bool packed)
{
	struct jit_chunk *chunk;

	chunk = packed ? jit_chunk_find_rcu(at) : jit_chunk_find_any_rcu(at, true);
	return chunk ? jit_chunk_object(chunk, at) : NULL;
}

/* === Freeing ============================================================== */

/* Take an object from its owner. Returns it, or NULL if it waits for a grace period. */
static struct jit_extent *jit_take_object(struct jit_extent *extent, unsigned int flags,
					  unsigned long caller)
{
	struct jit_cache *owner = extent->owner;

	jit_redzone_check(extent, owner, caller);
	jit_cache_count_free(owner, extent);
	jit_extent_drop(extent);
	/* Nothing has executed text that was never written. */
	if (!(flags & JIT_FREE_UNWRITTEN) && jit_cache_waits(owner)) {
		jit_wait_free(extent, owner, caller);
		return NULL;
	}
	if (!jit_extent_pool(extent)->traits->packed)
		jit_pool_forget(jit_extent_pool(extent), jit_extent_chunk(extent));
	return extent;
}

/*
 * Take the object at @addr from its owner, which has to be @cache if that is not
 * NULL. If several callers try this at once, one succeeds. Returns the object if the
 * caller has to make it free.
 */
static struct jit_extent *jit_claim(const struct jit_cache *cache, const void *addr,
				    unsigned int flags, unsigned long caller)
{
	enum jit_misuse misuse = JIT_FREE_UNKNOWN;
	const char *owned_by = "no cache";
	unsigned long at = jit_address(addr);
	struct jit_extent *extent = NULL;
	struct jit_chunk *chunk;

	rcu_read_lock();
	chunk = jit_chunk_find_any_rcu(at, !cache || jit_traits[cache->type].packed);
	if (chunk) {
		spin_lock(&chunk->pool->lock);
		extent = jit_chunk_object(chunk, at);
		if (extent)
			owned_by = extent->owner->name;
		if (extent && extent->start != at) {
			misuse = JIT_FREE_INTERIOR;
		} else if (extent && cache && cache != extent->owner) {
			misuse = JIT_FREE_FOREIGN;
		} else if (extent) {
			misuse = JIT_MISUSE_NONE;
			extent = jit_take_object(extent, flags, caller);
		}
		spin_unlock(&chunk->pool->lock);
	}
	rcu_read_unlock();

	if (misuse != JIT_MISUSE_NONE) {
		jit_report(misuse, cache, addr, caller, "owned by %s", owned_by);
		return NULL;
	}
	return extent;
}

/**
 * jit_fill() - make text trap again
 * @pool: the pool that it belongs to
 * @start: address of the first byte
 * @size: bytes
 * @caller: return address of the call that frees it
 *
 * Context: Process context, may sleep.
 * Return: true if it traps, or is not text.
 */
bool jit_fill(struct jit_pool *pool, unsigned long start, size_t size, unsigned long caller)
{
	/* Without an MMU there is no text, and nothing to write it with. */
	if (!IS_ENABLED(CONFIG_MMU) || !pool->traits->text)
		return true;
	return !WARN_ON_ONCE(!__text_poke_fill((void *)start, size, caller));
}

/* The object traps when this returns. For caches that name no grace period. */
static void jit_free_now(struct jit_extent *extent, unsigned int flags,
			 unsigned long caller)
{
	struct jit_pool *pool = jit_extent_pool(extent);

	/* Warn on all calls, not just on those that sleep. */
	might_sleep();

	/* What does not trap must not become another object. It is leaked. */
	if (flags & JIT_FREE_UNWRITTEN ||
	    jit_fill(pool, extent->start, extent->size, caller))
		jit_pool_free(pool, extent, !(flags & JIT_FREE_UNWRITTEN));
}

/* jit_cache_free() and jit_free() on behalf of @caller; @cache is NULL for the latter. */
void __jit_free(const struct jit_cache *cache, void *addr, unsigned int flags,
		unsigned long caller)
{
	struct jit_extent *extent;

	if (!addr)
		return;

	extent = jit_claim(cache, addr, flags, caller);
	if (extent)
		jit_free_now(extent, flags, caller);
}

/**
 * jit_vfree() - vfree() is about to free memory that belongs to a cache
 * @area: the memory, with VM_JIT_CACHE
 *
 * What freed memory of modules was vfree() nearly everywhere, so callers mix the two.
 *
 * Context: Process context.
 * Return: true if vfree() can go on, since the memory is no object any more; false for
 * memory that other objects share, or that is being freed. It stays, and kmemleak, which
 * vfree() has told already, does not look into it any more.
 */
bool jit_vfree(const struct vm_struct *area)
{
	const struct jit_cache *owner = NULL;
	struct jit_chunk *chunk = area->jit_chunk;

	/* It never became a chunk. */
	if (!chunk)
		return true;

	rcu_read_lock();
	if (!chunk->pool->traits->packed) {
		spin_lock(&chunk->pool->lock);
		owner = chunk->first.owner;
		if (owner)
			jit_take_object(&chunk->first, JIT_FREE_UNWRITTEN, _RET_IP_);
		spin_unlock(&chunk->pool->lock);
	}
	jit_report(JIT_FREE_VFREE, owner, area->addr, _RET_IP_, "allocated by %pS%s",
		   area->caller, owner ? "" : ", ignored");
	rcu_read_unlock();
	if (owner)
		kvfree_rcu(chunk, rcu);
	return owner;
}

/**
 * jit_trim() - shorten an object of text whose end was never written
 * @cache: its cache
 * @addr: where it begins
 * @size: bytes to leave
 *
 * Context: Process context, may sleep. The caller owns the object.
 */
void jit_trim(struct jit_cache *cache, void *addr, size_t size)
{
	struct jit_extent *extent;

	rcu_read_lock();
	extent = jit_object_rcu(jit_address(addr), true);
	rcu_read_unlock();
	jit_pool_trim(cache->pool, extent, jit_object_size(cache, cache->pool, size), size);
}

/* === Public interface ===================================================== */

struct jit_cache *jit_cache_create(const char *name, enum jit_type type,
				   unsigned long start, unsigned long end,
				   unsigned int align, unsigned int flags)
{
	struct jit_cache *cache;
	int err;

	cache = jit_fault() ? NULL : kzalloc(sizeof(*cache), GFP_KERNEL);
	if (!cache)
		return ERR_PTR(-ENOMEM);
	cache->name = name;
	cache->type = type;
	cache->start = start;
	cache->end = end;
	cache->align = align;
	cache->flags = flags;

	mutex_lock(&jit_mutex);
	err = jit_cache_setup(cache);
	mutex_unlock(&jit_mutex);
	if (err) {
		kfree(cache);
		return ERR_PTR(err);
	}
	return cache;
}

/* Free a cache of which nothing is left, and perhaps its pool. */
void jit_cache_release(struct jit_cache *cache)
{
	mutex_lock(&jit_mutex);
	jit_pool_release(cache->pool);
	mutex_unlock(&jit_mutex);
	kfree(cache);
}

void jit_cache_destroy(struct jit_cache *cache)
{
	unsigned long objects;

	if (!cache)
		return;
	if (cache->range) {
		jit_report(JIT_DESTROY_STATIC, cache, NULL, _RET_IP_, "ignored");
		return;
	}
	/* Without the lock: a caller that still allocates or frees has a bug anyway. */
	objects = READ_ONCE(cache->stat[JIT_CACHE_OBJECTS]);
	if (objects) {
		jit_report(JIT_DESTROY_BUSY, cache, NULL, _RET_IP_, "%lu objects", objects);
		return;
	}

	mutex_lock(&jit_mutex);
	list_del(&cache->list);
	mutex_unlock(&jit_mutex);

	/* The worker does it, if it is busy with the pool: then it needs the pool. */
	if (!jit_wait_destroy(cache))
		jit_cache_release(cache);
}

void jit_cache_set_flush(struct jit_cache *cache, void (*flush)(void))
{
	if (!(cache->flags & JIT_CACHE_FLUSH)) {
		jit_report(JIT_BAD_FLUSH, cache, NULL, _RET_IP_, "flags %x", cache->flags);
		return;
	}
	/* jit_pool_alloc() reads it without a lock. */
	WRITE_ONCE(cache->flush, flush);
}

void *jit_cache_alloc(struct jit_cache *cache, size_t size)
{
	return __jit_alloc(cache, size, _RET_IP_);
}

void jit_cache_free(struct jit_cache *cache, void *addr)
{
	__jit_free(cache, addr, 0, _RET_IP_);
}

void jit_free(void *addr)
{
	__jit_free(NULL, addr, 0, _RET_IP_);
}

/* The bytes that the object at @addr occupies, or those that its owner requested. */
static size_t jit_object_bytes(const void *addr, bool occupied)
{
	unsigned long at = jit_address(addr);
	struct jit_extent *extent;
	size_t size = 0;

	rcu_read_lock();
	extent = jit_object_rcu(at, false);
	if (extent && extent->start == at)
		size = occupied ? READ_ONCE(extent->size) : READ_ONCE(extent->asked);
	rcu_read_unlock();
	return size;
}

size_t jit_size(const void *addr)
{
	return jit_object_bytes(addr, false);
}

size_t jit_footprint(const void *addr)
{
	return jit_object_bytes(addr, true);
}

void *jit_start(const void *addr)
{
	unsigned long at = jit_address(addr);
	struct jit_extent *extent;
	void *start = NULL;

	rcu_read_lock();
	extent = jit_object_rcu(at, true);
	if (extent && at - extent->start < READ_ONCE(extent->asked))
		start = (void *)extent->start;
	rcu_read_unlock();
	return start;
}

bool jit_cache_owns(const struct jit_cache *cache, const void *addr)
{
	/* Pairs with jit_cache_setup(). */
	struct jit_pool *pool = smp_load_acquire(&cache->pool);
	unsigned long at = jit_address(addr);
	struct jit_extent *extent;
	bool owns = false;

	if (!pool)
		return false;
	rcu_read_lock();
	extent = jit_object_rcu(at, pool->traits->packed);
	if (extent)
		owns = READ_ONCE(extent->owner) == cache &&
		       at - extent->start < READ_ONCE(extent->asked);
	rcu_read_unlock();
	return owns;
}

void *jit_cache_next(struct jit_cache *cache, const void *addr)
{
	/* Pairs with jit_cache_setup(). */
	struct jit_pool *pool = smp_load_acquire(&cache->pool);
	unsigned long at = jit_address(addr);
	struct jit_extent *extent = NULL;
	struct jit_chunk *chunk;

	if (!pool)
		return NULL;
	/* The lock is not held for as long as a chunk is searched. */
	rcu_read_lock();
	while (!extent && (chunk = jit_pool_chunk_above(pool, at, cache))) {
		extent = jit_arena_next(&chunk->arena, at, cache);
		at = chunk->arena.start + chunk->arena.size;
	}
	rcu_read_unlock();
	return extent ? (void *)extent->start : NULL;
}

void jit_cache_prepare(struct jit_cache *cache, size_t size)
{
	struct jit_pool *pool = jit_cache_pool(cache, _RET_IP_);

	might_sleep();
	if (pool && size && size <= JIT_SIZE_MAX && size <= jit_pool_bytes(pool))
		jit_pool_prepare(pool, jit_object_size(cache, pool, size), cache->align,
				 _RET_IP_);
}

int jit_cache_shrink(struct jit_cache *cache)
{
	struct jit_pool *pool = jit_cache_pool(cache, _RET_IP_);
	int pages;

	if (!pool)
		return 0;
	pages = jit_pool_shrink(pool, ULONG_MAX);
	jit_reap_doomed();
	return pages;
}

int jit_seal(void *addr)
{
	unsigned long at = jit_address(addr);
	struct jit_chunk *chunk = NULL;
	struct jit_extent *extent;
	int err;

	/* The caller owns the object, so it stays when RCU is left. */
	rcu_read_lock();
	extent = jit_object_rcu(at, false);
	if (extent && extent->start == at && jit_extent_pool(extent)->traits->seals)
		chunk = jit_extent_chunk(extent);
	rcu_read_unlock();
	if (!chunk) {
		jit_report(JIT_BAD_SEAL, NULL, addr, _RET_IP_, "not an object that seals");
		return -EINVAL;
	}

	mutex_lock(&jit_mutex);
	err = jit_chunk_seal(chunk);
	mutex_unlock(&jit_mutex);
	return err;
}

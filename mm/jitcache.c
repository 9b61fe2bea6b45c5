// SPDX-License-Identifier: GPL-2.0-only
/*
 * jit_cache: executable memory as objects. The interface and its contract are in
 * include/linux/jitcache.h.
 *
 * A cache is a range of addresses, a type and an alignment. Its memory comes from
 * a pool, which all caches of that range and type share. A pool has chunks: areas
 * of vmalloc(), with one protection each. Types whose objects come in whole pages
 * get a chunk for each object; for all others the pool keeps track of the free
 * extents of its chunks.
 *
 * Locks, in the order in which they nest: text_mutex, jit_mutex, jit_pool.grow or
 * jit_reap_mutex, jit_pool.lock, jit_doomed_lock. Objects are found by address under RCU alone.
 */

#define pr_fmt(fmt) "jit_cache: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/kasan.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/log2.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "jitcache.h"

/* Protects what mm/jitcache.h says. */
DEFINE_MUTEX(jit_mutex);
LIST_HEAD(jit_caches);
LIST_HEAD(jit_pools);

#ifdef CONFIG_JITCACHE_KUNIT_TEST
bool jit_misuse_expected;
unsigned int jit_misuses;
#endif

static const struct jit_type jit_types[] = {
	[JIT_CACHE_TEXT]		= { "text", .packed = true, .text = true },
	[JIT_CACHE_DATA]		= { "data", .packed = true },
	[JIT_CACHE_RODATA]		= { "rodata", .seals = true },
	[JIT_CACHE_RO_AFTER_INIT]	= { "ro_after_init", .seals = true },
	[JIT_CACHE_RAW]			= { "raw", .raw = true },
};

/* "jitcache_nomerge": no cache shares memory with another. */
bool jit_nomerge __ro_after_init;

static int __init jit_nomerge_param(char *arg)
{
	jit_nomerge = true;
	return 0;
}
early_param("jitcache_nomerge", jit_nomerge_param);

/* === Debugging ============================================================ */

/* What traps, or, where nothing is known to, what is unlikely to be written. */
static void fill_redzone(void *buf, size_t len)
{
	if (!text_trap_fill(buf, len))
		memset(buf, POISON_INUSE, len);
}

bool jit_traps(const void *addr, size_t len)
{
	const u8 *byte = addr;
	union {
		u64 word;
		u8 bytes[sizeof(u64)];
	} trap;
	size_t i;

	fill_redzone(&trap, sizeof(trap));
	for (i = 0; i < len; i++) {
		if (byte[i] != trap.bytes[(unsigned long)&byte[i] % sizeof(trap)])
			return false;
	}
	return true;
}

#ifdef CONFIG_DEBUG_JITCACHE

/* Bytes behind an object. */
#define JIT_REDZONE	ARCH_JIT_ALIGN

/* How many extents wait before the first one is free. */
#define JIT_DELAY	64

static void pool_put_extent(struct jit_pool *pool, struct jit_extent *extent);

static struct jit_extent *pool_next_delayed(struct jit_pool *pool)
{
	struct jit_extent *extent = pool->delayed;

	if (!extent)
		return NULL;
	if (extent == pool->last_delayed)
		pool->delayed = NULL;
	else
		pool->delayed = container_of(extent->rcu.next, struct jit_extent, rcu);
	pool->nr_delayed--;
	return extent;
}

/* Have an extent wait. Returns one that has waited long enough, or NULL. */
static struct jit_extent *pool_delay(struct jit_pool *pool, struct jit_extent *extent)
{
	lockdep_assert_held(&pool->lock);

	if (!pool->type->packed)
		return extent;
	if (pool->delayed)
		pool->last_delayed->rcu.next = &extent->rcu;
	else
		pool->delayed = extent;
	pool->last_delayed = extent;
	return ++pool->nr_delayed > JIT_DELAY ? pool_next_delayed(pool) : NULL;
}

/* Somebody needs the memory. */
static bool pool_undelay(struct jit_pool *pool)
{
	bool any = pool->delayed;
	struct jit_extent *extent;

	lockdep_assert_held(&pool->lock);

	while ((extent = pool_next_delayed(pool)))
		pool_put_extent(pool, extent);
	return any;
}

/* What traps in text is as good as any other pattern in data. */
static void redzone_set(struct jit_extent *extent, unsigned long caller)
{
	struct jit_pool *pool = jit_extent_chunk(extent)->pool;

	extent->caller = caller;
	if (pool->type->packed && !pool->type->text)
		fill_redzone((void *)extent->start + extent->asked,
			     extent->size - extent->asked);
}

static void redzone_check(const struct jit_cache *owner, const struct jit_extent *extent)
{
	void *addr = (void *)extent->start;

	if (jit_extent_chunk(extent)->pool->type->packed)
		jit_misuse(!jit_traps(addr + extent->asked, extent->size - extent->asked),
			   "%s: %p: written behind its end, allocated by %pS\n",
			   owner->name, addr, (void *)extent->caller);
}

#else /* !CONFIG_DEBUG_JITCACHE */

#define JIT_REDZONE	0

static struct jit_extent *pool_delay(struct jit_pool *pool, struct jit_extent *extent)
{
	return extent;
}

static bool pool_undelay(struct jit_pool *pool)
{
	return false;
}

static void redzone_set(struct jit_extent *extent, unsigned long caller)
{
}

static void redzone_check(const struct jit_cache *owner, const struct jit_extent *extent)
{
}

#endif

/* === Empty chunks ========================================================= */

/* Chunks on their way out, and the lock of the list. */
static LIST_HEAD(jit_doomed);
static DEFINE_SPINLOCK(jit_doomed_lock);

/* Pages of all chunks that are empty, and stay for those who come next. */
static atomic_long_t jit_idle_pages;

/* A chunk becomes empty and stays, or, with @sign -1, no longer does. */
static void pool_count_idle(struct jit_pool *pool, struct jit_chunk *chunk, int sign)
{
	lockdep_assert_held(&pool->lock);

	pool->idle += sign;
	atomic_long_add(sign * (long)(chunk->size >> PAGE_SHIFT), &jit_idle_pages);
}

/* Held while they go, so that who takes it after dooming some knows them gone. */
static DEFINE_MUTEX(jit_reap_mutex);

static void reap_doomed(void)
{
	struct jit_chunk *chunk, *next;
	struct jit_extent *whole;
	LIST_HEAD(doomed);

	mutex_lock(&jit_reap_mutex);
	spin_lock_bh(&jit_doomed_lock);
	list_splice_init(&jit_doomed, &doomed);
	spin_unlock_bh(&jit_doomed_lock);

	list_for_each_entry_safe(chunk, next, &doomed, list) {
		whole = jit_arena_empty(&chunk->arena);
		jit_chunk_destroy(chunk);
		kfree_rcu(whole, rcu);
	}
	mutex_unlock(&jit_reap_mutex);
}

/* For who can't sleep, or must not wait for memory to be unmapped. */
static void reap_later(struct work_struct *work)
{
	reap_doomed();
}

static DECLARE_WORK(jit_reaper, reap_later);

/* Take an empty chunk out of its pool. Returns its pages. */
static unsigned long chunk_doom(struct jit_pool *pool, struct jit_chunk *chunk)
{
	lockdep_assert_held(&pool->lock);

	jit_arena_exit(&pool->space, &chunk->arena);
	pool->bytes -= chunk->size;
	spin_lock(&jit_doomed_lock);
	list_move(&chunk->list, &jit_doomed);
	spin_unlock(&jit_doomed_lock);
	schedule_work(&jit_reaper);
	return chunk->size >> PAGE_SHIFT;
}

/* What was an object becomes free, and its chunk may become empty. */
static void pool_put_extent(struct jit_pool *pool, struct jit_extent *extent)
{
	struct jit_chunk *chunk = jit_extent_chunk(extent);
	struct jit_extent *gone[JIT_MAX_SPLITS];
	unsigned int i;

	lockdep_assert_held(&pool->lock);

	jit_extent_put(&pool->space, extent, gone);
	for (i = 0; i < ARRAY_SIZE(gone); i++) {
		if (gone[i])
			kfree_rcu(gone[i], rcu);
	}
	if (!jit_arena_empty(&chunk->arena))
		return;
	if (pool->type->packed && !pool->idle) {
		chunk->arena.seed = get_random_u32();
		pool_count_idle(pool, chunk, 1);
	} else {
		chunk_doom(pool, chunk);
	}
}

/* Doom up to @pages of a pool's empty chunks. Returns their pages. */
static unsigned long pool_shrink(struct jit_pool *pool, unsigned long pages)
{
	struct jit_chunk *chunk, *next;
	unsigned long done = 0;

	spin_lock_bh(&pool->lock);
	pool_undelay(pool);
	list_for_each_entry_safe(chunk, next, &pool->chunks, list) {
		if (!pool->idle || done >= pages)
			break;
		if (!pool->type->packed || !jit_arena_empty(&chunk->arena))
			continue;
		pool_count_idle(pool, chunk, -1);
		done += chunk_doom(pool, chunk);
	}
	spin_unlock_bh(&pool->lock);
	return done;
}

static unsigned long jit_shrink_count(struct shrinker *shrinker,
				      struct shrink_control *sc)
{
	return atomic_long_read(&jit_idle_pages) ?: SHRINK_EMPTY;
}

/* Memory is allocated under jit_mutex, so this must not wait for it. */
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
		done += pool_shrink(pool, sc->nr_to_scan - done);
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

static struct jit_pool *pool_create(struct jit_cache *cache)
{
	struct jit_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return NULL;
	pool->start = cache->start;
	pool->end = cache->end;
	pool->type = &jit_types[cache->flags & JIT_CACHE_TYPE];
	pool->shared = !(cache->flags & JIT_CACHE_NO_MERGE) && !jit_nomerge;
	pool->space.free = RB_ROOT;
	mutex_init(&pool->grow);
	spin_lock_init(&pool->lock);
	INIT_LIST_HEAD(&pool->chunks);
	INIT_LIST_HEAD(&pool->spares);
	list_add_tail(&pool->list, &jit_pools);
	return pool;
}

static bool pool_suits(const struct jit_pool *pool, const struct jit_cache *cache)
{
	return pool->shared && pool->start == cache->start && pool->end == cache->end &&
	       pool->type == &jit_types[cache->flags & JIT_CACHE_TYPE];
}

/* The pool for a cache; it comes into being with the first one that needs it. */
static struct jit_pool *pool_get(struct jit_cache *cache)
{
	struct jit_pool *pool;

	lockdep_assert_held(&jit_mutex);

	if (!(cache->flags & JIT_CACHE_NO_MERGE) && !jit_nomerge) {
		list_for_each_entry(pool, &jit_pools, list) {
			if (pool_suits(pool, cache))
				goto found;
		}
	}
	pool = pool_create(cache);
	if (!pool)
		return NULL;
found:
	pool->users++;
	return pool;
}

/* The last user is gone, and so are all objects, those that RCU had too. */
static void pool_put(struct jit_pool *pool)
{
	struct jit_extent *extent, *next;

	lockdep_assert_held(&jit_mutex);

	if (--pool->users)
		return;
	list_del(&pool->list);
	pool_shrink(pool, ULONG_MAX);
	reap_doomed();
	list_for_each_entry_safe(extent, next, &pool->spares, list)
		kfree(extent);
	WARN_ON_ONCE(!list_empty(&pool->chunks));
	/* jit_free() of a wild pointer may be looking at it. */
	synchronize_rcu();
	kfree(pool);
}

/*
 * See to it that there are JIT_MAX_SPLITS spares. Called with the pool's lock held,
 * which is dropped to allocate.
 */
static bool pool_spare(struct jit_pool *pool)
	__must_hold(&pool->lock)
{
	struct jit_extent *extent;

	static_assert(JIT_MAX_SPLITS == 2);
	while (list_empty(&pool->spares) || list_is_singular(&pool->spares)) {
		spin_unlock_bh(&pool->lock);
		extent = jit_fault() ? NULL : kmalloc(sizeof(*extent), GFP_KERNEL);
		spin_lock_bh(&pool->lock);
		if (!extent)
			return false;
		list_add(&extent->list, &pool->spares);
	}
	return true;
}

/* Take an extent out of the chunks that there are; -ENOSPC if none fits. */
static struct jit_extent *pool_take(struct jit_pool *pool, u32 size, u32 align,
				    bool thorough)
{
	struct jit_extent *extent = ERR_PTR(-ENOMEM);

	spin_lock_bh(&pool->lock);
	if (!pool_spare(pool))
		goto out;
	extent = jit_extent_take(&pool->space, size, align, thorough, &pool->spares);
	if (!extent && pool_undelay(pool))
		extent = jit_extent_take(&pool->space, size, align, thorough, &pool->spares);
	if (!extent)
		extent = ERR_PTR(-ENOSPC);
	else if (extent->arena->busy == 1)
		pool_count_idle(pool, jit_extent_chunk(extent), -1);
out:
	spin_unlock_bh(&pool->lock);
	return extent;
}

/* Lists are short: a pool has as many chunks as it has megabytes, or half that. */
static void pool_add(struct jit_pool *pool, struct jit_chunk *chunk)
{
	struct list_head *pos = &pool->chunks;
	struct jit_chunk *other;

	lockdep_assert_held(&pool->lock);

	list_for_each_entry(other, &pool->chunks, list) {
		if (other->addr > chunk->addr) {
			pos = &other->list;
			break;
		}
	}
	list_add_tail(&chunk->list, pos);
	pool->bytes += chunk->size;
}

/* A chunk with an extent, which isn't in the pool yet. */
static struct jit_chunk *pool_new_chunk(struct jit_pool *pool, size_t size,
					unsigned long caller, struct jit_extent **whole)
{
	struct jit_chunk *chunk;

	*whole = jit_fault() ? NULL : kmalloc(sizeof(**whole), GFP_KERNEL);
	if (!*whole)
		return NULL;
	chunk = jit_chunk_create(pool, size, caller);
	if (!chunk)
		kfree(*whole);
	return chunk;
}

/* Add a chunk with room for @size bytes. No alignment is larger than a chunk's. */
static bool pool_grow(struct jit_pool *pool, size_t size, unsigned long caller)
{
	struct jit_extent *whole;
	struct jit_chunk *chunk;

	chunk = pool_new_chunk(pool, size, caller, &whole);
	if (!chunk)
		return false;
	spin_lock_bh(&pool->lock);
	pool_add(pool, chunk);
	jit_arena_init(&pool->space, &chunk->arena, whole);
	pool_count_idle(pool, chunk, 1);
	spin_unlock_bh(&pool->lock);
	return true;
}

/* An extent of a pool whose chunks have objects of many caches. */
static struct jit_extent *pool_alloc_packed(struct jit_pool *pool, u32 size, u32 align,
					    unsigned long caller)
{
	struct jit_extent *extent;

	extent = pool_take(pool, size, align, false);
	if (extent != ERR_PTR(-ENOSPC))
		return extent;

	mutex_lock(&pool->grow);
	do {
		extent = pool_take(pool, size, align, false);
	} while (extent == ERR_PTR(-ENOSPC) && pool_grow(pool, size, caller));
	if (extent == ERR_PTR(-ENOSPC))
		extent = pool_take(pool, size, align, true);
	mutex_unlock(&pool->grow);
	return extent;
}

/* An extent that has a chunk to itself. */
static struct jit_extent *pool_alloc_own(struct jit_pool *pool, u32 size,
					 unsigned long caller)
{
	struct jit_space space = { .free = RB_ROOT };
	struct jit_extent *whole;
	struct jit_chunk *chunk;

	chunk = pool_new_chunk(pool, size, caller, &whole);
	if (!chunk)
		return ERR_PTR(-ENOMEM);
	jit_arena_init(&space, &chunk->arena, whole);
	whole = jit_extent_take(&space, size, PAGE_SIZE, false, NULL);
	spin_lock_bh(&pool->lock);
	pool_add(pool, chunk);
	spin_unlock_bh(&pool->lock);
	return whole;
}

/* Make an extent free that nobody owns any more. In any context but NMI. */
static void pool_free(struct jit_extent *extent)
{
	struct jit_pool *pool = jit_extent_chunk(extent)->pool;

	spin_lock_bh(&pool->lock);
	extent = pool_delay(pool, extent);
	if (extent)
		pool_put_extent(pool, extent);
	spin_unlock_bh(&pool->lock);
}

/* === Caches =============================================================== */

static bool lies_within(const struct jit_cache *cache, unsigned long start,
			unsigned long end)
{
	return cache->start >= start && cache->end - 1 < end;
}

/*
 * Is it space that vmalloc() hands out? That of modules may be a part of it, apart
 * from it, or, on arm64, begin below it and end in it.
 */
static bool range_is_ours(const struct jit_cache *cache)
{
	return lies_within(cache, VMALLOC_START, VMALLOC_END) ||
	       lies_within(cache, JIT_MODULES_START, JIT_MODULES_END) ||
	       lies_within(cache, JIT_MODULES_FAR_START, JIT_MODULES_FAR_END) ||
	       jit_range_is_modules(cache->start, cache->end - 1);
}

static int cache_check(struct jit_cache *cache)
{
	unsigned int type = cache->flags & JIT_CACHE_TYPE;
	u32 insn;

	if (!cache->name || cache->start >= cache->end ||
	    !PAGE_ALIGNED(cache->start) || !PAGE_ALIGNED(cache->end) ||
	    !range_is_ours(cache))
		return -EINVAL;
	if (cache->flags & ~(JIT_CACHE_TYPE | JIT_CACHE_NO_MERGE |
			     JIT_CACHE_REUSE_RCU | JIT_CACHE_REUSE_RCU_TASKS) ||
	    !type || type >= ARRAY_SIZE(jit_types))
		return -EINVAL;
	if (cache->align && (!is_power_of_2(cache->align) || cache->align > PAGE_SIZE))
		return -EINVAL;
	if (jit_types[type].text && (!text_trap_fill(&insn, sizeof(insn)) ||
				     !IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY)))
		return -EOPNOTSUPP;
	if (cache->flags & JIT_CACHE_REUSE_RCU_TASKS && IS_ENABLED(CONFIG_PREEMPTION) &&
	    !IS_ENABLED(CONFIG_TASKS_RCU))
		return -EOPNOTSUPP;
	/* Without page tables, memory is what it is. */
	if (!IS_ENABLED(CONFIG_MMU) && type != JIT_CACHE_RAW)
		return -EOPNOTSUPP;
	return slab_is_available() ? 0 : -ENOMEM;
}

/* What the flags leave open. */
static void cache_complete(struct jit_cache *cache)
{
	const struct jit_type *type = &jit_types[cache->flags & JIT_CACHE_TYPE];

	if (!type->packed)
		cache->align = PAGE_SIZE;
	else if (!cache->align)
		cache->align = type->text ? ARCH_JIT_ALIGN : JIT_GRANULE;
	cache->align = max_t(unsigned int, cache->align, JIT_GRANULE);
}

static int cache_init(struct jit_cache *cache)
{
	struct jit_pool *pool;
	int err;

	lockdep_assert_held(&jit_mutex);

	err = cache_check(cache);
	if (err)
		return err;
	cache_complete(cache);
	pool = pool_get(cache);
	if (!pool)
		return -ENOMEM;
	list_add_tail(&cache->list, &jit_caches);
	/* Pairs with cache_pool(): all else is seen before the pool is. */
	smp_store_release(&cache->pool, pool);
	return 0;
}

/* A cache that was defined, and not created, gets its pool by the first use. */
static struct jit_pool *cache_pool(struct jit_cache *cache)
{
	/* Pairs with cache_init(). */
	struct jit_pool *pool = smp_load_acquire(&cache->pool);
	int err = 0;

	if (likely(pool))
		return pool;

	mutex_lock(&jit_mutex);
	if (!cache->pool) {
		cache->range(cache);
		err = cache_init(cache);
	}
	pool = cache->pool;
	mutex_unlock(&jit_mutex);

	jit_misuse(err && err != -ENOMEM, "%s: [%lx, %lx) flags %x: error %d\n",
		   cache->name, cache->start, cache->end, cache->flags, err);
	return pool;
}

static void cache_count_fail(struct jit_cache *cache, struct jit_pool *pool)
{
	spin_lock_bh(&pool->lock);
	cache->stat[JIT_CACHE_FAILS]++;
	spin_unlock_bh(&pool->lock);
}

/* Give an extent to a cache, or, with @sign -1, take it: the counters. */
static void cache_count(struct jit_cache *cache, struct jit_extent *extent, int sign)
{
	cache->stat[JIT_CACHE_OBJECTS] += sign;
	cache->stat[JIT_CACHE_ASKED] += sign * (long)extent->asked;
	cache->stat[JIT_CACHE_GIVEN] += sign * (long)extent->size;
	cache->stat[sign > 0 ? JIT_CACHE_ALLOCS : JIT_CACHE_FREES]++;
}

/* The extent in use that has an address, under RCU or the pool's lock. */
static struct jit_extent *chunk_find(struct jit_chunk *chunk, unsigned long at)
{
	if (!chunk || at - chunk->arena.start >= chunk->arena.size)
		return NULL;
	return jit_arena_find(&chunk->arena, at);
}

static struct jit_extent *find_extent(unsigned long at)
{
	return chunk_find(jit_chunk_find(at), at);
}

static unsigned long to_number(const void *addr)
{
	return (unsigned long)kasan_reset_tag(addr);
}

/*
 * Take the object at @addr from its owner, who has to be @cache, if that isn't
 * NULL. Of several who try that at once, one succeeds.
 */
static struct jit_extent *claim(const struct jit_cache *cache, const void *addr,
				struct jit_cache **owner)
{
	unsigned long at = to_number(addr);
	struct jit_extent *extent = NULL;
	struct jit_chunk *chunk;

	rcu_read_lock();
	chunk = jit_chunk_find(at);
	if (!chunk)
		goto out;
	spin_lock_bh(&chunk->pool->lock);
	extent = chunk_find(chunk, at);
	*owner = extent ? extent->owner : NULL;
	if (!extent || extent->start != at || (cache && cache != *owner)) {
		extent = NULL;
	} else {
		cache_count(*owner, extent, -1);
		jit_extent_drop(extent);
	}
	spin_unlock_bh(&chunk->pool->lock);
out:
	rcu_read_unlock();
	return extent;
}

static void reuse_rcu(struct rcu_head *rcu)
{
	pool_free(container_of(rcu, struct jit_extent, rcu));
}

/* When what nobody owns any more can be handed out again is for its owner to say. */
static void release(struct jit_extent *extent, unsigned int flags)
{
	if (flags & JIT_CACHE_REUSE_RCU_TASKS)
		call_rcu_tasks(&extent->rcu, reuse_rcu);
	else if (flags & JIT_CACHE_REUSE_RCU)
		call_rcu(&extent->rcu, reuse_rcu);
	else
		pool_free(extent);
}

static void jit_free_object(struct jit_cache *cache, void *addr, bool written, bool locked)
{
	struct jit_cache *owner = NULL;
	struct jit_extent *extent;
	void *filled = addr;
	bool packed;

	might_sleep();
	if (!addr)
		return;

	extent = claim(cache, addr, &owner);
	if (jit_misuse(!extent, "%s: free of %p: %s%s\n", cache ? cache->name : "?", addr,
		       owner ? "not the start of its object, which is of " : "no object",
		       owner ? owner->name : ""))
		return;

	redzone_check(owner, extent);
	packed = jit_extent_chunk(extent)->pool->type->packed;
	if (written && jit_extent_chunk(extent)->pool->type->text)
		filled = locked ? text_poke_fill_locked(addr, extent->size) :
				  text_poke_fill(addr, extent->size);
	/* What doesn't trap must not be handed out: it is lost. */
	if (!WARN_ON_ONCE(!filled))
		release(extent, owner->flags);
	/* An object that was a chunk has gone, as after vfree(), if RCU let it. */
	if (!packed)
		reap_doomed();
}

/* === Public interface ===================================================== */

struct jit_cache *jit_cache_create(const char *name, unsigned long start,
				   unsigned long end, unsigned int align,
				   unsigned int flags)
{
	struct jit_cache *cache;
	int err;

	cache = jit_fault() ? NULL : kzalloc(sizeof(*cache), GFP_KERNEL);
	if (!cache)
		return ERR_PTR(-ENOMEM);
	cache->name = name;
	cache->start = start;
	cache->end = end;
	cache->align = align;
	cache->flags = flags;

	mutex_lock(&jit_mutex);
	err = cache_init(cache);
	mutex_unlock(&jit_mutex);
	if (err) {
		kfree(cache);
		return ERR_PTR(err);
	}
	return cache;
}

void jit_cache_destroy(struct jit_cache *cache)
{
	if (!cache)
		return;
	if (jit_misuse(cache->range, "%s: not made by jit_cache_create()\n", cache->name) ||
	    jit_misuse(READ_ONCE(cache->stat[JIT_CACHE_OBJECTS]),
		       "%s: destroyed with %lu objects\n", cache->name,
		       READ_ONCE(cache->stat[JIT_CACHE_OBJECTS])))
		return;

	if (cache->flags & JIT_CACHE_REUSE_RCU)
		rcu_barrier();
	if (cache->flags & JIT_CACHE_REUSE_RCU_TASKS)
		jit_barrier_tasks();
	mutex_lock(&jit_mutex);
	list_del(&cache->list);
	pool_put(cache->pool);
	mutex_unlock(&jit_mutex);
	kfree(cache);
}

void *jit_cache_alloc(struct jit_cache *cache, size_t size)
{
	struct jit_pool *pool = cache_pool(cache);
	struct jit_extent *extent;
	size_t given;

	might_sleep();
	if (!pool)
		return NULL;
	if (jit_misuse(!size || size > JIT_SIZE_MAX || size > pool->end - pool->start,
		       "%s: can't allocate %zu bytes\n", cache->name, size))
		goto fail;

	given = ALIGN(size + JIT_REDZONE, cache->align);
	if (given > pool->end - pool->start || !pool->type->packed)
		given = ALIGN(size, cache->align);
	extent = pool->type->packed ? pool_alloc_packed(pool, given, cache->align, _RET_IP_) :
				      pool_alloc_own(pool, given, _RET_IP_);
	if (IS_ERR(extent))
		goto fail;

	spin_lock_bh(&pool->lock);
	jit_extent_use(extent, size, cache);
	redzone_set(extent, _RET_IP_);
	cache_count(cache, extent, 1);
	spin_unlock_bh(&pool->lock);
	return (void *)extent->start;

fail:
	cache_count_fail(cache, pool);
	return NULL;
}

void jit_cache_free(struct jit_cache *cache, void *addr)
{
	jit_free_object(cache, addr, true, false);
}

void jit_cache_free_locked(struct jit_cache *cache, void *addr)
{
	lockdep_assert_held(&text_mutex);
	jit_free_object(cache, addr, true, true);
}

void jit_free(void *addr)
{
	jit_free_object(NULL, addr, true, false);
}

size_t jit_size(const void *addr)
{
	unsigned long at = to_number(addr);
	struct jit_extent *extent;
	size_t size = 0;

	rcu_read_lock();
	extent = find_extent(at);
	if (extent && extent->start == at)
		size = extent->asked;
	rcu_read_unlock();
	return size;
}

bool jit_cache_owns(const struct jit_cache *cache, const void *addr)
{
	unsigned long at = to_number(addr);
	struct jit_extent *extent;
	bool owns = false;

	rcu_read_lock();
	extent = find_extent(at);
	if (extent)
		owns = READ_ONCE(extent->owner) == cache &&
		       at - extent->start < READ_ONCE(extent->asked);
	rcu_read_unlock();
	return owns;
}

/* The first object of a cache in a chunk, at @at or behind it. */
static struct jit_extent *chunk_next(const struct jit_cache *cache,
				     struct jit_chunk *chunk, unsigned long at)
{
	struct jit_extent *extent;

	if (at > chunk->arena.start && at - chunk->arena.start < chunk->arena.size)
		extent = jit_arena_find(&chunk->arena, at);
	else
		extent = NULL;
	if (!extent)
		extent = list_first_entry(&chunk->arena.extents, struct jit_extent, list);

	list_for_each_entry_from(extent, &chunk->arena.extents, list) {
		if (extent->owner == cache && extent->start >= at)
			return extent;
	}
	return NULL;
}

void *jit_cache_next(struct jit_cache *cache, const void *addr)
{
	/* Pairs with cache_init(). */
	struct jit_pool *pool = smp_load_acquire(&cache->pool);
	unsigned long at = to_number(addr);
	struct jit_extent *extent = NULL;
	struct jit_chunk *chunk;

	if (!pool)
		return NULL;
	spin_lock_bh(&pool->lock);
	list_for_each_entry(chunk, &pool->chunks, list) {
		if (chunk->arena.start + chunk->arena.size <= at)
			continue;
		extent = chunk_next(cache, chunk, at);
		if (extent)
			break;
	}
	spin_unlock_bh(&pool->lock);
	return extent ? (void *)extent->start : NULL;
}

int jit_cache_shrink(struct jit_cache *cache)
{
	struct jit_pool *pool = cache_pool(cache);
	int pages;

	if (!pool)
		return 0;
	pages = pool_shrink(pool, ULONG_MAX);
	reap_doomed();
	return pages;
}

int jit_seal(void *addr)
{
	unsigned long at = to_number(addr);
	struct jit_extent *extent;
	struct jit_chunk *chunk;
	bool ours;
	int err;

	/* The caller owns the object, so that it stays. */
	rcu_read_lock();
	extent = find_extent(at);
	chunk = extent ? jit_extent_chunk(extent) : NULL;
	ours = chunk && chunk->pool->type->seals &&
	       extent->start == at;
	rcu_read_unlock();
	if (jit_misuse(!ours, "seal of %p: no such object\n", addr))
		return -EINVAL;

	mutex_lock(&jit_mutex);
	err = jit_chunk_seal(chunk);
	mutex_unlock(&jit_mutex);
	return err;
}

int jit_stage_begin(struct jit_stage *stage, struct jit_cache *cache, size_t size)
{
	memset(stage, 0, sizeof(*stage));
	if (jit_misuse((cache->flags & JIT_CACHE_TYPE) != JIT_CACHE_TEXT,
		       "%s: staging what is no text\n", cache->name))
		return -EINVAL;

	stage->addr = jit_cache_alloc(cache, size);
	if (!stage->addr)
		return -ENOMEM;
	stage->rw = jit_fault() ? NULL : kvmalloc(size, GFP_KERNEL);
	if (!stage->rw) {
		jit_free_object(cache, stage->addr, false, false);
		return -ENOMEM;
	}
	text_trap_fill(stage->rw, size);
	stage->size = size;
	stage->cache = cache;
	return 0;
}

static void *jit_stage_end(struct jit_stage *stage, void *written, bool locked)
{
	if (!written)
		jit_free_object(stage->cache, stage->addr, true, locked);
	kvfree(stage->rw);
	memset(stage, 0, sizeof(*stage));
	return written;
}

void *jit_stage_commit(struct jit_stage *stage)
{
	return jit_stage_end(stage, text_poke_copy(stage->addr, stage->rw, stage->size), false);
}

void *jit_stage_commit_locked(struct jit_stage *stage)
{
	return jit_stage_end(stage, text_poke_copy_locked(stage->addr, stage->rw, stage->size),
			 true);
}

void jit_stage_abort(struct jit_stage *stage)
{
	jit_free_object(stage->cache, stage->addr, false, false);
	kvfree(stage->rw);
	memset(stage, 0, sizeof(*stage));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of jit_cache share. jitcache.c has caches and their objects,
 * jitcache_pool.c the pools that objects come from, jitcache_chunk.c the memory of
 * the pools, jitcache_wait.c freed objects that wait for a grace period,
 * jitcache_stage.c staging, jitcache_debugfs.c statistics.
 * jitcache_extent.h and jitcache_debug.h belong to the parts of these names.
 */
#ifndef _MM_JITCACHE_H
#define _MM_JITCACHE_H

#include <linux/bits.h>
#include <linux/jitcache.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/rbtree_latch.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "jitcache_debug.h"
#include "jitcache_extent.h"

/* What a pool grows by at most, in bytes, and whether that can be mapped huge. */
#ifdef CONFIG_MMU
#define JIT_CHUNK_SIZE		min_t(unsigned long, PMD_SIZE, SZ_2M)
#define JIT_CHUNK_HUGE		(ARCH_JIT_HUGE && JIT_CHUNK_SIZE == PMD_SIZE && \
				 arch_vmap_pmd_supported(PAGE_KERNEL))
#else
#define JIT_CHUNK_SIZE		PAGE_SIZE
#define JIT_CHUNK_HUGE		false
#endif

/**
 * struct jit_traits - what distinguishes the types
 * @name: for debugfs
 * @packed: objects share chunks
 * @raw: protections are up to the owner; executable at first where the architecture
 *	 maps raw memory so
 * @text: executable
 * @seals: jit_seal() applies
 */
struct jit_traits {
	const char	*name;
	bool		packed;
	bool		raw;
	bool		text;
	bool		seals;
};

/* Kinds of grace periods that freed extents can wait for. */
enum jit_wait {
	JIT_WAIT_RCU,
	JIT_WAIT_RCU_TASKS,
	NR_JIT_WAITS,
};

/**
 * struct jit_batch - freed extents of a pool that wait for one kind of grace period
 * @pool: the pool
 * @open: extents that were freed since the last grace period was requested
 * @closed: extents that wait for that grace period, and then for the worker
 * @busy: until the worker is done, extents are added to @open only
 * @destroyed: caches that the worker releases when nothing of them waits any more
 * @bytes: of both
 * @rcu: requests the grace period
 * @work: fills and reuses @closed
 *
 * Under the lock of the pool, but for @rcu, @work, and @closed while the worker runs:
 * nothing else touches it then.
 */
struct jit_batch {
	struct jit_pool		*pool;
	struct list_head	open;
	struct list_head	closed;
	bool			busy;
	struct list_head	destroyed;
	unsigned long		bytes;
	struct rcu_head		rcu;
	struct work_struct	work;
};

/**
 * struct jit_pool - memory that caches of equal range and type share
 * @list: in the list of all pools, under jit_mutex
 * @start: first address
 * @end: first address past the range
 * @traits: of the type of the caches
 * @shared: further caches may join
 * @users: number of caches, under jit_mutex
 * @rcu: to free this structure
 * @grow: serializes adding chunks
 * @lock: protects all fields below, the extents of the chunks and the counters
 * @space: free extents, and what is dirty
 * @chunks: by address, if objects share them
 * @idle: number of chunks that are one free extent
 * @spares: extents for jit_extent_take(), allocated without @lock
 * @bytes: in all chunks
 * @batches: extents that wait, by enum jit_wait
 * @delayed: freed extents, each to be reused after JIT_DELAY more
 * @next_delayed: the slot of @delayed that has waited longest
 */
struct jit_pool {
	struct list_head	list;
	unsigned long		start;
	unsigned long		end;
	const struct jit_traits	*traits;
	bool			shared;
	unsigned int		users;
	struct rcu_head		rcu;

	/* Held while a chunk is added, so that one shortage adds one chunk. */
	struct mutex		grow;

	/*
	 * Protects all fields below, the extents of the chunks and the counters of the
	 * caches. Taken in process context only.
	 */
	spinlock_t		lock;
	struct jit_space	space;
	struct list_head	chunks;
	unsigned int		idle;
	struct list_head	spares;
	unsigned long		bytes;
	struct jit_batch	batches[NR_JIT_WAITS];
#ifdef CONFIG_DEBUG_JITCACHE
	struct jit_extent	*delayed[JIT_DELAY];
	unsigned int		next_delayed;
#endif
};

/**
 * struct jit_chunk - adjacent memory with one protection
 * @list: in jit_pool.chunks; read under RCU
 * @doomed: in the list of doomed chunks
 * @rcu: to free this structure
 * @pool: what it is a part of
 * @arena: its extents
 * @first: the first one of them, which others can become part of
 * @size: bytes; the arena may be shorter
 * @area: of vmalloc(), or NULL without an MMU
 * @huge: mapped with huge pages
 * @sealed: jit_seal() made it read-only; under jit_mutex
 * @node: in the tree of chunks, by address; read under RCU
 * @index: of @arena
 *
 * An object that has a chunk to itself pays for this: 256 bytes on 64-bit kernels.
 */
struct jit_chunk {
	struct list_head	list;
	union {
		struct list_head	doomed;
		struct rcu_head		rcu;
	};
	struct jit_pool		*pool;
	struct jit_arena	arena;
	struct jit_extent	first;
	size_t			size;
	struct vm_struct	*area;
	bool			huge;
	bool			sealed;
	struct latch_tree_node	node;
	struct jit_extent	*index[];
};

/*
 * Protects the lists of caches and pools, which cache uses which pool, and sealing.
 * Callers of jit_cache_alloc() may hold text_mutex, so text_mutex must not be taken
 * under it.
 */
extern struct mutex jit_mutex;
extern struct list_head jit_caches;
extern struct list_head jit_pools;

/* By enum jit_type. */
extern const struct jit_traits jit_traits[];

/* "jitcache_nomerge" on the command line. */
extern bool jit_nomerge;

static inline struct jit_chunk *jit_extent_chunk(const struct jit_extent *extent)
{
	return container_of(extent->arena, struct jit_chunk, arena);
}

/* Its arena begins in its first page. */
static inline void *jit_chunk_addr(const struct jit_chunk *chunk)
{
	return (void *)(chunk->arena.start & PAGE_MASK);
}

static inline struct jit_pool *jit_extent_pool(const struct jit_extent *extent)
{
	return jit_extent_chunk(extent)->pool;
}

static inline unsigned long jit_pool_bytes(const struct jit_pool *pool)
{
	return pool->end - pool->start;
}

/* Does [outer_start, outer_end) contain [start, end)? */
static inline bool jit_range_contains(unsigned long outer_start, unsigned long outer_end,
				      unsigned long start, unsigned long end)
{
	return start >= outer_start && end <= outer_end;
}

/* Is [start, end) a part of the module area? */
static inline bool jit_range_is_modules(unsigned long start, unsigned long end)
{
#ifdef MODULES_VADDR
	return jit_range_contains(MODULES_VADDR, MODULES_END, start, end);
#else
	return false;
#endif
}

/* Does a freed object of the cache wait for a grace period? */
static inline bool jit_cache_waits(const struct jit_cache *cache)
{
	return cache->flags & (JIT_CACHE_FREE_RCU | JIT_CACHE_FREE_RCU_TASKS);
}

/* Flags of __jit_free(). */
#define JIT_FREE_UNWRITTEN	BIT(0)	/* text was never written and still traps */

bool jit_fill(struct jit_pool *pool, unsigned long start, size_t size, unsigned long caller);
void jit_trim(struct jit_cache *cache, void *addr, size_t size);
void jit_cache_release(struct jit_cache *cache);
void *__jit_alloc(struct jit_cache *cache, size_t size, unsigned long caller);
void __jit_free(const struct jit_cache *cache, void *addr, unsigned int flags,
		unsigned long caller);

struct jit_pool *jit_pool_get(const struct jit_cache *cache);
void jit_pool_release(struct jit_pool *pool);
struct jit_chunk *jit_pool_chunk_above(struct jit_pool *pool, unsigned long at,
				       const struct jit_cache *owner);
struct jit_extent *jit_pool_alloc(struct jit_pool *pool, const struct jit_cache *cache,
				  u32 size, unsigned long caller);
void jit_pool_prepare(struct jit_pool *pool, u32 size, u32 align, unsigned long caller);
void jit_pool_trim(struct jit_pool *pool, struct jit_extent *extent, u32 size, u32 asked);
void jit_pool_add(struct jit_pool *pool, struct jit_chunk *chunk);
void jit_pool_forget(struct jit_pool *pool, struct jit_chunk *chunk);
struct jit_chunk *jit_pool_free_locked(struct jit_pool *pool, struct jit_extent *extent,
				       bool written);
void jit_pool_free(struct jit_pool *pool, struct jit_extent *extent, bool written);
void jit_pool_put(struct jit_pool *pool, struct jit_extent *extent);
unsigned long jit_pool_shrink(struct jit_pool *pool, unsigned long pages);
void jit_reap_doomed(void);

void jit_wait_init(struct jit_pool *pool);
void jit_wait_free(struct jit_extent *extent, struct jit_cache *cache,
		   unsigned long caller);
bool jit_wait_destroy(struct jit_cache *cache);
bool jit_wait_is_full(struct jit_pool *pool, const struct jit_cache *cache);

struct jit_chunk *jit_chunk_create(struct jit_pool *pool, size_t need,
				   unsigned long caller);
void jit_chunk_destroy(struct jit_chunk *chunk);
struct jit_chunk *jit_chunk_find_rcu(unsigned long addr);
struct jit_chunk *jit_chunk_find_any_rcu(unsigned long addr, bool packed);
int jit_chunk_seal(struct jit_chunk *chunk);

#endif /* _MM_JITCACHE_H */

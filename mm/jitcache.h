/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of jit_cache share: caches (jitcache.c), the chunks of memory
 * that they hand out pieces of (jitcache_chunk.c), how they are looked at
 * (jitcache_debugfs.c) and their tests.
 */
#ifndef _MM_JITCACHE_H
#define _MM_JITCACHE_H

#include <linux/jitcache.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pgtable.h>
#include <linux/rbtree_latch.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>

#include "jitcache_extent.h"

/* What a pool grows by, in bytes, if there is room. */
#ifdef CONFIG_MMU
#define JIT_CHUNK_SIZE		min_t(unsigned long, PMD_SIZE, SZ_2M)
#else
#define JIT_CHUNK_SIZE		PAGE_SIZE
#endif

/**
 * struct jit_type - what makes the types different
 * @name: as debugfs has it
 * @packed: objects share chunks
 * @raw: executable, if its owner, or the architecture, makes it so
 * @text: executable
 * @seals: jit_seal() has a meaning
 */
struct jit_type {
	const char	*name;
	bool		packed;
	bool		raw;
	bool		text;
	bool		seals;
};

/**
 * struct jit_pool - memory that caches of equal range and type share
 * @list: in the list of all pools, under jit_mutex
 * @start: first address
 * @end: first address behind
 * @type: how it is mapped
 * @shared: further caches may join
 * @users: caches that have; under jit_mutex
 * @grow: see there
 * @lock: see there
 * @space: free extents
 * @chunks: by address
 * @idle: chunks that are one free extent
 * @spares: extents for jit_extent_take(), so that @lock need not be dropped
 * @bytes: in all chunks
 * @delayed: freed, to be used again as late as possible; linked by @rcu.next
 * @last_delayed: the last of them
 * @nr_delayed: how many
 */
struct jit_pool {
	struct list_head	list;
	unsigned long		start;
	unsigned long		end;
	const struct jit_type	*type;
	bool			shared;
	unsigned int		users;

	/* Held while a chunk is added, so that it isn't done twice. */
	struct mutex		grow;

	/*
	 * Protects all below, the extents of the chunks and the counters of the
	 * caches. Bottom halves are off under it, since RCU's callbacks take it.
	 */
	spinlock_t		lock;
	struct jit_space	space;
	struct list_head	chunks;
	unsigned int		idle;
	struct list_head	spares;
	unsigned long		bytes;
#ifdef CONFIG_DEBUG_JITCACHE
	struct jit_extent	*delayed;
	struct jit_extent	*last_delayed;
	unsigned int		nr_delayed;
#endif
};

/**
 * struct jit_chunk - adjoining memory with one protection
 * @node: among all chunks, by address; read under RCU
 * @list: in jit_pool.chunks, or on the way out
 * @pool: what it is a part of
 * @arena: its extents
 * @addr: first byte
 * @size: bytes; the arena may be shorter
 * @huge: mapped with huge pages
 * @sealed: see jit_seal(); under jit_mutex
 * @rcu: to free this structure
 * @index: of @arena
 */
struct jit_chunk {
	struct latch_tree_node	node;
	struct list_head	list;
	struct jit_pool		*pool;
	struct jit_arena	arena;
	void			*addr;
	size_t			size;
	bool			huge;
	bool			sealed;
	struct rcu_head		rcu;
	struct jit_extent	*index[];
};

/*
 * The lists of caches and pools, who uses which, and sealing. Taken by callers
 * who hold text_mutex, so that must not be taken under it.
 */
extern struct mutex jit_mutex;
extern struct list_head jit_caches;
extern struct list_head jit_pools;

/* Told by the command line; see there. */
extern bool jit_nomerge;

static inline struct jit_chunk *jit_extent_chunk(const struct jit_extent *extent)
{
	return container_of(extent->arena, struct jit_chunk, arena);
}

/* call_rcu_tasks() is call_rcu() without preemption, and has no barrier then. */
static inline void jit_barrier_tasks(void)
{
	if (IS_ENABLED(CONFIG_TASKS_RCU))
		rcu_barrier_tasks();
	else
		rcu_barrier();
}

/* Do all bytes from @start to @last lie in the module area? */
static inline bool jit_range_is_modules(unsigned long start, unsigned long last)
{
#ifdef MODULES_VADDR
	return start >= MODULES_VADDR && last < MODULES_END;
#else
	return false;
#endif
}

/* Is all of it trapping instructions? */
bool jit_traps(const void *addr, size_t len);

struct jit_chunk *jit_chunk_create(struct jit_pool *pool, size_t need,
				   unsigned long caller);
void jit_chunk_destroy(struct jit_chunk *chunk);
struct jit_chunk *jit_chunk_find(unsigned long addr);
int jit_chunk_seal(struct jit_chunk *chunk);

#ifdef CONFIG_FAIL_JITCACHE
extern struct fault_attr jit_fault_attr;

/* Shall what comes next, which may fail, be made to fail? */
bool jit_fault(void);
#else
static inline bool jit_fault(void)
{
	return false;
}
#endif

#ifdef CONFIG_JITCACHE_KUNIT_TEST
/* While a test misuses a cache on purpose, it wants to be told of it, and not all. */
extern bool jit_misuse_expected;
extern unsigned int jit_misuses;
#define jit_misuse_is_expected()	(jit_misuses++, jit_misuse_expected)
#else
#define jit_misuse_is_expected()	false
#endif

/* Is @cond true? Then the caller is wrong, and that is said once for each place. */
#define jit_misuse(cond, fmt, ...)						\
({										\
	bool __cond = (cond);							\
										\
	if (unlikely(__cond) && !jit_misuse_is_expected())			\
		WARN_ONCE(1, "jit_cache: " fmt, ##__VA_ARGS__);			\
	unlikely(__cond);							\
})

#endif /* _MM_JITCACHE_H */

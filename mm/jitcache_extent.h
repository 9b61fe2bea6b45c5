/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extents: who has which bytes of the chunks of a pool.
 *
 * Knows numbers, not memory: no page tables, no allocation and no lock, so that
 * tools/testing/jitcache can compile it in user space and try it to death.
 */
#ifndef _MM_JITCACHE_EXTENT_H
#define _MM_JITCACHE_EXTENT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/* Sizes and addresses are multiples of it, in bytes. */
#define JIT_GRANULE		8UL

/* An arena of several extents has an index entry for each so many bytes. */
#define JIT_INDEX_SHIFT		10

/* An allocation needs at most so many new extents. */
#define JIT_MAX_SPLITS		2

struct jit_cache;
struct jit_arena;

/**
 * struct jit_extent - adjoining bytes of an arena with one fate
 * @list: in jit_arena.extents. Changed under the lock of the space, read under
 *	  RCU: an extent that is taken off stays until a grace period has passed
 * @node: free: in jit_space.free
 * @rcu: freed, waits to be reused; or taken off the list, waits to be gone
 * @arena: what it is a part of
 * @start: address of the first byte. Invariant: never changes, which makes it safe
 *	   for readers under RCU to search the list by it
 * @size: bytes; up to the next extent
 * @asked: bytes that it was allocated with; 0: free
 * @owner: in use by; else NULL. Set last, read first by readers under RCU
 * @caller: who allocated it
 *
 * In use: owner and asked set. Waiting to be reused: only asked set. Free: neither.
 */
struct jit_extent {
	struct list_head	list;
	union {
		struct rb_node	node;
		struct rcu_head	rcu;
	};
	struct jit_arena	*arena;
	unsigned long		start;
	u32			size;
	u32			asked;
	struct jit_cache	*owner;
#ifdef CONFIG_DEBUG_JITCACHE
	unsigned long		caller;
#endif
};

/**
 * struct jit_space - the free extents of any number of arenas
 * @free: by size, then by address
 */
struct jit_space {
	struct rb_root		free;
};

/**
 * struct jit_arena - a piece of address space, tiled by extents
 * @start: address of the first byte
 * @size: bytes
 * @busy: extents that are not free
 * @seed: tells where the first object goes; a random number
 * @extents: all of them, in the order of their addresses
 * @shift: an entry of @index is for 1 << @shift bytes
 * @index: the first extent in use that touches these bytes, or NULL
 */
struct jit_arena {
	unsigned long		start;
	unsigned long		size;
	unsigned int		busy;
	u32			seed;
	struct list_head	extents;
	unsigned int		shift;
	struct jit_extent	**index;
};

static inline size_t jit_index_len(unsigned long size, unsigned int shift)
{
	return ((size - 1) >> shift) + 1;
}

void jit_arena_init(struct jit_space *space, struct jit_arena *arena,
		    struct jit_extent *whole);
struct jit_extent *jit_arena_empty(struct jit_arena *arena);
void jit_arena_exit(struct jit_space *space, struct jit_arena *arena);
struct jit_extent *jit_arena_find(struct jit_arena *arena, unsigned long addr);

struct jit_extent *jit_extent_take(struct jit_space *space, u32 size, u32 align,
				   bool thorough, struct list_head *spares);
void jit_extent_use(struct jit_extent *extent, u32 asked, struct jit_cache *owner);
void jit_extent_drop(struct jit_extent *extent);
void jit_extent_put(struct jit_space *space, struct jit_extent *extent,
		    struct jit_extent *gone[JIT_MAX_SPLITS]);

#endif /* _MM_JITCACHE_EXTENT_H */

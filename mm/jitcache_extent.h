/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extents: which bytes of the chunks of a pool belong to which object.
 *
 * This part deals with numbers, not with memory: it has no page tables, allocates
 * nothing and takes no lock. tools/testing/jitcache compiles it in user space and
 * compares it with a model.
 */
#ifndef _MM_JITCACHE_EXTENT_H
#define _MM_JITCACHE_EXTENT_H

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

/* Sizes and addresses are multiples of it, in bytes. */
#define JIT_GRANULE		8UL

/* An arena that several objects share has an index slot for each 1 KiB. */
#define JIT_INDEX_SHIFT		10

/* An allocation needs at most this many new extents. */
#define JIT_MAX_SPLITS		2

struct jit_cache;
struct jit_arena;

/**
 * enum jit_extent_state - what an extent is
 * @JIT_EXTENT_FREE: in jit_space.free, can be taken
 * @JIT_EXTENT_WAITING: not free and not in use: on its way to an owner, or freed by
 *			its owner and not yet given out again
 * @JIT_EXTENT_PASSED: as JIT_EXTENT_WAITING, and the grace period that its owner named
 *		       has passed
 * @JIT_EXTENT_USED: has an owner
 */
enum jit_extent_state {
	JIT_EXTENT_FREE,
	JIT_EXTENT_WAITING,
	JIT_EXTENT_PASSED,
	JIT_EXTENT_USED,
};

/**
 * enum jit_fit - how to search for a free extent; flags
 * @JIT_FIT_QUICK: in O(log n). May miss an extent that is large enough for an aligned
 *		   object, if many of that size are not aligned. Among a few extents that
 *		   fit, prefer one that is dirty
 * @JIT_FIT_EXHAUSTIVE: look at every free extent that is large enough
 * @JIT_FIT_CLEAN: prefer one that is not dirty
 */
enum jit_fit {
	JIT_FIT_QUICK		= 0,
	JIT_FIT_EXHAUSTIVE	= 1,
	JIT_FIT_CLEAN		= 2,
};

/**
 * struct jit_extent - adjacent bytes of an arena that have one owner, or none
 * @list: in jit_arena.extents. Changed under the lock of the space, read under
 *	  RCU: an extent that was taken off stays until a grace period has passed
 * @node: in jit_space.free, if free
 * @rcu: for an extent that was taken off the list
 * @batch: in a list of extents that wait for the same grace period
 * @freed_by: the cache that an extent which waits belonged to
 * @freed_from: return address of the call that freed it
 * @arena: what it is a part of
 * @start: address of the first byte. Invariant: never changes, so readers under RCU
 *	   can search the list by it
 * @size: bytes; the next extent begins where this one ends
 * @asked: bytes that its owner requested, while in use. Read under RCU
 * @state: under the lock of the space
 * @epoch: when its bytes last became free after an owner may have executed them; the
 *	   latest of these, if the bytes differ. Under the lock of the space
 * @owner: while in use. Set last, and read first by readers under RCU
 * @caller: return address of the call that allocated it
 */
struct jit_extent {
	struct list_head	list;
	union {
		struct rb_node	node;
		struct rcu_head	rcu;
		struct {
			struct list_head	batch;
			struct jit_cache	*freed_by;
			unsigned long		freed_from;
		};
	};
	struct jit_arena	*arena;
	unsigned long		start;
	u32			size;
	u32			asked;
	enum jit_extent_state	state;
	u32			epoch;
	struct jit_cache	*owner;
#ifdef CONFIG_DEBUG_JITCACHE
	unsigned long		caller;
#endif
};

/**
 * struct jit_space - the free extents of any number of arenas
 * @free: by size, then by address
 * @epoch: the current one; each flush begins another
 * @unflushed: the epoch that the last flush began, of those that have ended. Extents
 *	       of earlier epochs are clean
 */
struct jit_space {
	struct rb_root		free;
	u32			epoch;
	u32			unflushed;
};

/**
 * struct jit_arena - a piece of address space, tiled by extents
 * @start: address of the first byte
 * @size: bytes
 * @busy: extents that are not free
 * @seed: a random number that decides where the first object is placed
 * @extents: all of them, in the order of their addresses
 * @shift: a slot of @index stands for 1 << @shift bytes
 * @index: for each slot, the first extent in use that touches its bytes, or NULL; none if
 *	   one object has the arena to itself
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

bool jit_extent_is_dirty(const struct jit_space *space, const struct jit_extent *extent);
void jit_extent_set_dirty(const struct jit_space *space, struct jit_extent *extent);
u32 jit_flush_begin(struct jit_space *space);
void jit_flush_end(struct jit_space *space, u32 begun);

void jit_arena_init(struct jit_space *space, struct jit_arena *arena,
		    struct jit_extent *initial);
void jit_arena_init_whole(struct jit_arena *arena, struct jit_extent *extent);
bool jit_arena_is_empty(const struct jit_arena *arena);
void jit_arena_exit(struct jit_space *space, struct jit_arena *arena);
struct jit_extent *jit_arena_first(const struct jit_arena *arena);
struct jit_extent *jit_arena_find(struct jit_arena *arena, unsigned long addr);
struct jit_extent *jit_arena_next(struct jit_arena *arena, unsigned long addr,
				  const struct jit_cache *owner);

bool jit_extent_fits(struct jit_space *space, u32 size, u32 align);
struct jit_extent *jit_extent_take(struct jit_space *space, u32 size, u32 align,
				   unsigned int fit, struct list_head *spares);
void jit_extent_use(struct jit_extent *extent, u32 asked, struct jit_cache *owner);
void jit_extent_drop(struct jit_extent *extent);
struct jit_extent *jit_extent_trim(struct jit_extent *extent, u32 size,
				   struct list_head *spares);
void jit_extent_join(const struct jit_space *space, struct jit_extent *extent,
		     struct jit_extent *next);
void jit_extent_put(struct jit_space *space, struct jit_extent *extent,
		    struct jit_extent *merged[JIT_MAX_SPLITS]);

#endif /* _MM_JITCACHE_EXTENT_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents: who has which bytes of the chunks of a pool.
 *
 * The extents of an arena tile it. They are listed in the order of their
 * addresses, and no two free ones are neighbours. Those that are free are also in
 * the tree of the space, by size, and an allocation takes the smallest that is
 * large enough, at its lowest address; the first one in an arena goes anywhere in
 * it, so that its address can't be guessed. Those in use are found by address: an index
 * says where in the list to begin, so that few have to be looked at, however many
 * there are.
 *
 * All functions but jit_arena_find() are called under the lock of the space. None
 * of them both adds to a list and takes off it: the lock is what makes an extent that
 * was added seen as a whole by a reader who gets to it by what was taken off later.
 */

#include <linux/align.h>
#include <linux/jitcache.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/rculist.h>

#include "jitcache_extent.h"

/* How many extents that fit in size to try for alignment, before a larger one. */
#define FIT_TRIES	8

/* === Free extents ========================================================= */

static struct jit_extent *from_node(struct rb_node *node)
{
	return rb_entry_safe(node, struct jit_extent, node);
}

static bool extent_is_free(const struct jit_extent *extent)
{
	return !extent->asked;
}

static bool extent_less(const struct jit_extent *a, const struct jit_extent *b)
{
	return a->size != b->size ? a->size < b->size : a->start < b->start;
}

static void free_insert(struct jit_space *space, struct jit_extent *extent)
{
	struct rb_node **link = &space->free.rb_node;
	struct rb_node *parent = NULL;

	WRITE_ONCE(extent->asked, 0);
	while (*link) {
		parent = *link;
		if (extent_less(extent, from_node(parent)))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&extent->node, parent, link);
	rb_insert_color(&extent->node, &space->free);
}

static void free_erase(struct jit_space *space, struct jit_extent *extent)
{
	rb_erase(&extent->node, &space->free);
}

/*
 * @rest takes the place of the extent that it was cut off. Most are cut off the largest
 * extent, and go where it was.
 */
static void free_replace(struct jit_space *space, struct jit_extent *extent,
			 struct jit_extent *rest)
{
	struct jit_extent *prev = from_node(rb_prev(&extent->node));

	if (!prev || extent_less(prev, rest)) {
		WRITE_ONCE(rest->asked, 0);
		rb_replace_node(&extent->node, &rest->node, &space->free);
	} else {
		free_erase(space, extent);
		free_insert(space, rest);
	}
}

/* The smallest free extent of at least @size bytes. */
static struct jit_extent *free_at_least(struct jit_space *space, unsigned long size)
{
	struct rb_node *node = space->free.rb_node;
	struct jit_extent *extent, *best = NULL;

	while (node) {
		extent = from_node(node);
		if (extent->size >= size) {
			best = extent;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return best;
}

/* Bytes to leave at the start of an extent for the rest to be aligned. */
static unsigned long extent_pad(const struct jit_extent *extent, u32 align)
{
	return -extent->start & (align - 1);
}

/* Bytes more to leave, so that the first object of an arena is anywhere in it. */
static unsigned long extent_stray(const struct jit_extent *extent, u32 size, u32 align)
{
	unsigned long places;

	if (extent->arena->busy)
		return 0;
	places = (extent->size - extent_pad(extent, align) - size) / align + 1;
	return extent->arena->seed % places * align;
}

/*
 * An extent with room for an object. A few that are as small as can be are tried,
 * then one that is large enough wherever it lies; if @thorough, all are.
 */
static struct jit_extent *free_fit(struct jit_space *space, u32 size, u32 align,
				   bool thorough)
{
	struct jit_extent *extent = free_at_least(space, size);
	unsigned int tries;

	for (tries = 0; extent && (thorough || tries < FIT_TRIES); tries++) {
		if (extent_pad(extent, align) + size <= extent->size)
			return extent;
		extent = from_node(rb_next(&extent->node));
	}
	if (!extent)
		return NULL;
	return free_at_least(space, (unsigned long)size + align - JIT_GRANULE);
}

/* === Extents in use ======================================================= */

static unsigned long index_of(const struct jit_arena *arena, unsigned long addr)
{
	return (addr - arena->start) >> arena->shift;
}

static void index_add(struct jit_extent *extent)
{
	struct jit_arena *arena = extent->arena;
	unsigned long i = index_of(arena, extent->start);
	unsigned long last = index_of(arena, extent->start + extent->size - 1);

	for (; i <= last; i++) {
		struct jit_extent *first = arena->index[i];

		if (!first || first->start > extent->start) {
			/* Pairs with jit_arena_find(): who finds it sees what it is. */
			smp_store_release(&arena->index[i], extent);
		}
	}
}

/* The first extent in use behind @extent in the step that has index @i. */
static struct jit_extent *next_in_step(struct jit_extent *extent, unsigned long i)
{
	struct jit_arena *arena = extent->arena;

	list_for_each_entry_continue(extent, &arena->extents, list) {
		if (index_of(arena, extent->start) > i)
			break;
		if (extent->owner)
			return extent;
	}
	return NULL;
}

/* Only the last step that the extent touches can have another one in it. */
static void index_del(struct jit_extent *extent)
{
	struct jit_arena *arena = extent->arena;
	unsigned long i = index_of(arena, extent->start);
	unsigned long last = index_of(arena, extent->start + extent->size - 1);

	for (; i < last; i++) {
		if (arena->index[i] == extent)
			WRITE_ONCE(arena->index[i], NULL);
	}
	if (arena->index[last] == extent)
		/* Pairs with jit_arena_find(). */
		smp_store_release(&arena->index[last], next_in_step(extent, last));
}

/**
 * jit_arena_find() - the extent in use that has an address
 * @arena: where to look
 * @addr: an address of the arena
 *
 * An extent is found if it is in use all the while. It is safe to meet extents
 * that are coming and going: one that has been taken off the list still leads to
 * those behind it.
 *
 * Context: Any, under RCU or the lock of the space.
 * Return: the extent or NULL.
 */
struct jit_extent *jit_arena_find(struct jit_arena *arena, unsigned long addr)
{
	struct jit_extent *extent, *found = NULL;

	/* Pairs with index_add() and index_del(), by the dependency of addresses. */
	extent = READ_ONCE(arena->index[index_of(arena, addr)]);
	if (!extent)
		return NULL;

	list_for_each_entry_from_rcu(extent, &arena->extents, list) {
		if (extent->start > addr)
			break;
		found = extent;
	}
	/* Pairs with jit_extent_use(): who sees an owner sees the size. */
	if (!found || !smp_load_acquire(&found->owner))
		return NULL;
	return addr - found->start < READ_ONCE(found->size) ? found : NULL;
}

/* === Arenas =============================================================== */

/**
 * jit_arena_init() - begin with one free extent
 * @space: what it is to be a part of
 * @arena: start, size, shift, seed and a zeroed index are set
 * @whole: an extent to be used for it
 */
void jit_arena_init(struct jit_space *space, struct jit_arena *arena,
		    struct jit_extent *whole)
{
	arena->busy = 0;
	INIT_LIST_HEAD(&arena->extents);

	whole->arena = arena;
	whole->start = arena->start;
	whole->size = arena->size;
	whole->owner = NULL;
	list_add_rcu(&whole->list, &arena->extents);
	free_insert(space, whole);
}

/**
 * jit_arena_empty() - is the arena one free extent?
 * @arena: the arena
 *
 * Return: that extent or NULL.
 */
struct jit_extent *jit_arena_empty(struct jit_arena *arena)
{
	if (arena->busy)
		return NULL;
	return list_first_entry(&arena->extents, struct jit_extent, list);
}

/**
 * jit_arena_exit() - leave the space
 * @space: what it was a part of
 * @arena: an empty arena
 */
void jit_arena_exit(struct jit_space *space, struct jit_arena *arena)
{
	free_erase(space, jit_arena_empty(arena));
}

/* === Extents ============================================================== */

/* Cut off all but the first @size bytes. Returns what was cut off. */
static struct jit_extent *extent_split(struct jit_extent *extent, unsigned long size,
				       struct list_head *spares)
{
	struct jit_extent *rest = list_first_entry(spares, struct jit_extent, list);

	list_del(&rest->list);
	rest->arena = extent->arena;
	rest->start = extent->start + size;
	rest->size = extent->size - size;
	rest->owner = NULL;
	WRITE_ONCE(extent->size, size);
	list_add_rcu(&rest->list, &extent->list);
	return rest;
}

/**
 * jit_extent_take() - take bytes that are free
 * @space: where from
 * @size: bytes, a multiple of JIT_GRANULE
 * @align: of the address, a power of two, at least JIT_GRANULE
 * @thorough: look at all free extents, if need be
 * @spares: JIT_MAX_SPLITS extents or more; some may be used
 *
 * Unless @thorough, an extent that would fit can be missed, if it is aligned and
 * many of its size are not.
 *
 * Return: an extent that is neither free nor in use, or NULL.
 */
struct jit_extent *jit_extent_take(struct jit_space *space, u32 size, u32 align,
				   bool thorough, struct list_head *spares)
{
	struct jit_extent *extent = free_fit(space, size, align, thorough);
	struct jit_extent *front;
	unsigned long pad;

	if (!extent)
		return NULL;

	pad = extent_pad(extent, align) + extent_stray(extent, size, align);
	if (pad) {
		front = extent;
		free_erase(space, front);
		extent = extent_split(front, pad, spares);
		free_insert(space, front);
		if (extent->size > size)
			free_insert(space, extent_split(extent, size, spares));
	} else if (extent->size > size) {
		free_replace(space, extent, extent_split(extent, size, spares));
	} else {
		free_erase(space, extent);
	}
	WRITE_ONCE(extent->asked, size);
	extent->arena->busy++;
	return extent;
}

/**
 * jit_extent_use() - give an extent to its owner
 * @extent: what jit_extent_take() returned
 * @asked: bytes of it that the owner asked for, not 0
 * @owner: the owner
 */
void jit_extent_use(struct jit_extent *extent, u32 asked, struct jit_cache *owner)
{
	WRITE_ONCE(extent->asked, asked);
	/* Pairs with jit_arena_find(): size and asked are seen before it. */
	smp_store_release(&extent->owner, owner);
	index_add(extent);
}

/**
 * jit_extent_drop() - take an extent from its owner
 * @extent: an extent in use
 *
 * From now on it can't be found. To be followed by jit_extent_put().
 */
void jit_extent_drop(struct jit_extent *extent)
{
	WRITE_ONCE(extent->owner, NULL);
	index_del(extent);
}

/* Make @extent one with the free extent behind it. */
static struct jit_extent *extent_merge(struct jit_space *space,
				       struct jit_extent *extent,
				       struct jit_extent *next)
{
	free_erase(space, next);
	WRITE_ONCE(extent->size, extent->size + next->size);
	list_del_rcu(&next->list);
	return next;
}

/**
 * jit_extent_put() - make an extent free
 * @space: what it was taken from
 * @extent: an extent that nobody owns
 * @gone: where to put extents that are not needed any more, or NULL. The caller
 *	  frees them after a grace period of RCU
 */
void jit_extent_put(struct jit_space *space, struct jit_extent *extent,
		    struct jit_extent *gone[JIT_MAX_SPLITS])
{
	struct jit_arena *arena = extent->arena;
	struct jit_extent *prev, *next;

	gone[0] = NULL;
	gone[1] = NULL;
	arena->busy--;

	if (!list_is_last(&extent->list, &arena->extents)) {
		next = list_next_entry(extent, list);
		if (extent_is_free(next))
			gone[0] = extent_merge(space, extent, next);
	}
	if (!list_is_first(&extent->list, &arena->extents)) {
		prev = list_prev_entry(extent, list);
		if (extent_is_free(prev)) {
			free_erase(space, prev);
			WRITE_ONCE(prev->size, prev->size + extent->size);
			list_del_rcu(&extent->list);
			gone[1] = extent;
			extent = prev;
		}
	}
	free_insert(space, extent);
}

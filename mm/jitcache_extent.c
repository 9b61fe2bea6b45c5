// SPDX-License-Identifier: GPL-2.0-only
/*
 * Extents: which bytes of the chunks of a pool belong to which object.
 *
 * The extents of an arena tile it, listed in the order of their addresses. No two
 * free ones are adjacent. The free extents of all arenas of a space are also in a
 * tree by size: an allocation takes the smallest one that is large enough, at its
 * lowest address, which keeps large extents whole. The first object of an arena is
 * placed at a random offset, so that its address cannot be guessed.
 *
 * Extents in use are found by address, without a lock: an index says where in the
 * list to begin, so that a search looks at few extents however many there are.
 *
 * An extent is dirty if its bytes were freed, or its arena was added, since the last
 * flush, whatever a flush is to the caller. What was not executed since it was taken, as
 * an end that is trimmed, is as dirty as it was.
 *
 * The caller serializes all functions but jit_arena_find(), by what is called the
 * lock of the space. It must not call jit_extent_put() after jit_extent_take() without
 * releasing the lock in between. A reader may hold an extent that was taken off the
 * list and follow it to one that was added earlier: the unlock and the lock between the
 * two order the initialization of the added extent before the pointer to it.
 */

#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/rbtree.h>
#include <linux/rculist.h>

#include <asm/barrier.h>

#include "jitcache_extent.h"

/*
 * JIT_FIT_QUICK tries this many of the smallest extents for alignment, before it
 * takes a larger one. Most objects have the default alignment, and the first fits.
 * Among as many, and the largest one, it looks for one that is clean or dirty as wanted.
 */
#define JIT_FIT_TRIES	8

/* === Epochs =============================================================== */

/*
 * How many flushes have begun since @epoch. Epochs wrap, and ages are compared instead: all
 * flushes that began since something became dirty still run, so its age is a small number.
 * What has been clean for 2^32 flushes may look dirty, which costs one flush.
 */
static u32 jit_epoch_age(const struct jit_space *space, u32 epoch)
{
	return space->epoch - epoch;
}

static u32 jit_epoch_later(const struct jit_space *space, u32 a, u32 b)
{
	return jit_epoch_age(space, a) < jit_epoch_age(space, b) ? a : b;
}

/**
 * jit_extent_is_dirty() - has no flush begun and ended since its bytes became free?
 * @space: what it is a part of
 * @extent: an extent; while in use, this is about the time before
 *
 * Return: true if so.
 */
bool jit_extent_is_dirty(const struct jit_space *space, const struct jit_extent *extent)
{
	return jit_epoch_age(space, extent->epoch) <= jit_epoch_age(space, space->unflushed);
}

/**
 * jit_extent_set_dirty() - its bytes may have been executed before
 * @space: what it is a part of
 * @extent: an extent in state JIT_EXTENT_WAITING, or a new one
 */
void jit_extent_set_dirty(const struct jit_space *space, struct jit_extent *extent)
{
	extent->epoch = space->epoch;
}

/**
 * jit_flush_begin() - a flush is about to begin
 * @space: what it concerns
 *
 * The lock need not be held until it ends, and others may begin and end meanwhile. What
 * becomes dirty in between stays so.
 *
 * Return: what to call jit_flush_end() with.
 */
u32 jit_flush_begin(struct jit_space *space)
{
	return ++space->epoch;
}

/**
 * jit_flush_end() - what was dirty when a flush began is clean
 * @space: what it concerns
 * @begun: what jit_flush_begin() returned
 */
void jit_flush_end(struct jit_space *space, u32 begun)
{
	space->unflushed = jit_epoch_later(space, space->unflushed, begun);
}

/* === Free extents ========================================================= */

static struct jit_extent *jit_extent_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct jit_extent, node);
}

static bool jit_extent_smaller(const struct jit_extent *a, const struct jit_extent *b)
{
	return a->size != b->size ? a->size < b->size : a->start < b->start;
}

static bool jit_node_less(struct rb_node *a, const struct rb_node *b)
{
	return jit_extent_smaller(rb_entry(a, struct jit_extent, node),
				  rb_entry(b, struct jit_extent, node));
}

static void jit_free_insert(struct jit_space *space, struct jit_extent *extent)
{
	extent->state = JIT_EXTENT_FREE;
	rb_add(&extent->node, &space->free, jit_node_less);
}

static void jit_free_erase(struct jit_space *space, struct jit_extent *extent)
{
	rb_erase(&extent->node, &space->free);
}

/*
 * @rest was cut off the free extent @extent and replaces it in the tree. Most are cut
 * off the largest one and stay the largest, which saves erasing and inserting.
 * @least: those in front of @extent are smaller than what @extent has now
 */
static void jit_free_replace(struct jit_space *space, struct jit_extent *extent,
			     struct jit_extent *rest, bool least)
{
	struct jit_extent *prev = NULL;

	if (!least || rest->size < extent->size)
		prev = jit_extent_of(rb_prev(&extent->node));
	if (!prev || jit_extent_smaller(prev, rest)) {
		rest->state = JIT_EXTENT_FREE;
		rb_replace_node(&extent->node, &rest->node, &space->free);
	} else {
		jit_free_erase(space, extent);
		jit_free_insert(space, rest);
	}
}

/* The smallest free extent of at least @size bytes. */
static struct jit_extent *jit_free_at_least(struct jit_space *space, unsigned long size)
{
	struct rb_node *node = space->free.rb_node, *best = NULL;

	while (node) {
		if (rb_entry(node, struct jit_extent, node)->size >= size) {
			best = node;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return jit_extent_of(best);
}

/* Bytes to leave at the start of an extent, so that the rest is aligned. */
static unsigned long jit_align_pad(const struct jit_extent *extent, u32 align)
{
	return -extent->start & (align - 1);
}

/* Bytes more to leave, so that the first object of an arena is anywhere in it. */
static unsigned long jit_random_offset(const struct jit_extent *extent, u32 size, u32 align)
{
	unsigned long places;

	if (extent->arena->busy)
		return 0;
	places = (extent->size - jit_align_pad(extent, align) - size) / align + 1;
	return extent->arena->seed % places * align;
}

static bool jit_extent_has_room(const struct jit_extent *extent, u32 size, u32 align)
{
	return jit_align_pad(extent, align) + size <= extent->size;
}

/*
 * The largest extent, if it is clean and has room. It often is the end of a chunk, which
 * stays clean while what is freed leaves many small extents that are dirty.
 */
static struct jit_extent *jit_free_clean_end(struct jit_space *space, u32 size, u32 align)
{
	struct jit_extent *extent = jit_extent_of(rb_last(&space->free));

	if (extent && !jit_extent_is_dirty(space, extent) &&
	    jit_extent_has_room(extent, size, align))
		return extent;
	return NULL;
}

/*
 * An extent with room for an object: one of the smallest, if it is aligned, or one
 * that is large enough for any alignment. There is one whether clean or dirty is wanted.
 * If there never was a flush, all are dirty, and the first one that has room is taken.
 * @least: the smallest that has @size bytes, or NULL
 */
static struct jit_extent *jit_free_fit(struct jit_space *space, struct jit_extent *least,
				       u32 size, u32 align, unsigned int fit)
{
	struct jit_extent *extent = least;
	struct jit_extent *clean, *first = NULL;
	bool want_dirty = !(fit & JIT_FIT_CLEAN);
	unsigned int tries;

	for (tries = 0; extent; tries++) {
		if (tries >= JIT_FIT_TRIES && (first || !(fit & JIT_FIT_EXHAUSTIVE)))
			break;
		if (jit_extent_has_room(extent, size, align)) {
			if (jit_extent_is_dirty(space, extent) == want_dirty)
				return extent;
			first = first ?: extent;
		}
		extent = jit_extent_of(rb_next(&extent->node));
	}
	clean = want_dirty ? NULL : jit_free_clean_end(space, size, align);
	if (clean || first || !extent)
		return clean ?: first;
	return jit_free_at_least(space, (unsigned long)size + align - JIT_GRANULE);
}

/* === Extents in use ======================================================= */

static unsigned long jit_slot_of(const struct jit_arena *arena, unsigned long addr)
{
	return (addr - arena->start) >> arena->shift;
}

static void jit_index_add(struct jit_extent *extent)
{
	struct jit_arena *arena = extent->arena;
	unsigned long slot = jit_slot_of(arena, extent->start);
	unsigned long last = jit_slot_of(arena, extent->start + extent->size - 1);

	for (; slot <= last; slot++) {
		struct jit_extent *first = arena->index[slot];

		if (!first || first->start > extent->start) {
			/* Pairs with jit_arena_find(): the extent is complete. */
			smp_store_release(&arena->index[slot], extent);
		}
	}
}

/* The first extent in use after @extent that touches the bytes of @slot. */
static struct jit_extent *jit_next_in_slot(struct jit_extent *extent, unsigned long slot)
{
	struct jit_arena *arena = extent->arena;

	list_for_each_entry_continue(extent, &arena->extents, list) {
		if (jit_slot_of(arena, extent->start) > slot)
			break;
		if (extent->owner)
			return extent;
	}
	return NULL;
}

/*
 * @extent does not touch @slot and those after it any more. The last one that it touched
 * is the only one that another can begin in.
 */
static void jit_index_del(struct jit_extent *extent, unsigned long slot)
{
	struct jit_arena *arena = extent->arena;
	unsigned long last = jit_slot_of(arena, extent->start + extent->size - 1);

	for (; slot < last; slot++) {
		if (arena->index[slot] == extent)
			WRITE_ONCE(arena->index[slot], NULL);
	}
	if (arena->index[last] == extent)
		/* Pairs with jit_arena_find(). */
		smp_store_release(&arena->index[last], jit_next_in_slot(extent, last));
}

/**
 * jit_arena_find() - the extent in use that an address belongs to
 * @arena: where to look
 * @addr: an address of the arena
 *
 * An extent is found if it is in use during the whole call. Extents may come and go
 * meanwhile: one that has been taken off the list still leads to those after it.
 *
 * Context: Any, under RCU or the lock of the space.
 * Return: the extent or NULL.
 */
struct jit_extent *jit_arena_find(struct jit_arena *arena, unsigned long addr)
{
	struct jit_extent *extent, *found = NULL;

	/* Pairs with jit_index_add() and _del(), by address dependency. */
	extent = arena->index ? READ_ONCE(arena->index[jit_slot_of(arena, addr)]) :
				jit_arena_first(arena);
	if (!extent)
		return NULL;

	list_for_each_entry_from_rcu(extent, &arena->extents, list) {
		if (extent->start > addr)
			break;
		found = extent;
	}
	/* Pairs with jit_extent_use(): an owner is seen after the size. */
	if (!found || !smp_load_acquire(&found->owner))
		return NULL;
	return addr - found->start < READ_ONCE(found->size) ? found : NULL;
}

/**
 * jit_arena_next() - the next extent of an owner
 * @arena: where to look
 * @addr: any address up to the end of the arena
 * @owner: the owner
 *
 * Context: Any, under RCU or the lock of the space.
 * Return: the first extent in use of @owner that does not begin below @addr, or NULL.
 */
struct jit_extent *jit_arena_next(struct jit_arena *arena, unsigned long addr,
				  const struct jit_cache *owner)
{
	unsigned long slot = addr > arena->start ? jit_slot_of(arena, addr) : 0;
	unsigned long len = jit_index_len(arena->size, arena->shift);
	struct jit_extent *extent = arena->index ? NULL : jit_arena_first(arena);

	/* Pairs with jit_index_add() and _del(), by address dependency. */
	for (; slot < len && !extent; slot++)
		extent = READ_ONCE(arena->index[slot]);
	if (!extent)
		return NULL;

	list_for_each_entry_from_rcu(extent, &arena->extents, list) {
		if (extent->start >= addr && READ_ONCE(extent->owner) == owner)
			return extent;
	}
	return NULL;
}

/* === Arenas =============================================================== */

static void jit_arena_start(struct jit_arena *arena, struct jit_extent *initial)
{
	arena->busy = 0;
	INIT_LIST_HEAD(&arena->extents);

	initial->arena = arena;
	initial->start = arena->start;
	initial->size = arena->size;
	initial->owner = NULL;
	list_add_rcu(&initial->list, &arena->extents);
}

/**
 * jit_arena_init() - begin with one free extent, which is dirty
 * @space: what the arena will be a part of
 * @arena: start, size, shift, seed and a zeroed index are set
 * @initial: an extent to use for it
 */
void jit_arena_init(struct jit_space *space, struct jit_arena *arena,
		    struct jit_extent *initial)
{
	jit_arena_start(arena, initial);
	jit_extent_set_dirty(space, initial);
	jit_free_insert(space, initial);
}

/**
 * jit_arena_init_whole() - begin with one extent that is not free
 * @arena: start and size are set, and there is no index
 * @extent: an extent to use for it
 *
 * For an object that has an arena to itself, which never becomes part of a space.
 * jit_extent_use() comes next. jit_extent_drop() is the end of it: there is no
 * jit_extent_put(), and no epoch.
 */
void jit_arena_init_whole(struct jit_arena *arena, struct jit_extent *extent)
{
	jit_arena_start(arena, extent);
	extent->state = JIT_EXTENT_WAITING;
	arena->busy = 1;
}

/**
 * jit_arena_is_empty() - is the arena one free extent?
 * @arena: the arena
 *
 * Return: true if so.
 */
bool jit_arena_is_empty(const struct jit_arena *arena)
{
	return !arena->busy;
}

/**
 * jit_arena_first() - the extent with the lowest address
 * @arena: the arena; never without an extent
 *
 * Return: the extent.
 */
struct jit_extent *jit_arena_first(const struct jit_arena *arena)
{
	return list_first_entry(&arena->extents, struct jit_extent, list);
}

/**
 * jit_arena_exit() - leave the space
 * @space: what the arena was a part of
 * @arena: an empty arena
 */
void jit_arena_exit(struct jit_space *space, struct jit_arena *arena)
{
	jit_free_erase(space, jit_arena_first(arena));
}

/* === Extents ============================================================== */

/* Cut off all but the first @size bytes. Returns what was cut off. */
static struct jit_extent *jit_extent_split(struct jit_extent *extent, unsigned long size,
					   struct list_head *spares)
{
	struct jit_extent *rest = list_first_entry(spares, struct jit_extent, list);

	list_del(&rest->list);
	rest->arena = extent->arena;
	rest->start = extent->start + size;
	rest->size = extent->size - size;
	rest->owner = NULL;
	rest->epoch = extent->epoch;
	WRITE_ONCE(extent->size, size);
	list_add_rcu(&rest->list, &extent->list);
	return rest;
}

/**
 * jit_extent_fits() - would jit_extent_take() find something?
 * @space: where to look
 * @size: as for jit_extent_take()
 * @align: as for jit_extent_take()
 *
 * Return: true if so, with JIT_FIT_QUICK.
 */
bool jit_extent_fits(struct jit_space *space, u32 size, u32 align)
{
	const struct jit_extent *largest = jit_extent_of(rb_last(&space->free));

	/* Nearly always the end of a chunk, large enough for any alignment. */
	if (largest && largest->size >= (unsigned long)size + align)
		return true;
	return jit_free_fit(space, jit_free_at_least(space, size), size, align,
			    JIT_FIT_QUICK);
}

/**
 * jit_extent_take() - take bytes that are free
 * @space: where to take them from
 * @size: bytes, a multiple of JIT_GRANULE
 * @align: of the address, a power of two, at least JIT_GRANULE
 * @fit: how to search, flags of enum jit_fit
 * @spares: JIT_MAX_SPLITS extents or more, of which some may be used
 *
 * Return: an extent in state JIT_EXTENT_WAITING, or NULL.
 */
struct jit_extent *jit_extent_take(struct jit_space *space, u32 size, u32 align,
				   unsigned int fit, struct list_head *spares)
{
	struct jit_extent *least = jit_free_at_least(space, size);
	struct jit_extent *extent = jit_free_fit(space, least, size, align, fit);
	struct jit_extent *front;
	unsigned long pad;

	if (!extent)
		return NULL;

	pad = jit_align_pad(extent, align) + jit_random_offset(extent, size, align);
	if (pad) {
		front = extent;
		jit_free_erase(space, front);
		extent = jit_extent_split(front, pad, spares);
		jit_free_insert(space, front);
		if (extent->size > size)
			jit_free_insert(space, jit_extent_split(extent, size, spares));
	} else if (extent->size > size) {
		jit_free_replace(space, extent, jit_extent_split(extent, size, spares),
				 extent == least);
	} else {
		jit_free_erase(space, extent);
	}
	extent->state = JIT_EXTENT_WAITING;
	extent->arena->busy++;
	return extent;
}

/**
 * jit_extent_use() - give an extent to an owner
 * @extent: what jit_extent_take() returned
 * @asked: bytes of it that the owner requested, not 0
 * @owner: the owner
 */
void jit_extent_use(struct jit_extent *extent, u32 asked, struct jit_cache *owner)
{
	extent->state = JIT_EXTENT_USED;
	WRITE_ONCE(extent->asked, asked);
	/* Pairs with jit_arena_find(): size and asked are seen before the owner. */
	smp_store_release(&extent->owner, owner);
	if (extent->arena->index)
		jit_index_add(extent);
}

/**
 * jit_extent_drop() - take an extent from its owner
 * @extent: an extent in use
 *
 * From now on it cannot be found. jit_extent_put() comes next.
 */
void jit_extent_drop(struct jit_extent *extent)
{
	extent->state = JIT_EXTENT_WAITING;
	WRITE_ONCE(extent->owner, NULL);
	if (extent->arena->index)
		jit_index_del(extent, jit_slot_of(extent->arena, extent->start));
}

/**
 * jit_extent_trim() - take the end of an extent from its owner
 * @extent: an extent in use
 * @size: bytes to leave, a multiple of JIT_GRANULE, more than 0 and less than it has
 * @spares: one extent or more, of which one is used
 *
 * Return: what was cut off, an extent in state JIT_EXTENT_WAITING.
 */
struct jit_extent *jit_extent_trim(struct jit_extent *extent, u32 size,
				   struct list_head *spares)
{
	struct jit_arena *arena = extent->arena;
	unsigned long last = jit_slot_of(arena, extent->start + size - 1);
	struct jit_extent *rest;

	if (last != jit_slot_of(arena, extent->start + extent->size - 1))
		jit_index_del(extent, last + 1);
	rest = jit_extent_split(extent, size, spares);
	rest->state = JIT_EXTENT_WAITING;
	arena->busy++;
	return rest;
}

/* Extend @extent over the next one. Neither is in the tree. */
static void jit_extent_absorb(const struct jit_space *space, struct jit_extent *extent,
			      struct jit_extent *next)
{
	extent->epoch = jit_epoch_later(space, extent->epoch, next->epoch);
	WRITE_ONCE(extent->size, extent->size + next->size);
	list_del_rcu(&next->list);
}

/**
 * jit_extent_join() - make two adjacent extents one
 * @space: what they are a part of
 * @extent: an extent in state JIT_EXTENT_WAITING
 * @next: the one after it, in the same state. The caller frees it after a grace period
 *	  of RCU
 */
void jit_extent_join(const struct jit_space *space, struct jit_extent *extent,
		     struct jit_extent *next)
{
	extent->arena->busy--;
	jit_extent_absorb(space, extent, next);
}

/**
 * jit_extent_put() - make an extent free
 * @space: where it was taken from
 * @extent: an extent in state JIT_EXTENT_WAITING
 * @merged: is set to the extents that became part of another one, or NULL. The caller
 *	    frees them after a grace period of RCU
 */
void jit_extent_put(struct jit_space *space, struct jit_extent *extent,
		    struct jit_extent *merged[JIT_MAX_SPLITS])
{
	struct jit_arena *arena = extent->arena;
	struct jit_extent *prev, *next;

	merged[0] = NULL;
	merged[1] = NULL;
	arena->busy--;

	if (!list_is_last(&extent->list, &arena->extents)) {
		next = list_next_entry(extent, list);
		if (next->state == JIT_EXTENT_FREE) {
			jit_free_erase(space, next);
			jit_extent_absorb(space, extent, next);
			merged[0] = next;
		}
	}
	if (!list_is_first(&extent->list, &arena->extents)) {
		prev = list_prev_entry(extent, list);
		if (prev->state == JIT_EXTENT_FREE) {
			jit_free_erase(space, prev);
			jit_extent_absorb(space, prev, extent);
			merged[1] = extent;
			extent = prev;
		}
	}
	jit_free_insert(space, extent);
}

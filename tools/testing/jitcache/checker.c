// SPDX-License-Identifier: GPL-2.0-only
/*
 * The model, and the checks of mm/jitcache_extent.c against it.
 *
 * The model records only what is held, and derives what is free from that. It has no
 * splits, no merges, no tree and no index, so it cannot share a bug in these with the
 * code under test.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/align.h>
#include <linux/kernel.h>

#include "checker.h"

/* Fills new extents, because kmalloc() does not initialize memory either. */
#define GARBAGE		0x5a

/* An extent, and what the checks remember about it. Its start must never change. */
struct box {
	bool			listed;
	unsigned long		start;
	unsigned long		seen_free;
	struct jit_extent	extent;
};

/* === Messages ============================================================= */

/* Called for each operation, so it only stores the note. checker_where() formats it. */
static void note(struct checker *checker, const char *what, unsigned long a,
		 unsigned long b, unsigned long c, unsigned long d)
{
	checker->note = what;
	checker->args[0] = a;
	checker->args[1] = b;
	checker->args[2] = c;
	checker->args[3] = d;
	if (checker->trace)
		checker_where(checker);
}

/* Print the number of the current operation, and its note. */
void checker_where(const struct checker *checker)
{
	const unsigned long *args = checker->args;

	fprintf(stderr, "%s: operation %lu: ", checker->name, checker->ops);
	fprintf(stderr, checker->note, args[0], args[1], args[2], args[3]);
	fputc('\n', stderr);
}

static __printf(3, 4)
void fail(const struct checker *checker, const char *cond, const char *fmt, ...)
{
	va_list args;

	checker_where(checker);
	fprintf(stderr, "%s: not true: %s: ", checker->name, cond);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	checker->stop();
}

#define expect(checker, cond, fmt, ...)					\
do {									\
	if (!(cond))							\
		fail(checker, #cond, fmt, ##__VA_ARGS__);		\
} while (0)

/* === Memory =============================================================== */

static struct box *to_box(struct jit_extent *extent)
{
	return container_of(extent, struct box, extent);
}

static void *xalloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		perror("calloc");
		exit(2);
	}
	return memory;
}

static struct jit_extent *extent_alloc(struct checker *checker)
{
	struct box *box = xalloc(sizeof(*box));

	memset(&box->extent, GARBAGE, sizeof(box->extent));
	checker->extents++;
	return &box->extent;
}

static void extent_free(struct checker *checker, struct jit_extent *extent)
{
	checker->extents--;
	free(to_box(extent));
}

/* === Model ================================================================ */

static unsigned long held_end(const struct held *held)
{
	return held->start + held->size;
}

struct gap checker_gap(struct spot spot)
{
	const struct tracked *arena = spot.arena;
	unsigned long end = arena->start + arena->size;
	struct gap gap = { .spot = spot, .start = arena->start };

	if (spot.i)
		gap.start = held_end(&arena->held[spot.i - 1]);
	if (spot.i < arena->nr)
		end = arena->held[spot.i].start;
	gap.size = end - gap.start;
	return gap;
}

u64 *checker_epoch(struct spot spot)
{
	struct tracked *arena = spot.arena;

	return spot.i < arena->nr ? &arena->held[spot.i].before : &arena->after;
}

bool checker_dirty(const struct checker *checker, u64 epoch)
{
	return epoch >= checker->unflushed;
}

/* The index of the first held extent that starts at @addr or above. */
static unsigned int held_from(const struct tracked *arena, unsigned long addr)
{
	unsigned int low = 0, high = arena->nr, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (arena->held[middle].start < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The extent in use that contains @addr. */
static struct jit_extent *model_find(const struct tracked *arena, unsigned long addr)
{
	unsigned int i = held_from(arena, addr + 1);
	const struct held *held;

	if (!i)
		return NULL;
	held = &arena->held[i - 1];
	return held->state == HELD_USED && addr < held_end(held) ? held->extent : NULL;
}

static void model_insert(struct checker *checker, struct spot spot, const struct held *held)
{
	struct tracked *arena = spot.arena;

	memmove(&arena->held[spot.i + 1], &arena->held[spot.i],
		(arena->nr - spot.i) * sizeof(*held));
	arena->held[spot.i] = *held;
	arena->nr++;
	checker->nr_held++;
	if (checker->nr_held > checker->count[COUNT_HELD])
		checker->count[COUNT_HELD] = checker->nr_held;
}

static void model_delete(struct checker *checker, struct spot spot)
{
	struct tracked *arena = spot.arena;

	arena->nr--;
	checker->nr_held--;
	memmove(&arena->held[spot.i], &arena->held[spot.i + 1],
		(arena->nr - spot.i) * sizeof(arena->held[0]));
}

/* === Single extents ======================================================= */

static void check_extent(struct checker *checker, const struct tracked *arena,
			 struct jit_extent *extent, unsigned long start, unsigned long size)
{
	struct box *box = to_box(extent);

	expect(checker, extent->arena == &arena->arena, "extent %#lx", start);
	expect(checker, extent->start == start, "%#lx, expected %#lx", extent->start, start);
	expect(checker, extent->size == size, "extent %#lx: %u, expected %lu", start,
	       extent->size, size);
	expect(checker, extent->list.next->prev == &extent->list, "extent %#lx", start);
	expect(checker, extent->list.prev->next == &extent->list, "extent %#lx", start);
	if (!box->listed) {
		box->listed = true;
		box->start = start;
	}
	expect(checker, box->start == start, "extent moved from %#lx to %#lx", box->start,
	       start);
}

static void check_epoch(struct checker *checker, const struct jit_extent *extent, u64 epoch)
{
	bool dirty = jit_extent_is_dirty(&checker->space, extent);

	expect(checker, extent->epoch == (u32)epoch, "extent %#lx: %u, expected %u",
	       extent->start, extent->epoch, (u32)epoch);
	expect(checker, dirty == checker_dirty(checker, epoch), "extent %#lx", extent->start);
}

static void check_held(struct checker *checker, struct spot spot)
{
	const struct held *held = &spot.arena->held[spot.i];
	const struct jit_extent *extent = held->extent;

	check_extent(checker, spot.arena, held->extent, held->start, held->size);
	expect(checker, held->state != HELD_USED || extent->asked == held->asked,
	       "extent %#lx: %u, expected %u", held->start, extent->asked, held->asked);
	expect(checker, extent->state == (held->state == HELD_USED ? JIT_EXTENT_USED :
								     JIT_EXTENT_WAITING),
	       "extent %#lx: state %u", held->start, extent->state);
	expect(checker, extent->owner == held->owner, "extent %#lx: %p, expected %p",
	       held->start, (void *)extent->owner, (void *)held->owner);
	check_epoch(checker, held->extent, held->epoch);
}

static void check_free(struct checker *checker, const struct gap *gap,
		       struct jit_extent *extent)
{
	check_extent(checker, gap->spot.arena, extent, gap->start, gap->size);
	expect(checker, extent->state == JIT_EXTENT_FREE, "extent %#lx: state %u", gap->start,
	       extent->state);
	expect(checker, !extent->owner, "extent %#lx: %p", gap->start, (void *)extent->owner);
	check_epoch(checker, extent, *checker_epoch(gap->spot));
}

static struct list_head *held_list(struct tracked *arena, unsigned int i)
{
	return i < arena->nr ? &arena->held[i].extent->list : &arena->arena.extents;
}

/* Between two held extents there is one free extent, or none if they adjoin. */
static void check_gap(struct checker *checker, struct spot spot)
{
	struct tracked *arena = spot.arena;
	struct gap gap = checker_gap(spot);
	struct list_head *pos = held_list(arena, spot.i ? spot.i - 1 : arena->nr);

	pos = pos->next;
	if (gap.size) {
		expect(checker, pos != &arena->arena.extents, "no extent at %#lx", gap.start);
		check_free(checker, &gap, list_entry(pos, struct jit_extent, list));
		pos = pos->next;
	}
	expect(checker, pos == held_list(arena, spot.i), "[%#lx, %#lx) is not one extent",
	       gap.start, gap.start + gap.size);
}

static void check_find(struct checker *checker, struct tracked *arena, unsigned long addr)
{
	struct jit_extent *expected, *found;

	if (addr - arena->start >= arena->size)
		return;
	expected = model_find(arena, addr);
	found = jit_arena_find(&arena->arena, addr);
	expect(checker, found == expected, "find %#lx: %#lx, expected %#lx", addr,
	       found ? found->start : 0, expected ? expected->start : 0);
	checker->count[COUNT_FOUND] += !!found;
}

/* The first extent in use of an owner that does not begin below @addr. */
static void check_next(struct checker *checker, struct tracked *arena, unsigned long addr,
		       const struct jit_cache *owner)
{
	struct jit_extent *expected = NULL, *found;
	unsigned int i;

	for (i = held_from(arena, addr); i < arena->nr && !expected; i++) {
		if (arena->held[i].state == HELD_USED && arena->held[i].owner == owner)
			expected = arena->held[i].extent;
	}
	found = jit_arena_next(&arena->arena, addr, owner);
	expect(checker, found == expected, "next of %p from %#lx: %#lx, expected %#lx",
	       (void *)owner, addr, found ? found->start : 0, expected ? expected->start : 0);
}

/* Look up the first and the last byte of an object, and the bytes next to these. */
static void check_edges(struct checker *checker, struct tracked *arena, unsigned long start,
			unsigned long size)
{
	check_find(checker, arena, start - 1);
	check_find(checker, arena, start);
	check_find(checker, arena, start + size - 1);
	check_find(checker, arena, start + size);
}

static void check_busy(struct checker *checker, struct tracked *arena)
{
	bool empty = jit_arena_is_empty(&arena->arena);

	expect(checker, arena->arena.busy == arena->nr, "%u, expected %u",
	       arena->arena.busy, arena->nr);
	expect(checker, empty == !arena->nr, "%u held", arena->nr);
	if (empty)
		check_gap(checker, (struct spot){ arena, 0 });
}

/* === All extents ========================================================== */

static unsigned int check_list(struct checker *checker, struct tracked *arena,
			       unsigned int *frees)
{
	unsigned long end = arena->start + arena->size;
	unsigned long at = arena->start;
	struct spot spot = { arena, 0 };
	struct jit_extent *extent;
	unsigned int nr = 0;
	struct gap gap;

	list_for_each_entry(extent, &arena->arena.extents, list) {
		expect(checker, at != end, "extents continue past the end of the arena");
		gap = checker_gap(spot);
		if (gap.size && at == gap.start) {
			check_free(checker, &gap, extent);
			to_box(extent)->seen_free = checker->checks;
			++*frees;
		} else {
			expect(checker, spot.i < arena->nr && arena->held[spot.i].extent == extent,
			       "extent %#lx", extent->start);
			check_held(checker, spot);
			spot.i++;
		}
		at += extent->size;
		nr++;
	}
	expect(checker, at == end, "extents end at %#lx, arena at %#lx", at, end);
	expect(checker, spot.i == arena->nr, "%u, expected %u", spot.i, arena->nr);
	return nr;
}

static void check_index(struct checker *checker, struct tracked *arena)
{
	size_t i, last, len = jit_index_len(arena->size, arena->arena.shift);
	const struct held *held;

	memset(arena->expected, 0, len * sizeof(arena->expected[0]));
	for (held = arena->held; held < &arena->held[arena->nr]; held++) {
		if (held->state != HELD_USED)
			continue;
		i = (held->start - arena->start) >> arena->arena.shift;
		last = (held_end(held) - 1 - arena->start) >> arena->arena.shift;
		for (; i <= last; i++) {
			if (!arena->expected[i])
				arena->expected[i] = held->extent;
		}
	}
	for (i = 0; i < len; i++)
		expect(checker, arena->arena.index[i] == arena->expected[i],
		       "index entry %zu of [%#lx, %#lx): %p, expected %p", i, arena->start,
		       arena->start + arena->size, (void *)arena->arena.index[i],
		       (void *)arena->expected[i]);
}

/* The tree contains exactly the free extents that check_list() has seen. */
static void check_tree(struct checker *checker, unsigned int frees)
{
	struct jit_extent *extent, *prev = NULL;
	struct rb_node *node;

	for (node = rb_first(&checker->space.free); node; node = rb_next(node)) {
		extent = rb_entry(node, struct jit_extent, node);
		expect(checker, to_box(extent)->seen_free == checker->checks,
		       "extent %#lx is in the tree, but not free", extent->start);
		expect(checker, !prev || prev->size < extent->size ||
		       (prev->size == extent->size && prev->start < extent->start),
		       "%#lx follows %#lx in the tree", extent->start, prev->start);
		expect(checker, frees, "too many extents in the tree");
		frees--;
		prev = extent;
	}
	expect(checker, !frees, "%u free extents are not in the tree", frees);
}

void checker_check(struct checker *checker)
{
	struct jit_extent *extent;
	unsigned long nr = 0;
	unsigned int frees = 0;
	unsigned int slot;

	checker->checks++;
	for (slot = 0; slot < MAX_ARENAS; slot++) {
		struct tracked *arena = checker->arenas[slot];

		if (!arena)
			continue;
		check_busy(checker, arena);
		nr += check_list(checker, arena, &frees);
		check_index(checker, arena);
	}
	check_tree(checker, frees);
	list_for_each_entry(extent, &checker->spares, list)
		nr++;
	expect(checker, nr == checker->extents, "%lu extents found, %lu allocated", nr,
	       checker->extents);
}

/* === Calls ================================================================ */

void checker_init(struct checker *checker)
{
	checker->space.free = RB_ROOT;
	/* Epochs wrap after a few flushes. */
	checker->epoch = UINT_MAX - MAX_FLUSHES;
	checker->unflushed = checker->epoch;
	checker->space.epoch = checker->epoch;
	checker->space.unflushed = checker->epoch;
	INIT_LIST_HEAD(&checker->spares);
	checker->note = "nothing yet";
}

struct tracked *checker_add(struct checker *checker, unsigned int slot, unsigned long start,
			    unsigned long size, unsigned int shift, u32 seed)
{
	struct tracked *arena = xalloc(sizeof(*arena));
	size_t len = jit_index_len(size, shift);

	note(checker, "add arena at %#lx of %lu bytes, index shift %lu, seed %lu", start, size,
	     shift, seed);
	arena->start = start;
	arena->size = size;
	arena->expected = xalloc(len * sizeof(arena->expected[0]));
	arena->arena.start = start;
	arena->arena.size = size;
	arena->arena.shift = shift;
	arena->arena.seed = seed;
	arena->arena.index = xalloc(len * sizeof(arena->arena.index[0]));
	arena->after = checker->epoch;
	checker->arenas[slot] = arena;
	checker->count[COUNT_ARENAS]++;

	jit_arena_init(&checker->space, &arena->arena, extent_alloc(checker));
	check_busy(checker, arena);
	return arena;
}

/* Remove an arena if it is empty. */
bool checker_remove(struct checker *checker, unsigned int slot)
{
	struct tracked *arena = checker->arenas[slot];

	check_busy(checker, arena);
	if (arena->nr)
		return false;

	note(checker, "remove arena at %#lx of %lu bytes", arena->start, arena->size, 0, 0);
	check_index(checker, arena);
	jit_arena_exit(&checker->space, &arena->arena);
	extent_free(checker, jit_arena_first(&arena->arena));
	checker->arenas[slot] = NULL;
	free(arena->arena.index);
	free(arena->expected);
	free(arena);
	return true;
}

static void refill(struct checker *checker)
{
	struct list_head *pos;
	unsigned int nr = 0;

	list_for_each(pos, &checker->spares)
		nr++;
	for (; nr < JIT_MAX_SPLITS; nr++)
		list_add(&extent_alloc(checker)->list, &checker->spares);
}

static struct tracked *arena_of(struct checker *checker, const struct jit_extent *extent)
{
	unsigned int slot;

	for (slot = 0; slot < MAX_ARENAS; slot++) {
		if (checker->arenas[slot] && extent->arena == &checker->arenas[slot]->arena)
			return checker->arenas[slot];
	}
	return NULL;
}

/* An object goes to the lowest aligned address of its gap, unless the arena is empty. */
static void check_place(struct checker *checker, const struct gap *gap, unsigned long start,
			u32 size, u32 align)
{
	unsigned long first = checker_first(gap, align);

	expect(checker, start % align == 0, "%#lx", start);
	expect(checker, start >= gap->start && start - gap->start <= gap->size - size,
	       "%#lx in [%#lx, %#lx)", start, gap->start, gap->start + gap->size);
	expect(checker, start == first || !gap->spot.arena->nr, "%#lx, expected %#lx", start,
	       first);
	checker->count[COUNT_SPLITS] += (start != gap->start) +
					(start - gap->start != gap->size - size);
}

/* Take bytes, if possible, and set *@spot to them. */
bool checker_take(struct checker *checker, u32 size, u32 align, unsigned int fit,
		  struct spot *spot)
{
	struct gap right = checker_choose(checker, size, align, fit);
	struct gap gap = {};
	struct held held = { .size = size, .state = HELD_TAKEN };

	note(checker, "take %lu bytes, align %lu, fit %lu", size, align, fit, 0);
	refill(checker);
	held.extent = jit_extent_take(&checker->space, size, align, fit, &checker->spares);
	if (held.extent) {
		held.start = held.extent->start;
		spot->arena = arena_of(checker, held.extent);
		expect(checker, spot->arena, "extent %#lx", held.start);
		spot->i = held_from(spot->arena, held.start);
		gap = checker_gap(*spot);
	}
	expect(checker, gap.size == right.size && gap.start == right.start,
	       "gap of %lu bytes at %#lx, expected %lu at %#lx", gap.size, gap.start,
	       right.size, right.start);
	checker->count[held.extent ? COUNT_TAKES : COUNT_FAILS]++;
	if (!held.extent)
		return false;

	check_place(checker, &gap, held.start, size, align);
	held.epoch = *checker_epoch(*spot);
	held.before = held.epoch;
	model_insert(checker, *spot, &held);
	check_held(checker, *spot);
	check_gap(checker, *spot);
	check_gap(checker, (struct spot){ spot->arena, spot->i + 1 });
	check_busy(checker, spot->arena);
	check_edges(checker, spot->arena, held.start, size);
	return true;
}

void checker_use(struct checker *checker, struct spot spot, u32 asked,
		 struct jit_cache *owner)
{
	struct held *held = &spot.arena->held[spot.i];

	note(checker, "use %#lx, asked %lu of %lu bytes", held->start, asked, held->size, 0);
	jit_extent_use(held->extent, asked, owner);
	held->asked = asked;
	held->owner = owner;
	held->state = HELD_USED;
	check_held(checker, spot);
	check_edges(checker, spot.arena, held->start, held->size);
}

/* Shorten an extent in use. What is cut off is held, and comes after it. */
void checker_trim(struct checker *checker, struct spot spot, u32 size)
{
	struct held *held = &spot.arena->held[spot.i];
	struct held rest = { .state = HELD_DROPPED };
	struct spot next = { spot.arena, spot.i + 1 };

	note(checker, "trim %#lx, %lu of %lu bytes", held->start, size, held->size, 0);
	refill(checker);
	rest.start = held->start + size;
	rest.size = held->size - size;
	rest.epoch = held->epoch;
	rest.extent = jit_extent_trim(held->extent, size, &checker->spares);
	held->size = size;
	if (held->asked > size) {
		held->asked = size;
		held->extent->asked = size;
	}
	model_insert(checker, next, &rest);
	check_held(checker, spot);
	check_held(checker, next);
	check_gap(checker, next);
	check_gap(checker, (struct spot){ spot.arena, spot.i + 2 });
	check_busy(checker, spot.arena);
	check_edges(checker, spot.arena, held->start, size);
	check_edges(checker, spot.arena, rest.start, rest.size);
	checker->count[COUNT_TRIMS]++;
}

void checker_drop(struct checker *checker, struct spot spot)
{
	struct held *held = &spot.arena->held[spot.i];

	note(checker, "drop %#lx, %lu bytes", held->start, held->size, 0, 0);
	jit_extent_drop(held->extent);
	held->owner = NULL;
	held->state = HELD_DROPPED;
	check_held(checker, spot);
	check_edges(checker, spot.arena, held->start, held->size);
}

/* An owner may have executed an extent that is not in use any more. */
void checker_soil(struct checker *checker, struct spot spot)
{
	struct held *held = &spot.arena->held[spot.i];

	note(checker, "soil %#lx, %lu bytes", held->start, held->size, 0, 0);
	jit_extent_set_dirty(&checker->space, held->extent);
	held->epoch = checker->epoch;
	expect(checker, checker_dirty(checker, held->epoch), "extent %#lx", held->start);
	check_held(checker, spot);
}

/* Make one of an extent that was dropped and the one after it, if it was dropped too. */
bool checker_join(struct checker *checker, struct spot spot)
{
	struct held *held = &spot.arena->held[spot.i], *rest = held + 1;
	struct jit_extent *gone;

	if (spot.i + 1 == spot.arena->nr || held->state != HELD_DROPPED ||
	    rest->state != HELD_DROPPED || held_end(held) != rest->start)
		return false;
	note(checker, "join %#lx, %lu bytes, and %lu more", held->start, held->size, rest->size,
	     0);
	gone = rest->extent;
	jit_extent_join(&checker->space, held->extent, gone);
	held->size += rest->size;
	held->epoch = max(held->epoch, rest->epoch);
	model_delete(checker, (struct spot){ spot.arena, spot.i + 1 });
	expect(checker, gone->list.next == held->extent->list.next,
	       "extent %#lx does not lead to the next one", gone->start);
	extent_free(checker, gone);
	check_held(checker, spot);
	check_gap(checker, (struct spot){ spot.arena, spot.i + 1 });
	check_busy(checker, spot.arena);
	checker->count[COUNT_JOINS]++;
	return true;
}

/* A reader on an extent that is gone must still reach the one that follows. */
static void check_gone(struct checker *checker, struct jit_extent *extent,
		       struct jit_extent **gone, const struct list_head *next)
{
	const struct list_head *pos = &extent->list;
	unsigned int hops;

	expect(checker, to_box(extent)->start == extent->start, "extent %#lx moved to %#lx",
	       to_box(extent)->start, extent->start);
	for (hops = 0; hops < JIT_MAX_SPLITS; hops++) {
		pos = pos->next;
		if ((!gone[0] || pos != &gone[0]->list) && (!gone[1] || pos != &gone[1]->list))
			break;
	}
	expect(checker, pos == next, "extent %#lx does not lead to the next one",
	       extent->start);
}

/* The gap that an extent leaves has the latest epoch of what it is made of. */
static u64 epoch_of_put(struct spot spot)
{
	struct spot next = { spot.arena, spot.i + 1 };
	u64 epoch = spot.arena->held[spot.i].epoch;

	if (checker_gap(spot).size)
		epoch = max(epoch, *checker_epoch(spot));
	if (checker_gap(next).size)
		epoch = max(epoch, *checker_epoch(next));
	return epoch;
}

/* Free an extent that is not in use. @spot then names the gap that contains it. */
void checker_put(struct checker *checker, struct spot spot)
{
	struct held held = spot.arena->held[spot.i];
	struct jit_extent *gone[JIT_MAX_SPLITS];
	u64 epoch = epoch_of_put(spot);
	unsigned int i, nr = 0, merges = 0;
	struct list_head *next;

	note(checker, "put %#lx, %lu bytes", held.start, held.size, 0, 0);
	merges += !!checker_gap(spot).size;
	merges += !!checker_gap((struct spot){ spot.arena, spot.i + 1 }).size;
	memset(gone, GARBAGE, sizeof(gone));
	jit_extent_put(&checker->space, held.extent, gone);
	model_delete(checker, spot);
	*checker_epoch(spot) = epoch;
	check_gap(checker, spot);

	next = held_list(spot.arena, spot.i);
	for (i = 0; i < JIT_MAX_SPLITS; i++) {
		if (!gone[i])
			continue;
		nr++;
		check_gone(checker, gone[i], gone, next);
	}
	expect(checker, nr == merges, "%u extents are gone, expected %u", nr, merges);
	for (i = 0; i < JIT_MAX_SPLITS; i++) {
		if (gone[i])
			extent_free(checker, gone[i]);
	}
	checker->count[COUNT_MERGES] += merges;
	check_gap(checker, spot);
	check_busy(checker, spot.arena);
	check_edges(checker, spot.arena, held.start, held.size);
}

void checker_flush_begin(struct checker *checker)
{
	u32 begun;

	note(checker, "flush begins, %lu others", checker->nr_begun, 0, 0, 0);
	begun = jit_flush_begin(&checker->space);
	checker->begun[checker->nr_begun++] = ++checker->epoch;
	expect(checker, begun == (u32)checker->epoch, "%u, expected %u", begun,
	       (u32)checker->epoch);
}

/* Flushes may end in any order. */
void checker_flush_end(struct checker *checker, unsigned int i)
{
	u64 begun = checker->begun[i];

	note(checker, "flush ends that began epoch %lu, %lu began", begun, checker->epoch, 0,
	     0);
	jit_flush_end(&checker->space, begun);
	checker->unflushed = max(checker->unflushed, begun);
	checker->begun[i] = checker->begun[--checker->nr_begun];
	expect(checker, checker->space.unflushed == (u32)checker->unflushed,
	       "%u, expected %u", checker->space.unflushed, (u32)checker->unflushed);
	checker->count[COUNT_FLUSHES]++;
}

void checker_find(struct checker *checker, struct tracked *arena, unsigned long addr,
		  const struct jit_cache *owner)
{
	note(checker, "find %#lx", addr, 0, 0, 0);
	check_find(checker, arena, addr);
	check_next(checker, arena, addr, owner);
}

/* Free all extents and remove all arenas. */
void checker_exit(struct checker *checker)
{
	struct jit_extent *extent, *next;
	unsigned int slot;

	for (slot = 0; slot < MAX_ARENAS; slot++) {
		struct spot spot = { checker->arenas[slot], 0 };

		if (!spot.arena)
			continue;
		while (spot.arena->nr) {
			if (spot.arena->held[0].state == HELD_USED)
				checker_drop(checker, spot);
			checker_put(checker, spot);
		}
	}
	checker_check(checker);
	for (slot = 0; slot < MAX_ARENAS; slot++) {
		if (checker->arenas[slot])
			checker_remove(checker, slot);
	}
	expect(checker, !checker->space.free.rb_node, "the tree isn't empty");
	list_for_each_entry_safe(extent, next, &checker->spares, list) {
		list_del(&extent->list);
		extent_free(checker, extent);
	}
	expect(checker, !checker->extents, "%lu extents are lost", checker->extents);
}

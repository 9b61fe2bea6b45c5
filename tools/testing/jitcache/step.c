// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose the next operation. Equal sizes, sizes that just fit and sizes that just do not
 * fit are frequent, because they are the most likely to reveal bugs.
 */

#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/sizes.h>

#include "checker.h"

/* Arenas lie in adjoining slots, so that some arenas adjoin too. */
#define SLOT_SIZE	SZ_2M
#define SLOTS_START	(-(unsigned long)SZ_1G)

/* JIT_SIZE_MAX of <linux/jitcache.h>: no arena has room for it. */
#define HUGE_SIZE	SZ_1G

static struct jit_cache owners[NR_OWNERS];

static u32 below(struct checker *checker, u32 n)
{
	return checker->source->below(checker->source, n);
}

static bool one_in(struct checker *checker, u32 n)
{
	return !below(checker, n);
}

/* === Arenas =============================================================== */

static unsigned long choose_arena_size(struct checker *checker)
{
	switch (below(checker, 8)) {
	case 0:
		return SZ_2M;
	case 1:
		/* Like a chunk of text, which never hands out its last bytes. */
		return SZ_2M - 16;
	case 2:
		return SZ_64K;
	case 3:
		return (1 + below(checker, 16)) * SZ_4K;
	case 4:
		return (1 + below(checker, 64)) * JIT_GRANULE;
	case 5:
		return (1 + below(checker, SZ_64K / JIT_GRANULE)) * JIT_GRANULE;
	case 6:
		return SZ_4K - 16;
	default:
		return SZ_4K;
	}
}

static unsigned int choose_shift(struct checker *checker)
{
	static const unsigned int shifts[] = { JIT_INDEX_SHIFT, JIT_INDEX_SHIFT, 30, 6, 12 };

	return shifts[below(checker, ARRAY_SIZE(shifts))];
}

static void step_add(struct checker *checker)
{
	unsigned int slot = below(checker, MAX_ARENAS);
	unsigned long size = choose_arena_size(checker);
	unsigned long start = SLOTS_START + slot * SLOT_SIZE;

	if (checker->arenas[slot])
		return;
	if (one_in(checker, 2))
		start += SLOT_SIZE - size;
	checker_add(checker, slot, start, size, choose_shift(checker),
		    below(checker, UINT_MAX));
}

static void step_remove(struct checker *checker)
{
	unsigned int slot = below(checker, MAX_ARENAS);

	if (checker->arenas[slot])
		checker_remove(checker, slot);
}

static struct tracked *choose_arena(struct checker *checker)
{
	unsigned int first = below(checker, MAX_ARENAS);
	unsigned int i;

	for (i = 0; i < MAX_ARENAS; i++) {
		if (checker->arenas[(first + i) % MAX_ARENAS])
			return checker->arenas[(first + i) % MAX_ARENAS];
	}
	return NULL;
}

/* jit_cache gives an arena a new seed when it becomes empty. */
static void step_seed(struct checker *checker)
{
	struct tracked *arena = choose_arena(checker);

	if (arena && !arena->nr)
		arena->arena.seed = below(checker, UINT_MAX);
}

static void step_find(struct checker *checker)
{
	struct tracked *arena = choose_arena(checker);

	if (arena)
		checker_find(checker, arena, arena->start + below(checker, arena->size),
			     &owners[below(checker, NR_OWNERS)]);
}

/* === Objects ============================================================== */

/* A size that fits some gap exactly, or is a granule larger or smaller. */
static u32 choose_fit(struct checker *checker, u32 align)
{
	struct tracked *arena = choose_arena(checker);
	unsigned long pad, size;
	struct gap gap;

	if (!arena)
		return JIT_GRANULE;
	gap = checker_gap((struct spot){ arena, below(checker, arena->nr + 1) });
	pad = ALIGN(gap.start, align) - gap.start;
	size = gap.size > pad ? gap.size - pad : gap.size;
	switch (below(checker, 4)) {
	case 0:
		size += JIT_GRANULE;
		break;
	case 1:
		size -= min(size, JIT_GRANULE);
		break;
	}
	return max(size, JIT_GRANULE);
}

static u32 choose_size(struct checker *checker, u32 align)
{
	if (checker->mostly_usual && below(checker, 8))
		return checker->usual * JIT_GRANULE;

	switch (below(checker, 16)) {
	case 0:
	case 1:
		return choose_fit(checker, align);
	case 2:
	case 3:
		return checker->usual * JIT_GRANULE;
	case 4:
	case 5:
	case 6:
		return (1 + below(checker, checker->large)) * JIT_GRANULE;
	case 7:
		return one_in(checker, 64) ? HUGE_SIZE : align;
	default:
		return (1 + below(checker, 32)) * JIT_GRANULE;
	}
}

static void use(struct checker *checker, struct spot spot)
{
	u32 size = spot.arena->held[spot.i].size;

	checker_use(checker, spot, one_in(checker, 2) ? size : 1 + below(checker, size),
		    &owners[below(checker, NR_OWNERS)]);
}

static void step_take(struct checker *checker)
{
	u32 align = JIT_GRANULE << below(checker, checker->aligns);
	u32 size = choose_size(checker, align);
	struct spot spot;

	/* jit_cache_alloc() does this. */
	if (one_in(checker, 2))
		size = ALIGN(size, align);
	if (checker_take(checker, size, align, below(checker, 4), &spot) &&
	    below(checker, 4))
		use(checker, spot);
}

static bool trim(struct checker *checker, struct spot spot)
{
	u32 granules = spot.arena->held[spot.i].size / JIT_GRANULE;

	if (granules < 2 || checker->nr_held == MAX_HELD)
		return false;
	checker_trim(checker, spot, (1 + below(checker, granules - 1)) * JIT_GRANULE);
	return true;
}

/* What was never written is put as it is. */
static void put(struct checker *checker, struct spot spot)
{
	if (one_in(checker, 2))
		checker_soil(checker, spot);
	checker_put(checker, spot);
}

/* Move an object on to a next state. */
static void step_age(struct checker *checker)
{
	struct spot spot = { .arena = choose_arena(checker) };

	if (!spot.arena || !spot.arena->nr)
		return;
	spot.i = below(checker, spot.arena->nr);

	switch (spot.arena->held[spot.i].state) {
	case HELD_TAKEN:
		if (below(checker, 4))
			use(checker, spot);
		else
			put(checker, spot);
		break;
	case HELD_USED:
		if (one_in(checker, 4) && trim(checker, spot))
			break;
		checker_drop(checker, spot);
		if (one_in(checker, 2))
			put(checker, spot);
		else if (one_in(checker, 2))
			checker_soil(checker, spot);
		break;
	case HELD_DROPPED:
		if (!checker_join(checker, spot))
			put(checker, spot);
		break;
	}
}

/*
 * Take many extents of one size, and put every other one. This leaves free extents of
 * that size, only some of which are aligned.
 */
static void step_comb(struct checker *checker)
{
	u32 nr = below(checker, 48), size = checker->usual * JIT_GRANULE;
	struct spot spot = {};

	for (; nr && checker->nr_held < MAX_HELD; nr--) {
		if (!checker_take(checker, size, JIT_GRANULE, JIT_FIT_QUICK, &spot))
			break;
	}
	if (!spot.arena)
		return;
	for (spot.i = 0; spot.i < spot.arena->nr; spot.i++) {
		struct held *held = &spot.arena->held[spot.i];

		if (held->state == HELD_TAKEN && held->size == size)
			put(checker, spot);
	}
}

static void step_flush(struct checker *checker)
{
	if (checker->nr_begun < MAX_FLUSHES && one_in(checker, 2))
		checker_flush_begin(checker);
	else if (checker->nr_begun)
		checker_flush_end(checker, below(checker, checker->nr_begun));
}

/* === Steps ================================================================ */

/* Change the mix of operations: growth, decay and equal sizes reach different paths. */
static void step_shape(struct checker *checker)
{
	checker->fill = below(checker, 71);
	checker->aligns = 1 + below(checker, 10);
	checker->large = 1 << below(checker, 16);
	checker->usual = 1 + below(checker, 64);
	checker->mostly_usual = one_in(checker, 3);
}

void checker_step(struct checker *checker)
{
	u32 step = below(checker, 256);

	checker->ops++;
	if (!checker->large || (step == 0 && one_in(checker, 8)))
		step_shape(checker);
	else if (step < 4)
		step_add(checker);
	else if (step < 8)
		step_remove(checker);
	else if (step < 9)
		step_seed(checker);
	else if (step < 10)
		step_comb(checker);
	else if (step < 14)
		step_flush(checker);
	else if (step < 40)
		step_find(checker);
	else if (below(checker, 100) < checker->fill && checker->nr_held < MAX_HELD)
		step_take(checker);
	else
		step_age(checker);

	if (checker->ops % checker->every == 0)
		checker_check(checker);
}

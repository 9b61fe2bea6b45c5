// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which free bytes jit_extent_take() must choose. The model looks at all of them, in no
 * order, so it shares no search with the code under test.
 */

#include <linux/kernel.h>

#include "checker.h"

static bool gap_dirty(const struct checker *checker, const struct gap *gap)
{
	return checker_dirty(checker, *checker_epoch(gap->spot));
}

/* Go to the next gap. Start with *@slot at -1 and *@gap zeroed. */
static bool next_gap(struct checker *checker, int *slot, struct gap *gap)
{
	struct spot spot = gap->spot;

	if (spot.arena && spot.i < spot.arena->nr) {
		spot.i++;
	} else {
		do {
			if (++*slot == MAX_ARENAS)
				return false;
			spot.arena = checker->arenas[*slot];
		} while (!spot.arena);
		spot.i = 0;
	}
	*gap = checker_gap(spot);
	return true;
}

static bool gap_less(const struct gap *a, const struct gap *b)
{
	if (!b->size)
		return true;
	return a->size != b->size ? a->size < b->size : a->start < b->start;
}

/* The lowest address in the gap that has the alignment. */
unsigned long checker_first(const struct gap *gap, u32 align)
{
	return (gap->start + align - 1) / align * align;
}

static bool gap_fits(const struct gap *gap, u32 size, u32 align)
{
	return checker_first(gap, align) - gap->start + size <= gap->size;
}

/*
 * The gaps that jit_extent_take() may choose, each of size 0 if there is none.
 *
 * @best: the smallest gap that fits
 * @wanted: the smallest gap that fits, and is clean or dirty as wanted
 * @largest: the largest gap
 * @sure: the smallest gap that would fit at any address
 * @before: how many gaps are large enough but unaligned, and come before @best in the
 *	    order of size and address
 * @before_wanted: how many gaps are large enough, and come before @wanted
 */
struct choice {
	struct gap	best;
	struct gap	wanted;
	struct gap	largest;
	struct gap	sure;
	unsigned int	before;
	unsigned int	before_wanted;
};

static unsigned int count_before(struct checker *checker, u32 size, const struct gap *best)
{
	unsigned int before = 0;
	struct gap gap = {};
	int slot = -1;

	while (next_gap(checker, &slot, &gap)) {
		if (gap.size >= size && gap_less(&gap, best))
			before++;
	}
	return before;
}

static struct choice survey(struct checker *checker, u32 size, u32 align, unsigned int fit)
{
	unsigned long sure = (unsigned long)size + align - JIT_GRANULE;
	bool dirty = !(fit & JIT_FIT_CLEAN);
	struct choice choice = {};
	struct gap gap = {};
	int slot = -1;

	while (next_gap(checker, &slot, &gap)) {
		if (gap.size < size)
			continue;
		if (!choice.largest.size || gap_less(&choice.largest, &gap))
			choice.largest = gap;
		if (gap_less(&gap, &choice.best) && gap_fits(&gap, size, align))
			choice.best = gap;
		if (gap_less(&gap, &choice.wanted) && gap_fits(&gap, size, align) &&
		    gap_dirty(checker, &gap) == dirty)
			choice.wanted = gap;
		if (gap.size >= sure && gap_less(&gap, &choice.sure))
			choice.sure = gap;
	}
	if (align > JIT_GRANULE)
		choice.before = count_before(checker, size, &choice.best);
	choice.before_wanted = count_before(checker, size, &choice.wanted);
	return choice;
}

static bool same_gap(const struct gap *a, const struct gap *b)
{
	return a->size == b->size && a->start == b->start;
}

/*
 * The gap to choose; of size 0 if none. Unless it is exhaustive, jit_extent_take() tries
 * MODEL_TRIES gaps for alignment and then takes a sure one. Of the gaps that it tries, and
 * the largest, it prefers one that is clean or dirty as wanted.
 */
static const struct gap *choose(struct checker *checker, const struct choice *choice,
				u32 size, u32 align, unsigned int fit)
{
	bool tried = fit & JIT_FIT_EXHAUSTIVE || choice->before < MODEL_TRIES;

	if (tried && same_gap(&choice->best, &choice->wanted))
		return &choice->best;
	if (choice->wanted.size && choice->before_wanted < MODEL_TRIES) {
		checker->count[COUNT_WANTED]++;
		return &choice->wanted;
	}
	if (fit & JIT_FIT_CLEAN && choice->largest.size &&
	    gap_fits(&choice->largest, size, align) && !gap_dirty(checker, &choice->largest)) {
		checker->count[COUNT_LARGEST]++;
		return &choice->largest;
	}
	if (tried)
		return &choice->best;
	if (!same_gap(&choice->best, &choice->sure))
		checker->count[choice->sure.size ? COUNT_SECONDS : COUNT_MISSES]++;
	return &choice->sure;
}

/* The gap that jit_extent_take() must take from, of size 0 if it must fail. */
struct gap checker_choose(struct checker *checker, u32 size, u32 align, unsigned int fit)
{
	struct choice choice = survey(checker, size, align, fit);

	return *choose(checker, &choice, size, align, fit);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of mm/jitcache_extent.c, each of them compared with a model. For each arena, the
 * model has an array of the extents that are taken, sorted by address.
 */
#ifndef _JITCACHE_TEST_CHECKER_H
#define _JITCACHE_TEST_CHECKER_H

#include <stdbool.h>

#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "../../../mm/jitcache_extent.h"

#define MAX_ARENAS	6
#define MAX_HELD	700
#define NR_OWNERS	4
#define MAX_FLUSHES	3

/*
 * JIT_FIT_TRIES of mm/jitcache_extent.c: extents to try for alignment, unless the search is
 * exhaustive, and for being clean or dirty.
 */
#define MODEL_TRIES	8

/* Where decisions come from: a random number generator or a fuzzer. */
struct source {
	u32 (*below)(struct source *source, u32 n);
};

/* An owner of extents; nothing looks into it. */
struct jit_cache {
	int			unused;
};

enum held_state {
	HELD_TAKEN,
	HELD_USED,
	HELD_DROPPED,
};

/**
 * struct held - an extent that is not free
 * @start: address of the first byte
 * @size: bytes
 * @asked: bytes that its owner requested
 * @state: what was done with it last
 * @owner: its owner, or NULL
 * @extent: the extent under test
 * @epoch: what its epoch would be if epochs did not wrap
 * @before: the same of the gap in front of it
 */
struct held {
	unsigned long		start;
	u32			size;
	u32			asked;
	enum held_state		state;
	struct jit_cache	*owner;
	struct jit_extent	*extent;
	u64			epoch;
	u64			before;
};

/**
 * struct tracked - an arena, and what the model knows about it
 * @arena: the arena under test
 * @start: the start that it was given
 * @size: the size that it was given
 * @expected: scratch space for its expected index
 * @nr: number of entries in @held
 * @held: the extents that are not free, sorted by address
 * @after: the epoch of the gap after the last one
 */
struct tracked {
	struct jit_arena	arena;
	unsigned long		start;
	unsigned long		size;
	struct jit_extent	**expected;
	unsigned int		nr;
	struct held		held[MAX_HELD];
	u64			after;
};

/* Either held[i] of an arena, or the gap in front of it. Gap nr is after the last one. */
struct spot {
	struct tracked	*arena;
	unsigned int	i;
};

/* The free bytes in front of a held extent, or after the last one. Size 0: none. */
struct gap {
	struct spot	spot;
	unsigned long	start;
	unsigned long	size;
};

enum counter {
	COUNT_TAKES,
	COUNT_FAILS,
	COUNT_MISSES,
	COUNT_SECONDS,
	COUNT_WANTED,
	COUNT_LARGEST,
	COUNT_SPLITS,
	COUNT_MERGES,
	COUNT_TRIMS,
	COUNT_JOINS,
	COUNT_FLUSHES,
	COUNT_ARENAS,
	COUNT_FOUND,
	COUNT_HELD,
	NR_COUNTERS,
};

/**
 * struct checker - a space, and what the model knows about it
 * @name: name of the program, for messages
 * @source: where decisions come from
 * @stop: called after a failure has been reported; does not return
 * @every: operations from one complete check to the next
 * @trace: print each call
 * @space: the space under test
 * @spares: spare extents for jit_extent_take()
 * @arenas: the arenas of the space, by slot; NULL: the slot is empty
 * @epoch: of the space, if epochs did not wrap
 * @unflushed: the epoch that the last flush began, of those that have ended
 * @begun: the epochs that other flushes have begun, which have not ended
 * @nr_begun: their number
 * @nr_held: number of held extents of all arenas
 * @extents: number of extents allocated and not yet freed
 * @ops: operations so far
 * @checks: complete checks so far
 * @note: the current operation, a format string
 * @args: arguments of @note
 * @count: statistics for the final report
 * @fill: percentage of the operations on objects that take one
 * @aligns: number of alignments to choose from: JIT_GRANULE, twice that, and so on
 * @large: largest common size, in granules
 * @usual: a frequent size, in granules
 * @mostly_usual: most objects have size @usual
 */
struct checker {
	const char		*name;
	struct source		*source;
	void			(*stop)(void);
	unsigned int		every;
	bool			trace;

	struct jit_space	space;
	struct list_head	spares;
	struct tracked		*arenas[MAX_ARENAS];
	u64			epoch;
	u64			unflushed;
	u64			begun[MAX_FLUSHES];
	unsigned int		nr_begun;
	unsigned int		nr_held;
	unsigned long		extents;

	unsigned long		ops;
	unsigned long		checks;
	const char		*note;
	unsigned long		args[4];
	unsigned long		count[NR_COUNTERS];

	unsigned int		fill;
	unsigned int		aligns;
	u32			large;
	u32			usual;
	bool			mostly_usual;
};

/* checker.c: calls, each with the cheap checks */

void checker_init(struct checker *checker);
struct tracked *checker_add(struct checker *checker, unsigned int slot, unsigned long start,
			    unsigned long size, unsigned int shift, u32 seed);
bool checker_remove(struct checker *checker, unsigned int slot);
bool checker_take(struct checker *checker, u32 size, u32 align, unsigned int fit,
		  struct spot *spot);
void checker_use(struct checker *checker, struct spot spot, u32 asked,
		 struct jit_cache *owner);
void checker_trim(struct checker *checker, struct spot spot, u32 size);
void checker_drop(struct checker *checker, struct spot spot);
void checker_soil(struct checker *checker, struct spot spot);
bool checker_join(struct checker *checker, struct spot spot);
void checker_put(struct checker *checker, struct spot spot);
void checker_flush_begin(struct checker *checker);
void checker_flush_end(struct checker *checker, unsigned int i);
void checker_find(struct checker *checker, struct tracked *arena, unsigned long addr,
		  const struct jit_cache *owner);
void checker_check(struct checker *checker);
void checker_exit(struct checker *checker);
void checker_where(const struct checker *checker);
struct gap checker_gap(struct spot spot);
u64 *checker_epoch(struct spot spot);
bool checker_dirty(const struct checker *checker, u64 epoch);

/* choice.c: what the model takes */

unsigned long checker_first(const struct gap *gap, u32 align);
struct gap checker_choose(struct checker *checker, u32 size, u32 align, unsigned int fit);

/* step.c: one operation, chosen by the source */

void checker_step(struct checker *checker);

#endif /* _JITCACHE_TEST_CHECKER_H */

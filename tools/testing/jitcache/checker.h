/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/jitcache_extent.c, each call of which is held against a model: for each arena,
 * what has been taken from it, as an array that is sorted by address.
 */
#ifndef _JITCACHE_TEST_CHECKER_H
#define _JITCACHE_TEST_CHECKER_H

#include <stdbool.h>

#include <linux/jitcache.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "../../../mm/jitcache_extent.h"

#define MAX_ARENAS	6
#define MAX_HELD	700
#define NR_OWNERS	4

/* So many extents are tried for alignment, unless all are: FIT_TRIES. */
#define MODEL_TRIES	8

/* Where decisions come from: a generator of random numbers, or a fuzzer. */
struct source {
	u32 (*below)(struct source *source, u32 n);
};

enum held_state {
	HELD_TAKEN,
	HELD_USED,
	HELD_DROPPED,
};

struct held {
	unsigned long		start;
	u32			size;
	u32			asked;
	enum held_state		state;
	struct jit_cache	*owner;
	struct jit_extent	*extent;
};

/**
 * struct tracked - an arena, and what the model knows of it
 * @arena: it
 * @start: its start, as it was set
 * @size: its size, as it was set
 * @expected: room for what its index has to be
 * @nr: members of @held
 * @held: what isn't free, by address
 */
struct tracked {
	struct jit_arena	arena;
	unsigned long		start;
	unsigned long		size;
	struct jit_extent	**expected;
	unsigned int		nr;
	struct held		held[MAX_HELD];
};

/* One of @held, or, if that is as well a number of a gap, what is before it. */
struct spot {
	struct tracked	*arena;
	unsigned int	i;
};

/* What is free in front of a held one, or behind the last one. */
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
	COUNT_SPLITS,
	COUNT_MERGES,
	COUNT_ARENAS,
	COUNT_FOUND,
	COUNT_HELD,
	NR_COUNTERS,
};

/**
 * struct checker - a space, and what the model knows of it
 * @name: of the program, for messages
 * @source: where decisions come from
 * @stop: what to do when something was said to be wrong; doesn't return
 * @every: operations between complete checks
 * @trace: print each call
 * @space: under test
 * @spares: for jit_extent_take()
 * @arenas: those that are in the space; NULL: none
 * @nr_held: members of held of all arenas
 * @extents: how many were allocated and not freed
 * @ops: operations until now
 * @checks: complete checks until now
 * @note: what is being done, a format
 * @args: of @note
 * @count: to be shown in the end
 * @fill: of 100 operations with objects, how many take one
 * @aligns: how many alignments are used, from JIT_GRANULE on
 * @large: largest size that is common, in granules
 * @usual: a size that is frequent, in granules
 * @mostly_usual: more frequent than all others
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

/* checker.c: calls, each with all checks that are cheap */

void checker_init(struct checker *checker);
struct tracked *checker_add(struct checker *checker, unsigned int slot, unsigned long start,
			    unsigned long size, unsigned int shift, u32 seed);
bool checker_remove(struct checker *checker, unsigned int slot);
bool checker_take(struct checker *checker, u32 size, u32 align, bool thorough,
		  struct spot *spot);
void checker_use(struct checker *checker, struct spot spot, u32 asked,
		 struct jit_cache *owner);
void checker_drop(struct checker *checker, struct spot spot);
void checker_put(struct checker *checker, struct spot spot);
void checker_find(struct checker *checker, struct tracked *arena, unsigned long addr);
void checker_check(struct checker *checker);
void checker_exit(struct checker *checker);
void checker_where(const struct checker *checker);
struct gap checker_gap(struct spot spot);

/* step.c: an operation, chosen by the source */

void checker_step(struct checker *checker);

#endif /* _JITCACHE_TEST_CHECKER_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Compare mm/jitcache_extent.c with its model, on random operations. The same seed always
 * gives the same operations.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sanitizer/common_interface_defs.h>
#include <signal.h>

#include <linux/align.h>
#include <linux/kernel.h>
#include <linux/sizes.h>

#include "checker.h"

/* SIGALRM catches endless loops: this many operations take far less time. */
#define OPS_PER_ALARM	4096
#define ALARM_SECONDS	20

struct prng {
	struct source	source;
	u64		state;
};

static struct checker checker;
static unsigned long seed = 1;

/* Uses the high half: the low bits of a linear congruential generator are poor. */
static u32 prng_below(struct source *source, u32 n)
{
	struct prng *prng = container_of(source, struct prng, source);

	prng->state = prng->state * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((prng->state >> 32) * n) >> 32;
}

static void print_seed(void)
{
	checker_where(&checker);
	fprintf(stderr, "%s: DIVERGENCE: seed %lu, operation %lu\n", checker.name, seed,
		checker.ops);
}

static void stop(void)
{
	print_seed();
	_exit(1);
}

static void on_signal(int sig)
{
	fprintf(stderr, "%s: %s\n", checker.name, sig == SIGALRM ? "timed out" : "aborted");
	stop();
}

/* UndefinedBehaviorSanitizer has no death callback, so on_signal() handles its abort(). */
const char *__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* === Places =============================================================== */

/* The seed decides where an arena's first object goes, and can choose every place. */
static void check_places(unsigned long offset, unsigned long size, u32 want, u32 align)
{
	unsigned long start = SZ_1M + offset;
	unsigned long first = ALIGN(start, align);
	unsigned long places = (start + size - want - first) / align + 1;
	bool *been = calloc(places, sizeof(*been));
	unsigned long i, been_to = 0;
	struct spot spot;

	for (i = 0; been && i < places; i++) {
		checker_add(&checker, 0, start, size, JIT_INDEX_SHIFT, SZ_2G + i);
		if (checker_take(&checker, want, align, JIT_FIT_QUICK, &spot)) {
			unsigned long place = (spot.arena->held[0].start - first) / align;

			been_to += !been[place];
			been[place] = true;
			checker_put(&checker, spot);
		}
		checker_remove(&checker, 0);
	}
	free(been);
	if (been_to == places)
		return;
	fprintf(stderr, "%s: %u bytes, align %u, in %lu: reached %lu places, expected %lu\n",
		checker.name, want, align, size, been_to, places);
	stop();
}

static void check_all_places(void)
{
	check_places(0, SZ_4K, 64, 8);
	check_places(0, SZ_4K - 16, 64, 16);
	check_places(8, SZ_4K, 24, 16);
	check_places(24, SZ_16K + 8, SZ_4K, 64);
	check_places(0, SZ_64K, SZ_4K, SZ_4K);
	check_places(0, SZ_4K, SZ_4K, SZ_4K);
	check_places(0, SZ_4K, SZ_4K - 8, 8);
}

/* === An arena for one object ============================================== */

static void check_whole(unsigned long start, unsigned long size)
{
	struct jit_arena arena = { .start = start, .size = size };
	struct jit_extent extent;
	struct jit_cache owner;
	bool ok;

	jit_arena_init_whole(&arena, &extent);
	ok = !jit_arena_is_empty(&arena) && jit_arena_first(&arena) == &extent &&
	     !jit_arena_find(&arena, start) && !jit_arena_next(&arena, start, &owner);
	jit_extent_use(&extent, size - 1, &owner);
	ok = ok && jit_arena_find(&arena, start) == &extent &&
	     jit_arena_find(&arena, start + size - 1) == &extent &&
	     jit_arena_next(&arena, start, &owner) == &extent && extent.owner == &owner;
	jit_extent_drop(&extent);
	ok = ok && !jit_arena_find(&arena, start) && !extent.owner;
	if (ok)
		return;
	fprintf(stderr, "%s: an arena of %lu bytes at %#lx for one object diverges\n",
		checker.name, size, start);
	stop();
}

/* === Epochs that wrap ===================================================== */

/*
 * After any number of flushes, what is dirty stays so when it becomes part of what is clean,
 * or the other way round.
 */
static void check_wrap(u32 flushes, bool dirty_first)
{
	struct jit_extent first, second, third, *merged[JIT_MAX_SPLITS];
	struct jit_extent *slot = NULL, *clean, *dirty;
	struct jit_space space = { .free = RB_ROOT };
	struct jit_arena arena = { .start = SZ_4K, .size = 128, .shift = 30, .index = &slot };
	LIST_HEAD(spares);
	bool ok;

	list_add(&second.list, &spares);
	list_add(&third.list, &spares);
	jit_arena_init(&space, &arena, &first);
	clean = jit_extent_take(&space, 64, 8, JIT_FIT_QUICK, &spares);
	dirty = jit_extent_take(&space, 64, 8, JIT_FIT_QUICK, &spares);
	ok = jit_extent_is_dirty(&space, clean);
	jit_flush_end(&space, jit_flush_begin(&space));
	ok = ok && !jit_extent_is_dirty(&space, clean);
	space.epoch += flushes;
	space.unflushed = space.epoch;
	jit_extent_set_dirty(&space, dirty);
	jit_extent_put(&space, dirty_first ? dirty : clean, merged);
	jit_extent_put(&space, dirty_first ? clean : dirty, merged);
	if (ok && jit_extent_is_dirty(&space, jit_arena_first(&arena)))
		return;
	fprintf(stderr, "%s: epochs diverge after %u flushes\n", checker.name, flushes);
	stop();
}

static void check_all_wraps(void)
{
	static const u32 flushes[] = {
		0, 1, SZ_2G - 2, SZ_2G - 1, SZ_2G, SZ_2G + 1, UINT_MAX - 2, UINT_MAX - 1, UINT_MAX,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flushes); i++) {
		check_wrap(flushes[i], false);
		check_wrap(flushes[i], true);
	}
}

/* ========================================================================== */

static unsigned long parse_number(const char *arg)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 0);

	if (*end || end == arg) {
		fprintf(stderr, "model: %s is not a number\n", arg);
		exit(2);
	}
	return value;
}

static unsigned long parse(int argc, char **argv)
{
	unsigned long ops = 1000000;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:c:v")) != -1) {
		switch (opt) {
		case 'n':
			ops = parse_number(optarg);
			break;
		case 's':
			seed = parse_number(optarg);
			break;
		case 'c':
			checker.every = parse_number(optarg);
			break;
		case 'v':
			checker.trace = true;
			break;
		default:
			optind = argc + 1;
		}
	}
	if (optind != argc || !checker.every || !ops) {
		fprintf(stderr,
			"Usage: model [-n OPERATIONS] [-s SEED] [-c EVERY] [-v]\n"
			"  -c  operations from one complete check to the next\n"
			"  -v  print each call\n");
		exit(2);
	}
	return ops;
}

static void report(void)
{
	const unsigned long *count = checker.count;

	printf("%s: %lu operations, seed %lu, no divergence: ", checker.name, checker.ops, seed);
	printf("%lu arenas, %lu takes, %lu failed, %lu missed, %lu second choice, ",
	       count[COUNT_ARENAS], count[COUNT_TAKES], count[COUNT_FAILS],
	       count[COUNT_MISSES], count[COUNT_SECONDS]);
	printf("%lu cleaner or dirtier, %lu largest, %lu flushes, ", count[COUNT_WANTED],
	       count[COUNT_LARGEST], count[COUNT_FLUSHES]);
	printf("%lu splits, %lu merges, %lu trims, %lu joins, ", count[COUNT_SPLITS],
	       count[COUNT_MERGES], count[COUNT_TRIMS], count[COUNT_JOINS]);
	printf("%lu found, %lu at once, %lu complete checks\n", count[COUNT_FOUND],
	       count[COUNT_HELD], checker.checks);
}

int main(int argc, char **argv)
{
	struct prng prng = { .source.below = prng_below };
	unsigned long ops;

	checker.name = "model";
	checker.every = 64;
	checker.stop = stop;
	checker.source = &prng.source;
	ops = parse(argc, argv);
	prng.state = seed;

	__sanitizer_set_death_callback(print_seed);
	signal(SIGALRM, on_signal);
	signal(SIGABRT, on_signal);
	checker_init(&checker);
	alarm(ALARM_SECONDS);
	while (checker.ops < ops) {
		if (checker.ops % OPS_PER_ALARM == 0)
			alarm(ALARM_SECONDS);
		checker_step(&checker);
	}
	checker_exit(&checker);
	check_all_places();
	check_whole(SZ_4K, SZ_4K);
	check_whole(-(unsigned long)SZ_1G, SZ_1G - SZ_4K);
	check_all_wraps();
	checker_exit(&checker);
	alarm(0);
	report();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test jit_arena_find() while extents come and go. One thread, the writer, takes, uses,
 * drops and puts extents. The others, the readers, look up objects that stay in use,
 * which they must find. They also look up random addresses, which must do no harm.
 *
 * The writer publishes an object in a slot once it is in use. Before it drops the object,
 * it clears the slot and waits for a grace period. So a reader that finds an object in a
 * slot may rely on it until the end of the read-side section.
 */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "../../../mm/jitcache_extent.h"

#define NR_READERS	3
#define NR_SLOTS	64
#define NR_LOOSE	256
#define NR_GONE		4096
#define ARENA_SIZE	SZ_64K
#define ARENA_START	(-(unsigned long)SZ_1G)
#define ALARM_SECONDS	120

/* The phase is odd in a read-side section. */
struct reader {
	pthread_t	thread;
	unsigned long	phase;
	unsigned long	finds;
	u64		random;
};

static struct reader readers[NR_READERS];
static bool finished;

static struct jit_space space = { .free = RB_ROOT };
static struct jit_arena arena;
static LIST_HEAD(spares);
struct jit_cache {
	int			unused;
};

static struct jit_cache owner;

/* Published objects */
static struct jit_extent *slots[NR_SLOTS];
/* Objects in use that are not published */
static struct jit_extent *loose[NR_LOOSE];
/* To be freed after a grace period */
static struct jit_extent *gone[NR_GONE];
static unsigned int nr_gone;

static u32 random_below(u64 *state, u32 n)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return ((*state >> 32) * n) >> 32;
}

static void *xalloc(size_t size)
{
	void *memory = malloc(size);

	if (!memory) {
		perror("malloc");
		exit(2);
	}
	return memory;
}

static void fail(const char *what, unsigned long addr)
{
	fprintf(stderr, "readers: %s at %#lx\n", what, addr);
	_exit(1);
}

/* === Grace periods ======================================================== */

static void read_lock(struct reader *reader)
{
	WRITE_ONCE(reader->phase, reader->phase + 1);
	/*
	 * Pairs with synchronize(). Either that sees the new phase, or this section sees
	 * what the writer has stored before.
	 */
	smp_mb();
}

static void read_unlock(struct reader *reader)
{
	/* Pairs with phase_of(). */
	smp_store_release(&reader->phase, reader->phase + 1);
}

static unsigned long phase_of(const struct reader *reader)
{
	/* Pairs with read_unlock(). */
	return smp_load_acquire(&reader->phase);
}

/* Wait until each reader has left its current read-side section. */
static void synchronize(void)
{
	unsigned long phase;
	unsigned int i;

	/* Pairs with read_lock(). */
	smp_mb();
	for (i = 0; i < NR_READERS; i++) {
		phase = phase_of(&readers[i]);
		while (phase % 2 && phase_of(&readers[i]) == phase)
			sched_yield();
	}
}

static void free_gone(void)
{
	while (nr_gone)
		free(gone[--nr_gone]);
}

/* === Readers ============================================================== */

static void find_published(struct reader *reader)
{
	struct jit_extent *extent = READ_ONCE(slots[random_below(&reader->random, NR_SLOTS)]);
	unsigned long addr;

	if (!extent)
		return;
	/* What was not asked for may be trimmed meanwhile. */
	addr = extent->start + random_below(&reader->random, extent->asked);
	if (jit_arena_find(&arena, addr) != extent)
		fail("an object in use is not found", addr);
	reader->finds++;
}

static void find_anything(struct reader *reader)
{
	unsigned long addr = ARENA_START + random_below(&reader->random, ARENA_SIZE);
	struct jit_extent *extent = jit_arena_find(&arena, addr);

	if (extent && extent->start > addr)
		fail("found an object that starts past the address", addr);
}

static void *read_on(void *arg)
{
	struct reader *reader = arg;

	while (!READ_ONCE(finished)) {
		read_lock(reader);
		find_published(reader);
		find_anything(reader);
		read_unlock(reader);
	}
	return NULL;
}

/* === Writer =============================================================== */

static void refill(void)
{
	struct jit_extent *extent;
	struct list_head *pos;
	unsigned int nr = 0;

	list_for_each(pos, &spares)
		nr++;
	for (; nr < JIT_MAX_SPLITS; nr++) {
		extent = xalloc(sizeof(*extent));
		list_add(&extent->list, &spares);
	}
}

static struct jit_extent *take(u64 *random)
{
	u32 asked = (1 + random_below(random, 64)) * JIT_GRANULE;
	u32 size = asked + random_below(random, 4) * JIT_GRANULE;
	struct jit_extent *extent;

	if (!random_below(random, 16))
		size += SZ_2K;
	refill();
	extent = jit_extent_take(&space, size, JIT_GRANULE, JIT_FIT_EXHAUSTIVE, &spares);
	if (extent)
		jit_extent_use(extent, asked, &owner);
	return extent;
}

static void put_waiting(struct jit_extent *extent)
{
	struct jit_extent *left[JIT_MAX_SPLITS];
	unsigned int i;

	jit_extent_put(&space, extent, left);
	for (i = 0; i < JIT_MAX_SPLITS; i++) {
		if (left[i])
			gone[nr_gone++] = left[i];
	}
}

static void put(struct jit_extent *extent)
{
	jit_extent_drop(extent);
	put_waiting(extent);
}

/* Trim an object that readers look for. */
static void trim_published(u64 *random)
{
	struct jit_extent *extent = slots[random_below(random, NR_SLOTS)];

	if (!extent || extent->size == extent->asked)
		return;
	refill();
	put_waiting(jit_extent_trim(extent, extent->asked, &spares));
}

/* No reader relies on these objects, so they are reused without a grace period. */
static void change_loose(u64 *random)
{
	struct jit_extent **extent = &loose[random_below(random, NR_LOOSE)];

	if (*extent) {
		put(*extent);
		*extent = NULL;
	} else {
		*extent = take(random);
	}
}

/* Replace about half of the published objects, and free the extents that are gone. */
static void renew_slots(u64 *random)
{
	struct jit_extent *old[NR_SLOTS];
	unsigned int i;

	for (i = 0; i < NR_SLOTS; i++) {
		old[i] = slots[i];
		if (random_below(random, 2))
			WRITE_ONCE(slots[i], NULL);
		else
			old[i] = NULL;
	}
	synchronize();
	free_gone();
	for (i = 0; i < NR_SLOTS; i++) {
		if (old[i])
			put(old[i]);
		if (slots[i])
			continue;
		/* Pairs with the address dependency in find_published(). */
		smp_store_release(&slots[i], take(random));
	}
}

static void write_on(unsigned long rounds)
{
	unsigned long round, i;
	u64 random = 1;

	for (round = 0; round < rounds; round++) {
		renew_slots(&random);
		for (i = 0; i < NR_GONE / JIT_MAX_SPLITS - NR_SLOTS; i++) {
			if (random_below(&random, 4))
				change_loose(&random);
			else
				trim_published(&random);
		}
	}
}

/* ========================================================================== */

static void init(void)
{
	arena.start = ARENA_START;
	arena.size = ARENA_SIZE;
	arena.shift = JIT_INDEX_SHIFT;
	arena.index = xalloc(jit_index_len(ARENA_SIZE, JIT_INDEX_SHIFT) * sizeof(*arena.index));
	memset(arena.index, 0,
	       jit_index_len(ARENA_SIZE, JIT_INDEX_SHIFT) * sizeof(*arena.index));
	jit_arena_init(&space, &arena, xalloc(sizeof(struct jit_extent)));
}

/* Called after all readers have ended, so it needs no grace period. */
static void empty(void)
{
	struct jit_extent *extent, *next;
	unsigned int i;

	free_gone();
	for (i = 0; i < NR_SLOTS; i++) {
		if (slots[i])
			put(slots[i]);
	}
	for (i = 0; i < NR_LOOSE; i++) {
		if (loose[i])
			put(loose[i]);
	}
	free_gone();
	if (!jit_arena_is_empty(&arena))
		fail("extents are left over", ARENA_START);
	jit_arena_exit(&space, &arena);
	free(jit_arena_first(&arena));
	list_for_each_entry_safe(extent, next, &spares, list)
		free(extent);
	free(arena.index);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 100;
	unsigned long finds = 0;
	unsigned int i;

	if (argc > 2 || !rounds) {
		fprintf(stderr, "Usage: readers [ROUNDS]\n");
		return 2;
	}
	/* SIGALRM kills the process if a loop is endless. */
	alarm(ALARM_SECONDS);
	init();
	for (i = 0; i < NR_READERS; i++) {
		readers[i].random = i;
		if (pthread_create(&readers[i].thread, NULL, read_on, &readers[i])) {
			fprintf(stderr, "readers: can't create a thread\n");
			return 2;
		}
	}
	write_on(rounds);
	WRITE_ONCE(finished, true);
	for (i = 0; i < NR_READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		finds += readers[i].finds;
	}
	empty();
	printf("readers: %lu rounds, %lu objects found, none lost\n", rounds, finds);
	return !finds;
}

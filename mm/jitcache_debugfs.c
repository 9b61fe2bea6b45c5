// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/jitcache: which cache has how much memory, in which mappings. One
 * record a line, after a line of column names. The files are described in
 * Documentation/ABI/testing/debugfs-jitcache.
 *
 * Chunks and extents are read under RCU, so no one waits for a reader of these files.
 * While objects come and go, figures may not add up.
 */

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/rculist.h>
#include <linux/seq_file.h>

#include "jitcache.h"

static const char *const jit_stat_names[] = {
	[JIT_CACHE_OBJECTS]	= "objects",
	[JIT_CACHE_ASKED]	= "asked",
	[JIT_CACHE_GIVEN]	= "given",
	[JIT_CACHE_WAITING]	= "waiting",
	[JIT_CACHE_ALLOCS]	= "allocs",
	[JIT_CACHE_FREES]	= "frees",
	[JIT_CACHE_FAILS]	= "fails",
};

static_assert(ARRAY_SIZE(jit_stat_names) == NR_JIT_CACHE_STATS);

/* Addresses are for those that /proc/kallsyms shows them to; 0 for others. */
static unsigned long jit_shown(const struct seq_file *m, unsigned long addr)
{
	return kallsyms_show_value(m->file->f_cred) ? addr : 0;
}

/* === caches =============================================================== */

/* Chunks that have an object of the cache. */
static unsigned int jit_cache_chunks(struct jit_cache *cache)
{
	struct jit_chunk *chunk;
	unsigned int chunks = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(chunk, &cache->pool->chunks, list)
		chunks += !!jit_arena_next(&chunk->arena, chunk->arena.start, cache);
	rcu_read_unlock();
	return chunks;
}

static int caches_show(struct seq_file *m, void *v)
{
	struct jit_cache *cache;
	unsigned int i;

	seq_puts(m, "# name start end type align shared");
	for (i = 0; i < NR_JIT_CACHE_STATS; i++)
		seq_printf(m, " %s", jit_stat_names[i]);
	seq_puts(m, " chunks\n");

	mutex_lock(&jit_mutex);
	list_for_each_entry(cache, &jit_caches, list) {
		seq_printf(m, "%s %lx %lx %s %u %u", cache->name,
			   jit_shown(m, cache->start), jit_shown(m, cache->end),
			   cache->pool->traits->name, cache->align, cache->pool->shared);
		for (i = 0; i < NR_JIT_CACHE_STATS; i++)
			seq_printf(m, " %lu", READ_ONCE(cache->stat[i]));
		seq_printf(m, " %u\n", jit_cache_chunks(cache));
	}
	mutex_unlock(&jit_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(caches);

/* === pools ================================================================ */

/**
 * struct jit_chunk_sum - what is in a chunk, or in several
 * @chunks: how many chunks
 * @huge: how many of them are mapped with huge pages
 * @objects: in use
 * @used: bytes in use
 * @waiting: bytes freed, waiting to be reused
 * @free: bytes free
 * @largest: bytes of the largest free extent
 */
struct jit_chunk_sum {
	unsigned int	chunks;
	unsigned int	huge;
	unsigned int	objects;
	unsigned long	used;
	unsigned long	waiting;
	unsigned long	free;
	unsigned long	largest;
};

/* Add what a chunk holds. Call under RCU. With @owner, objects of other caches do not count. */
static void jit_chunk_add_up(const struct jit_chunk *chunk, const struct jit_cache *owner,
			     struct jit_chunk_sum *sum)
{
	struct jit_extent *extent;
	unsigned long size;

	sum->chunks++;
	sum->huge += chunk->huge;
	list_for_each_entry_rcu(extent, &chunk->arena.extents, list) {
		size = READ_ONCE(extent->size);
		switch (READ_ONCE(extent->state)) {
		case JIT_EXTENT_USED:
			if (owner && READ_ONCE(extent->owner) != owner)
				break;
			sum->objects++;
			sum->used += size;
			break;
		case JIT_EXTENT_WAITING:
		case JIT_EXTENT_PASSED:
			sum->waiting += size;
			break;
		case JIT_EXTENT_FREE:
			sum->free += size;
			sum->largest = max(sum->largest, size);
			break;
		}
	}
}

static int pools_show(struct seq_file *m, void *v)
{
	struct jit_chunk *chunk;
	struct jit_pool *pool;

	seq_puts(m, "# start end type caches chunks huge bytes objects used waiting free largest\n");
	mutex_lock(&jit_mutex);
	list_for_each_entry(pool, &jit_pools, list) {
		struct jit_chunk_sum sum = {};

		rcu_read_lock();
		list_for_each_entry_rcu(chunk, &pool->chunks, list)
			jit_chunk_add_up(chunk, NULL, &sum);
		rcu_read_unlock();
		seq_printf(m, "%lx %lx %s %u %u %u %lu %u %lu %lu %lu %lu\n",
			   jit_shown(m, pool->start), jit_shown(m, pool->end),
			   pool->traits->name, pool->users, sum.chunks, sum.huge,
			   READ_ONCE(pool->bytes), sum.objects, sum.used, sum.waiting,
			   sum.free, sum.largest);
	}
	mutex_unlock(&jit_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(pools);

/* === map ================================================================== */

/* Under RCU: seq_file writes to memory and does not sleep. */
static void jit_show_owners(struct seq_file *m, const struct jit_chunk *chunk)
{
	struct jit_cache *cache;

	list_for_each_entry(cache, &jit_caches, list) {
		struct jit_chunk_sum sum = {};

		if (cache->pool != chunk->pool)
			continue;
		jit_chunk_add_up(chunk, cache, &sum);
		if (sum.objects)
			seq_printf(m, " %s:%u:%lu", cache->name, sum.objects, sum.used);
	}
}

static void jit_show_chunk(struct seq_file *m, const struct jit_chunk *chunk)
{
	struct jit_chunk_sum sum = {};

	jit_chunk_add_up(chunk, NULL, &sum);
	seq_printf(m, "%lx %zu %s %s %lu %lu %lu",
		   jit_shown(m, (unsigned long)jit_chunk_addr(chunk)), chunk->size,
		   chunk->pool->traits->name, chunk->huge ? "huge" : "pages", sum.used,
		   sum.waiting, sum.free);
	jit_show_owners(m, chunk);
	seq_putc(m, '\n');
}

static int map_show(struct seq_file *m, void *v)
{
	struct jit_chunk *chunk;
	struct jit_pool *pool;

	seq_puts(m, "# address size type mapping used waiting free cache:objects:bytes...\n");
	mutex_lock(&jit_mutex);
	list_for_each_entry(pool, &jit_pools, list) {
		rcu_read_lock();
		list_for_each_entry_rcu(chunk, &pool->chunks, list)
			jit_show_chunk(m, chunk);
		rcu_read_unlock();
	}
	mutex_unlock(&jit_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(map);

/* === objects ============================================================== */

#ifdef CONFIG_DEBUG_JITCACHE
static void jit_show_objects(struct seq_file *m, const struct jit_chunk *chunk)
{
	struct jit_extent *extent;
	struct jit_cache *owner;

	list_for_each_entry_rcu(extent, &chunk->arena.extents, list) {
		/* Pairs with jit_extent_use(). Under jit_mutex, no cache is freed. */
		owner = smp_load_acquire(&extent->owner);
		if (owner)
			seq_printf(m, "%lx %u %u %s %pS\n", jit_shown(m, extent->start),
				   READ_ONCE(extent->asked), READ_ONCE(extent->size),
				   owner->name, (void *)extent->caller);
	}
}

static int objects_show(struct seq_file *m, void *v)
{
	struct jit_chunk *chunk;
	struct jit_pool *pool;

	seq_puts(m, "# address asked given cache caller\n");
	mutex_lock(&jit_mutex);
	list_for_each_entry(pool, &jit_pools, list) {
		rcu_read_lock();
		list_for_each_entry_rcu(chunk, &pool->chunks, list)
			jit_show_objects(m, chunk);
		rcu_read_unlock();
	}
	mutex_unlock(&jit_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);
#endif

static int __init jit_debugfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("jitcache", NULL);

	debugfs_create_file("caches", 0400, dir, NULL, &caches_fops);
	debugfs_create_file("pools", 0400, dir, NULL, &pools_fops);
	debugfs_create_file("map", 0400, dir, NULL, &map_fops);
#ifdef CONFIG_DEBUG_JITCACHE
	debugfs_create_file("objects", 0400, dir, NULL, &objects_fops);
#endif
	return 0;
}
late_initcall(jit_debugfs_init);

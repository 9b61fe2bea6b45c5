// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunks: the memory of the pools of jit_cache, how it is mapped, and which chunk an
 * address belongs to.
 *
 * Text is filled with trapping instructions while it is writable and not executable.
 * Then it becomes read-only, and then executable. Where the architecture allows it,
 * text becomes read-only in the direct map as well. It stays mapped there, since
 * /proc/kcore and hibernation read the direct map.
 */

#include <linux/cacheflush.h>
#include <linux/kasan.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/moduleloader.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>

#include <asm/tlbflush.h>

#include "internal.h"
#include "jitcache.h"

/* === Which chunk an address belongs to ==================================== */

/*
 * Chunks that objects share are in a tree. Chunks that have one object can be many; it is
 * vmalloc() that finds them, so they cost no more than what it takes to find its areas.
 */

/* Serializes changes of the tree. Readers use the latch, in NMI too. */
static DEFINE_SPINLOCK(jit_chunk_tree_lock);

static bool jit_chunk_less(struct latch_tree_node *a, struct latch_tree_node *b)
{
	return container_of(a, struct jit_chunk, node)->arena.start <
	       container_of(b, struct jit_chunk, node)->arena.start;
}

static int jit_chunk_comp(void *key, struct latch_tree_node *node)
{
	struct jit_chunk *chunk = container_of(node, struct jit_chunk, node);

	if (key < jit_chunk_addr(chunk))
		return -1;
	return key >= jit_chunk_addr(chunk) + chunk->size;
}

static const struct latch_tree_ops jit_chunk_tree_ops = {
	.less = jit_chunk_less,
	.comp = jit_chunk_comp,
};

static struct latch_tree_root jit_chunk_tree __cacheline_aligned = {
	.seq = SEQCNT_LATCH_ZERO(jit_chunk_tree.seq),
};

/* Without an MMU, vmalloc() has no areas. */
static bool jit_chunk_in_tree(const struct jit_chunk *chunk)
{
	return !IS_ENABLED(CONFIG_MMU) || chunk->pool->traits->packed;
}

/**
 * jit_chunk_find_rcu() - the chunk of several objects that an address belongs to
 * @addr: any address
 *
 * Context: Any, NMI included, under RCU. The chunk stays until RCU is left.
 * Return: the chunk or NULL.
 */
struct jit_chunk *jit_chunk_find_rcu(unsigned long addr)
{
	struct latch_tree_node *node;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "chunk of jit_cache searched without RCU");

	node = latch_tree_find((void *)addr, &jit_chunk_tree, &jit_chunk_tree_ops);
	return node ? container_of(node, struct jit_chunk, node) : NULL;
}

/**
 * jit_chunk_find_any_rcu() - the chunk that an address belongs to
 * @addr: any address
 * @packed: whether it is likely to be a chunk of several objects
 *
 * Context: Process context, under RCU. The chunk stays until RCU is left.
 * Return: the chunk or NULL.
 */
struct jit_chunk *jit_chunk_find_any_rcu(unsigned long addr, bool packed)
{
	struct jit_chunk *chunk = NULL;

	if (!IS_ENABLED(CONFIG_MMU) || packed)
		chunk = jit_chunk_find_rcu(addr);
	if (IS_ENABLED(CONFIG_MMU) && !chunk)
		chunk = vm_area_jit_chunk(addr);
	return chunk;
}

/* The chunk is complete: from now on, addresses belong to it. */
static void jit_chunk_publish(struct jit_chunk *chunk)
{
	if (jit_chunk_in_tree(chunk)) {
		spin_lock(&jit_chunk_tree_lock);
		latch_tree_insert(&chunk->node, &jit_chunk_tree, &jit_chunk_tree_ops);
		spin_unlock(&jit_chunk_tree_lock);
	}
	if (chunk->area)
		/* Pairs with vm_area_jit_chunk(). */
		smp_store_release(&chunk->area->jit_chunk, chunk);
}

static void jit_chunk_unpublish(struct jit_chunk *chunk)
{
	if (!jit_chunk_in_tree(chunk))
		return;
	spin_lock(&jit_chunk_tree_lock);
	latch_tree_erase(&chunk->node, &jit_chunk_tree, &jit_chunk_tree_ops);
	spin_unlock(&jit_chunk_tree_lock);
}

/* === Protection =========================================================== */

/**
 * struct jit_memory - what vmalloc() gave
 * @addr: address of the first byte
 * @size: bytes
 * @area: of vmalloc(), or NULL without an MMU
 */
struct jit_memory {
	void			*addr;
	size_t			size;
	struct vm_struct	*area;
};

static unsigned int jit_page_shift(const struct vm_struct *area)
{
#ifdef CONFIG_HAVE_ARCH_HUGE_VMALLOC
	return area->page_order + PAGE_SHIFT;
#else
	return PAGE_SHIFT;
#endif
}

#ifdef CONFIG_MMU

/*
 * Make the direct map of a chunk read-only. vfree() makes it writable again, since
 * the area has VM_FLUSH_RESET_PERMS.
 */
static int jit_protect_alias(struct vm_struct *area)
{
#ifdef set_direct_map_ro_noflush
	unsigned long addr, start = ULONG_MAX, end = 0;
	unsigned int i;
	int err;

	for (i = 0; i < area->nr_pages; i++) {
		err = set_direct_map_ro_noflush(area->pages[i]);
		if (err)
			return err;
		addr = (unsigned long)page_address(area->pages[i]);
		start = min(start, addr);
		end = max(end, addr + PAGE_SIZE);
	}
	flush_tlb_kernel_range(start, end);
#endif
	return 0;
}

#ifdef ARCH_JIT_REMAP
static int jit_protect(struct vm_struct *area)
{
	unsigned long start = (unsigned long)kasan_reset_tag(area->addr);
	unsigned long end = start + get_vm_area_size(area);
	int err;

	/* No writable alias may be left when it becomes executable, nor a stale one. */
	vunmap_range(start, end);
	vm_unmap_aliases();
	err = jit_protect_alias(area);
	if (err)
		return err;

	err = vmap_pages_range_noflush(start, end, ARCH_JIT_REMAP, area->pages,
				       jit_page_shift(area));
	flush_cache_vmap(start, end);
	return err;
}

static void jit_unprotect(struct vm_struct *area)
{
}
#else
/* Read-only first, or the memory would be writable and executable in between. */
static int jit_protect(struct vm_struct *area)
{
	unsigned long start = (unsigned long)area->addr;
	int pages = get_vm_area_size(area) >> PAGE_SHIFT;

	return set_memory_ro(start, pages) ?: set_memory_x(start, pages) ?:
	       jit_protect_alias(area);
}

/*
 * Restore the permissions of the whole chunk at once. vfree() would do it page by
 * page and split the huge pages of the direct map; it still does if this fails.
 */
static void jit_unprotect(struct vm_struct *area)
{
	unsigned long start = (unsigned long)area->addr;
	int pages = get_vm_area_size(area) >> PAGE_SHIFT;

	if (!set_memory_nx(start, pages) && !set_memory_rw(start, pages))
		area->flags &= ~VM_FLUSH_RESET_PERMS;
}
#endif

static int jit_chunk_make_text(const struct jit_memory *memory)
{
	void *addr = memory->addr;
	int err;

	text_buf_fill(addr, memory->size);
	err = jit_fault() ? -ENOMEM : jit_protect(memory->area);
	if (!err)
		arch_text_poke_flush((unsigned long)addr, (unsigned long)addr + memory->size);
	return err;
}

/* Memory of vmalloc(), and its area */
static void *jit_vmalloc(const struct jit_pool *pool, size_t size, unsigned long align,
			 unsigned long flags, unsigned long caller, struct vm_struct **area)
{
	const struct jit_traits *traits = pool->traits;
	/*
	 * With NUMA_NO_NODE, vmalloc() divides the size by the number of nodes, and 2 MiB
	 * would not be mapped huge.
	 */
	int node = traits->packed ? numa_mem_id() : NUMA_NO_NODE;

	*area = vmalloc_node_range_area(size, align, pool->start, pool->end,
					GFP_KERNEL | __GFP_NOWARN,
					traits->raw ? ARCH_JIT_RAW : PAGE_KERNEL, flags, node,
					(void *)caller);
	return *area ? (*area)->addr : NULL;
}

static void jit_chunk_vfree(struct jit_pool *pool, void *addr, struct vm_struct *area)
{
	if (pool->traits->text)
		jit_unprotect(area);
	vfree_area(area);
}

#else /* !CONFIG_MMU: raw memory only */

static int jit_chunk_make_text(const struct jit_memory *memory)
{
	return -EOPNOTSUPP;
}

static void *jit_vmalloc(const struct jit_pool *pool, size_t size, unsigned long align,
			 unsigned long flags, unsigned long caller, struct vm_struct **area)
{
	*area = NULL;
	return __vmalloc(size, GFP_KERNEL | __GFP_NOWARN);
}

static void jit_chunk_vfree(struct jit_pool *pool, void *addr, struct vm_struct *area)
{
	vfree(addr);
}

#endif

/**
 * jit_chunk_seal() - make a chunk read-only for good
 * @chunk: a chunk of a type that seals
 *
 * Context: Process context, may sleep. Caller holds jit_mutex.
 * Return: 0, also if it was sealed before, or an error of set_memory_ro().
 */
int jit_chunk_seal(struct jit_chunk *chunk)
{
	int err;

	lockdep_assert_held(&jit_mutex);

	if (chunk->sealed)
		return 0;
	err = set_memory_ro((unsigned long)jit_chunk_addr(chunk),
			    chunk->size >> PAGE_SHIFT);
	chunk->sealed = !err;
	return err;
}

/* === Memory =============================================================== */

/*
 * Without KASAN_VMALLOC, the module area is the one part of vmalloc space that can have
 * shadow memory. Where it is mapped at boot, it remembers the globals of a module that is
 * gone.
 */
static bool jit_chunk_has_shadow(const struct jit_pool *pool, void *addr, size_t size)
{
	if (!jit_range_is_modules(pool->start, pool->end))
		return true;
	if (ARCH_JIT_SHADOW)
		return !kasan_alloc_module_shadow(addr, size, GFP_KERNEL);
	if (IS_ENABLED(CONFIG_MODULES) && !IS_ENABLED(CONFIG_KASAN_VMALLOC))
		kasan_unpoison_range(addr, size);
	return true;
}

/* Sets @memory if there is some. */
static bool jit_chunk_vmalloc(struct jit_pool *pool, size_t size, unsigned long align,
			      unsigned long flags, unsigned long caller,
			      struct jit_memory *memory)
{
	const struct jit_traits *traits = pool->traits;
	struct vm_struct *area;
	void *addr;

	if (jit_fault() || size > jit_pool_bytes(pool))
		return false;

	/*
	 * Shadow is allocated in whole pages, which cover MODULE_ALIGN bytes each. kmemleak
	 * reads the memory, so it may learn of it only when it has a shadow.
	 */
	if (ARCH_JIT_SHADOW && jit_range_is_modules(pool->start, pool->end)) {
		align = max(align, MODULE_ALIGN);
		flags |= VM_DEFER_KMEMLEAK;
	}
	/* See jit_vfree(). */
	flags |= VM_JIT_CACHE;
	/* Permissions of data do not change. */
	if (traits->text || !traits->packed)
		flags |= VM_FLUSH_RESET_PERMS;
	addr = jit_vmalloc(pool, size, align, flags, caller, &area);
	if (addr && !jit_chunk_has_shadow(pool, addr, size)) {
		vfree(addr);
		return false;
	}
	memory->addr = kasan_reset_tag(addr);
	memory->size = size;
	memory->area = area;
	return addr;
}

/*
 * Memory that is mapped with huge pages, or none. Without free huge pages, vmalloc()
 * would take as many small ones from anywhere. Each of them would split a huge page of
 * the direct map, where its alias becomes read-only.
 */
static bool jit_chunk_huge(struct jit_pool *pool, size_t size, unsigned long flags,
			   unsigned long caller, struct jit_memory *memory)
{
	if (!jit_chunk_vmalloc(pool, size, JIT_CHUNK_SIZE, flags | VM_ALLOW_HUGE_VMAP, caller,
			       memory))
		return false;
	if (jit_page_shift(memory->area) > PAGE_SHIFT)
		return true;
	/* No permission has been changed that vfree() would have to restore. */
	memory->area->flags &= ~VM_FLUSH_RESET_PERMS;
	vfree(memory->addr);
	return false;
}

/*
 * What to add to a pool that has no huge pages: 64 KiB at first, and then as much as it
 * has.
 */
static size_t jit_chunk_step(const struct jit_pool *pool)
{
	unsigned long bytes = READ_ONCE(pool->bytes);
	unsigned long step = max_t(unsigned long, SZ_64K, roundup_pow_of_two(bytes | 1));

	return max_t(unsigned long, PAGE_SIZE, min_t(unsigned long, step, JIT_CHUNK_SIZE));
}

/*
 * Memory for at least @need bytes. Text comes in 2 MiB or a multiple of it, which can be
 * mapped huge, and so does data once there is as much of it. Otherwise, and without
 * huge pages, a pool grows with its use. If there is no room for that, @need has to do.
 */
static bool jit_chunk_memory(struct jit_pool *pool, size_t need, unsigned long caller,
			     struct jit_memory *memory)
{
	const struct jit_traits *traits = pool->traits;
	unsigned long flags = 0;
	size_t step;

	need = PAGE_ALIGN(need);
	/* Chunks of text can fill their range, and so can a single object. */
	if (traits->text || need + PAGE_SIZE > jit_pool_bytes(pool))
		flags |= VM_NO_GUARD;

	if (JIT_CHUNK_HUGE && traits->packed &&
	    (traits->text || READ_ONCE(pool->bytes) >= JIT_CHUNK_SIZE) &&
	    jit_chunk_huge(pool, round_up(need, JIT_CHUNK_SIZE), flags, caller, memory))
		return true;
	step = traits->packed ? jit_chunk_step(pool) : 0;
	if (need < step &&
	    jit_chunk_vmalloc(pool, step, PAGE_SIZE, flags, caller, memory))
		return true;
	return jit_chunk_vmalloc(pool, need, PAGE_SIZE, flags, caller, memory);
}

static struct jit_chunk *jit_chunk_alloc(struct jit_pool *pool, size_t size)
{
	struct jit_chunk *chunk;

	if (jit_fault())
		return NULL;
	/* Raw users come and go often: the compiler knows the size of their chunks. */
	chunk = pool->traits->packed ?
		kvzalloc(struct_size(chunk, index, jit_index_len(size, JIT_INDEX_SHIFT)),
			 GFP_KERNEL) :
		kzalloc(sizeof(*chunk), GFP_KERNEL);
	if (!chunk)
		return NULL;
	chunk->pool = pool;
	chunk->size = size;
	chunk->arena.shift = JIT_INDEX_SHIFT;
	chunk->arena.index = pool->traits->packed ? chunk->index : NULL;
	/* Addresses of code should not be guessed. Those of data gain nothing from it. */
	chunk->arena.seed = pool->traits->text ? get_random_u32() : 0;
	return chunk;
}

/**
 * jit_chunk_create() - allocate a chunk
 * @pool: what it will be a part of; the caller adds it
 * @need: bytes that an object needs, a multiple of JIT_GRANULE
 * @caller: return address of the call that needs the chunk, for /proc/vmallocinfo
 *
 * Text is read-only and executable when the function returns. Its first bytes are not
 * part of the arena, and keep on trapping: what reads or runs in front of the first object
 * finds what stands between any two.
 *
 * Context: Process context, may sleep.
 * Return: the chunk, or NULL.
 */
struct jit_chunk *jit_chunk_create(struct jit_pool *pool, size_t need,
				   unsigned long caller)
{
	size_t front = pool->traits->text ? ARCH_JIT_ALIGN : 0;
	struct jit_memory memory;
	struct jit_chunk *chunk;

	if (!jit_chunk_memory(pool, need, caller, &memory))
		return NULL;
	chunk = jit_chunk_alloc(pool, memory.size);
	if (!chunk)
		goto no_chunk;
	/*
	 * Text holds no references that kmemleak could find, and kmemleak must not read
	 * it while it is being mapped again. When this returns, no scan does.
	 */
	if (pool->traits->text)
		kmemleak_free(memory.addr);
	if (pool->traits->text && jit_chunk_make_text(&memory))
		goto no_text;

	chunk->arena.start = (unsigned long)memory.addr + front;
	chunk->arena.size = memory.size - front;
	chunk->area = memory.area;
	if (pool->traits->packed)
		chunk->huge = jit_page_shift(memory.area) > PAGE_SHIFT;
	else
		jit_arena_init_whole(&chunk->arena, &chunk->first);
	jit_chunk_publish(chunk);
	return chunk;

no_text:
	kvfree(chunk);
no_chunk:
	jit_chunk_vfree(pool, memory.addr, memory.area);
	return NULL;
}

/**
 * jit_chunk_destroy() - free a chunk and its memory
 * @chunk: a chunk that is not part of its pool any more, and has no object
 *
 * Context: Process context, may sleep.
 */
void jit_chunk_destroy(struct jit_chunk *chunk)
{
	jit_chunk_unpublish(chunk);
	jit_chunk_vfree(chunk->pool, jit_chunk_addr(chunk), chunk->area);
	/* Others may have found it in the tree, or in its area. */
	kvfree_rcu(chunk, rcu);
}

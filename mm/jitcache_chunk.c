// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chunks: the memory that jit_cache hands out pieces of, how it is mapped, and
 * which of them has an address.
 *
 * Text is written full of trapping instructions while it is writable and not
 * executable; then it becomes read-only, and then executable. Where the direct map
 * can, it becomes read-only there as well. It is never unmapped there, since
 * /proc/kcore and hibernation read it.
 */

#include <linux/cacheflush.h>
#include <linux/kasan.h>
#include <linux/kmemleak.h>
#include <linux/mm.h>
#include <linux/moduleloader.h>
#include <linux/random.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>

#include <asm/tlbflush.h>

#include "internal.h"
#include "jitcache.h"

/* === Which chunk has an address =========================================== */

/* Serializes changes of the tree. */
static DEFINE_SPINLOCK(chunk_tree_lock);

static bool chunk_less(struct latch_tree_node *a, struct latch_tree_node *b)
{
	return container_of(a, struct jit_chunk, node)->addr <
	       container_of(b, struct jit_chunk, node)->addr;
}

static int chunk_comp(void *key, struct latch_tree_node *node)
{
	struct jit_chunk *chunk = container_of(node, struct jit_chunk, node);

	if (key < chunk->addr)
		return -1;
	return key >= chunk->addr + chunk->size;
}

static const struct latch_tree_ops chunk_tree_ops = {
	.less = chunk_less,
	.comp = chunk_comp,
};

static struct latch_tree_root chunk_tree __cacheline_aligned = {
	.seq = SEQCNT_LATCH_ZERO(chunk_tree.seq),
};

/* Call under RCU, which the chunk stays for. In any context, NMI included. */
struct jit_chunk *jit_chunk_find(unsigned long addr)
{
	struct latch_tree_node *node;

	node = latch_tree_find((void *)addr, &chunk_tree, &chunk_tree_ops);
	return node ? container_of(node, struct jit_chunk, node) : NULL;
}

/* === Protection =========================================================== */

#ifdef CONFIG_MMU
static unsigned int chunk_page_shift(const void *addr)
{
#ifdef CONFIG_HAVE_ARCH_HUGE_VMALLOC
	return find_vm_area(addr)->page_order + PAGE_SHIFT;
#else
	return PAGE_SHIFT;
#endif
}

/* Take write permission away in the direct map. Given back when it is unmapped. */
static int protect_alias(struct vm_struct *area)
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
static int protect_text(struct vm_struct *area)
{
	unsigned long start = (unsigned long)kasan_reset_tag(area->addr);
	unsigned long end = start + get_vm_area_size(area);
	int err;

	vunmap_range(start, end);
	err = vmap_pages_range_noflush(start, end, ARCH_JIT_REMAP, area->pages,
				       chunk_page_shift(area->addr));
	flush_cache_vmap(start, end);
	return err ?: protect_alias(area);
}

static void unprotect_text(struct vm_struct *area)
{
}
#else
/* Read-only first: it must not be writable and executable in between. */
static int protect_text(struct vm_struct *area)
{
	unsigned long start = (unsigned long)area->addr;
	int pages = get_vm_area_size(area) >> PAGE_SHIFT;

	return set_memory_ro(start, pages) ?: set_memory_x(start, pages) ?:
	       protect_alias(area);
}

/*
 * As a whole, so that no huge page of the direct map gets split. If that doesn't
 * work, vfree() does it page by page.
 */
static void unprotect_text(struct vm_struct *area)
{
	unsigned long start = (unsigned long)area->addr;
	int pages = get_vm_area_size(area) >> PAGE_SHIFT;

	if (!set_memory_nx(start, pages) && !set_memory_rw(start, pages))
		area->flags &= ~VM_FLUSH_RESET_PERMS;
}
#endif

static int make_text(void *addr, size_t size)
{
	struct vm_struct *area = find_vm_area(addr);
	int err;

	if (WARN_ON_ONCE(!area))
		return -EFAULT;
	if (!text_trap_fill(addr, size))
		return -EOPNOTSUPP;
	err = jit_fault() ? -ENOMEM : protect_text(area);
	if (!err)
		flush_icache_range((unsigned long)addr, (unsigned long)addr + size);
	return err;
}

static void chunk_vfree(struct jit_pool *pool, void *addr)
{
	if (pool->type->text)
		unprotect_text(find_vm_area(addr));
	vfree(addr);
}

#else /* !CONFIG_MMU: raw memory only */

static unsigned int chunk_page_shift(const void *addr)
{
	return PAGE_SHIFT;
}

static int make_text(void *addr, size_t size)
{
	return -EOPNOTSUPP;
}

static void chunk_vfree(struct jit_pool *pool, void *addr)
{
	vfree(addr);
}

#endif

int jit_chunk_seal(struct jit_chunk *chunk)
{
	lockdep_assert_held(&jit_mutex);

	if (!chunk->sealed)
		chunk->sealed = !set_memory_ro((unsigned long)chunk->addr,
					       chunk->size >> PAGE_SHIFT);
	return chunk->sealed ? 0 : -EFAULT;
}

/* === Memory =============================================================== */

static void *chunk_vmalloc(struct jit_pool *pool, size_t size, unsigned long align,
			   unsigned long flags, unsigned long caller)
{
	bool modules = jit_range_is_modules(pool->start, pool->end - 1);
	void *addr;

	if (jit_fault() || size > pool->end - pool->start)
		return NULL;

	/*
	 * Without KASAN_VMALLOC the module area, and it alone, has no shadow unless
	 * asked, by whole pages of shadow, and it is then that kmemleak is told.
	 */
	if (modules) {
		align = max(align, MODULE_ALIGN);
		flags |= VM_DEFER_KMEMLEAK;
	}
	/* The node is named, since vmalloc() takes no huge page if it may choose. */
	addr = __vmalloc_node_range(size, align, pool->start, pool->end,
				    GFP_KERNEL | __GFP_NOWARN,
				    pool->type->raw ? ARCH_JIT_RAW : PAGE_KERNEL,
				    VM_FLUSH_RESET_PERMS | flags,
				    pool->type->packed ? numa_mem_id() : NUMA_NO_NODE,
				    (void *)caller);
	if (addr && modules && kasan_alloc_module_shadow(addr, size, GFP_KERNEL)) {
		vfree(addr);
		return NULL;
	}
	return kasan_reset_tag(addr);
}

/*
 * Memory for at least @need bytes: what a pool grows by, less if there is no such
 * room in its range or among the free pages, and in the end what is needed. The
 * guard page of vmalloc() would keep text from filling its range, and the chunks
 * apart from each other; others go without only if the range has no room for it.
 */
static void *chunk_memory(struct jit_pool *pool, size_t need, unsigned long caller,
			  size_t *size)
{
	size_t least = PAGE_ALIGN(need);
	unsigned long flags = 0;
	void *addr;

	if (ARCH_JIT_HUGE && pool->type->packed)
		flags |= VM_ALLOW_HUGE_VMAP;
	if (pool->type->text)
		flags |= VM_NO_GUARD;

	if (pool->type->packed) {
		for (*size = round_up(least, JIT_CHUNK_SIZE); *size > least; *size >>= 5) {
			addr = chunk_vmalloc(pool, *size,
					     *size < JIT_CHUNK_SIZE ? PAGE_SIZE : JIT_CHUNK_SIZE,
					     flags, caller);
			if (addr)
				return addr;
		}
	}
	*size = least;
	return chunk_vmalloc(pool, *size, PAGE_SIZE, flags, caller) ?:
	       chunk_vmalloc(pool, *size, PAGE_SIZE, flags | VM_NO_GUARD, caller);
}

static struct jit_chunk *chunk_alloc(struct jit_pool *pool, size_t size)
{
	unsigned int shift = pool->type->packed ? JIT_INDEX_SHIFT : ilog2(JIT_SIZE_MAX);
	struct jit_chunk *chunk;

	if (jit_fault())
		return NULL;
	chunk = kvzalloc(struct_size(chunk, index, jit_index_len(size, shift)), GFP_KERNEL);
	if (!chunk)
		return NULL;
	chunk->pool = pool;
	chunk->size = size;
	chunk->arena.size = size;
	chunk->arena.shift = shift;
	chunk->arena.index = chunk->index;
	chunk->arena.seed = pool->type->text ? get_random_u32() : 0;
	return chunk;
}

/*
 * A chunk with room for @need bytes, which are a multiple of JIT_GRANULE, or NULL.
 * @caller is whom vmallocinfo shall name.
 * Text is protected when it comes. Its last bytes aren't handed out, if they aren't
 * needed, so that who runs off the last object is trapped, whatever comes next.
 */
struct jit_chunk *jit_chunk_create(struct jit_pool *pool, size_t need,
				   unsigned long caller)
{
	struct jit_chunk *chunk;
	size_t size;
	void *addr;

	addr = chunk_memory(pool, need, caller, &size);
	if (!addr)
		return NULL;
	chunk = chunk_alloc(pool, size);
	if (!chunk)
		goto no_chunk;
	if (pool->type->text && make_text(addr, size))
		goto no_text;

	if (pool->type->text)
		kmemleak_no_scan(addr);
	if (pool->type->text && size - need >= ARCH_JIT_ALIGN)
		chunk->arena.size -= ARCH_JIT_ALIGN;
	chunk->addr = addr;
	chunk->arena.start = (unsigned long)addr;
	chunk->huge = chunk_page_shift(addr) > PAGE_SHIFT;

	spin_lock_bh(&chunk_tree_lock);
	latch_tree_insert(&chunk->node, &chunk_tree, &chunk_tree_ops);
	spin_unlock_bh(&chunk_tree_lock);
	return chunk;

no_text:
	kvfree(chunk);
no_chunk:
	chunk_vfree(pool, addr);
	return NULL;
}

/* Give back a chunk that has no object. Its arena has been left. */
void jit_chunk_destroy(struct jit_chunk *chunk)
{
	spin_lock_bh(&chunk_tree_lock);
	latch_tree_erase(&chunk->node, &chunk_tree, &chunk_tree_ops);
	spin_unlock_bh(&chunk_tree_lock);

	chunk_vfree(chunk->pool, chunk->addr);
	kvfree_rcu(chunk, rcu);
}

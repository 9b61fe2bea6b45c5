// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing executable memory: what is the same on every architecture.
 *
 * The interface and its contract are in include/linux/text_patching.h. Here are
 * the checks, the one loop over pages, the lock and the synchronization of
 * instruction caches, in front of a primitive that writes a piece of bounded
 * length: the architecture's, or the fallback at hand.
 *
 * Why the fallback does not call set_memory_rw() and set_memory_ro() on the
 * memory itself: its neighbours in the page may be executing, so the page would
 * have to stay executable while it is writable. x86 warns of that, as it should
 * (verify_rwx()), and whoever can write anywhere wins a race for every poke.
 */

#define pr_fmt(fmt) "text_poke: " fmt

#include <linux/cache.h>
#include <linux/cacheflush.h>
#include <linux/highmem.h>
#include <linux/init.h>
#include <linux/kasan.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/text_patching.h>
#include <linux/vmalloc.h>

#include "internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/text_poke.h>

/* === What to write ======================================================== */

/**
 * struct text_poke_op - a way of writing
 * @name: as the trace event has it
 * @write: writes a piece
 * @copies: the source is as long as the target, and walks along with it
 */
struct text_poke_op {
	const char	*name;
	text_poke_f	*write;
	bool		copies;
};

static void write_copy(void *alias, const void *src, size_t len)
{
	memcpy(alias, src, len);
}

static void write_byte(void *alias, const void *src, size_t len)
{
	memset(alias, *(const u8 *)src, len);
}

/*
 * @src is a word of trapping instructions, as it stands at multiples of its
 * size. The alias is as far from one as the target, so it tells the phase.
 */
static void write_trap(void *alias, const void *src, size_t len)
{
	size_t phase = (unsigned long)alias % sizeof(u32);
	size_t head = min(len, -phase % sizeof(u32));
	size_t words = (len - head) / sizeof(u32);
	size_t tail = (len - head) % sizeof(u32);

	memcpy(alias, src + phase, head);
	memset32(alias + head, *(const u32 *)src, words);
	memcpy(alias + head + words * sizeof(u32), src, tail);
}

static const struct text_poke_op op_copy = { "copy", write_copy, true };
static const struct text_poke_op op_set = { "set", write_byte };
static const struct text_poke_op op_fill = { "fill", write_trap };

#ifdef ARCH_TEXT_POKE_TRAP
static const union {
	arch_text_poke_trap_t	insn[sizeof(u32) / sizeof(arch_text_poke_trap_t)];
	u32			word;
} trap = {
	.insn = {
		[0 ... sizeof(u32) / sizeof(arch_text_poke_trap_t) - 1] =
			ARCH_TEXT_POKE_TRAP,
	},
};

static const u32 *const trap_word = &trap.word;
#else
static const u32 *const trap_word;
#endif

/* === Where to write ======================================================= */

/* Why src can't go to [dst, dst + len), or NULL if it can. len is not zero. */
static const char *text_poke_refusal(const void *dst, const void *src, size_t len)
{
	unsigned long start = (unsigned long)kasan_reset_tag(dst);
	unsigned long page, last = start + len - 1;
	struct vm_struct *area;

	if (!dst)
		return "NULL pointer";
	if (!src)
		return "nothing to write";
	if (last < start)
		return "length wraps";
	if (core_kernel_text(start))
		return "text of the kernel image";
	if (!is_vmalloc_or_module_addr(dst))
		return "neither vmalloc nor module memory";

	/*
	 * arm64 has areas for the segments of the kernel image, and drivers map
	 * their devices: only what was allocated has VM_ALLOC.
	 */
	area = find_vm_area(dst);
	if (!area || !(area->flags & VM_ALLOC))
		return "not allocated memory";
	if (last - (unsigned long)kasan_reset_tag(area->addr) >= get_vm_area_size(area))
		return "range leaves its area";

	for (page = start & PAGE_MASK; page <= last; page += PAGE_SIZE) {
		if (!vmalloc_to_page((void *)page))
			return "page not mapped";
	}
	return NULL;
}

/* === The fallback ========================================================= */

/* "text_poke=generic": do without the architecture's primitive. */
static bool use_generic __ro_after_init = !IS_ENABLED(CONFIG_ARCH_HAS_TEXT_POKE);

static int __init text_poke_param(char *arg)
{
	if (!arg || strcmp(arg, "generic")) {
		pr_warn("unknown parameter '%s', only 'generic' is known\n", arg ?: "");
		return -EINVAL;
	}
	use_generic = true;
	return 0;
}
early_param("text_poke", text_poke_param);

/*
 * A page of address space in which the fallback maps its target. Mapped only
 * under text_mutex. NULL until early_initcall, or if there was no memory then.
 */
struct vm_struct *text_poke_alias __ro_after_init;

static int alias_map(struct page *page)
{
	unsigned long addr = (unsigned long)kasan_reset_tag(text_poke_alias->addr);
	int err;

	err = vmap_pages_range_noflush(addr, addr + PAGE_SIZE, PAGE_KERNEL, &page,
				       PAGE_SHIFT);
	flush_cache_vmap(addr, addr + PAGE_SIZE);
	return err;
}

/* No CPU has the alias in its TLB when this returns. */
static void alias_unmap(void)
{
	unsigned long addr = (unsigned long)kasan_reset_tag(text_poke_alias->addr);

	vunmap_range(addr, addr + PAGE_SIZE);
}

static int __init text_poke_init(void)
{
	struct vm_struct *area;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY) || !use_generic)
		return 0;

	area = get_vm_area(PAGE_SIZE, VM_MAP);
	if (!area)
		return -ENOMEM;

	/* Page tables come now and stay, so that no poke has to allocate them. */
	text_poke_alias = area;
	if (alias_map(ZERO_PAGE(0))) {
		text_poke_alias = NULL;
		free_vm_area(area);
		return -ENOMEM;
	}
	alias_unmap();
	return 0;
}
early_initcall(text_poke_init);

/* Writes a piece that lies within a page. */
static int generic_text_poke(text_poke_f *write, void *dst, const void *src, size_t len)
{
	void *alias;
	int err;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY)) {
		write(dst, src, len);
		return 0;
	}

	if (!text_poke_alias)
		return -ENOMEM;

	err = alias_map(vmalloc_to_page(dst));
	if (!err) {
		alias = text_poke_alias->addr + offset_in_page(dst);
		write(alias, src, len);
		/* For caches in which the alias and the target don't meet. */
		flush_kernel_vmap_range(alias, len);
		invalidate_kernel_vmap_range(dst, len);
	}
	alias_unmap();
	return err;
}

/* === The loop ============================================================= */

#ifndef CONFIG_ARCH_HAS_TEXT_POKE
/* Never called: use_generic is true, and stays so. */
#define ARCH_TEXT_POKE_PAGES	1
static void arch_text_poke(text_poke_f *write, void *dst, const void *src, size_t len)
{
}
#endif

/* Writes what fits in one piece. Returns its length or an error. */
static ssize_t poke_piece(text_poke_f *write, void *dst, const void *src, size_t len)
{
	size_t pages = use_generic ? 1 : ARCH_TEXT_POKE_PAGES;

	len = min_t(size_t, len, pages * PAGE_SIZE - offset_in_page(dst));
	if (use_generic)
		return generic_text_poke(write, dst, src, len) ?: len;

	arch_text_poke(write, dst, src, len);
	return len;
}

/* Makes every CPU fetch from [start, end) what was written to it. */
#ifndef arch_text_poke_sync
#define arch_text_poke_sync	flush_icache_range
#endif

static void *poke(const struct text_poke_op *op, void *dst, const void *src,
		  size_t len, unsigned long caller)
{
	const char *refusal;
	size_t done;
	ssize_t n;

	might_sleep();
	lockdep_assert_held(&text_mutex);

	if (!len)
		return dst;

	refusal = text_poke_refusal(dst, src, len);
	if (refusal)
		goto refuse;

	for (done = 0; done < len; done += n) {
		n = poke_piece(op->write, dst + done, op->copies ? src + done : src,
			       len - done);
		if (n < 0) {
			refusal = "no alias to write through";
			/* Fails before the first byte or, bar a bug, never. */
			if (WARN_ON_ONCE(done))
				return NULL;
			goto refuse;
		}
	}
	arch_text_poke_sync((unsigned long)dst, (unsigned long)dst + len);

	/* The write hit another page, or a cache hides it: not to be executed. */
	if (op->copies && WARN_ON_ONCE(memcmp(dst, src, len)))
		return NULL;

	trace_text_poke(op->name, dst, len, caller);
	return dst;

refuse:
	pr_warn_once("refused to %s %zu bytes at %p for %pS: %s\n", op->name, len, dst,
		     (void *)caller, refusal);
	return NULL;
}

/* === Public interface ===================================================== */

bool text_trap_fill(void *buf, size_t len)
{
	const u32 *word = trap_word;

	if (word)
		write_trap(buf, word, len);
	return word;
}

void *text_poke_copy_locked(void *dst, const void *src, size_t len)
{
	return poke(&op_copy, dst, src, len, _RET_IP_);
}

void *text_poke_set_locked(void *dst, int c, size_t len)
{
	u8 byte = c;

	return poke(&op_set, dst, &byte, len, _RET_IP_);
}

void *text_poke_fill_locked(void *dst, size_t len)
{
	return poke(&op_fill, dst, trap_word, len, _RET_IP_);
}

void *text_poke_copy(void *dst, const void *src, size_t len)
{
	void *ret;

	mutex_lock(&text_mutex);
	ret = poke(&op_copy, dst, src, len, _RET_IP_);
	mutex_unlock(&text_mutex);
	return ret;
}

void *text_poke_set(void *dst, int c, size_t len)
{
	u8 byte = c;
	void *ret;

	mutex_lock(&text_mutex);
	ret = poke(&op_set, dst, &byte, len, _RET_IP_);
	mutex_unlock(&text_mutex);
	return ret;
}

void *text_poke_fill(void *dst, size_t len)
{
	void *ret;

	mutex_lock(&text_mutex);
	ret = poke(&op_fill, dst, trap_word, len, _RET_IP_);
	mutex_unlock(&text_mutex);
	return ret;
}

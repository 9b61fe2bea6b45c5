// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing executable memory: what is the same on every architecture.
 *
 * The interface and its contract are in include/linux/text_patching.h. This file
 * has the checks, the one loop over pages, the lock and the maintenance of
 * instruction caches. Below them is a primitive that writes a piece of bounded
 * length: the architecture's, or the fallback in this file.
 *
 * The fallback does not call set_memory_rw() and set_memory_ro() on the memory
 * itself. Other code in the same page may be executing, so the page would have to
 * stay executable while it is writable. x86 warns of that in verify_rwx(), and an
 * attacker with an arbitrary write would win a race against any poke.
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
 * @name: for the trace event and the log
 * @write: writes a piece
 * @no_src: why a call without a source is refused
 * @copies: the source is as long as the target and advances along with it
 */
struct text_poke_op {
	const char	*name;
	text_poke_f	*write;
	const char	*no_src;
	bool		copies;
};

static void text_write_copy(void *alias, const void *src, size_t len)
{
	memcpy(alias, src, len);
}

static void text_write_byte(void *alias, const void *src, size_t len)
{
	memset(alias, *(const u8 *)src, len);
}

/*
 * @src is a word of trapping instructions, as they are in memory at a multiple of
 * the word's size. The alias has the same offset in its page as the target, so it
 * tells where in the word to begin.
 */
static void text_write_trap(void *alias, const void *src, size_t len)
{
	size_t phase = (unsigned long)alias % sizeof(u32);
	size_t head = min(len, -phase % sizeof(u32));
	size_t words = (len - head) / sizeof(u32);
	size_t tail = (len - head) % sizeof(u32);

	memcpy(alias, src + phase, head);
	memset32(alias + head, *(const u32 *)src, words);
	memcpy(alias + head + words * sizeof(u32), src, tail);
}

static const struct text_poke_op text_poke_op_copy = {
	.name	= "copy",
	.write	= text_write_copy,
	.no_src	= "no source",
	.copies	= true,
};

static const struct text_poke_op text_poke_op_set = {
	.name	= "set",
	.write	= text_write_byte,
};

static const struct text_poke_op text_poke_op_fill = {
	.name	= "fill",
	.write	= text_write_trap,
	.no_src	= "no trapping instruction is known",
};

#ifdef ARCH_TEXT_POKE_TRAP
static const union {
	arch_text_poke_trap_t	insn[sizeof(u32) / sizeof(arch_text_poke_trap_t)];
	u32			word;
} text_trap = {
	.insn = {
		[0 ... sizeof(u32) / sizeof(arch_text_poke_trap_t) - 1] =
			ARCH_TEXT_POKE_TRAP,
	},
};

static const u32 *const text_trap_word = &text_trap.word;
#else
static const u32 *const text_trap_word;
#endif

/* === Where to write ======================================================= */

/* Why [dst, dst + len) cannot be written, or NULL if it can. @len is not 0. */
static const char *text_poke_refusal(const struct text_poke_op *op, const void *dst,
				     const void *src, size_t len)
{
	unsigned long start = (unsigned long)kasan_reset_tag(dst);
	unsigned long page, last = start + len - 1;
	struct vm_struct *area;

	if (!dst)
		return "NULL pointer";
	if (!src)
		return op->no_src;
	if (last < start)
		return "length wraps";
	if (core_kernel_text(start))
		return "text of the kernel image";
	if (!is_vmalloc_or_module_addr(dst))
		return "neither vmalloc nor module memory";

	/*
	 * Segments of the kernel image on arm64 and mappings of devices are areas of
	 * vmalloc space as well. Only allocated memory has VM_ALLOC.
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

/* "text_poke=generic": do without the primitive of the architecture. */
static bool text_poke_force_generic __ro_after_init;

static int __init text_poke_param(char *arg)
{
	if (!arg || strcmp(arg, "generic")) {
		pr_warn("unknown parameter '%s', only 'generic' is known\n", arg ?: "");
		return -EINVAL;
	}
	text_poke_force_generic = true;
	return 0;
}
early_param("text_poke", text_poke_param);

static bool text_poke_is_generic(void)
{
	return !IS_ENABLED(CONFIG_ARCH_HAS_TEXT_POKE) || text_poke_force_generic;
}

/*
 * A page of address space in which the fallback maps its target, under text_mutex.
 * NULL until early_initcall, or if there was no memory then.
 */
struct vm_struct *text_poke_alias __ro_after_init;

static int text_poke_alias_map(struct page *page)
{
	unsigned long addr = (unsigned long)kasan_reset_tag(text_poke_alias->addr);
	int err;

	err = vmap_pages_range_noflush(addr, addr + PAGE_SIZE, PAGE_KERNEL, &page,
				       PAGE_SHIFT);
	flush_cache_vmap(addr, addr + PAGE_SIZE);
	return err;
}

/* No CPU has the alias in its TLB when this returns. */
static void text_poke_alias_unmap(void)
{
	unsigned long addr = (unsigned long)kasan_reset_tag(text_poke_alias->addr);

	vunmap_range(addr, addr + PAGE_SIZE);
}

static int __init text_poke_init(void)
{
	struct vm_struct *area;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY) || !text_poke_is_generic())
		return 0;

	area = get_vm_area(PAGE_SIZE, VM_MAP);
	if (!area)
		return -ENOMEM;

	/* This allocates the page tables, which stay: a poke needs no memory. */
	text_poke_alias = area;
	if (text_poke_alias_map(ZERO_PAGE(0))) {
		text_poke_alias = NULL;
		free_vm_area(area);
		return -ENOMEM;
	}
	text_poke_alias_unmap();
	return 0;
}
early_initcall(text_poke_init);

/* Write a piece that lies within a page. */
static int text_poke_generic(text_poke_f *write, void *dst, const void *src, size_t len)
{
	void *alias;
	int err;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY)) {
		write(dst, src, len);
		return 0;
	}

	if (!text_poke_alias)
		return -ENOMEM;

	err = text_poke_alias_map(vmalloc_to_page(dst));
	if (!err) {
		alias = text_poke_alias->addr + offset_in_page(dst);
		write(alias, src, len);
		/* The alias and the target may be in different lines of a VIVT cache. */
		flush_kernel_vmap_range(alias, len);
		invalidate_kernel_vmap_range(dst, len);
	}
	text_poke_alias_unmap();
	return err;
}

/* === The loop ============================================================= */

/* How many of @len bytes one call of the primitive writes. */
static size_t text_poke_piece(const void *dst, size_t len)
{
	size_t pages = text_poke_is_generic() ? 1 : ARCH_TEXT_POKE_PAGES;

	return min_t(size_t, len, pages * PAGE_SIZE - offset_in_page(dst));
}

static int text_poke_pages(const struct text_poke_op *op, void *dst, const void *src,
			   size_t len)
{
	size_t done, piece;
	int err;

	for (done = 0; done < len; done += piece) {
		piece = text_poke_piece(dst + done, len - done);
		if (!text_poke_is_generic()) {
			arch_text_poke(op->write, dst + done, src, piece);
		} else {
			err = text_poke_generic(op->write, dst + done, src, piece);
			/* Only the first piece can fail, and only if there is no alias. */
			if (err)
				return WARN_ON_ONCE(done) ? -EIO : err;
		}
		if (op->copies)
			src += piece;
	}
	return 0;
}

#ifndef arch_text_poke_flush
#define arch_text_poke_flush	flush_icache_range
#endif

static bool text_poke_refuses(const struct text_poke_op *op, const void *dst,
			      const void *src, size_t len, unsigned long caller)
{
	const char *refusal = text_poke_refusal(op, dst, src, len);

	if (refusal)
		pr_warn_once("refused to %s %zu bytes at %p for %pS: %s\n", op->name, len,
			     dst, (void *)caller, refusal);
	return refusal;
}

/* Write a range that was not refused. */
static bool text_poke_write(const struct text_poke_op *op, void *dst, const void *src,
			    size_t len, unsigned long caller)
{
	int err;

	lockdep_assert_held(&text_mutex);

	err = text_poke_pages(op, dst, src, len);
	if (err) {
		pr_warn_once("failed to %s %zu bytes at %p for %pS: error %d\n", op->name,
			     len, dst, (void *)caller, err);
		return false;
	}
	arch_text_poke_flush((unsigned long)dst, (unsigned long)dst + len);

	/*
	 * The write went to another page, or a cache hides it. Either way, the
	 * caller must not execute the range.
	 */
	if (op->copies && WARN_ON_ONCE(memcmp(dst, src, len)))
		return false;

	trace_text_poke(op->name, dst, len, caller);
	return true;
}

static void *text_poke_locked(const struct text_poke_op *op, void *dst, const void *src,
			      size_t len, unsigned long caller)
{
	might_sleep();
	lockdep_assert_held(&text_mutex);

	if (!len)
		return dst;
	if (len > TEXT_POKE_LOCKED_MAX) {
		pr_warn_once("refused to %s %zu bytes at %p for %pS: too long under text_mutex\n",
			     op->name, len, dst, (void *)caller);
		return NULL;
	}
	if (text_poke_refuses(op, dst, src, len, caller))
		return NULL;
	return text_poke_write(op, dst, src, len, caller) ? dst : NULL;
}

/* Releases text_mutex between pieces, so that other users get a turn. */
static void *text_poke_pieces(const struct text_poke_op *op, void *dst, const void *src,
			      size_t len, unsigned long caller)
{
	size_t done, piece;
	bool written;

	might_sleep();

	if (!len)
		return dst;
	if (text_poke_refuses(op, dst, src, len, caller))
		return NULL;

	for (done = 0; done < len; done += piece) {
		piece = min_t(size_t, len - done, TEXT_POKE_LOCKED_MAX);
		mutex_lock(&text_mutex);
		written = text_poke_write(op, dst + done, op->copies ? src + done : src,
					  piece, caller);
		mutex_unlock(&text_mutex);
		if (!written)
			return NULL;
		cond_resched();
	}
	return dst;
}

/* === Inside mm/ =========================================================== */

/**
 * __text_poke_copy() - text_poke_copy() on behalf of another caller
 * @dst: as for text_poke_copy()
 * @src: as for text_poke_copy()
 * @len: as for text_poke_copy()
 * @locked: whether the caller holds text_mutex
 * @caller: return address to log and to trace
 *
 * Return: as text_poke_copy().
 */
void *__text_poke_copy(void *dst, const void *src, size_t len, bool locked,
		       unsigned long caller)
{
	return locked ? text_poke_locked(&text_poke_op_copy, dst, src, len, caller) :
			text_poke_pieces(&text_poke_op_copy, dst, src, len, caller);
}

/**
 * __text_poke_fill() - text_poke_fill() on behalf of another caller
 * @dst: as for text_poke_fill()
 * @len: as for text_poke_fill()
 * @locked: whether the caller holds text_mutex
 * @caller: return address to log and to trace
 *
 * Return: as text_poke_fill().
 */
void *__text_poke_fill(void *dst, size_t len, bool locked, unsigned long caller)
{
	const u32 *trap = text_trap_word;

	return locked ? text_poke_locked(&text_poke_op_fill, dst, trap, len, caller) :
			text_poke_pieces(&text_poke_op_fill, dst, trap, len, caller);
}

/* === Public interface ===================================================== */

void text_buf_fill(void *buf, size_t len)
{
	if (text_trap_word)
		text_write_trap(buf, text_trap_word, len);
}

void *text_poke_copy_locked(void *dst, const void *src, size_t len)
{
	return text_poke_locked(&text_poke_op_copy, dst, src, len, _RET_IP_);
}

void *text_poke_set_locked(void *dst, int c, size_t len)
{
	u8 byte = c;

	return text_poke_locked(&text_poke_op_set, dst, &byte, len, _RET_IP_);
}

void *text_poke_fill_locked(void *dst, size_t len)
{
	return text_poke_locked(&text_poke_op_fill, dst, text_trap_word, len, _RET_IP_);
}

void *text_poke_copy(void *dst, const void *src, size_t len)
{
	return text_poke_pieces(&text_poke_op_copy, dst, src, len, _RET_IP_);
}

void *text_poke_set(void *dst, int c, size_t len)
{
	u8 byte = c;

	return text_poke_pieces(&text_poke_op_set, dst, &byte, len, _RET_IP_);
}

void *text_poke_fill(void *dst, size_t len)
{
	return text_poke_pieces(&text_poke_op_fill, dst, text_trap_word, len, _RET_IP_);
}

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

#include <linux/align.h>
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

#include <asm/unaligned.h>

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

/* A word may be read while it is written, by code that jumps to the address in it. */
static void text_write_copy(void *alias, const void *src, size_t len)
{
	if (len == sizeof(long) && IS_ALIGNED((unsigned long)alias, sizeof(long)))
		WRITE_ONCE(*(unsigned long *)alias, get_unaligned((unsigned long *)src));
	else
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
	size_t phase = (unsigned long)alias % sizeof(u64);
	size_t head = min(len, -phase % sizeof(u64));
	size_t words = (len - head) / sizeof(u64);
	size_t tail = (len - head) % sizeof(u64);

	memcpy(alias, src + phase, head);
	memset64(alias + head, *(const u64 *)src, words);
	memcpy(alias + head + words * sizeof(u64), src, tail);
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
	arch_text_poke_trap_t	insn[sizeof(u64) / sizeof(arch_text_poke_trap_t)];
	u64			word;
} text_trap = {
	.insn = {
		[0 ... sizeof(u64) / sizeof(arch_text_poke_trap_t) - 1] =
			ARCH_TEXT_POKE_TRAP,
	},
};

static const u64 *const text_trap_word = &text_trap.word;
#else
static const u64 *const text_trap_word;
#endif

/* === Where to write ======================================================= */

/* Why [dst, dst + len) cannot be written, or NULL if it can. @len is not 0. */
static const char *text_poke_refusal(const struct text_poke_op *op, const void *dst,
				     const void *src, size_t len)
{
	unsigned long start = (unsigned long)kasan_reset_tag(dst);
	unsigned long last = start + len - 1;
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
	 * vmalloc space as well. Only allocated memory has VM_ALLOC. All of its pages are
	 * mapped.
	 */
	area = find_vm_area(dst);
	if (!area || !(area->flags & VM_ALLOC))
		return "not allocated memory";
	last -= (unsigned long)kasan_reset_tag(area->addr);
	if (last >= get_vm_area_size(area))
		return "range leaves its area";
	if (last >> PAGE_SHIFT >= area->nr_pages)
		return "page not mapped";
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

/* The fallback maps as many pages at once as lie in one piece, wherever it begins. */
#define TEXT_POKE_ALIAS_PAGES	(TEXT_POKE_LOCKED_MAX / PAGE_SIZE + 1)

/*
 * Address space in which the fallback maps its target, under text_mutex. NULL until
 * early_initcall, or if there was no memory then.
 */
struct vm_struct *text_poke_alias __ro_after_init;

/* ftrace and alternatives write before there is an alias: let them use the primitive. */
static bool text_poke_is_generic(void)
{
	return !IS_ENABLED(CONFIG_ARCH_HAS_TEXT_POKE) ||
	       (text_poke_force_generic && text_poke_alias);
}

static unsigned long text_poke_alias_start(void)
{
	return (unsigned long)kasan_reset_tag(text_poke_alias->addr);
}

static int text_poke_alias_map(struct page **pages, unsigned int nr)
{
	unsigned long start = text_poke_alias_start(), end = start + nr * PAGE_SIZE;
	int err;

	err = vmap_pages_range_noflush(start, end, PAGE_KERNEL, pages, PAGE_SHIFT);
	flush_cache_vmap(start, end);
	return err;
}

/* No CPU has the alias in its TLB when this returns. */
static void text_poke_alias_unmap(unsigned int nr)
{
	vunmap_range(text_poke_alias_start(), text_poke_alias_start() + nr * PAGE_SIZE);
}

static int __init text_poke_init(void)
{
	struct page *pages[TEXT_POKE_ALIAS_PAGES];
	struct vm_struct *area;
	unsigned int i;
	int err;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY))
		return 0;
	if (IS_ENABLED(CONFIG_ARCH_HAS_TEXT_POKE) && !text_poke_force_generic)
		return 0;

	area = get_vm_area(TEXT_POKE_ALIAS_PAGES * PAGE_SIZE, VM_MAP);
	if (!area)
		return -ENOMEM;

	/* This allocates the page tables, which stay: a poke needs no memory. */
	text_poke_alias = area;
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = ZERO_PAGE(0);
	err = text_poke_alias_map(pages, ARRAY_SIZE(pages));
	text_poke_alias_unmap(ARRAY_SIZE(pages));
	if (err) {
		text_poke_alias = NULL;
		free_vm_area(area);
	}
	return err;
}
early_initcall(text_poke_init);

static int text_poke_generic(text_poke_f *write, void *dst, const void *src, size_t len)
{
	struct page *pages[TEXT_POKE_ALIAS_PAGES];
	unsigned int i, nr = DIV_ROUND_UP(offset_in_page(dst) + len, PAGE_SIZE);
	void *alias, *page = dst - offset_in_page(dst);
	int err;

	if (!IS_ENABLED(CONFIG_ARCH_HAS_SET_MEMORY)) {
		write(dst, src, len);
		return 0;
	}

	if (!text_poke_alias)
		return -ENOMEM;

	for (i = 0; i < nr; i++)
		pages[i] = vmalloc_to_page(page + i * PAGE_SIZE);
	err = text_poke_alias_map(pages, nr);
	if (!err) {
		alias = text_poke_alias->addr;
		write(alias + offset_in_page(dst), src, len);
		/*
		 * The alias and the target may be in different lines of a VIVT cache. Some
		 * CPUs flush a page whatever the length, others from the address on that they
		 * are given, not from its line on.
		 */
		for (i = 0; i < nr; i++) {
			flush_kernel_vmap_range(alias + i * PAGE_SIZE, PAGE_SIZE);
			invalidate_kernel_vmap_range(page + i * PAGE_SIZE, PAGE_SIZE);
		}
	}
	text_poke_alias_unmap(nr);
	return err;
}

/* === The loop ============================================================= */

/*
 * How many of @len bytes are written at once. A primitive may turn interrupts off, so it gets
 * a page at most, which it may be able to write across two.
 */
static size_t text_poke_piece(const void *dst, size_t len)
{
	if (text_poke_is_generic())
		return min_t(size_t, len, TEXT_POKE_ALIAS_PAGES * PAGE_SIZE - offset_in_page(dst));
	if (ARCH_TEXT_POKE_PAGES > 1 && len <= PAGE_SIZE)
		return len;
	return min_t(size_t, len, PAGE_SIZE - offset_in_page(dst));
}

#ifdef CONFIG_TEXT_POKE_KUNIT_TEST
struct text_poke_watch text_poke_watch;
#endif

/* The KUnit suite looks at page tables while a piece is written. */
static text_poke_f *text_poke_writer(const struct text_poke_op *op)
{
	if (IS_ENABLED(CONFIG_TEXT_POKE_KUNIT_TEST) && text_poke_watch.task == current &&
	    text_poke_watch.write)
		return text_poke_watch.write;
	return op->write;
}

static int text_poke_pages(const struct text_poke_op *op, void *dst, const void *src,
			   size_t len)
{
	text_poke_f *write = text_poke_writer(op);
	size_t done, piece;
	int err;

	for (done = 0; done < len; done += piece) {
		piece = text_poke_piece(dst + done, len - done);
		if (!text_poke_is_generic()) {
			arch_text_poke(write, dst + done, src, piece);
		} else {
			err = text_poke_generic(write, dst + done, src, piece);
			/* Only the first piece can fail, and only if there is no alias. */
			if (err)
				return WARN_ON_ONCE(done) ? -EIO : err;
		}
		if (op->copies)
			src += piece;
	}
	return 0;
}

static bool text_poke_refuses(const struct text_poke_op *op, const void *dst,
			      const void *src, size_t len, unsigned long caller)
{
	const char *refusal = text_poke_refusal(op, dst, src, len);

	if (refusal)
		pr_warn_once("refused to %s %zu bytes at %p for %pS: %s\n", op->name, len,
			     dst, (void *)caller, refusal);
	return refusal;
}

/* Write a piece of a range that was not refused. */
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
	return true;
}

/* memcmp() takes twice as long, and on some architectures it goes byte by byte. */
static bool text_is(const void *text, const void *src, size_t len)
{
	const unsigned long *a = text, *b = src;
	unsigned long diff = 0;

	for (; len >= 4 * sizeof(long); len -= 4 * sizeof(long), a += 4, b += 4)
		diff |= (get_unaligned(a) ^ get_unaligned(b)) |
			(get_unaligned(a + 1) ^ get_unaligned(b + 1)) |
			(get_unaligned(a + 2) ^ get_unaligned(b + 2)) |
			(get_unaligned(a + 3) ^ get_unaligned(b + 3));
	return !diff && !memcmp(a, b, len);
}

static void text_poke_flush(unsigned long start, unsigned long end)
{
	arch_text_poke_flush(start, end);
	if (IS_ENABLED(CONFIG_TEXT_POKE_KUNIT_TEST) && text_poke_watch.task == current) {
		text_poke_watch.flushes++;
		text_poke_watch.start = start;
		text_poke_watch.end = end;
	}
}

/* All pieces are written: make the CPUs fetch them. */
static void *text_poke_end(const struct text_poke_op *op, void *dst, const void *src,
			   size_t len, unsigned long caller)
{
	text_poke_flush((unsigned long)dst, (unsigned long)dst + len);

	/*
	 * The write went to another page, or a cache hides it. Either way, the
	 * caller must not execute the range.
	 */
	if (op->copies && WARN_ON_ONCE(!text_is(dst, src, len)))
		return NULL;

	trace_text_poke(op->name, dst, len, caller);
	return dst;
}

static void *text_poke_locked(const struct text_poke_op *op, void *dst, const void *src,
			      size_t len, unsigned long caller)
{
	might_sleep();
	lockdep_assert_held(&text_mutex);

	if (len > TEXT_POKE_LOCKED_MAX) {
		pr_warn_once("refused to %s %zu bytes at %p for %pS: too long under text_mutex\n",
			     op->name, len, dst, (void *)caller);
		return NULL;
	}
	if (!text_poke_write(op, dst, src, len, caller))
		return NULL;
	return text_poke_end(op, dst, src, len, caller);
}

/* Releases text_mutex between pieces, so that other users get a turn. */
static void *text_poke_pieces(const struct text_poke_op *op, void *dst, const void *src,
			      size_t len, unsigned long caller)
{
	size_t done, piece;
	bool written;

	might_sleep();

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
	return text_poke_end(op, dst, src, len, caller);
}

/* Write a range that someone else owns, so that it has to be checked. */
static void *text_poke_any(const struct text_poke_op *op, void *dst, const void *src,
			   size_t len, bool locked, unsigned long caller)
{
	might_sleep();

	if (!len)
		return dst;
	if (text_poke_refuses(op, dst, src, len, caller))
		return NULL;
	return locked ? text_poke_locked(op, dst, src, len, caller) :
			text_poke_pieces(op, dst, src, len, caller);
}

/* === Inside mm/ =========================================================== */

/**
 * __text_poke_copy() - write an object of a jit_cache
 * @dst: as for text_poke_copy(), but not checked, since jit_cache owns it
 * @src: as for text_poke_copy(), not NULL
 * @len: as for text_poke_copy(), not 0
 * @caller: return address to log and to trace
 *
 * Return: as text_poke_copy().
 */
void *__text_poke_copy(void *dst, const void *src, size_t len, unsigned long caller)
{
	return text_poke_pieces(&text_poke_op_copy, dst, src, len, caller);
}

/**
 * __text_poke_fill() - fill an object of a jit_cache
 * @dst: as for __text_poke_copy()
 * @len: as for __text_poke_copy()
 * @caller: return address to log and to trace
 *
 * Return: as text_poke_fill().
 */
void *__text_poke_fill(void *dst, size_t len, unsigned long caller)
{
	return text_poke_pieces(&text_poke_op_fill, dst, text_trap_word, len, caller);
}

/* === Public interface ===================================================== */

void text_buf_fill(void *buf, size_t len)
{
	if (text_trap_word)
		text_write_trap(buf, text_trap_word, len);
}

void *text_poke_copy_locked(void *dst, const void *src, size_t len)
{
	return text_poke_any(&text_poke_op_copy, dst, src, len, true, _RET_IP_);
}

void *text_poke_set_locked(void *dst, int c, size_t len)
{
	u8 byte = c;

	return text_poke_any(&text_poke_op_set, dst, &byte, len, true, _RET_IP_);
}

void *text_poke_fill_locked(void *dst, size_t len)
{
	return text_poke_any(&text_poke_op_fill, dst, text_trap_word, len, true, _RET_IP_);
}

void *text_poke_copy(void *dst, const void *src, size_t len)
{
	return text_poke_any(&text_poke_op_copy, dst, src, len, false, _RET_IP_);
}

void *text_poke_set(void *dst, int c, size_t len)
{
	u8 byte = c;

	return text_poke_any(&text_poke_op_set, dst, &byte, len, false, _RET_IP_);
}

void *text_poke_fill(void *dst, size_t len)
{
	return text_poke_any(&text_poke_op_fill, dst, text_trap_word, len, false, _RET_IP_);
}

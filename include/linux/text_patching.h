/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing executable memory, on every architecture.
 *
 * Executable memory is mapped read-only. These functions write it all the same,
 * through a private alias that is never executable, so that no address is
 * writable and executable at once, not even during a write:
 *
 *   - where the architecture has a primitive (CONFIG_ARCH_HAS_TEXT_POKE) the
 *     alias is of its making: on x86 in an address space that no other CPU
 *     loads, on arm64 in the fixmap;
 *   - elsewhere, and everywhere under the boot parameter "text_poke=generic",
 *     the alias is one page of vmalloc space, mapped for the length of a write;
 *   - an architecture without set_memory leaves its module memory writable:
 *     there, the memory is written where it stands.
 *
 * All are for memory that nobody executes yet, or any more: a JIT's output, an
 * instruction slot, a freed range. Code that other CPUs may be executing needs
 * what the architecture has for that (text_poke_bp(), aarch64_insn_patch_text()
 * and the like). Code around the target, in the same page too, may be executing
 * on every CPU and does not notice.
 *
 * To get memory, write it and give it up again::
 *
 *	if (!text_poke_copy(dst, buf, len))
 *		return -EFAULT;
 *	...
 *	text_poke_fill(dst, len);
 *
 * Whoever waits for the last execution of @dst before it is filled or written
 * anew - synchronize_rcu_tasks(), as a rule - is the owner of the memory.
 */
#ifndef _LINUX_TEXT_PATCHING_H
#define _LINUX_TEXT_PATCHING_H

#include <linux/compiler.h>
#include <linux/types.h>

#include <asm/text-patching.h>

/**
 * text_poke_copy() - copy instructions into unused executable memory
 * @dst: where to: an address in memory from vmalloc() or jit_cache_alloc(), of any
 *	 alignment
 * @src: the instructions; anything that can be read, of any alignment
 * @len: bytes to copy; the last one written is @dst + @len - 1
 *
 * On return every CPU fetches the new instructions.
 *
 * A range is refused as a whole, with one line in the log for the first such
 * call, if @dst is NULL, if @dst + @len wraps, if it is text of the kernel
 * image, if it is outside vmalloc and module space, if it leaves the area that
 * @dst was allocated with, or if any page of it is not mapped; a call with @src
 * NULL is, too. No length at all is fine: nothing is looked at, and @dst is
 * returned.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: @dst, or NULL if the range was refused and nothing was written.
 */
void *text_poke_copy(void *dst, const void *src, size_t len);

/**
 * text_poke_set() - set the bytes of unused executable memory
 * @dst: as for text_poke_copy()
 * @c: the byte, as for memset()
 * @len: bytes to set
 *
 * Makes sense where an instruction can be a byte long; text_poke_fill() has a
 * meaning on every architecture.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: @dst, or NULL if the range was refused and nothing was written.
 */
void *text_poke_set(void *dst, int c, size_t len);

/**
 * text_poke_fill() - fill unused executable memory with trapping instructions
 * @dst: as for text_poke_copy()
 * @len: bytes to fill
 *
 * Instructions stand at multiples of their size, whatever @dst and @len are: a
 * range that begins or ends within an instruction gets the part of it that lies
 * inside, and two ranges filled side by side are one filled range.
 *
 * Where <asm/text-patching.h> names no trapping instruction, every range is
 * refused.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: @dst, or NULL if the range was refused and nothing was written.
 */
void *text_poke_fill(void *dst, size_t len);

/**
 * text_poke_copy_locked() - text_poke_copy() for callers that hold text_mutex
 * @dst: as for text_poke_copy()
 * @src: as for text_poke_copy()
 * @len: as for text_poke_copy()
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: @dst, or NULL if the range was refused and nothing was written.
 */
void *text_poke_copy_locked(void *dst, const void *src, size_t len);

/**
 * text_poke_set_locked() - text_poke_set() for callers that hold text_mutex
 * @dst: as for text_poke_copy()
 * @c: as for text_poke_set()
 * @len: as for text_poke_set()
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: @dst, or NULL if the range was refused and nothing was written.
 */
void *text_poke_set_locked(void *dst, int c, size_t len);

/**
 * text_poke_fill_locked() - text_poke_fill() for callers that hold text_mutex
 * @dst: as for text_poke_copy()
 * @len: as for text_poke_fill()
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: @dst, or NULL if the range was refused and nothing was written.
 */
void *text_poke_fill_locked(void *dst, size_t len);

/**
 * text_trap_fill() - fill memory with trapping instructions
 * @buf: ordinary memory, that can be written
 * @len: bytes to fill
 *
 * For what becomes text later: a buffer for text_poke_copy(), or memory that is to
 * be executable. Instructions stand at multiples of their size.
 *
 * Context: Any.
 * Return: true, or false where <asm/text-patching.h> names no trapping instruction,
 * and nothing was written.
 */
bool text_trap_fill(void *buf, size_t len);

/*
 * For architectures. <asm/text-patching.h> defines, as far as there is more than
 * the default,
 *
 *   arch_text_poke_trap_t	u8, u16 or u32: as wide as an instruction;
 *   ARCH_TEXT_POKE_TRAP	an instruction that traps, as it is in memory;
 *   arch_text_poke_sync()	if flush_icache_range() is not enough to make
 *				every CPU fetch what was written;
 *   ARCH_TEXT_POKE_PAGES	with CONFIG_ARCH_HAS_TEXT_POKE: how many pages
 *				one call of arch_text_poke() can write to.
 */

/**
 * typedef text_poke_f - write through an alias of the target
 * @alias: where to write; has the offset in its page that the target has
 * @src: what to write: instructions, a byte or a pattern
 * @len: bytes to write
 *
 * Must not sleep or fault: it is called with interrupts off.
 */
typedef void text_poke_f(void *alias, const void *src, size_t len);

#ifdef CONFIG_ARCH_HAS_TEXT_POKE
/**
 * arch_text_poke() - map, write, unmap: all that an architecture contributes
 * @write: does the writing
 * @dst: executable memory in vmalloc or module space, mapped and checked
 * @src: passed on to @write
 * @len: bytes, no more than fit in ARCH_TEXT_POKE_PAGES pages from @dst on
 *
 * The alias is not executable, is not there for any other CPU to write to where
 * the architecture can help it, and is gone when the function returns. Caches of
 * instructions are the caller's business.
 *
 * Context: Process context. text_mutex is held.
 */
void arch_text_poke(text_poke_f *write, void *dst, const void *src, size_t len);
#endif /* CONFIG_ARCH_HAS_TEXT_POKE */

#endif /* _LINUX_TEXT_PATCHING_H */

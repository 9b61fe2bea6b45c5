/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing executable memory, on every architecture.
 *
 * Executable memory is mapped read-only. text_poke_copy(), text_poke_set() and
 * text_poke_fill() write it through an alias that is never executable, so that no
 * address is writable and executable at once, not even during a write:
 *
 *   - An architecture with a primitive (CONFIG_ARCH_HAS_TEXT_POKE) makes the
 *     alias itself: x86 in an address space that no other CPU loads, arm, arm64 and
 *     riscv in the fixmap, powerpc at an address of each CPU. s390 has one in its
 *     identity map, all the time.
 *   - Other architectures use some pages of vmalloc space, which are mapped for the
 *     duration of a write. The boot parameter "text_poke=generic" makes every
 *     architecture do so from early_initcall on.
 *
 * An architecture without set_memory leaves its module memory writable. There the
 * memory is written in place.
 *
 * No CPU may be executing the target: it is the new output of a JIT, an unused
 * instruction slot, or memory that is about to be freed. Code around the target,
 * even in the same page, may be executing on every CPU and does not notice. To
 * change code that may be executing takes the architecture's own protocol:
 * text_poke_bp() on x86, aarch64_insn_patch_text() on arm64.
 *
 * Other CPUs. When one of the functions returns, the caches of instructions are coherent
 * with the memory. With a primitive, no other CPU has been interrupted on x86, arm64, arm
 * (but for ARM11MPCore), powerpc and s390. It may have been elsewhere, if a CPU can only
 * see to itself, as on riscv and loongarch; and by the fallback, which flushes TLBs.
 *
 * A CPU that has not executed the range since before its old contents became unused
 * fetches the new bytes. A CPU that has executed them may hold old instructions until its
 * next context synchronization: an interrupt or exception, or a return from one. A grace
 * period of RCU or RCU tasks between the last execution and the write takes every CPU
 * through one, and so does the breakpoint that leads to a slot of kprobes. This is what
 * users on x86 and arm64 relied on before: "Handling Self- and Cross-Modifying Code" in the
 * Intel SDM, volume 3, and "Concurrent modification and execution of instructions" in the
 * Arm ARM.
 *
 * To write memory, execute it, and make it trap again::
 *
 *	if (!text_poke_copy(dst, buf, len))
 *		return -EFAULT;
 *	...
 *	synchronize_rcu_tasks();
 *	if (!text_poke_fill(dst, len))
 *		return -EFAULT;
 *
 * The owner of the memory waits until no CPU executes it any more, here with
 * synchronize_rcu_tasks(), before it writes the memory again or frees it.
 */
#ifndef _LINUX_TEXT_PATCHING_H
#define _LINUX_TEXT_PATCHING_H

#include <linux/compiler.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <asm/text-patching.h>

/*
 * The _locked functions refuse more bytes, so that text_mutex is not held for long. The
 * others release it from time to time.
 */
#define TEXT_POKE_LOCKED_MAX	SZ_64K

/**
 * text_poke_copy() - copy instructions into unused executable memory
 * @dst: where to: an address in memory from vmalloc() or jit_cache_alloc(), of any
 *	 alignment
 * @src: the instructions, in memory that the kernel can read, of any alignment
 * @len: bytes to copy; the last one written is @dst + @len - 1
 *
 * A range is refused as a whole if @dst is NULL, if @dst + @len wraps, if it is
 * text of the kernel image, if it lies outside vmalloc and module space, if it
 * leaves the area that @dst was allocated with, or if a page of it is not mapped.
 * So is a call with @src NULL. The first refusal is logged in one line. If @len is
 * 0, @dst is returned unchecked.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: @dst; or NULL if the range was refused, or there is no alias to write
 * through, and nothing was written. NULL after a warning means that the contents of
 * the range are unknown, and that it must not be executed.
 */
void *__must_check text_poke_copy(void *dst, const void *src, size_t len);

/**
 * text_poke_set() - set the bytes of unused executable memory
 * @dst: as for text_poke_copy()
 * @c: the byte, as for memset()
 * @len: bytes to set
 *
 * Use this where an instruction can be a byte long, and text_poke_fill() to write
 * trapping instructions on any architecture.
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: as text_poke_copy().
 */
void *__must_check text_poke_set(void *dst, int c, size_t len);

/**
 * text_poke_fill() - fill unused executable memory with trapping instructions
 * @dst: as for text_poke_copy()
 * @len: bytes to fill
 *
 * Instructions are placed at multiples of their size, whatever @dst and @len are.
 * A range that begins or ends inside an instruction gets the part of it that lies
 * in the range, so two adjacent ranges filled separately equal one filled range.
 *
 * Every range is refused if the architecture names no trapping instruction, see
 * text_has_trap().
 *
 * Context: Process context, may sleep. Takes and releases text_mutex.
 * Return: as text_poke_copy().
 */
void *__must_check text_poke_fill(void *dst, size_t len);

/**
 * text_poke_copy_locked() - text_poke_copy() for callers that hold text_mutex
 * @dst: as for text_poke_copy()
 * @src: as for text_poke_copy()
 * @len: as for text_poke_copy(), at most TEXT_POKE_LOCKED_MAX
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: as text_poke_copy().
 */
void *__must_check text_poke_copy_locked(void *dst, const void *src, size_t len);

/**
 * text_poke_set_locked() - text_poke_set() for callers that hold text_mutex
 * @dst: as for text_poke_copy()
 * @c: as for text_poke_set()
 * @len: as for text_poke_set(), at most TEXT_POKE_LOCKED_MAX
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: as text_poke_set().
 */
void *__must_check text_poke_set_locked(void *dst, int c, size_t len);

/**
 * text_poke_fill_locked() - text_poke_fill() for callers that hold text_mutex
 * @dst: as for text_poke_copy()
 * @len: as for text_poke_fill(), at most TEXT_POKE_LOCKED_MAX
 *
 * Context: Process context, may sleep. Caller holds text_mutex.
 * Return: as text_poke_fill().
 */
void *__must_check text_poke_fill_locked(void *dst, size_t len);

/**
 * text_has_trap() - does the architecture name a trapping instruction?
 *
 * Context: Any.
 * Return: true if text_poke_fill() and text_buf_fill() have something to write.
 */
static inline bool text_has_trap(void)
{
#if defined(ARCH_TEXT_POKE_TRAP) && defined(CONFIG_MMU)
	return true;
#else
	return false;
#endif
}

/**
 * text_buf_fill() - fill a buffer with trapping instructions
 * @buf: memory that is writable and not executable
 * @len: bytes to fill
 *
 * This is for a buffer that text_poke_copy() will copy from, or for memory that
 * will become executable. Instructions are placed as by text_poke_fill(). Without
 * a trapping instruction, see text_has_trap(), nothing is written.
 *
 * Context: Any.
 */
void text_buf_fill(void *buf, size_t len);

/*
 * What an architecture provides. <asm/text-patching.h> defines, as far as the
 * default does not suit it,
 *
 *   arch_text_poke_trap_t	u8, u16 or u32: as wide as an instruction;
 *   ARCH_TEXT_POKE_TRAP	an instruction that traps, as it is in memory;
 *   arch_text_poke_flush()	instead of flush_icache_range(), to make caches of
 *				instructions coherent without interrupting CPUs, or
 *				where that does not reach all caches or CPUs;
 *   ARCH_TEXT_POKE_PAGES	with CONFIG_ARCH_HAS_TEXT_POKE: how many pages
 *				one call of arch_text_poke() can write to, by
 *				default one.
 */
#ifndef ARCH_TEXT_POKE_PAGES
#define ARCH_TEXT_POKE_PAGES	1
#endif

#ifndef arch_text_poke_flush
#define arch_text_poke_flush	flush_icache_range
#endif

/**
 * typedef text_poke_f - write through an alias of the target
 * @alias: where to write; has the same offset in its page as the target
 * @src: what to write: instructions, a byte or a pattern
 * @len: bytes to write
 *
 * Must not sleep or fault: interrupts may be off.
 */
typedef void text_poke_f(void *alias, const void *src, size_t len);

/**
 * arch_text_poke() - map, write, unmap: the primitive of an architecture
 * @write: does the writing
 * @dst: executable memory in vmalloc or module space, mapped and checked
 * @src: passed on to @write
 * @len: bytes, at most PAGE_SIZE, in ARCH_TEXT_POKE_PAGES pages from @dst on
 *
 * Defined by architectures with CONFIG_ARCH_HAS_TEXT_POKE. The alias is not
 * executable, other CPUs cannot write through it as far as the architecture can
 * prevent that, and it is gone when the function returns, unless it is the direct map.
 * The caller makes caches of instructions coherent.
 *
 * Context: Process context. text_mutex is held.
 */
void arch_text_poke(text_poke_f *write, void *dst, const void *src, size_t len);

#endif /* _LINUX_TEXT_PATCHING_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_GENERIC_JITCACHE_H
#define _ASM_GENERIC_JITCACHE_H

/*
 * Where the code of a kind of user may be, as addresses [start, end): values, or
 * expressions that are only known at run time. <asm/jitcache.h> defines them for the
 * kinds that the architecture restricts, or knows,
 *
 *   JIT_KPROBES_START, JIT_KPROBES_END		instruction slots of kprobes
 *
 * Without them, kprobes gets slots from alloc_insn_page().
 */

/*
 * What mm/jitcache_chunk.c asks of an architecture. <asm/jitcache.h> defines, as
 * far as there is more than the default, and then includes this file,
 *
 *   ARCH_JIT_ALIGN	how text is aligned, in bytes, unless its cache says;
 *   ARCH_JIT_HUGE	1 if text and data may be mapped with huge pages;
 *   ARCH_JIT_REMAP	a pgprot_t, read-only and executable: text is mapped anew
 *			with it, and not with set_memory_ro() and set_memory_x().
 *			For an architecture in which these can't change huge pages.
 */

/* For code that may be anywhere. VMALLOC_END is the last byte on some. */
#define JIT_ANY_START	PAGE_ALIGN(VMALLOC_START)
#define JIT_ANY_END	PAGE_ALIGN_DOWN(VMALLOC_END)

#ifndef ARCH_JIT_ALIGN
#define ARCH_JIT_ALIGN	16
#endif

#ifndef ARCH_JIT_HUGE
#define ARCH_JIT_HUGE	0
#endif

#endif /* _ASM_GENERIC_JITCACHE_H */

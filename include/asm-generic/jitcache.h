/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_GENERIC_JITCACHE_H
#define _ASM_GENERIC_JITCACHE_H

/*
 * Where the code of a kind of user may be, as addresses [start, end): values, or
 * expressions that are only known at run time. <asm/jitcache.h> defines those that
 * differ from what stands below,
 *
 *   JIT_MODULES_START, JIT_MODULES_END		modules
 *   JIT_MODULES_FAR_START, JIT_MODULES_FAR_END	modules, if there is no room
 *   JIT_BPF_START, JIT_BPF_END			BPF programs
 *   JIT_FTRACE_START, JIT_FTRACE_END		trampolines of ftrace
 *   JIT_KPROBES_START, JIT_KPROBES_END		instruction slots of kprobes
 *
 * and what mm/jitcache_chunk.c and kernel/kprobes.c ask of an architecture,
 *
 *   ARCH_JIT_ALIGN	how text is aligned, in bytes, unless its cache says;
 *   ARCH_JIT_HUGE	1 if text and data may be mapped with huge pages;
 *   ARCH_JIT_REMAP	a pgprot_t, read-only and executable: text is mapped anew
 *			with it, and not with set_memory_ro() and set_memory_x().
 *			For an architecture in which these can't change huge pages;
 *   ARCH_JIT_RAW	a pgprot_t: how raw memory is mapped at first;
 *   ARCH_JIT_KPROBES	1 if kprobes takes its slots from caches of text, and not
 *			from alloc_insn_page(),
 *
 * and then includes this file.
 */

/* For code that may be anywhere. VMALLOC_END is the last byte on some. */
#define JIT_ANY_START	PAGE_ALIGN(VMALLOC_START)
#define JIT_ANY_END	PAGE_ALIGN_DOWN(VMALLOC_END)

#ifndef JIT_MODULES_START
#define JIT_MODULES_START	JIT_ANY_START
#define JIT_MODULES_END		JIT_ANY_END
#endif

/* Without a range of its own, a second attempt is as good as the first. */
#ifndef JIT_MODULES_FAR_START
#define JIT_MODULES_FAR_START	JIT_MODULES_START
#define JIT_MODULES_FAR_END	JIT_MODULES_END
#endif

/* All other code may be wherever a module may be. */
#ifndef JIT_BPF_START
#define JIT_BPF_START		JIT_MODULES_FAR_START
#define JIT_BPF_END		JIT_MODULES_FAR_END
#endif

#ifndef JIT_FTRACE_START
#define JIT_FTRACE_START	JIT_MODULES_FAR_START
#define JIT_FTRACE_END		JIT_MODULES_FAR_END
#endif

#ifndef JIT_KPROBES_START
#define JIT_KPROBES_START	JIT_MODULES_FAR_START
#define JIT_KPROBES_END		JIT_MODULES_FAR_END
#endif

#ifndef ARCH_JIT_ALIGN
#define ARCH_JIT_ALIGN	16
#endif

#ifndef ARCH_JIT_HUGE
#define ARCH_JIT_HUGE	0
#endif

#ifndef ARCH_JIT_RAW
#define ARCH_JIT_RAW	PAGE_KERNEL_EXEC
#endif

#ifndef ARCH_JIT_KPROBES
#define ARCH_JIT_KPROBES	0
#endif

#endif /* _ASM_GENERIC_JITCACHE_H */

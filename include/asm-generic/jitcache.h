/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_GENERIC_JITCACHE_H
#define _ASM_GENERIC_JITCACHE_H

/*
 * What <asm/jitcache.h> defines before it includes this file, as far as the default
 * does not suit the architecture. The JIT_*_START and JIT_*_END of
 * <linux/jitcache.h>, each pair together: values, or expressions that are evaluated
 * at run time. And
 *
 *   ARCH_JIT_ALIGN	default alignment of text, in bytes;
 *   ARCH_JIT_HUGE	1 if text and data may be mapped with huge pages;
 *   ARCH_JIT_REMAP	a pgprot_t, read-only and executable: text is mapped again
 *			with it, instead of changed by set_memory_ro() and
 *			set_memory_x(). For architectures on which these cannot
 *			change huge pages;
 *   ARCH_JIT_RAW	a pgprot_t: how raw memory is mapped at first;
 *   ARCH_JIT_SHADOW	1 if memory in the module area has no KASAN shadow until
 *			kasan_alloc_module_shadow() is called, without
 *			KASAN_VMALLOC. Elsewhere the shadow is mapped at boot.
 */

/* VMALLOC_END is the last byte on some architectures. */
#define JIT_ANY_START	ALIGN(VMALLOC_START, PAGE_SIZE)
#define JIT_ANY_END	ALIGN_DOWN(VMALLOC_END, PAGE_SIZE)

#ifndef JIT_MODULES_START
#define JIT_MODULES_START	JIT_ANY_START
#define JIT_MODULES_END		JIT_ANY_END
#endif

#ifndef JIT_MODULES_FAR_START
#define JIT_MODULES_FAR_START	JIT_MODULES_START
#define JIT_MODULES_FAR_END	JIT_MODULES_END
#endif

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

#ifndef ARCH_JIT_SHADOW
#define ARCH_JIT_SHADOW	0
#endif

#endif /* _ASM_GENERIC_JITCACHE_H */

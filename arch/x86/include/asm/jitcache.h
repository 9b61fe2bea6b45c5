/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_X86_JITCACHE_H
#define _ASM_X86_JITCACHE_H

/* Bytes at the start of the module area that KASLR leaves out, whole pages. */
#ifdef CONFIG_MODULES
unsigned long get_module_load_offset(void);
#else
static inline unsigned long get_module_load_offset(void)
{
	return 0;
}
#endif

/*
 * One range for all code. A call has to reach the kernel, and an instruction that
 * kprobes copied addresses its operand relative to the copy.
 */
#define JIT_MODULES_START	(MODULES_VADDR + get_module_load_offset())
#define JIT_MODULES_END		MODULES_END

/* set_memory_ro() and set_memory_x() change a huge page as a whole. */
#define ARCH_JIT_HUGE		IS_ENABLED(CONFIG_X86_64)
#define ARCH_JIT_RAW		PAGE_KERNEL
#define ARCH_JIT_SHADOW		1

#include <asm-generic/jitcache.h>

#endif /* _ASM_X86_JITCACHE_H */

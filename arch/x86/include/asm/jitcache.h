/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_X86_JITCACHE_H
#define _ASM_X86_JITCACHE_H

/*
 * All code calls the kernel and is called by it, and instruction slots address what
 * the probed instruction did, relative to them.
 */
#define JIT_MODULES_START	(MODULES_VADDR + get_module_load_offset())
#define JIT_MODULES_END		MODULES_END

/* Bytes at the start of the module area that KASLR leaves out, whole pages. */
unsigned long get_module_load_offset(void);

/* set_memory_ro() and set_memory_x() change a huge page as a whole. */
#define ARCH_JIT_HUGE		IS_ENABLED(CONFIG_X86_64)
#define ARCH_JIT_RAW		PAGE_KERNEL
#define ARCH_JIT_KPROBES	1

#include <asm-generic/jitcache.h>

#endif /* _ASM_X86_JITCACHE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM_JITCACHE_H
#define _ASM_ARM_JITCACHE_H

#ifdef CONFIG_MMU
#ifdef CONFIG_XIP_KERNEL
#include <asm/sections.h>

/* The text of the kernel is at the start of the module area. */
#define JIT_MODULES_START	ALIGN((unsigned long)_exiprom, PMD_SIZE)
#else
/* From here, a branch reaches the kernel. */
#define JIT_MODULES_START	MODULES_VADDR
#endif
#define JIT_MODULES_END		MODULES_END

#ifdef CONFIG_ARM_MODULE_PLTS
#define JIT_MODULES_FAR_START	JIT_ANY_START
#define JIT_MODULES_FAR_END	JIT_ANY_END

/* The branch that replaces a probe has no veneer. */
#define JIT_KPROBES_START	JIT_MODULES_START
#define JIT_KPROBES_END		JIT_MODULES_END
#endif
#endif

#include <asm-generic/jitcache.h>

#endif /* _ASM_ARM_JITCACHE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_LOONGARCH_JITCACHE_H
#define _ASM_LOONGARCH_JITCACHE_H

/* From here, a branch reaches the kernel. */
#define JIT_MODULES_START	MODULES_VADDR
#define JIT_MODULES_END		MODULES_END

#define ARCH_JIT_RAW		PAGE_KERNEL

#include <asm-generic/jitcache.h>

#endif /* _ASM_LOONGARCH_JITCACHE_H */

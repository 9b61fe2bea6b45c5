/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_SPARC_JITCACHE_H
#define _ASM_SPARC_JITCACHE_H

/* The code of a 64 bit kernel is in the lowest 4 GiB, where a call reaches. */
#ifdef CONFIG_SPARC64
#define JIT_MODULES_START	MODULES_VADDR
#define JIT_MODULES_END		MODULES_END
#endif

#define ARCH_JIT_RAW		PAGE_KERNEL

#include <asm-generic/jitcache.h>

#endif /* _ASM_SPARC_JITCACHE_H */

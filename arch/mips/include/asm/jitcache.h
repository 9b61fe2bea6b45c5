/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_MIPS_JITCACHE_H
#define _ASM_MIPS_JITCACHE_H

#include <asm/fixmap.h>

/* A 64 bit kernel that is linked to CKSEG0 calls with jal, which has a short range. */
#ifdef MODULES_VADDR
#define JIT_MODULES_START	MODULES_VADDR
#define JIT_MODULES_END		MODULES_END

#define ARCH_JIT_RAW		PAGE_KERNEL
#endif

#include <asm-generic/jitcache.h>

#endif /* _ASM_MIPS_JITCACHE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_PARISC_JITCACHE_H
#define _ASM_PARISC_JITCACHE_H

/* Text, data, and what is between them are in one mapping. */
#define ARCH_JIT_RAW		PAGE_KERNEL_RWX

#include <asm-generic/jitcache.h>

#endif /* _ASM_PARISC_JITCACHE_H */

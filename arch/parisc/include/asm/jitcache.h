/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_PARISC_JITCACHE_H
#define _ASM_PARISC_JITCACHE_H

/* A module is one mapping: its text and its data can share a page. */
#define ARCH_JIT_RAW		PAGE_KERNEL_RWX

#include <asm-generic/jitcache.h>

#endif /* _ASM_PARISC_JITCACHE_H */

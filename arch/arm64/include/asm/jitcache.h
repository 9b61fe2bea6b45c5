/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_JITCACHE_H
#define _ASM_ARM64_JITCACHE_H

/* Two instructions: as an instruction slot of kprobes. */
#define ARCH_JIT_ALIGN		8

/*
 * set_memory_ro() and its kin refuse huge pages, since a live mapping can't be
 * split (arch/arm64/mm/pageattr.c): text is mapped anew.
 */
#define ARCH_JIT_HUGE		1
#define ARCH_JIT_REMAP		PAGE_KERNEL_ROX

/* What depends on the address of an instruction is simulated. */
#define JIT_KPROBES_START	JIT_ANY_START
#define JIT_KPROBES_END		JIT_ANY_END

#include <asm-generic/jitcache.h>

#endif /* _ASM_ARM64_JITCACHE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_JITCACHE_H
#define _ASM_ARM64_JITCACHE_H

#include <asm/sections.h>

/* Where the kernel begins to look for room, at random with KASLR. */
#ifdef CONFIG_RANDOMIZE_BASE
extern u64 module_alloc_base;
#else
#define module_alloc_base	((u64)_etext - MODULES_VSIZE)
#endif

/*
 * Where a branch reaches the kernel. KASAN without KASAN_VMALLOC has shadow for the
 * module area only, from which module_alloc_base doesn't go away then.
 */
#define JIT_MODULES_START	((unsigned long)module_alloc_base)
#define JIT_MODULES_END							\
	(IS_ENABLED(CONFIG_KASAN_GENERIC) || IS_ENABLED(CONFIG_KASAN_SW_TAGS) ? \
	 MODULES_END : JIT_MODULES_START + MODULES_VSIZE)

/* Branches go through PLTs, and addresses are relative. */
#if defined(CONFIG_ARM64_MODULE_PLTS) &&				\
	(defined(CONFIG_KASAN_VMALLOC) ||				\
	 !(defined(CONFIG_KASAN_GENERIC) || defined(CONFIG_KASAN_SW_TAGS)))
#define JIT_MODULES_FAR_START	JIT_MODULES_START
#define JIT_MODULES_FAR_END	(JIT_MODULES_FAR_START + SZ_2G)
#endif

/* Programs call the kernel through registers. */
#define JIT_BPF_START		JIT_ANY_START
#define JIT_BPF_END		JIT_ANY_END

/* What depends on the address of an instruction is simulated. */
#define JIT_KPROBES_START	JIT_ANY_START
#define JIT_KPROBES_END		JIT_ANY_END

/* Two instructions: as an instruction slot of kprobes. */
#define ARCH_JIT_ALIGN		8

/*
 * set_memory_ro() and its kin refuse huge pages, since a live mapping can't be
 * split (arch/arm64/mm/pageattr.c): text is mapped anew.
 */
#define ARCH_JIT_HUGE		1
#define ARCH_JIT_REMAP		PAGE_KERNEL_ROX
#define ARCH_JIT_RAW		PAGE_KERNEL
#define ARCH_JIT_KPROBES	1

#include <asm-generic/jitcache.h>

#endif /* _ASM_ARM64_JITCACHE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_ARM64_JITCACHE_H
#define _ASM_ARM64_JITCACHE_H

#include <asm/sections.h>

/* Where the range of modules begins. KASLR chooses it at random. */
#ifdef CONFIG_RANDOMIZE_BASE
extern u64 module_alloc_base;
#else
#define module_alloc_base	((u64)_etext - MODULES_VSIZE)
#endif

/*
 * The 128 MiB from which a branch reaches the kernel, unless they are up to 2 GiB away
 * by RANDOMIZE_MODULE_REGION_FULL. KASAN without KASAN_VMALLOC has shadow memory for the
 * module area only, and module_alloc_base lies in it then.
 */
#define JIT_MODULES_START	((unsigned long)module_alloc_base)
#define JIT_MODULES_END							\
	(IS_ENABLED(CONFIG_KASAN_GENERIC) || IS_ENABLED(CONFIG_KASAN_SW_TAGS) ? \
	 MODULES_END : JIT_MODULES_START + MODULES_VSIZE)

/* Farther away, branches go through PLTs. Relative addresses reach 2 GiB. */
#if defined(CONFIG_ARM64_MODULE_PLTS) &&				\
	(defined(CONFIG_KASAN_VMALLOC) ||				\
	 !(defined(CONFIG_KASAN_GENERIC) || defined(CONFIG_KASAN_SW_TAGS)))
#define JIT_MODULES_FAR_START	JIT_MODULES_START
#define JIT_MODULES_FAR_END	(JIT_MODULES_FAR_START + SZ_2G)
#endif

/* Programs call the kernel through registers. */
#define JIT_BPF_START		JIT_ANY_START
#define JIT_BPF_END		JIT_ANY_END

/* An instruction that depends on its address is simulated, not copied. */
#define JIT_KPROBES_START	JIT_ANY_START
#define JIT_KPROBES_END		JIT_ANY_END

/* An instruction slot of kprobes has two instructions. */
#define ARCH_JIT_ALIGN		8

/*
 * set_memory_ro() and its relatives refuse huge pages, since a live mapping cannot be
 * split (arch/arm64/mm/pageattr.c). Text is mapped again instead.
 */
#define ARCH_JIT_HUGE		1
#define ARCH_JIT_REMAP		__pgprot(pgprot_val(PAGE_KERNEL_ROX) | PTE_MAYBE_GP)
#define ARCH_JIT_RAW		PAGE_KERNEL
#define ARCH_JIT_SHADOW		1

#include <asm-generic/jitcache.h>

#endif /* _ASM_ARM64_JITCACHE_H */

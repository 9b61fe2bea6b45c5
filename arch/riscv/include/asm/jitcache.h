/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_RISCV_JITCACHE_H
#define _ASM_RISCV_JITCACHE_H

#include <asm/sections.h>

/* From 2 GiB below the end of the kernel on, auipc reaches all of it. */
#if defined(CONFIG_MMU) && defined(CONFIG_64BIT)
#define JIT_MODULES_START	MODULES_VADDR
#define JIT_MODULES_END		MODULES_END

/* Next to the kernel, whose functions a program calls with auipc. */
#define JIT_BPF_START		BPF_JIT_REGION_START
#define JIT_BPF_END		BPF_JIT_REGION_END

#define ARCH_JIT_RAW		PAGE_KERNEL
#endif

#include <asm-generic/jitcache.h>

#endif /* _ASM_RISCV_JITCACHE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_POWERPC_JITCACHE_H
#define _ASM_POWERPC_JITCACHE_H

#include <asm/mmu.h>
#include <asm/sections.h>

/* From here, a branch reaches the kernel, if the module area is that near. */
#ifdef MODULES_VADDR
#define __JIT_BRANCH_START	PAGE_ALIGN((unsigned long)_etext - SZ_32M)
#define JIT_MODULES_START						\
	(MODULES_VADDR < PAGE_OFFSET && MODULES_END > __JIT_BRANCH_START ? \
	 __JIT_BRANCH_START : MODULES_VADDR)
#define JIT_MODULES_END		MODULES_END

/* From the rest of it, branches go through trampolines. */
#define JIT_MODULES_FAR_START	MODULES_VADDR
#define JIT_MODULES_FAR_END	MODULES_END
#endif

#define ARCH_JIT_RAW							\
	(strict_module_rwx_enabled() ? PAGE_KERNEL : PAGE_KERNEL_EXEC)

#include <asm-generic/jitcache.h>

#endif /* _ASM_POWERPC_JITCACHE_H */

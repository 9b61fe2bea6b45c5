/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_S390_JITCACHE_H
#define _ASM_S390_JITCACHE_H

/* From here, brasl and larl reach the kernel. */
#define JIT_MODULES_START	MODULES_VADDR
#define JIT_MODULES_END		MODULES_END

#define ARCH_JIT_SHADOW		1

#include <asm-generic/jitcache.h>

#endif /* _ASM_S390_JITCACHE_H */

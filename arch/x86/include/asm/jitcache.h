/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_X86_JITCACHE_H
#define _ASM_X86_JITCACHE_H

/* set_memory_ro() and set_memory_x() change a huge page as a whole. */
#define ARCH_JIT_HUGE		IS_ENABLED(CONFIG_X86_64)

#include <asm-generic/jitcache.h>

#endif /* _ASM_X86_JITCACHE_H */

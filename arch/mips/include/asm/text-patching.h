/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_MIPS_TEXT_PATCHING_H
#define __ASM_MIPS_TEXT_PATCHING_H

#include <linux/types.h>

/*
 * See <linux/text_patching.h>. "break 1", a code that nothing else uses: the kernel dies of
 * it. microMIPS encodes it in another way.
 */
#ifndef CONFIG_CPU_MICROMIPS
#define ARCH_TEXT_POKE_TRAP	0x0001000d
typedef u32 arch_text_poke_trap_t;
#endif

#endif /* __ASM_MIPS_TEXT_PATCHING_H */

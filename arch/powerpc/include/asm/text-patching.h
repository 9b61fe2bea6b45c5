/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_POWERPC_TEXT_PATCHING_H
#define _ASM_POWERPC_TEXT_PATCHING_H

#include <linux/types.h>

#include <asm/ppc-opcode.h>

/* See <linux/text_patching.h>. */
#define ARCH_TEXT_POKE_TRAP	PPC_RAW_TRAP()
typedef u32 arch_text_poke_trap_t;

#endif /* _ASM_POWERPC_TEXT_PATCHING_H */

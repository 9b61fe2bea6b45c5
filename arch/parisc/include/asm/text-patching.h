/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_PARISC_TEXT_PATCHING_H
#define _ASM_PARISC_TEXT_PATCHING_H

#include <linux/types.h>

/*
 * See <linux/text_patching.h>. Major opcode 0x07 is not defined, which is an illegal
 * instruction. The kernel goes on after a "break" that it does not know.
 */
#define ARCH_TEXT_POKE_TRAP	0x1c000000
typedef u32 arch_text_poke_trap_t;

#endif /* _ASM_PARISC_TEXT_PATCHING_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_POWERPC_TEXT_PATCHING_H
#define _ASM_POWERPC_TEXT_PATCHING_H

#include <linux/types.h>

/*
 * See <linux/text_patching.h>. All zeroes is illegal, and will be: "Illegal Instructions" in
 * the Power ISA, Book I. A trap instruction would be looked up as a probe and as a BUG().
 */
#define ARCH_TEXT_POKE_TRAP	0x00000000
typedef u32 arch_text_poke_trap_t;

#endif /* _ASM_POWERPC_TEXT_PATCHING_H */

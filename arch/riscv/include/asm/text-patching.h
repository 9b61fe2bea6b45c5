/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_RISCV_TEXT_PATCHING_H
#define _ASM_RISCV_TEXT_PATCHING_H

#include <linux/types.h>

/* See <linux/text_patching.h>. All zeroes is defined to be illegal. */
#define ARCH_TEXT_POKE_PAGES	2
#define ARCH_TEXT_POKE_TRAP	0x0000
typedef u16 arch_text_poke_trap_t;

#endif /* _ASM_RISCV_TEXT_PATCHING_H */

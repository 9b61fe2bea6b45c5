/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_SPARC_TEXT_PATCHING_H
#define _ASM_SPARC_TEXT_PATCHING_H

#include <linux/types.h>

/* See <linux/text_patching.h>. All zeroes is "illtrap 0" ("unimp 0" in SPARC V8). */
#define ARCH_TEXT_POKE_TRAP	0x00000000
typedef u32 arch_text_poke_trap_t;

#endif /* _ASM_SPARC_TEXT_PATCHING_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_M68K_TEXT_PATCHING_H
#define _ASM_M68K_TEXT_PATCHING_H

#include <linux/types.h>

/* See <linux/text_patching.h>. "illegal", which is illegal on every CPU. */
#define ARCH_TEXT_POKE_TRAP	0x4afc
typedef u16 arch_text_poke_trap_t;

#endif /* _ASM_M68K_TEXT_PATCHING_H */

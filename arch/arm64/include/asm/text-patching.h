/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_TEXT_PATCHING_H
#define __ASM_TEXT_PATCHING_H

#include <linux/types.h>

#include <asm/byteorder.h>
#include <asm/insn-def.h>

/* See include/linux/text_patching.h. Instructions are always little-endian. */
#define ARCH_TEXT_POKE_TRAP	cpu_to_le32(AARCH64_BREAK_FAULT)
typedef __le32 arch_text_poke_trap_t;

/* As flush_icache_range(), without its interrupt to every CPU. */
#define arch_text_poke_flush	caches_clean_inval_pou

#endif /* __ASM_TEXT_PATCHING_H */

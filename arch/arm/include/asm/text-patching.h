/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_ARM_TEXT_PATCHING_H
#define __ASM_ARM_TEXT_PATCHING_H

#include <linux/types.h>

#include <asm/opcodes.h>

/* See <linux/text_patching.h>. The undefined instruction that BPF fills with. */
#define ARCH_TEXT_POKE_PAGES	2
#define ARCH_TEXT_POKE_TRAP	__opcode_to_mem_arm(0xe7fddef1)
typedef u32 arch_text_poke_trap_t;

#ifdef CONFIG_SMP
/* As flush_icache_range(), also on CPUs that do not hear of each other's. */
void arch_text_poke_flush(unsigned long start, unsigned long end);
#define arch_text_poke_flush	arch_text_poke_flush
#endif

#endif /* __ASM_ARM_TEXT_PATCHING_H */

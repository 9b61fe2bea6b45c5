/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_MICROBLAZE_TEXT_PATCHING_H
#define _ASM_MICROBLAZE_TEXT_PATCHING_H

#include <linux/cacheflush.h>

/*
 * See <linux/text_patching.h>. flush_icache_range() leaves what was written in a data cache
 * that writes back.
 */
static inline void arch_text_poke_flush(unsigned long start, unsigned long end)
{
	flush_dcache_range(start, end);
	flush_icache_range(start, end);
}

#define arch_text_poke_flush arch_text_poke_flush

#endif /* _ASM_MICROBLAZE_TEXT_PATCHING_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_OPENRISC_TEXT_PATCHING_H
#define __ASM_OPENRISC_TEXT_PATCHING_H

#include <linux/cacheflush.h>
#include <linux/mm.h>

/*
 * See <linux/text_patching.h>. flush_icache_range() does nothing, though instruction caches
 * are not coherent.
 */
static inline void arch_text_poke_flush(unsigned long start, unsigned long end)
{
	unsigned long addr;

	for (addr = start & PAGE_MASK; addr < end; addr += PAGE_SIZE)
		sync_icache_dcache(vmalloc_to_page((void *)addr));
}

#define arch_text_poke_flush arch_text_poke_flush

#endif /* __ASM_OPENRISC_TEXT_PATCHING_H */

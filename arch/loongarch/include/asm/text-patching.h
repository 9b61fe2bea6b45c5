/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_TEXT_PATCHING_H
#define _ASM_TEXT_PATCHING_H

#include <linux/cacheflush.h>
#include <linux/smp.h>
#include <linux/types.h>

static inline void arch_text_poke_ibar(void *unused)
{
	local_flush_icache_range(0, 0);
}

/*
 * See <linux/text_patching.h>. Caches are coherent, but "ibar" orders instruction fetches of
 * its own CPU only.
 */
static inline void arch_text_poke_flush(unsigned long start, unsigned long end)
{
	on_each_cpu(arch_text_poke_ibar, NULL, true);
}

#define arch_text_poke_flush arch_text_poke_flush

#endif /* _ASM_TEXT_PATCHING_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The primitive below text_poke_copy() and its relatives. It writes through the
 * temporary mm of text_poke(), which is in alternative.c.
 */

#include <linux/lockdep.h>
#include <linux/memory.h>
#include <linux/text_patching.h>

#include <asm/text-patching.h>

void arch_text_poke(text_poke_f *write, void *dst, const void *src, size_t len)
{
	/* The temporary mm has one user at a time. */
	lockdep_assert_held(&text_mutex);

	__text_poke(write, dst, src, len);
}

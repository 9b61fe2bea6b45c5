// SPDX-License-Identifier: GPL-2.0-only
/*
 * What executable memory takes besides itself: memory of slabs, and entries of page tables.
 */

#include <linux/bitmap.h>
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/slab.h>
#include <linux/vmstat.h>

#include "bench.h"

#define LEAVES	(MODULES_LEN >> PAGE_SHIFT)
#define TABLES	(MODULES_LEN >> PMD_SHIFT)

static typeof(lookup_address) *fn_lookup_address;

/* A bit for the first page of each leaf entry, and one for each table of such entries. */
static unsigned long *leaves, *tables;

unsigned long slab_bytes(void)
{
	return (global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
		global_node_page_state_pages(NR_SLAB_UNRECLAIMABLE_B)) << PAGE_SHIFT;
}

int leaves_begin(void)
{
	if (!FIND(lookup_address))
		return -ENOENT;
	leaves = kvcalloc(BITS_TO_LONGS(LEAVES), sizeof(long), GFP_KERNEL);
	tables = kvcalloc(BITS_TO_LONGS(TABLES), sizeof(long), GFP_KERNEL);
	return leaves && tables ? 0 : -ENOMEM;
}

void leaves_add(const void *addr, size_t size)
{
	unsigned long at = (unsigned long)addr, end = at + size;
	unsigned int level;

	for (at &= PAGE_MASK; at < end; at += PAGE_SIZE) {
		if (at < MODULES_VADDR || at >= MODULES_END || !fn_lookup_address(at, &level))
			continue;
		if (level == PG_LEVEL_4K)
			__set_bit((at - MODULES_VADDR) >> PMD_SHIFT, tables);
		__set_bit(((at & page_level_mask(level)) - MODULES_VADDR) >> PAGE_SHIFT, leaves);
	}
}

void leaves_end(unsigned long *nr_leaves, unsigned long *nr_tables)
{
	*nr_leaves = leaves ? bitmap_weight(leaves, LEAVES) : 0;
	*nr_tables = tables ? bitmap_weight(tables, TABLES) : 0;
	kvfree(leaves);
	kvfree(tables);
}

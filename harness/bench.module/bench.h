/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the benchmark share. */

#ifndef JITCACHE_BENCH_H
#define JITCACHE_BENCH_H

#include <linux/kallsyms.h>
#include <linux/printk.h>
#include <linux/types.h>

/*
 * Functions that allocate or write executable memory aren't exported to modules, and
 * a benchmark is no reason to export them. A kprobe gives the address of
 * kallsyms_lookup_name(), which finds the rest.
 */
extern typeof(kallsyms_lookup_name) *find_symbol;

#define FIND(name) ({						\
	fn_##name = (void *)find_symbol(#name);			\
	if (!fn_##name)						\
		pr_err("no %s in this kernel\n", #name);	\
	fn_##name;						\
})

/* Bytes to write as text, of SZ_64K. */
extern u8 *text;

/* Instructions so far, without those that an idle CPU would have executed. */
u64 busy_read(void);

/* Sizes of BPF programs, the same ones in each boot. */
void mixed_restart(unsigned int seed);
size_t mixed_size(void);

/* Bytes of all areas in the range of modules, of any user. */
unsigned long mapped_bytes(void);

/* Bytes of all slabs. Changes are seen when a second has passed. */
unsigned long slab_bytes(void);

/* Count the entries of page tables, and the tables of small ones, that map some objects. */
int leaves_begin(void);
void leaves_add(const void *addr, size_t size);
void leaves_end(unsigned long *nr_leaves, unsigned long *nr_tables);

/* Huge pages of the direct map that were split so far. */
unsigned long split_pages(void);

/* Addresses of functions, behind the call of ftrace at their entry, spread over the kernel. */
unsigned int find_functions(unsigned long *addrs, unsigned int nr);

int bench_rounds(void);
int bench_owners(const char *what, u64 (*read)(void));

#endif /* JITCACHE_BENCH_H */

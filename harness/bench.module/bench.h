/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the benchmark share. */

#ifndef JITCACHE_BENCH_H
#define JITCACHE_BENCH_H

#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/printk.h>
#include <linux/types.h>

struct bpf_prog;

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

/* Bytes to write as text, at least SZ_64K. */
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

#define MAX_PROBES	5000

/* What ftrace changes at the entry of a function. */
#if defined(CONFIG_X86)
#define ENTRY_SIZE	MCOUNT_INSN_SIZE
#elif defined(CONFIG_ARM64)
#define ENTRY_SIZE	(2 * MCOUNT_INSN_SIZE)
#else
#define ENTRY_SIZE	0
#endif

/*
 * Addresses of functions, behind what ftrace changes at their entry, spread over the kernel;
 * MAX_PROBES at most.
 */
unsigned int find_functions(unsigned long *addrs, unsigned int nr);

/**
 * struct owner - an operation and its opposite
 * @name: in the results
 * @kind: "whole" or "part"
 * @nr: how many objects to create, and to remove after that
 * @create: create one; returns 0 or an error
 * @remove: remove it; NULL if the next one that is created replaces it
 * @begin: what is to do before; may be NULL; returns 0 or an error
 * @end: what is to do at the end; may be NULL
 */
struct owner {
	const char	*name;
	const char	*kind;
	unsigned int	nr;
	int		(*create)(unsigned int i);
	void		(*remove)(unsigned int i);
	int		(*begin)(void);
	void		(*end)(void);
};

/* The longest row of objects, and one that stays. */
#define MAX_OBJECTS	1001

/* What owners_begin() provides: arrays of MAX_OBJECTS. The programs were not compiled. */
extern struct bpf_prog **progs;
extern void **objects;

int owners_begin(void);
void owners_end(void);
u64 settle(u64 (*read)(void));
int bench_owner(const struct owner *owner, const char *what, u64 (*read)(void));

/* What other CPUs have been sent so far. */
u64 broadcasts_read(void);

int bench_poke(const char *what, u64 (*read)(void));

/* Only where the owners use jit_cache. */
#if defined(CONFIG_X86_64) || defined(CONFIG_ARM64)
int bench_owners(const char *what, u64 (*read)(void));
#else
static inline int bench_owners(const char *what, u64 (*read)(void))
{
	return -ENODEV;
}
#endif

/* Only on x86_64. */
#ifdef CONFIG_X86_64
int costs_begin(void);
void costs_end(void);
int bench_costs(void);
int bench_interrupts(void);
int bench_parts(const char *what, u64 (*read)(void));
int bench_rounds(void);
#else
static inline int costs_begin(void)
{
	return 0;
}

static inline void costs_end(void)
{
}

static inline int bench_costs(void)
{
	return -ENODEV;
}

static inline int bench_interrupts(void)
{
	return 0;
}

static inline int bench_parts(const char *what, u64 (*read)(void))
{
	return 0;
}
#endif /* CONFIG_X86_64 */

#endif /* JITCACHE_BENCH_H */

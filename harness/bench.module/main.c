// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measure executable memory: instructions for each operation, and bytes.
 *
 * Loading the module measures jit_cache if the kernel has it, and otherwise
 * module_alloc() and the packs of BPF. With one CPU it is for x86_64 under QEMU with
 * -icount shift=0, where the time stamp counter counts instructions; elsewhere the
 * module doesn't load. With several CPUs, it counts broadcasts, also on other
 * architectures. Each figure is a line in the log:
 *
 *   jitcache_bench: cost ALLOCATOR OPERATION SIZE LIVE INSTRUCTIONS
 *   jitcache_bench: skip ALLOCATOR SIZE LIVE REASON
 *   jitcache_bench: bytes ALLOCATOR ROUND ASKED GIVEN MAPPED
 *   jitcache_bench: memory ALLOCATOR OBJECTS SLAB LEAVES TABLES
 *   jitcache_bench: kallsyms PROBES SYMBOLS INSTRUCTIONS
 *   jitcache_bench: rounds ROUND MAPPED SPLITS
 *   jitcache_bench: owner-cost KIND OWNER OPERATION COUNT INSTRUCTIONS
 *   jitcache_bench: interrupts OPERATION NUMBER
 *   jitcache_bench: owner-broadcasts KIND OWNER OPERATION COUNT NUMBER
 *   jitcache_bench: poke SIZE COUNT TIME
 *   jitcache_bench: poke-broadcasts SIZE COUNT NUMBER
 *   jitcache_bench: done
 *
 * INSTRUCTIONS is the mean of an operation on objects of SIZE bytes while LIVE of
 * them are in use. The operations are:
 *
 *   allocate, commit, free	the population stays: free a random object, allocate
 *				and write another one
 *   fill-allocate, fill-commit	the population grows from 0 to LIVE
 *   drain-free			it shrinks to 0, in the order of allocation
 *   larger			every second object was freed; allocate objects of
 *				SIZE bytes, which fit no hole
 *   free-all			free LIVE objects in a row, and wait until their memory can
 *				be allocated again: what all tasks do meanwhile, the worker
 *				of jit_cache and RCU included
 *
 * For all but the last, deferred work isn't counted: memory that RCU frees, and kworkers.
 * Interrupts are counted, and add about 0.2 %. With "-icount sleep=off", time goes on
 * while a CPU is idle, so where something waits, the time between the events
 * cpu_idle of entering and of leaving idle is subtracted.
 *
 * "memory" is what OBJECTS objects take besides executable memory: bytes of slabs, and what
 * maps them: entries of page tables, and tables of entries for 4 KiB.
 *
 * "kallsyms" is what it takes to get all symbols of /proc/kallsyms while that many kprobes,
 * of which every second one was unregistered, have slots.
 *
 * "rounds" is what is mapped in the range of modules, and the huge pages of the direct map
 * that were split since boot, when ROUND rounds have each replaced one object of each owner
 * of executable memory.
 *
 * "owner-cost" is the sum of COUNT operations of an owner of executable memory: owners.c.
 *
 * With several CPUs, nothing of this is measured. Instead, "interrupts" is how many
 * function calls and TLB flushes other CPUs have got from 1,000 operations, and
 * "owner-broadcasts" how often COUNT operations of an owner have called a function on all
 * other CPUs, or on some of them.
 *
 * With the parameter "poke", which any architecture knows, nothing else is measured: "poke" is
 * the time in ns of COUNT calls of text_poke_copy(). With -icount shift=0, these are the
 * instructions of all CPUs, so those by which the others answer are in it.
 *
 * With CONFIG_LOCK_STAT, nothing is measured when the module is loaded: writing the name of
 * an operation to its parameter "operation" does it, between two looks at /proc/lock_stat.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpumask.h>
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/string.h>

#include "bench.h"

/* === Symbols that aren't exported ========================================= */

typeof(kallsyms_lookup_name) *find_symbol;

static int find_find_symbol(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	char name[KSYM_SYMBOL_LEN];
	unsigned long offset;
	int err = register_kprobe(&probe);

	if (err)
		return err;
	unregister_kprobe(&probe);
	/* It may be behind what ftrace changes, or behind what a caller from a module needs. */
	sprint_symbol(name, (unsigned long)probe.addr);
	if (sscanf(name, "kallsyms_lookup_name+%lx", &offset) != 1)
		return -ENOENT;
	find_symbol = (void *)probe.addr - offset;
	return 0;
}

/* === Functions to probe =================================================== */

/**
 * struct search - addresses that can be probed, spread evenly over the kernel
 * @addrs: room for the addresses
 * @want: how many are wanted
 * @step: one address of as many is taken
 * @seen: addresses so far
 * @nr: addresses that were taken
 */
struct search {
	unsigned long	*addrs;
	unsigned int	want;
	unsigned int	step;
	unsigned int	seen;
	unsigned int	nr;
};

static typeof(ftrace_location) *fn_ftrace_location;

static bool traced(unsigned long addr)
{
	unsigned long at = fn_ftrace_location(addr);

	return at >= addr && at < addr + ENTRY_SIZE;
}

/* Behind the call of ftrace, at the entry of a function, a probe needs a slot. */
static int search_symbol(void *data, const char *name, struct module *mod,
			 unsigned long addr)
{
	struct kprobe probe = { .addr = (void *)addr + ENTRY_SIZE,
				.flags = KPROBE_FLAG_DISABLED };
	struct search *search = data;

	if (search->nr == search->want)
		return 1;
	if (mod || strchr(name, '.') || !traced(addr))
		return 0;
	if (search->seen++ % search->step || register_kprobe(&probe))
		return 0;
	unregister_kprobe(&probe);
	search->addrs[search->nr++] = addr + ENTRY_SIZE;
	return 0;
}

unsigned int find_functions(unsigned long *addrs, unsigned int nr)
{
	typeof(kallsyms_on_each_symbol) *each = (void *)find_symbol("kallsyms_on_each_symbol");
	struct search search = { .addrs = addrs, .want = nr, .step = MAX_PROBES / nr };

	if (!each || !FIND(ftrace_location))
		return 0;
	each(search_symbol, &search);
	return search.nr;
}

/* === Broadcasts =========================================================== */

static atomic64_t broadcasts;

static int on_broadcast(struct kprobe *probe, struct pt_regs *regs)
{
	atomic64_inc(&broadcasts);
	return 0;
}

#define BROADCAST(name) \
	{ .symbol_name = name, .offset = ENTRY_SIZE, .pre_handler = on_broadcast }

/* TLB flushes and synchronization of text call the first. The others are not everywhere. */
static struct kprobe broadcast_probes[] = {
	BROADCAST("smp_call_function_many_cond"),
#ifdef CONFIG_RISCV
	BROADCAST("sbi_remote_fence_i"),
	BROADCAST("sbi_remote_sfence_vma"),
	BROADCAST("sbi_remote_sfence_vma_asid"),
#elif defined(CONFIG_PPC_RADIX_MMU)
	BROADCAST("radix__flush_tlb_kernel_range"),
#endif
};

u64 broadcasts_read(void)
{
	return atomic64_read(&broadcasts);
}

/* Count what @bench sends. */
static int with_broadcasts(int (*bench)(void))
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(broadcast_probes) && !err; i++)
		err = register_kprobe(&broadcast_probes[i]);
	if (err)
		i--;
	else
		err = bench();
	while (i--)
		unregister_kprobe(&broadcast_probes[i]);
	return err;
}

static int bench_broadcasts(void)
{
	return bench_owners("owner-broadcasts", broadcasts_read);
}

/* === The module =========================================================== */

static bool poke;
module_param(poke, bool, 0);
MODULE_PARM_DESC(poke, "measure only writing");

static int poke_broadcasts(void)
{
	return bench_poke("poke-broadcasts", broadcasts_read);
}

static int measure_pokes(void)
{
	return bench_poke("poke", ktime_get_ns) ?: with_broadcasts(poke_broadcasts);
}

static int measure(void)
{
	int err;

	if (num_online_cpus() == 1)
		err = bench_costs();
	else
		err = bench_interrupts() ?: with_broadcasts(bench_broadcasts);
	costs_end();
	return err;
}

static int __init bench_init(void)
{
	int err = find_find_symbol();

	if (!err && !poke)
		err = costs_begin();
	/* What is written to the parameter "operation" tells what to do. */
	if (err || IS_ENABLED(CONFIG_LOCK_STAT))
		return err;
	err = poke ? measure_pokes() : measure();
	if (!err)
		pr_info("done\n");
	return err;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	if (IS_ENABLED(CONFIG_LOCK_STAT))
		costs_end();
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Benchmark of executable memory");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Costs of allocators, of probes and of locks, and what they map: main.c tells what they
 * are. For x86_64 alone, where a counter of instructions can be read.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleloader.h>
#include <linux/pgtable.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/set_memory.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/vmstat.h>

#include <trace/events/power.h>

#include <asm/hardirq.h>
#include <asm/msr.h>
#include <asm/text-patching.h>

#ifdef CONFIG_JIT_CACHE
#include <linux/jitcache.h>
#include <linux/text_patching.h>
#endif

#include "bench.h"

/* Operations to measure at one population, and larger requests to make. */
#define STEADY_OPS	1000
#define LARGER_OPS	100

/* Number of objects of mixed sizes, and how often half of them are replaced. */
#define MIX_OBJECTS	10000
#define MIX_ROUNDS	5

/* Populations whose allocation takes more instructions than this are left out. */
#define FILL_BUDGET	5000000000ULL

/**
 * struct object - an allocated object
 * @addr: its address, or NULL
 * @size: bytes that were asked for
 */
struct object {
	void	*addr;
	size_t	size;
};

/**
 * struct cost - instructions of an operation
 * @sum: instructions of all operations
 * @ops: number of operations
 */
struct cost {
	u64	sum;
	u32	ops;
};

/**
 * struct larger - sizes for allocation in fragmented space
 * @size: of the objects of which every second one is freed
 * @request: of the objects that are allocated after that
 */
struct larger {
	size_t	size;
	size_t	request;
};

/**
 * struct allocator - an allocator to measure
 * @name: its name in the results
 * @alloc: allocate executable memory
 * @free: free it
 * @shrink: give back cached memory; may be NULL
 * @given: bytes that objects occupy; NULL if bytes aren't measured
 * @footprint: address space that an object of a size takes
 * @sizes: sizes of objects; 0 ends the array
 * @lives: populations; 0 ends the array
 * @larger: sizes for fragmented space
 * @larger_lives: populations for fragmented space; 0 ends the array
 */
struct allocator {
	const char		*name;
	void			*(*alloc)(size_t size);
	void			(*free)(void *addr);
	void			(*shrink)(void);
	unsigned long		(*given)(const struct object *objects, unsigned int nr);
	unsigned long		(*footprint)(size_t size);
	const size_t		*sizes;
	const unsigned int	*lives;
	struct larger		larger;
	const unsigned int	*larger_lives;
};

static typeof(find_vm_area) *fn_find_vm_area;
static typeof(text_poke_copy) *fn_text_poke_copy;

/* === Counting ============================================================= */

static u64 clock_overhead;

static u64 clock_read(void)
{
	return rdtsc_ordered();
}

static void cost_add(struct cost *cost, u64 start, u64 end)
{
	cost->sum += end - start - clock_overhead;
	cost->ops++;
}

#define MEASURE(cost, operation) do {			\
	u64 __start = clock_read();			\
							\
	operation;					\
	cost_add(cost, __start, clock_read());		\
} while (0)

/* Instructions that the CPU would have executed while it was idle. */
static u64 idle_sum, idle_start;

static void on_idle(void *data, unsigned int state, unsigned int cpu)
{
	if (state == PWR_EVENT_EXIT)
		idle_sum += clock_read() - idle_start;
	else
		idle_start = clock_read();
}

u64 busy_read(void)
{
	return clock_read() - READ_ONCE(idle_sum);
}

static u64 count_loop(unsigned long rounds)
{
	u64 start = clock_read();

	asm volatile("1: dec %0\n\tjnz 1b" : "+r" (rounds) : : "cc");
	return clock_read() - start;
}

/* Does the clock count instructions? A round of the loop is two of them. */
static bool clock_counts(void)
{
	unsigned long rounds = 1000000;
	u64 count = count_loop(rounds);

	clock_overhead = min(count_loop(1), count_loop(1)) - 2;
	if (clock_overhead < 100 && count > 2 * rounds && count < 2 * rounds + rounds / 20)
		return true;
	pr_err("the TSC doesn't count instructions: %llu for %lu, overhead %llu\n",
	       count, 2 * rounds, clock_overhead);
	return false;
}

static void show_cost(const struct allocator *allocator, const char *operation,
		      size_t size, unsigned int live, const struct cost *cost)
{
	pr_info("cost %s %s %zu %u %llu\n", allocator->name, operation, size, live,
		DIV_ROUND_CLOSEST_ULL(cost->sum, cost->ops));
}

static void show_skip(const struct allocator *allocator, size_t size, unsigned int live,
		      const char *reason)
{
	pr_info("skip %s %zu %u %s\n", allocator->name, size, live, reason);
}

/* === Operations =========================================================== */

static struct rnd_state rnd;
u8 *text;

/* The packs of BPF expect the size of an object at its start. */
static void *write_object(const struct object *object)
{
	*(u32 *)text = object->size;
	return fn_text_poke_copy(object->addr, text, object->size);
}

static int measured_alloc(const struct allocator *allocator, struct object *object,
			  size_t size, struct cost *cost)
{
	object->size = size;
	MEASURE(cost, object->addr = allocator->alloc(size));
	/* Let other tasks run here, where nothing is counted. */
	cond_resched();
	return object->addr ? 0 : -ENOMEM;
}

static int measured_commit(const struct object *object, struct cost *cost)
{
	void *written;

	MEASURE(cost, written = write_object(object));
	cond_resched();
	return written ? 0 : -EFAULT;
}

static void measured_free(const struct allocator *allocator, struct object *object,
			  struct cost *cost)
{
	if (!object->addr)
		return;
	MEASURE(cost, allocator->free(object->addr));
	object->addr = NULL;
	cond_resched();
}

static void drain(const struct allocator *allocator, struct object *objects,
		  unsigned int nr, struct cost *cost)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		measured_free(allocator, &objects[i], cost);
	/* kfree_rcu() frees up to five seconds later, and not while others are measured. */
	ssleep(6);
	rcu_barrier();
	if (allocator->shrink)
		allocator->shrink();
}

/* Returns -ETIME if allocation gets too slow. */
static int fill(const struct allocator *allocator, struct object *objects,
		unsigned int nr, size_t size, struct cost *alloc, struct cost *commit)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = measured_alloc(allocator, &objects[i], size, alloc) ?:
		      measured_commit(&objects[i], commit);
		if (err)
			return err;
		if (alloc->sum > FILL_BUDGET)
			return -ETIME;
	}
	return 0;
}

/* === Measurements ========================================================= */

/* Why nr objects of this size don't fit, or NULL if they do. */
static const char *no_room(const struct allocator *allocator, size_t size,
			   unsigned int nr)
{
	u64 bytes = (u64)nr * allocator->footprint(size);

	if (bytes > MODULES_LEN / 8 * 7)
		return "range too small";
	if (bytes > (u64)totalram_pages() * PAGE_SIZE / 4 * 3)
		return "not enough memory";
	return NULL;
}

static struct object *new_objects(unsigned int nr)
{
	prandom_seed_state(&rnd, nr);
	return kvcalloc(nr, sizeof(struct object), GFP_KERNEL);
}

/* A population that takes too long to allocate is skipped. */
static int check_fill(const struct allocator *allocator, size_t size, unsigned int live,
		      int err)
{
	if (err == -ETIME) {
		show_skip(allocator, size, live, "too slow");
		return 0;
	}
	if (err)
		pr_err("%s: %u objects of %zu bytes: error %d\n", allocator->name, live,
		       size, err);
	return err;
}

static int steady(const struct allocator *allocator, struct object *objects,
		  unsigned int live, size_t size)
{
	struct cost alloc = {}, commit = {}, free = {};
	unsigned int i;
	int err;

	for (i = 0; i < STEADY_OPS; i++) {
		struct object *object = &objects[prandom_u32_state(&rnd) % live];

		measured_free(allocator, object, &free);
		err = measured_alloc(allocator, object, size, &alloc) ?:
		      measured_commit(object, &commit);
		if (err)
			return err;
	}
	show_cost(allocator, "allocate", size, live, &alloc);
	show_cost(allocator, "commit", size, live, &commit);
	show_cost(allocator, "free", size, live, &free);
	return 0;
}

static int bench_population(const struct allocator *allocator, size_t size,
			    unsigned int live)
{
	struct cost alloc = {}, commit = {}, free = {};
	struct object *objects = new_objects(live);
	bool filled;
	int err;

	if (!objects)
		return -ENOMEM;
	err = fill(allocator, objects, live, size, &alloc, &commit);
	filled = !err;
	if (filled)
		err = steady(allocator, objects, live, size);
	drain(allocator, objects, live, &free);
	if (filled) {
		show_cost(allocator, "fill-allocate", size, live, &alloc);
		show_cost(allocator, "fill-commit", size, live, &commit);
		show_cost(allocator, "drain-free", size, live, &free);
	}
	kvfree(objects);
	return check_fill(allocator, size, live, err);
}

static int bench_larger(const struct allocator *allocator, unsigned int live)
{
	unsigned int i, nr = live + LARGER_OPS;
	struct object *objects = new_objects(nr);
	size_t request = allocator->larger.request;
	struct cost cost = {}, other = {};
	int err;

	if (!objects)
		return -ENOMEM;
	err = fill(allocator, objects, live, allocator->larger.size, &other, &other);
	if (!err) {
		for (i = 0; i < live; i += 2)
			measured_free(allocator, &objects[i], &other);
		for (i = live; i < nr && !err; i++)
			err = measured_alloc(allocator, &objects[i], request, &cost) ?:
			      measured_commit(&objects[i], &other);
	}
	if (!err)
		show_cost(allocator, "larger", request, live, &cost);
	drain(allocator, objects, nr, &other);
	kvfree(objects);
	return check_fill(allocator, request, live, err);
}

/* === Bytes ================================================================ */

/*
 * The sizes of BPF programs, as Song Liu measured them on servers: half of them
 * under 500 bytes, three quarters under 2 kB. Here each quarter is spread evenly.
 */
size_t mixed_size(void)
{
	static const size_t quarters[] = { 64, 256, 500, 2000, 8192 };
	u32 random = prandom_u32_state(&rnd);
	const size_t *quarter = &quarters[random % 4];

	return quarter[0] + random / 4 % (quarter[1] - quarter[0]);
}

void mixed_restart(unsigned int seed)
{
	prandom_seed_state(&rnd, seed);
}

unsigned long mapped_bytes(void)
{
	unsigned long addr, step, bytes = 0;
	struct vm_struct *area;

	for (addr = MODULES_VADDR; addr < MODULES_END; addr += step) {
		area = fn_find_vm_area((void *)addr);
		step = area ? area->size : PAGE_SIZE;
		if (area)
			bytes += get_vm_area_size(area);
	}
	return bytes;
}

unsigned long split_pages(void)
{
	static unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[DIRECT_MAP_LEVEL2_SPLIT];
}

static void show_bytes(const struct allocator *allocator, unsigned int round,
		       const struct object *objects, unsigned long before)
{
	unsigned long asked = 0;
	unsigned int i;

	for (i = 0; i < MIX_OBJECTS; i++)
		asked += objects[i].size;
	pr_info("bytes %s %u %lu %lu %lu\n", allocator->name, round, asked,
		allocator->given(objects, MIX_OBJECTS), mapped_bytes() - before);
}

/* What the objects take besides the memory that they are in. */
static int show_memory(const struct allocator *allocator, const struct object *objects,
		       unsigned long slab_before)
{
	unsigned long nr_leaves, nr_tables;
	unsigned int i;
	int err;

	/* What RCU frees, and the figures of other CPUs, arrive late. */
	rcu_barrier();
	ssleep(6);
	err = leaves_begin();
	for (i = 0; i < MIX_OBJECTS && !err; i++)
		leaves_add(objects[i].addr, objects[i].size);
	leaves_end(&nr_leaves, &nr_tables);
	if (!err)
		pr_info("memory %s %u %ld %lu %lu\n", allocator->name, MIX_OBJECTS,
			slab_bytes() - slab_before, nr_leaves, nr_tables);
	return err;
}

/* Free a random half. */
static void halve(const struct allocator *allocator, struct object *objects)
{
	struct cost cost = {};
	unsigned int i;

	for (i = 0; i < MIX_OBJECTS; i++) {
		if (prandom_u32_state(&rnd) % 2)
			measured_free(allocator, &objects[i], &cost);
	}
}

static int refill(const struct allocator *allocator, struct object *objects)
{
	struct cost cost = {};
	unsigned int i;
	int err;

	for (i = 0; i < MIX_OBJECTS; i++) {
		if (objects[i].addr)
			continue;
		err = measured_alloc(allocator, &objects[i], mixed_size(), &cost) ?:
		      measured_commit(&objects[i], &cost);
		if (err)
			return err;
	}
	return 0;
}

static int bench_bytes(const struct allocator *allocator)
{
	struct object *objects = new_objects(MIX_OBJECTS);
	unsigned long before = mapped_bytes(), slab = slab_bytes();
	struct cost cost = {};
	unsigned int round;
	int err = 0;

	if (!objects)
		return -ENOMEM;
	for (round = 0; round <= MIX_ROUNDS && !err; round++) {
		halve(allocator, objects);
		err = refill(allocator, objects);
		if (!err)
			show_bytes(allocator, round, objects, before);
	}
	err = err ?: show_memory(allocator, objects, slab);
	drain(allocator, objects, MIX_OBJECTS, &cost);
	kvfree(objects);
	return err;
}

/* === Allocators =========================================================== */

/*
 * Raw memory comes first, on either kernel: what is freed first in 2 MiB of the direct map
 * splits its huge page, and what comes later finds it split.
 */

static unsigned long sum_of_sizes(size_t size)
{
	return size;
}

/* Each allocation has a guard page. */
static unsigned long module_footprint(size_t size)
{
	return PAGE_ALIGN(size) + PAGE_SIZE;
}

static const unsigned int lives[] = { 1000, 10000, 100000, 0 };
static const unsigned int module_lives[] = { 1000, 5000, 20000, 0 };
static const size_t module_sizes[] = { SZ_4K, SZ_64K, 0 };
static const unsigned int larger_lives[] = { 1000, 5000, 10000, 20000, 100000, 0 };

#ifdef CONFIG_JIT_CACHE
static typeof(jit_cache_create) *fn_jit_cache_create;
static typeof(jit_cache_destroy) *fn_jit_cache_destroy;
static typeof(jit_cache_alloc) *fn_jit_cache_alloc;
static typeof(jit_cache_free) *fn_jit_cache_free;
static typeof(jit_cache_shrink) *fn_jit_cache_shrink;

static struct jit_cache *cache, *raw_cache, *rcu_cache;

static void *jit_alloc(size_t size)
{
	return fn_jit_cache_alloc(cache, size);
}

static void *raw_alloc(size_t size)
{
	return fn_jit_cache_alloc(raw_cache, size);
}

static void raw_free(void *addr)
{
	fn_jit_cache_free(raw_cache, addr);
}

static void raw_shrink(void)
{
	fn_jit_cache_shrink(raw_cache);
}

static void jit_free_object(void *addr)
{
	fn_jit_cache_free(cache, addr);
}

static void jit_shrink(void)
{
	fn_jit_cache_shrink(cache);
}

/* debugfs shows this number, but no function returns it. */
static unsigned long jit_given(const struct object *objects, unsigned int nr)
{
	return cache->stat[JIT_CACHE_GIVEN];
}

static const size_t jit_sizes[] = { 64, 448, SZ_4K, SZ_64K, 0 };

static const struct allocator allocators[] = {
	{
		.name = "raw",
		.alloc = raw_alloc,
		.free = raw_free,
		.shrink = raw_shrink,
		.footprint = module_footprint,
		.sizes = module_sizes,
		.lives = module_lives,
		.larger = { SZ_4K, SZ_8K },
		.larger_lives = module_lives,
	}, {
		.name = "jit_cache",
		.alloc = jit_alloc,
		.free = jit_free_object,
		.shrink = jit_shrink,
		.given = jit_given,
		.footprint = sum_of_sizes,
		.sizes = jit_sizes,
		.lives = lives,
		.larger = { 448, 832 },
		.larger_lives = larger_lives,
	},
};

/* Use the range of the stock allocators. */
static struct jit_cache *create(const char *name, enum jit_type type, unsigned int flags)
{
	struct jit_cache *made = fn_jit_cache_create(name, type, MODULES_VADDR, MODULES_END,
						     0, flags | JIT_CACHE_NO_MERGE);

	return IS_ERR(made) ? NULL : made;
}

static void allocators_exit(void)
{
	fn_jit_cache_destroy(cache);
	fn_jit_cache_destroy(raw_cache);
	fn_jit_cache_destroy(rcu_cache);
}

static int allocators_init(void)
{
	if (!FIND(jit_cache_create) || !FIND(jit_cache_destroy) || !FIND(jit_cache_alloc) ||
	    !FIND(jit_cache_free) || !FIND(jit_cache_shrink))
		return -ENOENT;
	cache = create("bench", JIT_TEXT, 0);
	raw_cache = create("bench_raw", JIT_RAW, 0);
	rcu_cache = create("bench_rcu", JIT_TEXT, JIT_CACHE_FREE_RCU);
	if (cache && raw_cache && rcu_cache)
		return 0;
	allocators_exit();
	return -ENOMEM;
}

/* Fill the objects, free them in a row, and wait until none waits for RCU. */
static int bench_free_all(unsigned int nr, size_t size)
{
	void **addrs = kvcalloc(nr, sizeof(*addrs), GFP_KERNEL);
	struct cost cost = { .ops = nr };
	unsigned int i;
	int err = 0;
	u64 start;

	if (!addrs)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		addrs[i] = fn_jit_cache_alloc(rcu_cache, size);
		err = err ?: addrs[i] ? 0 : -ENOMEM;
	}
	start = busy_read();
	for (i = 0; i < nr; i++)
		fn_jit_cache_free(rcu_cache, addrs[i]);
	while (READ_ONCE(rcu_cache->stat[JIT_CACHE_WAITING]))
		msleep(20);
	cost.sum = busy_read() - start;
	kvfree(addrs);
	pr_info("cost jit_cache free-all %zu %u %llu\n", size, nr,
		DIV_ROUND_CLOSEST_ULL(cost.sum, cost.ops));
	fn_jit_cache_shrink(rcu_cache);
	return err;
}
#else
static int bench_free_all(unsigned int nr, size_t size)
{
	return 0;
}

/* Early 6.1.y has no third argument, and ignores the one that is passed here. */
typedef void *pack_alloc_f(u32 size, bpf_jit_fill_hole_t fill, bool was_classic);

static typeof(module_alloc) *fn_module_alloc;
static typeof(module_memfree) *fn_module_memfree;
static typeof(set_memory_ro) *fn_set_memory_ro;
static typeof(set_memory_x) *fn_set_memory_x;
static pack_alloc_f *fn_bpf_prog_pack_alloc;
static typeof(bpf_prog_pack_free) *fn_bpf_prog_pack_free;

/* As in ftrace and kprobes. On x86, freeing the memory resets its protections. */
static void *module_alloc_text(size_t size)
{
	void *addr = fn_module_alloc(size);
	int pages = PAGE_ALIGN(size) >> PAGE_SHIFT;

	if (addr && (fn_set_memory_ro((unsigned long)addr, pages) ||
		     fn_set_memory_x((unsigned long)addr, pages))) {
		fn_module_memfree(addr);
		return NULL;
	}
	return addr;
}

static void *module_alloc_raw(size_t size)
{
	return fn_module_alloc(size);
}

static void module_free(void *addr)
{
	fn_module_memfree(addr);
}

static void pack_fill(void *area, unsigned int size)
{
	memset(area, 0xcc, size);
}

/* Write the size as bpf_jit_binary_pack_alloc() does. */
static void *pack_alloc(size_t size)
{
	void *addr = fn_bpf_prog_pack_alloc(size, pack_fill, false);
	u32 header = size;

	return addr ? fn_text_poke_copy(addr, &header, sizeof(header)) : NULL;
}

static void pack_free(void *addr)
{
	fn_bpf_prog_pack_free(addr);
}

/* 64 is BPF_PROG_CHUNK_SIZE, which is private to kernel/bpf/core.c. */
static unsigned long pack_given(const struct object *objects, unsigned int nr)
{
	unsigned long bytes = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		bytes += ALIGN(objects[i].size, 64);
	return bytes;
}

static const size_t pack_sizes[] = { 64, 448, SZ_4K, 0 };

static const struct allocator allocators[] = {
	{
		.name = "module_raw",
		.alloc = module_alloc_raw,
		.free = module_free,
		.footprint = module_footprint,
		.sizes = module_sizes,
		.lives = module_lives,
		.larger = { SZ_4K, SZ_8K },
		.larger_lives = module_lives,
	}, {
		.name = "module_alloc",
		.alloc = module_alloc_text,
		.free = module_free,
		.footprint = module_footprint,
		.sizes = module_sizes,
		.lives = module_lives,
		.larger = { SZ_4K, SZ_8K },
		.larger_lives = module_lives,
	}, {
		.name = "bpf_prog_pack",
		.alloc = pack_alloc,
		.free = pack_free,
		.given = pack_given,
		.footprint = sum_of_sizes,
		.sizes = pack_sizes,
		.lives = lives,
		.larger = { 448, 832 },
		.larger_lives = larger_lives,
	},
};

static int allocators_init(void)
{
	if (!FIND(module_alloc) || !FIND(module_memfree) || !FIND(set_memory_ro) ||
	    !FIND(set_memory_x) || !FIND(bpf_prog_pack_alloc) || !FIND(bpf_prog_pack_free))
		return -ENOENT;
	return 0;
}

static void allocators_exit(void)
{
}
#endif /* CONFIG_JIT_CACHE */

/* === Probes and /proc/kallsyms ============================================ */

/* All symbols, one after the other, and how many. Only a task in user mode can read() the file. */
static u64 walk_kallsyms(unsigned int *symbols)
{
	struct file *file = filp_open("/proc/kallsyms", O_RDONLY, 0);
	struct seq_file *m;
	loff_t pos = 0;
	void *iter;
	u64 start;

	if (IS_ERR(file))
		return 0;
	m = file->private_data;
	start = clock_read();
	for (iter = m->op->start(m, &pos); iter; iter = m->op->next(m, iter, &pos))
		cond_resched();
	m->op->stop(m, iter);
	*symbols = pos;
	start = clock_read() - start;
	filp_close(file, NULL);
	return start;
}

static int bench_kallsyms(unsigned int nr)
{
	struct kprobe *probes = kvcalloc(MAX_PROBES, sizeof(*probes), GFP_KERNEL);
	unsigned long *addrs = kvcalloc(MAX_PROBES, sizeof(*addrs), GFP_KERNEL);
	unsigned int i, symbols, registered = 0;
	int err = -ENOMEM;
	u64 cost;

	if (!probes || !addrs)
		goto free;
	err = -ENOENT;
	if (nr && find_functions(addrs, nr) != nr)
		goto free;
	err = 0;
	for (registered = 0; registered < nr && !err; registered++) {
		probes[registered].addr = (void *)addrs[registered];
		probes[registered].flags = KPROBE_FLAG_DISABLED;
		err = register_kprobe(&probes[registered]);
	}
	for (i = 0; i < registered; i += 2)
		unregister_kprobe(&probes[i]);
	/* The slots of optimized probes are freed by a worker. */
	ssleep(6);
	cost = walk_kallsyms(&symbols);
	if (!err)
		pr_info("kallsyms %u %u %llu\n", nr, symbols, cost);
	for (i = 1; i < registered; i += 2)
		unregister_kprobe(&probes[i]);
free:
	kvfree(addrs);
	kvfree(probes);
	if (err)
		pr_err("kallsyms: %u of %u probes: error %d\n", registered, nr, err);
	return err;
}

/* === Interrupts of other CPUs ============================================= */

static u64 interrupts(void)
{
	unsigned int cpu;
	u64 sum = 0;

	/* A CPU does not interrupt itself. */
	for_each_online_cpu(cpu)
		sum += per_cpu(irq_stat, cpu).irq_call_count +
		       per_cpu(irq_stat, cpu).irq_tlb_count;
	return sum;
}

/* The memory that a chunk or a pack needs is there before. */
static int count_interrupts(const struct allocator *allocator, size_t size)
{
	u64 alloc = 0, commit = 0, free = 0, at[4];
	unsigned int i;
	struct object keep, object;
	struct cost cost = {};
	int err;

	err = measured_alloc(allocator, &keep, size, &cost);
	for (i = 0; i < STEADY_OPS && !err; i++) {
		at[0] = interrupts();
		err = measured_alloc(allocator, &object, size, &cost);
		at[1] = interrupts();
		err = err ?: measured_commit(&object, &cost);
		at[2] = interrupts();
		measured_free(allocator, &object, &cost);
		at[3] = interrupts();
		alloc += at[1] - at[0];
		commit += at[2] - at[1];
		free += at[3] - at[2];
	}
	measured_free(allocator, &keep, &cost);
	pr_info("interrupts %s-allocate %llu\n", allocator->name, alloc);
	pr_info("interrupts %s-commit %llu\n", allocator->name, commit);
	pr_info("interrupts %s-free %llu\n", allocator->name, free);
	return err;
}

/**
 * bench_interrupts() - count interrupts of other CPUs by allocators
 *
 * Return: 0 or an error.
 */
int bench_interrupts(void)
{
	unsigned int i;
	int err = allocators_init();

	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(allocators) && !err; i++)
		err = count_interrupts(&allocators[i], allocators[i].given ? 448 : SZ_4K);
	allocators_exit();
	return err;
}

/* === For /proc/lock_stat ================================================== */

#define TEXT_SIZE	(IS_ENABLED(CONFIG_LOCK_STAT) ? SZ_1M : SZ_64K)

/* One object stays, so that the memory that a chunk or a pack needs is there before. */
static int use_objects(size_t size, unsigned int nr)
{
	const struct allocator *shared = allocators;
	struct object keep, object;
	struct cost cost = {};
	int err;

	while (!shared->given)
		shared++;
	err = measured_alloc(shared, &keep, SZ_4K, &cost) ?: measured_commit(&keep, &cost);
	while (!err && nr--) {
		err = measured_alloc(shared, &object, size, &cost) ?:
		      measured_commit(&object, &cost);
		measured_free(shared, &object, &cost);
	}
	measured_free(shared, &keep, &cost);
	return err;
}

static int do_operation(const char *val, const struct kernel_param *kp)
{
	if (!IS_ENABLED(CONFIG_LOCK_STAT) || !text)
		return -EINVAL;
	if (sysfs_streq(val, "small"))
		return use_objects(448, STEADY_OPS);
	/* As many pieces as in the next, so that as many timer interrupts fall into holds. */
	if (sysfs_streq(val, "piece"))
		return use_objects(SZ_64K, 10 * SZ_1M / SZ_64K);
	if (sysfs_streq(val, "long"))
		return use_objects(SZ_1M, 10);
	if (sysfs_streq(val, "owners"))
		return bench_rounds();
	return -EINVAL;
}

static const struct kernel_param_ops operation_ops = {
	.set = do_operation,
};
module_param_cb(operation, &operation_ops, NULL, 0200);
MODULE_PARM_DESC(operation, "write it to do it: small, piece, long, or owners");

/* === All ================================================================== */

static int bench_size(const struct allocator *allocator, size_t size)
{
	const unsigned int *live;
	const char *reason;
	int err = 0;

	for (live = allocator->lives; *live && !err; live++) {
		reason = no_room(allocator, size, *live);
		if (reason)
			show_skip(allocator, size, *live, reason);
		else
			err = bench_population(allocator, size, *live);
	}
	return err;
}

static int bench(const struct allocator *allocator)
{
	const unsigned int *live;
	const size_t *size;
	int err = 0;

	for (size = allocator->sizes; *size && !err; size++)
		err = bench_size(allocator, *size);
	for (live = allocator->larger_lives; *live && !err; live++)
		err = bench_larger(allocator, *live);
	if (allocator->given && !err)
		err = bench_bytes(allocator);
	return err;
}

static int bench_all(void)
{
	unsigned int i;
	int err;

	/* Before any other memory is mapped, or split. */
	err = bench_rounds() ?: allocators_init();
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(allocators) && !err; i++)
		err = bench(&allocators[i]);
	err = err ?: bench_free_all(1000, 448);
	allocators_exit();
	return err ?: bench_kallsyms(0) ?: bench_kallsyms(500) ?: bench_kallsyms(MAX_PROBES) ?:
		bench_owners("owner-cost", busy_read);
}

/**
 * bench_costs() - measure everything that costs instructions or bytes
 *
 * Return: 0 or an error.
 */
int bench_costs(void)
{
	int err = register_trace_cpu_idle(on_idle, NULL);

	if (err)
		return err;
	err = bench_all();
	unregister_trace_cpu_idle(on_idle, NULL);
	tracepoint_synchronize_unregister();
	return err;
}

/**
 * costs_begin() - find and allocate what is needed
 *
 * Return: 0 or an error.
 */
int costs_begin(void)
{
	if (!FIND(find_vm_area) || !FIND(text_poke_copy))
		return -ENOENT;
	if (num_online_cpus() == 1 && !clock_counts())
		return -ENODEV;
	text = kvmalloc(TEXT_SIZE, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	memset(text, 0xcc, TEXT_SIZE);
	return IS_ENABLED(CONFIG_LOCK_STAT) ? allocators_init() : 0;
}

/**
 * costs_end() - free what costs_begin() has allocated
 */
void costs_end(void)
{
	if (IS_ENABLED(CONFIG_LOCK_STAT))
		allocators_exit();
	kvfree(text);
}

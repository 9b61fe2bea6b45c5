// SPDX-License-Identifier: GPL-2.0-only
/*
 * The share of executable memory in what its owners do, and rounds of all of them.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#ifdef CONFIG_JIT_CACHE
#include <linux/jitcache.h>
#include <linux/text_patching.h>
#endif

#include "bench.h"

/* Bytes of a trampoline for one program. */
#define TRAMP_SIZE	250

static size_t *sizes;			/* MAX_OBJECTS, as of BPF programs */

static typeof(arch_prepare_bpf_dispatcher) *fn_arch_prepare_bpf_dispatcher;
static typeof(arch_ftrace_update_trampoline) *fn_arch_ftrace_update_trampoline;
static typeof(arch_ftrace_trampoline_free) *fn_arch_ftrace_trampoline_free;
static typeof(__get_insn_slot) *fn___get_insn_slot;
static typeof(__free_insn_slot) *fn___free_insn_slot;
static struct kprobe_insn_cache *fn_kprobe_insn_slots, *fn_kprobe_optinsn_slots;

static s64 dispatched(void)
{
	return (s64)fn_arch_prepare_bpf_dispatcher;
}

/* === BPF ================================================================= */

#ifdef CONFIG_JIT_CACHE
static typeof(bpf_prog_text_begin) *fn_bpf_prog_text_begin;
static typeof(bpf_prog_text_commit) *fn_bpf_prog_text_commit;
static typeof(bpf_prog_text_free) *fn_bpf_prog_text_free;
static typeof(bpf_text_begin) *fn_bpf_text_begin;
static typeof(bpf_text_trim) *fn_bpf_text_trim;
static typeof(bpf_text_commit) *fn_bpf_text_commit;
static typeof(bpf_text_free) *fn_bpf_text_free;
static typeof(jit_cache_prepare) *fn_jit_cache_prepare;
static typeof(text_buf_fill) *fn_text_buf_fill;
static typeof(text_poke_copy) *fn_text_poke_copy;
static struct jit_cache *fn_bpf_trampolines, *fn_bpf_dispatchers;

static int find_programs(void)
{
	if (!FIND(bpf_prog_text_begin) || !FIND(bpf_prog_text_commit) ||
	    !FIND(bpf_prog_text_free) || !FIND(bpf_text_begin) || !FIND(bpf_text_trim) ||
	    !FIND(bpf_text_commit) || !FIND(bpf_text_free) || !FIND(jit_cache_prepare) ||
	    !FIND(bpf_trampolines) || !FIND(bpf_dispatchers) || !FIND(text_buf_fill) ||
	    !FIND(text_poke_copy))
		return -ENOENT;
	return 0;
}

static int create_program(unsigned int i)
{
	struct bpf_prog *prog = progs[i];
	u8 *rw;

	prog->bpf_func = (void *)fn_bpf_prog_text_begin(prog, sizes[i], 4, &rw);
	if (!prog->bpf_func)
		return -ENOMEM;
	memcpy(rw, text, sizes[i]);
	prog->jited = !fn_bpf_prog_text_commit(prog);
	return prog->jited ? 0 : -ENOMEM;
}

static void remove_program(unsigned int i)
{
	fn_bpf_prog_text_free(progs[i]);
	progs[i]->bpf_func = NULL;
	progs[i]->jited = 0;
}

static int create_trampoline(unsigned int i)
{
	struct jit_stage stage;
	int err = fn_bpf_text_begin(&stage, fn_bpf_trampolines, PAGE_SIZE);

	if (err)
		return err;
	memcpy(stage.rw, text, TRAMP_SIZE);
	fn_bpf_text_trim(&stage, TRAMP_SIZE);
	objects[i] = fn_bpf_text_commit(&stage);
	return objects[i] ? 0 : -ENOMEM;
}

static void remove_trampoline(unsigned int i)
{
	fn_bpf_text_free(objects[i]);
}

/* The first update allocates memory for all. */
static int update_dispatcher(unsigned int i)
{
	unsigned int half = i % 2 * PAGE_SIZE / 2;
	s64 func = dispatched();
	struct jit_stage stage;
	void *buf;
	int err;

	if (!objects[0] && !fn_bpf_text_begin(&stage, fn_bpf_dispatchers, PAGE_SIZE))
		objects[0] = fn_bpf_text_commit(&stage);
	if (!objects[0])
		return -ENOMEM;
	buf = kmalloc(PAGE_SIZE / 2, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	fn_text_buf_fill(buf, PAGE_SIZE / 2);
	err = fn_arch_prepare_bpf_dispatcher(objects[0] + half, buf, &func, 1);
	if (!err && !fn_text_poke_copy(objects[0] + half, buf, PAGE_SIZE / 2))
		err = -EFAULT;
	kfree(buf);
	return err;
}

static void dispatcher_end(void)
{
	if (objects[0])
		fn_bpf_text_free(objects[0]);
}

/* As register_kprobe() does for both caches. */
static void prepare_slots(void)
{
	fn_jit_cache_prepare(fn_kprobe_optinsn_slots->slots,
			     2 * fn_kprobe_optinsn_slots->insn_size);
}
#else
static typeof(bpf_jit_binary_pack_alloc) *fn_bpf_jit_binary_pack_alloc;
static typeof(bpf_jit_binary_pack_finalize) *fn_bpf_jit_binary_pack_finalize;
static typeof(bpf_jit_binary_pack_free) *fn_bpf_jit_binary_pack_free;
static typeof(bpf_prog_pack_alloc) *fn_bpf_prog_pack_alloc;
static typeof(bpf_prog_pack_free) *fn_bpf_prog_pack_free;
static typeof(bpf_jit_charge_modmem) *fn_bpf_jit_charge_modmem;
static typeof(bpf_jit_uncharge_modmem) *fn_bpf_jit_uncharge_modmem;
static typeof(bpf_jit_alloc_exec) *fn_bpf_jit_alloc_exec;
static typeof(bpf_jit_free_exec) *fn_bpf_jit_free_exec;
static typeof(bpf_arch_text_copy) *fn_bpf_arch_text_copy;
static typeof(set_memory_ro) *fn_set_memory_ro;
static typeof(set_memory_x) *fn_set_memory_x;
static typeof(find_vm_area) *fn_find_vm_area;

static int find_programs(void)
{
	if (!FIND(bpf_jit_binary_pack_alloc) || !FIND(bpf_jit_binary_pack_finalize) ||
	    !FIND(bpf_jit_binary_pack_free) || !FIND(bpf_prog_pack_alloc) ||
	    !FIND(bpf_prog_pack_free) || !FIND(bpf_jit_charge_modmem) ||
	    !FIND(bpf_jit_uncharge_modmem) || !FIND(bpf_jit_alloc_exec) ||
	    !FIND(bpf_jit_free_exec) || !FIND(bpf_arch_text_copy) || !FIND(set_memory_ro) ||
	    !FIND(set_memory_x) || !FIND(find_vm_area))
		return -ENOENT;
	return 0;
}

static void fill_hole(void *area, unsigned int size)
{
	memset(area, 0xcc, size);
}

static int create_program(unsigned int i)
{
	struct bpf_binary_header *header, *rw_header;
	u8 *image, *rw;

	header = fn_bpf_jit_binary_pack_alloc(sizes[i], &image, 4, &rw_header, &rw, fill_hole,
					      false);
	if (!header)
		return -ENOMEM;
	objects[i] = header;
	memcpy(rw, text, sizes[i]);
	return fn_bpf_jit_binary_pack_finalize(progs[i], header, rw_header);
}

static void remove_program(unsigned int i)
{
	fn_bpf_jit_binary_pack_free(objects[i], NULL);
}

static int create_trampoline(unsigned int i)
{
	int err = fn_bpf_jit_charge_modmem(PAGE_SIZE);
	void *addr;

	if (err)
		return err;
	addr = fn_bpf_jit_alloc_exec(PAGE_SIZE);
	if (!addr)
		return -ENOMEM;
	/* As set_vm_flush_reset_perms(), which calls what is not exported. */
	fn_find_vm_area(addr)->flags |= VM_FLUSH_RESET_PERMS;
	memcpy(addr, text, TRAMP_SIZE);
	fn_set_memory_ro((unsigned long)addr, 1);
	fn_set_memory_x((unsigned long)addr, 1);
	objects[i] = addr;
	return 0;
}

static void remove_trampoline(unsigned int i)
{
	fn_bpf_jit_free_exec(objects[i]);
	fn_bpf_jit_uncharge_modmem(PAGE_SIZE);
}

/* The first update allocates memory for all. */
static int update_dispatcher(unsigned int i)
{
	unsigned int half = i % 2 * PAGE_SIZE / 2;
	s64 func = dispatched();
	int err;

	if (!objects[0]) {
		objects[0] = fn_bpf_prog_pack_alloc(PAGE_SIZE, fill_hole, false);
		objects[1] = fn_bpf_jit_alloc_exec(PAGE_SIZE);
	}
	if (!objects[0] || !objects[1])
		return -ENOMEM;
	err = fn_arch_prepare_bpf_dispatcher(objects[0] + half, objects[1] + half, &func, 1);
	return err ?: PTR_ERR_OR_ZERO(fn_bpf_arch_text_copy(objects[0] + half,
							    objects[1] + half,
							    PAGE_SIZE / 2));
}

/* A pack finds the size of an object at its start. */
static void dispatcher_end(void)
{
	u32 size = PAGE_SIZE;

	if (!objects[0])
		return;
	fn_bpf_arch_text_copy(objects[0], &size, sizeof(size));
	fn_bpf_prog_pack_free(objects[0]);
	fn_bpf_jit_free_exec(objects[1]);
}

static void prepare_slots(void)
{
}
#endif /* CONFIG_JIT_CACHE */

/* === kprobes and ftrace =================================================== */

static int get_slot(unsigned int i)
{
	prepare_slots();
	objects[i] = fn___get_insn_slot(fn_kprobe_insn_slots);
	return objects[i] ? 0 : -ENOMEM;
}

/* It may have been boosted, as most are. */
static void put_slot(unsigned int i)
{
	fn___free_insn_slot(fn_kprobe_insn_slots, objects[i], 1);
}

static int get_optprobe_slot(unsigned int i)
{
	objects[i] = fn___get_insn_slot(fn_kprobe_optinsn_slots);
	return objects[i] ? 0 : -ENOMEM;
}

static void put_optprobe_slot(unsigned int i)
{
	fn___free_insn_slot(fn_kprobe_optinsn_slots, objects[i], 1);
}

static void trace_nothing(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			  struct ftrace_regs *fregs)
{
}

static struct ftrace_ops *trace_ops;	/* FTRACE_OBJECTS */

#define FTRACE_OBJECTS	200

static int create_ftrace(unsigned int i)
{
	struct ftrace_ops *ops = &trace_ops[i];

	ops->func = trace_nothing;
	ops->flags = FTRACE_OPS_FL_DYNAMIC | FTRACE_OPS_FL_ALLOC_TRAMP;
	ops->trampoline = 0;
	fn_arch_ftrace_update_trampoline(ops);
	return ops->trampoline ? 0 : -ENOMEM;
}

static void remove_ftrace(unsigned int i)
{
	fn_arch_ftrace_trampoline_free(&trace_ops[i]);
}

/* === All ================================================================== */

static const struct owner parts[] = {
	{ "bpf-program", "part", 1000, create_program, remove_program },
	{ "bpf-trampoline", "part", 1000, create_trampoline, remove_trampoline },
	{ "bpf-dispatcher", "part", 1000, update_dispatcher, .end = dispatcher_end },
	{ "kprobe-slot", "part", 1000, get_slot, put_slot },
	{ "optprobe-slot", "part", 1000, get_optprobe_slot, put_optprobe_slot },
	{ "ftrace-trampoline", "part", FTRACE_OBJECTS - 1, create_ftrace, remove_ftrace },
};

static int parts_begin(void)
{
	unsigned int i;
	int err;

	if (!FIND(arch_prepare_bpf_dispatcher) || !FIND(arch_ftrace_update_trampoline) ||
	    !FIND(arch_ftrace_trampoline_free) || !FIND(__get_insn_slot) ||
	    !FIND(__free_insn_slot) || !FIND(kprobe_insn_slots) ||
	    !FIND(kprobe_optinsn_slots))
		return -ENOENT;
	err = find_programs();
	if (err)
		return err;
	sizes = kcalloc(MAX_OBJECTS, sizeof(*sizes), GFP_KERNEL);
	trace_ops = kcalloc(FTRACE_OBJECTS, sizeof(*trace_ops), GFP_KERNEL);
	if (!sizes || !trace_ops)
		return -ENOMEM;
	mixed_restart(MAX_OBJECTS);
	for (i = 0; i < MAX_OBJECTS; i++)
		sizes[i] = mixed_size();
	return 0;
}

static void parts_end(void)
{
	kfree(sizes);
	kfree(trace_ops);
}

/**
 * bench_parts() - measure the executable memory of all owners
 * @what: the first word of each line of the log
 * @read: the counter
 *
 * Call it after owners_begin().
 *
 * Return: 0 or an error.
 */
int bench_parts(const char *what, u64 (*read)(void))
{
	int err = parts_begin();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts) && !err; i++)
		err = bench_owner(&parts[i], what, read);
	parts_end();
	return err;
}

/* === Rounds =============================================================== */

#define ROUNDS		10000
#define ROUND_OBJECTS	64

/**
 * struct round_owner - an owner that has some objects, of which each round replaces one
 * @create: create one
 * @remove: remove it
 * @every: only in each of so many rounds
 */
struct round_owner {
	int		(*create)(unsigned int i);
	void		(*remove)(unsigned int i);
	unsigned int	every;
};

/* The first has the fewest objects. */
static const struct round_owner round_owners[] = {
	{ create_ftrace, remove_ftrace, 50 },
	{ create_program, remove_program, 1 },
	{ create_trampoline, remove_trampoline, 1 },
	{ get_slot, put_slot, 1 },
	{ get_optprobe_slot, put_optprobe_slot, 1 },
};

static bool live[ARRAY_SIZE(round_owners) * ROUND_OBJECTS];

static int replace(const struct round_owner *owner, unsigned int i)
{
	int err;

	if (live[i])
		owner->remove(i);
	sizes[i] = mixed_size();
	err = owner->create(i);
	live[i] = !err;
	cond_resched();
	return err;
}

static int do_round(unsigned int round)
{
	unsigned int k;
	int err = 0;

	for (k = 0; k < ARRAY_SIZE(round_owners) && !err; k++) {
		if (round % round_owners[k].every == 0)
			err = replace(&round_owners[k],
				      k * ROUND_OBJECTS + mixed_size() % ROUND_OBJECTS);
	}
	return err;
}

static int do_rounds(void)
{
	unsigned int round, i;
	int err = 0;

	mixed_restart(ROUNDS);
	for (round = 1; round <= ROUNDS && !err; round++) {
		err = do_round(round);
		if (round == ROUNDS / 100 || round == ROUNDS / 10 || round == ROUNDS)
			pr_info("rounds %u %lu %lu\n", round, mapped_bytes(), split_pages());
	}
	for (i = 0; i < ARRAY_SIZE(live); i++) {
		if (live[i])
			round_owners[i / ROUND_OBJECTS].remove(i);
		live[i] = false;
	}
	settle(busy_read);
	return err;
}

/**
 * bench_rounds() - replace objects of all owners in turn, and see what is mapped
 *
 * Return: 0 or an error.
 */
int bench_rounds(void)
{
	int err = owners_begin();

	if (!err) {
		err = parts_begin() ?: do_rounds();
		parts_end();
	}
	owners_end();
	return err;
}
